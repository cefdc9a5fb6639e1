"""Exports hold what the release holds, typed, described, citable and safe to open."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from lxml import etree

from tests.warehouse import made_up
from warehouse.errors import WarehouseError
from warehouse.export import export, tabular
from warehouse.export.parts import LEFT_OUT, Day, moment, of_day, of_release
from warehouse.querying.reading import Connection, published
from warehouse.schema import TABLES, table

Package = dict[str, Any]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PARSED = {
    "string": str,
    "integer": int,
    "number": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "array": json.loads,
}


@pytest.fixture(scope="session")
def exported(small_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports") / "all"
    with published(small_file) as connection:
        export.export(connection, folder)
    return folder


@pytest.fixture(scope="session")
def package(exported: Path) -> Package:
    found: Package = json.loads((exported / "datapackage.json").read_text("utf-8"))
    return found


@pytest.fixture(scope="session")
def read_back(exported: Path, package: Package) -> dict[str, list[dict[str, Any]]]:
    """Every tabular resource, each value parsed as its field says."""
    return {one["name"]: list(parsed(exported, one)) for one in tabular_resources(package)}


def tabular_resources(package: Package) -> list[Package]:
    return [one for one in package["resources"] if one["profile"] == "tabular-data-resource"]


def parsed(folder: Path, resource: Package) -> Iterator[dict[str, Any]]:
    fields = resource["schema"]["fields"]
    with (folder / resource["path"]).open(encoding="utf-8", newline="") as stream:
        lines = csv.reader(stream)
        assert next(lines) == [field["name"] for field in fields]
        for line in lines:
            assert len(line) == len(fields)
            yield {
                field["name"]: PARSED[field["type"]](cell) if cell else None
                for field, cell in zip(fields, line, strict=True)
            }


def test_a_release_is_exported_whole_but_for_who_was_told(package: Package) -> None:
    names = {one["name"] for one in tabular_resources(package)}
    assert names == {declared.name for declared in TABLES} - LEFT_OUT | {"car_t_trials"}
    assert {one["path"].split("/")[0] for one in package["resources"]} == {
        "csv", "parquet", "cartrials.xlsx", "dictionary.md", "README.md", "CITATION.cff", "references.ris",
    }  # fmt: skip


def test_the_package_has_what_the_specification_asks_for(package: Package) -> None:
    names = [one["name"] for one in package["resources"]]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[-a-z0-9._/]+", name) for name in [package["name"], *names])
    assert datetime.fromisoformat(package["created"]).utcoffset() == timedelta(0)
    assert all({"title", "path"} <= set(source) for source in package["sources"])
    for one in package["resources"]:
        assert not one["path"].startswith(("/", ".")) and ".." not in one["path"]
        assert one["encoding"] == "utf-8" if "schema" in one else "encoding" not in one


def test_every_file_is_as_long_as_told_and_has_the_hash_told(exported: Path, package: Package) -> None:
    files = {path.relative_to(exported).as_posix() for path in exported.rglob("*") if path.is_file()}
    assert files == {one["path"] for one in package["resources"]} | {"datapackage.json"}
    for one in package["resources"]:
        content = (exported / one["path"]).read_bytes()
        assert one["bytes"] == len(content)
        assert one["hash"] == "sha256:" + hashlib.sha256(content).hexdigest()


def test_every_column_is_described(package: Package) -> None:
    for one in tabular_resources(package):
        assert all(field["description"].endswith(".") for field in one["schema"]["fields"]), one["name"]


def test_every_csv_reads_back_by_its_schema(
    package: Package, read_back: dict[str, list[dict[str, Any]]], small: Connection
) -> None:
    for one in tabular_resources(package):
        rows, schema = read_back[one["name"]], one["schema"]
        assert len(rows) == one["rows"] == small.execute(f"SELECT count(*) FROM {one['name']}").fetchone()[0]  # type: ignore[index]
        keys = [tuple(row[name] for name in schema["primaryKey"]) for row in rows]
        assert len(set(keys)) == len(keys), one["name"]
        for field in schema["fields"]:
            values = [row[field["name"]] for row in rows]
            told = field.get("constraints", {})
            assert not told.get("required") or None not in values, (one["name"], field["name"])
            assert not told.get("enum") or set(values) - {None} <= set(told["enum"]), (one["name"], field["name"])


def test_foreign_keys_name_resources_and_fields_of_this_package(package: Package) -> None:
    fields = {one["name"]: {field["name"] for field in one["schema"]["fields"]} for one in tabular_resources(package)}
    keys = [(one["name"], key) for one in tabular_resources(package) for key in one["schema"].get("foreignKeys", [])]
    assert len(keys) > 20
    for name, key in keys:
        assert set(key["fields"]) <= fields[name]
        assert set(key["reference"]["fields"]) <= fields[key["reference"]["resource"]]


def test_each_file_says_what_it_is_of(exported: Path, package: Package, small: Connection) -> None:
    about = export.describe_release(small)
    told = package["cartrials"]
    for name in ("run_id", "data_date", "search_text", "rule_version", "fingerprint"):
        assert told[name] == getattr(about, name) and told[name]
    assert "query autoimmune-words & more" in told["search_text"]
    metadata = pq.read_metadata(exported / "parquet" / "trials.parquet").metadata
    assert metadata[b"cartrials.fingerprint"].decode() == about.fingerprint
    assert metadata[b"cartrials.search_text"].decode() == about.search_text
    readme = (exported / "README.md").read_text("utf-8")
    assert about.methods in readme and about.fingerprint in readme and "query autoimmune-words & more" in readme
    assert told["methods"] in package["description"]
    sheet = dict(cells(exported, "about"))
    assert (sheet["run id"], sheet["fingerprint"], sheet["data date"]) == (
        about.run_id, about.fingerprint, about.data_date,
    )  # fmt: skip


def test_parquet_has_the_values_and_the_comments(exported: Path, small: Connection) -> None:
    for part in of_release():
        read = pq.read_table(exported / "parquet" / f"{part.name}.parquet")
        assert read.equals(small.execute(part.sql).to_arrow_table()), part.name
        assert all(field.metadata[b"description"] for field in read.schema), part.name


def test_no_cell_of_a_csv_is_run_and_no_title_is_lost(exported: Path, small: Connection) -> None:
    for path in (exported / "csv").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            for line in csv.reader(stream):
                assert not [c for c in line if c.startswith(tabular.FORMULA_STARTS) and not is_number(c)], path.name
    with (exported / "csv" / "trials.csv").open(encoding="utf-8", newline="") as stream:
        titles = {row["nct_id"]: row["brief_title"] for row in csv.DictReader(stream)}
    kept = dict(small.execute("SELECT nct_id, brief_title FROM trials").fetchall())
    assert {nct_id: title.removeprefix("'") for nct_id, title in titles.items()} == kept
    assert set(made_up.ODD_TITLES) <= {str(title) for title in kept.values()}


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def sheets(exported: Path) -> dict[str, Any]:
    """Sheet -> its XML."""
    with zipfile.ZipFile(exported / "cartrials.xlsx") as book:
        names = [sheet.get("name") for sheet in etree.fromstring(book.read("xl/workbook.xml")).iter(f"{SHEET}sheet")]
        return {
            name: etree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
            for number, name in enumerate(names, start=1)
        }


def cells(exported: Path, name: str) -> Iterator[tuple[str, ...]]:
    """The texts of a sheet, row by row."""
    for row in sheets(exported)[name].iter(f"{SHEET}row"):
        yield tuple("".join(cell.itertext()) for cell in row)


def test_the_workbook_has_typed_columns_filters_and_no_formula(exported: Path, small: Connection) -> None:
    found = sheets(exported)
    assert next(iter(found)) == "about" and list(found)[-1] == "dictionary"
    assert {"car_t_trials", "trial_sites", "publications", "by_target", "registrations_by_month"} <= set(found)
    for name, sheet in found.items():
        assert sheet.find(f"{SHEET}autoFilter") is not None, name
        assert next(sheet.iter(f"{SHEET}pane")).get("state") == "frozen", name
        assert next(sheet.iter(f"{SHEET}f"), None) is None, "a text became a formula"
    place = [column.name for column in of_release()[0].columns].index("first_posted_date")
    dated = [cell for row in found["car_t_trials"].iter(f"{SHEET}row") for cell in row if column_of(cell) == place][1:]
    assert dated and all(cell.get("t") is None and cell.get("s") for cell in dated), "dates are numbers with a format"
    trials = small.execute("SELECT count(*), count(first_posted_date) FROM car_t_trials").fetchone()
    assert (len(list(found["car_t_trials"].iter(f"{SHEET}row"))) - 1, len(dated)) == trials


def column_of(cell: Any) -> int:
    number = 0
    for letter in re.match(r"[A-Z]+", cell.get("r"))[0]:  # type: ignore[index]
        number = number * 26 + ord(letter) - 64
    return number - 1


def test_sheets_of_trials_hold_those_in_scope_only(exported: Path, small: Connection) -> None:
    sites = small.execute("SELECT count(*) FROM trial_sites SEMI JOIN car_t_trials USING (nct_id)").fetchone()
    assert sites and len(list(cells(exported, "trial_sites"))) - 1 == sites[0]


def test_the_same_release_gives_the_same_bytes(exported: Path, small: Connection, tmp_path: Path) -> None:
    export.export(small, tmp_path / "again")
    for path in exported.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "again" / path.relative_to(exported)).read_bytes(), path.name


def test_an_export_replaces_its_own_files_and_no_others(small: Connection, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    export.export(small, tmp_path)
    assert (tmp_path / "csv" / "trial_sites.csv").exists()
    export.export(small, tmp_path, Day(states_day(small)))
    assert not (tmp_path / "csv" / "trial_sites.csv").exists(), "a table of the export before was left behind"
    assert (tmp_path / "csv" / "trials.csv").exists()
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert not list(tmp_path.parent.glob(f".{tmp_path.name}-*"))


def test_an_empty_warehouse_exports_empty_tables(empty: Connection, tmp_path: Path) -> None:
    made = export.export(empty, tmp_path / "empty")
    assert made.rows["trials"] == 0 and made.rows["release"] == 1
    assert (tmp_path / "empty" / "csv" / "trials.csv").read_text("utf-8").startswith("nct_id,")


def states_day(connection: Connection) -> datetime:
    """A day in the middle of the history."""
    row = connection.execute("SELECT quantile_disc(valid_from, 0.5) FROM trial_states").fetchone()
    assert row
    found: datetime = row[0]
    return found


def test_as_of_a_day_is_the_last_state_that_had_begun(small: Connection, small_file: Path, tmp_path: Path) -> None:
    at = states_day(small)
    export.export(small, tmp_path / "day", Day(at))
    states = small.execute(f"SELECT {', '.join(table('trial_states').column_names)} FROM trial_states").df()
    chosen = states[states["valid_from"] <= at].sort_values("state_no").groupby("nct_id").tail(1)
    with (tmp_path / "day" / "csv" / "trials.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["nct_id"]: row for row in csv.DictReader(stream)}
    assert 0 < len(rows) < len(states["nct_id"].unique())
    assert set(rows) == set(chosen["nct_id"])
    for state in chosen.to_dict("records"):
        row = rows[state["nct_id"]]
        assert row["overall_status"] == ("" if pd.isna(state["overall_status"]) else state["overall_status"])
        assert row["enrollment_count"] == (
            "" if pd.isna(state["enrollment_count"]) else str(int(state["enrollment_count"]))
        )
    told = json.loads((tmp_path / "day" / "datapackage.json").read_text("utf-8"))
    assert told["cartrials"]["as_of"] == at.isoformat()
    assert f"as the registry gave them on {at:%Y-%m-%d}" in told["description"]


def test_every_part_of_a_day_has_the_columns_of_its_table(small: Connection) -> None:
    day = Day(states_day(small), known_at=datetime(2026, 9, 2))
    for part in of_day(day):
        assert small.execute(part.sql).to_arrow_table().schema.names == [column.name for column in part.columns]


def test_what_was_not_known_then_is_not_told(small: Connection) -> None:
    known = small.execute("SELECT quantile_disc(known_from, 0.3) FROM trial_states").fetchone()
    assert known
    late = datetime(2026, 9, 2)
    now = {part.name: small.execute(part.sql).fetchall() for part in of_day(Day(late))}
    then = {part.name: small.execute(part.sql).fetchall() for part in of_day(Day(late, known[0]))}
    assert 0 < len(then["trials"]) <= len(now["trials"])
    assert len(then["trial_versions"]) < len(now["trial_versions"])


@pytest.mark.parametrize(
    ("day", "says"),
    [
        (Day(datetime(1990, 1, 1)), r"Nothing can be told as of 1990-01-01: what is known begins on \d{4}"),
        (Day(datetime(2040, 1, 1)), r"Nothing can be told as of 2040-01-01: this release is of 2026-09-03"),
        (Day(datetime(2026, 9, 1), datetime(1990, 1, 1)), "Nothing can be told known at 1990-01-01"),
    ],
)
def test_a_day_outside_of_what_is_known_is_refused(small: Connection, tmp_path: Path, day: Day, says: str) -> None:
    with pytest.raises(WarehouseError, match=says):
        export.export(small, tmp_path / "none", day)
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_written_is_told(small: Connection, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WarehouseError, match=r"could not be written .* name a folder that can be written"):
        export.export(small, tmp_path / "file" / "below")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-09-01", datetime(2026, 9, 1, 23, 59, 59, 999999)),
        ("2026-09-01T10:00", datetime(2026, 9, 1, 10)),
        ("2026-09-01T10:00+02:00", datetime(2026, 9, 1, 8)),
        ("2026-09-01 10:00:00Z", datetime(2026, 9, 1, 10)),
    ],
)
def test_a_day_is_meant_to_its_end(given: str, meant: datetime) -> None:
    assert moment(given) == meant


@pytest.mark.parametrize("given", ["", "yesterday", "2026-13-01", "2026-02-30", "20260901T"])
def test_what_is_no_date_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="expected YYYY-MM-DD"):
        moment(given)


def test_a_table_too_long_for_a_sheet_is_left_out_and_told(
    small: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound holds for tables only: the sheet that describes all columns is longer here than any of them."""
    write_sheet = tabular.write_xlsx

    def written(*given: Any, **more: Any) -> None:
        monkeypatch.undo()
        write_sheet(*given, **more)

    monkeypatch.setattr(tabular, "XLSX_ROWS", 500)
    monkeypatch.setattr(tabular, "write_xlsx", written)
    made = export.export(small, tmp_path / "long")
    assert "trial_sites" in made.left_out
    assert "Too long for a sheet" in (tmp_path / "long" / "README.md").read_text("utf-8")
    assert not set(made.left_out) & set(sheets(tmp_path / "long"))


def test_a_release_is_cited_by_a_file_and_its_papers_and_registrations_as_ris(exported: Path) -> None:
    cited = yaml.safe_load((exported / "CITATION.cff").read_text("utf-8"))
    told = json.loads((exported / "datapackage.json").read_text("utf-8"))["cartrials"]
    assert {"cff-version", "message", "title", "authors"} <= cited.keys() and cited["type"] == "dataset"
    assert (cited["version"], str(cited["date-released"])) == (told["run_id"], told["published_at"][:10])
    assert cited["identifiers"][0]["value"] == f"sha256:{told['fingerprint']}"
    text = (exported / "references.ris").read_bytes().decode("utf-8")
    assert text.count("TY  - JOUR\r\n") > 0 and text.count("TY  - DATA\r\n") > 0
    assert text.count("TY  - ") == text.count("ER  - \r\n")
    assert all(re.fullmatch(r"[A-Z][A-Z0-9]  - .*", line) for line in text.split("\r\n") if line)

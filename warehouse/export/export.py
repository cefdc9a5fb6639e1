"""Exports: a release, or the registry as it was on a day, as files that others can read and cite.

    DIR/parquet/TABLE.parquet   exact types; comments and what the release is in the files' metadata
    DIR/csv/TABLE.csv           UTF-8, formula-safe
    DIR/cartrials.xlsx          trials and papers in scope and every trend, a sheet each; `about` first
    DIR/dictionary.md           every table and column
    DIR/README.md               methods and how to cite
    DIR/datapackage.json        Frictionless: schemas, sizes, hashes; written last

The same release gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from warehouse import disk
from warehouse.ddl import description
from warehouse.errors import WarehouseError, disk_error
from warehouse.export import datapackage, references, tabular
from warehouse.export.parts import SHEETS, Day, Part, in_scope, of_day, of_release, trend_sheets
from warehouse.querying import citing, named
from warehouse.querying.reading import Connection
from warehouse.release import dictionary

NOT_KEPT = "not kept: the release was made from recordings"


@dataclass(frozen=True)
class About:
    """What an export is made of, as its files tell it; all text."""

    methods: str
    run_id: str
    data_date: str
    published_at: str
    data_stamp: str | None
    search_text: str
    rule_version: str
    code_version: str
    schema_version: str
    fingerprint: str
    is_demo: str
    as_of: str | None = None
    known_at: str | None = None


@dataclass(frozen=True)
class Exported:
    """What was written: rows by table, and the sheets left out of the workbook because they are too long."""

    about: About
    rows: Mapping[str, int]
    files: tuple[str, ...]
    left_out: tuple[str, ...]


def export(connection: Connection, folder: Path, day: Day | None = None) -> Exported:
    """Write the release of `connection`, or the registry on `day`, into `folder`.

    Files of an earlier export there are replaced, others stay. Raises WarehouseError where the day is
    outside of what is known, or the folder cannot be written.
    """
    about = describe_release(connection, day)
    parts = of_release() if day is None else of_day(day)
    try:
        with _beside(folder) as made:
            rows = {part.name: _write_part(connection, part, made, about) for part in parts}
            left_out = _write_workbook(connection, parts, rows, made / "cartrials.xlsx", about, trends=day is None)
            disk.write_durably(made / "dictionary.md", dictionary.markdown().encode())
            disk.write_durably(made / "CITATION.cff", citing.cff(citing.release(connection)).encode())
            if day is None:
                disk.write_durably(made / "references.ris", references.ris(connection).encode())
            disk.write_durably(made / "README.md", readme(about, rows, left_out).encode())
            files = sorted(path for path in made.rglob("*") if path.is_file())
            package = datapackage.descriptor(asdict(about), parts, rows, made, files)
            _write_json(made / "datapackage.json", package)
            names = tuple(path.relative_to(made).as_posix() for path in files)
            _take_places(made, folder, (*names, "datapackage.json"))
    except Exception as error:
        failed = error if isinstance(error, OSError) else disk_error(error)
        if failed is None or isinstance(error, WarehouseError):
            raise
        raise WarehouseError(
            f"The export could not be written to {folder} ({failed.strerror or failed}). Make room, or name a folder "
            "that can be written, and export again."
        ) from error
    return Exported(about, rows, (*names, "datapackage.json"), left_out)


def describe_release(connection: Connection, day: Day | None = None) -> About:
    """What the release, or a day of it, is. Raises WarehouseError where nothing is known of the day."""
    (told,) = named.run(connection, "methods").to_pylist()
    (release,) = connection.execute("SELECT published_at, schema_version, is_demo FROM release").fetchall()
    if day is not None:
        _check_known(connection, day, release[0])
    return About(
        methods=told["paragraph"] if day is None else _of_day(told, day, is_demo=release[2]),
        run_id=told["run_id"],
        data_date=told["data_date"].isoformat(),
        published_at=release[0].isoformat(),
        data_stamp=told["data_stamp"],
        search_text=told["search_text"] or NOT_KEPT,
        rule_version=told["rule_version"],
        code_version=told["code_version"],
        schema_version=str(release[1]),
        fingerprint=told["fingerprint"],
        is_demo="true" if release[2] else "false",
        as_of=day.at.isoformat() if day else None,
        known_at=day.known_at.isoformat() if day and day.known_at else None,
    )


def readme(about: About, rows: Mapping[str, int], left_out: Sequence[str]) -> str:
    """README.md of an export: what it is, how to cite it, what is in it."""
    facts = {name: value for name, value in asdict(about).items() if value and name not in ("methods", "search_text")}
    lines = [
        "# CAR T-cell trial registrations in lupus and other autoimmune disease\n",
        f"{about.methods}\n",
        f"{datapackage.READS}\n",
        "`dictionary.md` and the schemas in `datapackage.json` describe every column. Cite run and fingerprint:",
        "a release always gives the same bytes.\n",
        "| fact | value |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in facts.items()),
        "\n## Searches as sent\n",
        *(f"    {line}" for line in about.search_text.splitlines()),
        "\n## Tables\n",
        "| table | rows |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in rows.items()),
    ]
    if left_out:
        lines.append(f"\nToo long for a sheet, and not in the workbook: {', '.join(left_out)}.")
    return "\n".join(lines) + "\n"


def _check_known(connection: Connection, day: Day, published_at: datetime) -> None:
    """Raises WarehouseError where the day is before the first version known or after the release."""
    row = connection.execute("SELECT min(valid_from), min(known_from) FROM trial_states").fetchone()
    first, first_known = row if row else (None, None)
    for what, asked, earliest in (("as of", day.at, first), ("known at", day.known_at, first_known)):
        if asked is None:
            continue
        if earliest is None or asked < earliest:
            since = f"what is known begins on {earliest:%Y-%m-%d}" if earliest else "no trial has been seen yet"
            raise WarehouseError(f"Nothing can be told {what} {asked:%Y-%m-%d}: {since}.")
        if asked.date() > published_at.date():
            raise WarehouseError(
                f"Nothing can be told {what} {asked:%Y-%m-%d}: this release is of {published_at:%Y-%m-%d}. Name an "
                "earlier day, or run `cartrials nightly` first."
            )


def _of_day(told: Mapping[str, Any], day: Day, *, is_demo: bool) -> str:
    known = f"as known on {day.known_at:%Y-%m-%d}" if day.known_at else f"as known on {told['data_date']:%Y-%m-%d}"
    made_up = "MADE-UP DEMONSTRATION RECORDS, NOT TO BE CITED. " if is_demo else ""
    return (
        f"{made_up}Registrations of CAR-engineered cells for immune-mediated disease on ClinicalTrials.gov as the "
        f"registry gave them on {day.at:%Y-%m-%d %H:%M} UTC, {known}, by the rules of version {told['rule_version']}. "
        f"Made with cartrials {told['code_version']} from release {told['run_id']}, fingerprint "
        f"{told['fingerprint'][:16]}. Arms, sites, outcomes and papers have no state by day and are not in it; the "
        "release of that day has them."
    )


def _write_part(connection: Connection, part: Part, folder: Path, about: About) -> int:
    """The part as Parquet and as CSV; its rows."""
    for kind in ("parquet", "csv"):
        disk.make_folder(folder / kind)
    told = {f"cartrials.{name}": value for name, value in asdict(about).items() if value}
    with disk.opened(folder / "parquet" / f"{part.name}.parquet") as stream:
        tabular.write_parquet(_described(connection, part), stream, told | {"description": part.grain})
    count = -1  # the header is no row
    with disk.opened(folder / "csv" / f"{part.name}.csv") as stream:
        for line in tabular.csv_lines(_reader(connection, part.sql), list_separator=None):
            stream.write(line.encode())
            count += 1
    return count


def _described(connection: Connection, part: Part) -> pa.RecordBatchReader:
    """The rows of a part; each field's metadata says what the column holds."""
    reader = _reader(connection, part.sql)
    fields = [
        field.with_metadata({"description": description(column)})
        for field, column in zip(reader.schema, part.columns, strict=True)
    ]
    schema = pa.schema(fields)
    batches = (pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in reader)
    return pa.RecordBatchReader.from_batches(schema, batches)


def _write_workbook(
    connection: Connection, parts: Sequence[Part], rows: Mapping[str, int], path: Path, about: About, *, trends: bool
) -> tuple[str, ...]:
    """The workbook; returns sheets that are too long for one."""
    by_name = {part.name: part for part in parts}
    chosen = {name: in_scope(by_name[name], by_name["car_t_trials"]) for name in SHEETS if name in by_name}
    left_out = tuple(name for name in chosen if rows[name] > tabular.XLSX_ROWS)
    sheets = {name: sql for name, sql in chosen.items() if name not in left_out} | (trend_sheets() if trends else {})
    told = [*_lines_of_release(about), *((f"sheet {name}", _what(name, by_name)) for name in sheets)]
    words = [(part.name, column.name, column.type, description(column)) for part in parts for column in part.columns]
    tables: dict[str, Any] = {"about": _table(("fact", "value"), told)}
    tables |= {name: _reader(connection, sql) for name, sql in sheets.items()}
    tables["dictionary"] = _table(("table", "column", "type", "what"), words)
    created, title = datetime.fromisoformat(about.published_at), f"cartrials, release {about.run_id}"
    with disk.opened(path) as stream:
        tabular.write_xlsx(tables, stream, created=created, title=title)
    return left_out


def _lines_of_release(about: About) -> list[tuple[str, str]]:
    return [(name.replace("_", " "), value) for name, value in asdict(about).items() if value]


def _what(name: str, parts: Mapping[str, Part]) -> str:
    if name in parts:
        return f"{parts[name].grain}; trials and papers in scope only"
    asked = named.query(name)
    return f"{asked.title}: {asked.grain}. Counts {asked.counts}"


def _table(names: Sequence[str], rows: Sequence[tuple[str, ...]]) -> pa.Table:
    columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(len(names))]
    return pa.table(columns, names=list(names))


def _reader(connection: Connection, sql: str) -> pa.RecordBatchReader:
    """The rows of a SELECT, batch by batch. A cursor of its own: readers may be open side by side."""
    return connection.cursor().execute(sql).to_arrow_reader(tabular.BATCH)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder beside `folder`, on the same disk, gone at the end."""
    made = disk.make_temporary_folder(folder)
    try:
        yield made
    finally:
        disk.remove_tree(made)


def _take_places(made: Path, folder: Path, names: Sequence[str]) -> None:
    """Move the files to their places, and take away those of the export before that this one has not."""
    before = _files_of(folder / "datapackage.json")
    for name in names:
        place = folder / name
        disk.make_folder(place.parent)
        disk.sync_file(made / name)
        disk.replace(made / name, place)
    for name in before - set(names):
        disk.unlink(folder / name)


def _files_of(package: Path) -> set[str]:
    """Files that an earlier export of ours wrote; none where its datapackage.json is not ours."""
    try:
        told = json.loads(package.read_text("utf-8"))
    except (OSError, ValueError):
        return set()
    if not isinstance(told, dict) or told.get("name") != "cartrials-export":
        return set()
    paths = (resource.get("path", "") for resource in told.get("resources", []))
    return {path for path in paths if path.startswith(("csv/", "parquet/")) and ".." not in path}


def _write_json(path: Path, value: Any) -> None:
    disk.write_durably(path, (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())

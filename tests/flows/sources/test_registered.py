"""A source is declared once: a made-up one that is registered in a line is known wherever sources are told apart."""

from __future__ import annotations

import ast
import dataclasses
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from expectations import gate
from flows.config import watchlist
from flows.config.watchlist import WatchlistError
from flows.load.run_state import TABLES_OF, Kept
from flows.sources import recorded
from flows.storage.archive import Archive
from tests.flows.sources.made_up_source import WATCHLIST
from warehouse.schema import TABLES
from warehouse.tables import production
from warehouse.tables.sources import LIBRARY, SOURCES

ROOT = Path(__file__).resolve().parents[3]
DECLARED = ROOT / "warehouse" / "tables" / "sources.py"
MODULES = [
    path for name in ("flows", "transforms", "expectations", "warehouse") for path in (ROOT / name).rglob("*.py")
    if path != DECLARED
]  # fmt: skip


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line that registers it: all that is done to what there is."""
    made_up = dataclasses.replace(
        LIBRARY, title="The Made-up Register", records="entries", record_id=r"EU-\d{4}", id_is="its number",
        tables=("publications",), files=(".csv",), parameters=frozenset({"text"}), longest_query=60, compression=9,
    )  # fmt: skip
    monkeypatch.setitem(SOURCES, "euregister", made_up)  # type: ignore[arg-type]


@pytest.mark.usefixtures("registered")
def test_the_watchlist_takes_its_legs_and_sentinels_and_refuses_what_it_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "watchlist.toml"
    path.write_text(WATCHLIST)
    found = watchlist.load(path)
    assert [leg.query for leg in found.legs("euregister")] == ["text=lupus"]
    assert found.sentinels("euregister") == ("EU-0001",) and not found.sentinels("pubmed")
    for wrong, said in (
        (WATCHLIST.replace("EU-0001", "EU-1"), "nor a PMID nor its number"),
        (WATCHLIST.replace("text =", "term ="), "unknown key 'term' in a euregister leg, expected: text"),
        (WATCHLIST.replace('text = "', 'text = "' + "lupus " * 20), "at most 60"),
        (WATCHLIST.replace('"euregister"', '"elsewhere"'), "expected one of: ctgov, pubmed, euregister"),
    ):
        path.write_text(wrong)
        with pytest.raises(WatchlistError, match=said):
            watchlist.load(path)


@pytest.mark.usefixtures("registered")
def test_its_recordings_are_found_and_the_archive_takes_its_records(tmp_path: Path) -> None:
    folder = tmp_path / "2026-05-01"
    folder.mkdir()
    (folder / "euregister-1.csv").write_text("EU-0001;lupus\n")
    (night,) = recorded.nights(tmp_path)
    assert night.date == date(2026, 5, 1)
    assert [path.name for path in night.files["euregister"]] == ["euregister-1.csv"] and not night.files["ctgov"]
    archive = Archive(tmp_path / "archive")
    with archive.pack("R-1", "euregister") as pack:
        pack.add("0" * 64, "EU-0001", b"EU-0001;lupus")
    assert archive.entry("0" * 64).record_id == "EU-0001"


@pytest.mark.usefixtures("registered")
def test_it_has_its_place_in_a_run_and_in_the_gate() -> None:
    assert gate._named("euregister") == "The Made-up Register"
    fields = {field.name: field for field in dataclasses.fields(Kept)}
    assert fields["new"].default_factory().keys() == SOURCES.keys()  # type: ignore[misc]


def test_tables_of_each_source_are_declared_and_have_their_record_in_the_key() -> None:
    words = {one.words for made in production.TABLES for one in made.columns if one.name == "source" and one.words}
    assert words == {tuple(SOURCES)}
    names = {declared.name for declared in TABLES}
    for name, source in SOURCES.items():
        assert {*source.tables, source.hits} <= names
        assert TABLES_OF[name][0].name == source.main and len(TABLES_OF[name]) == len(source.tables)
        assert {declared.key[0] for declared in TABLES_OF[name]} == {TABLES_OF[name][0].key[0]}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_other_module_lists_the_sources(module: Path) -> None:
    lists = [
        ast.unparse(node) for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Dict | ast.Tuple | ast.Set | ast.List) and is_list_of_sources(node)
    ]  # fmt: skip
    assert lists == []


def is_list_of_sources(node: ast.Dict | ast.Tuple | ast.Set | ast.List) -> bool:
    entries = [ast.unparse(one) for one in (node.keys if isinstance(node, ast.Dict) else node.elts) if one]
    return {"CTGOV", "PUBMED"} <= set(entries) or {"'ctgov'", "'pubmed'"} <= set(entries)


def test_a_night_and_a_rebuild_with_a_made_up_source(tmp_path: Path) -> None:
    """What CONTRIBUTING asks of who adds a source, and nothing else: tables, extract, reader, its line."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.flows.sources.made_up_source", str(tmp_path)], cwd=ROOT, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with duckdb.connect(str(tmp_path / "home" / "cartrials.duckdb"), read_only=True) as published:
        found = published.execute("SELECT entry_no, title, is_stale FROM register_entries ORDER BY 1").fetchall()
        hits = published.execute("SELECT entry_no, leg FROM register_search_hits ORDER BY 1").fetchall()
        pulls = published.execute("SELECT source, records FROM source_pulls").fetchall()
    assert found == [("EU-0001", "CAR T cells in lupus", False), ("EU-0002", "CAR T cells in myositis", False)]
    assert hits == [("EU-0001", "recorded"), ("EU-0002", "recorded")]
    assert pulls == [("euregister", 2)]

"""A release begun as a copy of the one before says what one written anew says; it begins only with what we left."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.warehouse import made_up
from warehouse import disk, work
from warehouse.release import file as release_file
from warehouse.release import ordering
from warehouse.release.fingerprint import content_fingerprints
from warehouse.release.publish import keep, prune, publish
from warehouse.schema import TABLES
from warehouse.work import CONTENT_TABLES, Connection


@pytest.fixture
def working(tmp_path: Path) -> Iterator[Connection]:
    made = made_up.rows(60)
    with work.open_work(tmp_path / "work.duckdb") as connection:
        made_up.make_tables_of_views(connection)
        for declared in CONTENT_TABLES:
            work.append(connection, declared, made_up.arrow(declared, made[declared.name]))
        yield connection


def released(connection: Connection, folder: Path, run_id: str) -> Path:
    release = next(declared for declared in TABLES if declared.name == "release")
    [row] = made_up.rows(1)["release"]

    def journal(fingerprint: str) -> dict[str, object]:
        return {"release": made_up.arrow(release, [{**row, "run_id": run_id, "fingerprint": fingerprint}])}

    publish(connection, journal, run_id, folder, folder / "published.duckdb")
    return folder / f"{run_id}.duckdb"


def all_rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table as it stands in the file, bookkeeping and all."""
    with duckdb.connect(str(path), read_only=True) as file:
        return {
            declared.name: file.execute(f"FROM {declared.name}").fetchall()
            for declared in TABLES if declared.name != "release"
        }  # fmt: skip


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How each release was written."""
    found: list[str] = []
    for name in ("_anew", "_continued"):
        original = getattr(release_file, name)

        def noting(*given: object, name: str = name, original: object = original) -> object:
            found.append(name)
            return original(*given)  # type: ignore[operator]

        monkeypatch.setattr(release_file, name, noting)
    return found


OF_ONE = "WHERE nct_id = (SELECT min(nct_id) FROM trials)"
CHANGES = {
    "nothing": [],
    "a moment of every row": [
        ("UPDATE trials SET last_seen_at = last_seen_at + INTERVAL 1 DAY", "trials", "last_seen_at")
    ],
    "a text of one row": [
        (f"UPDATE trials SET brief_title = 'another' {OF_ONE}", "trials", "brief_title")
    ],
    "a list": [(f"UPDATE trials SET topics = ['other'] {OF_ONE}", "trials", "topics")],
    "rows less": [("DELETE FROM trial_sites WHERE site_no = 1", "trial_sites", None)],
    "a table emptied": [("DELETE FROM car_t_evidence", "car_t_evidence", None)],
    "bookkeeping alone": [("UPDATE trials SET run_id = 'another run'", "trials", "run_id")],
}  # fmt: skip


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_a_release_that_continues_another_says_what_one_written_anew_says(
    changes: list[tuple[str, str, str | None]], working: Connection, tmp_path: Path, written: list[str]
) -> None:
    released(working, tmp_path / "releases", "1")
    for statement, table_name, column in changes:
        working.execute(statement)
        work.touched(working, table_name, column)
    continued = released(working, tmp_path / "releases", "2")
    anew = released(working, tmp_path / "elsewhere", "2")
    assert written == ["_anew", "_continued", "_anew"]
    assert all_rows(continued) == all_rows(anew)
    with duckdb.connect(str(continued), read_only=True) as file:
        assert dict(content_fingerprints(file)) == dict(content_fingerprints(working))
        assert file.execute("SELECT run_id FROM release").fetchall() == [("2",)]
        assert file.execute("SELECT count(*) > 0 FROM trend_methods").fetchone() == (True,)


def test_what_an_analyst_wrote_into_a_release_is_not_in_the_next(
    working: Connection, tmp_path: Path, written: list[str]
) -> None:
    first = released(working, tmp_path, "1")
    with duckdb.connect(str(first)) as careless:
        careless.execute("CREATE TABLE mine AS SELECT 1 AS x; UPDATE trials SET brief_title = 'mine'")
    second = released(working, tmp_path, "2")
    assert written == ["_anew", "_anew"]
    with duckdb.connect(str(second), read_only=True) as file:
        assert file.execute("SELECT count(*) FROM trials WHERE brief_title = 'mine'").fetchone() == (0,)
        assert file.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'mine'").fetchall() == []


def test_a_release_that_is_gone_or_full_of_holes_is_followed_by_one_written_anew(
    working: Connection, tmp_path: Path, written: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    released(working, tmp_path, "1").unlink()
    released(working, tmp_path, "2")
    assert written == ["_anew", "_anew"]
    monkeypatch.setattr(release_file, "_is_full_of_holes", lambda connection: True)
    third = released(working, tmp_path, "3")
    assert written[2:] == ["_continued", "_anew"]
    assert all_rows(third) == all_rows(tmp_path / "2.duckdb")


def test_a_table_copied_by_parts_of_its_key_is_the_table(
    working: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = released(working, tmp_path / "releases", "1")
    said = content_fingerprints(working)
    monkeypatch.setattr(ordering, "ROWS", 7)
    monkeypatch.setattr(ordering, "ROWS_BY_HASH", 11)
    assert content_fingerprints(working) == said
    assert all_rows(released(working, tmp_path / "elsewhere", "1")) == all_rows(whole)


def test_a_block_that_the_disk_lost_is_not_carried_on_though_size_and_time_are_as_left(
    working: Connection, tmp_path: Path, written: list[str]
) -> None:
    first = released(working, tmp_path / "releases", "1")
    as_left = first.stat()
    with first.open("r+b") as file:
        file.seek(as_left.st_size // 2)
        file.write(b"\xa5" * 512)
    os.utime(first, ns=(as_left.st_atime_ns, as_left.st_mtime_ns))
    second = released(working, tmp_path / "releases", "2")
    assert written == ["_anew", "_anew"]
    assert all_rows(second) == all_rows(released(working, tmp_path / "elsewhere", "2"))
    assert list((tmp_path / "releases").glob("*.part*")) == []


# What a process writes into a file until it is killed: its log stays beside the file.
KILLED_WHILE_WRITING = """
import duckdb, os, sys
release = duckdb.connect(sys.argv[1])
release.execute("CREATE TABLE trials (nct_id VARCHAR); INSERT INTO trials VALUES ('NCT90000001')")
os._exit(9)
"""


@pytest.mark.parametrize("killed_at", ["2.part", "2.duckdb", "published.duckdb"])
def test_a_log_that_a_killed_process_left_is_not_replayed_into_what_is_written_next(
    killed_at: str, working: Connection, tmp_path: Path
) -> None:
    folder = tmp_path / "releases"
    released(working, folder, "1")
    (folder / "published.duckdb").unlink()
    subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING, str(folder / killed_at)], check=False)
    (folder / killed_at).unlink()
    assert (folder / f"{killed_at}.wal").stat().st_size > 0
    second = released(working, folder, "2")
    assert all_rows(second) == all_rows(folder / "1.duckdb") == all_rows(folder / "published.duckdb")
    assert sorted(path.name for path in folder.iterdir()) == ["1.duckdb", "2.duckdb", "published.duckdb"]


class Killed(BaseException):
    """The process ended here."""


class Ending(disk.System):
    """Ends at a given call that changes the disk, and does nothing more after it, as a dead process does not."""

    def __init__(self, at: int) -> None:
        self.left = at

    def _end(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed

    def sync(self, descriptor: int) -> None:
        self._end()
        super().sync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self._end()
        super().rename(source, target)

    def link(self, source: Path, target: Path) -> None:
        self._end()
        super().link(source, target)

    def unlink(self, path: Path) -> None:
        if path.exists():
            self._end()
        super().unlink(path)


def test_a_release_that_ends_at_any_step_is_written_whole_the_next_time(
    working: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Part written, its name given, the link made, the published name taken, not remembered: each is gone over."""
    folder = tmp_path / "releases"
    first = all_rows(released(working, folder, "1"))
    for at in range(100):
        with monkeypatch.context() as patched:
            patched.setattr(disk, "system", Ending(at))
            try:
                released(working, folder, f"{at + 2}")
                break
            except Killed:
                pass
        again = released(working, folder, f"{at + 2}")
        assert all_rows(again) == all_rows(folder / "published.duckdb") == first
        assert {path.name for path in folder.iterdir() if path.suffix != ".duckdb"} == set()
    assert at > 6


@pytest.mark.parametrize(
    ("marked", "left"),
    [
        ((), {"20280101T000000Z-1", "20270305T000000Z-1"}),
        (("20270303T000000Z-1",), {"20270303T000000Z-1", "20280101T000000Z-1", "20270305T000000Z-1"}),
        (("20280101T000000Z-1",), {"20270303T000000Z-1", "20280101T000000Z-1", "20270305T000000Z-1"}),
    ],
)
def test_the_oldest_release_is_that_of_the_run_that_began_first(
    marked: tuple[str, ...], left: set[str], tmp_path: Path
) -> None:
    """On one night the clock was a year ahead, on the last it went back; a file of no known run goes first."""
    runs = ["20270302T000000Z-1", "20270303T000000Z-1", "20280101T000000Z-1", "20270305T000000Z-1"]
    for name in (*runs, "20290101T000000Z-1"):
        (tmp_path / f"{name}.duckdb").touch()
    for name in marked:
        keep(tmp_path, name)
    prune(tmp_path, 2, tmp_path / f"{runs[-1]}.duckdb", runs)
    assert {path.stem for path in tmp_path.glob("*.duckdb")} == left

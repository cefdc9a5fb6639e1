"""A data folder in trouble: one sentence that says what to do, the last release untouched."""

from __future__ import annotations

import errno
import os
import re
import resource
import shutil
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from flows.alerts.ledger import ledger
from flows.cli import exit_code, sentence
from flows.cli.commands.status import show_status
from flows.errors import HomeError, Locked
from flows.runs import nightly
from flows.runs.run import Options
from flows.storage.data_folder import run_lock
from flows.storage.journal import Journal
from tests import records
from tests.flows.world import World, next_day, studies
from warehouse import disk
from warehouse.errors import WarehouseError
from warehouse.whole import BLOCK, HEADER, HEADERS


def spoil(path: Path, at: int = 0, size: int = 4096) -> None:
    """Overwrite part of a file, as a broken disk would."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xa5" * size)


def only(folder: Path, pattern: str) -> Path:
    return sorted(folder.glob(pattern))[0]


def the_journal(home: Path) -> None:
    spoil(home / "state.sqlite")


def a_page_of_the_journal(home: Path) -> None:
    for beside in ("state.sqlite-wal", "state.sqlite-shm"):
        (home / beside).unlink(missing_ok=True)
    spoil(home / "state.sqlite", at=4096, size=(home / "state.sqlite").stat().st_size - 4096)


def the_working_database(home: Path) -> None:
    spoil(home / "work.duckdb", size=12_288)


def a_record_of_the_archive(home: Path) -> None:
    pack = only(home / "archive" / "packs", "*ctgov.zst")
    spoil(pack, at=pack.stat().st_size // 2, size=200)


def a_pack_is_gone(home: Path) -> None:
    only(home / "archive" / "packs", "*ctgov.zst").unlink()


def a_manifest(home: Path) -> None:
    path = only(home / "archive" / "manifests", "*/ctgov.lupus-words.json")
    path.write_text(path.read_text("utf-8").replace("NCT90000003", "NCT90000004"), "utf-8")


def a_manifest_is_gone(home: Path) -> None:
    only(home / "archive" / "manifests", "*/pubmed.lupus-papers.json").unlink()


def a_seal(home: Path) -> None:
    only(home / "archive" / "manifests", "*/sealed.json").write_text("{", "utf-8")


def a_seal_is_gone(home: Path) -> None:
    only(home / "archive" / "manifests", "*/sealed.json").unlink()


def the_index(home: Path) -> None:
    for beside in ("index.sqlite-wal", "index.sqlite-shm"):
        (home / "archive" / beside).unlink(missing_ok=True)
    spoil(home / "archive" / "index.sqlite")


# What is damaged, and what the operator is told to do.
DAMAGES: dict[Callable[[Path], None], str] = {
    the_journal: "cartrials restore",
    a_page_of_the_journal: "cartrials restore",
    the_working_database: "cartrials rebuild",
    a_record_of_the_archive: "Restore",
    a_pack_is_gone: "Restore",
    a_manifest: "Restore",
    a_manifest_is_gone: "Restore",
    a_seal: "Restore",
    a_seal_is_gone: "Restore",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_file_is_named_with_what_to_do(world: World, damage: Callable[[Path], None]) -> None:
    before = world.release()
    next_day(world)
    world.registry.serve(studies(12, descriptionModule__briefSummary="Said in other words."))
    damage(world.home)
    with pytest.raises(Exception) as caught:
        world.night()
    said = sentence(caught.value)
    assert exit_code(caught.value) == 1
    assert DAMAGES[damage] in said and "Unexpected" not in said and "\n" not in said, said
    assert world.release() == before


def the_index_is_gone(home: Path) -> None:
    for path in (home / "archive").glob("index.sqlite*"):
        path.unlink()


def the_index_says_otherwise(home: Path) -> None:
    """A page that flipped: SQLite has no checksum that would tell."""
    with sqlite3.connect(home / "archive" / "index.sqlite") as index:
        index.execute("UPDATE entries SET start = start + 1")


@pytest.mark.parametrize("damage", [the_index_is_gone, the_index, the_index_says_otherwise])
def test_an_index_that_is_lost_or_damaged_is_made_again(world: World, damage: Callable[[Path], None]) -> None:
    damage(world.home)
    next_day(world)
    world.registry.serve(studies(12, descriptionModule__briefSummary="Said in other words."))
    assert world.night().trials_changed == 12


def test_a_failure_before_the_run_began_is_a_failed_run(world: World) -> None:
    the_working_database(world.home)
    with pytest.raises(Exception, match="cartrials rebuild"):
        world.night()
    last = world.last_run()
    assert last["status"] == "failed" and "cartrials rebuild" in last["reason"]


def test_a_lost_journal_loses_no_record_and_takes_no_id_twice(world: World, tmp_path: Path) -> None:
    for path in world.home.glob("state.sqlite*"):
        path.unlink()
    next_day(world)
    world.registry.serve([*studies(), records.study(13)])
    assert world.night().trials_new == 1
    # A recorded night that was held, then the journal lost, then the same night again: another id.
    recordings = records.record_night(tmp_path / "recordings", "2030-01-01", studies(3))
    options = Options(recorded=recordings)
    with pytest.raises(Exception, match="20300101T000000Z-1 was held"):
        nightly.run(world.settings(), options)
    for path in world.home.glob("state.sqlite*"):
        path.unlink()
    with pytest.raises(Exception, match="20300101T000000Z-2 was held"):
        nightly.run(world.settings(), options)


@contextmanager
def room_for_files_of(size: int) -> Iterator[None]:
    """No file may grow beyond `size` bytes: what a full disk or a quota does, at a chosen point."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limit[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.parametrize("room", [0, 4_000, 100_000, 700_000])
def test_no_disk_space_leaves_the_last_release_and_the_next_night_goes_on(world: World, room: int) -> None:
    before = world.release()
    next_day(world)
    world.registry.serve([*studies(), records.study(13)])
    with room_for_files_of(room), pytest.raises(Exception) as caught:
        world.night()
    said = sentence(caught.value)
    assert exit_code(caught.value) == 1 and "room" in said and "Unexpected" not in said, said
    assert world.release() == before
    assert world.night().status == "published"
    assert world.published("SELECT count(*) FROM trials") == [(13,)]


def test_no_room_in_the_ledger_is_a_sentence(world: World) -> None:
    with Journal(world.home / "state.sqlite") as journal:
        (pages,) = journal.connection.execute("PRAGMA page_count").fetchone()
        journal.connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(HomeError, match="no room"), journal.transaction():
            ledger.update(journal, "INSERT INTO alert_runs (run_id) VALUES (?)", ["x" * 100_000])
    with Journal(world.home / "state.sqlite") as journal:
        assert not journal.rows("SELECT 1 FROM alert_runs WHERE run_id LIKE 'xxx%'")


@pytest.mark.parametrize("name", ["", "archive", "state.sqlite", "releases"])
def test_a_home_that_cannot_be_written(world: World, name: str) -> None:
    """Root may write anywhere, so a file stands where a folder belongs, or a folder where a file does."""
    before = world.release()
    next_day(world)
    world.registry.serve([*studies(), records.study(13)])
    place = world.home / name if name else world.home.parent / "a file"
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    if name == "state.sqlite":
        place.mkdir()
    else:
        place.write_text("in the way")
    with pytest.raises(Exception) as caught:
        world.night(home=world.home if name else place)
    said = sentence(caught.value)
    assert exit_code(caught.value) == 1 and str(place) in said and "Unexpected" not in said, said
    assert world.release() == before


def test_two_runs_at_once_are_one_too_many(world: World) -> None:
    before = world.release()
    with run_lock(world.home), pytest.raises(Locked) as caught:
        world.night()
    assert caught.value.exit_code == 4 and "cartrials status" in str(caught.value)
    assert world.release() == before and world.registry.requests == []
    assert world.last_run()["status"] == "published", "a run that never began is no failed run"


def test_a_release_that_the_disk_altered_is_told_of_by_the_night_and_by_status(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    path = world.settings().home / "releases" / f"{world.last_run()['run_id']}.duckdb"
    found, raw = path.stat(), bytearray(path.read_bytes())
    with duckdb.connect(str(path), read_only=True) as connection:  # a block that is free is nobody's loss
        query = "SELECT min(block_id) FROM pragma_storage_info('trials') WHERE block_id >= 0"
        ((block,),) = connection.execute(query).fetchall()
    raw[HEADERS * HEADER + block * BLOCK + BLOCK // 2] ^= 1
    path.write_bytes(raw)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    next_day(world)
    report = world.night()
    assert [(one.subject, one.check_name) for one in report.warnings if "written" in one.check_name] == [
        (f"releases/{path.name}", "The release before is as it was written")
    ]
    show_status(world.settings(), as_json=False)
    said = f"The release before, releases/{path.name}, is not as it was written"
    assert said in " ".join(capsys.readouterr().out.split())
    next_day(world, "2026-09-06T09:00:06")
    assert not [one for one in world.night().warnings if "written" in one.check_name]


def test_a_disk_that_fails_once_the_release_has_its_name_is_not_said_to_leave_the_last_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = world.settings().warehouse_path
    before = target.stat().st_ino
    sync = disk.system.sync

    def fail(descriptor: int) -> None:
        if target.stat().st_ino != before:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(descriptor)

    next_day(world)
    with monkeypatch.context() as patch, pytest.raises(WarehouseError) as raised:
        patch.setattr(disk.system, "sync", fail)
        world.night()
    assert str(raised.value).startswith("The release of run 2") and "stands" not in str(raised.value)
    assert f"{world.home}" in str(raised.value)
    assert re.search(r"Run 2\S+ was published before that; .*\.$", sentence(HomeError("There is no room to write x.")))
    assert world.night().status == "published"

"""Backups: of a home that works, back into an empty one, to the same fingerprints."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cli.app import settings as settings_in_force
from flows.cli.commands import backup
from flows.cli.commands.backup import back_up, restore_from
from flows.cli.commands.export import export_to
from flows.config.settings import Settings
from flows.errors import CartrialsError, HomeError
from flows.runs.nightly import DIRECT
from flows.runs.rebuild import rebuild
from flows.storage.data_folder import run_lock
from flows.storage.journal import NAMES, Journal
from tests import records
from tests.flows.world import World, next_day, studies
from warehouse import disk
from warehouse.querying import named
from warehouse.querying.reading import published
from warehouse.release import publish
from warehouse.release.publish import published_fingerprints


def fingerprints(settings: Settings) -> dict[str, str]:
    found = published_fingerprints(settings.warehouse_path)
    assert found
    return found


def test_a_backup_restores_to_the_same_fingerprints(world: World, tmp_path: Path) -> None:
    next_day(world)
    world.registry.serve([*studies(11), records.study(13, statusModule__overallStatus="COMPLETED")])
    world.night()
    backup = tmp_path / "backup"
    back_up(world.settings(), backup)
    restored = world.settings(home=tmp_path / "restored")
    restore_from(restored, backup)
    assert fingerprints(restored) == fingerprints(world.settings())
    assert (backup / "settings" / "watchlist.toml").read_text("utf-8") == world.watchlist.read_text("utf-8")
    with Journal(restored.journal_path, read_only=True) as journal:
        assert journal.rows("SELECT * FROM runs ORDER BY run_id") == world.journal("SELECT * FROM runs ORDER BY run_id")
    # It goes on from there as if nothing had been: nothing is new.
    report = world.night(home=restored.home)
    assert (report.status, report.trials_new, report.events) == ("published", 0, 0)
    with pytest.raises(CartrialsError, match="holds data already"):
        restore_from(restored, backup)


def everything_of(settings: Settings) -> dict[str, object]:
    """What a home holds and says: its files as bytes, or as what is in them where they are made again."""
    made_again = {"cartrials.duckdb", "work.duckdb", "state.sqlite", "archive/index.sqlite", "report/index.html"}
    held: dict[str, object] = {"tables": fingerprints(settings)}
    for path in sorted(settings.home.rglob("*")):
        name = path.relative_to(settings.home).as_posix()
        if path.is_file() and not name.endswith((".lock", "-wal", "-shm", ".wal")):
            held[name] = None if name in made_again else path.read_bytes()
    with Journal(settings.journal_path, read_only=True) as journal:
        held |= {f"journal {name}": journal.rows(f"SELECT * FROM {name} ORDER BY 1, 2") for name in NAMES}
    with published(settings.warehouse_path) as warehouse:
        for name in named.queries():
            held[f"query {name}"] = named.run(warehouse, name).to_pylist()
    return held


def test_a_restored_home_is_the_same_home(world: World, tmp_path: Path) -> None:
    """Every file, the releases and feeds that others cite and follow, every row of the journal, every trend."""
    settings = world.settings(keep_releases=1)
    publish.keep(settings.home / "releases", str(world.last_run()["run_id"]))
    (settings.archive_path / "overrides").mkdir()
    (settings.archive_path / "overrides" / "decided.csv").write_text("what counted then")
    next_day(world)
    world.registry.serve([*studies(11), records.study(13, statusModule__overallStatus="COMPLETED")])
    assert world.night(steps=DIRECT, keep_releases=1).problems == ()
    back_up(settings, tmp_path / "backup")
    restored = world.settings(home=tmp_path / "restored", keep_releases=1)
    restore_from(restored, tmp_path / "backup")
    before, after = everything_of(settings), everything_of(restored)
    last = f"releases/{world.last_run()['run_id']}.duckdb"  # made again: its rows are compared, not its bytes
    assert before.pop(last) and after.pop(last)
    assert [name for name in {*before, *after} if before.get(name, 0) != after.get(name, 0)] == []


def test_a_damaged_journal_does_not_take_the_place_of_the_one_backed_up(world: World, tmp_path: Path) -> None:
    back_up(world.settings(), tmp_path / "backup")
    good = (tmp_path / "backup" / "state.sqlite").read_bytes()
    with sqlite3.connect(world.settings().journal_path) as journal:
        journal.execute("UPDATE runs SET trials_new = 7")
    with pytest.raises(CartrialsError, match="backed up before stands"):
        back_up(world.settings(), tmp_path / "backup")
    assert (tmp_path / "backup" / "state.sqlite").read_bytes() == good


def test_a_rebuild_leaves_a_release_that_is_cited_as_it_was(world: World) -> None:
    settings = world.settings()
    run_id = str(world.last_run()["run_id"])
    publish.keep(settings.home / "releases", run_id)
    cited = settings.home / "releases" / f"{run_id}.duckdb"
    before = cited.read_bytes()
    rebuild(settings)
    assert cited.read_bytes() == before and not cited.samefile(settings.warehouse_path)


def test_a_backup_while_a_run_is_on_is_whole(world: World, tmp_path: Path) -> None:
    """Backups one after the other from before a run until after it: each restores to what was published then."""
    before = fingerprints(world.settings())
    next_day(world)
    world.registry.serve([*studies(), records.study(13)])
    running = threading.Thread(target=world.night)
    running.start()
    backups = []
    while running.is_alive() and len(backups) < 40:
        backups.append(tmp_path / f"backup-{len(backups)}")
        back_up(world.settings(), backups[-1])
        running.join(0.05)
    running.join()
    after = fingerprints(world.settings())
    assert before != after and backups
    # The first, the last, and one in between: a restore takes a second.
    for number, one in enumerate({backups[0], backups[len(backups) // 2], backups[-1]}):
        restored = world.settings(home=tmp_path / f"restored-{number}")
        restore_from(restored, one)
        assert fingerprints(restored) in (before, after)


def test_a_backup_needs_no_lock_and_a_restore_that_was_cut_off_can_be_repeated(world: World, tmp_path: Path) -> None:
    with run_lock(world.home):
        back_up(world.settings(), tmp_path / "backup")
    restored = world.settings(home=tmp_path / "restored")
    shutil.copytree(tmp_path / "backup" / "archive" / "packs", restored.archive_path / "packs")
    restore_from(restored, tmp_path / "backup")
    assert fingerprints(restored) == fingerprints(world.settings())


@pytest.mark.parametrize("moment", ["copying", "rebuilding"])
def test_a_restore_that_was_cut_off_says_so_until_it_is_repeated(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    back_up(world.settings(), tmp_path / "a backup")
    restored = world.settings(home=tmp_path / "restored")
    names = {"copying": "_copy_for_good", "rebuilding": "rebuild"}
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(backup, names[moment], raising(KeyboardInterrupt))
        restore_from(restored, tmp_path / "a backup")
    for command in (lambda: world.night(home=restored.home), lambda: rebuild(restored)):
        with pytest.raises(HomeError, match=r"was cut off\. Do it again: `cartrials restore .*a backup`"):
            command()
    monkeypatch.setenv("CARTRIALS_HOME", str(restored.home))
    with pytest.raises(HomeError, match="was cut off"):
        settings_in_force()
    back_up(world.settings(), tmp_path / "another")
    with pytest.raises(CartrialsError, match="Another backup needs another, empty folder"):
        restore_from(settings_in_force(restoring=True), tmp_path / "another")
    restore_from(restored, tmp_path / "a backup")
    assert fingerprints(restored) == fingerprints(world.settings())
    assert world.night(home=restored.home).status == "published"


def raising(error: type[BaseException]) -> Callable[..., None]:
    def raise_it(*_: object, **__: object) -> None:
        raise error

    return raise_it


@pytest.mark.parametrize("is_in_log", [False, True])
def test_a_backup_is_only_read(world: World, tmp_path: Path, is_in_log: bool) -> None:
    back_up(world.settings(), tmp_path / "backup")
    kept = tmp_path / "backup" / "state.sqlite"
    writer = sqlite3.connect(kept)
    if is_in_log:  # somebody worked in it and was killed
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("UPDATE runs SET reason = 'in the log'")
        writer.commit()
        assert Path(f"{kept}-wal").stat().st_size
    else:
        writer.close()
    before = {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in (kept.parent, kept)}
    restored = world.settings(home=tmp_path / "restored")
    restore_from(restored, tmp_path / "backup")
    assert {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in (kept.parent, kept)} == before
    with Journal(restored.journal_path, read_only=True) as journal:
        assert (journal.rows("SELECT reason FROM runs")[0]["reason"] == "in the log") is is_in_log
    writer.close()


def test_a_release_of_a_rebuild_is_marked_keep_by_its_own_name(world: World, tmp_path: Path) -> None:
    settings = world.settings()
    run_id = str(world.last_run()["run_id"])
    for number in (1, 2, 3):
        export_to(settings, tmp_path / f"export-{number}", keep=True)
        marks = sorted(path.stem for path in (settings.home / "releases").glob("*.keep"))
        assert marks == [run_id, f"{run_id}.2", f"{run_id}.3"][:number]
        rebuild(settings)
    export_to(settings, tmp_path / "again", release=run_id, keep=True)
    assert len(list((settings.home / "releases").glob("*.keep"))) == 3


def test_a_backup_that_the_disk_does_not_take_names_a_file(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(disk.system, "sync", fail)
    with pytest.raises(HomeError, match=r"write .*backup.* \(Input/output error\)"):
        back_up(world.settings(), tmp_path / "backup")


def test_what_is_no_backup_is_not_restored(world: World, tmp_path: Path) -> None:
    with pytest.raises(CartrialsError, match="holds no backup"):
        restore_from(world.settings(home=tmp_path / "new"), tmp_path)
    with pytest.raises(CartrialsError, match="nothing to back up"):
        back_up(world.settings(home=tmp_path / "new"), tmp_path / "backup")
    (tmp_path / "a file").write_text("in the way")
    with pytest.raises(CartrialsError, match="a file"):
        back_up(world.settings(), tmp_path / "a file")

"""Backups: of a home that works, back into an empty one, to the same fingerprints."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from flows.commands.backup import back_up, restore_from
from flows.errors import CartrialsError
from flows.journal import Journal
from flows.settings import Settings
from flows.workplace import run_lock
from tests import records
from tests.flows.world import World, next_day, studies
from warehouse.releases import published_fingerprints


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
    for number, backup in enumerate({backups[0], backups[len(backups) // 2], backups[-1]}):
        restored = world.settings(home=tmp_path / f"restored-{number}")
        restore_from(restored, backup)
        assert fingerprints(restored) in (before, after)


def test_a_backup_needs_no_lock_and_a_restore_that_was_cut_off_can_be_repeated(world: World, tmp_path: Path) -> None:
    with run_lock(world.home):
        back_up(world.settings(), tmp_path / "backup")
    restored = world.settings(home=tmp_path / "restored")
    shutil.copytree(tmp_path / "backup" / "archive" / "packs", restored.archive_path / "packs")
    restore_from(restored, tmp_path / "backup")
    assert fingerprints(restored) == fingerprints(world.settings())


def test_what_is_no_backup_is_not_restored(world: World, tmp_path: Path) -> None:
    with pytest.raises(CartrialsError, match="holds no backup"):
        restore_from(world.settings(home=tmp_path / "new"), tmp_path)
    with pytest.raises(CartrialsError, match="nothing to back up"):
        back_up(world.settings(home=tmp_path / "new"), tmp_path / "backup")
    (tmp_path / "a file").write_text("in the way")
    with pytest.raises(CartrialsError, match="a file"):
        back_up(world.settings(), tmp_path / "a file")

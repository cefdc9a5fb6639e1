"""Data folders with any sign in their path work everywhere; what this user may not touch is told as that."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from flows.cli import exit_code, sentence
from flows.cli.commands import status
from flows.cli.commands.backup import back_up, restore_from
from flows.cli.commands.doctor import examine
from flows.cli.commands.export import export_to
from flows.errors import SettingsError
from flows.runs import nightly
from flows.runs.rebuild import rebuild
from flows.storage.owners import unowned_files
from tests.flows.test_home_in_trouble import room_for_files_of
from tests.flows.world import World
from warehouse.release.publish import published_fingerprints


def test_a_folder_of_odd_signs_holds_a_night_a_backup_a_restore_an_export_and_a_rebuild(tmp_path: Path) -> None:
    folder = tmp_path / "50% of #1 'x' \"y\" [z]* & é"
    with World(folder) as world:
        report = world.night(steps=nightly.DIRECT)
        assert (report.status, report.problems) == ("published", ())
        settings = world.settings()
        said = published_fingerprints(settings.warehouse_path)
        assert said
        assert status.show_status(settings, as_json=True) == 0
        back_up(settings, folder / "backup")
        restored = world.settings(home=folder / "restored")
        assert restore_from(restored, folder / "backup") == 0
        assert published_fingerprints(restored.warehouse_path) == said
        assert export_to(settings, folder / "export", keep=True) == 0
        result = rebuild(settings)
        assert result.after == said and result.differing == []
        assert examine(settings, offline=True) in (0, 1)
        assert unowned_files(world.home) == []
        assert {path.name for path in folder.iterdir()} == {"data", "watchlist.toml", "backup", "restored", "export"}
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_folder_that_duckdb_cannot_use_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with World(tmp_path / "why?") as world, pytest.raises(SettingsError, match="question mark"):
        world.settings()


@contextmanager
def held_to_rights() -> Iterator[None]:
    """As any user, whom rights bind: root's leave to pass them over (CAP_DAC_OVERRIDE, …) is laid down meanwhile."""
    if os.geteuid() != 0:
        yield
        return
    libc = ctypes.CDLL(None)
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    whole = sets[0]
    try:
        sets[0] = whole & ~0b110
        assert libc.capset(header, sets) == 0
        yield
    finally:
        sets[0] = whole
        assert libc.capset(header, sets) == 0


@pytest.mark.parametrize("name", [
    "state.sqlite", "archive/index.sqlite", "archive/packs/*.zst", "archive/manifests/*/sealed.json",
    "archive/manifests/*/ctgov*.json", "work.duckdb",
])  # fmt: skip
def test_rights_that_are_missing_are_told_as_rights(world: World, name: str) -> None:
    refused = sorted(world.home.glob(name))
    for path in refused:
        path.chmod(0)
    with held_to_rights(), pytest.raises(Exception) as caught:
        rebuild(world.settings()) if "packs" in name or "ctgov" in name else world.night()
    said = sentence(caught.value)
    assert exit_code(caught.value) == 1 and "rights" in said and "Unexpected" not in said, said
    assert "backup" not in said and "restore" not in said.replace("to be restored", ""), said
    assert any(path.name in said for path in refused), said


@pytest.mark.parametrize("room", [20_000, 300_000, 2_000_000])
def test_no_room_while_rebuilding_is_a_sentence_and_leaves_nothing(world: World, room: int) -> None:
    settings = world.settings()
    before = world.release()
    with room_for_files_of(room), pytest.raises(Exception) as caught:
        rebuild(settings)
    said = sentence(caught.value)
    assert exit_code(caught.value) == 1 and "room" in said and "Unexpected" not in said, said
    assert world.release() == before
    assert world.night().status == "published"
    assert unowned_files(world.home) == []


def test_a_stale_log_beside_a_journal_that_is_gone_is_not_replayed_into_the_restored_one(
    world: World, tmp_path: Path
) -> None:
    settings = world.settings()
    back_up(settings, tmp_path / "backup")
    runs = world.journal("SELECT * FROM runs")
    home = tmp_path / "again"
    home.mkdir()
    (home / "state.sqlite-wal").write_bytes(b"\xa5" * 8192)
    shutil.copy(settings.journal_path, tmp_path / "backup" / "state.sqlite.part-journal")
    restore_from(world.settings(home=home), tmp_path / "backup")
    assert [row["run_id"] for row in world.journal("SELECT * FROM runs")] == [row["run_id"] for row in runs]
    assert unowned_files(home) == []

"""What a killed process leaves is gone after the next ordinary run, and a release cut off at any step heals."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.cli.commands.doctor import examine
from flows.storage.owners import LEFTOVERS, leftovers, unowned_files
from tests import records
from tests.flows.world import World, next_day, studies
from warehouse import disk


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["cartrials.duckdb.next", "a release"])
def test_a_release_that_is_cut_off_is_finished_by_the_next_run(
    name: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it has its name among the releases, and before it takes the published one; each step in
    tests/warehouse/test_release_file.py."""

    class Ending(disk.System):
        def rename(self, source: Path, target: Path) -> None:
            if source.name == name or (name == "a release" and target.parent.name == "releases"):
                raise KeyboardInterrupt
            super().rename(source, target)

    before = world.release()
    next_day(world)
    world.registry.serve([*studies(12, descriptionModule__briefSummary="Said in other words."), records.study(13)])
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(disk, "system", Ending())
        world.night()
    assert world.release() == before and unowned_files(world.home)
    last = world.night()
    assert unowned_files(world.home) == []
    assert world.published("SELECT run_id, fingerprint FROM release") == [(last.run_id, last.fingerprint)]
    assert world.published("SELECT count(*) FROM trials") == [(13,)]
    assert world.journal("SELECT DISTINCT status FROM runs") == [{"status": "published"}]


def test_the_next_run_takes_away_what_nobody_owns(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for number, pattern in enumerate(LEFTOVERS):
        name = pattern.replace("manifests/*", "manifests/20260101T000000Z-1").replace("*", f"left-{number}")
        (world.home / name).parent.mkdir(parents=True, exist_ok=True)
        (world.home / name).write_bytes(b"half")
    (world.home / "work.rebuilt.contents").mkdir()
    (world.home / "work.rebuilt.contents" / "0.trials").write_bytes(b"rows")
    (world.home / "report" / f".index.html.{os.getpid()}").write_bytes(b"half a page")
    assert len(unowned_files(world.home)) == len(LEFTOVERS) + 2
    world.night()
    assert leftovers(world.home) == unowned_files(world.home) == []
    (world.home / "notes.txt").write_text("mine")
    world.night()
    assert unowned_files(world.home) == [world.home / "notes.txt"]
    examine(world.settings(), offline=True)
    assert "notes.txt" in capsys.readouterr().out


def test_an_export_takes_away_what_a_killed_one_left_and_never_what_one_writes(tmp_path: Path) -> None:
    ended = 2**22 - 1  # above what the system gives out by default
    left = tmp_path / f".out-export-{ended}-abcdefgh"
    (left / "csv").mkdir(parents=True)
    written = tmp_path / f".out-export-{os.getppid()}-abcdefgh"
    written.mkdir()
    made = disk.make_temporary_folder(tmp_path / "out")
    assert sorted(tmp_path.iterdir()) == sorted([made, written])

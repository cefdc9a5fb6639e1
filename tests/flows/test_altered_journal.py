"""Rows of the journal that nobody of ours wrote are named, the night goes on, and a person may let them stand."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from flows.cli.commands.doctor import accept_journal
from flows.errors import CartrialsError
from flows.storage import row_digests, soundness
from flows.storage.data_folder import open_data_folder
from flows.storage.journal import Journal
from tests.flows.world import World, next_day


def edit(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as journal:
        assert journal.execute(statement).rowcount > 0


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE runs SET trials_new = 11", "runs of 2"),
        ("UPDATE quality_results SET observed = '0' WHERE check_no = 1", "quality_results of 2"),
        ("UPDATE alert_runs SET how = 'told'", "alert_runs of 2"),
        ("DELETE FROM source_pulls", "source_pulls of 2"),
        ("UPDATE seals SET number = 7", "seals of 2"),
    ],
)
def test_altered_rows_are_named(world: World, statement: str, named: str) -> None:
    settings = world.settings()
    assert soundness.journal(settings).startswith("whole")
    edit(settings.journal_path, statement)
    with pytest.raises(CartrialsError, match=named):
        soundness.journal(settings)


def test_a_night_on_altered_rows_is_published_and_names_them_until_a_person_lets_them_stand(world: World) -> None:
    edit(world.settings().journal_path, "UPDATE runs SET reason = 'in other words'")
    for stamp in ("2026-09-05T09:00:06", "2026-09-06T09:00:06"):
        next_day(world, stamp)
        report = world.night()
        assert report.status == "published"
        assert [problem for problem in report.problems if "rows of runs of 2" in problem and "doctor" in problem]
    accept_journal(world.settings())
    assert soundness.journal(world.settings()) == "whole, 3 runs"
    next_day(world, "2026-09-07T09:00:06")
    assert world.night().problems == ()


def test_what_a_killed_process_left_is_no_alteration(world: World) -> None:
    """The digest of a row is written in the transaction of the row."""
    with open_data_folder(world.settings()) as place:
        place.journal.update("runs", {"status": "published"}, {"trials_new": 12})
        shutil.copytree(world.home, world.home.parent / "killed")
    with Journal(world.home.parent / "killed" / "state.sqlite") as journal:
        assert journal.altered() is None and journal.rows("SELECT trials_new FROM runs") == [{"trials_new": 12}]


def test_what_a_run_writes_meanwhile_is_no_alteration(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Backup and doctor read the digests and the rows at one moment: a run may write between the two."""
    found, path = row_digests._found, world.settings().journal_path

    def written_first(*asked: Any) -> dict[row_digests.Part, int]:
        with monkeypatch.context() as patch, Journal(path) as journal:
            patch.setattr(row_digests, "_found", found)
            journal.update("runs", {"status": "published"}, {"trials_new": 77})
        return found(*asked)

    with Journal(path, read_only=True) as journal, monkeypatch.context() as patch:
        patch.setattr(row_digests, "_found", written_first)
        assert journal.altered() is None
        assert journal.rows("SELECT trials_new FROM runs") == [{"trials_new": 77}], "the moment is over"


def test_an_index_of_the_journal_that_misses_a_row_is_named(world: World) -> None:
    """SQLite's quick check does not compare indexes with their tables; one that misses an alert has it told twice."""
    path = world.settings().journal_path
    edit(path, "DELETE FROM alert_runs")
    with sqlite3.connect(path) as journal:
        page = journal.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_runs_1'").fetchone()
        size = journal.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page[0] - 1) * size[0] + size[0] - 8)
        byte = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte[0] ^ 1]))
    with pytest.raises(CartrialsError, match="cannot be used"), Journal(path):
        pass

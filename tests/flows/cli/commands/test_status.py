"""`status` as an operator reads it: what is wrong as a fact, the same failure once, whole run ids, lines that fit."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from flows.cli.commands.status import show_status
from flows.runs import accept
from flows.storage import soundness
from flows.storage.data_folder import run_lock
from flows.storage.journal import Journal
from tests.flows.world import World, next_day, studies

WHY = "ClinicalTrials.gov does not answer (503 Service Unavailable); try again later. " + "x" * 400
SENTINEL = "1 of 1 sentinel was not found by leg lupus-words of ClinicalTrials.gov: NCT90000001"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], world: World):  # type: ignore[no-untyped-def]
    def said(columns: int = 80) -> list[str]:
        monkeypatch.setenv("COLUMNS", str(columns))
        show_status(world.settings(), as_json=False)
        return capsys.readouterr().out.splitlines()

    return said


def fail(world: World, nights: int, reason: str = WHY) -> list[str]:
    ids = []
    with Journal(world.home / "state.sqlite") as journal:
        for night in range(nights):
            moment = datetime(2031, 1, 1, 3) + timedelta(days=night)
            ids.append(f"{moment:%Y%m%dT%H%M%SZ}-1")
            journal.add("runs", [{
                "run_id": ids[-1], "kind": "nightly", "source": "live", "clock_at": moment, "started_at": moment,
                "status": "failed", "reason": reason,
            }])  # fmt: skip
    return ids


def test_a_failure_of_many_nights_is_told_once_with_the_first_and_the_last(world: World, lines) -> None:  # type: ignore[no-untyped-def]
    published = world.last_run()["run_id"]
    first, *_, last = fail(world, 30)
    said = lines()
    assert "  failed, 30 runs alike, from " + first + " to" in said and f"  {last}" in said
    assert sum("does not answer" in line for line in said) == 1
    assert any(published in line for line in said)
    assert all(len(line) <= 80 for line in said if "xxx" not in line), said


@pytest.mark.parametrize("columns", [80, 50])
def test_what_holds_a_night_is_told_as_a_fact_and_once_accepted_as_accepted(
    world: World, lines, columns: int  # type: ignore[no-untyped-def]
) -> None:  # fmt: skip
    next_day(world)
    world.registry.serve(studies()[1:])
    with pytest.raises(Exception, match="was held"):
        world.night()
    run_id = world.last_run()["run_id"]
    told = " ".join(line.strip() for line in lines(columns))
    assert f"Holds the run: {SENTINEL}" in told and f"cartrials accept {run_id} --reason" in told
    assert "The search finds every sentinel" not in told
    accept.accept(world.settings(), "last", "It was withdrawn.")
    said = lines(columns)
    assert all(len(line) <= columns for line in said), said
    told = " ".join(line.strip() for line in said)
    assert f"Accepted: {SENTINEL}" in told and "accepted: It was withdrawn." in told and "Holds" not in told


@pytest.mark.parametrize("damaged", ["packs", "work.duckdb"])
def test_damage_is_seen(world: World, lines, damaged: str) -> None:  # type: ignore[no-untyped-def]
    assert not any(line.startswith("Damaged") for line in lines())
    path = world.home / damaged if damaged != "packs" else next((world.home / "archive" / "packs").glob("*.zst"))
    held = bytearray(path.read_bytes())
    for place in range(100, len(held), 1000):  # in every block: some are free
        held[place] ^= 0xFF
    path.write_bytes(held)
    told = " ".join(line.strip() for line in lines())
    assert "Damaged: " in told and path.name in told
    if damaged == "work.duckdb":  # a run that writes it has blocks of its own in memory
        with run_lock(world.home):
            assert not any(line.startswith("Damaged") for line in lines())
            assert soundness.ALL["working database"](world.settings()) == soundness.BEING_WRITTEN

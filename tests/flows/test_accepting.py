"""Accepting says before it acts what it tells whom; a mass of removals is told to nobody one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.alerts.ledger import ledger
from flows.alerts.operator import troubles
from flows.errors import Held, SettingsError
from flows.runs import accept
from flows.runs.accept import Asked
from flows.storage.journal import Journal
from tests.flows.world import World, next_day, studies

ALL = '[[subscriber]]\nname = "all"\n'
STATES = "SELECT e.event_type, a.state, count(*) AS n FROM alerts AS a JOIN alert_events AS e USING (event_id)"


@pytest.fixture
def subscribers(tmp_path: Path) -> Path:
    path = tmp_path / "subscribers.toml"
    path.write_text(ALL)
    return path


def half_gone(world: World, subscribers: Path) -> None:
    world.night(subscribers=subscribers)  # alerts begin: what is there is known
    next_day(world)
    world.registry.serve(studies(6))
    with pytest.raises(Held):
        world.night(subscribers=subscribers)


def removals(world: World) -> list[tuple[str, str, int]]:
    rows = world.journal(f"{STATES} WHERE e.event_type IN ('removed', 'returned') GROUP BY 1, 2 ORDER BY 1, 2")
    return [(row["event_type"], row["state"], row["n"]) for row in rows]


def test_a_mass_of_removals_is_said_before_and_withheld_until_somebody_wants_it(
    world: World, subscribers: Path
) -> None:
    half_gone(world, subscribers)
    settings, said, before = world.settings(subscribers=subscribers), [], world.release()
    assert accept.accept(settings, "last", Asked("seen", dry_run=True, say=said.append)).status == "dry run"
    assert said[0] == "To all (feed): nothing; 6 withheld"
    assert said[1].startswith("6 trials are removed at once") and "--tell-removals" in said[1]
    assert world.release() == before and world.last_run()["status"] == "held" and removals(world) == []
    assert world.journal("SELECT * FROM acceptances") == []

    report = accept.accept(settings, "last", Asked("seen"))
    assert report.announced is not None and report.announced.withheld == 6
    assert removals(world) == [("removed", "withheld", 6)]
    (why,) = world.journal("SELECT DISTINCT error FROM alerts WHERE state = 'withheld'")
    assert why == {"error": "one of 6 removals in one night: told to the operator"}
    with Journal(settings.journal_path) as journal:
        (told,) = [text for name, text in troubles(settings, journal, None, report.clock).items() if "removals" in name]
    assert "removed 6 trials at once" in told

    next_day(world, "2026-09-07T09:00:06")
    world.registry.serve(studies())
    world.night(subscribers=subscribers)
    assert removals(world) == [("removed", "withheld", 6), ("returned", "withheld", 6)]
    with Journal(settings.journal_path) as journal:
        assert ledger.tell_withheld(journal, "all") == 12


def test_removals_are_told_to_each_where_a_person_says_so(world: World, subscribers: Path) -> None:
    half_gone(world, subscribers)
    said: list[str] = []
    asked = Asked("seen", tell_removals=True, say=said.append)
    accept.accept(world.settings(subscribers=subscribers), "last", asked)
    assert said == ["To all (feed): 6 removed"]
    assert removals(world) == [("removed", "delivered", 6)]


@pytest.mark.parametrize("reason", ["", " ", "\t\n"])
def test_an_empty_reason_is_refused_before_anything_is_done(world: World, subscribers: Path, reason: str) -> None:
    settings, stood = world.settings(subscribers=subscribers), world.release()
    sealed = sorted((world.home / "archive").rglob("*.json"))
    with pytest.raises(SettingsError, match="The reason is empty"):
        accept.accept(settings, "last", reason)
    assert world.release() == stood and sorted((world.home / "archive").rglob("*.json")) == sealed
    assert world.journal("SELECT * FROM acceptances") == []

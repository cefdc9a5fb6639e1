"""A mass of removals is told to the operator, not to subscribers one by one.

A search that suddenly finds half as much, accepted by a person, would be a mail for each trial that is gone, and
another for each that is back. What counts as a mass is what the gate would hold: the ledger keeps such alerts as
`withheld`, with the reason, and `cartrials alerts deliver --tell-removals` tells them after all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from expectations.gate import SHRINKING_RECORDS, SHRINKING_SHARE
from flows.alerts.facts import Event, Trial

REMOVALS = ("left_search", "withheld", "removed")
RETURNED = "returned"
WITHHELD = "withheld"  # state of an alert


def mass_of_removals(events: Sequence[Event], seeded_runs: Collection[str], trials: Mapping[str, Trial]) -> int:
    """How many tracked trials these events remove, where they are as many as the gate would hold; else 0."""
    gone = {event.nct_id for event in events if event.event_type in REMOVALS and event.run_id not in seeded_runs}
    gone &= trials.keys()
    return len(gone) if len(gone) > max(SHRINKING_RECORDS, SHRINKING_SHARE * len(trials)) else 0


def withheld(tell: Sequence[Event], mass: int, not_told: Collection[str]) -> dict[str, str]:
    """Event -> why a subscriber is not told of it. `not_told` are trials whose removal they were not told of."""
    why = {
        event.event_id: f"one of {mass} removals in one night: told to the operator"
        for event in tell if mass and event.event_type in REMOVALS
    }  # fmt: skip
    back = {
        event.event_id: "its removal was not told"
        for event in tell if event.event_type == RETURNED and event.nct_id in not_told
    }  # fmt: skip
    return why | back

"""A sponsor renamed across many records in one run: a company's new name, not many changes of sponsor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from transforms.history.changes import Change
from transforms.history.event import Event
from transforms.history.fields import words
from transforms.history.materiality import highest, rule_named

# Two trials may be handed over together; three with the same two names in one run are a new name.
MANY_RECORDS = 3
RENAMED = "sponsor_renamed"  # rule of materiality.csv


def sponsor_renames(events: Sequence[Event]) -> list[Event]:
    """All events of one run, with the renaming of a sponsor judged as what it is: low.

    Only a whole run can tell, so this comes after `events` of all its trials. An event keeps its id; what
    matters less are the event and its change `trials.lead_sponsor`, whose rule is then `sponsor_renamed`:
    the row of trial_changes with this event_id and field_path must say the same.
    """
    trials: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for event in events:
        for change in _lead_changes(event.changes):
            trials[_names(change)].add(event.nct_id)
    renamed = {names for names, those in trials.items() if len(those) >= MANY_RECORDS}
    return [_judged_again(event, renamed) for event in events]


def tells_of_sponsor(event: Event) -> bool:
    """Whether the event tells that the lead sponsor is another: all that `sponsor_renames` looks at."""
    return bool(_lead_changes(event.changes))


def _judged_again(event: Event, renamed: set[tuple[str, str]]) -> Event:
    if not any(_names(change) in renamed for change in _lead_changes(event.changes)):
        return event
    rule = rule_named(RENAMED)
    changes = tuple(
        replace(change, materiality=rule.materiality, rule=rule.rule)
        if change in _lead_changes(event.changes)
        else change
        for change in event.changes
    )
    return replace(event, changes=changes, materiality=highest([change.materiality for change in changes]))


def _lead_changes(changes: Iterable[Change]) -> list[Change]:
    return [change for change in changes if change.table == "trials" and change.column == "lead_sponsor"]


def _names(change: Change) -> tuple[str, str]:
    return words(change.old), words(change.new)

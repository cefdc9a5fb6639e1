"""A version and the one before it -> rows of trial_changes and trial_events, made where the two are compared.

What only a whole run can judge goes on as events: a sponsor renamed in many records is another thing than a
sponsor changed in one (`transforms.history.sponsors`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from transforms.history.changes import Change
from transforms.history.event import Context, Event
from transforms.history.events import change_rows, events
from transforms.history.sponsors import tells_of_sponsor
from transforms.shaped import Rows


class VersionEvents(msgspec.Struct, frozen=True):
    """What is told of one version: rows by table, and the events that the whole run may judge otherwise."""

    rows: dict[str, list[dict[str, Any]]]
    of_sponsors: tuple[Event, ...] = ()


def first_version_events(nct_id: str, rows: Rows, context: Context) -> VersionEvents:
    """What is told of a trial that is seen for the first time."""
    found = events(nct_id, None, rows, (), context)
    return VersionEvents({"trial_events": [event.row() for event in found]})


def version_events(nct_id: str, old: Rows, new: Rows, found: Sequence[Change], context: Context) -> VersionEvents:
    """What is told of a new version, by its changes. Both rows of trials hold their `content_sha256`."""
    events_found = events(nct_id, old, new, found, context)
    # Each id once: two arms of one label may change in the same words.
    changed = {row["change_id"]: row for row in change_rows(nct_id, old, new, found, events_found, context)}
    happened = {event.event_id: event.row() for event in events_found}
    return VersionEvents(
        {"trial_changes": list(changed.values()), "trial_events": list(happened.values())},
        tuple(event for event in events_found if tells_of_sponsor(event)),
    )

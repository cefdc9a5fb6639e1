"""An event: one thing that happened to a trial, with an id that every replay makes again.

The id hashes the trial, the type, what it was before and after, and the registry's date; a run or a
version number never enters. A record that flips back and forth makes an event each time it turns, since
its date moves. Where the registry's date did not move, the day we saw it takes its place: two equal
turns seen on one such day are one event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from transforms.dates import registry_date
from transforms.history.changes import Change, as_json
from transforms.history.fields import Row, value

# Columns of trials that tell a reader which trial an event is about.
FACTS = ("brief_title", "overall_status", "lead_sponsor", "first_posted_date", "scope", "diseases")


class Context(msgspec.Struct, frozen=True):
    """What an event must know beside the record: when we saw it, in which run, and after which night."""

    observed_at: datetime
    run_id: str
    previous_night: date | None = None  # None: the first night, everything is new
    search_changed: bool = False  # the watchlist is not that of the previous night

    @property
    def today(self) -> date:
        """The day we saw it."""
        return self.observed_at.date()


class Event(msgspec.Struct, frozen=True):
    """One row of trial_events, and the changes that it tells of."""

    event_id: str
    nct_id: str
    pmid: str | None
    event_type: str
    occurred_on: date
    observed_at: datetime
    run_id: str
    summary: str
    details: Mapping[str, Any]
    materiality: str
    changes: tuple[Change, ...] = ()

    def row(self) -> dict[str, Any]:
        """The event as a row of trial_events."""
        return {name: getattr(self, name) for name in _COLUMNS} | {"details": as_json(self.details)}


_COLUMNS = tuple(name for name in Event.__struct_fields__ if name not in ("details", "changes"))


class Told(msgspec.Struct, frozen=True):
    """What an event says: before and after make its id, the rest is for readers."""

    before: Any
    after: Any
    summary: str
    details: Mapping[str, Any]
    materiality: str
    changes: tuple[Change, ...] = ()
    pmid: str | None = None


def new_event(nct_id: str, event_type: str, occurred_on: date, context: Context, told: Told) -> Event:
    """The event, with its id."""
    event_id = sha256_of([nct_id, event_type, told.before, told.after, occurred_on.isoformat()])
    return Event(event_id, nct_id, told.pmid, event_type, occurred_on, context.observed_at, context.run_id,
                 told.summary, told.details, told.materiality, told.changes)  # fmt: skip


def registry_day(old: Row | None, new: Row, context: Context) -> date:
    """The registry's date of a version: its last update posted, if that moved; else the day we saw it.

    Of 67 real changes 9 came without a new date: the date that stayed would tell that they happened
    before the version that they change. A date after the day we saw it is none either.
    """
    posted = day_of(new, "last_update_posted_date")
    if posted is None or posted > context.today or (old and posted == day_of(old, "last_update_posted_date")):
        return context.today
    return posted


def day_of(row: Row, column: str) -> date | None:
    """The first day of a registry date, of a typed row or as given; None where there is none."""
    found = row.get(column)
    if isinstance(found, date):
        return found
    given = registry_date(found) if isinstance(found, str) else None
    return given.day if given else None


def facts(row: Row) -> dict[str, Any]:
    """What a reader wants to know of the trial an event is about."""
    return {name: value(row, name) for name in FACTS}


def sha256_of(parts: Sequence[Any]) -> str:
    """SHA-256 of a list of plain values as canonical JSON."""
    return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()

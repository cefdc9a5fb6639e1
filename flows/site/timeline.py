"""What happened to a trial, newest first: events with the fields that changed, old and new, and what made no event."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flows.report import words
from flows.report.reading import Row

VALUE_SHOWN = 500  # characters of an old or a new value; the JSON beside the page has all of them
NOTHING = "nothing"


@dataclass(frozen=True)
class Change:
    """One field, with what it said before and after."""

    field: str
    old: str
    new: str


@dataclass(frozen=True)
class Moment:
    """One event, or on one day the changes that made none (`event_type` None)."""

    day: date
    event_type: str | None
    summary: str
    changes: tuple[Change, ...]


def timeline(events: Sequence[Row], changes: Sequence[Row]) -> list[Moment]:
    """Events of a trial with their changes; changes without an event stand by day, behind that day's events."""
    of_event: dict[str | None, list[Row]] = {}
    for change in changes:
        of_event.setdefault(change["event_id"], []).append(change)
    moments = [
        Moment(e["occurred_on"], e["event_type"], e["summary"], tuple(map(_change, of_event.pop(e["event_id"], ()))))
        for e in events
    ]
    moments += _without_event([change for left in of_event.values() for change in left])
    return sorted(moments, key=lambda moment: (-moment.day.toordinal(), moment.event_type is None))


def _without_event(changes: Sequence[Row]) -> Iterator[Moment]:
    by_day: dict[date, list[Row]] = {}
    for change in changes:
        by_day.setdefault(change["registry_date"], []).append(change)
    for day, of_day in by_day.items():
        told = words.counted(len(of_day), "other field", "other fields")
        yield Moment(day, None, f"{told}: wording, places and dates of the record", tuple(map(_change, of_day)))


def _change(row: Row) -> Change:
    field = words.place(row["field_path"])
    return Change(field[:1].upper() + field[1:], _value(row["old_value"]), _value(row["new_value"]))


def _value(told: str | None) -> str:
    """A value of a change as people read it."""
    if told is None:
        return NOTHING
    try:
        return _text(json.loads(told)) or NOTHING
    except ValueError:
        return told


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, dict):
        return "; ".join(f"{name.replace('_', ' ')}: {_text(one)}" for name, one in value.items() if one is not None)
    return words.plain(value) if isinstance(value, str) else str(value)

"""`feeds/readouts.ics`: when trials expect to complete their primary outcome, and twelve months after it (RFC 5545).

Not "results due": that is a term of US law, and whether a law obliges a sponsor is not judged. A date known by month is
an event of that month, one known by year of that year. An event keeps its id; when it moves its sequence number rises,
and its text tells the dates it had.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flows.alerts.ledger import published
from flows.process.terminal import printable
from warehouse.querying.reading import Connection

NAME = "readouts.ics"
LENGTH = {"day": 10, "month": 7, "year": 4}
MONTHS_AFTER = 12
MOST_OCTETS = 75  # of a line, as the standard has it


@dataclass(frozen=True)
class Known:
    """A primary completion that a trial had, and since when."""

    dated: date
    precise: str
    since: datetime | date | None

    @property
    def written(self) -> str:
        return self.dated.isoformat()[: LENGTH[self.precise]]

    def span(self, months: int = 0) -> tuple[date, date]:
        """The first day that is meant, so many months later, and the first day after it."""
        first = _later(self.dated, months)
        if self.precise == "day":
            return first, first + timedelta(days=1)
        if self.precise == "month":
            return first.replace(day=1), _later(first.replace(day=1), 1)
        # Twelve months after a year is the next year.
        return date(first.year, 1, 1), date(first.year + 1, 1, 1)


def readouts(connection: Connection) -> bytes:
    """The calendar of the release: events that are not over at its date."""
    release = published.release(connection)
    lines = [
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//cartrials//readouts//EN", "CALSCALE:GREGORIAN",
        *_line("X-WR-CALNAME", ("[made-up demo] " if release.is_demo else "") + "CAR T-cell trials: expected readouts"),
    ]  # fmt: skip
    for row in published.rows(connection, "readouts"):
        lines += _of_trial(row, release.published_at.date())
    return "".join(f"{line}\r\n" for line in (*lines, "END:VCALENDAR")).encode()


def _of_trial(row: Mapping[str, Any], today: date) -> Iterator[str]:
    now = Known(row["dated"], row["precise"] or "day", row["since"])
    moves = _moves(row["history"] or ()) or [now]
    had = f"Before that: {', '.join(one.written for one in moves[:-1])}. " if len(moves) > 1 else ""
    is_past = row["kind"] == "ACTUAL"
    what = "Primary completion" if is_past else "Expected primary completion"
    for kind, months, named in (
        ("primary completion", 0, what),
        ("a year after", MONTHS_AFTER, f"Twelve months after {'' if is_past else 'the expected '}primary completion"),
    ):
        first, after = now.span(months)
        if after <= today:
            continue
        told = f"{what} {now.written}, as registered. {had}Sponsor: {row['sponsor'] or 'not stated'}."
        yield "BEGIN:VEVENT"
        yield _uid(row, kind)
        yield f"SEQUENCE:{len(moves) - 1}"
        yield f"DTSTAMP:{_moment(moves[-1].since or today)}"
        yield f"DTSTART;VALUE=DATE:{first:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{after:%Y%m%d}"
        yield from _line("SUMMARY", f"{named}: {row['nct_id']} {row['title']}")
        yield from _line("DESCRIPTION", told)
        yield from _line("URL", str(row["url"]), is_text=False)
        yield "TRANSP:TRANSPARENT"
        yield "END:VEVENT"


def _uid(row: Mapping[str, Any], kind: str) -> str:
    return f"UID:{uuid.uuid5(uuid.NAMESPACE_URL, 'cartrials:' + row['nct_id'] + ':' + kind)}"


def _moves(history: Sequence[Mapping[str, Any]]) -> list[Known]:
    """The dates that a trial had, one after the other, each since when it first stood."""
    found: list[Known] = []
    for one in history:
        known = Known(one["dated"], one["precise"] or "day", one["since"])
        if not found or found[-1].written != known.written:
            found.append(known)
    return found


def _later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError(day)


def _moment(given: datetime | date) -> str:
    return f"{given:%Y%m%dT%H%M%SZ}"


def _line(name: str, value: str, *, is_text: bool = True) -> Iterator[str]:
    """A property, escaped and folded: no line has more than 75 octets, and no character is parted."""
    plain = printable(value)
    if is_text:
        plain = plain.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    line = ""
    for sign in f"{name}:{plain}":
        if len((line + sign).encode()) > MOST_OCTETS:
            yield line
            line = " "
        line += sign
    yield line

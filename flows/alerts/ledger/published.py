"""What alerts read from the published file: trials, events, evidence, and what the release is."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from flows.alerts.facts import Event, Evidence, Site, Trial
from warehouse.querying.reading import Connection

SQL = Path(__file__).with_name("sql")
SEVERAL = "several"
DATE_LENGTH = {"day": 10, "month": 7, "year": 4}


@dataclass(frozen=True)
class Release:
    """What the published file is."""

    run_id: str
    published_at: datetime
    rule_version: str
    is_demo: bool
    has_one_run: bool  # every event was seen by one run: the first night


def release(connection: Connection) -> Release:
    """The release in the file."""
    row = connection.execute(
        "SELECT run_id, published_at, rule_version, is_demo, (SELECT count(DISTINCT run_id) "
        "FROM trial_events) <= 1 FROM release"
    ).fetchone()
    assert row is not None, "a published file has one row in release"
    return Release(*row)


def event_runs(connection: Connection) -> set[str]:
    """Runs that saw any event."""
    return {run_id for (run_id,) in connection.execute("SELECT DISTINCT run_id FROM trial_events").fetchall()}


def runs_on(connection: Connection, day: date) -> list[tuple[str, datetime]]:
    """Runs published on a day, by their own clock, in order."""
    found = connection.execute(
        "SELECT run_id, clock_at FROM runs WHERE status = 'published' AND clock_at::DATE = ? "
        "ORDER BY clock_at, started_at",
        [day],
    )
    return found.fetchall()


def rules_changed(connection: Connection, run_id: str) -> bool:
    """Whether the run was made by other rules than the published one before it."""
    found = connection.execute(
        "SELECT rule_version IS DISTINCT FROM lag(rule_version, 1, rule_version) OVER (ORDER BY "
        "clock_at, started_at) AS changed "
        "FROM runs WHERE status = 'published' QUALIFY run_id = ?",
        [run_id],
    ).fetchone()
    return bool(found and found[0])


def events(connection: Connection, noted: Collection[str]) -> list[Event]:
    """Events of the runs that are not in `noted`."""
    return [
        Event(**row | {"details": json.loads(row["details"])})
        for row in rows(connection, "events", noted=sorted(noted))
    ]


def feed_events(connection: Connection, *, topic: str | None = None, only_new: bool = False, most: int) -> list[Event]:
    """The newest events of a topic or of all: new trials only, or everything."""
    found = rows(connection, "feed", topic=topic, only_new=only_new, most=most)
    return [Event(**row | {"details": json.loads(row["details"])}) for row in found]


def trials(connection: Connection, also: Iterable[str] = ()) -> dict[str, Trial]:
    """Trials in scope or following recipients, and those in `also`, by number."""
    numbers = sorted(set(also))
    sites: dict[str, list[Site]] = {}
    for row in rows(connection, "sites", also=numbers):
        site = Site(row["country"], row["country_code"], row["city"], row["facility"], row["site_status"])
        sites.setdefault(row["nct_id"], []).append(site)
    return {
        row["nct_id"]: replace(_trial(row), sites=tuple(sites.get(row["nct_id"], ())))
        for row in rows(connection, "trials", also=numbers)
    }


@dataclass
class Shelf:
    """Trials of one published file, read once however many messages are made of them."""

    connection: Connection
    _found: dict[str, Trial] | None = None
    _asked: set[str] = field(default_factory=set)

    def trials(self, also: Iterable[str]) -> dict[str, Trial]:
        """As `trials`; read again only for numbers that were not there to be asked for before."""
        missing = set(also) - self._asked
        if self._found is None or not missing <= self._found.keys():
            self._asked |= missing
            self._found = trials(self.connection, self._asked)
        return self._found


def trials_before(connection: Connection, moment: datetime, now: dict[str, Trial]) -> dict[str, Trial]:
    """The trials of `now` as they were known before `moment`; those not known then are left out.

    Sites are not kept by version: those of countries that a trial had then stand for them.
    """
    found = {}
    for row in rows(connection, "before", moment=moment, trials=sorted(now)):
        trial = now[row["nct_id"]]
        codes = _texts(row["country_codes"])
        found[trial.nct_id] = replace(
            trial,
            overall_status=row["overall_status"],
            phases=_texts(row["phases"]),
            diseases=_texts(row["diseases"]),
            topics=_texts(row["topics"]),
            country_codes=codes,
            scope=row["scope"],
            registry_state=row["registry_state"],
            sponsor_type=row["sponsor_type"],
            sponsors=_texts(row["sponsors"]),
            target_antigens=_texts(row["target_antigens"]),
            cell_sources=_common(row["cell_source"], trial.cell_sources),
            cell_types=_common(row["cell_type"], trial.cell_types),
            sites=tuple(site for site in trial.sites if site.country_code in codes),
        )
    return found


def evidence(connection: Connection, numbers: Collection[str]) -> dict[str, list[Evidence]]:
    """Reasons for diseases, targets, source and kind of cells and scope, by trial."""
    found: dict[str, list[Evidence]] = {}
    for row in rows(connection, "evidence", trials=sorted(numbers)):
        found.setdefault(row.pop("nct_id"), []).append(Evidence(**row))
    return found


def _trial(row: dict[str, Any]) -> Trial:
    start, precision = row.pop("start_date"), row.pop("start_date_precision")
    lists = (
        "phases", "sponsors", "diseases", "topics", "target_antigens", "cell_sources", "cell_types", "products",
        "country_codes",
    )  # fmt: skip
    row |= {name: _texts(row[name]) for name in lists}
    return Trial(**row, start_date=_as_given(start, precision))


def _texts(given: Collection[str | None] | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in given or () if text))


def _common(value: str | None, today: tuple[str, ...]) -> tuple[str, ...]:
    """A profile's common value as the values of its products; where they differed, today's stand for them."""
    return today if value == SEVERAL else (value,) if value else ()


def _as_given(day: date | None, precision: str | None) -> str | None:
    return day.isoformat()[: DATE_LENGTH.get(precision or "day", 10)] if day else None


def rows(connection: Connection, name: str, **parameters: Any) -> list[dict[str, Any]]:
    """Rows of `sql/<name>.sql` as dicts."""
    cursor = connection.execute(_sql(name), parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@cache
def _sql(name: str) -> str:
    return (SQL / f"{name}.sql").read_text("utf-8")

"""Noting a night: everything that anybody is to hear of becomes ledger rows, in one transaction, or nothing.

Runs whose events have been noted are never looked at again, and the same event is for one subscriber and
channel always the same row: noting twice changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flows.alerts.facts import Event, Trial
from flows.alerts.ledger import ledger, published
from flows.alerts.ledger.news import News, Night, news
from flows.alerts.ledger.removals import WITHHELD, mass_of_removals, withheld
from flows.alerts.subscribers.subscribers import FEED, Subscriber
from flows.config.watchlist import Watchlist
from flows.storage.journal import Journal
from warehouse.querying.reading import Connection

SEEDED_KINDS = ("backfill", "rebuild")  # runs that bring what was there long before


@dataclass(frozen=True)
class Noted:
    """How many alerts were noted to be told, and how many only noted."""

    told: int
    seeded: int
    withheld: int = 0


@dataclass(frozen=True)
class Brought:
    """What a night brings to one subscriber, and why some of it is withheld."""

    subscriber: Subscriber
    news: News
    told: Mapping[str, bool]
    withheld: Mapping[str, str]


def topics_sha256(watchlist: Watchlist) -> str:
    """Changes when a topic holds other diseases: then trials fit that nothing happened to."""
    topics = {topic.name: sorted(topic.diseases) for topic in watchlist.topics}
    return hashlib.sha256(json.dumps(topics, sort_keys=True).encode()).hexdigest()


def brought(
    journal: Journal, connection: Connection, subscribers: Sequence[Subscriber], watchlist: Watchlist,
    release: published.Release, clock: datetime, *, tell_removals: bool = False,
) -> tuple[Night, list[Brought]]:  # fmt: skip
    """Everything up to the run of `release` that has not been noted, and what each subscriber is to hear of it."""
    noted = ledger.noted_runs(journal)
    night = _night(journal, connection, noted, topics_sha256(watchlist), release, clock)
    mass = 0 if tell_removals else mass_of_removals(night.events, night.seeded_runs, night.trials)
    known = ledger.known_subscribers(journal)
    found = []
    for one in subscribers:
        told = ledger.told_before(journal, one.name)
        some = news(one, night, told, is_new=known.get(one.name) != one.filter_sha256)
        not_told = ledger.removals_not_told(journal, one.name)
        found.append(Brought(one, some, told, withheld(some.tell, mass, not_told)))
    return night, found


def record_news(
    journal: Journal, connection: Connection, subscribers: Sequence[Subscriber], watchlist: Watchlist, run_id: str,
    clock: datetime, *, step: Callable[[str], None], tell_removals: bool = False,
) -> Noted:  # fmt: skip
    """Note everything up to run `run_id` that has not been noted, for every subscriber."""
    topics = topics_sha256(watchlist)
    release = replace(published.release(connection), run_id=run_id)
    night, found = brought(
        journal, connection, subscribers, watchlist, release, clock, tell_removals=tell_removals
    )  # fmt: skip
    runs = {run_id, *published.event_runs(connection)} - set(ledger.noted_runs(journal))
    step("noting")
    with journal.transaction():
        counts = [_insert_rows(journal, one, clock) for one in found]
        for one in subscribers:
            ledger.update(
                journal,
                "INSERT INTO alert_subscribers VALUES (?, ?, ?) ON CONFLICT (subscriber) DO "
                "UPDATE SET filter_sha256 = excluded.filter_sha256",
                [one.name, clock, one.filter_sha256],
            )
        ledger.insert(journal, "alert_runs", [
            {"run_id": one, "noted_at": clock, "how": "seeded" if one in night.seeded_runs else "told",
             "rule_version": release.rule_version, "topics_sha256": topics}
            for one in sorted(runs)
        ])  # fmt: skip
        step("noted, not committed")
    step("noted")
    return Noted(*(sum(some) for some in zip(*counts, strict=True)) if counts else (0, 0))


def seed(
    journal: Journal,
    connection: Connection,
    subscribers: Sequence[Subscriber],
    watchlist: Watchlist,
    clock: datetime,
) -> int:
    """Note everything in the published file as known, and what waits as not to be told; how many trials fit."""
    release = published.release(connection)
    trials = published.trials(connection)
    everything = Night(release.run_id, clock, (), trials, {}, frozenset(), is_quiet=True)
    count = 0
    with journal.transaction():
        for one in subscribers:
            found = news(one, everything, {}, is_new=True)
            count += len(found.fits)
            rows = [
                {"subscriber": one.name, "nct_id": nct_id, "told_at": clock, "how": "seeded", "fits": True}
                for nct_id in sorted(found.fits)
            ]
            ledger.insert(journal, "alert_told", rows)
            ledger.update(
                journal,
                "UPDATE alerts SET state = 'seeded' WHERE subscriber = ? AND state = 'pending' AND message_id IS NULL",
                [one.name],
            )
            ledger.update(
                journal,
                "INSERT OR REPLACE INTO alert_subscribers VALUES (?, ?, ?)",
                [one.name, clock, one.filter_sha256],
            )
        ledger.insert(journal, "alert_runs", [
            {"run_id": run_id, "noted_at": clock, "how": "seeded", "rule_version": release.rule_version,
             "topics_sha256": topics_sha256(watchlist)}
            for run_id in sorted({release.run_id, *published.event_runs(connection)})
        ])  # fmt: skip
    return count


def _night(
    journal: Journal,
    connection: Connection,
    noted: Mapping[str, Mapping[str, Any]],
    topics: str,
    release: published.Release,
    clock: datetime,
) -> Night:
    """Everything that has not been noted yet, and what of it is known before."""
    events = published.events(connection, noted)
    run_id = release.run_id
    runs = {event.run_id for event in events}
    kinds = {row["run_id"]: row["kind"] for row in journal.rows("SELECT run_id, kind FROM runs")}
    seeded = {one for one in (*runs, run_id) if kinds.get(one) in SEEDED_KINDS}
    is_first = release.has_one_run and not noted
    if is_first:
        seeded |= runs
    elif not noted:  # alerts begin here: what was there before is known
        seeded |= runs - {run_id}
    last = list(noted.values())[-1] if noted else None
    is_changed = last is not None and (last["rule_version"], last["topics_sha256"]) != (
        release.rule_version,
        topics,
    )
    trials = published.trials(connection)
    began = min((event.observed_at for event in events if event.run_id not in seeded), default=release.published_at)
    before: dict[str, Trial] = published.trials_before(connection, began, trials) if noted else {}
    return Night(
        run_id,
        clock,
        events,
        trials,
        before,
        frozenset(seeded),
        is_quiet=bool(seeded) or is_changed or is_first,
    )


def _insert_rows(journal: Journal, brought: Brought, clock: datetime) -> tuple[int, int, int]:
    """Ledger rows of one subscriber: alerts per channel, the events they tell of, trials told and how they fit now.

    How many alerts are to be told, only noted, and withheld.
    """
    subscriber, some, told = brought.subscriber, brought.news, brought.told
    ledger.insert(journal, "alert_events", [ledger.event_row(event) for event in (*some.tell, *some.seed)])
    tell = [event for event in some.tell if event.event_id not in brought.withheld]
    kept = [event for event in some.tell if event.event_id in brought.withheld]
    counts = [0, 0, 0]
    for channel in subscriber.channel_names:
        state = "delivered" if channel == FEED else "pending"  # who has no channel reads the feed
        for place, (events, into) in enumerate(((tell, state), (some.seed, "seeded"), (kept, WITHHELD))):
            rows = [_alert(event, subscriber, channel, into, clock) for event in events]
            if into == WITHHELD:
                rows = [row | {"error": brought.withheld[str(row["event_id"])]} for row in rows]
            counts[place] += ledger.insert(journal, "alerts", rows)
    ledger.insert(
        journal,
        "alert_told",
        [
            {
                "subscriber": subscriber.name,
                "nct_id": one.nct_id,
                "told_at": clock,
                "how": "told" if one.is_told else "seeded",
                "fits": True,
            }
            for one in some.first_fits
        ],
    )
    for nct_id, fitted in told.items():
        if fitted != (nct_id in some.fits):
            ledger.update(
                journal,
                "UPDATE alert_told SET fits = ? WHERE subscriber = ? AND nct_id = ?",
                [not fitted, subscriber.name, nct_id],
            )
    return counts[0], counts[1], counts[2]


def _alert(event: Event, subscriber: Subscriber, channel: str, state: str, clock: datetime) -> ledger.Row:
    return {
        "alert_id": ledger.alert_id(event.event_id, subscriber.name, channel), "event_id": event.event_id,
        "subscriber": subscriber.name, "channel": channel, "message_id": None, "state": state, "attempts": 0,
        "created_at": clock, "delivered_at": clock if state == "delivered" else None, "error": None,
    }  # fmt: skip

"""What a subscriber would get now, or would have got of a night: nothing is noted, nothing is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from flows.alerts.announce import envelope_of, limits_at, next_message
from flows.alerts.channels.delivery import outlets
from flows.alerts.facts import Trial
from flows.alerts.ledger import ledger, published
from flows.alerts.ledger.news import Night, news
from flows.alerts.messages.compose import MAIL, Message, compose
from flows.alerts.messages.items import items
from flows.alerts.subscribers.filters import reasons
from flows.alerts.subscribers.subscribers import FEED, Subscriber
from flows.storage.journal import Journal
from warehouse.querying.reading import Connection
from warehouse.querying.reading import published as opened


@dataclass(frozen=True)
class Preview:
    """One message that would go, or would have gone; `message` is None where there is nothing to say."""

    subscriber: str
    channel: str
    message: Message | None
    note: str = ""


def preview_now(
    journal: Journal, connection: Connection, subscribers: Sequence[Subscriber], now: datetime
) -> list[Preview]:
    """What waits for each channel, as it would be sent at `now`, whatever the cadence."""
    found = []
    shelf = published.Shelf(connection)
    trials = shelf.trials(())
    for subscriber in subscribers:
        if not subscriber.channels:
            found.append(Preview(subscriber.name, FEED, None, "the feed is the only channel: it holds what is new"))
    for subscriber, outlet in outlets(subscribers):
        in_hand = ledger.in_hand(journal, subscriber.name, outlet.channel)
        fitting = sum(reasons(subscriber.filter, trial) is not None for trial in trials.values())
        notes = [f"{fitting} trials fit the filter now"]
        if in_hand:
            notes.append(f"before it: {in_hand['subject']!r}, {in_hand['state']}, {in_hand['attempts']} tries")
        message = next_message(journal, shelf, subscriber, outlet, now)
        found.append(Preview(subscriber.name, outlet.channel, message, "; ".join(notes)))
    return found


def preview_on(home: Path, target: Path, subscribers: Sequence[Subscriber], day: date) -> list[Preview]:
    """What the nights of `day` would have brought to each channel, had its subscriber been there before.

    Who has no channel is shown the mail that would say what the feed says.
    """
    with opened(target) as connection:
        runs = published.runs_on(connection, day)
    found = []
    for run_id, clock in runs:
        kept = home / "releases" / f"{run_id}.duckdb"
        note = (
            ""
            if kept.exists()
            else "the release of that night is no longer kept: facts follow today's rules, sites are today's"
        )
        with opened(kept if kept.exists() else target) as connection:
            for subscriber in subscribers:
                said = _of_night(connection, subscriber, run_id, clock)
                found += [Preview(subscriber.name, channel, message, note) for channel, message in said.items()]
    return found


def _of_night(
    connection: Connection, subscriber: Subscriber, run_id: str, clock: datetime
) -> dict[str, Message | None]:
    """The message of one night to each channel, whatever its number of items."""
    night = _night(connection, run_id, clock)
    told = {nct_id: True for nct_id, trial in night.before.items() if reasons(subscriber.filter, trial) is not None}
    some = news(subscriber, night, told, is_new=False)
    pending = [ledger.Pending(event.event_id, event, clock) for event in some.tell]
    ordered = items(pending, night.trials, subscriber.filter)
    reasons_of = published.evidence(connection, [item.nct_id for item in ordered])
    places = [(outlet.channel, outlet.address.kind, limits_at(outlet)) for _, outlet in outlets([subscriber])]
    said = {}
    for channel, kind, limits in places or [(FEED, "mailto", MAIL)]:
        envelope = envelope_of(connection, subscriber, clock, subscriber.max_items or limits.items)
        said[channel] = compose(subscriber, channel, kind, ordered, reasons_of, envelope, limits)
    return said


def _night(connection: Connection, run_id: str, clock: datetime) -> Night:
    """The events of one run, and the trials as they were known when it was published and before it."""
    others = published.event_runs(connection) - {run_id}
    events = published.events(connection, others)
    today = published.trials(connection)
    before = published.trials_before(connection, clock, today)
    is_release = published.release(connection).run_id == run_id
    trials: dict[str, Trial] = (
        today if is_release else published.trials_before(connection, clock + timedelta(microseconds=1), today)
    )
    is_first = not before
    seeded = frozenset({run_id}) if is_first else frozenset()
    return Night(
        run_id,
        clock,
        events,
        trials,
        before,
        seeded,
        is_quiet=is_first or published.rules_changed(connection, run_id),
    )

"""After a publish: note what is new for whom, write the feeds, deliver what is due.

Killed at any point, the next call goes on from the journal. Called twice, the second finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

from flows.alerts import feeds
from flows.alerts.channels.delivery import Delivered, Outlet, Round, deliver, delivering, forget_old_bodies, outlets
from flows.alerts.channels.send import Sender
from flows.alerts.ledger import ledger, published
from flows.alerts.ledger.record_news import record_news
from flows.alerts.messages.compose import Limits, Message, compose, limits_of
from flows.alerts.messages.items import items
from flows.alerts.messages.rendering import Envelope
from flows.alerts.subscribers.subscribers import Subscriber, load_subscribers
from flows.config.settings import Settings
from flows.config.watchlist import Watchlist
from flows.config.watchlist import load as load_watchlist
from flows.storage.journal import Journal
from warehouse.querying.reading import Connection
from warehouse.querying.reading import published as opened

LONGEST_WAIT = 300  # seconds for another process that delivers: it has timeouts of its own


@dataclass(frozen=True)
class Announced:
    """What a call did. `waiting` alerts go out with the next message; `problems` are sentences for people."""

    run_id: str
    told: int = 0
    seeded: int = 0
    sent: int = 0
    not_taken: int = 0
    parked: int = 0
    waiting: int = 0
    problems: tuple[str, ...] = ()
    withheld: int = 0

    @property
    def is_well(self) -> bool:
        """Whether everything that was due went out."""
        return not self.problems


def subscribers_of(settings: Settings, watchlist: Watchlist | None = None) -> tuple[Subscriber, ...]:
    """The subscribers in force. Raises SubscribersError (exit code 2) with the line at fault."""
    watchlist = watchlist or load_watchlist(settings.watchlist)
    return load_subscribers(settings.subscribers, [topic.name for topic in watchlist.topics])


def announce(
    settings: Settings, journal: Journal, published_path: Path, run_id: str, clock: datetime, *, send: bool,
    step: Callable[[str], None] = lambda _name: None, senders: Mapping[str, Sender] = MappingProxyType({}),
    tell_removals: bool = False,
) -> Announced:  # fmt: skip
    """Note the events of this run and of any run before it that was not noted, write the feeds and, where
    `send`, deliver what is due. `clock` is the run's moment, UTC without zone; `step` is called with the
    name of each step, for tests; `senders` stand in for those of their kind of channel. A mass of removals is
    withheld unless `tell_removals`.

    Raises SubscribersError before anything is noted or sent, NotPublished, and Locked when another process
    goes on delivering for minutes.
    """
    watchlist = load_watchlist(settings.watchlist)
    subscribers = subscribers_of(settings, watchlist)
    with delivering(settings.home, wait_seconds=LONGEST_WAIT), opened(published_path) as connection:
        noted = record_news(
            journal, connection, subscribers, watchlist, run_id, clock, step=step, tell_removals=tell_removals
        )
        problems = write_feeds(settings, journal, connection, subscribers, watchlist)
        step("feeds written")
        round_ = Round(journal, clock, settings.delivery_deadline, step=step, senders=senders)
        done = deliver_all(round_, connection, subscribers) if send else Delivered()
        forget_old_bodies(journal, clock)
    return Announced(
        run_id, noted.told, noted.seeded, done.sent, done.not_taken, done.parked,
        waiting(journal, subscribers),
        (*problems, *done.problems), noted.withheld,
    )  # fmt: skip


def deliver_all(
    round_: Round, connection: Connection, subscribers: Sequence[Subscriber], only: str | None = None
) -> Delivered:
    """Deliver to every channel of every subscriber, or to one subscriber's; one that fails keeps nobody waiting."""
    done, shelf = Delivered(), published.Shelf(connection)
    for subscriber, outlet in outlets(subscribers):
        if only in (None, subscriber.name):
            deliver(
                round_,
                outlet,
                partial(next_message, round_.journal, shelf, subscriber, outlet, round_.clock),
                done,
            )
    return done


def next_message(
    journal: Journal, shelf: published.Shelf, subscriber: Subscriber, outlet: Outlet, clock: datetime
) -> Message | None:
    """The message that would go now of what waits for a channel; None when nothing waits."""
    pending = ledger.pending(journal, subscriber.name, outlet.channel)
    if not pending:
        return None
    trials = shelf.trials(also={one.event.nct_id for one in pending})
    limits = limits_at(outlet)
    ordered = items(pending, trials, subscriber.filter)
    most = subscriber.max_items or limits.items
    shown = {item.nct_id for item in ordered[: most * 2]}
    return compose(
        subscriber, outlet.channel, outlet.address.kind, ordered, published.evidence(shelf.connection, shown),
        envelope_of(shelf.connection, subscriber, clock, most), limits,
    )  # fmt: skip


def limits_at(outlet: Outlet) -> Limits:
    """How much a message to this channel holds."""
    return limits_of(outlet.address.kind, getattr(outlet.address.plugin(), "body_maxlen", None))


def envelope_of(connection: Connection, subscriber: Subscriber, clock: datetime, most: int) -> Envelope:
    """What a message to this subscriber says beside its items."""
    release = published.release(connection)
    return Envelope(subscriber.name, subscriber.title, clock, f"{release.published_at:%Y-%m-%d}", release.is_demo, most)


def waiting(journal: Journal, subscribers: Sequence[Subscriber]) -> int:
    """Alerts that have not been delivered, parked ones too; not those of who is no longer in the file."""
    rows = journal.rows(
        "SELECT subscriber, channel, count(*) AS n FROM alerts WHERE state IN ('pending', 'parked') GROUP BY 1, 2"
    )
    listed = {(one.name, channel) for one in subscribers for channel in one.channel_names}
    return sum(row["n"] for row in rows if (row["subscriber"], row["channel"]) in listed)


def write_feeds(
    settings: Settings,
    journal: Journal,
    connection: Connection,
    subscribers: Sequence[Subscriber],
    watchlist: Watchlist,
) -> list[str]:
    """Write every feed; a sentence where that failed: the old feeds stand, and delivery goes on."""
    try:
        return feeds.write_feeds(settings.home / "feeds", journal, connection, subscribers, watchlist)
    except OSError as error:
        return [f"The feeds in {settings.home / 'feeds'} could not be written ({error.strerror}); the old ones stand."]

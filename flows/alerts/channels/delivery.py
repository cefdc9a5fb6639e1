"""Delivery: the message in hand first, then a new one of what waits; marked only when the channel took it.

    pending alerts ── frozen ── sending ──> delivered
                        ^          │
                        └─ later ──┴──> parked: refused for good, or tried too often

Each channel has at most one message in hand, so that at most one is repeated by a crash or a lost answer.
What comes meanwhile waits for the next one. A parked channel is not tried again until somebody asks.
"""

from __future__ import annotations

import fcntl
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flows.alerts.channels.errors import DeliveryFailed
from flows.alerts.channels.send import WITHIN, Frozen, Sender, send
from flows.alerts.ledger import ledger
from flows.alerts.messages.compose import Message
from flows.alerts.subscribers.addresses import Address
from flows.alerts.subscribers.subscribers import Subscriber
from flows.errors import HomeError, JournalError, Locked
from flows.storage.journal import Journal
from warehouse import disk

MOST_ATTEMPTS = 8
FIRST_DELAY, LONGEST_DELAY = timedelta(minutes=15), timedelta(days=2)
BODIES_KEPT = timedelta(days=90)
CADENCE_DAYS = {"at once": 0, "daily": 1, "weekly": 7}

Step = Callable[[str], None]
Compose = Callable[[], Message | None]


@dataclass
class Delivered:
    """What a round of delivery did: messages sent, not taken, parked now; sentences about what went wrong."""

    sent: int = 0
    not_taken: int = 0
    parked: int = 0
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Round:
    """One round of delivery: by which clock, and what is asked for beside what is due.

    `within` is how many seconds one message may take.
    """

    journal: Journal
    clock: datetime
    within: float = WITHIN
    ignore_delays: bool = False
    parked_too: bool = False
    step: Step = lambda _name: None
    senders: Mapping[str, Sender] = field(default_factory=dict)


@dataclass(frozen=True)
class Outlet:
    """A channel of somebody: where messages go."""

    subscriber: str
    channel: str
    address: Address = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    cadence: str = "at once"

    @property
    def name(self) -> str:
        return f"{self.subscriber}/{self.channel}"


def outlets(subscribers: Sequence[Subscriber]) -> list[tuple[Subscriber, Outlet]]:
    """Every channel of every subscriber."""
    return [
        (
            one,
            Outlet(
                one.name,
                channel,
                address,
                one.webhook_secret if address.kind == "json" else None,
                one.cadence,
            ),
        )
        for one in subscribers
        for channel, address in one.channels.items()
    ]


def deliver(round_: Round, outlet: Outlet, compose: Compose, done: Delivered) -> None:
    """Send the message in hand, if it is due, and then, if it is time, a new one of what waits."""
    if not clear_hand(round_, outlet, done):
        return
    if not round_.ignore_delays and not is_time(round_, outlet):
        return
    try:
        composed = compose()
    except (HomeError, JournalError, sqlite3.Error):
        raise
    except Exception as error:  # noqa: BLE001  (what one channel is to hear must not silence the others)
        _not_composed(round_, outlet, error, done)
        return
    if composed is not None:
        attempt(round_, outlet, freeze(round_, outlet, composed), done)


def _not_composed(round_: Round, outlet: Outlet, error: Exception, done: Delivered) -> None:
    """No message could be made of what waits: the ledger says so, and the next round tries again."""
    reason = f"no message could be made ({type(error).__name__})"
    ledger.note_error(round_.journal, outlet.subscriber, outlet.channel, reason)
    done.not_taken += 1
    done.problems.append(f"{outlet.name}: {reason}; what waits is tried again with the next run.")


def clear_hand(round_: Round, outlet: Outlet, done: Delivered) -> bool:
    """Send the message in hand, if there is one and it is due. True when the channel is free for a new one."""
    message = ledger.in_hand(round_.journal, outlet.subscriber, outlet.channel)
    return message is None or (_is_due(round_, message) and attempt(round_, outlet, message, done))


def is_time(round_: Round, outlet: Outlet) -> bool:
    """Whether the cadence lets a new message go: days are counted by date, whatever the hour of the run."""
    today = round_.clock.date()
    last = ledger.last_created(round_.journal, outlet.subscriber, outlet.channel, today)
    if last is None or last.date() > today:  # a clock that went back must not silence anybody
        return True
    return (today - last.date()).days >= CADENCE_DAYS[outlet.cadence]


def freeze(
    round_: Round, outlet: Outlet, message: Message, also: Sequence[tuple[str, Sequence[Any]]] = ()
) -> ledger.Row:
    """Keep the message with its list; from here on it is sent exactly so."""
    row: ledger.Row = {
        "message_id": message.message_id, "subscriber": outlet.subscriber, "channel": outlet.channel,
        "created_at": round_.clock, "state": "frozen", "attempts": 0, "next_try_at": round_.clock, "delivered_at": None,
        "items": message.items, "bytes": message.size, "subject": message.subject, "body": message.body, "error": None,
    }  # fmt: skip
    round_.step("freezing")
    ledger.freeze(round_.journal, row, message.alert_ids, also)
    round_.step("frozen")
    return {name: ledger.stored(value) for name, value in row.items()}


def _is_due(round_: Round, message: ledger.Row) -> bool:
    if message["state"] == "parked":
        return round_.parked_too
    # Found as `sending`, it was handed over by a process that died before it knew the answer.
    if round_.ignore_delays or message["state"] == "sending":
        return True
    next_try = ledger.moment(message["next_try_at"])
    return next_try is None or next_try <= round_.clock or next_try - round_.clock > LONGEST_DELAY


def attempt(round_: Round, outlet: Outlet, message: ledger.Row, done: Delivered) -> bool:
    """Hand one message over, and write down how it went. True when the channel took it."""
    message_id, attempts = message["message_id"], message["attempts"] + 1
    started = {"state": "sending", "attempts": attempts, "next_try_at": round_.clock}
    ledger.set_message(round_.journal, message_id, started, {"attempts": attempts})
    round_.step("sending")
    created = datetime.fromisoformat(message["created_at"])
    frozen = Frozen(message_id, message["subject"], json.loads(message["body"]), created)
    try:
        send(outlet.address, frozen, outlet.secret, round_.within, round_.senders)
    except DeliveryFailed as error:
        _not_taken(round_, outlet, message_id, attempts, error, done)
        return False
    except Exception as error:  # noqa: BLE001  (a fault of one channel must not silence the others; it is not taken)
        unforeseen = DeliveryFailed(f"unexpected {type(error).__name__} in the channel", may_retry=True)
        _not_taken(round_, outlet, message_id, attempts, unforeseen, done)
        return False
    round_.step("sent")
    taken = {"state": "delivered", "delivered_at": round_.clock, "error": None}
    ledger.set_message(round_.journal, message_id, taken, taken)
    round_.step("marked")
    done.sent += 1
    return True


def _not_taken(
    round_: Round, outlet: Outlet, message_id: str, attempts: int, error: DeliveryFailed, done: Delivered
) -> None:
    is_parked = not error.may_retry or attempts >= MOST_ATTEMPTS
    later = {
        "state": "parked" if is_parked else "frozen", "error": error.reason,
        "next_try_at": None if is_parked else round_.clock + delay(attempts),
    }  # fmt: skip
    alerts = {"state": "parked" if is_parked else "pending", "error": error.reason}
    ledger.set_message(round_.journal, message_id, later, alerts)
    round_.step("not taken")
    done.not_taken += 1
    done.parked += is_parked
    told = "parked until `cartrials alerts deliver --parked`" if is_parked else "it is tried again later"
    done.problems.append(f"{outlet.name}: {error.reason}; {told}.")


def delay(attempts: int) -> timedelta:
    """How long to wait after so many tries: a quarter of an hour, an hour, four hours, ... two days."""
    return min(LONGEST_DELAY, FIRST_DELAY * int(4 ** (attempts - 1)))


def forget_old_bodies(journal: Journal, clock: datetime) -> None:
    """Messages delivered long ago keep their list and subject; their bodies would fill the journal."""
    with journal.transaction():
        ledger.update(
            journal,
            "UPDATE alert_messages SET body = NULL WHERE state = 'delivered' AND delivered_at < ? AND body IS NOT NULL",
            [clock - BODIES_KEPT],
        )


@contextmanager
def delivering(home: Path, *, wait_seconds: float = 0) -> Iterator[None]:
    """Only one process writes the ledger and sends at a time. Raises Locked, HomeError.

    The system frees the lock when its process dies.
    """
    try:
        disk.make_folder(home)
        lock = disk.opened(home / "alerts.lock", "a+b", buffering=0)
    except OSError as error:
        raise HomeError(f"The data folder {home} cannot be written ({error.strerror}). Mend its rights.") from error
    try:
        until = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= until:
                    raise Locked(
                        "Another process delivers alerts now. What waits goes out with it or with the next run."
                    ) from error
                time.sleep(0.2)
        yield
    finally:
        lock.close()

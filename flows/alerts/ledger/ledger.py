"""The ledger in the journal: what each subscriber is told of, frozen messages, and how they fared.

Each function that writes is one step of a transaction that its caller opens with `Journal.transaction`: all of a
night is noted or nothing, a message is frozen together with its list.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flows.alerts.facts import Event
from flows.storage.journal import Journal

Row = dict[str, Any]


def alert_id(event_id: str, subscriber: str, channel: str) -> str:
    """The same event is for one subscriber and channel always the same alert."""
    return hashlib.sha256("\n".join((event_id, subscriber, channel)).encode()).hexdigest()


def insert(journal: Journal, table: str, rows: Sequence[Row], *, otherwise: str = "IGNORE") -> int:
    """Insert rows of the same keys; those that are there already are left (IGNORE) or replaced (REPLACE)."""
    if not rows:
        return 0
    names = ", ".join(rows[0])
    marks = ", ".join("?" * len(rows[0]))
    values = [[stored(value) for value in row.values()] for row in rows]
    statement = f"INSERT OR {otherwise} INTO {table} ({names}) VALUES ({marks})"
    return journal.connection.executemany(statement, values).rowcount


def update(journal: Journal, statement: str, parameters: Iterable[Any]) -> int:
    """Run an UPDATE or DELETE; how many rows it changed."""
    return journal.connection.execute(statement, [stored(value) for value in parameters]).rowcount


def stored(value: Any) -> Any:
    """A value as SQLite keeps it."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return int(value)
    return value


def moment(text: str | None) -> datetime | None:
    """A moment as the ledger keeps it."""
    return datetime.fromisoformat(text) if text else None


def event_row(event: Event) -> Row:
    """An event as a row of alert_events."""
    row = {name: getattr(event, name) for name in event.__slots__}
    return row | {"details": json.dumps(dict(event.details), ensure_ascii=False, default=str)}


def event_of(row: Mapping[str, Any]) -> Event:
    """An event as the ledger keeps it."""
    return Event(
        row["event_id"], row["nct_id"], row["pmid"], row["event_type"], date.fromisoformat(row["occurred_on"]),
        datetime.fromisoformat(row["observed_at"]), row["run_id"], row["summary"], row["materiality"],
        json.loads(row["details"]),
    )  # fmt: skip


def noted_runs(journal: Journal) -> dict[str, Row]:
    """Runs whose events have been noted, the newest last."""
    return {row["run_id"]: row for row in journal.rows("SELECT * FROM alert_runs ORDER BY noted_at, rowid")}


def known_subscribers(journal: Journal) -> dict[str, str]:
    """Subscriber -> hash of the filter last noted."""
    return {row["subscriber"]: row["filter_sha256"] for row in journal.rows("SELECT * FROM alert_subscribers")}


def told_before(journal: Journal, subscriber: str) -> dict[str, bool]:
    """Trials the subscriber was told of, or that were seeded -> whether they fitted when last looked at."""
    rows = journal.rows("SELECT nct_id, fits FROM alert_told WHERE subscriber = ?", [subscriber])
    return {row["nct_id"]: bool(row["fits"]) for row in rows}


def removals_not_told(journal: Journal, subscriber: str) -> set[str]:
    """Trials whose last removal was withheld from the subscriber."""
    rows = journal.rows(
        "SELECT e.nct_id, a.state FROM alerts AS a JOIN alert_events AS e USING (event_id) "
        "WHERE a.subscriber = ? AND e.event_type IN ('left_search', 'withheld', 'removed') "
        "ORDER BY e.observed_at, a.rowid", [subscriber],
    )  # fmt: skip
    last = {row["nct_id"]: row["state"] for row in rows}
    return {nct_id for nct_id, state in last.items() if state == "withheld"}


def tell_withheld(journal: Journal, subscriber: str | None) -> int:
    """What was withheld, of everybody or of one subscriber, is told after all; how many alerts."""
    with journal.transaction():
        return update(
            journal,
            "UPDATE alerts SET state = 'pending', error = NULL "
            "WHERE state = 'withheld' AND (? IS NULL OR subscriber = ?)",
            [subscriber, subscriber],
        )


@dataclass(frozen=True)
class Pending:
    """One alert that no message carries yet."""

    alert_id: str
    event: Event
    created_at: datetime


def pending(journal: Journal, subscriber: str, channel: str) -> list[Pending]:
    """Alerts of a channel that no message carries yet, the oldest first."""
    rows = journal.rows(
        "SELECT a.alert_id, a.created_at, e.* FROM alerts AS a JOIN alert_events AS e USING (event_id) "
        "WHERE a.subscriber = ? AND a.channel = ? AND a.state = 'pending' AND a.message_id IS NULL "
        "ORDER BY a.created_at, e.occurred_on, e.event_id", [subscriber, channel],
    )  # fmt: skip
    return [Pending(row["alert_id"], event_of(row), datetime.fromisoformat(row["created_at"])) for row in rows]


def in_hand(journal: Journal, subscriber: str, channel: str) -> Row | None:
    """The message of a channel that has not been delivered; there is at most one."""
    rows = journal.rows(
        "SELECT * FROM alert_messages WHERE subscriber = ? AND channel = ? AND state <> 'delivered' "
        "ORDER BY created_at, rowid LIMIT 1", [subscriber, channel],
    )  # fmt: skip
    return rows[0] if rows else None


def last_created(journal: Journal, subscriber: str, channel: str, today: date) -> datetime | None:
    """When the channel's last message was made, by `today`; for one that had none, when the subscriber was first noted.

    What was made while the clock was ahead does not count: else each run until that day would be the first after it.
    """
    rows = journal.rows(
        "SELECT max(created_at) AS at FROM alert_messages WHERE subscriber = ? AND channel = ? AND created_at < ?",
        [subscriber, channel, stored(today + timedelta(days=1))],
    )
    if rows[0]["at"]:
        return moment(rows[0]["at"])
    rows = journal.rows("SELECT since AS at FROM alert_subscribers WHERE subscriber = ?", [subscriber])
    return moment(rows[0]["at"]) if rows else None


def freeze(
    journal: Journal, message: Row, alert_ids: Sequence[str], also: Sequence[tuple[str, Sequence[Any]]] = ()
) -> None:
    """Keep a message with its list, in one transaction, before it is sent for the first time; `also` are further
    statements that belong to it.
    """
    with journal.transaction():
        insert(journal, "alert_messages", [message])
        journal.connection.executemany(
            "UPDATE alerts SET message_id = ? WHERE alert_id = ?",
            [(message["message_id"], one) for one in alert_ids],
        )
        for statement, parameters in also:
            update(journal, statement, parameters)


def note_error(journal: Journal, subscriber: str, channel: str, error: str) -> None:
    """Say of what waits for a channel why it did not go."""
    with journal.transaction():
        update(
            journal,
            "UPDATE alerts SET error = ? WHERE subscriber = ? AND channel = ? AND state = 'pending'",
            [error, subscriber, channel],
        )


def set_message(journal: Journal, message_id: str, values: Row, alerts: Row) -> None:
    """Set columns of a message and of the alerts it carries, in one transaction."""
    with journal.transaction():
        for table, given in (("alert_messages", values), ("alerts", alerts)):
            if given:
                sets = ", ".join(f"{name} = ?" for name in given)
                update(journal, f"UPDATE {table} SET {sets} WHERE message_id = ?", [*given.values(), message_id])

"""`cartrials alerts`: preview, deliver, history, test, seed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from flows.alerts.announce import deliver_all, subscribers_of, waiting, write_feeds
from flows.alerts.channels import send
from flows.alerts.channels.delivery import Round, delivering, outlets
from flows.alerts.channels.errors import DeliveryFailed
from flows.alerts.ledger import ledger, published
from flows.alerts.ledger.record_news import record_news, seed
from flows.alerts.operator import notify_operator, operator_outlet
from flows.alerts.preview import Preview, preview_now, preview_on
from flows.alerts.subscribers.subscribers import Subscriber
from flows.cli.commands.printing import print_json
from flows.cli.commands.query import emit
from flows.config.outside import REAL
from flows.config.settings import Settings
from flows.config.watchlist import load as load_watchlist
from flows.errors import FOLLOW_UP_FAILED, SettingsError, UsageError
from flows.storage.journal import Journal
from warehouse.querying.reading import published as opened


def show_preview(
    settings: Settings, *, subscriber: str | None = None, on: str | None = None, format: str = "text"
) -> int:
    """What would go out now, or would have gone out on a date; nothing is sent. `format`: text, html or json."""
    if format not in ("text", "html", "json"):
        raise UsageError(f"--format is {format!r}; expected text, html, json.")
    chosen = _chosen(settings, subscriber)
    if on is not None:
        found = preview_on(settings.home, settings.warehouse_path, chosen, _day(on))
        if not found and chosen:
            print(f"No run was published on {on}.")
    else:
        with (
            opened(settings.warehouse_path) as connection,
            Journal(settings.journal_path, read_only=True) as journal,
        ):
            found = preview_now(journal, connection, chosen, REAL.clock())
    if format == "json":
        print_json([_as_json(one) for one in found])
    else:
        if not chosen:
            print("Nobody is told anything: no subscribers are set. See CARTRIALS_SUBSCRIBERS.")
        for one in found:
            _print(one, format)
    return 0


def deliver_pending(
    settings: Settings,
    *,
    subscriber: str | None = None,
    parked: bool = False,
    now: bool = False,
    tell_removals: bool = False,
) -> int:
    """Note what has not been noted, and deliver what is due; 5 when something was not taken.

    `parked` tries parked deliveries again, `now` ignores cadence and delays, `tell_removals` tells what was
    withheld as a mass of removals.
    """
    _chosen(settings, subscriber)
    everybody = subscribers_of(settings)
    watchlist = load_watchlist(settings.watchlist)
    with Journal(settings.journal_path) as journal:
        with delivering(settings.home), opened(settings.warehouse_path) as connection:
            release = published.release(connection)
            record_news(
                journal,
                connection,
                everybody,
                watchlist,
                release.run_id,
                release.published_at,
                step=lambda _name: None,
            )
            if tell_removals:
                ledger.tell_withheld(journal, subscriber)
            problems = write_feeds(settings, journal, connection, everybody, watchlist)
            round_ = Round(journal, REAL.clock(), settings.delivery_deadline, ignore_delays=now, parked_too=parked)
            done = deliver_all(round_, connection, everybody, subscriber)
        told = notify_operator(settings, journal, None)
        left = waiting(journal, everybody)
    print(f"{done.sent} messages delivered, {done.not_taken} not taken, {left} alerts wait.")
    for problem in (*problems, *done.problems, *told.problems):
        print(problem)
    return FOLLOW_UP_FAILED if problems or done.problems else 0


def show_history(settings: Settings, *, subscriber: str | None = None, limit: int = 50, format: str = "table") -> int:
    """Messages, the newest first: when, to whom, how it went."""
    if not settings.journal_path.exists():
        print(f"No run has been made in {settings.home}. Run `cartrials nightly`.")
        return 0
    with Journal(settings.journal_path, read_only=True) as journal:
        rows = journal.rows(
            "SELECT created_at, subscriber, channel, state, items, bytes, attempts, "
            "delivered_at, next_try_at, error, subject, message_id "
            "FROM alert_messages WHERE ? IS NULL OR subscriber = ? ORDER BY created_at DESC, rowid DESC LIMIT ?",
            [subscriber, subscriber, limit],
        )
        counts = journal.rows(
            "SELECT subscriber, state, count(*) AS n FROM alerts WHERE ? IS NULL OR subscriber "
            "= ? GROUP BY 1, 2 ORDER BY 1, 2",
            [subscriber, subscriber],
        )
    if format == "json":
        print_json({"messages": rows, "alerts": counts})
        return 0
    if rows:
        columns = ("created_at", "subscriber", "channel", "state", "items", "attempts", "error", "subject")
        told = [{**{name: row[name] for name in columns}, "created_at": row["created_at"][:16]} for row in rows]
        emit(pa.Table.from_pylist(told), format, None)
    else:
        print("No message has been made yet.")
    for one in counts:
        print(f"{one['subscriber']}: {one['n']} alerts {one['state']}")
    return 0


def send_test(settings: Settings, *, subscriber: str | None = None) -> int:
    """A test message to every channel, and to the operator unless a subscriber is named; 1 when one was not taken."""
    moment = REAL.clock()
    every = [outlet for _, outlet in outlets(_chosen(settings, subscriber))]
    operator = operator_outlet(settings) if subscriber is None else None
    failed = 0
    for outlet in [*every, *([operator] if operator else [])]:
        subject = "cartrials: a test"
        text = f"This is a test of the channel {outlet.channel} of {outlet.subscriber}. Nothing happened to any trial."
        message_id = f"test-{ledger.alert_id(moment.isoformat(), outlet.subscriber, outlet.channel)[:40]}"
        parts = send.parts_of_notice(outlet.address.kind, "test", subject, text, message_id, moment)
        try:
            frozen = send.Frozen(message_id, subject, parts, moment)
            send.send(outlet.address, frozen, outlet.secret, settings.delivery_deadline)
            print(f"ok   {outlet.name}")
        except DeliveryFailed as error:
            failed += 1
            print(f"FAIL {outlet.name}: {error.reason}")
    if not every and not operator:
        print("There is no channel to test: see CARTRIALS_SUBSCRIBERS and CARTRIALS_OPERATOR.")
    return 1 if failed else 0


def seed_ledger(settings: Settings, *, subscriber: str | None = None) -> int:
    """Take everything published as known: nobody is told of what is there now, only of what comes."""
    chosen = _chosen(settings, subscriber)
    with (
        Journal(settings.journal_path) as journal,
        delivering(settings.home),
        opened(settings.warehouse_path) as connection,
    ):
        count = seed(
            journal,
            connection,
            chosen,
            load_watchlist(settings.watchlist),
            published.release(connection).published_at,
        )
    print(f"Seeded {len(chosen)} subscribers with {count} trials that fit now; they hear of what comes from now on.")
    return 0


def _chosen(settings: Settings, name: str | None) -> Sequence[Subscriber]:
    """All subscribers, or the one named. Raises SubscribersError, SettingsError."""
    everybody = subscribers_of(settings)
    if name is None:
        return everybody
    chosen = [one for one in everybody if one.name == name]
    if not chosen:
        names = ", ".join(one.name for one in everybody) or "none; set CARTRIALS_SUBSCRIBERS"
        raise SettingsError(f"There is no subscriber {name!r}. Subscribers: {names}.")
    return chosen


def _day(given: str) -> date:
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise UsageError(f"--on is {given!r}; expected a date such as 2026-09-02.") from error


def _as_json(one: Preview) -> dict[str, Any]:
    message = one.message
    told = {"subscriber": one.subscriber, "channel": one.channel, "note": one.note or None}
    if message is None:
        return {**told, "subject": None, "items": 0}
    return {
        **told,
        "subject": message.subject,
        "items": message.items,
        "bytes": message.size,
        "parts": dict(message.parts),
    }


def _print(one: Preview, format: str) -> None:
    if format == "html":
        if one.message is not None:
            print(one.message.parts.get("html") or one.message.parts.get("text") or one.message.parts.get("json"))
        return
    size = f"{one.message.items} trials, {one.message.size} bytes" if one.message else "nothing to tell"
    print(f"--- {one.subscriber} ({one.channel}): {size}" + (f" [{one.note}]" if one.note else ""))
    if one.message is not None:
        print(f"Subject: {one.message.subject}\n")
        print(one.message.parts.get("text") or one.message.parts.get("json", ""))

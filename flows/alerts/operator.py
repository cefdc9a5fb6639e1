"""The operator: told of trouble once, after as many failures as they want, and once when it is over.

Trouble is a failed or held run, data that is too old, a registry that has not reloaded for days, and a
delivery that is parked. Age counts from the last run that completed its checks; the registry's own stamp
is another matter and shown apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import requests

from flows.alerts.announce import subscribers_of
from flows.alerts.channels.delivery import Delivered, Outlet, Round, attempt, clear_hand, delivering, freeze
from flows.alerts.channels.errors import DeliveryFailed
from flows.alerts.channels.send import Frozen, parts_of_notice, send
from flows.alerts.ledger import ledger
from flows.alerts.messages.compose import Message
from flows.alerts.messages.wording import line
from flows.alerts.subscribers.addresses import AddressError, address_of
from flows.config.outside import REAL, Outside
from flows.config.settings import Settings
from flows.errors import CartrialsError, SettingsError
from flows.process.deadline import Deadline, Overdue, requests_session
from flows.storage.journal import Journal

OPERATOR = "operator"
COMPLETE = ("published", "unchanged")
STAMP_TOO_OLD = timedelta(days=4)  # the registry reloads on weekdays; a long weekend is three days
HEARTBEAT_TIMEOUT = 10  # seconds
LONGEST_WAIT = 300

BEGINNINGS = {"run": "The nightly run", "age": "The data", "stamp": "The registry", "parked": "A delivery"}


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended: published, unchanged, held or failed, and why."""

    run_id: str | None
    status: str
    reason: str | None = None


@dataclass(frozen=True)
class Notified:
    """What the operator was told; `heartbeat` is None where there is none to call."""

    sentences: tuple[str, ...] = ()
    heartbeat: bool | None = None
    problems: tuple[str, ...] = ()


def notify_operator(
    settings: Settings,
    journal: Journal,
    outcome: RunOutcome | None,
    *,
    now: datetime | None = None,
    after: int | None = None,
    outside: Outside = REAL,
    step: Callable[[str], None] = lambda _name: None,
) -> Notified:
    """Note what is wrong and what is over, tell the operator what they have not been told, call the heartbeat.

    `outcome` is how a run ended, None to look only at what can be seen without one; `now` is the true
    moment, UTC without zone; `after` is the number of failed runs before the operator is told. Raises
    SettingsError for an address that cannot be used, Locked when another process goes on delivering.
    """
    now = now or outside.clock()
    after = after or settings.operator_after
    outlet = operator_outlet(settings)
    with delivering(settings.home, wait_seconds=LONGEST_WAIT):
        with journal.transaction():
            _note(journal, troubles(settings, journal, outcome, now), outcome, now)
        step("noted")
        round_ = Round(journal, now, settings.delivery_deadline, step=step, senders=outside.senders)
        sentences, problems = _tell(round_, outlet, after) if outlet else ((), ())
    heartbeat = _heartbeat(settings) if outcome and outcome.status in COMPLETE else None
    if heartbeat is False:
        problems = (*problems, "The heartbeat could not be called.")
    return Notified(sentences, heartbeat, problems)


def tell_directly(settings: Settings, outcome: RunOutcome, outside: Outside = REAL) -> bool:
    """Tell the operator of a failed run where no journal can be opened; whether the channel took it."""
    outlet = operator_outlet(settings)
    if outlet is None:
        return False
    now = outside.clock()
    sentence = _run_trouble(outcome)
    subject = line(f"cartrials needs you: {sentence}", 150)
    message_id = "notice-" + hashlib.sha256(f"{now.isoformat()}\n{sentence}".encode()).hexdigest()[:40]
    parts = parts_of_notice(outlet.address.kind, OPERATOR, subject, sentence, message_id, now)
    try:
        frozen = Frozen(message_id, subject, parts, now)
        send(outlet.address, frozen, outlet.secret, settings.delivery_deadline, outside.senders)
    except DeliveryFailed:
        return False
    return True


def operator_outlet(settings: Settings) -> Outlet | None:
    """The operator's channel; None where there is none. Raises SettingsError."""
    if settings.operator is None:
        return None
    try:
        address = address_of(settings.operator.get_secret_value())
    except AddressError as error:
        raise SettingsError(f"The setting CARTRIALS_OPERATOR is wrong: {error}.") from None
    return Outlet(OPERATOR, address.kind, address)


def troubles(settings: Settings, journal: Journal, outcome: RunOutcome | None, now: datetime) -> dict[str, str]:
    """What is wrong now: incident -> sentence."""
    found = {}
    if outcome is not None and outcome.status not in COMPLETE:
        found["run"] = _run_trouble(outcome)
    last = last_complete(journal)
    if last is not None:
        age = now - datetime.fromisoformat(last["started_at"])
        if age > timedelta(hours=settings.max_age_hours):
            found["age"] = (
                f"The data is {age.total_seconds() / 3600:.0f} hours old, more than "
                f"{settings.max_age_hours:g}: the last "
                f"complete check was run {last['run_id']}."
            )
        stamp = stamp_age(last["data_stamp"], now)
        if stamp is not None and stamp > STAMP_TOO_OLD:
            found["stamp"] = (
                f"The registry itself has not reloaded for {stamp.days} days: its data stamp is {last['data_stamp']}."
            )
    found.update(_masses_of_removals(journal))
    listed = _listed(settings)
    rows = journal.rows(
        "SELECT subscriber, channel, attempts, error FROM alert_messages WHERE state = 'parked' AND subscriber <> ?",
        [OPERATOR],
    )
    for row in rows:
        if listed is not None and (row["subscriber"], row["channel"]) not in listed:
            continue  # taken out of the file: that is over
        found[f"parked:{row['subscriber']}/{row['channel']}"] = (
            f"A delivery to {row['subscriber']} ({row['channel']}) is parked after "
            f"{row['attempts']} tries: {row['error']}. "
            "Mend the address, then run `cartrials alerts deliver --parked`."
        )
    return found


def _masses_of_removals(journal: Journal) -> dict[str, str]:
    """Runs of which removals were withheld from subscribers, until the operator has been told so."""
    rows = journal.rows(
        "SELECT e.run_id, count(DISTINCT e.nct_id) AS n FROM alerts AS a JOIN alert_events AS e USING (event_id) "
        "WHERE a.state = 'withheld' AND e.event_type <> 'returned' AND 'removals:' || e.run_id NOT IN "
        "(SELECT incident FROM alert_incidents WHERE told_at IS NOT NULL) GROUP BY 1"
    )
    return {
        f"removals:{row['run_id']}": f"Run {row['run_id']} removed {row['n']} trials at once. Nobody was told of them: "
        "`cartrials alerts deliver --tell-removals` tells subscribers."
        for row in rows
    }


def _listed(settings: Settings) -> set[tuple[str, str]] | None:
    """Subscribers and channels of the file; None where it cannot be read, which is told as what it is."""
    try:
        return {(one.name, channel) for one in subscribers_of(settings) for channel in one.channel_names}
    except CartrialsError:
        return None


def _run_trouble(outcome: RunOutcome) -> str:
    word = {"held": "was held", "killed": "was killed"}.get(outcome.status, "failed")
    subject = f"Run {outcome.run_id}" if outcome.run_id else "A run that had not begun"
    return f"{subject} {word}: {line(outcome.reason or 'no reason given', 500)}"


def last_complete(journal: Journal) -> ledger.Row | None:
    """The last run that completed its checks."""
    rows = journal.rows(
        "SELECT * FROM runs WHERE status IN ('published', 'unchanged') ORDER BY started_at DESC LIMIT 1"
    )
    return rows[0] if rows else None


def stamp_age(stamp: str | None, now: datetime) -> timedelta | None:
    """How old the registry's own data stamp is; None where there is none to read."""
    try:
        return now - datetime.fromisoformat(stamp).replace(tzinfo=None) if stamp else None
    except ValueError:
        return None


def _note(journal: Journal, found: Mapping[str, str], outcome: RunOutcome | None, now: datetime) -> None:
    """Begin, count and end incidents."""
    run_id = outcome.run_id if outcome else None
    lasting = {row["incident"]: row for row in journal.rows("SELECT * FROM alert_incidents WHERE ended_at IS NULL")}
    for incident, sentence in found.items():
        known = lasting.get(incident)
        if known is None:
            ledger.insert(journal, "alert_incidents", [
                {"incident": incident, "began_at": now, "failures": 1, "last_run_id": run_id, "sentence": sentence,
                 "told_at": None, "ended_at": None, "end_told_at": None}
            ])  # fmt: skip
            continue
        again = 1 if incident != "run" or run_id is None or known["last_run_id"] != run_id else 0
        ledger.update(
            journal,
            "UPDATE alert_incidents SET failures = failures + ?, last_run_id = ?, sentence = ? "
            "WHERE incident = ? AND began_at = ?",
            [again, run_id, sentence, incident, known["began_at"]],
        )
    for incident, known in lasting.items():
        # Only a run that ended well says that runs are well again.
        if incident not in found and (incident != "run" or outcome is not None):
            ledger.update(
                journal,
                "UPDATE alert_incidents SET ended_at = ? WHERE incident = ? AND began_at = ?",
                [now, incident, known["began_at"]],
            )


def _tell(round_: Round, outlet: Outlet, after: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Send the notice in hand, then one of everything the operator has not been told."""
    journal, now, done = round_.journal, round_.clock, Delivered()
    if not clear_hand(round_, outlet, done):
        return (), tuple(done.problems)
    # A held run waits for a person: it is told at once.
    begun = journal.rows(
        "SELECT * FROM alert_incidents WHERE ended_at IS NULL AND told_at IS NULL "
        "AND (incident <> 'run' OR failures >= ? OR sentence LIKE '% was held: %') ORDER BY began_at, incident",
        [after],
    )
    ended = journal.rows(
        "SELECT * FROM alert_incidents WHERE ended_at IS NOT NULL AND told_at IS NOT NULL AND "
        "end_told_at IS NULL AND incident NOT LIKE 'removals:%' ORDER BY began_at, incident"
    )
    if not begun and not ended:
        return (), tuple(done.problems)
    sentences = (*(_beginning(row) for row in begun), *(_ending(row) for row in ended))
    marks: list[tuple[str, Sequence[object]]] = [
        *(
            (
                "UPDATE alert_incidents SET told_at = ? WHERE incident = ? AND began_at = ?",
                [now, row["incident"], row["began_at"]],
            )
            for row in begun
        ),
        *(
            (
                "UPDATE alert_incidents SET end_told_at = ? WHERE incident = ? AND began_at = ?",
                [now, row["incident"], row["began_at"]],
            )
            for row in ended
        ),
    ]
    attempt(
        round_,
        outlet,
        freeze(round_, outlet, _notice(journal, outlet, sentences, bool(begun), now), marks),
        done,
    )
    return sentences, tuple(done.problems)


def _beginning(row: ledger.Row) -> str:
    times = f" ({row['failures']} times)" if row["incident"] == "run" and row["failures"] > 1 else ""
    return f"{row['sentence']}{times}"


def _ending(row: ledger.Row) -> str:
    subject = BEGINNINGS[row["incident"].partition(":")[0]]
    return f"{subject} is well again, since {row['ended_at'][:16]} UTC. It was: {row['sentence']}"


def _notice(journal: Journal, outlet: Outlet, sentences: Sequence[str], is_trouble: bool, now: datetime) -> Message:
    subject = line(f"cartrials {'needs you' if is_trouble else 'is well again'}: {sentences[0]}", 150)
    last = last_complete(journal)
    stamp = stamp_age(last["data_stamp"], now) if last else None
    lines = [*sentences, ""]
    if last:
        lines.append(f"Last complete check: run {last['run_id']}, begun {last['started_at'][:16]} UTC.")
    if last and stamp is not None:
        lines.append(f"The registry's own data stamp: {last['data_stamp']} ({stamp.days} days old).")
    lines.append("`cartrials status` shows more.")
    message_id = "notice-" + hashlib.sha256("\n".join((now.isoformat(), *sentences)).encode()).hexdigest()[:40]
    parts = parts_of_notice(outlet.address.kind, OPERATOR, subject, "\n".join(lines), message_id, now)
    return Message(message_id, subject, parts, (), 0)


def _heartbeat(settings: Settings) -> bool | None:
    """Tell whoever watches from outside that a run ended well; a run never fails for it."""
    if settings.heartbeat_url is None:
        return None
    try:
        with Deadline(min(HEARTBEAT_TIMEOUT, settings.delivery_deadline)), requests_session() as session:
            answer = session.get(
                settings.heartbeat_url.get_secret_value(),
                timeout=HEARTBEAT_TIMEOUT,
                headers={"User-Agent": "cartrials"},
                stream=True,
            )
            answer.close()
    except (requests.exceptions.RequestException, Overdue):
        return False
    return answer.ok

"""Who was told of what, held against a naive recomputation by docs/alerts.md."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from tests.world.memory import Memory, Told
from tests.world.people import Mailboxes, Reader

SHOWN = 4
NEW_FOR_YOU = "new_for_you"
DAYS_BETWEEN = {"at once": 0, "daily": 1, "weekly": 7}
# Every alert that is not only noted. When a trial begins to fit is our own day, and is not compared.
ALERTS = """
    SELECT a.subscriber, e.nct_id, e.event_type,
           CASE WHEN e.event_type = 'new_for_you' THEN NULL ELSE e.occurred_on END, a.channel
    FROM alerts AS a JOIN alert_events AS e USING (event_id) WHERE a.state <> 'seeded'
"""

Alert = tuple[str, str, str, str | None, str]


@dataclass
class Ledger:
    """What each reader must have been told, night by night."""

    crashes: dict[int, int] = field(default_factory=dict)  # night of a fault -> messages that it may repeat
    noted: set[str] = field(default_factory=set)
    filters: dict[str, str] = field(default_factory=dict)  # reader -> hash of the filter that was noted last
    topics: tuple[str, ...] = ()
    fitted: dict[str, dict[str, bool]] = field(default_factory=dict)  # reader -> trial ever fitted -> fits now
    expected: Counter[Alert] = field(default_factory=Counter)
    looked_at: int = 0  # messages of the mailboxes
    first: dict[str, Mapping[str, str]] = field(default_factory=dict)  # message -> its parts
    sent: dict[tuple[str, str], str] = field(default_factory=dict)  # (subscriber, event) -> message
    days: dict[tuple[str, str], list[date]] = field(default_factory=dict)  # (subscriber, channel) -> of its messages
    last_message: int = 0

    def judge(
        self, journal: sqlite3.Connection, memory: Memory, readers: Sequence[Reader], topics: tuple[str, ...],
        boxes: Mailboxes, *, is_quiet: bool,
    ) -> Iterator[str]:  # fmt: skip
        runs = [run for (run,) in journal.execute("SELECT run_id FROM alert_runs ORDER BY rowid")]
        fresh = {run for run in runs if run not in self.noted}
        filters = dict(journal.execute("SELECT subscriber, filter_sha256 FROM alert_subscribers").fetchall())
        is_silent = bool(fresh) and (not self.noted or topics != self.topics)
        for reader in readers:
            is_new = filters.get(reader.name) != self.filters.get(reader.name)
            if reader.name in filters and (fresh or is_new):
                self._note(reader, memory, fresh, is_first=not self.noted, is_silent=is_silent, is_new=is_new)
        self.noted |= fresh
        self.filters = filters
        self.topics = topics if fresh else self.topics
        brought = {happened.run_id for happened in memory.events.values()}
        if is_quiet and (missing := brought - self.noted):
            yield f"nobody was told of what {sorted(missing)} brought"
        yield from self._told(journal, memory)
        yield from self._delivered(journal, boxes)
        yield from self._cadence(journal, readers)

    def _note(
        self, reader: Reader, memory: Memory, fresh: set[str], *, is_first: bool, is_silent: bool, is_new: bool
    ) -> None:
        known = self.fitted.setdefault(reader.name, {})
        fits = {n for n, seen in memory.now().items() if reader.fits(seen.trial, seen.state)}
        until_now = set() if is_new else {n for n, fitted in known.items() if fitted}
        came = {n for n, line in memory.lines.items() if line[0].run_id in fresh}
        if not is_first:
            for told, happened in memory.events.items():
                if happened.run_id not in fresh:
                    continue
                if told.event_type == "entered_scope":
                    came.add(told.nct_id)
                if told.nct_id in fits | until_now and reader.wants(told.event_type, told.before, told.after):
                    self.expected[_alert(reader, told)] += 1
            for nct_id in fits - set(known):
                if reader.new_for_you and (nct_id in came or not (is_silent or is_new)):
                    self.expected[reader.name, nct_id, NEW_FOR_YOU, None, reader.channel] += 1
        known |= dict.fromkeys(fits, True)
        known |= dict.fromkeys(set(known) - fits, False)

    def _told(self, journal: sqlite3.Connection, memory: Memory) -> Iterator[str]:
        def is_sure(alert: Alert) -> bool:
            return alert[1] not in memory.unsure and (alert[1], alert[2]) not in memory.may_be

        found = Counter(filter(is_sure, journal.execute(ALERTS)))
        expected = Counter({alert: count for alert, count in self.expected.items() if is_sure(alert)})
        yield from (f"never told: {' '.join(map(str, one))}" for one in _some(expected - found))
        yield from (f"told though it was not to be: {' '.join(map(str, one))}" for one in _some(found - expected))

    def _delivered(self, journal: sqlite3.Connection, boxes: Mailboxes) -> Iterator[str]:
        taken: dict[str, list[int]] = {}
        for night, _, message_id, _ in boxes.taken:
            taken.setdefault(message_id, []).append(night)
        repeated = Counter(
            night for message_id, nights in taken.items() for night in nights[:-1]
            if (night, message_id) not in boxes.lost_answers
        )  # fmt: skip
        for night, count in repeated.items():
            if count > self.crashes.get(night, 0):
                yield f"{count} messages of night {night} were repeated, {self.crashes.get(night, 0)} may have been"
        for (message_id,) in journal.execute("SELECT message_id FROM alert_messages WHERE state = 'delivered'"):
            if message_id not in taken:
                yield f"message {message_id} is marked as delivered and was never taken"
        yield from self._of_one_mind(boxes)

    def _of_one_mind(self, boxes: Mailboxes) -> Iterator[str]:
        """A message is the same every time it is sent, and an event is in one message of a channel only."""
        for _, kind, message_id, parts in boxes.taken[self.looked_at :]:
            self.looked_at += 1
            if self.first.setdefault(message_id, parts) != parts:
                yield f"message {message_id} was sent in two wordings"
            if kind != "json" or (body := json.loads(parts["json"])).get("kind") != "alert":
                continue
            for event in (event for item in body["items"] for event in item["events"]):
                key = (body["subscriber"], event["event_id"])
                if self.sent.setdefault(key, message_id) != message_id:
                    yield f"event {event['event_id'][:12]} was sent to {key[0]} in two messages"

    def waiting(self, journal: sqlite3.Connection, readers: Sequence[Reader], today: date) -> Iterator[str]:
        """After quiet nights nothing waits for those who are in the file, but for days that are not over yet."""
        days = {(reader.name, reader.channel): DAYS_BETWEEN[reader.cadence] for reader in readers}
        for subscriber, channel, count in journal.execute(
            "SELECT subscriber, channel, count(*) FROM alerts WHERE state = 'pending' GROUP BY 1, 2"
        ):
            between = days.get((subscriber, channel))
            last = [day for day in self.days.get((subscriber, channel), []) if day <= today]
            if between is not None and not (last and (today - max(last)).days < between):
                yield f"{count} alerts still wait for {subscriber} ({channel})"

    def _cadence(self, journal: sqlite3.Connection, readers: Sequence[Reader]) -> Iterator[str]:
        """So many days lie between two messages of a channel; days that our clock took back do not count."""
        days = {(reader.name, reader.channel): DAYS_BETWEEN[reader.cadence] for reader in readers}
        for row, subscriber, channel, created_at in journal.execute(
            "SELECT rowid, subscriber, channel, created_at FROM alert_messages WHERE rowid > ? ORDER BY rowid",
            [self.last_message],
        ).fetchall():
            day, earlier = date.fromisoformat(created_at[:10]), self.days.setdefault((subscriber, channel), [])
            between = days.get((subscriber, channel), 0)
            if any(0 <= (day - before).days < between for before in earlier):
                yield f"{subscriber} ({channel}) had two messages within {between} days, the second on {day}"
            earlier.append(day)
            self.last_message = row


def _alert(reader: Reader, told: Told) -> Alert:
    day: date = told.occurred_on
    return reader.name, told.nct_id, told.event_type, day.isoformat(), reader.channel


def _some(found: Counter[Alert]) -> list[Alert]:
    return sorted(found.elements(), key=str)[:SHOWN]

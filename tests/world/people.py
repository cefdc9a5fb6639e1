"""Who is told: subscribers with their filters, their mailboxes, and what each of them took."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

from tests.world.facts import COUNTRIES, DISEASES, STATUSES, TARGETS, Trial

PRESENT = ("present", "left_search")


@dataclass(frozen=True)
class Reader:
    """One subscriber: alternatives by key; a trial must fit every key that is given. No channel: a feed."""

    name: str
    kind: str | None
    cadence: str = "at once"
    new_for_you: bool = True
    diseases: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    target_antigens: tuple[str, ...] = ()
    event_types: tuple[str, ...] = ()

    @property
    def channel(self) -> str:
        return self.kind or "feed"

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        keys = ("diseases", "countries", "status", "target_antigens", "event_types")
        return {key: getattr(self, key) for key in keys if getattr(self, key)}

    def fits(self, trial: Trial, state: str) -> bool:
        """Whether a trial fits, as docs/alerts.md says."""
        if not trial.gives_cells or state not in PRESENT:
            return False
        return (
            (not self.diseases or trial.disease in self.diseases)
            and (not self.countries or bool(set(self.countries) & set(trial.countries)))
            and (not self.status or trial.status in self.status)
            and (not self.target_antigens or trial.target in self.target_antigens)
        )

    def wants(self, event_type: str, was: object, is_now: object) -> bool:
        """Sites are told where the reader names their country, or this kind of event."""
        if self.event_types:
            return event_type in self.event_types
        if event_type != "sites_changed":
            return True
        places = [set(told) if isinstance(told, tuple) else set() for told in (was, is_now)]
        return bool(set(self.countries) & (places[0] ^ places[1]))

    def table(self) -> str:
        """Its table in the file of subscribers."""
        lines = ["[[subscriber]]", f'name = "{self.name}"', f'cadence = "{self.cadence}"']
        address = {
            "mailto": f"mailto://mail.test:2525?from=us@mail.test&to={self.name}@mail.test",
            "json": f"json://{self.name}.test/hook",
            "ntfy": f"ntfy://ntfy.test/{self.name}",
        }
        if self.kind:
            lines.append(f'channels = ["{address[self.kind]}"]')
        if self.kind == "json":
            lines.append('webhook_secret = "${WORLD_SECRET}"')
        if not self.new_for_you:
            lines.append("new_for_you = false")
        lines += [f"{key} = {json.dumps(list(words))}" for key, words in self.filters.items()]
        return "\n".join(lines) + "\n"


FIRST_READERS = (
    Reader("everything", "json"),
    Reader("lupus", "mailto", diseases=("SLE",)),
    Reader("germany", "ntfy", countries=("DE", "FR"), cadence="daily"),
    Reader("recruiting", "json", status=("RECRUITING",), cadence="weekly"),
    Reader("changes", "mailto", event_types=("status_changed", "left_search", "returned"), new_for_you=False),
    Reader("feed-only", None, target_antigens=("BCMA",)),
)


def edited(readers: tuple[Reader, ...], draw: Random, number: int) -> tuple[Reader, ...]:
    """One reader more, one less, or one with another filter."""
    kind = draw.choice(("more", "less", "other", "other"))
    if kind == "more" and len(readers) < 9:
        return (*readers, _drawn(f"reader-{number}", draw))
    at = draw.randrange(len(readers))
    if kind == "less" and len(readers) > 4:
        return (*readers[:at], *readers[at + 1 :])
    drawn = _drawn(readers[at].name, draw)
    return (*readers[:at], replace(drawn, kind=readers[at].kind), *readers[at + 1 :])


def _drawn(name: str, draw: Random) -> Reader:
    def some(words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(draw.sample(words, draw.randint(1, 2)))) if draw.random() < 0.4 else ()

    return Reader(
        name, draw.choice(("json", "mailto", "ntfy", None)), cadence=draw.choice(("at once", "daily", "weekly")),
        diseases=some(tuple(DISEASES)), countries=some(tuple(COUNTRIES)), status=some(STATUSES),
        target_antigens=some(TARGETS),
    )  # fmt: skip


@dataclass
class Mailboxes:
    """What every channel took, in order: (night, kind, message id, parts). `trouble` is drawn for each message."""

    not_taken: Callable[..., Exception]
    taken: list[tuple[int, str, str, Mapping[str, str]]] = field(default_factory=list)
    night: int = 0
    trouble: Callable[[], str] = lambda: "none"
    lost_answers: set[tuple[int, str]] = field(default_factory=set)
    on_send: Callable[[str, bool], None] = lambda _name, _done: None

    def senders(self) -> dict[str, Callable[..., None]]:
        return {kind: self._sender(kind) for kind in ("mailto", "json", "ntfy")}

    def _sender(self, kind: str) -> Callable[..., None]:
        def send(_address: Any, frozen: Any, _secret: str | None) -> None:
            self.on_send("send", False)
            trouble = self.trouble()
            if trouble == "refused":
                raise self.not_taken("come back later", may_retry=True)
            self.taken.append((self.night, kind, frozen.message_id, dict(frozen.parts)))
            self.on_send("send", True)
            if trouble == "answer lost":
                self.lost_answers.add((self.night, frozen.message_id))
                raise self.not_taken("no answer", may_retry=True)

        return send


def write_subscribers(path: Path, readers: tuple[Reader, ...]) -> None:
    path.write_text("\n".join(reader.table() for reader in readers), "utf-8")


def write_watchlist(path: Path, topics: tuple[str, ...]) -> None:
    """The watchlist: one search of each source finds all; topics come and go."""
    names = {"SLE": "sle", "myasthenia gravis": "mg", "multiple sclerosis": "ms"}
    tables = []
    for topic in topics:
        tables.append(f'[[topic]]\nname = "{names[topic]}"\ntitle = "{topic}"\ndiseases = ["{topic}"]\n')
        if topic == "SLE":
            tables.append(
                'sentinels = ["NCT90000001", "90000001"]\n'
                '[[topic.leg]]\nname = "words"\nsource = "ctgov"\n"query.term" = "kin"\n'
                '[[topic.leg]]\nname = "papers"\nsource = "pubmed"\nterm = "lupus[tiab]"\n'
            )
        else:
            tables.append(f'[[topic.leg]]\nname = "{names[topic]}-words"\nsource = "ctgov"\n"query.cond" = "{topic}"\n')
    path.write_text("".join(tables), "utf-8")

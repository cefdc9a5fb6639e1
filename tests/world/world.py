"""One world: its story, its people, its nights, and what must be true after each."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb

from tests.world import faults, judge, judge_alerts, people, product, registry, story
from tests.world.memory import Memory

ALL_EVERY = 50  # nights between looks at everything that was ever said
REBUILD_EVERY = 250
CHECKS_EVERY = 120  # nights of which one runs Great Expectations
TOPICS = ("SLE", "myasthenia gravis", "multiple sclerosis")
KEEP = 3


class Violation(Exception):
    """What came out is not what is true. Holds the night, so that a seed and a number find it again."""


@dataclass
class Attempt:
    """A night that was begun: what the sources said on it."""

    sights: dict[str, story.Sight]
    papers: dict[str, Any]


@dataclass
class World:
    """One seed. `live(nights)` raises Violation."""

    seed: int
    folder: Path
    with_checks: bool = False  # Great Expectations on a sample of nights
    with_faults: bool = True
    night: int = 0
    calls: Counter[str] = field(default_factory=Counter)  # of the last night that nothing befell
    seconds: list[float] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.draw = Random(self.seed)
        self.home = self.folder / "data"
        self.story = story.Story(Random(self.seed + 1))
        self.story.begin()
        self.sources = registry.Sources()
        self.memory = Memory()
        self.readers = people.FIRST_READERS
        self.topics = TOPICS
        self.boxes = people.Mailboxes(product.DeliveryFailed)
        self.alerts = judge_alerts.Ledger()
        self.attempts: dict[str, Attempt] = {}
        self.published: set[str] = set()
        self.released: set[str] = set()
        self.clock = datetime(2027, 1, 1)
        os.environ["WORLD_SECRET"] = "of this world"
        self.folder.mkdir(parents=True, exist_ok=True)

    # ---- a night ----

    def live(self, nights: int) -> None:
        for _ in range(nights):
            self.live_a_night()
        self.end()

    def live_a_night(self) -> None:
        self.night += 1
        self.story.live_a_day()
        while self.draw.random() < 0.03:  # our machine was off
            self.story.live_a_day()
        self.people_change()
        weather = story.weather_of(self.draw) if self.night > 1 else registry.Weather()
        self.make(weather, self.fault())

    def make(self, weather: registry.Weather, fault: faults.Fault, accepting: faults.Fault | None = None) -> None:
        """One night under this weather with this fault, and what must be true after it.

        A held one is accepted now and then; with `accepting`, the fault of that, always.
        """
        self.clock = story.clock_of(self.story.day, self.draw)
        self.story.serve(self.sources)
        self.sources.under(weather)
        attempt = Attempt(self.story.sights(), dict(self.story.papers))
        ended = self._run(attempt, fault, lambda settings, outside: product.make_night(
            settings, outside, with_checks=self.with_checks and self.night % CHECKS_EVERY == 2,
        ))  # fmt: skip
        self.must_end(ended, weather, fault)
        if ended == "held" and weather.kind == "lying" and (accepting or self.draw.random() < 0.5):
            ended = self._run(attempt, accepting or self.fault(), product.accept)
        self.judge(is_quiet=fault.kind == "none" and ended == "published")

    def _run(self, attempt: Attempt, fault: faults.Fault, make: Any) -> str:
        ticks = iter(range(10**9))
        clock = self.clock

        def tell_time() -> datetime:
            moment = clock + timedelta(milliseconds=next(ticks))
            self.attempts.setdefault(str(moment), attempt)
            return moment

        self.boxes.night, self.boxes.on_send = self.night, fault.watch
        outside = product.Outside(tell_time, self.sources.adapter, lambda _seconds: None, self.boxes.senders())
        began = time.perf_counter()
        try:
            with product.watched(fault.watch, fault.unsynced):
                ended = make(self.settings(), outside)
        except faults.Killed:
            ended = "killed"
        except product.KNOWN_ERRORS as error:
            ended = f"failed: {error}"
        except product.DISK_ERRORS as error:
            if not fault.met:
                raise
            ended = f"failed: {error}"
        self.seconds.append(time.perf_counter() - began)
        fault.go_on()
        if fault.met:
            self.met[f"{fault.kind} {fault.met.split()[0]}"] += 1
            self.alerts.crashes[self.night] = 1 if fault.kind in ("kill", "power") else len(self.readers) + 1
        else:
            self.calls = fault.calls
        self.met[ended.split(":")[0]] += 1
        self.last_said, self.last_fault = ended, fault
        return ended.split(":")[0]

    def settings(self) -> Any:
        watchlist, subscribers = self.folder / "watchlist.toml", self.folder / "subscribers.toml"
        people.write_watchlist(watchlist, self.topics)
        people.write_subscribers(subscribers, self.readers)
        return product.settings(
            self.home, ctgov_url=f"{registry.REGISTRY}/api/v2", pubmed_url=f"{registry.LIBRARY}/entrez/eutils",
            watchlist=watchlist, subscribers=subscribers, operator="json://operator.test/hook", keep_releases=KEEP,
        )  # fmt: skip

    def fault(self) -> faults.Fault:
        """Nearly every night has one; the first has none, so that there is something to lose."""
        luck = self.draw.random()
        if not self.with_faults or self.night <= 1 or luck < 0.35:
            return faults.Fault(self.home)
        # Each name alike: there is one rename of the published file, and there are a hundred writes.
        call = self.draw.choice(sorted(self.calls))
        at = self.draw.randint(1, self.calls[call])
        if luck < 0.8:
            return faults.Fault(self.home, "kill" if luck < 0.6 else "power", call, at, draw=self.draw)
        return faults.Fault(self.home, self.draw.choice(("EIO", "ENOSPC")), call, at, self.draw.choice((1, 3, 10**6)))

    def people_change(self) -> None:
        self.boxes.trouble = lambda: self.draw.choices(("none", "refused", "answer lost"), (92, 5, 3))[0]
        if self.draw.random() < 0.02:
            self.readers = people.edited(self.readers, self.draw, self.night)
        if self.draw.random() < 0.01:
            self.topics = tuple(t for t in TOPICS if t == "SLE" or self.draw.random() < 0.6)

    # ---- what must be true ----

    def must_end(self, ended: str, weather: registry.Weather, fault: faults.Fault) -> None:
        """How a night may end, by docs/night.md."""
        if fault.met:
            return
        must = "held" if self.sources.registry.has_lied else "published"
        must = "failed" if weather.kind in ("down", "refused") else must
        if ended != must:
            self.complain([f"the night ended {self.last_said}, though the weather was {weather.kind}"])

    def judge(self, *, is_quiet: bool) -> None:
        if not (self.home / "state.sqlite").exists():
            # The power went before the first sync: of a home in which nothing was done yet nothing need be left.
            if self.published or self.boxes.taken:
                self.complain(["the home is gone"])
            return
        with self.journal() as journal:
            runs = journal.execute("SELECT run_id, clock_at, status FROM runs ORDER BY rowid").fetchall()
        # Killed in between, a release has its name before the journal hears of it.
        named = self._published_run()
        fresh = [
            (run, clock) for run, clock, status in runs
            if (status == "published" or run == named) and run not in self.published
        ]  # fmt: skip
        if not fresh and not self.published:
            return
        for run_id, clock in fresh:
            attempt = self.attempts[clock]
            self.memory.apply(run_id, datetime.fromisoformat(clock), attempt.sights, attempt.papers)
            self.published.add(run_id)
        self.complain(self.found(is_quiet, [run for run, _, _ in runs]))

    def _published_run(self) -> str | None:
        path = self.home / "cartrials.duckdb"
        if not path.exists():
            return None
        with duckdb.connect(str(path), read_only=True) as connection:
            return (connection.execute("SELECT run_id FROM release").fetchone() or (None,))[0]

    def found(self, is_quiet: bool, runs: list[str]) -> Iterator[str]:
        if not (self.home / "cartrials.duckdb").exists():
            yield "there is no published file"
            return
        yield from self._last_run(is_quiet, runs)
        with duckdb.connect(str(self.home / "cartrials.duckdb"), read_only=True) as connection:
            yield from judge.tables(connection, self.memory)
            yield from judge.events(connection, self.memory)
            yield from judge.as_of(connection, self.memory, self._moments(1))
            if self.night % ALL_EVERY == 0:
                yield from judge.as_of(connection, self.memory, self._moments(12))
        with self.journal() as journal:
            yield from self.alerts.judge(journal, self.memory, self.readers, self.topics, self.boxes, is_quiet=is_quiet)
        if is_quiet:
            yield from judge.files(self.home, set(runs))
        if self.night % REBUILD_EVERY == 0:
            yield from self._rebuilt()

    def _last_run(self, is_quiet: bool, runs: list[str]) -> Iterator[str]:
        self.released |= {path.stem for path in (self.home / "releases").glob("*.duckdb")}
        were = [run_id for run_id in runs if run_id in self.released]
        run_id, last = self._published_run(), self.memory.nights[-1][0]
        if run_id != last:
            yield f"the published file is that of run {run_id}, the last published run is {last}"
        yield from judge.releases(self.home, KEEP, last, were=were, is_quiet=is_quiet)

    def _moments(self, count: int) -> Iterator[tuple[datetime, datetime]]:
        first = self.memory.nights[0][1]
        last = max(clock for _, clock in self.memory.nights)
        for _ in range(count):
            known_at = first + (last - first) * self.draw.random()
            yield (known_at if self.draw.random() < 0.5 else first + (last - first) * self.draw.random()), known_at

    def _rebuilt(self) -> Iterator[str]:
        outside = product.Outside(lambda: self.clock)
        for name, (before, after) in product.rebuild(self.settings(), outside).items():
            yield f"a rebuild makes {name} otherwise: {before[:12]}, then {after[:12]}"

    def end(self) -> None:
        """Quiet nights, after which nothing may wait; then everything once more."""
        with_faults, self.with_faults = self.with_faults, False
        for _ in range(9):
            self.night += 1
            self.story.live_a_day()
            self.boxes.trouble = lambda: "none"
            self.make(registry.Weather(), self.fault())
        self.with_faults = with_faults
        with duckdb.connect(str(self.home / "cartrials.duckdb"), read_only=True) as connection:
            self.complain(judge.as_of(connection, self.memory, self._moments(30)))
        with self.journal() as journal:
            self.complain(self.alerts.waiting(journal, self.readers, self.clock.date()))
        self.complain(self._rebuilt())

    @property
    def befell(self) -> str:
        """How the last night ended, and what befell it."""
        fault = self.last_fault
        return f"{self.last_said}; {fault.kind} at {fault.met}" if fault.met else self.last_said

    def complain(self, found: Any) -> None:
        sentences = list(found)
        if sentences:
            raise Violation(f"seed {self.seed}, night {self.night} ({self.befell}): " + "\n  ".join(sentences))

    @contextmanager
    def journal(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(f"file:{self.home / 'state.sqlite'}?mode=ro", uri=True)
        try:
            yield connection
        finally:
            connection.close()


def scratch() -> Path:
    """A folder in memory where the system has one: a decade of syncs would wait for the disk."""
    memory = Path("/dev/shm")
    return Path(tempfile.mkdtemp(prefix="decade-", dir=memory if memory.is_dir() else None))


def live(seed: int, nights: int, **given: Any) -> World:
    """A world from its beginning to its end. Raises Violation; its folder is removed."""
    folder = scratch()
    try:
        world = World(seed, folder, **given)
        world.live(nights)
        return world
    finally:
        shutil.rmtree(folder, ignore_errors=True)

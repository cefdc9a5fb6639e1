"""One try: from its beginning a scenario is killed or failed, then comes the next run; what is wrong after it."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import count
from pathlib import Path

from flows.cli import exit_code, sentence
from flows.storage.journal import Journal
from tests.flows.kills import standing, tracing
from tests.flows.kills.scenarios import Ground, Scenario, copied
from tests.flows.kills.standing import Published, Standing
from tests.flows.kills.told import Servers
from tests.flows.kills.tracing import Call

ORPHANS_END_WITHIN = 10  # seconds
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER: what a killed run leaves behind becomes a child of this process
GOOD = (0, 5)  # exit codes of a run that published


@dataclass(frozen=True)
class Ended:
    """How a run ended: its exit code (None: killed) and what it said."""

    code: int | None
    said: str = ""


@dataclass(frozen=True)
class Undisturbed:
    """A scenario that nobody disturbed: its calls, its seconds, what stood before, between and after."""

    calls: list[Call]
    seconds: float
    before: Standing
    between: Standing
    after: Standing
    taken: Counter[tuple[str, str]]


@dataclass
class Tries:
    """Tries of one scenario below `folder`, one after the other. Its process must have no thread of its own."""

    name: str
    scenario: Scenario
    ground: Ground
    servers: Servers
    beginning: Path  # of the folder of a ground
    complaints: list[str] = field(default_factory=list)
    known: dict[str, Published] = field(default_factory=dict)

    @cached_property
    def undisturbed(self) -> Undisturbed:
        """The scenario and its next run, with every call that it makes. Raises TracingRefused."""
        log, since = self.ground.folder.with_name("calls.log"), self.servers.size()
        before = self.begin()
        started = time.monotonic()
        ended = self.run(self.scenario.work, lambda pid: tracing.counting(pid, log))
        seconds = time.monotonic() - started
        between = self.stands()
        again = self.run(self.scenario.again)
        if (ended.code, again.code) != (0, 0):
            raise RuntimeError(f"{self.name} undisturbed ended with {ended} and then {again}")
        taken = self.servers.taken(self.name, since)
        return Undisturbed(tracing.calls_of(log, self.ground.folder), seconds, before, between, self.stands(), taken)

    def begin(self) -> Standing:
        copied(self.beginning, self.ground.folder)
        return self.stands()

    def stands(self) -> Standing:
        return standing.standing(self.ground.home, self.ground.beside, self.known)

    def killed_at(self, moment: float) -> list[str]:
        """Complaints of a try that is killed after so many seconds."""
        return self.judged(lambda: self.run(self.scenario.work, moment=moment))

    def ended_at(self, call: Call, what: str) -> list[str]:
        """Complaints of a try that meets a signal or an error at a call."""
        trace = partial(tracing.ending, call=call, folder=self.ground.folder, what=what)
        return self.judged(lambda: self.run(self.scenario.work, lambda pid: trace(pid)))

    def judged(self, disturb: Callable[[], Ended]) -> list[str]:
        expected, since = self.undisturbed, self.servers.size()
        copied(self.beginning, self.ground.folder)
        self.complaints = []
        ended = disturb()
        self.judge_ending(ended, expected)
        again = self.run(self.scenario.again)
        self.complain(again.code != 0, f"the next run ended with {again.code}: {again.said}")
        self.complaints += self.stands().differences(expected.after)
        self.judge_messages(self.servers.taken(self.name, since), expected.taken)
        return self.complaints

    def judge_ending(self, ended: Ended, expected: Undisturbed) -> None:
        """How it ended, and what a reader finds at this moment."""
        self.complain(ended.code not in (None, 1, *GOOD), f"it ended with {ended.code}: {ended.said}")
        unforeseen = ended.said.startswith("Unexpected") or (ended.code == 1 and not ended.said)
        self.complain(unforeseen, f"it said: {ended.said}")
        try:
            found = self.stands()
            standing.in_child(lambda: read_journal(self.ground.home))
        except RuntimeError as error:
            self.complaints.append(f"readers cannot read: {error}")
            return
        allowed = [expected.before.fingerprints, expected.between.fingerprints]
        self.complain(found.fingerprints not in allowed, "readers read neither the release before nor the one after")
        lie = ended.code == 1 and "Nothing was published" in ended.said
        self.complain(lie and found.fingerprints != expected.before.fingerprints, f"untrue: {ended.said}")

    def judge_messages(self, taken: Counter[tuple[str, str]], expected: Counter[tuple[str, str]]) -> None:
        self.complain(taken.keys() != expected.keys(), f"messages {sorted(taken)}, expected {sorted(expected)}")
        self.complain(taken.total() > len(taken) + 1, f"messages were repeated: {dict(taken)}")

    def complain(self, wrong: bool, what: str) -> None:
        if wrong:
            self.complaints.append(what)

    def run(
        self, act: Callable[[Ground], int], trace: Callable[[int], subprocess.Popen[bytes]] | None = None,
        moment: float | None = None,
    ) -> Ended:  # fmt: skip
        """Act in a forked process, traced, or killed after `moment` seconds; complains of processes that it leaves."""
        told = self.ground.folder.with_name("ended.json")
        told.unlink(missing_ok=True)
        waiting, go = os.pipe()
        child = os.fork()
        if not child:
            os.close(go)
            acted(lambda: act(self.ground), waiting, told)
        os.close(waiting)
        tracer = trace(child) if trace else None
        os.close(go)
        if moment is not None:
            time.sleep(moment)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if tracer:
            tracing.ended(tracer)
        left = list(orphans())
        self.complain(bool(left), f"processes left: {left}")
        if told.exists():
            return Ended(**json.loads(told.read_text()))
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        return Ended(None) if killed else Ended(status, "It died.")


def acted(act: Callable[[], int], waiting: int, told: Path) -> None:
    """In the forked process: wait until it may begin, act, write down how it ended. Never returns."""
    tracing.traceable()
    os.read(waiting, 1)
    # The names of folders made for a while are the same each time: a call on a file in them can be found again.
    tempfile._name_sequence = (f"killed{number}" for number in count())  # type: ignore[attr-defined]
    try:
        with standing.silence():
            ended = Ended(act())
    except Exception as error:  # noqa: BLE001  (what a command makes of it is what is looked at)
        ended = Ended(exit_code(error), sentence(error))
        if os.environ.get("CARTRIALS_DEBUG_KILLS"):
            import traceback

            traceback.print_exc(file=sys.__stderr__)
    part = told.with_suffix(".part")
    part.write_text(json.dumps(vars(ended)))
    part.replace(told)
    os._exit(0)


def orphans() -> Iterator[int]:
    """Processes that a run left; those that end by themselves within seconds are not left."""
    until = time.monotonic() + ORPHANS_END_WITHIN
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0 and time.monotonic() > until:
            break
        if pid == 0:
            time.sleep(0.01)
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    for pid in map(int, children):
        yield pid
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def read_journal(home: Path) -> None:
    if (home / "state.sqlite").exists() and (home / "cartrials.duckdb").exists():
        with Journal(home / "state.sqlite", read_only=True) as journal:
            journal.rows("SELECT * FROM runs")


def adopt_orphans() -> None:
    ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def made(scenario: Scenario, ground: Ground, source: Path | None, target: Path) -> None:
    """Make the beginning of a scenario at `target`, from another one or from nothing."""
    shutil.rmtree(ground.folder, ignore_errors=True)
    if source is not None:
        copied(source, ground.folder)
    ground.folder.mkdir(parents=True, exist_ok=True)
    if scenario.begin is not None:
        begin = scenario.begin
        standing.in_child(lambda: begin(ground))
    copied(ground.folder, target)

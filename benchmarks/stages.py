"""Where a night's time goes: the functions of each stage, timed from outside."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from typing import Any

from flows.ingest import landing
from flows.load import load, validate
from flows.runs import lifecycle
from flows.sources import recorded
from flows.storage import archive, journal, manifests
from warehouse.release import publish

REST = "everything else"
TELL = "alerts and report"

# Stage -> where its functions are looked up. What a function calls of another stage counts there.
STAGES: tuple[tuple[str, tuple[tuple[Any, str], ...]], ...] = (
    ("read the recording", ((recorded, "pages"),)),
    ("hash and archive", ((landing.Landing, "land"), (archive.Pack, "__exit__"))),
    (
        "manifests and seal",
        ((manifests.Manifests, "write"), (manifests.Manifests, "write_seal"), (lifecycle, "seal_of")),
    ),
    ("count what was there", ((lifecycle, "before"), (validate, "records_with_values"))),
    ("read the archive", ((archive.Packs, "read"), (archive.Archive, "entry"))),
    ("plan", ((load, "plan_of"),)),
    ("normalize and profile (or wait for it)", ((load, "batches"),)),
    ("check", ((validate.Checker, "__call__"),)),
    ("write rows", ((load, "write_rows"),)),
    ("apply the run: states, ties, events", ((load, "apply_run"),)),
    ("versions and states", ((load.sightings, "write_spans"),)),
    ("gate", ((lifecycle, "gate_results"),)),
    ("journal", ((lifecycle, "note_quality"), (journal.Journal, "tables"))),
    ("write the release, its fingerprint", ((publish, "publish"), (publish, "prune"))),
)


class Stopwatch:
    """Wall and CPU seconds of this process by stage; the stage that began last is the one that runs."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = dict.fromkeys((REST, TELL, *(stage for stage, _ in STAGES)), 0.0)
        self.cpu: dict[str, float] = dict(self.wall)
        self._running = [REST]
        self._since = (time.perf_counter(), time.process_time())

    def install(self) -> None:
        """Put a timed function in the place of each one listed."""
        for stage, places in STAGES:
            for owner, name in places:
                setattr(owner, name, self.timed(stage, getattr(owner, name)))

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, its time counted under `stage`."""

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._begin(stage)
            try:
                result = function(*args, **kwargs)
            finally:
                self._end()
            return self._timed_steps(stage, result) if isinstance(result, Iterator) else result

        return timed

    def _timed_steps(self, stage: str, steps: Iterator[Any]) -> Iterator[Any]:
        """A generator works when it is asked for the next thing: only that is its time."""
        nothing = object()
        while True:
            self._begin(stage)
            try:
                step = next(steps, nothing)
            finally:
                self._end()
            if step is nothing:
                return
            yield step

    def _begin(self, stage: str) -> None:
        self._note()
        self._running.append(stage)

    def _end(self) -> None:
        self._note()
        self._running.pop()

    def _note(self) -> None:
        """What has passed since the last change goes to the stage that ran."""
        now = (time.perf_counter(), time.process_time())
        self.wall[self._running[-1]] += now[0] - self._since[0]
        self.cpu[self._running[-1]] += now[1] - self._since[1]
        self._since = now

    def told(self) -> dict[str, dict[str, float]]:
        self._note()
        return {
            stage: {"seconds": round(self.wall[stage], 3), "cpu_seconds": round(self.cpu[stage], 3)}
            for stage in self.wall
        }

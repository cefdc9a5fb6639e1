"""Kill recorded runs at random moments, run again, and write down what stands then.

    python -m tests.flows.killing RECORDINGS FOLDER MOMENTS SEED

A process of its own that imports everything once and forks a child for each run: fifty starts of
Python would take longer than the runs. Prints one JSON line for the undisturbed run and one a moment.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import expectations.sentences  # noqa: F401  (imported before the forks, like all below)
from expectations import check, suites  # noqa: F401
from flows import nights
from flows.settings import load
from transforms import batch

LANES = 2


def main(recordings: Path, folder: Path, moments: int, seed: int) -> None:
    first, *_ = sorted(recordings.iterdir())
    warm(first)
    shutil.copytree(first, folder / "first-night" / first.name)
    undisturbed, after_first = folder / "undisturbed", folder / "after-first"
    first_takes = seconds_of(run_in_child(folder / "first-night", undisturbed))
    shutil.copytree(undisturbed, after_first)
    second_takes = seconds_of(run_in_child(recordings, undisturbed))
    told = {"moment": None, "duration": first_takes + second_takes, **what_stands(undisturbed)}
    print(json.dumps(told), flush=True)
    draw = random.Random(seed)
    # One in five is killed on its way from nothing, the others in their second night: it costs half as much.
    drawn: list[tuple[Path | None, float]] = [
        (None, draw.uniform(0, first_takes + second_takes)) if number % 5 == 0
        else (after_first, draw.uniform(0, second_takes))
        for number in range(moments)
    ]  # fmt: skip
    # Each lane a process, as many as two cores can serve.
    lanes = [in_child(lambda lane=lane: kill_at(drawn[lane::LANES], recordings, folder / f"lane-{lane}"))
             for lane in range(LANES)]  # fmt: skip
    for lane in lanes:
        wait_for(lane)


def warm(night: Path) -> None:
    """Compile the patterns of the profile here, once; else each child would. Starts no thread, which a fork must not
    meet.
    """
    studies = (night / "ctgov.jsonl").read_bytes().splitlines()
    batch.studies([batch.Item(None, "", raw) for raw in studies], {}, batch.Context(datetime(2026, 9, 1), "warm"))


def seconds_of(child: int) -> float:
    started = time.monotonic()
    wait_for(child)
    return time.monotonic() - started


def kill_at(drawn: list[tuple[Path | None, float]], recordings: Path, folder: Path) -> None:
    """For each moment: a run that is killed then, another run, and what stands after it."""
    for number, (beginning, moment) in enumerate(drawn):
        home = folder / f"killed-{number}"
        if beginning:
            shutil.copytree(beginning, home)
        child = run_in_child(recordings, home)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        before = sorted(path.name for path in home.glob("*")) if home.exists() else []
        wait_for(run_in_child(recordings, home))
        print(json.dumps({"moment": moment, "left_behind": before, **what_stands(home)}), flush=True)
        shutil.rmtree(home)


def run_in_child(recordings: Path, home: Path) -> int:
    """Start a plain recorded run in a forked process; its pid."""
    return in_child(lambda: nights.run(load(home=home), nights.Options(recorded=recordings)))


def in_child(work: Callable[[], object]) -> int:
    """Do `work` in a forked process; its pid."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except BaseException as error:  # noqa: BLE001  (a forked child must not return into its parent's code)
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)


def wait_for(child: int) -> None:
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"the run ended with {os.waitstatus_to_exitcode(status)}")


def what_stands(home: Path) -> dict[str, object]:
    """Fingerprints and events of the published file, read in a child: DuckDB's threads must not meet a fork."""
    result = home / "stands.json"
    child = os.fork()
    if not child:
        import duckdb

        from warehouse.fingerprint import content_fingerprints

        with duckdb.connect(str(home / "cartrials.duckdb"), read_only=True) as warehouse:
            events = warehouse.execute("SELECT event_id FROM trial_events ORDER BY 1").fetchall()
            runs = warehouse.execute("SELECT count(*) FROM runs WHERE status = 'published'").fetchall()
            told = {
                "fingerprints": dict(content_fingerprints(warehouse)),
                "events": [e for (e,) in events],
                "published": runs[0][0],
            }
        result.write_text(json.dumps(told))
        os._exit(0)
    wait_for(child)
    stands: dict[str, object] = json.loads(result.read_text())
    return stands


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))

"""How long the report takes, and how large it is: `python -m benchmarks.report [TRIALS]`.

Made-up warehouses, a process of its own for what a night pays (imports are paid anyway), and the time
of each part. Seconds are wall-clock; CPU seconds beside them tell a busy machine from slow code.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from flows.report import contents
from flows.report.build import build_report
from flows.report.page import page
from tests.warehouse import made_up
from warehouse.querying.reading import published

T = TypeVar("T")


def main(listed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        # Of the made-up registrations about seven in ten are in scope: make enough that `listed` are shown.
        file = made_up.build(Path(folder) / "cartrials.duckdb", made_up.rows(int(listed / 0.7)))
        for attempt in ("first", "again"):
            written = timed(f"whole report, {attempt}", lambda: build_report(file, Path(folder) / "index.html"))
        with published(file) as connection:
            read = timed("  reading", lambda: contents.read_contents(connection))
        timed("  page", lambda: page(read))
        print(f"{len(read.dossiers)} trials, {written.stat().st_size / 1e6:.2f} MB")


def timed(what: str, do: Callable[[], T]) -> T:
    began, cpu = time.perf_counter(), time.process_time()
    done = do()
    print(f"{what:28} {time.perf_counter() - began:6.2f} s  ({time.process_time() - cpu:.2f} s CPU)")
    return done


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)

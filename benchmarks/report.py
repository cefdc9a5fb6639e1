"""How long the report takes, and how large it is: `python -m benchmarks.report [TRIALS]`.

Made-up warehouses, a process of its own for what a night pays (imports are paid anyway), and the time
of each part. Seconds are wall-clock; CPU seconds beside them tell a busy machine from slow code.
"""

from __future__ import annotations

import argparse
import json
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


def main(listed: int, json_path: Path | None = None) -> None:
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        # Of the made-up registrations about seven in ten are in scope: make enough that `listed` are shown.
        file = made_up.build(Path(folder) / "cartrials.duckdb", made_up.rows(int(listed / 0.7)))
        for attempt in ("first", "again"):
            written, figures[f"{attempt}, seconds"] = timed(
                f"whole report, {attempt}", lambda: build_report(file, Path(folder) / "index.html")
            )
        with published(file) as connection:
            read, figures["reading, seconds"] = timed("  reading", lambda: contents.read_contents(connection))
        _, figures["page, seconds"] = timed("  page", lambda: page(read))
        figures["megabytes"] = written.stat().st_size / 1e6
        print(f"{len(read.dossiers)} trials, {figures['megabytes']:.2f} MB")
    if json_path:
        json_path.write_text(json.dumps(figures, indent=2) + "\n")


def timed(what: str, do: Callable[[], T]) -> tuple[T, float]:
    """What it gives, and the seconds of the processor that it took."""
    began, cpu = time.perf_counter(), time.process_time()
    done = do()
    spent = time.process_time() - cpu
    print(f"{what:28} {time.perf_counter() - began:6.2f} s  ({spent:.2f} s CPU)")
    return done, spent


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("listed", type=int, nargs="?", default=1000, help="trials that the report shows")
    options.add_argument("--json", type=Path, metavar="PATH", help="write the measures there too")
    given = options.parse_args()
    main(given.listed, given.json)

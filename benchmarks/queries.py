"""How long each trend query takes, on warehouses of generated rows.

    python -m benchmarks.queries                 # 1,000 and 100,000 trials
    python -m benchmarks.queries 5000 --runs 5 --cpu

Limits: 50 ms on 1,000 trials, 0.5 s on 100,000; a query that takes longer is marked and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from tests.warehouse import made_up
from warehouse.querying import named
from warehouse.querying.reading import Connection, published
from warehouse.schema import TABLES

SEED = 1_000  # registrations drawn; more are copies of them under other numbers
LIMITS = ((1_000, 0.050), (100_000, 0.500))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trials", nargs="*", type=int, default=[size for size, _ in LIMITS])
    parser.add_argument(
        "--runs", type=int, default=7, help="runs of each query, after one to warm up; the fastest counts"
    )
    parser.add_argument(
        "--cpu", action="store_true", help="processor time of all threads, for a machine that others keep busy"
    )
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the seconds there too")
    asked = parser.parse_args()
    clock = time.process_time if asked.cpu else time.perf_counter
    sizes = [max(SEED, size // SEED * SEED) for size in asked.trials]
    times: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for size in sizes:
            path = generated(Path(folder) / f"{size}.duckdb", size)
            with published(path) as connection:
                times[size] = {name: measured(connection, name, asked.runs, clock) for name in named.queries()}
    if asked.json:
        asked.json.write_text(json.dumps(times, indent=2) + "\n")
    return report(times)


def generated(path: Path, size: int) -> Path:
    """A warehouse of `size` registrations: a thousand drawn, and copies of them under other numbers."""
    made_up.build(path, made_up.rows(SEED))
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "UPDATE trials SET eligibility_criteria = repeat('Inclusion and exclusion, at length. ', 100)"
        )
        for table in TABLES:
            names = table.column_names
            keyed = {
                "nct_id": "'NCT' || (CAST(substr(nct_id, 4) AS BIGINT) + ? * copy)",
                "pmid": "CAST(CAST(pmid AS BIGINT) + ? * copy AS VARCHAR)",
            }
            moved = [keyed.get(name, name) for name in names]
            steps = [SEED for name in names if name in keyed]
            if steps:
                copies = f"SELECT {', '.join(moved)} FROM {table.name}, range(1, ?) AS copies(copy)"
                connection.execute(f"INSERT INTO {table.name} {copies}", [*steps, size // SEED])
        connection.execute("CHECKPOINT")
    return path


def measured(connection: Connection, name: str, runs: int, clock: Callable[[], float]) -> float:
    """Seconds of a query with all its rows fetched: the fastest run, since others share the machine."""
    named.run(connection, name)
    found = []
    for _ in range(runs):
        began = clock()
        named.run(connection, name)
        found.append(clock() - began)
    return min(found)


def report(times: dict[int, dict[str, float]]) -> int:
    """Print milliseconds by query and size; 1 where a limit is passed."""
    print(f"{'query':32}" + "".join(f"{size:>12,}" for size in times))
    is_slow = False
    for name in named.queries():
        cells = []
        for size, found in times.items():
            limit = next((seconds for trials, seconds in LIMITS if size <= trials), LIMITS[-1][1])
            is_slow |= found[name] > limit
            cells.append(f"{found[name] * 1000:>11.1f}{'!' if found[name] > limit else ' '}")
        print(f"{name:32}" + "".join(cells))
    return int(is_slow)


if __name__ == "__main__":
    sys.exit(main())

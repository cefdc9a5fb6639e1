"""How many records a second one core profiles: as they come, and where every record is a CAR trial.

    python benchmarks/profile.py [--rounds N] [--json PATH]

Needs ../shared/registry/ctgov. Records are parsed beforehand and the garbage collector rests, as in
the pipeline; time is the process's own; the best of the rounds counts. 10,000 records each: the
files again from their beginning.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from transforms.profile import profile_study  # noqa: E402
from transforms.profile.reading.memo import forget  # noqa: E402

REAL = ROOT / ".." / "shared" / "registry" / "ctgov"
RECORDS = 10_000


def studies(name: str) -> list[dict[str, Any]]:
    with gzip.open(REAL / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def rate(records: list[dict[str, Any]], rounds: int) -> float:
    """Records a second, best of `rounds`."""
    many = list(itertools.islice(itertools.cycle(records), RECORDS))
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        gc.disable()
        begin = time.process_time()
        for number, record in enumerate(many):
            if number % len(records) == 0:
                forget()  # what rules remember of these very records: a night does not read them twice
            profile_study(record)
        best = min(best, time.process_time() - begin)
        gc.enable()
    return len(many) / best


def main() -> None:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not REAL.exists():
        sys.exit(f"{REAL} is absent: there is nothing to measure")
    whole, cancer = studies("studies"), studies("oncology_car_t")
    immune = studies("autoimmune_car_t_2026-07-03")
    car = [s for s in whole if profile_study(s).scope_reason not in ("no_car", "cells_without_car")]
    sets = {
        "studies as they come": whole,
        "CAR trials among them": car,
        "CAR trials in cancer (short records)": cancer,
        "CAR trials in immune-mediated disease (short records)": immune,
    }
    found = {name: rate(records, options.rounds) for name, records in sets.items()}
    for name, per_second in found.items():
        print(f"{name:55} {len(sets[name]):5} records  {per_second:8,.0f} a second")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Worlds of nights: `python -m tests.world.decade --seed 7 --nights 365 [--worlds 10 --at-once 2]`."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tests.world.world import Violation, live


def told(seed: int, nights: int, with_checks: bool, with_faults: bool) -> tuple[bool, str]:
    """Whether a world was well, and a line about it."""
    began = time.perf_counter()
    try:
        world = live(seed, nights, with_checks=with_checks, with_faults=with_faults)
    except Violation as violation:
        return False, str(violation)
    took = time.perf_counter() - began
    early, late = (sorted(some)[len(some) // 2] * 1000 for some in (world.seconds[10:60], world.seconds[-50:]))
    return True, (
        f"seed {seed}: {world.night} nights in {took:.0f} s, {took / world.night * 1000:.0f} ms a night; "
        f"a night took {early:.0f} ms early, {late:.0f} ms late; {dict(world.met)}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--worlds", type=int, default=1, help="so many seeds")
    parser.add_argument("--at-once", type=int, default=1, help="so many worlds at a time")
    parser.add_argument("--long", type=int, default=0, help="one more world beside them, of so many nights")
    parser.add_argument("--checks", action="store_true", help="Great Expectations on a sample of nights")
    parser.add_argument("--calm", action="store_true", help="no kill and no failing disk")
    given = parser.parse_args()
    worlds = [(given.seed + number, given.nights) for number in range(given.worlds)]
    if given.long:
        worlds.insert(0, (given.seed + given.worlds, given.long))
    with ProcessPoolExecutor(given.at_once, mp_context=get_context("spawn")) as pool:
        done = [pool.submit(told, seed, nights, given.checks, not given.calm) for seed, nights in worlds]
        ends = []
        for one in as_completed(done):
            is_well, line = one.result()
            ends.append(is_well)
            print(line, flush=True)
    return 0 if all(ends) else 1


if __name__ == "__main__":
    sys.exit(main())

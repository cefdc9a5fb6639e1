"""What a night asks of others and of the disk, in counts that no busy machine moves: speed that stays."""

from __future__ import annotations

import sqlite3
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb
import pytest

from tests.world import faults, registry
from tests.world.world import World

SEED = 3
DATABASES = (duckdb.DuckDBPyConnection, sqlite3.Connection)
NIGHTS = 8  # before the one that is counted
# At most; and no less than four fifths of it: who makes a night cheaper writes down how cheap it is now.
MOST = {
    "without news": {"requests": 3, "statements": 325, "syncs": 35, "kilobytes kept": 7},
    "with news": {"requests": 8, "statements": 365, "syncs": 50, "kilobytes kept": 12},
}


@contextmanager
def counting(world: World) -> Iterator[Counter[str]]:
    """Requests to the sources, statements to both databases, syncs, and what the archive grew by."""
    counts: Counter[str] = Counter()
    run = world._run

    def noting(frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and called.__name__ == "execute" and isinstance(called.__self__, DATABASES):
            counts["statements"] += 1
        elif event == "call" and frame.f_code is registry.Adapter.send.__code__:
            counts["requests"] += 1

    def counted(*given: Any) -> str:  # what the judge asks is not the night's
        sys.setprofile(noting)
        try:
            return run(*given)
        finally:
            sys.setprofile(None)

    before = _kilobytes(world.home)
    world._run = counted  # type: ignore[method-assign]
    try:
        yield counts
    finally:
        world._run = run  # type: ignore[method-assign]
    counts["syncs"] = world.calls["sync"]
    counts["kilobytes kept"] = round(_kilobytes(world.home) - before)


def _kilobytes(home: Path) -> float:
    return sum(path.stat().st_size for path in (home / "archive").rglob("*") if path.is_file()) / 1024


@pytest.mark.timeout(600)
def test_a_night_asks_no_more_than_it_did(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    world = World(SEED, tmp_path, with_faults=False)
    for _ in range(NIGHTS):
        world.night += 1
        world.story.live_a_day()
        world.make(registry.Weather(), faults.Fault(world.home))
    found = {}
    for kind in MOST:
        world.night += 1
        if kind == "with news":
            world.story.stamp = f"{world.story.day}T12:00:00"
            for _ in range(3):
                world.story._edit()
                world.story._published()
        with counting(world) as counts:
            world.make(registry.Weather(), faults.Fault(world.home))
        found[kind] = dict(counts)
    record_property("says", f"a night takes {found}")
    other = [
        f"{kind}: {counts.get(name, 0)} {name}, said to be {MOST[kind][name]}"
        for kind, counts in found.items() for name in MOST[kind] if not _holds(counts.get(name, 0), MOST[kind][name])
    ]  # fmt: skip
    assert not other, "; ".join(other)


def _holds(found: int, most: int) -> bool:
    return most * 0.8 - 3 <= found <= most

"""As many nights of drawn worlds as fit into the time there is.

CARTRIALS_WORLD_SECONDS says how long. A violation names its seed and its night:
`python -m tests.world.decade --seed SEED --nights NIGHT` shows it again.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.world.world import World

SECONDS = float(os.environ.get("CARTRIALS_WORLD_SECONDS", "20"))
SEED = os.environ.get("CARTRIALS_WORLD_SEED")  # read now: no test keeps the settings of this machine
NIGHTS = 40  # of one world, before the next seed is drawn
FEWEST = 12  # of the first world, however little time there is

pytestmark = pytest.mark.timeout(1800)


def test_as_many_nights_as_fit(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Where `CARTRIALS_WORLD_SEED` is not given, the first seed is drawn."""
    first = int(SEED) if SEED else random.SystemRandom().randrange(10**6)
    ends, nights, seed = time.monotonic() + SECONDS, 0, first
    while nights == 0 or time.monotonic() < ends:
        world = World(seed, tmp_path / str(seed))
        while world.night < NIGHTS and (world.night < FEWEST or time.monotonic() < ends):
            world.live_a_night()
        world.end()
        nights, seed = nights + world.night, seed + 1
    record_property("says", f"{nights} nights of drawn worlds, seeds {first} to {seed - 1}: no violation")

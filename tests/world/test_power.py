"""The power goes on five kinds of night; what no sync had reached is lost, and the next run mends it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.world import faults, product, registry
from tests.world.world import Attempt, Violation, World
from warehouse import disk

CUTS = int(os.environ.get("CARTRIALS_POWER_CUTS", "1"))  # of each kind of night
SEED = 11
LYING, CALM = registry.Weather("lying"), registry.Weather()

pytestmark = pytest.mark.timeout(1800)

Make = Callable[[World, faults.Fault], None]


def _with_news(world: World, fault: faults.Fault) -> None:
    for _ in range(3):
        world.story.live_a_day()
    world.make(CALM, fault)


def _without_news(world: World, fault: faults.Fault) -> None:
    world.make(CALM, fault)


def _accepted(world: World, fault: faults.Fault) -> None:
    world.story.live_a_day()
    world.story.stamp = f"{world.story.day}T09:00:00"  # the registry has reloaded: it is asked, and lies
    world.make(LYING, faults.Fault(world.home), accepting=fault)


def _rebuilt(world: World, fault: faults.Fault) -> None:
    attempt = Attempt(world.story.sights(), dict(world.story.papers))
    world._run(attempt, fault, lambda settings, outside: str(product.rebuild(settings, outside)))
    world.judge(is_quiet=False)


KINDS: dict[str, Make] = {
    "with news": _with_news, "without news": _without_news, "accepted": _accepted, "rebuilt": _rebuilt,
}  # fmt: skip


def _cut(home: Path, calls: Counter[str], draw: Random) -> faults.Fault:
    call = draw.choice(sorted(calls))
    return faults.Fault(home, "power", call, draw.randint(1, calls[call]), draw=draw)


def _cut_and_mend(world: World, make: Make, calls: Counter[str], draw: Random) -> int:
    """How much a cut took on a night of this kind; the next is a calm one, and all is well."""
    world.night += 1
    fault = _cut(world.home, calls, draw)
    make(world, fault)
    assert fault.unsynced
    assert fault.met, f"seed {SEED}: {fault.call} was not reached"
    world.night += 1
    _without_news(world, faults.Fault(world.home))
    return len(fault.unsynced.lost)


def _cuts(folder: Path, seed: int) -> dict[str, int]:
    draw, lost = Random(seed), dict.fromkeys(("first", *KINDS), 0)
    world = World(SEED, folder / "calm")
    world.night = 1
    world.make(CALM, faults.Fault(world.home))
    for number in range(CUTS):
        other = World(SEED, folder / str(number))
        lost["first"] += _cut_and_mend(other, _without_news, world.calls, draw)
    for kind, make in KINDS.items():
        world.night += 1
        make(world, faults.Fault(world.home))
        calls = world.calls
        for _ in range(CUTS):
            lost[kind] += _cut_and_mend(world, make, calls, draw)
    return lost


def test_what_a_power_cut_takes_the_next_run_mends(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    lost = _cuts(tmp_path, SEED)
    assert sum(lost.values())
    record_property("says", f"{CUTS} power cuts on each kind of night, names and ends of files that were lost: {lost}")


def test_names_that_nobody_syncs_are_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "sync_folder", lambda _folder: None)
    with pytest.raises((Violation, *product.KNOWN_ERRORS)):
        for number in range(3):
            _cuts(tmp_path / str(number), SEED + number)

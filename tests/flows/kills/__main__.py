"""Draw moments, calls and errors over all scenarios, and try them: a process for each scenario, two at a time."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import flows.cli.commands.nightly  # noqa: F401  (imported before the forks, like all below)
from flows.alerts.subscribers.addresses import address_of
from tests.flows.forking import LANES, in_child, warm
from tests.flows.kills import told, tracing, trying
from tests.flows.kills.scenarios import BEGINNINGS, SCENARIOS, Ground, Scenario
from tests.flows.kills.told import Servers
from tests.flows.kills.tracing import REFUSED, TURNS, WRITES, Call, TracingRefused
from tests.flows.kills.trying import Tries
from tests.records import one_leg_watchlist

DEMO = Path(__file__).resolve().parents[3] / "demo" / "recordings"
DAYS = ("2026-09-01", "2026-09-02")
STUDIES = 25  # a night: enough for changes, arrivals and departures
TRIES_WORTH_IT = 5
KILL, DISK_FAILS, DISK_FULL = "signal=KILL", "error=EIO", "error=ENOSPC"
WATCHLIST = one_leg_watchlist(title="SLE")


@dataclass(frozen=True)
class Asked:
    """How much is to be tried of one scenario: so many drawn moments, calls and errors, or every call there is."""

    moments: int
    calls: int
    errors: int
    every: bool


def main() -> None:
    asked = arguments()
    try:
        tracing.check()
    except TracingRefused as error:
        print(error, file=sys.stderr)
        sys.exit(REFUSED)
    folder = asked.folder.absolute()
    folder.mkdir(parents=True)
    (folder / "watchlist.toml").write_text(WATCHLIST)
    record(folder / "nights")
    servers, serving = told.serve(folder)
    try:
        warm(folder / "nights" / "first" / DAYS[0])
        # Apprise loads its channels when it is first asked: here, once.
        for url in ("json://localhost", "mailto://localhost?from=a@example.com&to=b@example.org"):
            address_of(url)
        trying.adopt_orphans()
        begin(folder, servers)
        draw = random.Random(asked.seed)
        names = asked.scenario or few_of(list(SCENARIOS), asked, draw)
        shares = share_out(asked, names, draw)
        works = [lane_of(folder, servers, name, shares[name], draw.random()) for name in names]
        sys.exit(1 if run_in_lanes(works) else 0)
    finally:
        os.kill(serving, signal.SIGTERM)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.flows.kills")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--moments", type=int, default=0, help="kills at drawn moments")
    parser.add_argument("--calls", type=int, default=0, help="kills at drawn system calls")
    parser.add_argument("--errors", type=int, default=0, help="errors at drawn system calls")
    parser.add_argument("--every", action="store_true", help="a kill at every call but writes, and at 50 writes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, help="only this one")
    return parser.parse_args()


def record(folder: Path) -> None:
    """Two made-up nights, cut to a few studies that change between them; and the second with half of them."""
    for day in DAYS:
        lines = gzip.decompress((DEMO / day / "ctgov.jsonl.gz").read_bytes()).splitlines()
        some = [line for line in lines if b'"nctId":"NCT9010' in line or b'"nctId": "NCT9010' in line][:STUDIES]
        for name, chosen in {"first": some, "both": some, "half": some[:: 1 if day == DAYS[0] else 2]}.items():
            if name != "first" or day == DAYS[0]:
                night = folder / name / day
                night.mkdir(parents=True)
                (night / "ctgov.jsonl").write_bytes(b"\n".join(chosen))


def begin(folder: Path, servers: Servers) -> None:
    """The beginnings that several scenarios share, one from the other."""
    before = None
    for name, act in BEGINNINGS.items():
        ground = ground_of(folder / "beginnings", folder, servers, "reader")
        trying.made(Scenario(act, act, act), ground, before, folder / name)
        before = folder / name


def ground_of(place: Path, folder: Path, servers: Servers, name: str) -> Ground:
    place.mkdir(exist_ok=True)
    subscribers = place / "subscribers.toml"
    subscribers.write_text(servers.subscribers(name))
    return Ground(place / "ground", folder / "nights", folder / "watchlist.toml", subscribers)


def few_of(names: list[str], asked: argparse.Namespace, draw: random.Random) -> list[str]:
    """Scenarios enough for what is asked: each costs as much as some tries before its first."""
    tries = asked.moments + asked.calls + asked.errors
    return names if asked.every else draw.sample(names, min(len(names), -(-tries // TRIES_WORTH_IT)))


def share_out(asked: argparse.Namespace, names: list[str], draw: random.Random) -> dict[str, Asked]:
    """Which scenario each drawn moment, call and error falls to."""
    fallen = {
        kind: draw.choices(names, k=number)
        for kind, number in {"moments": asked.moments, "calls": asked.calls, "errors": asked.errors}.items()
    }
    return {name: Asked(*(found.count(name) for found in fallen.values()), every=asked.every) for name in names}


def lane_of(folder: Path, servers: Servers, name: str, asked: Asked, seed: float) -> Callable[[], None]:
    """The work of a process: all tries of one scenario. Exits with 1 where there was something to complain of."""
    scenario, place = SCENARIOS[name], folder / name.replace(" ", "-")

    def tried() -> None:
        if asked == Asked(0, 0, 0, every=False):
            return
        trying.adopt_orphans()
        ground = ground_of(place, folder, servers, place.name)
        trying.made(scenario, ground, folder / scenario.after if scenario.after else None, place / "beginning")
        tries = Tries(place.name, scenario, ground, servers, place / "beginning")
        bad = 0
        for what, complaints in outcomes(tries, asked, random.Random(seed)):
            print(json.dumps({"scenario": name, "what": what, "complaints": complaints}), flush=True)
            bad += bool(complaints)
        if bad:
            raise SystemExit(f"{name}: {bad} tries with complaints")

    return tried


def outcomes(tries: Tries, asked: Asked, draw: random.Random) -> Iterator[tuple[str, list[str]]]:
    """Each try and what there is to complain of."""
    calls, seconds = tries.undisturbed.calls, tries.undisturbed.seconds
    turns, writes = of(calls, TURNS), of(calls, WRITES)
    for moment in [draw.uniform(0, seconds) for _ in range(asked.moments)]:
        yield f"killed after {moment:.3f} of {seconds:.3f} s", tries.killed_at(moment)
    for call in drawn(turns, writes, asked, draw):
        yield f"killed at {call}", tries.ended_at(call, KILL)
    for number in range(asked.errors):
        call, what = draw.choice(turns if number % 2 else writes), draw.choice((DISK_FAILS, DISK_FULL))
        yield f"{what} at {call}", tries.ended_at(call, what)


def of(calls: list[Call], names: tuple[str, ...]) -> list[Call]:
    return [call for call in calls if call.name in names]


def drawn(turns: list[Call], writes: list[Call], asked: Asked, draw: random.Random) -> list[Call]:
    if asked.every:
        return [*turns, *draw.sample(writes, min(50, len(writes)))]
    return [draw.choice(turns if number % 4 else writes) for number in range(asked.calls)]


def run_in_lanes(works: list[Callable[[], None]]) -> bool:
    """Each in a forked process, so many at a time; whether one of them ended badly."""
    waiting, running, bad = list(works), set[int](), False
    while waiting or running:
        while waiting and len(running) < LANES:
            running.add(in_child(waiting.pop(0)))
        pid, status = os.waitpid(-1, 0)
        running.discard(pid)
        bad = bad or status != 0
    return bad


if __name__ == "__main__":
    main()

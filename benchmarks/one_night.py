"""One recorded night in this process, its stages timed; prints one JSON line.

    python -m benchmarks.one_night HOME RECORDING [--no-checks] [--profile FILE]

`benchmarks.night` runs this and watches it from outside.
"""

from __future__ import annotations

import time

from flows.runs.publish import publish
from flows.runs.run import Options

STARTED = time.perf_counter()

import argparse  # noqa: E402
import cProfile  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import TYPE_CHECKING  # noqa: E402

from benchmarks.process_tree import cpu_seconds_of_descendants  # noqa: E402

if TYPE_CHECKING:
    from benchmarks.stages import Stopwatch

# The rest is imported where it is used: processes that shape import this file too, as they do the command line's.


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("home", type=Path)
    parser.add_argument("recording", type=Path)
    parser.add_argument("--no-checks", action="store_true", help="keep and publish without expectations and gate")
    parser.add_argument("--profile", type=Path, metavar="FILE", help="write cProfile's statistics there")
    asked = parser.parse_args()
    # What has to be imported, once a process and whatever the records, is told apart: Great Expectations takes seconds.
    from benchmarks.stages import TELL, Stopwatch
    from flows.runs import nightly  # noqa: F401

    if not asked.no_checks:
        import expectations.sentences
        import expectations.suites  # noqa: F401
    imported = time.perf_counter() - STARTED
    watch = Stopwatch()
    watch.install()
    before = cpu_seconds()
    began = time.perf_counter()
    profile = cProfile.Profile(time.process_time)
    if asked.profile:
        profile.enable()
    fingerprint = without_checks(asked) if asked.no_checks else with_everything(asked, watch)
    if asked.profile:
        profile.disable()
        profile.dump_stats(asked.profile)
    seconds = time.perf_counter() - began
    own, workers = (after - start for after, start in zip(cpu_seconds(), before, strict=True))
    stages = watch.told()
    after = stages.pop(TELL)
    told = {
        "seconds": seconds - after["seconds"], "cpu_seconds": own + workers - after["cpu_seconds"],
        "worker_cpu_seconds": workers, "after_seconds": after["seconds"], "import_seconds": imported,
        "stages": stages, "fingerprint": fingerprint,
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")


def with_everything(asked: argparse.Namespace, watch: Stopwatch) -> str | None:
    """What `cartrials nightly` does, without Prefect."""
    from benchmarks.stages import TELL
    from flows.config.settings import load
    from flows.runs import nightly

    steps = nightly.Steps(
        announce=watch.timed(TELL, nightly.announce), write_report=watch.timed(TELL, nightly.build_report)
    )
    return nightly.run(load(home=asked.home), Options(recorded=asked.recording), steps)[-1].fingerprint


def without_checks(asked: argparse.Namespace) -> str | None:
    """The same without expectations and gate: the records are kept as a rebuild keeps them."""
    from flows.config.settings import load
    from flows.config.watchlist import load as load_watchlist
    from flows.ingest import recordings, to_request
    from flows.runs import lifecycle, nightly
    from flows.storage.data_folder import open_data_folder

    settings = load(home=asked.home)
    watchlist = load_watchlist(settings.watchlist)
    with open_data_folder(settings) as place:
        [recording] = recordings.nights(asked.recording, after=to_request.last_clock(place))
        run = lifecycle.begin(place, clock=recording.clock, source=f"recorded:{asked.recording}")
        for manifest in recording.land(nightly.landing_of(place, run)):
            place.manifests.write(manifest)
        seal = lifecycle.seal_of(place, run, watchlist, None)
        place.manifests.write_seal(seal)
        [report] = lifecycle.keep_sealed(place, [seal])
        publish(place, seal, report)
        return report.fingerprint


def cpu_seconds() -> tuple[float, float]:
    """User and system seconds of this process, and of those it started."""
    return time.process_time(), cpu_seconds_of_descendants()


if __name__ == "__main__":
    main()

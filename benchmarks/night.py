"""How fast a large night is, from recorded pages to the published file, and how much memory it takes.

    python -m benchmarks.night [--studies 10000] [--json PATH] [--only NAME ...] [--work FOLDER]

Four nights are measured, each in a process of its own that is watched from outside:

    without checks   records land, are shaped, profiled, kept with their history and published
    everything       the same with the gate and all expectations: what `cartrials nightly` does
    unchanged        the night after it, when only the registry's data date has moved
    four times       everything, on four times as many studies: memory must not grow

The studies are those of ../shared/registry/ctgov under new numbers, again and again; where they are
absent, the demo's, made as long. Stages are those of the main process, each without what it calls of
other stages; `workers` are the processes that shape. On a busy machine look at the CPU seconds: wall
time counts what others do. What Great Expectations takes to import and Prefect adds is told apart.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.process_tree import watched

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT / ".." / "shared" / "registry" / "ctgov" / "studies.jsonl.gz"
MADE_UP = ROOT / "demo" / "recordings" / "2026-09-01" / "ctgov.jsonl.gz"
REAL_LENGTH = 20_400  # bytes of a real study, on average
DATES = ("2026-06-01", "2026-06-02")
FIRST_NUMBER = 90_000_000  # a number that no registration has
MEMORY_LIMIT = 1024  # MiB, of all processes together
NCT_ID = re.compile(rb'"nctId"\s*:\s*"(NCT\d{8})"')
VERSION_HOLDER = re.compile(rb'("versionHolder"\s*:\s*")[^"]*"')
WATCHLIST = f"""[[topic]]
name = "sle"
title = "SLE"
diseases = ["SLE"]
sentinels = ["NCT{FIRST_NUMBER}"]
[[topic.leg]]
name = "lupus"
source = "ctgov"
"query.cond" = "lupus"
"""


@dataclass(frozen=True)
class Night:
    """A night to measure. `after` names the night whose data folder it goes on with."""

    name: str
    times: int = 1
    is_checked: bool = True
    after: str | None = None
    target: int | None = None  # studies a second, on two cores that do nothing else


NIGHTS = (
    Night("without checks", is_checked=False, target=2_000),
    Night("everything", target=1_000),
    Night("unchanged", after="everything", target=5_000),
    Night("four times", times=4),
)


@dataclass(frozen=True)
class Measure:
    """What a night took. Seconds are those from the recorded pages to the published tables; `import_seconds`
    came before them, alerts and report took `after_seconds` more.
    """

    night: str
    studies: int
    seconds: float
    cpu_seconds: float
    worker_cpu_seconds: float
    peak_mib: float
    after_seconds: float
    import_seconds: float
    fingerprint: str | None
    stages: dict[str, dict[str, float]]

    @property
    def per_second(self) -> float:
        return self.studies / self.seconds

    @property
    def per_second_of_two_cores(self) -> float:
        """Studies a second if both cores did nothing else and were never idle."""
        return 2 * self.studies / self.cpu_seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=10_000)
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=[night.name for night in NIGHTS])
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the measures there too")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="work there and leave what was made")
    parser.add_argument("--no-start-up", action="store_true", help="do not measure the start of Prefect")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.work or Path(temporary)
        kind, lines = originals()
        print(f"{kind} again and again under new numbers, {len(os.sched_getaffinity(0))} cores\n")
        measures = []
        for night in NIGHTS:
            if (
                not asked.only
                or night.name in asked.only
                or any(n.after == night.name for n in NIGHTS if n.name in asked.only)
            ):
                measures.append(measured(night, folder, lines, asked.studies))
                print(told(measures[-1], night), flush=True)
        starts = {} if asked.no_start_up else start_up()
    for name, seconds in starts.items():
        print(f"{name:<44}{seconds:>8.1f} s")
    if asked.json:
        result = {"studies_are": kind, "start_up": starts, "nights": [asdict(measure) for measure in measures]}
        asked.json.write_text(json.dumps(result, indent=2) + "\n")


def originals() -> tuple[str, list[bytes]]:
    """The studies to repeat, and whose they are."""
    if REAL.exists():
        return "real studies", gzip.decompress(REAL.read_bytes()).splitlines()
    return "made-up studies", [_lengthened(line) for line in gzip.decompress(MADE_UP.read_bytes()).splitlines()]


def _lengthened(line: bytes) -> bytes:
    """A made-up study as long as real ones are: results make those long."""
    said = "Participants with a made-up count and a made-up deviation, looked at once a made-up month."
    measure = {"type": "SECONDARY", "title": "Made up", "description": said}
    count = max(0, REAL_LENGTH - len(line)) // len(json.dumps(measure))
    results = {"outcomeMeasuresModule": {"outcomeMeasures": [measure] * count}}
    return json.dumps({**json.loads(line), "resultsSection": results}, ensure_ascii=False).encode()


def measured(night: Night, folder: Path, lines: list[bytes], studies: int) -> Measure:
    """Run one night in a process of its own and say what it took."""
    count = night.times * studies
    date = DATES[1] if night.after else DATES[0]
    recording = folder / f"{count}-studies-of-{date}"
    if not recording.exists():
        record(recording, date, lines, count)
    home = folder / f"home-{night.after or night.name}".replace(" ", "-")
    command = [sys.executable, "-m", "benchmarks.one_night", str(home), str(recording)]
    command += [] if night.is_checked else ["--no-checks"]
    seen = watched(command, ROOT, {**os.environ, "CARTRIALS_WATCHLIST": str(recording / "watchlist.toml")})
    return Measure(night.name, count, peak_mib=seen.peak_mib, **json.loads(seen.output.splitlines()[-1]))


def record(folder: Path, date: str, lines: list[bytes], count: int) -> None:
    """A recorded night of `count` studies; every night carries its own data date, and nothing else differs."""
    (folder / date).mkdir(parents=True)
    (folder / "watchlist.toml").write_text(WATCHLIST, "utf-8")
    stamp = rb"\g<1>" + date.encode() + b'"'
    with gzip.open(folder / date / "ctgov.jsonl.gz", "wb", compresslevel=1) as file:
        for number, line in enumerate(itertools.islice(itertools.cycle(lines), count), start=FIRST_NUMBER):
            given = NCT_ID.search(line)
            assert given is not None
            renumbered = line.replace(given[1], f"NCT{number}".encode())
            file.write(VERSION_HOLDER.sub(stamp, renumbered) + b"\n")


def told(measure: Measure, night: Night) -> str:
    """A night as text: what it took, and the share of each stage."""
    target = f" (target {night.target:,})" if night.target else ""
    lines = [
        f"{measure.night}: {measure.studies:,} studies in {measure.seconds:.1f} s, {measure.cpu_seconds:.1f} CPU s",
        f"  {measure.per_second:,.0f} a second, {measure.per_second_of_two_cores:,.0f} on two free cores{target}",
        f"  at most {measure.peak_mib:,.0f} MiB in all processes (limit {MEMORY_LIMIT:,}); imports before it "
        f"{measure.import_seconds:.1f} s, alerts and report after it {measure.after_seconds:.1f} s",
        f"  {'stage':<38}{'seconds':>9}{'share':>7}{'CPU s':>9}{'share':>7}",
    ]
    for stage, spent in sorted(measure.stages.items(), key=lambda item: -item[1]["cpu_seconds"]):
        wall, cpu = spent["seconds"], spent["cpu_seconds"]
        lines.append(
            f"  {stage:<38}{wall:>9.2f}{wall / measure.seconds:>7.0%}{cpu:>9.2f}{cpu / measure.cpu_seconds:>7.0%}"
        )
    workers = measure.worker_cpu_seconds
    lines.append(f"  {'workers, beside it':<38}{'':>16}{workers:>9.2f}{workers / measure.cpu_seconds:>7.0%}")
    return "\n".join(lines) + "\n"


def start_up() -> dict[str, float]:
    """Seconds until Great Expectations and Prefect are there: once a process, whatever the records."""
    flow = "from prefect import flow\n@flow\ndef nothing(): pass\nnothing()"
    programs = {
        "Python alone": "pass",
        "import great_expectations": "import great_expectations",
        "import prefect": "import prefect",
        "an empty flow on Prefect's own server": flow,
    }
    found = {}
    with tempfile.TemporaryDirectory() as home:
        quiet = {
            **os.environ, "PREFECT_HOME": home, "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1",
            "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120", "PREFECT_LOGGING_LEVEL": "CRITICAL",
        }  # fmt: skip
        for name, program in programs.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], env=quiet, check=True, capture_output=True)
            found[name] = time.perf_counter() - began
    return found


if __name__ == "__main__":
    main()

"""How fast an archive of many versions is rebuilt, and how fast a past day is read from it.

    python -m benchmarks.history [--trials 10000] [--versions 10] [--real] [--json PATH] [--work FOLDER]

The archive holds one night per version and every trial changes every night: dates, status and
enrolment most often, a text every fifth time. Trials are those of the demo under new numbers, nearly
all of them CAR-T trials with a profile; with `--real`, the real studies of ../shared as they come.
The rebuild runs in a process of its own whose memory is watched together with its workers'. On a busy
machine look at the CPU seconds: wall time counts what others do.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.process_tree import cpu_seconds_of_descendants, watched  # noqa: E402
from flows.config.settings import Settings, load  # noqa: E402
from flows.ingest.landing import Landing  # noqa: E402
from flows.sources.records import Page, Received  # noqa: E402
from flows.storage.data_folder import open_data_folder  # noqa: E402
from flows.storage.seal import Seal  # noqa: E402
from warehouse.tables.sources import CTGOV  # noqa: E402

MADE_UP = ROOT / "demo" / "recordings" / "2026-09-01" / "ctgov.jsonl.gz"
REAL = ROOT / ".." / "shared" / "registry" / "ctgov" / "studies.jsonl.gz"
FIRST_NIGHT = date(2026, 1, 5)
FIRST_NUMBER = 90_000_000  # a number that no registration has
NCT_ID = re.compile(rb'"nctId"\s*:\s*"(NCT\d{8})"')
STATUSES = ("NOT_YET_RECRUITING", "RECRUITING", "ACTIVE_NOT_RECRUITING", "RECRUITING", "SUSPENDED", "COMPLETED")
READINGS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--versions", type=int, default=10)
    parser.add_argument("--real", action="store_true", help="real studies as they come instead of made-up CAR trials")
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the measures there too")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="work there, go on with what is there, leave it")
    parser.add_argument("--rebuild-only", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.rebuild_only:
        rebuild_here(asked.work)
        return
    with tempfile.TemporaryDirectory() as temporary:
        home = asked.work or Path(temporary)
        if not (home / "archive").exists():
            write_archive(load(home=home), originals(asked.real), asked.trials, asked.versions)
        measures = rebuilt(home) | as_of(home, asked.versions)
    for name, value in measures.items():
        print(f"{name:<32}{value:>12,.2f}")
    if asked.json:
        asked.json.write_text(json.dumps(measures, indent=2) + "\n")


def originals(real: bool) -> list[bytes]:
    """The records to repeat: each names its own number somewhere, which is replaced."""
    lines = gzip.decompress((REAL if real else MADE_UP).read_bytes()).splitlines()
    return [line.strip() for line in lines if NCT_ID.search(line) and b"statusModule" in line]


def write_archive(settings: Settings, lines: list[bytes], trials: int, versions: int) -> None:
    """Land `versions` nights and seal them, as nights do that nothing held; nothing is kept yet."""
    with open_data_folder(settings) as place:
        for number in range(versions):
            night = FIRST_NIGHT + timedelta(days=number)
            clock = datetime(night.year, night.month, night.day)
            run_id = f"{clock:%Y%m%dT%H%M%SZ}-1"
            landing = Landing(run_id, clock, place.archive)
            with landing.pack(CTGOV) as pack:
                manifest = landing.land(_pages(lines, trials, number, night), pack, source=CTGOV, leg="everything")
            place.manifests.write(manifest)
            place.manifests.write_seal(
                Seal(run_id, number + 1, "nightly", "made up", clock.isoformat(), "none", {"sle": ["SLE"]},
                     place.manifests.hashes(run_id))
            )  # fmt: skip


def _pages(lines: list[bytes], trials: int, version: int, night: date) -> Iterator[Page]:
    for start in range(0, trials, 1000):
        made = (_version(lines[i % len(lines)], i, version, night) for i in range(start, min(trials, start + 1000)))
        yield Page(tuple(Received(CTGOV, nct_id, raw) for nct_id, raw in made))


def _version(line: bytes, number: int, version: int, night: date) -> tuple[str, bytes]:
    """The record of one trial on one night: what registrations change most, a text every fifth time."""
    old = NCT_ID.search(line)
    assert old is not None
    nct_id = f"NCT{FIRST_NUMBER + number:08d}"
    study: dict[str, Any] = json.loads(line.replace(old[1], nct_id.encode()))
    if version:
        draw = random.Random(number * 1000 + version)
        protocol = study["protocolSection"]
        status = protocol["statusModule"]
        status["lastUpdatePostDateStruct"] = {"date": str(night - timedelta(days=1)), "type": "ACTUAL"}
        status["statusVerifiedDate"] = f"{night:%Y-%m}"
        status["overallStatus"] = STATUSES[(number + version // 3) % len(STATUSES)]
        status["completionDateStruct"] = {"date": f"20{27 + version % 5}-{1 + draw.randrange(12):02d}"}
        protocol.setdefault("designModule", {})["enrollmentInfo"] = {"count": 10 + draw.randrange(90)}
        if (number + version) % 5 == 0:
            said = protocol.setdefault("descriptionModule", {})
            said["briefSummary"] = f"{said.get('briefSummary', '')} Reworded for version {version}."
    return nct_id, json.dumps(study, ensure_ascii=False, separators=(",", ":")).encode()


def rebuilt(home: Path) -> dict[str, float]:
    """Rebuild twice over: seconds, CPU seconds and peak memory of the process and its workers."""
    command = [sys.executable, "-m", "benchmarks.history", "--rebuild-only", "--work", str(home)]
    found = watched(command, ROOT, os.environ)
    return {**json.loads(found.output.splitlines()[-1]), "rebuild peak MiB": found.peak_mib}


def rebuild_here(home: Path) -> None:
    from flows.runs.rebuild import rebuild

    began = time.perf_counter()
    result = rebuild(load(home=home), lambda line: print(f"{time.perf_counter() - began:7.1f} {line}", file=sys.stderr))
    seconds = time.perf_counter() - began
    cpu = time.process_time() + cpu_seconds_of_descendants()
    print(json.dumps({"runs": result.runs, "rebuild seconds": seconds, "rebuild CPU seconds": cpu}))


def as_of(home: Path, versions: int) -> dict[str, float]:
    """Seconds of whole answers about a day in the middle, best of some; and how many rows there are."""
    import duckdb

    day = FIRST_NIGHT + timedelta(days=versions // 2)
    with duckdb.connect(str(home / "cartrials.duckdb"), read_only=True) as warehouse:
        rows = {
            name: warehouse.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]
            for name in ("trials", "trial_states", "trial_changes", "trial_events")
        }
        found = {}
        for name, asked in {
            "trials_as_of seconds": f"trials_as_of(DATE '{day}')",
            "trials_as_of, known then": f"trials_as_of(DATE '{day}', known_at := DATE '{day}')",
            "profiles_as_of seconds": f"profiles_as_of(DATE '{day}')",
        }.items():
            query = f"CREATE OR REPLACE TEMP TABLE _answer AS FROM {asked}"
            best = float("inf")
            for _ in range(READINGS):
                began = time.perf_counter()
                warehouse.execute(query)
                best = min(best, time.perf_counter() - began)
            found[name] = best
    return {**rows, **found}


if __name__ == "__main__":
    main()

"""How fast a scan of everything is, how much memory a worker takes, and what two workers gain.

    python benchmarks/scale.py [--studies 20000] [--partitions 40] [--files 20] [--dask tcp://… | --workers 2]

Studies are the real ones of ../shared/registry under numbers of their own (made-up ones where those are absent),
papers the real baseline slices and made-up files. Each partition is read by one process and by the runner; the tables
must be equal, fingerprint by fingerprint. Rates are given by the clock and by seconds of CPU: on a machine
that others use too only the second says what a core does.
"""

from __future__ import annotations

import argparse
import gzip
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.pubmed import made_up_files  # noqa: E402
from flows.backfill import partitions, running  # noqa: E402
from flows.backfill.merging import manifests, merged  # noqa: E402
from flows.backfill.partitions import Partition  # noqa: E402
from flows.backfill.runners import Runner  # noqa: E402
from flows.backfill.scanning import Rules  # noqa: E402
from flows.backfill.shelf import Shelf  # noqa: E402
from tests.records import raw, study  # noqa: E402
from warehouse.export import scans  # noqa: E402

REAL = ROOT / ".." / "shared" / "registry"
NCT = re.compile(rb'"nctId"\s*:\s*"NCT\d{8}"')
REGISTRY, PUBMED = 570_000, 38_000_000


@dataclass(frozen=True)
class Measured:
    """One source on one runner: records, wall seconds, CPU seconds of the partitions, MB, bytes in and out."""

    source: str
    runner: str
    records: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    bytes_in: int
    bytes_out: int

    def line(self) -> str:
        by_clock, by_cpu = self.records / self.seconds, self.records / self.cpu_seconds
        return (
            f"{self.source:<8}{self.runner:<16}{self.records:>8}{self.seconds:>9.1f}{by_clock:>10.0f}{by_cpu:>10.0f}"
            f"{self.peak_mb:>9.0f}{self.bytes_in / self.records:>10.0f}{self.bytes_out / self.records:>10.0f}"
        )


HEAD = (
    f"{'source':<8}{'runner':<16}{'records':>8}{'seconds':>9}{'rec/s':>10}{'rec/cpu s':>10}{'peak MB':>9}"
    f"{'B in':>10}{'B out':>10}"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=20_000)
    parser.add_argument("--partitions", type=int, default=40)
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--articles", type=int, default=2_000, help="made-up articles in one file")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--dask", help="a scheduler's address; PREFECT_API_URL must be set")
    parser.add_argument("--folder", type=Path, help="where inputs and results go; a temporary folder without it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = asked.folder or Path(temporary)
        inputs = {
            "ctgov": partitions.of_registry(str(registry(folder / "registry", asked.studies, asked.partitions))),
            "pubmed": partitions.of_pubmed([str(pubmed(folder / "pubmed", asked.files, asked.articles))]),
        }
        on = Runner("dask", asked.workers, asked.dask) if asked.dask else Runner("processes", asked.workers)
        print(HEAD, flush=True)
        for source, parts in inputs.items():
            compared(source, parts, [Runner("processes", 1), on], folder)


def compared(source: str, parts: list[Partition], runners: Sequence[Runner], folder: Path) -> None:
    """Measure each runner on these partitions; their tables must be equal."""
    found, seconds = [], []
    for runner in runners:
        shelf = folder / f"shelf-{runner.kind}-{runner.workers}"
        shutil.rmtree(shelf, ignore_errors=True)
        started = time.perf_counter()
        outcomes = running.run(parts, str(shelf), Rules(), runner)
        seconds.append(time.perf_counter() - started)
        names = [outcome.partition.name for outcome in outcomes if outcome.status == "done"]
        assert len(names) == len(parts), running.count_outcomes(outcomes)
        print(measured(Shelf(str(shelf), source), source, str(runner), names, seconds[-1]).line(), flush=True)
        started = time.perf_counter()
        with merged(Shelf(str(shelf), source), source, names, folder) as connection:
            found.append(scans.fingerprints(connection, source))
            spent = time.perf_counter() - started
            print(f"    {scans.count(connection)} distinct records merged and hashed in {spent:.1f} s")
    assert found[0] == found[1], "the tables differ"
    print(f"    tables equal; {runners[1]} in {seconds[0] / seconds[1]:.2f} times less time than one process\n")


def measured(shelf: Shelf, source: str, runner: str, names: Sequence[str], seconds: float) -> Measured:
    done = manifests(shelf, names)
    out = sum(path.stat().st_size for path in Path(shelf.root).rglob("*.parquet"))
    return Measured(
        source, runner, sum(one.records for one in done), seconds, sum(one.cpu_seconds for one in done),
        max(one.peak_mb for one in done), sum(one.bytes for one in done), out,
    )  # fmt: skip


def registry(folder: Path, studies: int, files: int) -> Path:
    """`studies` studies in `files` files: real ones under numbers of their own, in the registry's proportions."""
    real = REAL / "ctgov" / "studies.jsonl.gz"
    lines = gzip.decompress(real.read_bytes()).splitlines() if real.exists() else [raw(study(n)) for n in range(500)]
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    each = -(-studies // files)
    for file_no in range(files):
        numbered = (
            NCT.sub(b'"nctId":"NCT%08d"' % (90_000_000 + n), lines[n % len(lines)], count=1)
            for n in range(file_no * each, min(studies, (file_no + 1) * each))
        )
        (folder / f"part-{file_no:04d}.jsonl.gz").write_bytes(gzip.compress(b"\n".join(numbered), 1))
    return folder


def pubmed(folder: Path, files: int, articles: int) -> Path:
    """`files` files of citations: the real slices there are, then made-up ones in the shape of the baseline."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in sorted((REAL / "pubmed" / "odd").glob("*.xml*"))[:files] if REAL.exists() else ():
        shutil.copy(path, folder / path.name)
    made_up_files(folder, files - len(list(folder.iterdir())), articles)
    return folder


if __name__ == "__main__":
    main()

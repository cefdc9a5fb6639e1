"""`cartrials backfill registry` and `pubmed`: read everything, enter what the search missed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.backfill import missed, partitions, registry, running
from flows.backfill.merging import manifests
from flows.backfill.missed import Entered
from flows.backfill.partitions import STUDIES_A_PARTITION, Partition
from flows.backfill.runners import Progress, runner
from flows.backfill.scanning import Outcome, Rules
from flows.backfill.shelf import Shelf
from flows.config.settings import Settings
from flows.errors import CartrialsError
from flows.process import terminal
from flows.storage.data_folder import run_lock
from transforms.profile.overrides import load_overrides
from warehouse.tables.sources import CTGOV, PUBMED, SOURCES

PUBMED_FILES = ("https://ftp.ncbi.nlm.nih.gov/pubmed/baseline/", "https://ftp.ncbi.nlm.nih.gov/pubmed/updatefiles/")
SECONDS_BETWEEN_LINES = 5.0
MOST_NAMED = 20


@dataclass(frozen=True)
class Asked:
    """What a person may ask of a scan, beside what it reads."""

    runner: str | None = None
    workers: int | None = None
    dask: str | None = None
    results: str | None = None
    enter: bool = True
    without_parked: bool = False


def scan_registry(settings: Settings, location: str | None, asked: Asked, size: int = STUDIES_A_PARTITION) -> int:
    """Read the whole registry, from its API or from a folder or zip of study JSON."""

    def planned(shelf: Shelf, progress: Progress) -> list[Partition]:
        if location is not None:
            return partitions.of_registry(location, size)
        from flows.runs.nightly import registry_session_of

        with registry_session_of(settings) as session:
            return registry.fetched(shelf, session, progress)

    return _scan(settings, CTGOV, planned, asked)


def scan_pubmed(settings: Settings, locations: Sequence[str], asked: Asked) -> int:
    """Read PubMed's baseline and update files from folders or URLs."""
    return _scan(settings, PUBMED, lambda _shelf, _progress: partitions.of_pubmed(locations or PUBMED_FILES), asked)


def _scan(settings: Settings, source: str, planned: Callable[[Shelf, Progress], list[Partition]], asked: Asked) -> int:
    on = runner(asked.runner or settings.runner, asked.workers or settings.workers, asked.dask or settings.dask)
    url = asked.results or settings.scans or str((settings.home / "scans").absolute())
    shelf = Shelf(url, source)
    rules = rules_of(settings)
    started = time.monotonic()
    with run_lock(settings.home, f"backfill-{source}.lock", "backfill of this source"), _Progress() as progress:
        shelf.take_leftovers_away()
        parts = planned(shelf, progress)
        progress(f"{len(parts)} partitions on {on}", at_once=True)
        outcomes = running.run(parts, url, rules, on, progress)
        _say(shelf, outcomes, time.monotonic() - started)
        parked = [outcome for outcome in outcomes if outcome.status == "parked"]
        if parked and not asked.without_parked:
            raise CartrialsError(
                f"{len(parked)} of {len(outcomes)} inputs are parked, {parked[0].partition.name} among them, and "
                "nothing was entered. Get them again and run the same command: what is done is skipped. Or enter the "
                "rest as it is with --without-parked."
            )
        if asked.enter:
            _say_entered(missed.enter(settings, source, shelf, outcomes), source)
    return 0


def rules_of(settings: Settings) -> Rules:
    """The rules in force, overrides too."""
    from hashlib import sha256

    if settings.overrides is None:
        return Rules()
    return Rules(load_overrides(settings.overrides), sha256(Path(settings.overrides).read_bytes()).hexdigest())


def _say(shelf: Shelf, outcomes: Sequence[Outcome], seconds: float) -> None:
    done = manifests(shelf, [outcome.partition.name for outcome in outcomes if outcome.status != "parked"])
    print(f"{len(outcomes)} partitions: {running.count_outcomes(outcomes)} in {seconds:.0f} s; results in {shelf.root}")
    if done:
        print(
            f"  {sum(one.records for one in done)} records, {sum(one.unreadable for one in done)} of them unreadable, "
            f"{sum(one.in_scope for one in done)} in scope; "
            f"most memory of a worker {max(one.peak_mb for one in done):.0f} MB"
        )
    for outcome in outcomes:
        if outcome.status == "parked":
            print(f"  parked: {outcome.partition.name}: {outcome.reason}")


def _say_entered(entered: Entered, source: str) -> None:
    what = SOURCES[source].records
    print(f"{entered.records} {what}, {entered.in_scope} in scope; {len(entered.missed)} of them were not tracked")
    for record_id in entered.missed[:MOST_NAMED]:
        print(f"  {record_id}")
    if len(entered.missed) > MOST_NAMED:
        print(f"  and {len(entered.missed) - MOST_NAMED} more")
    if entered.report is None:
        print("Nothing is in scope: nothing was entered.")
        return
    print(f"Published run {entered.report.run_id}; nobody is told of what a backfill brings.")
    if source == CTGOV:
        print("`cartrials query missed_by_search` says by which words they would have been found.")


class _Progress:
    """Says how far a scan is: in place on a terminal, elsewhere a plain line every few seconds."""

    def __init__(self) -> None:
        console = terminal.console(stderr=True)
        self._status = console.status("Reading…") if console.is_terminal else None
        self._said = 0.0

    def __enter__(self) -> _Progress:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def __call__(self, line: str, at_once: bool = False) -> None:
        if self._status:
            self._status.update(line)
        elif at_once or time.monotonic() - self._said >= SECONDS_BETWEEN_LINES:
            self._said = time.monotonic()
            print(line, file=sys.stderr, flush=True)

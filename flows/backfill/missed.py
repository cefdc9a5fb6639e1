"""What a scan of everything found in scope enters the tracker: as a leg of its own, in a run like any other.

The records go into the archive and into a manifest of leg `whole registry` (or `whole PubMed`), then through
check, seal and publication, so `rebuild` replays them. A record that is tracked already is listed with the
content that is tracked: what a scan read last month must not replace what last night brought. Which search
legs found how much of what is there is from then on a measured number, not an estimate.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from flows.backfill.merging import merged
from flows.backfill.scanning import Outcome
from flows.backfill.shelf import Shelf
from flows.config.settings import Settings
from flows.config.watchlist import Watchlist
from flows.config.watchlist import load as load_watchlist
from flows.ingest import to_request
from flows.process import stopping
from flows.runs import lifecycle, nightly, recover
from flows.runs.run import Options, Report, Run
from flows.sources.records import Page, Received
from flows.storage.data_folder import DataFolder, open_data_folder
from flows.storage.manifests import Manifest
from warehouse.export import scans
from warehouse.tables.sources import SOURCES

PAGE_SIZE = 500


@dataclass(frozen=True)
class Entered:
    """What a scan brought: records read, in scope among them, and those of them that were not tracked."""

    records: int
    in_scope: int
    missed: tuple[str, ...]
    report: Report | None


def enter(settings: Settings, source: str, shelf: Shelf, outcomes: Sequence[Outcome]) -> Entered:
    """Enter what the partitions of `outcomes` hold in scope. Nothing is entered where nothing is in scope.

    Raises Locked, Held, and what else a run raises; the last release stands then.
    """
    stopping.begin_work()
    watchlist = load_watchlist(settings.watchlist)
    names = [outcome.partition.name for outcome in outcomes if outcome.status != "parked"]
    with (
        tempfile.TemporaryDirectory(prefix="cartrials-") as folder,
        merged(shelf, source, names, Path(folder)) as scan,
        open_data_folder(settings) as place,
    ):
        recover.finish(place)
        tracked = to_request.current_contents(place)[source]
        found = [record_id for record_id, _, _ in scans.in_scope(scan)]
        missed = tuple(record_id for record_id in found if record_id not in tracked)
        gone = tuple(sorted(scans.withdrawn(scan) & set(tracked)))
        if not found and not gone:
            return Entered(scans.count(scan), 0, (), None)
        run = lifecycle.begin(
            place, clock=moment(place), source=f"backfill:{SOURCES[source].whole_leg}", kind="backfill"
        )
        with lifecycle.noting_failure(place, run):
            landing = nightly.landing_of(place, run)
            with landing.pack(source) as pack:
                manifest = landing.land(
                    _pages(place, source, scan, tracked), pack, source=source, leg=SOURCES[source].whole_leg
                )
            report = _finished(place, run, watchlist, replace(manifest, deleted=gone))
        return Entered(scans.count(scan), len(found), missed, report)


def _finished(place: DataFolder, run: Run, watchlist: Watchlist, manifest: Manifest) -> Report:
    sealed = place.manifests.sealed()
    options = Options(announce=False, is_demo=bool(sealed) and sealed[-1].is_demo)
    return nightly.finish(place, run, watchlist, [manifest], options, nightly.DIRECT, None)


def moment(place: DataFolder) -> datetime:
    """The clock of a backfill: now; in a tracker that lives on recordings a second after its last night.

    Recorded nights have clocks of their own, and one that is not later than the last run is not read.
    """
    sealed = place.manifests.sealed()
    now = place.outside.clock()
    if sealed and sealed[-1].source != "live" and sealed[-1].clock < now:
        return sealed[-1].clock + timedelta(seconds=1)
    return now


def _pages(place: DataFolder, source: str, scan: scans.Connection, tracked: dict[str, str]) -> Iterator[Page]:
    """Everything in scope, as it is tracked or, where it is not, as the scan read it."""
    records: list[Received] = []
    number = 1
    for record_id, _, raw in scans.in_scope(scan):
        content = tracked.get(record_id)
        records.append(Received(source, record_id, place.archive.read(content) if content else bytes(raw)))
        if len(records) == PAGE_SIZE:
            yield Page(tuple(records), number)
            records, number = [], number + 1
    yield Page(tuple(records), number)

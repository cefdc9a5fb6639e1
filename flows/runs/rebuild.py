"""The content tables again from the archive: the sealed runs kept in order, by today's rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial

from flows.config.outside import REAL, Outside
from flows.config.settings import Settings
from flows.load.load import load
from flows.process import stopping
from flows.runs.publish import publish
from flows.runs.run import Report
from flows.storage.data_folder import DataFolder, open_data_folder
from flows.storage.seal import Seal
from warehouse import disk, work
from warehouse.release.comparing import EventDifference, TableDifference, beside, differences
from warehouse.release.digests import content_digests, fingerprints
from warehouse.release.publish import published_fingerprints


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild gave: fingerprints by table, of the release before it (where there was one) and after.

    `tables` and `events` say what the rebuilt tables say otherwise: other rules than those of the day, most often.
    `trouble` is why they could not be told; what was made is published all the same.
    """

    runs: int
    before: dict[str, str]
    after: dict[str, str]
    tables: tuple[TableDifference, ...] = ()
    events: tuple[EventDifference, ...] = ()
    trouble: str | None = None

    @property
    def differing(self) -> list[str]:
        return [name for name, value in self.after.items() if name in self.before and self.before[name] != value]


def rebuild(
    settings: Settings,
    progress: Callable[[str], None] = lambda line: None,
    outside: Outside = REAL,
    *,
    restoring: bool = False,
) -> Rebuilt:
    """Make the working database again from the archive, publish it, and tell what it says otherwise; `restoring`
    where a restore is not whole before that.

    Journal and ledger are not touched. Raises ArchiveError naming a damaged file, with the last
    release untouched and the old working database in place. What is said otherwise is found last: should that
    fail, the new release stands.
    """
    stopping.begin_work()
    before = _fingerprints(settings)
    fresh = settings.work_path.with_name("work.rebuilt.duckdb")
    with open_data_folder(settings, outside, work_path=fresh, restoring=restoring) as place:
        seals = place.manifests.sealed()
        progress(f"reading the records of {len(seals)} runs")
        if seals:
            load(place, seals, step=partial(work.transaction, place.connection), tell=progress)
        place.connection.execute("CHECKPOINT")
        place.connection.close()
        # Without its log the old one is as it was a while ago; should this be cut off here, the next run goes on from
        # there.
        disk.remove_beside_database(settings.work_path)
        disk.replace(fresh, settings.work_path)
    with open_data_folder(settings, outside, restoring=restoring) as place:
        return _published(place, seals, before)


def _published(place: DataFolder, seals: Sequence[Seal], before: dict[str, str]) -> Rebuilt:
    """Publish, and tell what is said otherwise.

    Publishing reads the digests while it writes, so what there is to compare is known only after it: the release
    before stays attached until then.
    """
    with beside(place.connection, place.settings.warehouse_path) if before else nullcontext():
        if seals:
            publish(place, seals[-1], Report(seals[-1].run_id, "published", seals[-1].clock))
        result = Rebuilt(len(seals), before, fingerprints(content_digests(place.connection)))
        if not result.differing:
            return result
        tables, events, trouble = differences(place.connection, result.differing)
        return replace(result, tables=tuple(tables), events=tuple(events), trouble=trouble)


def _fingerprints(settings: Settings) -> dict[str, str]:
    """Of the published file: the working database may be the reason to rebuild."""
    return published_fingerprints(settings.warehouse_path)

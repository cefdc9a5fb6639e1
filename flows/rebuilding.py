"""The content tables again from the archive: the sealed runs kept in order, by today's rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from flows import night, rereading
from flows.kept import Replay
from flows.manifests import Seal
from flows.settings import Settings
from flows.sources.records import CTGOV
from flows.workplace import Workplace, opened
from warehouse import work
from warehouse.comparing import EventDifference, TableDifference, event_differences, table_differences
from warehouse.fingerprint import content_fingerprints
from warehouse.releases import published_fingerprints


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild gave: fingerprints by table, of the release before it (where there was one) and after.

    `tables` and `events` say what the rebuilt tables say otherwise: other rules than those of the day, most often.
    """

    runs: int
    before: dict[str, str]
    after: dict[str, str]
    tables: tuple[TableDifference, ...] = ()
    events: tuple[EventDifference, ...] = ()

    @property
    def differing(self) -> list[str]:
        return [name for name, value in self.after.items() if name in self.before and self.before[name] != value]


def rebuild(settings: Settings, progress: Callable[[str], None] = lambda line: None) -> Rebuilt:
    """Make the working database again from the archive, and publish it when it says something else.

    Journal and ledger are not touched. Raises ArchiveError naming a damaged file, with the last
    release untouched and the old working database in place.
    """
    before = _fingerprints(settings)
    fresh = settings.work_path.with_name("work.rebuilt.duckdb")
    _remove(fresh)
    with opened(settings, work_path=fresh) as place:
        seals = place.manifests.sealed()
        replay = Replay(_last_changes(place, seals))
        for seal in seals:
            progress(f"keeping run {seal.run_id}")
            night.keep_sealed(place, seal, replay)
        if seals:
            with work.transaction(place.connection):
                rereading.complete_replay(place.connection, place.archive, seals[-1], place.overrides, settings.workers)
        after = dict(content_fingerprints(place.connection))
        result = Rebuilt(len(seals), before, after)
        if result.differing:
            published = settings.warehouse_path
            result = replace(
                result,
                tables=tuple(table_differences(place.connection, published, result.differing)),
                events=tuple(event_differences(place.connection, published)),
            )
        place.connection.execute("CHECKPOINT")
    _remove(settings.work_path)
    fresh.replace(settings.work_path)
    if seals:
        with opened(settings) as place:
            night.publish(place, seals[-1], night.Report(seals[-1].run_id, "published", seals[-1].clock))
    return result


def _last_changes(place: Workplace, seals: Sequence[Seal]) -> dict[str, int]:
    """NCT number -> number of the run that gives it the content it keeps."""
    contents: dict[str, str] = {}
    last: dict[str, int] = {}
    for seal in seals:
        for manifest in place.manifests.of_run(seal.run_id):
            for record_id, sha256 in manifest.records if manifest.source == CTGOV else ():
                if record_id is not None and contents.get(record_id) != sha256:
                    contents[record_id], last[record_id] = sha256, seal.number
    return last


def _fingerprints(settings: Settings) -> dict[str, str]:
    """Of the published file: the working database may be the reason to rebuild."""
    return published_fingerprints(settings.warehouse_path)


def _remove(database: Path) -> None:
    for leftover in (database, database.with_name(database.name + ".wal")):
        leftover.unlink(missing_ok=True)

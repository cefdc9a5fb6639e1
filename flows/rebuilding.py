"""The content tables again from the archive: the sealed runs kept in order, by today's rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flows import night
from flows.settings import Settings
from flows.workplace import opened
from warehouse.fingerprint import content_fingerprints
from warehouse.releases import published_fingerprints


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild gave: fingerprints by table, before (where there was a working database) and after."""

    runs: int
    before: dict[str, str]
    after: dict[str, str]

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
        for seal in seals:
            progress(f"keeping run {seal.run_id}")
            night.keep_sealed(place, seal)
        after = dict(content_fingerprints(place.connection))
        place.connection.execute("CHECKPOINT")
    _remove(settings.work_path)
    fresh.replace(settings.work_path)
    if seals:
        with opened(settings) as place:
            night.publish(place, seals[-1], night.Report(seals[-1].run_id, "published", seals[-1].clock))
    return Rebuilt(len(seals), before, after)


def _fingerprints(settings: Settings) -> dict[str, str]:
    """Of the published file: the working database may be the reason to rebuild."""
    return published_fingerprints(settings.warehouse_path)


def _remove(database: Path) -> None:
    for leftover in (database, database.with_name(database.name + ".wal")):
        leftover.unlink(missing_ok=True)

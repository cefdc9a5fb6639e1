"""What the registry's own history adds to a trial: versions, states, and the changes between them.

Its versions carry `protocolSection` only. Where one stands beside a version that we observed, the
observed one is cut down to what both carry before the two are compared: a MeSH term that the registry
derives is no change. Changes are told up to the first version we observed; where history shows a
version between two that we observed, the change that we saw across both stands, and is not told twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from flows.load import registry_states, sightings
from flows.load.run_state import Kept
from flows.load.write_rows import append_told
from flows.storage.archive import Archive
from flows.storage.data_folder import DataFolder
from flows.storage.manifests import Manifest
from transforms.content import read_sections
from transforms.dates import registry_date
from transforms.frames import readable, typed
from transforms.history import Change, Context, Event, Sighting, changes, record_change
from transforms.history.materiality import RECRUITING
from transforms.history.timeline import OBSERVED, REGISTRY_HISTORY
from transforms.history.version_events import VersionEvents, version_events
from transforms.normalize import EVENT_TABLES
from transforms.reading import Overrides, trial_rows
from transforms.shaped import Rows
from warehouse.schema import table
from warehouse.work import Connection

Version = tuple[str, int, str, str]
Row = dict[str, Any]


def write_registry_history(place: DataFolder, kept: Kept, manifests: Sequence[Manifest]) -> set[str]:
    """Keep the versions that these manifests bring; returns their trials."""
    connection = place.connection
    versions = _new(connection, [version for manifest in manifests for version in manifest.versions])
    if not versions:
        return set()
    protocols = _readable(connection, [sha256 for _, _, _, sha256 in versions])
    read: defaultdict[str, list[Sighting]] = defaultdict(list)
    for nct_id, number, listed, sha256 in versions:
        if (nct_id, sha256) in protocols:
            said = registry_date(listed)
            protocol, day = protocols[nct_id, sha256], said.day if said else None
            read[nct_id].append(_sighting(kept, sha256, protocol, day, number))
    sightings.note_sightings(connection, read, ())
    _write_changes(place, kept, sorted(read))
    return set(read)


def _readable(connection: Connection, hashes: Sequence[str]) -> dict[tuple[str, str], str | None]:
    """Trial and content -> the hash of its protocol, of those that could be read."""
    asked = pa.table({"sha256": pa.array(hashes, pa.string())})  # noqa: F841  (DuckDB reads it by name)
    rows = connection.execute(
        """SELECT record_id, content_sha256, max(protocol_sha256) FROM _outcomes
           WHERE source = 'ctgov' AND is_readable AND content_sha256 IN (SELECT sha256 FROM asked) GROUP BY ALL"""
    ).fetchall()
    return {(nct_id, sha256): protocol for nct_id, sha256, protocol in rows}


def _new(connection: Connection, versions: Sequence[Version]) -> list[Version]:
    """Those that no earlier backfill has brought: a version of the registry's history never changes."""
    known = set(
        connection.execute(
            "SELECT nct_id, registry_version FROM _sightings WHERE origin = ?", [REGISTRY_HISTORY]
        ).fetchall()
    )
    return [version for version in versions if version[:2] not in known and _is_tracked(connection, version[0])]


def _is_tracked(connection: Connection, nct_id: str) -> bool:
    return connection.execute("SELECT 1 FROM _trials_now WHERE nct_id = ?", [nct_id]).fetchone() is not None


def _sighting(kept: Kept, sha256: str, protocol: str | None, day: date | None, number: int) -> Sighting:
    return Sighting(
        kept.seal.clock, kept.seal.run_id, sha256, protocol, day, origin=REGISTRY_HISTORY, registry_version=number
    )


@dataclass(frozen=True)
class _Step:
    """One version of a trial as its timeline has it."""

    content_sha256: str
    origin: str


def _write_changes(place: DataFolder, kept: Kept, nct_ids: Sequence[str]) -> None:
    rows: dict[str, dict[str, Row]] = {name: {} for name in EVENT_TABLES}
    of_sponsors: list[Event] = []
    for nct_id, steps in _timelines(place.connection, nct_ids).items():
        for telling in _told_of(nct_id, steps, place.archive, place.overrides, kept.context):
            # Two equal turns on one day are one event.
            for name, told_rows in telling.rows.items():
                rows[name] |= {row[table(name).key[0]]: row for row in told_rows}
            of_sponsors += telling.of_sponsors
    told = {name: typed(table(name), list(rows[name].values())).arrow for name in EVENT_TABLES}
    append_told(place.connection, kept, told)
    registry_states.judge_renames(place.connection, of_sponsors, kept.context)


def _timelines(connection: Connection, nct_ids: Sequence[str]) -> dict[str, list[_Step]]:
    return {
        nct_id: [_Step(row["content_sha256"], row["origin"]) for row in sightings.timeline_of(nct_id, some).versions]
        for nct_id, some in sightings.sightings_of(connection, nct_ids).items()
    }


def _told_of(
    nct_id: str, steps: Sequence[_Step], archive: Archive, overrides: Overrides, context: Context
) -> Iterator[VersionEvents]:
    """Changes from the first version that history holds to the first that we observed."""
    before: tuple[Any, Rows] | None = None
    has_recruited = False
    for step in steps:
        study = _protocol_only(read_sections(archive.read(step.content_sha256)).study)
        rows = readable(trial_rows(study, overrides).rows)
        if before is not None:
            found: Sequence[Change] = changes(before[1], rows, only_protocol=True, recruited_before=has_recruited)
            found = found or ([record_change(before[0], study)] if before[0] != study else ())
            rows["trials"][0]["content_sha256"] = step.content_sha256
            yield version_events(nct_id, before[1], rows, found, context)
        if step.origin == OBSERVED:
            return
        has_recruited |= rows["trials"][0].get("overall_status") in RECRUITING
        rows["trials"][0]["content_sha256"] = step.content_sha256
        before = study, rows


def _protocol_only(study: Any) -> Any:
    return {"protocolSection": study["protocolSection"]}

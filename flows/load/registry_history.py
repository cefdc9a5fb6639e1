"""What the registry's own history adds to a trial: versions, states, and the changes between them.

Its versions carry `protocolSection` only. Where one stands beside a version that we observed, the
observed one is cut down to what both carry before the two are compared: a MeSH term that the registry
derives is no change. Changes are told up to the first version we observed; where history shows a
version between two that we observed, the change that we saw across both stands, and is not told twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from flows.load import registry_states, replay_states, rereading
from flows.load.run_state import Kept
from flows.load.write_rows import append_told
from flows.storage.archive import Archive
from flows.storage.manifests import Manifest
from transforms.content import read_sections
from transforms.dates import registry_date
from transforms.frames import readable, typed
from transforms.history import Change, Context, Event, Sighting, changes, record_change
from transforms.history.materiality import RECRUITING
from transforms.history.timeline import OBSERVED, REGISTRY_HISTORY
from transforms.history.version_events import VersionEvents, version_events
from transforms.normalize import EVENT_TABLES, Row
from transforms.reading import Overrides, trial_rows
from transforms.shaped import Rows
from warehouse.schema import table
from warehouse.work import Connection

Version = tuple[str, int, str, str]


def write_registry_history(
    connection: Connection, archive: Archive, kept: Kept, manifests: Sequence[Manifest], overrides: Overrides,
    workers: int,
) -> int:  # fmt: skip
    """Keep the versions that these manifests bring; returns how many events they make."""
    versions = _new(connection, [version for manifest in manifests for version in manifest.versions])
    if not versions:
        return 0
    contents = dict.fromkeys((nct_id, sha256) for nct_id, _, _, sha256 in versions)
    outcomes = rereading.reread(connection, archive, contents, kept, overrides, workers)
    found = {(one.record_id, one.sha256): one for one in outcomes if one.is_readable}
    read: defaultdict[str, list[Sighting]] = defaultdict(list)
    for nct_id, number, listed, sha256 in versions:
        if outcome := found.get((nct_id, sha256)):
            said = registry_date(listed)
            day = outcome.registry_date or (said.day if said else None)
            read[nct_id].append(_sighting(kept, sha256, outcome.protocol_sha256, day, number))
    registry_states.note_sightings(connection, kept, read)
    if kept.replay is not None:
        replay_states.write_versions(connection, list(read))
    return _write_changes(connection, archive, kept, sorted(read), overrides)


def _new(connection: Connection, versions: Sequence[Version]) -> list[Version]:
    """Those that no earlier backfill has brought: a version of the registry's history never changes."""
    known = set(
        connection.execute(
            "SELECT nct_id, registry_version FROM _sightings WHERE origin = ?", [REGISTRY_HISTORY]
        ).fetchall()
    )
    return [version for version in versions if version[:2] not in known and _is_tracked(connection, version[0])]


def _is_tracked(connection: Connection, nct_id: str) -> bool:
    return connection.execute("SELECT 1 FROM trials WHERE nct_id = ?", [nct_id]).fetchone() is not None


def _sighting(kept: Kept, sha256: str, protocol: str | None, day: date | None, number: int) -> Sighting:
    return Sighting(
        kept.seal.clock, kept.seal.run_id, sha256, protocol, day, origin=REGISTRY_HISTORY, registry_version=number
    )


@dataclass(frozen=True)
class _Step:
    """One version of a trial as its timeline has it."""

    content_sha256: str
    origin: str


def _write_changes(
    connection: Connection, archive: Archive, kept: Kept, nct_ids: Sequence[str], overrides: Overrides
) -> int:
    rows: dict[str, dict[str, Row]] = {name: {} for name in EVENT_TABLES}
    of_sponsors: list[Event] = []
    for nct_id, steps in _timelines(connection, nct_ids).items():
        for telling in _told_of(nct_id, steps, archive, overrides, kept.context):
            # Two equal turns on one day are one event.
            for name, told_rows in telling.rows.items():
                rows[name] |= {row[table(name).key[0]]: row for row in told_rows}
            of_sponsors += telling.of_sponsors
    told_now = append_told(
        connection, kept, {name: typed(table(name), list(rows[name].values())).arrow for name in EVENT_TABLES}
    )
    registry_states.judge_renames(connection, of_sponsors, kept.context)
    return told_now


def _timelines(connection: Connection, nct_ids: Sequence[str]) -> Mapping[str, list[_Step]]:
    ids = pa.table({"id": pa.array(nct_ids, pa.string())})  # noqa: F841  (DuckDB reads it by name)
    rows = connection.execute(
        """SELECT nct_id, content_sha256, origin FROM trial_versions
           WHERE nct_id IN (SELECT id FROM ids) ORDER BY nct_id, version"""
    ).fetchall()
    steps: defaultdict[str, list[_Step]] = defaultdict(list)
    for nct_id, sha256, origin in rows:
        steps[nct_id].append(_Step(sha256, origin))
    return steps


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

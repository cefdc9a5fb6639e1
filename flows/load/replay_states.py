"""Versions and states of a rebuild: a run only notes what it saw, and all are made once after the last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from flows.load import contents, sightings, standings
from flows.load.contents import RUN_COLUMNS
from flows.load.finishing import FINISHED, Seen, finish, finished
from flows.load.following import read_rows
from flows.load.run_state import Kept, Replay
from flows.load.timelines import COLUMNS, timeline_of
from flows.load.workers import in_processes, spread
from flows.storage import memory
from transforms.frames import typed
from transforms.history.timeline import OBSERVED, Sighting, compact
from transforms.replay import OF_CONTENTS
from warehouse import disk, work
from warehouse.schema import table
from warehouse.work import Connection

LOT = 16 * 2**20  # bytes of rows that are put into the tables at once
GROUPS_AT_ONCE = 20
OF_GROUPS = {
    name: f"SELECT * FROM {source} WHERE group_no >= ? AND group_no < ?{order}"
    for name, source, order in (
        ("sightings", "_grouped", " ORDER BY nct_id, sighting_no"), ("topics", "_topics_grouped", ""),
        ("newest", "_newest_grouped", ""),
    )
}  # fmt: skip
Numbered = tuple[int, Sighting]


def note_sightings(connection: Connection, kept: Kept, tonight: Mapping[str, Sequence[Sighting]]) -> None:
    """Add tonight's sightings; one that says as the newest of its trial stretches that one."""
    if not tonight:
        return
    # A new version never says as the newest sighting, which holds another content.
    newest = _newest(connection, [
        nct_id for nct_id, some in tonight.items()
        if nct_id not in kept.versions or any(one.registry_state != "present" for one in some)
    ])  # fmt: skip
    following = _following(connection)
    added: list[tuple[str, Numbered]] = []
    stretched: list[tuple[str, Numbered]] = []
    for nct_id, some in tonight.items():
        number, last = newest.get(nct_id, (0, None))
        observed = compact([*([last] if last else ()), *(one for one in some if one.origin == OBSERVED)])
        if last is not None and observed[0] != last:
            stretched.append((nct_id, (number, observed[0])))
        for one in (*observed[1 if last else 0 :], *(one for one in some if one.origin != OBSERVED)):
            added.append((nct_id, (following, one)))
            following += 1
    if stretched:
        numbers = pa.table({"number": [number for _, (number, _) in stretched]})  # noqa: F841  (DuckDB reads it by name)
        connection.execute("DELETE FROM _sightings WHERE sighting_no IN (SELECT number FROM numbers)")
    sightings.append(connection, [(nct_id, *one) for nct_id, one in (*stretched, *added)])
    contents.note_said(connection, list(tonight), kept.seal)


def _newest(connection: Connection, nct_ids: Sequence[str]) -> dict[str, Numbered]:
    """The newest observed sighting of each of these trials, with its number."""
    ids = pa.table({"id": pa.array(nct_ids, pa.string())})  # noqa: F841  (DuckDB reads it by name)
    rows = connection.execute(
        f"""WITH newest AS (
                SELECT max(sighting_no) AS sighting_no FROM _sightings
                WHERE origin = 'observed' AND nct_id IN (SELECT id FROM ids) GROUP BY nct_id)
            SELECT nct_id, sighting_no, {", ".join(COLUMNS)} FROM _sightings SEMI JOIN newest USING (sighting_no)"""
    ).fetchall()
    return {nct_id: (number, Sighting(*values)) for nct_id, number, *values in rows}


def _following(connection: Connection) -> int:
    """The next number; in a rebuild all trials share one row of numbers until the end."""
    found = connection.execute("SELECT coalesce(max(sighting_no), 0) + 1 FROM _sightings").fetchone()
    return int(found[0]) if found else 1


def write_versions(connection: Connection, nct_ids: Sequence[str]) -> None:
    """The versions of these trials as known now: what a backfill of the registry's history compares."""
    lines = [timeline_of(nct_id, some) for nct_id, some in sightings.sightings_of(connection, nct_ids).items()]
    declared = table("trial_versions")
    rows = typed(declared, [row for line in lines for row in line.versions]).arrow
    work.replace(connection, declared, rows, nct_ids)


def complete(connection: Connection, replay: Replay) -> None:
    """After the last run: trials with all their columns, and versions and states of all of them."""
    contents.close(connection)
    for source, found in replay.standings.items():
        standings.write(connection, source, found)
    _number(connection, replay)
    connection.execute("DELETE FROM trial_versions")
    memory.release_memory()
    parts = _parts(connection, replay.groups)
    # Writing takes this process as long as making does them: it counts as a worker.
    made = in_processes(finish, parts, replay.workers - 1) if replay.workers > 1 else spread(finish, parts, 1)
    for paths in _lots(made):
        for name in FINISHED:
            files = [finished(path, name) for path in paths]
            work.append(connection, table(name), pa.concat_tables([read_rows(file) for file in files]))
            for file in files:
                disk.unlink(file)


def _number(connection: Connection, replay: Replay) -> None:
    """Number the sightings of each trial by themselves, and note which group each belongs to."""
    of_groups = [(nct_id, number) for number, (nct_ids, _) in enumerate(replay.groups) for nct_id in nct_ids]
    groups = pa.table({  # noqa: F841  (DuckDB reads it by name)
        "nct_id": pa.array([nct_id for nct_id, _ in of_groups], pa.string()),
        "group_no": pa.array([number for _, number in of_groups], pa.int32()),
    })  # fmt: skip
    of_newest = ", ".join(("nct_id", "content_sha256", *RUN_COLUMNS))
    connection.execute(
        f"""CREATE TEMP TABLE _grouped AS
           SELECT * REPLACE (row_number() OVER (PARTITION BY nct_id ORDER BY origin <> 'observed', sighting_no)
                             AS sighting_no) FROM _sightings LEFT JOIN groups USING (nct_id);
           DELETE FROM _sightings;
           INSERT INTO _sightings SELECT * EXCLUDE (group_no) FROM _grouped;
           CREATE TEMP TABLE _topics_grouped AS
           SELECT nct_id, content_sha256, topics, group_no FROM _replay_topics JOIN groups USING (nct_id)
           QUALIFY row_number() OVER (PARTITION BY nct_id, content_sha256 ORDER BY number DESC) = 1;
           CREATE TEMP TABLE _newest_grouped AS
           SELECT {of_newest}, group_no FROM _newest_trials JOIN groups USING (nct_id)"""
    )


def _parts(connection: Connection, groups: Sequence[tuple[Sequence[str], Path]]) -> Iterator[tuple[Path, Seen]]:
    """What a process is told of each group, asked for some groups at a time: an answer takes as long for few rows."""
    reread = {nct_id for (nct_id,) in connection.execute("SELECT DISTINCT nct_id FROM _reread_trials").fetchall()}
    for start in range(0, len(groups), GROUPS_AT_ONCE):
        some = {
            name: connection.execute(query, [start, start + GROUPS_AT_ONCE]).to_arrow_table()
            for name, query in OF_GROUPS.items()
        }
        for number, (nct_ids, path) in enumerate(groups[start : start + GROUPS_AT_ONCE], start):
            of_group = {name: rows.filter(pc.equal(rows["group_no"], number)) for name, rows in some.items()}
            yield path, Seen(**of_group, reread=_reread(connection, [one for one in nct_ids if one in reread]))


def _reread(connection: Connection, nct_ids: Sequence[str]) -> dict[str, pa.Table]:
    return {
        name: connection.execute(f"FROM _reread_{name} WHERE nct_id IN (SELECT unnest(?))", [nct_ids]).to_arrow_table()
        for name in OF_CONTENTS if nct_ids
    }  # fmt: skip


def _lots(paths: Iterable[Path]) -> Iterator[list[Path]]:
    """Some finished groups at a time: an insertion costs much the same however few the rows."""
    lot: list[Path] = []
    size = 0
    for path in paths:
        lot.append(path)
        size += sum(finished(path, name).stat().st_size for name in FINISHED)
        if size >= LOT:
            yield lot
            lot, size = [], 0
    if lot:
        yield lot

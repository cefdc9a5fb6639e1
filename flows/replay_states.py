"""Versions and states of a rebuild: a run only notes what it saw, and all are made once after the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from flows import replay_tables, sightings
from flows.following import LONG_TEXTS, file_of, read
from flows.kept import OF_STATES, Kept, Replay
from flows.sightings import COLUMNS, PROFILE_COLUMNS, SAID, TRIAL_COLUMNS
from transforms.frames import typed
from transforms.history.states import OBSERVED, Sighting, compact
from warehouse import work
from warehouse.schema import table
from warehouse.work import Connection

Numbered = tuple[int, Sighting]


def note(connection: Connection, kept: Kept, tonight: Mapping[str, Sequence[Sighting]]) -> None:
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
    replay_tables.note_said(connection, list(tonight), kept.seal)


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
    lines = [sightings.line_of(nct_id, some) for nct_id, some in sightings.of(connection, nct_ids).items()]
    declared = table("trial_versions")
    rows = typed(declared, [row for line in lines for row in line.versions]).arrow
    work.replace(connection, declared, rows, nct_ids)


def complete(connection: Connection, replay: Replay) -> None:
    """After the last run: versions and states of all trials, and the long texts of their newest contents."""
    connection.execute(
        """DELETE FROM trial_versions;
           CREATE OR REPLACE TEMP TABLE _topics AS
           SELECT nct_id, content_sha256, topics FROM _replay_topics
           QUALIFY row_number() OVER (PARTITION BY nct_id, content_sha256 ORDER BY number DESC) = 1;
           CREATE OR REPLACE TEMP TABLE _numbered AS
           SELECT * REPLACE (row_number() OVER (PARTITION BY nct_id ORDER BY origin <> 'observed', sighting_no)
                             AS sighting_no) FROM _sightings;
           DELETE FROM _sightings;
           INSERT INTO _sightings FROM _numbered;
           DROP TABLE _numbered"""
    )
    for nct_ids, path in replay.groups:
        contents = {name: read(file_of(path, name)) for name in OF_STATES}
        _complete(connection, nct_ids, contents["trials"], contents["car_t_profiles"])
    for name in ("trials", "trial_versions", "trial_states", "profile_states"):
        work.touched(connection, name)


def _complete(connection: Connection, nct_ids: Sequence[str], trials: pa.Table, profiles: pa.Table) -> None:
    lines = [sightings.line_of(nct_id, some) for nct_id, some in sightings.of(connection, nct_ids).items()]
    declared = table("trial_versions")
    work.append(connection, declared, typed(declared, [row for line in lines for row in line.versions]).arrow)
    said = typed(SAID, [row for line in lines for row in line.states]).arrow  # noqa: F841  (DuckDB reads it by name)
    ids = pa.table({"id": pa.array(nct_ids, pa.string())})  # noqa: F841
    contents = f"""(SELECT shaped.* REPLACE (_topics.topics AS topics) FROM (
                        SELECT {TRIAL_COLUMNS} FROM trials_read UNION ALL
                        SELECT {TRIAL_COLUMNS} FROM _reread_trials WHERE nct_id IN (SELECT id FROM ids)) AS shaped
                    LEFT JOIN _topics USING (nct_id, content_sha256)) AS contents"""
    trials_read, profiles_read = trials, profiles  # noqa: F841
    connection.execute(
        f"""INSERT INTO trial_states ({sightings.names("trial_states")})
            SELECT {sightings.chosen("trial_states", "contents")}
            FROM said JOIN {contents} USING (nct_id, content_sha256)"""
    )
    of_profile = ", ".join(PROFILE_COLUMNS)
    connection.execute(
        f"""INSERT INTO profile_states ({sightings.names("profile_states")})
            SELECT {sightings.chosen("profile_states", "contents")} FROM said JOIN (
                SELECT of_sha256 AS content_sha256, {of_profile} FROM profiles_read UNION ALL
                SELECT of_sha256, {of_profile} FROM _reread_car_t_profiles WHERE nct_id IN (SELECT id FROM ids))
            AS contents USING (nct_id, content_sha256)"""
    )
    texts = ", ".join(f"{name} = trials_read.{name}" for name in LONG_TEXTS)
    connection.execute(
        f"""UPDATE trials SET {texts} FROM trials_read
            WHERE trials.nct_id = trials_read.nct_id AND trials.content_sha256 = trials_read.content_sha256"""
    )

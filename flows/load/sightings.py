"""What each night said of each trial, and the versions and states that follow from it.

`transforms.history.timeline` makes them of sightings; here sightings are read, added to and kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

import pyarrow as pa

from flows.load.timelines import COLUMNS, OF_STATE, STATE_SPANS, timeline_of
from transforms.frames import typed
from transforms.history.timeline import OBSERVED, Sighting, compact
from warehouse import work
from warehouse.schema import table
from warehouse.work import Connection

TRIALS_AT_ONCE = 2_500  # whose states are made together: bounds the long texts that are joined
VALUES = attrgetter(*COLUMNS)
TRIAL_COLUMNS = ", ".join(name for name in table("trials").column_names if name not in OF_STATE)
PROFILE_COLUMNS = table("car_t_profiles").column_names


def add(connection: Connection, tonight: Mapping[str, Sequence[Sighting]]) -> None:
    """Add tonight's sightings of trials that changed, and make their versions and states again."""
    nct_ids = sorted(tonight)
    for start in range(0, len(nct_ids), TRIALS_AT_ONCE):
        _add(connection, nct_ids[start : start + TRIALS_AT_ONCE], tonight)


def _add(connection: Connection, nct_ids: Sequence[str], tonight: Mapping[str, Sequence[Sighting]]) -> None:
    earlier = sightings_of(connection, nct_ids)
    kept: list[tuple[str, int, Sighting]] = []
    versions: list[dict[str, object]] = []
    states: list[dict[str, object]] = []
    for nct_id in nct_ids:
        known = earlier.get(nct_id, [])
        observed = compact(one for one in (*known, *tonight[nct_id]) if one.origin == OBSERVED)
        together = [*observed, *(one for one in (*known, *tonight[nct_id]) if one.origin != OBSERVED)]
        kept += [(nct_id, number, one) for number, one in enumerate(together, start=1)]
        line = timeline_of(nct_id, together)
        versions += line.versions
        states += line.states
    ids = pa.table({"id": pa.array(nct_ids, pa.string())})  # noqa: F841  (DuckDB reads it by name)
    connection.execute("DELETE FROM _sightings WHERE nct_id IN (SELECT id FROM ids)")
    append(connection, kept)
    work.replace(connection, table("trial_versions"), typed(table("trial_versions"), versions).arrow, nct_ids)
    _write_states(connection, states, nct_ids)


def seen_again(connection: Connection, clock: object) -> None:
    """Tonight's trials that say nothing new: their last sighting and state were seen again tonight."""
    connection.execute(
        """UPDATE _sightings SET last_seen_at = ?
           FROM trials JOIN (SELECT nct_id, max(sighting_no) AS sighting_no FROM _sightings
                             WHERE origin = 'observed' GROUP BY nct_id) AS latest USING (nct_id)
           WHERE latest.nct_id = _sightings.nct_id AND latest.sighting_no = _sightings.sighting_no
             AND _sightings.registry_state = 'present' AND trials.last_seen_at = ?""",
        [clock, clock],
    )
    connection.execute(
        """UPDATE trial_states SET last_seen_at = ? FROM trials
           WHERE trials.nct_id = trial_states.nct_id AND trials.last_seen_at = ?
             AND trial_states.valid_to IS NULL AND trial_states.registry_state = 'present'""",
        [clock, clock],
    )
    work.touched(connection, "trial_states", "last_seen_at")


def sightings_of(connection: Connection, nct_ids: Sequence[str]) -> dict[str, list[Sighting]]:
    """The sightings of these trials that say something new, in order."""
    ids = pa.table({"id": pa.array(nct_ids, pa.string())})  # noqa: F841  (DuckDB reads it by name)
    rows = connection.execute(
        f"SELECT nct_id, {', '.join(COLUMNS)} FROM _sightings WHERE nct_id IN (SELECT id FROM "
        "ids) ORDER BY nct_id, sighting_no"
    ).fetchall()
    found: dict[str, list[Sighting]] = {}
    for nct_id, *values in rows:
        found.setdefault(nct_id, []).append(Sighting(*values))
    return found


def append(connection: Connection, numbered: Sequence[tuple[str, int, Sighting]]) -> None:
    """Add sightings with their NCT number and their own."""
    if not numbered:
        return
    names = ("nct_id", "sighting_no", *COLUMNS)
    rows = [(nct_id, number, *VALUES(one)) for nct_id, number, one in numbered]
    sightings = pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))  # noqa: F841
    connection.execute(f"INSERT INTO _sightings SELECT {', '.join(names)} FROM sightings")


def _write_states(connection: Connection, states: Sequence[Mapping[str, object]], nct_ids: Sequence[str]) -> None:
    """States of these trials again: the row of each content, with what the state itself says.

    Rows of contents come from `trials` and `car_t_profiles` where they are current, else from the states
    that hold them already.
    """
    said = typed(STATE_SPANS, states).arrow  # noqa: F841  (DuckDB reads it by name)
    ids = pa.table({"id": pa.array(nct_ids, pa.string())})  # noqa: F841
    among = [nct_ids[0], nct_ids[-1]]  # nothing beyond is held while rows with long texts are joined
    # Contents that are current are read from trials themselves: their long texts need no second copy.
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE _contents AS
            SELECT {TRIAL_COLUMNS} FROM _reread_trials WHERE nct_id IN (SELECT id FROM ids)
            UNION ALL
            SELECT {TRIAL_COLUMNS} FROM trial_states AS earlier
            WHERE nct_id BETWEEN ? AND ? AND nct_id IN (SELECT id FROM ids)
              AND NOT EXISTS (SELECT 1 FROM trials WHERE trials.nct_id = earlier.nct_id
                                                     AND trials.content_sha256 = earlier.content_sha256)
              AND NOT EXISTS (SELECT 1 FROM _reread_trials AS again WHERE again.nct_id = earlier.nct_id
                                                     AND again.content_sha256 = earlier.content_sha256)
            QUALIFY row_number() OVER (PARTITION BY nct_id, content_sha256 ORDER BY state_no) = 1""",
        among,
    )
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE _profiles AS
            SELECT trials.content_sha256, {_of("car_t_profiles", PROFILE_COLUMNS)}
            FROM car_t_profiles JOIN trials USING (nct_id) WHERE nct_id IN (SELECT id FROM ids)
            UNION ALL
            SELECT of_sha256, {_of("_reread_car_t_profiles", PROFILE_COLUMNS)}
            FROM _reread_car_t_profiles WHERE nct_id IN (SELECT id FROM ids)
            UNION ALL
            SELECT trial_states.content_sha256, {_of("profile_states", PROFILE_COLUMNS)}
            FROM profile_states JOIN trial_states USING (nct_id, state_no)
            WHERE nct_id IN (SELECT id FROM ids)
              AND NOT EXISTS (SELECT 1 FROM trials WHERE trials.nct_id = trial_states.nct_id
                                                     AND trials.content_sha256 = trial_states.content_sha256)
              AND NOT EXISTS (SELECT 1 FROM _reread_trials AS again WHERE again.nct_id = trial_states.nct_id
                                                     AND again.content_sha256 = trial_states.content_sha256)
            QUALIFY row_number() OVER (PARTITION BY nct_id, content_sha256 ORDER BY state_no) = 1"""
    )
    for name in ("trial_states", "profile_states"):
        work.delete(connection, table(name), nct_ids)
    for contents in ("trials", "_contents"):
        connection.execute(
            f"""INSERT INTO trial_states ({_names("trial_states")})
                SELECT {_chosen("trial_states", contents)} FROM said JOIN {contents} USING (nct_id, content_sha256)
                WHERE {contents}.nct_id BETWEEN ? AND ?""",
            among,
        )
    connection.execute(
        f"""INSERT INTO profile_states ({_names("profile_states")})
            SELECT {_chosen("profile_states", "_profiles")} FROM said JOIN _profiles USING (nct_id, content_sha256)"""
    )
    for name in ("trial_states", "profile_states"):
        work.touched(connection, name)
    connection.execute("DROP TABLE _contents; DROP TABLE _profiles")


def _names(name: str) -> str:
    """The columns of a table, for SQL."""
    return ", ".join(table(name).column_names)


def _of(source: str, columns: Sequence[str]) -> str:
    return ", ".join(f"{source}.{column}" for column in columns)


def _chosen(states: str, contents: str) -> str:
    """The columns of a table of states: what the state says itself, the rest from the row of its content."""
    return ", ".join(
        f"{'said' if column in STATE_SPANS.column_names else contents}.{column}"
        for column in table(states).column_names
    )

"""What each night said of each trial, and the versions and states that follow from it.

`transforms.history.timeline` makes them of sightings. A run notes what it saw; after the last run of a load, versions
and states of the trials that moved are made again.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter, itemgetter

import pyarrow as pa

from flows.load.workers import spread
from transforms.frames import typed
from transforms.history.timeline import OBSERVED, Sighting, Timeline, compact, timeline
from warehouse import work
from warehouse.narrow import STATE_SPANS
from warehouse.schema import table
from warehouse.work import Connection

TRIALS_AT_ONCE = 2_500  # whose versions and states are made together
LARGE = 20_000  # trials that moved from which processes of their own are worth their start
COLUMNS = Sighting.__struct_fields__
VALUES = attrgetter(*COLUMNS)

Numbered = tuple[int, Sighting]


def note_sightings(connection: Connection, tonight: Mapping[str, Sequence[Sighting]], versions: Container[str]) -> None:
    """Add tonight's sightings; one that says as the newest of its trial stretches that one.

    `versions` are trials with a new version: it never says as the newest sighting, which holds another content.
    """
    if not tonight:
        return
    newest = _newest(connection, [
        nct_id for nct_id, some in tonight.items()
        if nct_id not in versions or any(one.registry_state != "present" for one in some)
    ])  # fmt: skip
    following = _following(connection)
    added: list[tuple[str, int, Sighting]] = []
    stretched: list[tuple[str, int, Sighting]] = []
    for nct_id, some in sorted(tonight.items()):
        number, last = newest.get(nct_id, (0, None))
        observed = compact([*([last] if last else ()), *(one for one in some if one.origin == OBSERVED)])
        if last is not None and observed and observed[0] != last:
            stretched.append((nct_id, number, observed[0]))
        for one in (*observed[1 if last else 0 :], *(one for one in some if one.origin != OBSERVED)):
            added.append((nct_id, following, one))
            following += 1
    if stretched:
        numbers = pa.table({"number": [number for _, number, _ in stretched]})  # noqa: F841  (DuckDB reads it by name)
        connection.execute("DELETE FROM _sightings WHERE sighting_no IN (SELECT number FROM numbers)")
    _append(connection, [*stretched, *added])


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
    """The next number: all trials share one row of numbers."""
    found = connection.execute("SELECT coalesce(max(sighting_no), 0) + 1 FROM _sightings").fetchone()
    return int(found[0]) if found else 1


def _append(connection: Connection, numbered: Sequence[tuple[str, int, Sighting]]) -> None:
    if not numbered:
        return
    names = ("nct_id", "sighting_no", *COLUMNS)
    rows = [(nct_id, number, *VALUES(one)) for nct_id, number, one in numbered]
    sightings = pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))  # noqa: F841
    connection.execute(f"INSERT INTO _sightings SELECT {', '.join(names)} FROM sightings")


def seen_again(connection: Connection, clock: object) -> None:
    """Tonight's trials that say nothing new: their last sighting and state were seen again tonight."""
    connection.execute(
        """UPDATE _sightings SET last_seen_at = ?
           FROM _trials_now AS now JOIN (SELECT nct_id, max(sighting_no) AS sighting_no FROM _sightings
                             WHERE origin = 'observed' GROUP BY nct_id) AS latest USING (nct_id)
           WHERE latest.nct_id = _sightings.nct_id AND latest.sighting_no = _sightings.sighting_no
             AND _sightings.registry_state = 'present' AND now.last_seen_at = ?""",
        [clock, clock],
    )
    connection.execute(
        """UPDATE _state_spans SET last_seen_at = ? FROM _trials_now AS now
           WHERE now.nct_id = _state_spans.nct_id AND now.last_seen_at = ?
             AND _state_spans.valid_to IS NULL AND _state_spans.registry_state = 'present'""",
        [clock, clock],
    )
    work.touched(connection, "trial_states", "last_seen_at")


def sightings_of(connection: Connection, nct_ids: Sequence[str]) -> dict[str, list[Sighting]]:
    """The sightings of these trials that say something new, in order."""
    return dict(_by_trial(_rows_of(connection, nct_ids)))


def timeline_of(nct_id: str, together: Sequence[Sighting]) -> Timeline:
    """The versions and states that follow from all sightings of a trial."""
    observed = [one for one in together if one.origin == OBSERVED]
    return timeline(nct_id, observed, [one for one in together if one.origin != OBSERVED])


def write_spans(connection: Connection, nct_ids: Sequence[str], workers: int) -> None:
    """Versions and states of these trials again."""
    parts = [nct_ids[start : start + TRIALS_AT_ONCE] for start in range(0, len(nct_ids), TRIALS_AT_ONCE)]
    made = spread(spans_of, ((_rows_of(connection, some),) for some in parts), workers if len(nct_ids) >= LARGE else 1)
    for some, (versions, states) in zip(parts, made, strict=True):
        work.replace(connection, table("trial_versions"), versions, some)
        work.replace(connection, STATE_SPANS, states, some)
    if nct_ids:
        for name in ("trial_states", "profile_states"):
            work.touched(connection, name)


def spans_of(sightings: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Rows of versions and of states, of the sightings of some trials in order."""
    lines = [timeline_of(nct_id, some) for nct_id, some in _by_trial(sightings)]
    versions = typed(table("trial_versions"), [row for line in lines for row in line.versions]).arrow
    return versions, typed(STATE_SPANS, [row for line in lines for row in line.states]).arrow


def _rows_of(connection: Connection, nct_ids: Sequence[str]) -> pa.Table:
    ids = pa.table({"id": pa.array(nct_ids, pa.string())})  # noqa: F841  (DuckDB reads it by name)
    return connection.execute(
        f"SELECT nct_id, {', '.join(COLUMNS)} FROM _sightings WHERE nct_id IN (SELECT id FROM ids) "
        "ORDER BY nct_id, sighting_no"
    ).to_arrow_table()


def _by_trial(sightings: pa.Table) -> Iterator[tuple[str, list[Sighting]]]:
    rows = zip(*(sightings[name].to_pylist() for name in ("nct_id", *COLUMNS)), strict=True)
    for nct_id, some in groupby(rows, key=itemgetter(0)):
        yield nct_id, [Sighting(*values) for _, *values in some]

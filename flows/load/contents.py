"""Where the rows of a rebuild wait until their run is kept, and how they become what a night would have written.

What is told of records, and what only the newest content of a trial has, does not wait: it is written at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from flows.load.following import ASKED_BETWEEN_RUNS
from flows.load.run_state import OF_TRIALS, Kept, Replay
from flows.storage.seal import Seal
from transforms.normalize import EVENT_TABLES
from transforms.replay import Replayed
from warehouse import work
from warehouse.schema import Table, table
from warehouse.work import Connection

# What a record alone does not know of its row of trials.
RUN_COLUMNS = {
    "first_seen_at": "coalesce(_stood.first_seen_at, $clock)",
    "last_seen_at": "coalesce(_stood.last_seen_at, $clock)",
    "registry_state": "coalesce(_stood.registry_state, 'present')",
    "is_stale": "false",
    "topics": "_topics.topics",
    "run_id": "$run_id",
}
BETWEEN_RUNS = (*ASKED_BETWEEN_RUNS, *RUN_COLUMNS)


def create(connection: Connection) -> None:
    """Temporary tables: what runs will take, and what is read of the registry's history meanwhile.

    Until the last run is kept, a temporary table with the few columns that runs ask for stands before `trials`, which
    DuckDB then finds first by that name: no run writes a hundred columns that the next writes again.
    """
    connection.execute(
        f"""CREATE TEMP TABLE trials AS SELECT {", ".join(BETWEEN_RUNS)} FROM trials LIMIT 0;
            CREATE TEMP TABLE _replay_trials AS SELECT {", ".join(ASKED_BETWEEN_RUNS)} FROM trials LIMIT 0;
            CREATE TEMP TABLE _replay_outcomes (
                run_id VARCHAR, nct_id VARCHAR, content_sha256 VARCHAR, is_readable BOOLEAN, is_new_version BOOLEAN,
                protocol_sha256 VARCHAR);
            CREATE TEMP TABLE _replay_references AS SELECT *, '' AS of_sha256 FROM trial_references LIMIT 0;
            CREATE TEMP TABLE _replay_topics (
                number INTEGER, nct_id VARCHAR, content_sha256 VARCHAR, topics VARCHAR[])"""
    )


def take(connection: Connection, some: Sequence[Replayed]) -> None:
    """What became of trials: what runs ask for waits, what only the newest content has is written at once.

    So is what is told, though its runs are yet to be kept: a run only asks whether what it tells beside its records
    has been told before (`withdraw_later`).
    """
    waiting = [
        {"outcomes": made.outcomes, "trials": made.contents["trials"], "references": made.references} for made in some
    ]
    for name in ("outcomes", "trials", "references"):
        rows = _together(name, waiting)
        if rows is not None:
            connection.execute(f"INSERT INTO _replay_{name} BY NAME SELECT * FROM rows")
    for name in EVENT_TABLES:
        rows = _together(name, [made.told for made in some])
        if rows is not None:
            work.append(connection, table(name), _told_first(rows, table(name).key[0]))
    for declared in OF_TRIALS:
        rows = _together(declared.name, [made.whole for made in some])
        if rows is not None:
            work.append(connection, declared, rows)
    names = ("record_id", "current", "good")
    current = pa.table(dict(zip(names, zip(*(row for made in some for row in made.current), strict=True), strict=True)))  # noqa: F841
    connection.execute("INSERT INTO _records SELECT 'ctgov', record_id, current, good FROM current")


def _told_first(rows: pa.Table, key: str) -> pa.Table:
    """Each change or event once, as the first run told it: rows of a trial are in the order of its runs."""
    if pc.count_distinct(rows[key]).as_py() == rows.num_rows:
        return rows
    first: dict[str, int] = {}
    for number, told in enumerate(rows[key].to_pylist()):
        first.setdefault(told, number)
    return rows.take(pa.array(first.values(), pa.int64()))


def _together(name: str, many: Sequence[Mapping[str, pa.Table]]) -> pa.Table | None:
    tables = [tables[name] for tables in many if name in tables]
    return pa.concat_tables(tables) if tables else None


def keep(connection: Connection, kept: Kept, replay: Replay) -> None:
    """What a run took of the registry, as `flows.load.apply_run` would have written it."""
    run_id = kept.seal.run_id
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE _taken AS SELECT * EXCLUDE (run_id) FROM _replay_outcomes WHERE run_id = ?",
        [run_id],
    )
    rows = connection.execute("SELECT nct_id, is_readable, is_new_version, protocol_sha256 FROM _taken").fetchall()
    kept.readable["ctgov"].update(nct_id for nct_id, is_readable, _, _ in rows if is_readable)
    kept.stale["ctgov"].update(nct_id for nct_id, is_readable, _, _ in rows if not is_readable)
    kept.versions.update((nct_id, protocol) for nct_id, _, is_new, protocol in rows if is_new)
    kept.of_sponsors += replay.of_sponsors.get(run_id, [])
    if rows:
        _keep_trials(connection, kept)


def _keep_trials(connection: Connection, kept: Kept) -> None:
    """What runs ask for of trials, and the papers they cite."""
    note_topics_of(connection, "(FROM _replay_trials SEMI JOIN _taken USING (nct_id, content_sha256))", kept.seal)
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE _stood AS
           SELECT nct_id, first_seen_at, last_seen_at, registry_state FROM trials
           WHERE nct_id IN (SELECT nct_id FROM _taken WHERE is_readable)"""
    )
    for name in ("trials", "trial_references"):
        connection.execute(f"DELETE FROM {name} WHERE nct_id IN (SELECT nct_id FROM _taken WHERE is_readable)")
    values = [RUN_COLUMNS.get(name, f"content.{name}") for name in BETWEEN_RUNS]
    connection.execute(
        f"""INSERT INTO trials ({", ".join(BETWEEN_RUNS)}) SELECT {", ".join(values)}
            FROM _replay_trials AS content JOIN _taken USING (nct_id, content_sha256)
            LEFT JOIN _stood USING (nct_id) LEFT JOIN _topics USING (nct_id, content_sha256) WHERE is_readable""",
        {"clock": kept.seal.clock, "run_id": kept.seal.run_id},
    )
    references = ", ".join(table("trial_references").column_names)
    connection.execute(
        f"""INSERT INTO trial_references ({references}) SELECT {references} FROM _replay_references
            SEMI JOIN (SELECT nct_id, content_sha256 AS of_sha256 FROM _taken WHERE is_readable) AS taken
            USING (nct_id, of_sha256)"""
    )
    connection.execute(
        "UPDATE trials SET is_stale = true WHERE nct_id IN (SELECT nct_id FROM _taken WHERE NOT is_readable)"
    )


def withdraw_later(connection: Connection, kept: Kept, declared: Table, rows: pa.Table) -> None:
    """Before a run tells these changes or events beside those of its records, take back what later runs tell alike.

    Theirs have been written already (`take`), but it is the first run that tells what several would.
    """
    connection.execute(
        f"""DELETE FROM {declared.name} WHERE {declared.key[0]} IN (SELECT {declared.key[0]} FROM rows)
            AND run_id <> ? AND run_id NOT IN (SELECT run_id FROM _kept)""",
        [kept.seal.run_id],
    )


def close(connection: Connection) -> None:
    """After the last run `trials` is that of the schema again, and what runs said of it is `_newest_trials`."""
    connection.execute(
        """ALTER TABLE temp.trials RENAME TO _newest_trials;
           DROP TABLE _replay_trials; DROP TABLE _replay_outcomes; DROP TABLE _replay_references"""
    )


def note_topics_of(connection: Connection, contents: str, seal: Seal) -> None:
    """Put into `_topics` which of the run's topics these contents (an SQL source) belong to."""
    members = [(topic, disease) for topic, diseases in seal.topics.items() for disease in diseases]
    of_topics = pa.table({  # noqa: F841  (DuckDB reads it by name)
        "topic": pa.array([topic for topic, _ in members], pa.string()),
        "disease": pa.array([disease for _, disease in members], pa.string()),
    })  # fmt: skip
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE _topics AS
            SELECT nct_id, content_sha256, list_sort(list(DISTINCT topic)) AS topics
            FROM (SELECT nct_id, content_sha256, unnest(diseases) AS disease FROM {contents})
            JOIN of_topics USING (disease) GROUP BY ALL"""
    )


def note_said(connection: Connection, nct_ids: Sequence[str], seal: Seal) -> None:
    """States that a sighting of this run makes or stretches carry the topics that their content has now."""
    ids = pa.table({"id": pa.array(nct_ids, pa.string())})  # noqa: F841  (DuckDB reads it by name)
    connection.execute(
        """INSERT INTO _replay_topics SELECT ?, nct_id, content_sha256, topics FROM trials
           WHERE nct_id IN (SELECT id FROM ids)""",
        [seal.number],
    )


def note_reread(connection: Connection, name: str, rows: pa.Table, seal: Seal) -> None:
    """Contents of the registry's own history that are read once more replace what was read before."""
    connection.execute(
        f"DELETE FROM _reread_{name} WHERE (nct_id, of_sha256) IN (SELECT (nct_id, of_sha256) FROM rows)"
    )
    if name == "trials":
        connection.execute("INSERT INTO _replay_topics SELECT ?, nct_id, of_sha256, topics FROM rows", [seal.number])


def note_read_again(connection: Connection, seal: Seal) -> None:
    """A run that reads every record again gives all earlier contents its topics too."""
    said = "SELECT DISTINCT nct_id, content_sha256 FROM _sightings"
    contents = f"""(FROM (SELECT nct_id, content_sha256, diseases FROM _replay_trials SEMI JOIN ({said}) AS said
                        USING (nct_id, content_sha256)
                    UNION ALL SELECT nct_id, content_sha256, diseases FROM _reread_trials)
                    ANTI JOIN trials USING (nct_id, content_sha256))"""
    note_topics_of(connection, contents, seal)
    connection.execute(
        f"""INSERT INTO _replay_topics SELECT ?, nct_id, content_sha256, topics FROM {contents}
            LEFT JOIN _topics USING (nct_id, content_sha256)""",
        [seal.number],
    )

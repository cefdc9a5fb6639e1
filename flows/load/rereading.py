"""Contents read again: earlier versions where rules or decisions changed, and what completes a rebuild."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

import pyarrow as pa

from flows.load import contents as replay_tables
from flows.load.run_state import Kept
from flows.load.workers import Stored, batches
from flows.load.write_rows import add_run_columns
from flows.storage.archive import Archive
from transforms.normalize import Batch, Outcome
from transforms.reading import Overrides
from transforms.replay import OF_CONTENTS
from warehouse.work import Connection


def reread_earlier(connection: Connection, archive: Archive, kept: Kept, overrides: Overrides, workers: int) -> None:
    """Where rules or decisions changed, read every earlier version again: derived values follow today's.

    The rows wait in temporary tables until the states are written again.
    """
    if kept.replay is not None:
        # What a rebuild reads again is what it has read: only the topics are those of the run.
        if kept.rules_changed:
            replay_tables.note_read_again(connection, kept.seal)
        return
    create(connection)
    if not (kept.rules_changed or kept.decided_anew):
        return
    earlier = connection.execute(
        """SELECT DISTINCT nct_id, content_sha256 FROM _sightings
           WHERE (? OR list_contains(?, nct_id))
             AND NOT EXISTS (SELECT 1 FROM trials WHERE trials.nct_id = _sightings.nct_id
                                                    AND trials.content_sha256 = _sightings.content_sha256)
           ORDER BY ALL""",
        [kept.rules_changed, sorted(kept.decided_anew)],
    ).fetchall()
    reread(connection, archive, earlier, kept, overrides, workers)


def create(connection: Connection) -> None:
    """The temporary tables of what is read again: empty for each run, in a rebuild for all of them."""
    for name in OF_CONTENTS:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE _reread_{name} AS SELECT *, NULL::VARCHAR AS of_sha256 FROM {name} LIMIT 0"
        )


def reread(
    connection: Connection, archive: Archive, contents: Iterable[tuple[str, str]], kept: Kept, overrides: Overrides,
    workers: int,
) -> list[Outcome]:  # fmt: skip
    """Put the rows of these contents (NCT number, hash) where the states of their trials are made from.

    Two contents of one trial must not meet in one table, so each round takes one of every trial.
    """
    outcomes: list[Outcome] = []
    for contents_of_round in _rounds(contents):
        records = (Stored(nct_id, archive.entry(sha256), is_same_version=True, is_passing=True)
                   for nct_id, sha256 in contents_of_round.items())  # fmt: skip
        for batch in batches(
            "ctgov", records, len(contents_of_round), packs=archive.packs, workers=workers, overrides=overrides,
            context=kept.context,
        ):  # fmt: skip
            _keep_reread(connection, batch, contents_of_round, kept)
            outcomes += batch.outcomes
    return outcomes


def _rounds(contents: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    rounds: list[dict[str, str]] = []
    seen: Counter[str] = Counter()
    for nct_id, sha256 in contents:
        if seen[nct_id] == len(rounds):
            rounds.append({})
        rounds[seen[nct_id]][nct_id] = sha256
        seen[nct_id] += 1
    return rounds


def _keep_reread(connection: Connection, batch: Batch, shas: Mapping[str, str], kept: Kept) -> None:
    for name in OF_CONTENTS:
        if name in batch.tables:
            rows = batch.tables[name]
            rows = add_run_columns(connection, rows, shas, kept) if name == "trials" else rows
            of_sha256 = pa.array([shas[i] for i in rows["nct_id"].to_pylist()], pa.string())
            rows = rows.append_column("of_sha256", of_sha256)
            if kept.replay is not None:
                replay_tables.note_reread(connection, name, rows, kept.seal)
            connection.execute(f"INSERT INTO _reread_{name} BY NAME SELECT * FROM rows")

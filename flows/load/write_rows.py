"""Shaped batches become rows of the working database, with what a record alone does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from flows.load import contents
from flows.load.run_state import TABLES_OF, Check, Kept
from transforms.normalize import EVENT_TABLES, Batch
from warehouse import work
from warehouse.schema import table
from warehouse.work import Connection

CHUNK = 5_000  # records checked and written at a time


def chunks(shaped: Iterator[Batch]) -> Iterator[Batch]:
    """Batches put together to some thousand records: a check costs the same however few the rows."""
    waiting: list[Batch] = []
    for batch in shaped:
        waiting.append(batch)
        if sum(len(one.outcomes) for one in waiting) >= CHUNK:
            yield _together(waiting)
            waiting = []
    if waiting:
        yield _together(waiting)


def _together(batches_: list[Batch]) -> Batch:
    names = dict.fromkeys(name for batch in batches_ for name in batch.tables)
    return Batch(
        {name: pa.concat_tables([batch.tables[name] for batch in batches_ if name in batch.tables]) for name in names},
        [outcome for batch in batches_ for outcome in batch.outcomes],
        [problem for batch in batches_ for problem in batch.problems],
    )


def write_rows(connection: Connection, source: str, chunk: Batch, kept: Kept, check: Check | None) -> None:
    readable = [outcome.record_id for outcome in chunk.outcomes if outcome.is_readable and outcome.record_id]
    tables = {
        declared.name: chunk.tables[declared.name] for declared in TABLES_OF[source] if declared.name in chunk.tables
    }
    main = "trials" if source == "ctgov" else "publications"
    if main in tables:
        shas = {outcome.record_id: outcome.sha256 for outcome in chunk.outcomes if outcome.record_id}
        tables[main] = add_run_columns(connection, tables[main], shas, kept)
    if check is not None:
        check({name: rows.to_pandas(types_mapper=pd.ArrowDtype) for name, rows in tables.items()})
    for declared in TABLES_OF[source]:
        work.delete(connection, declared, readable)
        if declared.name in tables:
            work.append(connection, declared, tables[declared.name])
    kept.events += append_told(connection, kept, chunk.tables)
    kept.problems += [(source, record_id, sha256, problem) for record_id, sha256, problem in chunk.problems]
    kept.readable[source].update(readable)
    for outcome in chunk.outcomes:
        if outcome.record_id and not outcome.is_readable:
            kept.stale[source].add(outcome.record_id)
        elif source == "ctgov" and outcome.record_id:
            kept.of_sponsors += outcome.of_sponsors
            if outcome.is_new_version:
                kept.versions[outcome.record_id] = outcome.protocol_sha256


def append_told(connection: Connection, kept: Kept, tables: Mapping[str, pa.Table]) -> int:
    """Add the changes and events among these tables that no run has told yet; how many events there were."""
    events = 0
    for declared in (table(name) for name in EVENT_TABLES if name in tables):
        if kept.replay is not None:
            contents.withdraw_later(connection, kept, declared, tables[declared.name])
        added = work.append_new(connection, declared, tables[declared.name])
        events += added if declared.name == "trial_events" else 0
    return events


def add_run_columns(connection: Connection, rows: pa.Table, shas: Mapping[str, str], kept: Kept) -> pa.Table:
    """The columns that a record alone does not know: topics, since when we know it, its state, its content's hash.

    A record that is read again without having come tonight (other rules) was not seen tonight, and one
    that comes back is present only once its return has been told: both keep what stood.
    """
    main = "trials" if "nct_id" in rows.column_names else "publications"
    ids = rows[table(main).key[0]].to_pylist()
    clock = kept.seal.clock
    stood = _standing(connection, main, ids)
    first = (None, None, None)
    given: dict[str, list[Any]] = {
        "first_seen_at": [stood.get(i, first)[0] or clock for i in ids],
        "last_seen_at": [stood.get(i, first)[1] or clock for i in ids],
        "content_sha256": [shas[i] for i in ids],
        "is_stale": [False] * len(ids),
        "topics": [_topics(diseases, kept.seal.topics) for diseases in rows["diseases"].to_pylist()],
    }
    if main == "trials":
        given["registry_state"] = [stood.get(i, first)[2] or "present" for i in ids]
    else:
        brought = kept.brought["pubmed"]
        given["is_deleted"] = [i not in brought and bool(stood.get(i, first)[2]) for i in ids]
    for name, values in given.items():
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(values, rows.schema.field(name).type))
    return rows


def _standing(connection: Connection, main: str, ids: Sequence[str]) -> dict[str, tuple[Any, Any, Any]]:
    """Record id -> when first and last seen, and its registry_state or is_deleted, as the last run left it."""
    key = table(main).key[0]
    state = "registry_state" if main == "trials" else "is_deleted"
    asked = pa.table({"id": pa.array(ids, pa.string())})  # noqa: F841  (DuckDB reads it by name)
    rows = connection.execute(
        f"SELECT {key}, first_seen_at, last_seen_at, {state} FROM {main} WHERE {key} IN (SELECT id FROM asked)"
    ).fetchall()
    return {row[0]: row[1:] for row in rows}


def _topics(diseases: list[str] | None, topics: dict[str, list[str]]) -> list[str] | None:
    if diseases is None:
        return None
    treated = set(diseases)
    return sorted(name for name, members in topics.items() if treated & set(members)) or None

"""Normalized batches become rows of the working database; what runs ask for one by one waits until they are applied.

`_outcomes` and the `_received_…` tables are temporary: what became of each content in each run, and the lists of which
a run must see what it knew. Everything else of the newest content is written at once, and so is what is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from flows.load.run_state import TABLES_OF, Check, Kept
from transforms.follow import VERSIONED_TABLES, Outcome
from transforms.normalize import EVENT_TABLES, MAIN_TABLES, Batch
from warehouse import narrow, work
from warehouse.columns import Table
from warehouse.schema import table
from warehouse.tables.sources import SOURCES
from warehouse.work import Connection

CHUNK = 5_000  # contents checked and written at a time
CONTENTS = {kept.name: kept.contents for kept in narrow.VIEWS if kept.name in VERSIONED_TABLES}
NOW = {kept.name: kept.stands for kept in narrow.VIEWS if kept.name in MAIN_TABLES}
# Lists that runs ask for: of which each must see what it knew.
RECEIVED = {
    source: tuple(one for one in declared if one.name in VERSIONED_TABLES and one.name not in CONTENTS)
    for source, declared in TABLES_OF.items()
}
OUTCOMES = pa.schema(
    [
        ("run_id", pa.string()), ("record_id", pa.string()), ("content_sha256", pa.string()),
        ("is_readable", pa.bool_()), ("is_new_version", pa.bool_()), ("protocol_sha256", pa.string()),
    ]
)  # fmt: skip


def main_of(source: str) -> str:
    """The table that has one row per record of a source."""
    return SOURCES[source].main


def create(connection: Connection) -> None:
    """The temporary tables of a load, empty."""
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE _outcomes (
               source VARCHAR, run_id VARCHAR, record_id VARCHAR, content_sha256 VARCHAR, is_readable BOOLEAN,
               is_new_version BOOLEAN, protocol_sha256 VARCHAR)"""
    )
    for declared in (one for some in RECEIVED.values() for one in some):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE _received_{declared.name} AS "
            f"SELECT *, '' AS of_sha256 FROM {declared.name} LIMIT 0"
        )


def drop(connection: Connection) -> None:
    """Take the temporary tables away again."""
    for name in ("_outcomes", *(f"_received_{one.name}" for some in RECEIVED.values() for one in some)):
        connection.execute(f"DROP TABLE IF EXISTS {name}")


def chunks(normalized: Iterator[Batch]) -> Iterator[Batch]:
    """Batches put together to some thousand contents: a check costs the same however few the rows."""
    waiting: list[Batch] = []
    for batch in normalized:
        waiting.append(batch)
        if sum(len(one.outcomes) for one in waiting) >= CHUNK:
            yield _together(waiting)
            waiting = []
    if waiting:
        yield _together(waiting)


def _together(some: Sequence[Batch]) -> Batch:
    return Batch(
        _concatenated([batch.tables for batch in some]),
        _concatenated([batch.earlier for batch in some]),
        [outcome for batch in some for outcome in batch.outcomes],
        [problem for batch in some for problem in batch.problems],
    )


def _concatenated(some: Sequence[Mapping[str, pa.Table]]) -> dict[str, pa.Table]:
    names = dict.fromkeys(name for tables in some for name in tables)
    return {name: pa.concat_tables([tables[name] for tables in some if name in tables]) for name in names}


def write_rows(connection: Connection, source: str, chunk: Batch, runs: Sequence[Kept], check: Check | None) -> None:
    """Check and write what was made of some records; `check` is given the rows of a single run."""
    main = chunk.tables.get(main_of(source))
    if check is not None:
        tables = {one.name: chunk.tables[one.name] for one in TABLES_OF[source] if one.name in chunk.tables}
        if main is not None:
            tables[main_of(source)] = _add_run_columns(connection, main_of(source), main, runs[-1])
        check({name: rows.to_pandas(types_mapper=pd.ArrowDtype) for name, rows in tables.items()})
    key = TABLES_OF[source][0].key[0]
    ids = main[key].to_pylist() if main is not None else []
    shas = dict(zip(ids, main["content_sha256"].to_pylist(), strict=True)) if main is not None else {}
    _delete_contents(connection, source, chunk)
    for declared in TABLES_OF[source]:
        rows = [_with_hash(chunk.tables[declared.name], key, shas)] if declared.name in chunk.tables else []
        rows += [chunk.earlier[declared.name]] if declared.name in chunk.earlier else []
        if declared.name in CONTENTS:
            _write_contents(connection, declared.name, rows)
        elif declared in RECEIVED[source]:
            for one in rows:
                _insert(connection, f"_received_{declared.name} BY NAME SELECT *", one)
        else:
            work.delete(connection, declared, ids)
            for one in rows:
                work.append(connection, declared, one)
    _write_outcomes(connection, source, chunk.outcomes)
    for name in EVENT_TABLES:
        if name in chunk.tables:
            work.append_new(connection, table(name), _told_first(chunk.tables[name], table(name).key[0]))


def _with_hash(rows: pa.Table, key: str, shas: Mapping[str, str]) -> pa.Table:
    return rows.append_column("of_sha256", pa.array([shas[i] for i in rows[key].to_pylist()], pa.string()))


def _insert(connection: Connection, into: str, rows: pa.Table) -> None:
    connection.execute(f"INSERT INTO {into} FROM rows")


def _delete_contents(connection: Connection, source: str, chunk: Batch) -> None:
    """What other rules made of these contents gives way, also where today's make nothing of it."""
    main = main_of(source)
    for rows in (tables[main] for tables in (chunk.tables, chunk.earlier) if main in tables):
        for declared in (CONTENTS[one.name] for one in TABLES_OF[source] if one.name in CONTENTS):
            key = ", ".join(declared.key)
            made = rows.select(list(declared.key))  # noqa: F841  (DuckDB reads it by name)
            connection.execute(f"DELETE FROM {declared.name} WHERE ({key}) IN (SELECT ({key}) FROM made)")


def _write_contents(connection: Connection, name: str, some: Sequence[pa.Table]) -> None:
    declared = CONTENTS[name]
    columns = ", ".join(declared.column_names)
    values = columns if name in MAIN_TABLES else columns.replace("content_sha256", "of_sha256")
    for one in some:
        _insert(connection, f"{declared.name} ({columns}) SELECT {values}", one)
    for kept in narrow.VIEWS:
        if some and kept.contents is declared:
            work.touched(connection, kept.name)


def _write_outcomes(connection: Connection, source: str, outcomes: Sequence[Outcome]) -> None:
    names = OUTCOMES.names
    named = [one for one in outcomes if one.record_id]
    columns = {name: [getattr(one, "sha256" if name == "content_sha256" else name) for one in named] for name in names}
    rows = pa.table(columns, schema=OUTCOMES)  # noqa: F841  (DuckDB reads it by name)
    connection.execute("INSERT INTO _outcomes SELECT ?, * FROM rows", [source])


def _told_first(rows: pa.Table, key: str) -> pa.Table:
    """Each change or event once, as the first run told it: rows of a record are in the order of its runs."""
    first: dict[str, int] = {}
    for number, told in enumerate(rows[key].to_pylist()):
        first.setdefault(told, number)
    return rows if len(first) == rows.num_rows else rows.take(pa.array(first.values(), pa.int64()))


def append_told(connection: Connection, kept: Kept, rows: Mapping[str, pa.Table]) -> None:
    """Add changes and events that a run tells beside those of its records, where no run before it has told them.

    What later runs of the load tell alike beside their records is written already: it is taken back, since it is the
    first run that tells what several would.
    """
    for declared in (table(name) for name in EVENT_TABLES if name in rows):
        told = rows[declared.name]
        connection.execute(
            f"""DELETE FROM {declared.name} WHERE {declared.key[0]} IN (SELECT {declared.key[0]} FROM told)
                AND run_id <> ? AND run_id NOT IN (SELECT run_id FROM _kept)""",
            [kept.seal.run_id],
        )
        work.append_new(connection, declared, told)


# ---- what a record alone does not know ----


def _add_run_columns(connection: Connection, main: str, rows: pa.Table, kept: Kept) -> pa.Table:
    """The columns that a record alone does not know, for the checks: as its row will be once the run is applied."""
    now = NOW[main]
    ids = rows[now.key[0]].to_pylist()
    stood = _standing(connection, now, ids)
    clock = kept.seal.clock
    made: dict[str, Any] = {
        "registry_state": "present", "is_deleted": False, "is_stale": False, "first_seen_at": clock,
        "last_seen_at": clock, "run_id": kept.seal.run_id,
    }  # fmt: skip
    given = {name: [stood.get(i, {}).get(name, made[name]) for i in ids] for name in made if name in now.column_names}
    given |= {"is_stale": [False] * len(ids), "run_id": [kept.seal.run_id] * len(ids)}
    if "topics" in rows.column_names:
        given["topics"] = [_topics(diseases, kept.seal.topics) for diseases in rows["diseases"].to_pylist()]
    for name, values in given.items():
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(values, rows.schema.field(name).type))
    return rows


def _standing(connection: Connection, now: Table, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    asked = pa.table({"id": pa.array(ids, pa.string())})  # noqa: F841  (DuckDB reads it by name)
    found = connection.execute(f"FROM {now.name} WHERE {now.key[0]} IN (SELECT id FROM asked)").fetchall()
    return {row[0]: dict(zip(now.column_names, row, strict=True)) for row in found}


def _topics(diseases: list[str] | None, topics: Mapping[str, Sequence[str]]) -> list[str] | None:
    treated = set(diseases or ())
    return sorted(name for name, members in topics.items() if treated & set(members)) or None

"""The partitions of a scan read as one: of each record the newest version, and no record that was withdrawn.

Partitions may have been done in any order, some of them twice: which version of a record is the newest is
a matter of the records and of the names of their inputs, never of when they were read. The tables have the
names and columns of the warehouse's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from warehouse import ddl
from warehouse.errors import WarehouseError
from warehouse.release.fingerprint import table_fingerprint
from warehouse.schema import TABLES, table
from warehouse.tables.sources import SOURCES

Connection = duckdb.DuckDBPyConnection

MEMORY_LIMIT = "600MB"  # beyond it DuckDB spills to its temporary folder


@dataclass(frozen=True)
class Part:
    """The files of one partition by table, and the records that its input withdraws."""

    partition: str
    files: Mapping[str, str]
    deleted: Sequence[str] = field(default_factory=tuple)


def opened(source: str, parts: Sequence[Part], folder: Path, filesystem: Any = None) -> Connection:
    """A database in memory whose tables are those of the scan; what does not fit waits in `folder`.

    `filesystem`: the fsspec file system of the files where they are not local. Raises WarehouseError where a
    file cannot be read.
    """
    connection = duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(folder / "merging")})
    connection.execute("SET preserve_insertion_order = false")
    try:
        if filesystem is not None:
            connection.register_filesystem(filesystem)
        _newest(connection, source, parts)
        for declared in tables_of(source):
            _view(connection, declared.name, _files(parts, declared.name))
        _view(connection, "_in_scope", _files(parts, "_in_scope"))
    except duckdb.Error as error:
        connection.close()
        raise WarehouseError(
            f"The results of the scan cannot be read ({str(error).splitlines()[0]}). Delete the partition's folder "
            "that is named and run the backfill again: only that is read anew."
        ) from error
    return connection


def tables_of(source: str) -> list[Any]:
    """The content tables that hold records of a source: what a scan may write."""
    key = table(SOURCES[source].main).key[0]
    made_of_history = ("trial_states", "profile_states", "trial_versions", "trial_changes", "trial_events")
    left_out = (*made_of_history, *(one.hits for one in SOURCES.values()), "trial_publications")
    return [t for t in TABLES if t.origin == "content" and t.key[0] == key and t.name not in left_out]


def in_scope(connection: Connection) -> Iterator[tuple[str, str, bytes]]:
    """(record id, content hash, bytes as received) of the newest version of every record in scope, by id."""
    cursor = connection.execute("SELECT record_id, content_sha256, raw FROM _in_scope ORDER BY record_id")
    while rows := cursor.fetchmany(500):
        yield from rows


def withdrawn(connection: Connection) -> set[str]:
    """Records that the scan's inputs withdraw and that none of them brings back."""
    return {record_id for (record_id,) in connection.execute(
        "SELECT id FROM _deletions WHERE id NOT IN (SELECT id FROM _newest_records)").fetchall()}  # fmt: skip


def count(connection: Connection) -> int:
    """Records of the scan, each once."""
    row = connection.execute("SELECT count(*) FROM _newest_records").fetchone()
    return int(row[0]) if row else 0


def fingerprints(connection: Connection, source: str) -> dict[str, str]:
    """Table -> fingerprint, by the rule of `warehouse.release.fingerprint`."""
    return {declared.name: table_fingerprint(connection, declared) for declared in tables_of(source)}


def _newest(connection: Connection, source: str, parts: Sequence[Part]) -> None:
    """`_newest_records`: of each record the partition and the number of its newest version."""
    gone = [(record_id, part.partition) for part in parts for record_id in part.deleted]
    deletions = pa.table({  # noqa: F841  (DuckDB reads it by name)
        "id": pa.array([record_id for record_id, _ in gone], pa.string()),
        "partition": pa.array([partition for _, partition in gone], pa.string()),
    })  # fmt: skip
    connection.execute("CREATE TABLE _deletions AS SELECT id, max(partition) AS partition FROM deletions GROUP BY id")
    main = table(SOURCES[source].main)
    key, files = main.key[0], _files(parts, main.name)
    if not files:
        connection.execute("CREATE TABLE _newest_records (id VARCHAR, _partition VARCHAR, _record_no BIGINT)")
        return
    # A file's deletions hold for its own records too: `scan` has dropped those that came back below them.
    connection.execute(
        f"""CREATE TABLE _newest_records AS
            SELECT id, newest._partition AS _partition, newest._record_no AS _record_no
            FROM (
                SELECT {key} AS id,
                    arg_max({{'_partition': _partition, '_record_no': _record_no}}, {SOURCES[source].newest}) AS newest
                FROM read_parquet(?) AS records
                LEFT JOIN _deletions ON _deletions.id = records.{key}
                WHERE _deletions.id IS NULL OR records._partition > _deletions.partition
                GROUP BY {key}
            )""",
        [files],
    )


def _view(connection: Connection, name: str, files: list[str]) -> None:
    if not files:
        if name == "_in_scope":
            connection.execute("CREATE TABLE _in_scope (record_id VARCHAR, content_sha256 VARCHAR, raw BLOB)")
        else:
            connection.execute(ddl.create_table(table(name)))
        return
    listed = ", ".join(ddl.quoted(file) for file in files)
    connection.execute(
        f"""CREATE VIEW {name} AS
            SELECT * EXCLUDE (_partition, _record_no)
            FROM read_parquet([{listed}]) AS records
            WHERE (_partition, _record_no) IN (SELECT (_partition, _record_no) FROM _newest_records)"""
    )


def _files(parts: Sequence[Part], name: str) -> list[str]:
    return [part.files[name] for part in parts if name in part.files]

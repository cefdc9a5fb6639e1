"""The working database: `work.duckdb`, where runs are applied in order before they are published.

It is a function of the archive and may be deleted: `cartrials rebuild` makes it again. One process
writes at a time; nobody else reads it. Besides the content tables it holds what a run needs to know
of the runs before it: `_records` (which content of each record is current) and `_kept` (which
sealed runs are in it). What is long is there once: trials, profiles, papers and their states are views over contents
and narrow tables (`warehouse.narrow`), and become tables in a release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse import disk, narrow
from warehouse.columns import Table
from warehouse.ddl import create_table
from warehouse.errors import WarehouseError, disk_sentence
from warehouse.schema import SCHEMA_VERSION, TABLES

Connection = duckdb.DuckDBPyConnection

# DuckDB's share of the gibibyte a run may take; the rest is Python's. With 160 MB, 40,000 studies were not published.
MEMORY_LIMIT = "256MB"
# A night's rows are too few to share out: two threads take half as much processor time again and are no sooner done.
THREADS = 1
DAMAGED = re.compile(r"checksum|corrupt|not a valid DuckDB", re.I)
INTERNAL_DDL = (
    # current: what the source last gave. good: the newest that could be read; differs while quarantined.
    """CREATE TABLE IF NOT EXISTS _records (
        source VARCHAR NOT NULL, record_id VARCHAR NOT NULL, current_sha256 VARCHAR NOT NULL, good_sha256 VARCHAR,
        PRIMARY KEY (source, record_id))""",
    # How old what the source last gave is by its own word, and the older copy that waits: see flows.load.copies.
    """CREATE TABLE IF NOT EXISTS _standings (
        source VARCHAR NOT NULL, record_id VARCHAR NOT NULL, stamp VARCHAR NOT NULL, is_stub BOOLEAN NOT NULL,
        waiting_sha256 VARCHAR, waiting_since VARCHAR, PRIMARY KEY (source, record_id))""",
    """CREATE TABLE IF NOT EXISTS _kept (
        number INTEGER PRIMARY KEY, run_id VARCHAR NOT NULL, clock_at TIMESTAMP NOT NULL, rule_version VARCHAR NOT NULL,
        watchlist_sha256 VARCHAR NOT NULL)""",
    # What nights said of each trial, without those that said nothing new: what versions and states are made of.
    """CREATE TABLE IF NOT EXISTS _sightings (
        nct_id VARCHAR NOT NULL, sighting_no INTEGER NOT NULL, observed_at TIMESTAMP NOT NULL, run_id VARCHAR NOT NULL,
        content_sha256 VARCHAR NOT NULL, protocol_sha256 VARCHAR, registry_date DATE, registry_state VARCHAR NOT NULL,
        is_stale BOOLEAN NOT NULL, origin VARCHAR NOT NULL, registry_version INTEGER, last_seen_at TIMESTAMP)""",
    # What reviewers had decided on each trial at the last run: where it differs, the trial is read again.
    "CREATE TABLE IF NOT EXISTS _decisions (nct_id VARCHAR PRIMARY KEY, decided VARCHAR NOT NULL)",
    # What columns hold, until rows of them change; and what they held in the release that was written last.
    "CREATE TABLE IF NOT EXISTS _digests (table_name VARCHAR, column_name VARCHAR, digest VARCHAR)",
    "CREATE TABLE IF NOT EXISTS _released (table_name VARCHAR, column_name VARCHAR, digest VARCHAR)",
)
CONTENT_TABLES = tuple(table for table in TABLES if table.origin == "content")
VIEWS = frozenset(kept.name for kept in narrow.VIEWS)


def open_work(path: Path) -> Connection:
    """The working database at `path`, made when missing. Raises WarehouseError when it cannot be used."""
    disk.make_folder(path.parent)
    try:
        connection = duckdb.connect(
            str(path), config={"memory_limit": MEMORY_LIMIT, "threads": THREADS, "temp_directory": str(path) + ".tmp"}
        )
        connection.execute("SET preserve_insertion_order = false")
        # Packing is for the release, which many read; here it would be half of what a large night's commit takes.
        connection.execute("SET force_compression = 'uncompressed'")
        # DuckDB draws a bar of its own for whatever takes two seconds, into logs and mails of cron too.
        connection.execute("SET enable_progress_bar = false")
        connection.execute("CREATE TABLE IF NOT EXISTS _meta (key VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)")
        found = connection.execute("SELECT value FROM _meta WHERE key = 'schema'").fetchone()
        if found is None:
            with transaction(connection):
                for statement in _statements():
                    connection.execute(statement)
                connection.execute("INSERT INTO _meta VALUES ('schema', ?)", [_made_by()])
    except duckdb.Error as error:
        raise WarehouseError(_sentence(path, error)) from error
    if found is not None and found[0] != _made_by():
        connection.close()
        raise WarehouseError(
            f"The working database {path} was made by another version of cartrials. Run "
            "`cartrials rebuild`: it makes it "
            "again from the archive."
        )
    return connection


@contextmanager
def told(path: Path) -> Iterator[None]:
    """DuckDB's errors at work as a sentence that says what to do. Raises WarehouseError."""
    try:
        yield
    except duckdb.Error as error:
        raise WarehouseError(_sentence(path, error)) from error


def _sentence(path: Path, error: duckdb.Error) -> str:
    if said := disk_sentence(path, error):
        return said
    # After a fatal error every other says only that there was one: what it was stands in the text or before it.
    if DAMAGED.search(f"{error} {error.__context__ or ''}"):
        return (
            f"The working database {path} is damaged ({_first_line(error)}). Run `cartrials rebuild`: it makes it "
            "again from the archive."
        )
    return (
        f"The working database {path} failed ({_first_line(error)}). Run again; where it fails again, `cartrials "
        "rebuild` makes it from the archive."
    )


def schema_digest() -> str:
    """What tells two schemas apart: the version and every column's name and type."""
    columns = "\n".join(f"{t.name}.{c.name} {c.type}" for t in CONTENT_TABLES for c in t.columns)
    return f"{SCHEMA_VERSION}-{sha256(columns.encode()).hexdigest()[:16]}"


def _made_by() -> str:
    """What tells two ways of making the file apart: all that is created in it."""
    return f"{schema_digest()}-{sha256(chr(10).join(_statements()).encode()).hexdigest()[:16]}"


@cache
def _statements() -> tuple[str, ...]:
    tables = [create_table(table) for table in CONTENT_TABLES if table.name not in VIEWS]
    return (*INTERNAL_DDL, *tables, *narrow.statements(), "INSERT INTO _topics VALUES (MAP {})")


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """All or nothing: committed at the end, rolled back by any exception."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
    except BaseException:
        with suppress(duckdb.Error):  # what ended it is what must be heard of
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def replace(connection: Connection, table: Table, rows: pa.Table, record_ids: Sequence[str]) -> None:
    """Put `rows` in place of all rows of these records. Key column: the first of the table's key."""
    delete(connection, table, record_ids)
    append(connection, table, rows)


def delete(connection: Connection, table: Table, record_ids: Sequence[str]) -> None:
    """Remove all rows of these records."""
    if record_ids:
        ids = pa.table({"id": pa.array(record_ids, pa.string())})  # noqa: F841  (DuckDB reads it by name)
        connection.execute(f"DELETE FROM {table.name} WHERE {table.key[0]} IN (SELECT id FROM ids)")
        touched(connection, table.name)


def append(connection: Connection, table: Table, rows: pa.Table) -> None:
    """Add rows that have the table's columns."""
    if rows.num_rows:
        columns = ", ".join(table.column_names)
        connection.execute(f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM rows")
        touched(connection, table.name)


def append_new(connection: Connection, table: Table, rows: pa.Table) -> int:
    """Add the rows whose key is not there yet; how many there were. Key column: the first of the table's key."""
    if not rows.num_rows:
        return 0
    columns, key = ", ".join(table.column_names), table.key[0]
    added = connection.execute(
        f"INSERT INTO {table.name} ({columns}) SELECT {columns} FROM rows ANTI JOIN {table.name} USING ({key})"
    ).fetchone()
    if not added or not added[0]:
        return 0
    touched(connection, table.name)
    return int(added[0])


def touched(connection: Connection, table_name: str, column: str | None = None) -> None:
    """Forget the digests of a table whose rows change, or of the one column whose values do."""
    connection.execute(
        "DELETE FROM _digests WHERE table_name = ? AND (? IS NULL OR column_name = ?)", [table_name, column, column]
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__

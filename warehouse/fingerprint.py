"""Fingerprints: one hash for what the content tables say.

SHA-256 over rows in the order of the primary key, columns in the order of the schema, each row as
canonical JSON (ISO dates and times, shortest floats). It is computed in Python: DuckDB's own hash()
and casts differ between versions. Bookkeeping columns (run_id) are left out: they say which try
wrote a row, not what is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import duckdb
import msgspec

from warehouse.columns import Table
from warehouse.schema import TABLES

BATCH = 10_000  # rows held in memory at a time


def table_fingerprint(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """SHA-256 over the rows of one table."""
    columns = ", ".join(f'"{column.name}"' for column in table.columns if not column.bookkeeping)
    cursor = connection.execute(f"SELECT {columns} FROM {table.name} ORDER BY {', '.join(table.key)}")
    digest = hashlib.sha256()
    encoder = msgspec.json.Encoder()
    while rows := cursor.fetchmany(BATCH):
        digest.update(encoder.encode(rows))
        digest.update(b"\n")
    return digest.hexdigest()


def combined(fingerprints: Iterable[tuple[str, str]]) -> str:
    """One fingerprint of (table name, fingerprint) pairs, in the order of the schema."""
    text = "\n".join(f"{name} {value}" for name, value in fingerprints)
    return hashlib.sha256(text.encode()).hexdigest()


def content_fingerprints(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """(table, fingerprint) of every content table, in the order of the schema."""
    return [(table.name, table_fingerprint(connection, table)) for table in TABLES if table.origin == "content"]

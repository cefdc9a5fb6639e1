"""Fingerprints: one hash for what the content tables say.

A table's fingerprint is the SHA-256 over its columns in the order of the schema, each column by what its
rows say in the order of the primary key, as little-endian bytes: whether there is a value, the value of a
number, a day or a moment, the length and the UTF-8 bytes of a text, the length and the texts of a list.
Columns are hashed as Arrow hands them over, so millions of values cost what their bytes cost, and DuckDB's
own hash() and casts, which differ between versions, have no part in it. Bookkeeping columns (run_id) are left
out: they say which try wrote a row, not what is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from warehouse.columns import Table
from warehouse.release.ordering import in_order
from warehouse.schema import TABLES

BATCH = 10_000  # rows held in memory at a time
NONE = -1  # the length of a text or a list that is not there


def table_fingerprint(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    """SHA-256 over the rows of one table."""
    return table_digest(table, column_digests(connection, table, fingerprinted(table)))


def table_digest(table: Table, digests: Mapping[str, str]) -> str:
    """The fingerprint of a table whose columns have these digests."""
    return combined((name, digests[name]) for name in fingerprinted(table))


def fingerprinted(table: Table) -> list[str]:
    """The columns that a fingerprint is made of."""
    return [column.name for column in table.columns if not column.bookkeeping]


def column_digests(connection: duckdb.DuckDBPyConnection, table: Table, names: Sequence[str]) -> dict[str, str]:
    """Column -> SHA-256 over its values in the order of the key."""
    listed = ", ".join(f'"{name}"' for name in names)
    columns = [ColumnDigest() for _ in names]
    for part in in_order(connection, table):
        rows = connection.execute(f"SELECT {listed} FROM {table.name} {part.clause}", part.bounds)
        for batch in rows.to_arrow_reader(BATCH):
            for column, values in zip(columns, batch.columns, strict=True):
                column.update(values)
    return {name: column.hexdigest() for name, column in zip(names, columns, strict=True)}


class ColumnDigest:
    """One column, batch after batch: the same digest wherever the batches end.

    Lengths (or which values are there) and contents are hashed apart, so that neither depends on where
    the other is cut.
    """

    def __init__(self) -> None:
        self._shape = hashlib.sha256()
        self._content = hashlib.sha256()
        self._items: ColumnDigest | None = None

    def update(self, values: pa.Array) -> None:
        if pa.types.is_list(values.type):
            self._shape.update(_lengths(pc.list_value_length(values)))
            self._items = self._items or ColumnDigest()
            self._items.update(values.flatten())
        elif pa.types.is_string(values.type):
            self._shape.update(_lengths(pc.binary_length(values)))
            self._content.update(_text(values))
        else:
            self._shape.update(_bytes(pc.cast(pc.is_valid(values), pa.uint8())))
            self._content.update(_bytes(_number(values)))

    def hexdigest(self) -> str:
        content = self._items.hexdigest() if self._items else self._content.hexdigest()
        return hashlib.sha256(f"{self._shape.hexdigest()} {content}".encode()).hexdigest()


def _lengths(lengths: pa.Array) -> Any:
    return _bytes(pc.fill_null(lengths, NONE))


def _number(values: pa.Array) -> pa.Array:
    """Numbers, days and moments as 64-bit numbers, zero where there is none."""
    if pa.types.is_floating(values.type):
        return pc.fill_null(values, 0.0)
    if pa.types.is_date32(values.type):
        values = values.cast(pa.int32())
    return pc.fill_null(values.cast(pa.int64()), 0)


def _bytes(numbers: pa.Array) -> Any:
    """The numbers one after the other, as a buffer."""
    found = numbers.to_numpy(zero_copy_only=True)
    return np.ascontiguousarray(found, dtype=found.dtype.newbyteorder("<")).data


def _text(texts: pa.Array) -> Any:
    """The bytes of the texts one after the other."""
    _, offsets, content = texts.buffers()
    if content is None:
        return b""
    ends = np.frombuffer(offsets, dtype=np.int32)
    start, end = ends[texts.offset], ends[texts.offset + len(texts)]
    if texts.null_count and pc.sum(pc.binary_length(texts)).as_py() != end - start:
        return _text(pc.fill_null(texts, ""))  # Arrow allows bytes where there is no text
    return memoryview(content)[start:end]


def combined(fingerprints: Iterable[tuple[str, str]]) -> str:
    """One fingerprint of (name, fingerprint) pairs, in the order of the schema."""
    text = "\n".join(f"{name} {value}" for name, value in fingerprints)
    return hashlib.sha256(text.encode()).hexdigest()


def content_fingerprints(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """(table, fingerprint) of every content table, in the order of the schema."""
    return [(table.name, table_fingerprint(connection, table)) for table in TABLES if table.origin == "content"]

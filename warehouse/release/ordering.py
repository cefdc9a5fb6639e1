"""A table in the order of its key, part by part: to sort long rows at once takes as much memory as they do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import duckdb

from warehouse.columns import Table
from warehouse.tables.history import SHA256

ROWS = 10_000  # of a part, and those of one record more
# Where the key is a hash, the rows of a part lie all over the table and each part reads it whole; and rows are short.
ROWS_BY_HASH = 50_000


@dataclass(frozen=True, slots=True)
class Part:
    """WHERE and ORDER BY of one part, and the values of its parameters. One part after the other is the table."""

    clause: str
    bounds: list[Any]


def in_order(connection: duckdb.DuckDBPyConnection, table: Table) -> Iterator[Part]:
    """The parts of a table, each of whole records."""
    record, order = table.key[0], ", ".join(table.key)
    rows = ROWS_BY_HASH if table.column(record).pattern == SHA256 else ROWS
    starts = connection.execute(
        f"""SELECT DISTINCT {record}
            FROM (SELECT {record}, row_number() OVER (ORDER BY {record}) AS row_no FROM {table.name})
            WHERE row_no % {rows} = 0 ORDER BY {record}"""
    ).fetchall()
    for start, end in pairwise([None, *(start for (start,) in starts), None]):
        within = [f"{record} {sign} ?" for sign, bound in ((">=", start), ("<", end)) if bound is not None]
        where = f"WHERE {' AND '.join(within)} " if within else ""
        yield Part(f"{where}ORDER BY {order}", [bound for bound in (start, end) if bound is not None])

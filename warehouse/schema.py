"""Every table and column of the warehouse, once.

The declarations are in `warehouse/tables/`, one module per chapter of the contract; this module
gathers them. Whatever needs a list of tables or columns (DDL, comments, dictionary, suites, frames,
fingerprints, exports) takes it from here.
"""

from __future__ import annotations

from warehouse.columns import Column, Reference, Table
from warehouse.tables import field, history, papers, production, profiles, registrations, results

__all__ = ["SCHEMA_VERSION", "TABLES", "Column", "Reference", "Table", "table"]

# Raised when a table or column is added, renamed, removed or changes its meaning: what is asked of an earlier file
# would find it without a column, and say so in DuckDB's words.
SCHEMA_VERSION = 7

TABLES: tuple[Table, ...] = (
    *registrations.TABLES,
    *profiles.TABLES,
    *field.TABLES,
    *results.TABLES,
    *papers.TABLES,
    *history.TABLES,
    *production.TABLES,
)

_BY_NAME = {table.name: table for table in TABLES}


def table(name: str) -> Table:
    """The table called `name`. Raises KeyError."""
    return _BY_NAME[name]

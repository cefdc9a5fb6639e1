"""SQL of a user: one reading statement, answered on a connection of `warehouse.reading`.

The connection is read-only and cannot reach other files (`reading.LOCKDOWN`). What is left for SQL to do harm
with are table functions: some write (a profile, a log), one follows any address of memory. So only those are
answered that read what is in the file or make rows of nothing.
"""

from __future__ import annotations

import re

import duckdb
import pyarrow as pa

from warehouse.reading import Connection, first_line

READS = frozenset({"SELECT", "EXPLAIN"})  # DESCRIBE, SUMMARIZE, SHOW, FROM, VALUES are SELECTs to DuckDB
TABLE_FUNCTIONS = frozenset({
    "unnest", "range", "generate_series", "repeat", "repeat_row", "summary", "json_each", "json_tree",
    "duckdb_columns", "duckdb_constraints", "duckdb_databases", "duckdb_dependencies", "duckdb_functions",
    "duckdb_indexes", "duckdb_keywords", "duckdb_schemas", "duckdb_sequences", "duckdb_tables", "duckdb_types",
    "duckdb_views", "pragma_database_size", "pragma_show", "pragma_table_info", "pragma_version",
    "pg_timezone_names", "icu_calendar_names",
})  # fmt: skip
GAP = r"(?:\s|/\*.*?\*/|--[^\n]*\n)*"  # what may stand between two words
EXPLAINED = re.compile(rf"{GAP}explain{GAP}(?:analyze{GAP}|\([^()]*\){GAP})?", re.IGNORECASE | re.DOTALL)
PRAGMA = re.compile(rf"{GAP}pragma\b", re.IGNORECASE | re.DOTALL)
ONLY_READING = "Only one reading statement is answered, such as SELECT or DESCRIBE; this is {}."


class StatementError(ValueError):
    """SQL of a user that cannot be answered; the message says why. Nothing was changed."""


def select(connection: Connection, statement: str) -> pa.Table:
    """The answer to one reading statement. Raises StatementError.

    One SELECT (WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE, PIVOT), or EXPLAIN of one; nothing else, and not two.
    """
    _check(connection, statement)
    try:
        return connection.execute(statement).to_arrow_table()
    except duckdb.PermissionException as error:
        raise StatementError(f"Only the warehouse can be read: {first_line(error)}.") from error
    except duckdb.Error as error:
        raise StatementError(f"The SQL cannot be answered: {first_line(error)}.") from error


def _check(connection: Connection, statement: str) -> None:
    """Raises StatementError where a statement is not one that reads."""
    kinds = _kinds(connection, statement)
    if kinds == ["EXPLAIN"] and (explained := EXPLAINED.match(statement)):
        kinds = _kinds(connection, statement[explained.end() :])
    if len(kinds) != 1 or kinds[0] not in READS:
        what = kinds[0] if len(kinds) == 1 else f"{len(kinds)} statements" if kinds else "empty"
        raise StatementError(ONLY_READING.format(what if what != "???" else "something else"))
    if PRAGMA.match(statement):
        raise StatementError(ONLY_READING.format("PRAGMA"))
    for name in _table_functions(connection) - TABLE_FUNCTIONS:
        if re.search(rf'\b{name}\b"?{GAP}\(', statement, re.IGNORECASE | re.DOTALL):
            raise StatementError(f"Only the warehouse can be read: {name}() is not answered here.")


def _kinds(connection: Connection, statement: str) -> list[str]:
    try:
        statements = connection.extract_statements(statement)
    except duckdb.Error as error:
        raise StatementError(f"The SQL cannot be read: {first_line(error)}.") from error
    kinds = [one.type.name for one in statements]
    # DuckDB itself writes a PIVOT without an IN list as a temporary type and a SELECT, of the same text.
    is_pivot = kinds == ["CREATE", "SELECT"] and statements[0].query == statements[1].query
    return ["SELECT"] if is_pivot else kinds


def _table_functions(connection: Connection) -> frozenset[str]:
    """Names of the table functions that this DuckDB has built in."""
    named = "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'table' AND internal"
    return frozenset(row[0].lower() for row in connection.execute(named).fetchall())

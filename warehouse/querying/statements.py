"""SQL of a user: one reading statement, answered on a connection of `warehouse.querying.reading`.

The connection is read-only and cannot reach other files (`reading.LOCKDOWN`). What is left for SQL to do harm
with are functions: some write (a profile, a log), one follows any address of memory, one waits. So a statement is
read by DuckDB's own parser, and answered where every function in it is one that is known to touch nothing else:
`sql_functions.txt`, TABLE_FUNCTIONS, and the macros of the warehouse itself. How long and how large an answer may
get is kept by a process of its own: `warehouse.querying.confined`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.errors import UsageError
from warehouse.querying.reading import Connection, first_line

READS = frozenset({"SELECT", "EXPLAIN"})  # DESCRIBE, SUMMARIZE, SHOW, FROM, VALUES are SELECTs to DuckDB
FUNCTIONS = Path(__file__).with_name("sql_functions.txt")
OPERATOR = re.compile(r"\W+|!__postfix")  # how the parser names them: +, ||, ~~ and the factorial
TABLE_FUNCTIONS = frozenset({
    "unnest", "range", "generate_series", "repeat", "repeat_row", "summary", "json_each", "json_tree",
    "duckdb_columns", "duckdb_constraints", "duckdb_databases", "duckdb_dependencies", "duckdb_functions",
    "duckdb_indexes", "duckdb_keywords", "duckdb_schemas", "duckdb_sequences", "duckdb_tables", "duckdb_types",
    "duckdb_views", "pragma_database_size", "pragma_show", "pragma_table_info", "pragma_version",
    "pg_timezone_names", "icu_calendar_names",
})  # fmt: skip
GAP = r"(?:\s|/\*.*?\*/|--[^\n]*\n)*"  # what may stand between two words
EXPLAINED = re.compile(rf"{GAP}explain{GAP}(?:analyze{GAP}|\([^()]*\){GAP})?", re.IGNORECASE | re.DOTALL)
PIVOT = "PIVOT"
WORD = re.compile(r'"(?:[^"]|"")*"|\w+')
KEYWORD = (duckdb.token_type.keyword,)
BEFORE_BRACKETS = frozenset({
    "in", "on", "using", "by", "from", "join", "pivot", "where", "and", "or", "not", "as", "over", "filter", "values",
    "exists", "select", "with", "case", "when", "then", "else",
})  # fmt: skip
ONLY_READING = "Only one reading statement is answered, such as SELECT or DESCRIBE; this is {}."


class StatementError(UsageError):
    """SQL of a user that cannot be answered; the message says why. Nothing was changed."""


def select(connection: Connection, statement: str) -> pa.Table:
    """The answer to one reading statement. Raises StatementError.

    One SELECT (WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE, PIVOT), or EXPLAIN of one; nothing else, and not two.
    """
    return answering(connection, statement).read_all()


def answering(connection: Connection, statement: str) -> pa.RecordBatchReader:
    """As `select`, in batches: rows are made as they are read. Raises StatementError, also while it is read."""
    _check(connection, statement)
    try:
        return connection.execute(statement).to_arrow_reader()
    except (duckdb.Error, OSError) as error:  # out of memory is an OSError to Arrow
        raise not_answered(error) from error


def not_answered(error: Exception) -> StatementError:
    """What DuckDB said of a statement that it could not answer, as a sentence."""
    if isinstance(error, duckdb.PermissionException):
        return StatementError(f"Only the warehouse can be read: {first_line(error)}.")
    return StatementError(f"The SQL cannot be answered: {first_line(error)}.")


def _check(connection: Connection, statement: str) -> None:
    """Raises StatementError where a statement is not one that reads, or calls what is not known to be harmless."""
    kinds = _kinds(connection, statement)
    if kinds == ["EXPLAIN"] and (explained := EXPLAINED.match(statement)):
        statement = statement[explained.end() :]
        kinds = _kinds(connection, statement)
    if len(kinds) != 1 or kinds[0] not in (*READS, PIVOT):
        what = kinds[0] if len(kinds) == 1 else f"{len(kinds)} statements" if kinds else "empty"
        raise StatementError(ONLY_READING.format(what if what != "???" else "something else"))
    of_values, of_rows = _allowed(connection)
    for name, gives_rows in _named(statement) if kinds == [PIVOT] else _called(connection, statement):
        known = of_values | of_rows if gives_rows is None else of_rows if gives_rows else of_values
        if name.lower() not in known and not OPERATOR.fullmatch(name):
            raise StatementError(f"Only the warehouse can be read: {name}() is not answered here.")


def _kinds(connection: Connection, statement: str) -> list[str]:
    try:
        statements = connection.extract_statements(statement)
    except duckdb.Error as error:
        raise StatementError(f"The SQL cannot be read: {first_line(error)}.") from error
    kinds = [one.type.name for one in statements]
    # DuckDB itself writes a PIVOT without an IN list as a temporary type and a SELECT, of the same text.
    is_pivot = kinds == ["CREATE", "SELECT"] and statements[0].query == statements[1].query
    return [PIVOT] if is_pivot else kinds


@cache
def _harmless() -> frozenset[str]:
    lines = FUNCTIONS.read_text("utf-8").splitlines()
    return frozenset(name for line in lines if not line.startswith("#") for name in line.split())


def _allowed(connection: Connection) -> tuple[frozenset[str], frozenset[str]]:
    """Functions that may be called for a value, and for rows: those that are known, and the warehouse's own macros."""
    own = "SELECT DISTINCT lower(function_name), function_type FROM duckdb_functions() WHERE NOT internal"
    rows = connection.execute(own).fetchall()
    of_rows = {name for name, kind in rows if kind == "table_macro"}
    return (
        _harmless() | {"unnest"} | {name for name, kind in rows if kind == "macro"},
        TABLE_FUNCTIONS | of_rows,
    )


def _called(connection: Connection, statement: str) -> Iterator[tuple[str, bool | None]]:
    """Each function that the parser finds in a SELECT, and whether it is called for rows."""
    # Written out, not bound: DuckDB imports pandas to bind a parameter, which takes longer than most questions.
    quoted = statement.replace("'", "''")
    answer = connection.execute(f"SELECT json_serialize_sql('{quoted}')").fetchone()
    try:
        tree = json.loads(answer[0]) if answer else {"error": True}
    except (RecursionError, ValueError):
        raise StatementError("The SQL cannot be read: it is nested too deeply. Write it in shorter steps.") from None
    if tree["error"]:  # PRAGMA and CALL are SELECTs to `extract_statements`
        raise StatementError(ONLY_READING.format(statement.split(maxsplit=1)[0].upper()[:20]))
    waiting: list[tuple[Any, bool]] = [(tree, False)]
    while waiting:
        node, gives_rows = waiting.pop()
        if isinstance(node, list):
            waiting += [(each, gives_rows) for each in node]
        elif isinstance(node, dict):
            if "function_name" in node:
                yield str(node["function_name"]), gives_rows
                gives_rows = False
            is_table_function = node.get("type") == "TABLE_FUNCTION"
            waiting += [(each, is_table_function and key == "function") for key, each in node.items()]


def _named(statement: str) -> Iterator[tuple[str, bool | None]]:
    """Each word before a bracket: what a PIVOT calls, which the parser does not give away as a tree."""
    tokens = duckdb.tokenize(statement)
    ends = [*(start for start, _ in tokens[1:]), len(statement)]
    words = [(statement[start:end], kind) for (start, kind), end in zip(tokens, ends, strict=True)]
    for (word, kind), (following, _) in pairwise(words):
        name = WORD.match(word)
        if following.startswith("(") and name and (kind not in KEYWORD or name[0].lower() not in BEFORE_BRACKETS):
            yield name[0].strip('"'), None

"""CREATE statements and comments from the declared schema."""

from __future__ import annotations

from pathlib import Path

from warehouse.columns import Column, Table

MACROS = Path(__file__).with_name("macros")
VIEWS = Path(__file__).with_name("views")
QUERIES = Path(__file__).with_name("queries")


def create_table(table: Table, prefix: str = "") -> str:
    """CREATE TABLE for `table`, columns in declared order.

    Keys are checked by the expectations, not by an index: indexes double the file and the load.
    """
    columns = ",\n    ".join(
        f"{column.name} {column.type}{'' if column.nullable else ' NOT NULL'}" for column in table.columns
    )
    return f"CREATE TABLE IF NOT EXISTS {prefix}{table.name} (\n    {columns}\n)"


def comments(table: Table, prefix: str = "") -> list[str]:
    """COMMENT statements for a table and each of its columns."""
    key = ", ".join(table.key)
    statements = [f"COMMENT ON TABLE {prefix}{table.name} IS {quoted(f'{table.grain}. Key: {key}.')}"]
    statements += [
        f"COMMENT ON COLUMN {prefix}{table.name}.{column.name} IS {quoted(description(column))}"
        for column in table.columns
    ]
    return statements


def description(column: Column) -> str:
    """A column's comment with what it may hold and where it comes from."""
    parts = [column.comment.rstrip(".") + "."]
    if column.words:
        parts.append(f"One of: {', '.join(column.words)}.")
    if column.source:
        parts.append(f"Source: {column.source}.")
    return " ".join(parts)


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def views_and_macros() -> list[str]:
    """CREATE statements of the published views and macros, in an order in which each finds what it names."""
    statements = [f"CREATE VIEW {path.stem} AS\n{path.read_text('utf-8')}" for path in sorted(VIEWS.glob("*.sql"))]
    statements += [path.read_text("utf-8") for path in sorted(MACROS.glob("*.sql"))]
    statements += [
        f"CREATE VIEW trend_{path.stem} AS\n{path.read_text('utf-8')}" for path in sorted(QUERIES.glob("*.sql"))
    ]
    return statements

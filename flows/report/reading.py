"""Rows for the report, as plain dicts: one file of `sql/` each, or a named trend query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from transforms.shown import shown
from warehouse.querying import named
from warehouse.querying.reading import Connection

SQL = Path(__file__).with_name("sql")

LABEL_SHOWN = 300  # characters
Row = dict[str, Any]


def rows(connection: Connection, name: str, **parameters: Any) -> list[Row]:
    """The answer to `sql/<name>.sql`, a row a dict."""
    return answer_to(connection, SQL / f"{name}.sql", parameters)


def answer_to(connection: Connection, file: Path, parameters: Mapping[str, Any]) -> list[Row]:
    """The answer to one SELECT in a file, a row a dict."""
    statement = _statement(file)
    answer = connection.execute(statement, parameters) if parameters else connection.execute(statement)
    columns = [column[0] for column in answer.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]


def one(connection: Connection, name: str, **parameters: Any) -> Row:
    """The only row of `sql/<name>.sql`; {} where there is none."""
    found = rows(connection, name, **parameters)
    return found[0] if found else {}


def trend(connection: Connection, name: str) -> list[Row]:
    """The answer to a named trend query, unfiltered, its texts as a chart shows them."""
    return [shown(row, LABEL_SHOWN) for row in named.run(connection, name).to_pylist()]


def by_trial(found: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows by nct_id, in their order."""
    grouped: dict[str, list[Row]] = {}
    for row in found:
        grouped.setdefault(row["nct_id"], []).append(row)
    return grouped


@cache
def _statement(file: Path) -> str:
    return file.read_text("utf-8")

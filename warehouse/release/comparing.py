"""What a rebuilt database says otherwise than the published file: rows by table, and events one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse.columns import Table
from warehouse.ddl import quoted
from warehouse.schema import table
from warehouse.work import Connection

MOST_EVENTS = 50  # told one by one; the counts are always whole


@dataclass(frozen=True)
class TableDifference:
    """How the rows of one table differ, by its key; `columns` of the rows that are in both, with how many differ."""

    table: str
    gone: int
    new: int
    columns: dict[str, int]

    def __str__(self) -> str:
        parts = [f"{self.gone} rows gone"] if self.gone else []
        parts += [f"{self.new} rows new"] if self.new else []
        parts += [f"{name} differs in {count}" for name, count in self.columns.items()]
        return f"{self.table}: {', '.join(parts)}"


@dataclass(frozen=True)
class EventDifference:
    """An event that is told no more, or that was not told before."""

    is_new: bool
    day: str
    nct_id: str
    event_type: str
    summary: str

    def __str__(self) -> str:
        return f"{'+' if self.is_new else '-'} {self.day}  {self.nct_id}  {self.event_type}: {self.summary}"


@contextmanager
def beside(connection: Connection, published: Path) -> Iterator[None]:
    """The published file attached as it is now: it can be compared with until the end, whatever takes its name."""
    connection.execute(f"ATTACH {quoted(str(published))} AS published (READ_ONLY)")
    try:
        yield
    finally:
        connection.execute("DETACH published")


def differences(
    connection: Connection, names: Sequence[str]
) -> tuple[list[TableDifference], list[EventDifference], str | None]:
    """By table and by event, and why they could not be told, where they could not."""
    try:
        return table_differences(connection, names), event_differences(connection), None
    except duckdb.Error as error:
        return [], [], str(error).strip().splitlines()[0]


def table_differences(connection: Connection, names: Sequence[str]) -> list[TableDifference]:
    """What these tables of the working database say otherwise than those of the file beside it."""
    return [_table_difference(connection, table(name)) for name in names]


def event_differences(connection: Connection) -> list[EventDifference]:
    """Events that only one of the two tells, by the day they happened on; at most so many of each."""
    found: list[EventDifference] = []
    for is_new, (ours, theirs) in {False: ("published.", ""), True: ("", "published.")}.items():
        rows = connection.execute(
            f"""SELECT CAST(occurred_on AS VARCHAR), nct_id, event_type, summary FROM {ours}trial_events
                WHERE event_id NOT IN (SELECT event_id FROM {theirs}trial_events)
                ORDER BY occurred_on, nct_id, event_id LIMIT {MOST_EVENTS}"""
        ).fetchall()
        found += [EventDifference(is_new, *row) for row in rows]
    return found


def _table_difference(connection: Connection, declared: Table) -> TableDifference:
    key = ", ".join(declared.key)
    one_side = [
        f"SELECT count(*) FROM {ours}{declared.name} ANTI JOIN {theirs}{declared.name} USING ({key})"
        for ours, theirs in (("published.", ""), ("", "published."))
    ]
    there = {name for (name,) in connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = 'published' AND table_name = ?", [declared.name]
    ).fetchall()}  # fmt: skip
    compared = [
        c.name for c in declared.columns if c.name in there and c.name not in declared.key and not c.bookkeeping
    ]
    gone, new = (connection.execute(query).fetchall()[0][0] for query in one_side)
    if not compared:
        return TableDifference(declared.name, gone, new, {})
    counts = connection.execute(
        f"SELECT {', '.join(f'count_if(a.{name} IS DISTINCT FROM b.{name})' for name in compared)} "
        f"FROM published.{declared.name} AS a JOIN {declared.name} AS b USING ({key})"
    ).fetchone()
    columns = {name: count for name, count in zip(compared, counts or (), strict=True) if count}
    return TableDifference(declared.name, gone, new, columns)

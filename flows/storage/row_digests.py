"""Digests of a SQLite table's rows, kept in the file itself: SQLite has no checksums, and says a flipped byte as it is.

`row_digests` holds one number for each part of a table (the rows of a run, or of a subscriber): the digests of its
rows, XORed. Triggers of the connection that writes keep it in the transaction of each write, so that a killed process
leaves both or neither. Whoever writes without them, another program or an earlier version, is found like a damaged
disk.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

DDL = """
CREATE TABLE IF NOT EXISTS row_digests (
    table_name TEXT NOT NULL, part TEXT NOT NULL, digest INTEGER NOT NULL, PRIMARY KEY (table_name, part)
) WITHOUT ROWID
"""
PARTS = ("run_id", "subscriber")  # columns by which a table's rows are told apart, the first that it has
Part = tuple[str, str]  # table, part of it


def row_digest(*values: Any) -> int:
    """64 bits, signed as SQLite keeps them. A column that is added stands last and is empty: it changes nothing."""
    count = len(values)
    while count and values[count - 1] is None:
        count -= 1
    return int.from_bytes(blake2b(repr(values[:count]).encode(), digest_size=8).digest(), "big", signed=True)


def watch(connection: sqlite3.Connection, tables: Sequence[str]) -> None:
    """From here on this connection keeps the digests of these tables up to date with what it writes.

    A file that has no digests yet is given them, of the rows as they stand.
    """
    connection.create_function("row_digest", -1, row_digest, deterministic=True)
    connection.create_function("mixed", 2, lambda one, other: one ^ other, deterministic=True)
    connection.execute("PRAGMA recursive_triggers=ON")  # else rows that are replaced go without a word
    is_new = not _has_digests(connection)
    with connection:
        connection.execute(DDL)
        if is_new:
            write_anew(connection, tables)
    for table in tables:
        columns = _columns(connection, table)
        for event, rows in (("INSERT", ["NEW"]), ("DELETE", ["OLD"]), ("UPDATE", ["OLD", "NEW"])):
            steps = " ".join(_step(table, columns, row) for row in rows)
            connection.execute(
                f"CREATE TEMP TRIGGER digest_{table}_{event} AFTER {event} ON main.{table} BEGIN {steps} END"
            )


def altered(connection: sqlite3.Connection, tables: Iterable[str]) -> list[Part]:
    """Parts of these tables whose rows are not those that were written; none where there are no digests yet.

    Another process may write meanwhile: digests and rows are those of one moment."""
    with _at_one_moment(connection):
        return _altered(connection, tables)


@contextmanager
def _at_one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """What is read within is of one moment, whoever writes meanwhile."""
    if connection.in_transaction:  # it is already
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.rollback()


def _altered(connection: sqlite3.Connection, tables: Iterable[str]) -> list[Part]:
    if not _has_digests(connection):
        return []
    told: dict[Part, int] = {(table, part): digest for table, part, digest in
                             connection.execute("SELECT table_name, part, digest FROM row_digests")}  # fmt: skip
    found = _found(connection, tables)
    return sorted(part for part in {*told, *found} if told.get(part, 0) != found.get(part, 0))


def write_anew(connection: sqlite3.Connection, tables: Iterable[str]) -> None:
    """Take the rows as they stand. One step of the caller's transaction."""
    connection.execute("DELETE FROM row_digests")
    rows = [(table, part, digest) for (table, part), digest in _found(connection, tables).items()]
    connection.executemany("INSERT INTO row_digests VALUES (?, ?, ?)", rows)


def _found(connection: sqlite3.Connection, tables: Iterable[str]) -> dict[Part, int]:
    found: dict[Part, int] = defaultdict(int)
    present = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    for table in tables:
        if table not in present:
            continue
        columns = _columns(connection, table)
        part = _part_of(columns) or "''"
        for name, *row in connection.execute(f"SELECT {part}, {', '.join(columns)} FROM {table}"):
            found[table, name] ^= row_digest(*row)
    return found


def _step(table: str, columns: Sequence[str], row: str) -> str:
    part = f"{row}.{_part_of(columns)}" if _part_of(columns) else "''"
    values = ", ".join(f"{row}.{name}" for name in columns)
    return (
        f"INSERT INTO row_digests VALUES ('{table}', {part}, row_digest({values})) "
        "ON CONFLICT (table_name, part) DO UPDATE SET digest = mixed(digest, excluded.digest);"
    )


def _part_of(columns: Sequence[str]) -> str | None:
    return next((name for name in PARTS if name in columns), None)


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def _has_digests(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'row_digests'").fetchall())

"""The journal: `state.sqlite`, written through as things happen and never rebuilt.

Its tables are the ones the schema calls `journal`; each release carries a copy. Alert ledger tables
are declared beside the code that sends (`flows.alerts`). `flows.storage.row_digests` tells of rows that nobody wrote.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows.errors import JournalError, home_error
from flows.storage import row_digests
from transforms.frames import typed
from warehouse import columns as types
from warehouse import disk
from warehouse.columns import Table
from warehouse.schema import TABLES
from warehouse.tables.ledger import LEDGER_TABLES

SQLITE_TYPES = {types.INTEGER: "INTEGER", types.BIGINT: "INTEGER", types.FLOAT: "REAL", types.BOOLEAN: "INTEGER"}
# What the archive's seals were when their runs were published: a seal that is gone or made anew is missed.
SEALS = Table(
    "seals",
    "One row per sealed run",
    (
        types.Column("run_id", types.TEXT, "Run", nullable=False),
        types.Column("number", types.INTEGER, "Its place in the order of seals", nullable=False, minimum=1),
        types.Column("digest", types.TEXT, "The seal's digest", nullable=False),
    ),
    key=("run_id",),
    origin="journal",
)
JOURNAL_TABLES = tuple(table for table in TABLES if table.origin == "journal" and table.name != "release")
KEPT_TABLES = (*JOURNAL_TABLES, *LEDGER_TABLES, SEALS)
NAMES = tuple(table.name for table in KEPT_TABLES)


class Journal:
    """Rows of the journal's tables as dicts. One process writes; others may read at the same time."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        with self._told():
            if read_only:
                self.connection = sqlite3.connect(
                    f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
                )
                self.connection.execute("SELECT count(*) FROM runs")
            else:
                disk.make_folder(path.parent)
                self.connection = sqlite3.connect(path, check_same_thread=False, timeout=30)
                self.connection.execute("PRAGMA journal_mode=WAL")
                self.connection.execute("PRAGMA synchronous=FULL")
                self._examine()
                for table in KEPT_TABLES:
                    self.connection.execute(_ddl(table))
                    _add_missing_columns(self.connection, table)
                row_digests.watch(self.connection, NAMES)
        self.connection.row_factory = sqlite3.Row

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def add(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows, replacing those with the same key."""
        for row in rows:
            names = ", ".join(row)
            marks = ", ".join("?" * len(row))
            with self._told(), self.connection:
                self.connection.execute(
                    f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})",
                    [_stored(value) for value in row.values()],
                )

    def add_many(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Insert rows of the same keys in one transaction."""
        if not rows:
            return
        names = list(rows[0])
        with self._told(), self.connection:
            self.connection.executemany(
                f"INSERT OR REPLACE INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
                [[_stored(row[name]) for name in names] for row in rows],
            )

    def update(self, table: str, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Set `values` in the rows that have `key`."""
        sets = ", ".join(f"{name} = ?" for name in values)
        where = " AND ".join(f"{name} = ?" for name in key)
        with self._told(), self.connection:
            self.connection.execute(
                f"UPDATE {table} SET {sets} WHERE {where}",
                [_stored(value) for value in (*values.values(), *key.values())],
            )

    def rows(self, query: str, parameters: Iterable[Any] = ()) -> list[dict[str, Any]]:
        """Rows of a SELECT as dicts."""
        with self._told():
            return [dict(row) for row in self.connection.execute(query, [_stored(value) for value in parameters])]

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody else writes meanwhile. Raises JournalError, HomeError."""
        with self._told():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.connection.rollback()
                raise
            self.connection.commit()

    def tables(self, runs: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, pa.Table]:
        """The journal's tables as a release carries them; `runs` says what runs will be once it is published."""
        found = {}
        for table in JOURNAL_TABLES:
            rows = self.rows(f"SELECT * FROM {table.name}")
            if table.name == "runs":
                rows = [row | dict((runs or {}).get(row["run_id"], {})) for row in rows]
            found[table.name] = typed(table, [_declared(table, row) for row in rows]).arrow
        return found

    def seals(self) -> dict[str, str]:
        """Run -> digest of its seal, in order; empty in a journal from before seals were chained."""
        if not self.rows("SELECT 1 FROM sqlite_master WHERE name = 'seals'"):
            return {}
        return {row["run_id"]: row["digest"] for row in self.rows("SELECT run_id, digest FROM seals ORDER BY number")}

    def altered(self) -> str | None:
        """What to know where rows are not those that were written, in a sentence. Raises JournalError."""
        with self._told():
            parts = row_digests.altered(self.connection, NAMES)
        if not parts:
            return None
        shown = [f"{table} of {part}" if part else table for table, part in parts[:3]]
        shown += [f"{len(parts) - len(shown)} more"] if len(parts) > len(shown) else []
        return (
            f"The journal {self.path} does not hold what was written into it: rows of {', '.join(shown)} were altered, "
            f"by a damaged disk or another program. Compare them with those of a backup and copy its {self.path.name} "
            "back, or let them stand with `cartrials doctor --accept-journal`."
        )

    def accept_as_it_is(self) -> None:
        """Take the rows as they stand for what was written."""
        with self._told(), self.connection:
            row_digests.write_anew(self.connection, NAMES)

    def examine(self) -> None:
        """Raises JournalError for a file that is damaged somewhere."""
        with self._told():
            self._examine()

    def _examine(self) -> None:
        """Raises DatabaseError for a file that is damaged somewhere, before anything is added to it."""
        # Not quick_check: an index that misses a row has somebody told twice.
        (found,) = self.connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise sqlite3.DatabaseError(found.splitlines()[-1])

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors as a sentence that says what to do. Raises JournalError, HomeError."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise home_error(self.path, error) or JournalError(
                f"The journal {self.path} cannot be used ({error}). Restore it from a backup with `cartrials restore`; "
                "without one, move it away and run `cartrials alerts seed` before anything is announced again."
            ) from error


def _declared(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """A row with moments and booleans as the schema declares them: SQLite keeps texts and numbers."""
    for column in table.columns:
        value = row.get(column.name)
        if column.type == types.TIMESTAMP and isinstance(value, str):
            row[column.name] = datetime.fromisoformat(value)
        elif column.type == types.BOOLEAN and isinstance(value, int):
            row[column.name] = bool(value)
    return row


def _ddl(table: Table) -> str:
    columns = ", ".join(f"{column.name} {SQLITE_TYPES.get(column.type, 'TEXT')}" for column in table.columns)
    return f"CREATE TABLE IF NOT EXISTS {table.name} ({columns}, PRIMARY KEY ({', '.join(table.key)}))"


def _add_missing_columns(connection: sqlite3.Connection, table: Table) -> None:
    """A journal written by an earlier version gains the columns declared since; its rows keep what they say."""
    present = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
    for column in table.columns:
        if column.name not in present:
            connection.execute(
                f"ALTER TABLE {table.name} ADD COLUMN {column.name} {SQLITE_TYPES.get(column.type, 'TEXT')}"
            )


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False)
    return value

"""Opening the published file: read-only, locked down, and of the schema that this code knows.

Readers open `cartrials.duckdb` whenever they like: a release replaces the file in one step, and who
has the old one open goes on reading it. What a connection from here cannot do, whatever SQL it is
given: write, attach, read or write other files, load extensions, change settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse.errors import NotPublished, WarehouseError
from warehouse.schema import SCHEMA_VERSION

Connection = duckdb.DuckDBPyConnection

# Set after connecting, not in `config`: two connections of one process to one file must not differ in it.
LOCKDOWN = (
    "SET enable_progress_bar = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET python_enable_replacements = false",  # else SQL could read the variables of this program
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
READS = frozenset({"SELECT", "EXPLAIN"})  # DESCRIBE, SUMMARIZE, SHOW, FROM, VALUES are SELECTs to DuckDB


class StatementError(ValueError):
    """SQL of a user that cannot be answered; the message says why. Nothing was changed."""


@contextmanager
def published(path: Path) -> Iterator[Connection]:
    """A connection to the published file, closed at the end. Raises WarehouseError (NotPublished)."""
    connection = open_published(path)
    try:
        yield connection
    finally:
        connection.close()


def open_published(path: Path) -> Connection:
    """The published file at `path`, read-only and locked down.

    Raises NotPublished where there is none, and WarehouseError with what to do where it is damaged or of
    another schema.
    """
    if not path.exists():
        raise NotPublished(f"Nothing has been published yet: {path} does not exist. Run `cartrials nightly` first.")
    connection = None
    try:
        connection = duckdb.connect(str(path), read_only=True)
        version = _schema_version(connection)
        if version == SCHEMA_VERSION:
            _lock(connection)
            return connection
    except duckdb.Error as error:
        if connection is not None:
            connection.close()
        raise WarehouseError(
            f"{path} cannot be read as a published warehouse ({first_line(error)}). Run `cartrials rebuild`: "
            "it is made again from the archive."
        ) from error
    connection.close()
    raise WarehouseError(_of_another_schema(path, version))


def select(connection: Connection, statement: str) -> pa.Table:
    """The answer to one reading statement of a user. Raises StatementError.

    One SELECT (WITH, FROM, VALUES, DESCRIBE, SHOW, SUMMARIZE, PIVOT) or EXPLAIN; nothing else, and not two.
    """
    try:
        statements = connection.extract_statements(statement)
    except duckdb.Error as error:
        raise StatementError(f"The SQL cannot be read: {first_line(error)}.") from error
    kinds = [one.type.name for one in statements]
    # DuckDB itself writes a PIVOT without an IN list as a temporary type and a SELECT, of the same text.
    is_pivot = kinds == ["CREATE", "SELECT"] and statements[0].query == statements[1].query
    if not is_pivot and (len(kinds) != 1 or kinds[0] not in READS):
        what = kinds[0] if len(kinds) == 1 else f"{len(kinds)} statements"
        raise StatementError(
            f"Only one reading statement is answered, such as SELECT or DESCRIBE; this is {what or 'empty'}."
        )
    try:
        return connection.execute(statement).to_arrow_table()
    except duckdb.PermissionException as error:
        raise StatementError(f"Only the warehouse can be read: {first_line(error)}.") from error
    except duckdb.Error as error:
        raise StatementError(f"The SQL cannot be answered: {first_line(error)}.") from error


def first_line(error: Exception) -> str:
    """DuckDB's message without its kind, hints and drawing."""
    lines = str(error).strip().splitlines()
    if not lines:
        return type(error).__name__
    return lines[0].split("Error: ", 1)[-1].rstrip(".!")


def _lock(connection: Connection) -> None:
    # Another connection of this process to the same file may have locked it before.
    locked = connection.execute("SELECT current_setting('lock_configuration')").fetchone()
    if not (locked and locked[0]):
        for setting in LOCKDOWN:
            connection.execute(setting)


def _schema_version(connection: Connection) -> int | None:
    """The schema's number in table `release`; None where there is no such table."""
    is_there = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'release'").fetchone()
    if not (is_there and is_there[0]):
        return None
    row = connection.execute("SELECT schema_version FROM release").fetchone()
    return int(row[0]) if row else SCHEMA_VERSION


def _of_another_schema(path: Path, version: int | None) -> str:
    if version is None:
        return f"{path} is a DuckDB file, but no published warehouse. Set CARTRIALS_HOME to the data folder."
    if version < SCHEMA_VERSION:
        return (
            f"{path} has schema {version}, this cartrials reads schema {SCHEMA_VERSION}. Run `cartrials "
            "rebuild`: it makes the file again from the archive."
        )
    return (
        f"{path} has schema {version}, this cartrials reads schema {SCHEMA_VERSION}. Install the version of "
        "cartrials that made the file."
    )

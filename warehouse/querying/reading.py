"""Opening the published file: read-only, locked down, and of the schema that this code knows.

Readers open `cartrials.duckdb` whenever they like: a release replaces the file in one step, and who
has the old one open goes on reading it. A connection from here cannot write to it, attach or read other
files, load extensions or change settings. SQL of a user goes through `warehouse.querying.statements`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from warehouse.errors import NotPublished, WarehouseError
from warehouse.schema import SCHEMA_VERSION
from warehouse.whole import naming_damage

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
# What one question may take is taken from the others: two threads, and no files beside the warehouse.
SMALL = ("SET threads = 2", "SET temp_directory = ''")


@contextmanager
def published(path: Path) -> Iterator[Connection]:
    """A connection to the published file, closed at the end. Raises WarehouseError (NotPublished)."""
    connection = open_published(path)
    try:
        with naming_damage(path):
            yield connection
    finally:
        connection.close()


def open_published(path: Path, *, megabytes: int | None = None) -> Connection:
    """The published file at `path`, read-only and locked down; with `megabytes` it takes no more memory than that,
    and no room on disk instead.

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
            _lock(connection, megabytes)
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


def first_line(error: Exception) -> str:
    """DuckDB's message without its kind, hints and drawing."""
    lines = str(error).strip().splitlines()
    if not lines:
        return type(error).__name__
    return lines[0].split("Error: ", 1)[-1].rstrip(".!")


def _lock(connection: Connection, megabytes: int | None) -> None:
    limits = () if megabytes is None else (f"SET memory_limit = '{megabytes} MiB'", *SMALL)
    # Another connection of this process to the same file may have locked it before.
    locked = connection.execute("SELECT current_setting('lock_configuration')").fetchone()
    if not (locked and locked[0]):
        for setting in (*limits, *LOCKDOWN):
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

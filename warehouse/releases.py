"""Releases: a whole new file beside the old one, put in its place in one step.

The published file is written with storage version v1.0.0, so that DuckDB 1.1 and later open it. A
reader that holds the old file goes on reading it: the new one is another file that takes the name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse import comments, ddl
from warehouse.errors import WarehouseError
from warehouse.fingerprint import combined, content_fingerprints, table_fingerprint
from warehouse.schema import TABLES, table
from warehouse.work import CONTENT_TABLES, Connection, transaction

STORAGE_VERSION = "v1.0.0"
KEEP_MARK = ".keep"
Journal = Callable[[str], Mapping[str, pa.Table]]


def publish(connection: Connection, journal: Journal, run_id: str, folder: Path, target: Path) -> str:
    """Write the release of a run and put it at `target`; it stays as `folder/<run_id>.duckdb`. Gives its fingerprint.

    `journal` gives the rows of the journal's tables and of `release`, told the fingerprint. Raises
    WarehouseError, with the old file untouched, when it cannot be written.
    """
    kept = folder / f"{run_id}.duckdb"
    part = kept.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        # Two readers of the same tables: hashing waits for Python's lock while DuckDB packs, and the other way round.
        with ThreadPoolExecutor(1) as thread:
            fingerprint = thread.submit(content_fingerprint, connection.cursor())
            _write(connection, part, fingerprint, journal)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(kept)
        _take_name(kept, target)
    except (duckdb.Error, OSError) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise WarehouseError(
            f"The release could not be written to {folder} ({str(error).splitlines()[0]}). The last release stands; "
            "make room or mend the folder's rights and run again."
        ) from error
    return fingerprint.result()


def content_fingerprint(connection: Connection) -> str:
    """The combined fingerprint of the content tables; tables untouched since the last one are not read again."""
    remembered = dict(connection.execute("SELECT table_name, fingerprint FROM _fingerprints").fetchall())
    made = {
        declared.name: table_fingerprint(connection, declared)
        for declared in CONTENT_TABLES if declared.name not in remembered
    }  # fmt: skip
    # One statement: one a table would wait for the disk each time.
    rows = pa.table({"name": pa.array(list(made), pa.string()), "value": pa.array(list(made.values()), pa.string())})  # noqa: F841  (DuckDB reads it by name)
    connection.execute("INSERT OR REPLACE INTO _fingerprints SELECT name, value FROM rows")
    remembered |= made
    return combined((declared.name, remembered[declared.name]) for declared in CONTENT_TABLES)


def _write(connection: Connection, path: Path, fingerprint: Future[str], journal: Journal) -> None:
    connection.execute(f"ATTACH {ddl.quoted(str(path))} AS release (STORAGE_VERSION '{STORAGE_VERSION}')")
    working = connection.execute("SELECT current_database()").fetchone()
    try:
        with transaction(connection):
            for declared in TABLES:
                connection.execute(ddl.create_table(declared, "release."))
        # Each table by itself: in one transaction with the others it would be packed less tightly.
        for declared in CONTENT_TABLES:
            columns, order = ", ".join(declared.column_names), ", ".join(declared.key)
            connection.execute(
                f"INSERT INTO release.{declared.name} SELECT {columns} FROM {declared.name} ORDER BY {order}"
            )
        # Views and macros name tables of their own file: they are made from inside it.
        connection.execute("USE release")
        # One transaction: five hundred comments would each wait for the disk.
        with transaction(connection):
            for name, rows in journal(fingerprint.result()).items():
                _insert(connection, name, rows)
            for statement in (*_comments(), *ddl.views_and_macros(), *comments.of_views_and_macros()):
                connection.execute(statement)
    finally:
        if working:
            connection.execute(f'USE "{working[0]}"')
        connection.execute("DETACH release")


def _comments() -> list[str]:
    return [statement for declared in TABLES for statement in ddl.comments(declared)]


def _insert(connection: Connection, name: str, rows: pa.Table) -> None:
    if rows.num_rows:
        connection.execute(f"INSERT INTO release.{name} SELECT {', '.join(table(name).column_names)} FROM rows")


def _take_name(kept: Path, target: Path) -> None:
    """Put the release under the published name in one step; a hard link costs no second copy."""
    link = target.with_name(target.name + ".next")
    link.unlink(missing_ok=True)
    try:
        os.link(kept, link)
    except OSError:  # a file system without hard links
        link.write_bytes(kept.read_bytes())
    link.replace(target)


def prune(folder: Path, keep: int, target: Path) -> list[str]:
    """Remove the oldest releases beyond `keep`; those marked keep, and the published one, stay."""
    releases = sorted(folder.glob("*.duckdb"))
    removed = []
    for path in releases[: max(0, len(releases) - keep)]:
        is_published = target.exists() and path.samefile(target)
        if not is_published and not path.with_suffix(KEEP_MARK).exists():
            path.unlink()
            removed.append(path.stem)
    return removed


def keep(folder: Path, run_id: str) -> None:
    """Mark a release so that `prune` never removes it. Raises WarehouseError where it is not there."""
    release = folder / f"{run_id}.duckdb"
    if not release.exists():
        raise WarehouseError(f"{release} is not there, so it cannot be kept; copy the published file instead.")
    release.with_suffix(KEEP_MARK).touch()


def published_fingerprints(target: Path) -> dict[str, str]:
    """Table -> fingerprint of the published file; empty when there is no readable one of this schema."""
    if not target.exists():
        return {}
    try:
        with duckdb.connect(str(target), read_only=True) as connection:
            return dict(content_fingerprints(connection))
    except duckdb.Error:
        return {}


def published_run(target: Path) -> str | None:
    """The run of the published file; None when there is no readable one."""
    if not target.exists():
        return None
    try:
        with duckdb.connect(str(target), read_only=True) as connection:
            row = connection.execute("SELECT run_id FROM release").fetchone()
    except duckdb.Error:
        return None
    return row[0] if row else None

"""The file of a release: written anew, or as a copy of the one before into which only what differs is written.

Both give the same rows. A copy is begun from only where the file before is to the byte as we left it (an analyst
who opened it for writing has changed it, or a disk has lost a block of it), was made by the same statements, and is
not full of holes. Each file is read once when it is written and once when it is copied, for its SHA-256.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import file_digest, sha256
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from warehouse import ddl, disk
from warehouse.columns import Table
from warehouse.release import comments
from warehouse.release.digests import (
    Digests,
    combined_fingerprint,
    content_digests,
    content_fingerprint,
    note_released,
    released_file,
    stored_digests,
)
from warehouse.release.ordering import in_order
from warehouse.schema import TABLES, table
from warehouse.work import CONTENT_TABLES, Connection, transaction

STORAGE_VERSION = "v1.0.0"
HOLES = 4  # a file of which more than one block in so many is free is written anew
SMALL = 128  # blocks (32 MB) of a file of which holes are let be: the next release fills them
Journal = Callable[[str], Mapping[str, pa.Table]]


class Written(NamedTuple):
    """A release that was written: its fingerprint, and the file before it where that is no longer what we wrote."""

    fingerprint: str
    damaged: Path | None = None


def write_release(connection: Connection, path: Path, journal: Journal) -> Written:
    """Write what the working database holds to `path`, which is not there yet.

    `journal` gives the rows of the journal's tables and of `release`, told the fingerprint. The release before
    is looked for beside `path`.
    """
    before = _as_left(connection, path.parent)
    if before is None:
        return Written(_anew(connection, path, journal))
    if not _copied(*before, path):
        disk.unlink(path)
        return Written(_anew(connection, path, journal), damaged=before[0])
    return Written(_continued(connection, path, journal) or _anew(connection, path, journal))


def note_written(connection: Connection, path: Path) -> None:
    """Remember the file as it is now: the next release may begin as its copy.

    Where it cannot be read, or there is no room to remember it, the next one is written anew.
    """
    with suppress(duckdb.Error, OSError):
        with path.open("rb") as written:
            digest = file_digest(written, "sha256").hexdigest()
        note_released(connection, json.dumps({**_described(path), "sha256": digest}))


def _as_left(connection: Connection, folder: Path) -> tuple[Path, str] | None:
    """The release before and its SHA-256, where size and time are as we left them."""
    told = json.loads(released_file(connection) or "{}")
    digest = told.pop("sha256", None)  # an earlier version of ours noted none
    if digest is None:
        return None
    path = folder / told["file"]
    return (path, digest) if path.exists() and _described(path) == told else None


def _described(path: Path) -> dict[str, str | int]:
    found = path.stat()
    return {"file": path.name, "size": found.st_size, "modified": found.st_mtime_ns, "made_by": _made_by()}


@cache
def _made_by() -> str:
    """What tells two ways of making the file apart: DuckDB, tables, views, macros and comments."""
    tables = [ddl.create_table(declared) for declared in TABLES]
    return sha256("\n".join([duckdb.__version__, *tables, *_around_tables()]).encode()).hexdigest()


def _continued(connection: Connection, path: Path, journal: Journal) -> str | None:
    """The copy of the release before with what differs; None where it is so full of holes that it is better written
    anew."""
    was, now = stored_digests(connection, "_released"), content_digests(connection)
    fingerprint = combined_fingerprint(now)
    with _attached(connection, path):
        is_full_of_holes = _is_full_of_holes(connection)
        if not is_full_of_holes:
            for declared in CONTENT_TABLES:
                _bring(connection, declared, _differing(declared, was, now))
            with transaction(connection):
                for name, rows in journal(fingerprint).items():
                    connection.execute(f"DELETE FROM release.{name}")
                    _insert(connection, name, rows)
    if is_full_of_holes:
        disk.remove_database(path)
        return None
    return fingerprint


def _copied(before: Path, digest: str, path: Path) -> bool:
    """Copy the release before; whether it could be read and is what we wrote."""
    copied = sha256()
    try:
        disk.copy(before, path, seen=copied.update)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return False
    return copied.hexdigest() == digest


def _differing(declared: Table, was: Digests, now: Digests) -> list[str]:
    before, after = was.get(declared.name, {}), now[declared.name]
    return [name for name in declared.column_names if after[name] != before.get(name)]


def _is_full_of_holes(connection: Connection) -> bool:
    row = connection.execute(
        "SELECT free_blocks, total_blocks FROM pragma_database_size() WHERE database_name = 'release'"
    ).fetchone()
    assert row is not None
    return bool(row[1] > SMALL and row[0] * HOLES > row[1])


def _bring(connection: Connection, declared: Table, differing: list[str]) -> None:
    """Bring one table of the release up to date: one column where only that moved, else all rows again."""
    if not differing:
        return
    if len(differing) == 1 and differing[0] not in declared.key and not declared.column(differing[0]).is_list:
        [column] = differing
        same = " AND ".join(f"now.{key} = published.{key}" for key in declared.key)
        connection.execute(
            f"""UPDATE release.{declared.name} AS published SET {column} = now.{column}
                FROM {declared.name} AS now WHERE {same} AND published.{column} IS DISTINCT FROM now.{column}"""
        )
        return
    with transaction(connection):
        connection.execute(f"DELETE FROM release.{declared.name}")
        _copy(connection, declared)


def _anew(connection: Connection, path: Path, journal: Journal) -> str:
    # Two readers of the same tables: hashing and packing take a core each.
    with ThreadPoolExecutor(1) as thread, connection.cursor() as cursor:
        fingerprint = thread.submit(content_fingerprint, cursor)
        with _attached(connection, path):
            with transaction(connection):
                for declared in TABLES:
                    connection.execute(ddl.create_table(declared, "release."))
            # Each table by itself: in one transaction with the others it would be packed less tightly.
            for declared in CONTENT_TABLES:
                with transaction(connection):
                    _copy(connection, declared)
            # Views and macros name tables of their own file: they are made from inside it.
            connection.execute("USE release")
            # One transaction: five hundred comments would each wait for the disk.
            with transaction(connection):
                for name, rows in journal(fingerprint.result()).items():
                    _insert(connection, name, rows)
                for statement in _around_tables():
                    connection.execute(statement)
        return fingerprint.result()


@contextmanager
def _attached(connection: Connection, path: Path) -> Iterator[None]:
    working = connection.execute("SELECT current_database()").fetchone()
    connection.execute(f"ATTACH {ddl.quoted(str(path))} AS release (STORAGE_VERSION '{STORAGE_VERSION}')")
    connection.execute("SET force_compression = 'auto'")
    # Metadata left in place by a checkpoint may point at blocks that are gone: DuckDB before 1.4 opens no such file.
    connection.execute("SET experimental_metadata_reuse = false")
    try:
        yield
    finally:
        if working:
            connection.execute(f'USE "{working[0]}"')
        connection.execute("DETACH release")
        connection.execute("SET force_compression = 'uncompressed'")
        connection.execute("SET experimental_metadata_reuse = true")


def _copy(connection: Connection, declared: Table) -> None:
    columns = ", ".join(declared.column_names)
    for part in in_order(connection, declared):
        connection.execute(
            f"INSERT INTO release.{declared.name} SELECT {columns} FROM {declared.name} {part.clause}", part.bounds
        )


def _insert(connection: Connection, name: str, rows: pa.Table) -> None:
    if rows.num_rows:
        connection.execute(f"INSERT INTO release.{name} SELECT {', '.join(table(name).column_names)} FROM rows")


def _around_tables() -> list[str]:
    """Comments, views and macros."""
    of_tables = [statement for declared in TABLES for statement in ddl.comments(declared)]
    return [*of_tables, *ddl.views_and_macros(), *comments.of_views_and_macros()]

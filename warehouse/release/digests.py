"""What the working database remembers of its columns: their digests, until rows of them change.

A night on which nothing is new moves `last_seen_at` and nothing else: only those columns are read again for the
fingerprint, and only they are written into the next release.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from warehouse.release.fingerprint import column_digests, combined, table_digest
from warehouse.work import CONTENT_TABLES, Connection, transaction

Digests = Mapping[str, Mapping[str, str]]  # table -> column -> digest


def content_digests(connection: Connection) -> Digests:
    """The digest of every column of the content tables; columns untouched since the last time are not read again."""
    known = stored_digests(connection, "_digests")
    made: list[tuple[str, str, str]] = []
    for declared in CONTENT_TABLES:
        missing = [name for name in declared.column_names if name not in known.get(declared.name, {})]
        if missing:
            found = column_digests(connection, declared, missing)
            known.setdefault(declared.name, {}).update(found)
            made += [(declared.name, name, digest) for name, digest in found.items()]
    if made:
        # One statement: one a table would wait for the disk each time.
        columns = zip(("table_name", "column_name", "digest"), zip(*made, strict=True), strict=True)
        rows = pa.table(dict(columns))  # noqa: F841  (DuckDB reads it by name)
        connection.execute("INSERT INTO _digests SELECT table_name, column_name, digest FROM rows")
    return known


def fingerprints(digests: Digests) -> dict[str, str]:
    """Table -> fingerprint, in the order of the schema."""
    return {declared.name: table_digest(declared, digests[declared.name]) for declared in CONTENT_TABLES}


def content_fingerprint(connection: Connection) -> str:
    """The combined fingerprint of the content tables."""
    return combined_fingerprint(content_digests(connection))


def combined_fingerprint(digests: Digests) -> str:
    """`content_fingerprint`, of digests that have been read."""
    return combined(fingerprints(digests).items())


def stored_digests(connection: Connection, name: str) -> dict[str, dict[str, str]]:
    """What `_digests` (now) or `_released` (as last published) says."""
    found: dict[str, dict[str, str]] = {}
    for table_name, column_name, digest in connection.execute(
        f"SELECT table_name, column_name, digest FROM {name}"
    ).fetchall():
        found.setdefault(table_name, {})[column_name] = digest
    return found


def note_released(connection: Connection, file: str) -> None:
    """Remember what has been published, and in which file."""
    with transaction(connection):
        connection.execute("DELETE FROM _released")
        connection.execute("INSERT INTO _released SELECT table_name, column_name, digest FROM _digests")
        connection.execute("INSERT OR REPLACE INTO _meta VALUES ('released', ?)", [file])


def released_file(connection: Connection) -> str | None:
    """What `note_released` was told last."""
    row = connection.execute("SELECT value FROM _meta WHERE key = 'released'").fetchone()
    return row[0] if row else None

"""Whether a DuckDB file is to the bit as DuckDB wrote it: the checksums of its blocks, read at the speed of the disk.

A file is three headers and blocks, each with a checksum in front; DuckDB looks at a block's only when it reads it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import numpy as np

from warehouse.errors import WarehouseError

HEADERS, HEADER = 3, 4096  # bytes of each
BLOCK = 256 * 1024
FACTOR, BEGIN = np.uint64(0xBF58476D1CE4E5B9), np.uint64(5381)


def is_whole(path: Path) -> bool:
    """Whether everything in the file can be read as it was written. Raises OSError."""
    if path.stat().st_size >= HEADERS * HEADER and all(_fits(block) for block in _blocks(path)):
        return True
    # A free block may be cut short or never written: what counts is what DuckDB reads.
    return _can_be_read(path)


@contextmanager
def naming_damage(*paths: Path) -> Iterator[None]:
    """Raises WarehouseError in place of DuckDB's errors where one of these files is damaged."""
    try:
        yield
    except Exception as error:
        if not _may_be_damage(error) and not _may_be_damage(error.__cause__):
            raise
        damaged = [path for path in paths if path.exists() and not is_whole(path)]
        if not damaged:
            raise
        raise WarehouseError(
            f"{' and '.join(map(str, damaged))} cannot be read: a block is damaged. Run `cartrials rebuild`: it is "
            "made again from the archive; nothing is lost."
        ) from error


def _may_be_damage(error: BaseException | None) -> bool:
    return isinstance(error, duckdb.Error) and not isinstance(error, duckdb.ProgrammingError)  # a mistake in SQL


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for _ in range(HEADERS):
            yield file.read(HEADER)
        while block := file.read(BLOCK):
            yield block


def _fits(block: bytes) -> bool:
    if len(block) % 8:
        return False
    said = np.frombuffer(block, "<u8")
    return bool(np.bitwise_xor.reduce(said[1:] * FACTOR) ^ BEGIN == said[0])


def _can_be_read(path: Path) -> bool:
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, name in connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
                connection.execute(f'SELECT sum(hash(COLUMNS(*))) FROM "{schema}"."{name}"').fetchall()
    except duckdb.Error:
        return False
    return True

"""The partitions of a scan as one set of tables, by their manifests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flows.backfill.shelf import Done, Shelf
from flows.errors import CartrialsError
from warehouse.export import scans
from warehouse.export.scans import Connection, Part


@contextmanager
def merged(shelf: Shelf, source: str, partitions: Iterable[str], folder: Path) -> Iterator[Connection]:
    """A connection whose tables are what these partitions hold together; `folder` for what memory cannot hold.

    Raises CartrialsError where a partition has not been read whole, WarehouseError where a file is damaged.
    """
    parts = [_part(shelf, manifest) for manifest in manifests(shelf, partitions)]
    connection = scans.opened(source, parts, folder, None if shelf.is_local else shelf.fs)
    try:
        yield connection
    finally:
        connection.close()


def manifests(shelf: Shelf, partitions: Iterable[str]) -> list[Done]:
    """The manifests of these partitions. Raises CartrialsError where one is missing."""
    found = {name: shelf.done(name) for name in partitions}
    if missing := [name for name, manifest in found.items() if manifest is None]:
        raise CartrialsError(f"The results of {missing[0]} are not in {shelf.root}; run the backfill again.")
    return [manifest for manifest in found.values() if manifest is not None]


def _part(shelf: Shelf, manifest: Done) -> Part:
    files = {name: shelf.url(manifest.partition, file) for name, file in manifest.files.items()}
    return Part(manifest.partition, files, manifest.deleted)

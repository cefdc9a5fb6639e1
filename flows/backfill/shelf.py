"""Where the results of partitions lie: a folder, or any URL that fsspec knows (`s3://bucket/scan`).

Nothing is ever there by half: a file is written beside its place and put there in one step, where the
system can; an object store shows an upload when it is complete. A manifest is written last.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import fsspec

from flows.errors import CartrialsError
from warehouse import disk

MANIFEST = "manifest.json"
PARKED = "parked.json"


class ShelfError(CartrialsError):
    """The place for results cannot be used; the message names it."""


@dataclass(frozen=True)
class Done:
    """The manifest of a partition that was read whole.

    `input_id` tells one content of the input from another, `rules` one set of rules and schema from another.
    `files`: table -> file beside this manifest; a table without rows has none. `deleted`: withdrawn PMIDs.
    `seconds` by the clock, `cpu_seconds` of its thread and `peak_mb` of its process are what the worker measured.
    """

    partition: str
    source: str
    url: str
    input_id: str
    rules: str
    records: int
    in_scope: int
    unreadable: int
    files: dict[str, str]
    rows: dict[str, int]
    deleted: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)
    cpu_seconds: float = field(default=0.0, compare=False)
    peak_mb: float = field(default=0.0, compare=False)
    bytes: int = 0


class Shelf:
    """The results of scans of one source, by partition."""

    def __init__(self, url: str, source: str) -> None:
        try:
            self.fs, root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise ShelfError(
                f"Results cannot be written to {url}: {error}. Give a folder or install what it needs."
            ) from error
        self.root = f"{root.rstrip('/')}/{source}"
        self.is_local = "file" in (self.fs.protocol if isinstance(self.fs.protocol, tuple) else (self.fs.protocol,))

    def path(self, *parts: str) -> str:
        return "/".join((self.root, *parts))

    def url(self, *parts: str) -> str:
        """The address of a file on the shelf, for another process: a path, or a URL with its protocol."""
        return self.path(*parts) if self.is_local else str(self.fs.unstrip_protocol(self.path(*parts)))

    def done(self, partition: str) -> Done | None:
        """The manifest of a partition, None where it has not been read whole or the manifest cannot be read."""
        value = self._json(self.path(partition, MANIFEST))
        try:
            return Done(**{**value, "deleted": tuple(value["deleted"])}) if value else None
        except (TypeError, KeyError):
            return None

    def take_leftovers_away(self) -> None:
        """Remove what a killed scan left half written; call it under the lock of the source's backfill."""
        if self.is_local:
            for part in Path(self.root).rglob(f"*{disk.PART}"):
                disk.unlink(part)

    def keep(self, partition: str, files: dict[str, Path], manifest: Done) -> None:
        """Put a partition's files and then its manifest there. `files`: name on the shelf -> local file."""
        for name, local in files.items():
            self.put(local, self.path(partition, name))
        self.write_json(asdict(manifest), self.path(partition, MANIFEST))
        self._remove(self.path(partition, PARKED))

    def park(self, partition: str, url: str, reason: str) -> None:
        """Write down that an input cannot be read, and why."""
        self.write_json({"partition": partition, "url": url, "reason": reason}, self.path(partition, PARKED))

    def put(self, local: Path, target: str) -> None:
        """Copy a local file there, whole or not at all."""
        if not self.is_local:
            self.fs.put_file(str(local), target)
            return
        there = Path(target)
        disk.make_folder(there.parent)
        # Two workers may write the same partition at the same time: each has a part file of its own.
        part = there.with_name(f"{there.name}.{os.getpid()}-{local.parent.name}.part")
        try:
            disk.copy(local, part)
            disk.replace(part, there)
        finally:
            disk.unlink(part)

    def write_json(self, value: dict[str, Any], target: str) -> None:
        text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
        if not self.is_local:
            self.fs.pipe_file(target, text.encode())
            return
        there = Path(target)
        part = there.with_name(f"{there.name}.{os.getpid()}.part")
        disk.write_durably(there, text.encode(), part=part)

    def read_json(self, *parts: str) -> dict[str, Any] | None:
        return self._json(self.path(*parts))

    def _json(self, path: str) -> dict[str, Any] | None:
        try:
            value = json.loads(self.fs.cat_file(path))
        except (FileNotFoundError, ValueError):
            return None
        return value if isinstance(value, dict) else None

    def _remove(self, path: str) -> None:
        try:
            self.fs.rm_file(path)
        except FileNotFoundError:
            return

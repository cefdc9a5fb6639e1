"""The archive: records as received, once per content, and what each pull brought.

`packs/<run>-<source>.zst` holds records one after the other, each its own zstd frame followed by a
line feed inside it, so that `zstdcat` shows them one a line. `index.sqlite` says in which pack and
at which offset the record of a hash stands; it can be made again from the packs. Every record read
is held against its hash: a pack that was cut off or altered is found, named, and stops the run.
Manifests and seals are in `flows.storage.manifests`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import zstandard

from flows.errors import ArchiveError, CartrialsError, home_error, rights_error
from flows.process import progress
from flows.storage import row_digests
from transforms.content import content_sha256
from warehouse import disk
from warehouse.tables.sources import SOURCES

OPEN_PACKS = 32  # open at a time; the records of a run stand in one, those that they follow in any
SCAN_CHUNK = 64 * 1024  # bytes
ASKED_AT_ONCE = 500  # hashes; SQLite takes at least 999 parameters in every build
RECORD_LIMIT = 256 * 1024 * 1024  # bytes; a frame that claims more is not one of ours

# What SQLite answers of a file that is not as it was written; text that is no text has no code.
DAMAGED = (0, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT)
INDEX_DDL = """
CREATE TABLE IF NOT EXISTS entries (
    sha256 TEXT PRIMARY KEY, source TEXT NOT NULL, record_id TEXT, pack TEXT NOT NULL,
    start INTEGER NOT NULL, length INTEGER NOT NULL
) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where the record of a hash stands."""

    sha256: str
    source: str
    record_id: str | None
    pack: str
    start: int
    length: int


class Archive:
    """Records by content hash under `root`. One process writes; `root` is made when missing."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.packs = root / "packs"
        disk.make_folder(self.packs)
        self._index = self._opened()
        self._index_packs()

    def _opened(self) -> sqlite3.Connection:
        """The index; where it is damaged, or says otherwise than it was written, it is made again from the packs."""
        path = self.root / "index.sqlite"
        try:
            index = _connected(path)
            if _is_sound(index):
                return index
            index.close()
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in DAMAGED:
                raise self._broken_index(error) from error
        progress.tell(f"{path} is damaged: it is made again from the packs")
        for leftover in (path, *path.parent.glob("index.sqlite-*")):
            disk.unlink(leftover)
        try:
            return _connected(path)
        except sqlite3.DatabaseError as error:
            raise self._broken_index(error) from error

    def close(self) -> None:
        self._index.close()

    def __contains__(self, sha256: str) -> bool:
        return bool(self.known([sha256]))

    def pack(self, run_id: str, source: str) -> Pack:
        """A new pack for what a run receives from one source. Use as a context manager."""
        return Pack(self, f"{run_id}-{source}.zst", source)

    def entry(self, sha256: str) -> Entry:
        """Where the record of a hash stands. Raises ArchiveError when it is missing."""
        return self.entries([sha256])[sha256]

    def entries(self, hashes: Iterable[str]) -> dict[str, Entry]:
        """Where the records of these hashes stand. Raises ArchiveError when one is missing."""
        asked = list(hashes)
        found = self.known(asked)
        for sha256 in asked:
            if sha256 not in found:
                raise ArchiveError(
                    f"The archive holds no record {sha256[:12]}… though a manifest names it. Restore "
                    "the archive from a backup."
                )
        return found

    def known(self, hashes: Sequence[str]) -> dict[str, Entry]:
        """Where the records of those of these hashes stand that the archive has."""
        found: dict[str, Entry] = {}
        try:
            for start in range(0, len(hashes), ASKED_AT_ONCE):
                some = hashes[start : start + ASKED_AT_ONCE]
                marks = ", ".join("?" * len(some))
                for row in self._index.execute(f"SELECT * FROM entries WHERE sha256 IN ({marks})", some):
                    found[row[0]] = Entry(*row)
        except sqlite3.DatabaseError as error:
            raise self._broken_index(error) from error
        return found

    def read(self, sha256: str) -> bytes:
        """The record as received. Raises ArchiveError when it is missing, cut off or altered."""
        with Packs(self.packs) as packs:
            return packs.read(self.entry(sha256))

    def read_many(self, hashes: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """(hash, record) of many records, read in the order in which they stand in the packs."""
        entries = self.known(list(hashes)).values()
        with Packs(self.packs) as packs:
            for entry in sorted(entries, key=lambda entry: (entry.pack, entry.start)):
                yield entry.sha256, packs.read(entry)

    def add_entries(self, entries: list[Entry]) -> None:
        """Write down where records stand; those already known stay where they were."""
        rows = [(e.sha256, e.source, e.record_id, e.pack, e.start, e.length) for e in entries]
        try:
            with self._index:
                self._index.executemany("INSERT OR IGNORE INTO entries VALUES (?, ?, ?, ?, ?, ?)", rows)
        except sqlite3.DatabaseError as error:
            raise self._broken_index(error) from error

    def has_packs(self, run_id: str) -> bool:
        """Whether this run has received anything, be it sealed or not."""
        return any(self.packs.glob(f"{run_id}-*.zst"))

    def _broken_index(self, error: sqlite3.DatabaseError) -> CartrialsError:
        index = self.root / "index.sqlite"
        return home_error(index, error) or ArchiveError(
            f"The archive's index {index} cannot be used ({error}). Run again: where it is "
            "damaged it is made again from the packs."
        )

    def _index_packs(self) -> None:
        """Index packs that the index does not know: it was deleted, or a run was killed before it wrote there."""
        try:
            known = {name for (name,) in self._index.execute("SELECT DISTINCT pack FROM entries")}
        except sqlite3.DatabaseError as error:
            raise self._broken_index(error) from error
        for path in sorted(self.packs.glob("*.zst")):
            if path.name not in known:
                self.add_entries(list(scan(path)))


def _connected(path: Path) -> sqlite3.Connection:
    index = sqlite3.connect(path, check_same_thread=False)
    index.execute("PRAGMA journal_mode=WAL")
    index.execute("PRAGMA synchronous=NORMAL")
    index.execute(INDEX_DDL)
    row_digests.watch(index, ["entries"])
    return index


def _is_sound(index: sqlite3.Connection) -> bool:
    (found,) = index.execute("PRAGMA integrity_check(1)").fetchone()
    return found == "ok" and not row_digests.altered(index, ["entries"])


class Packs:
    """Reads records from the packs in a folder, of any process. Use as a context manager: packs stay open in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, FileIO] = {}
        self._decompressor = zstandard.ZstdDecompressor()  # a new one for each record costs as much as the record

    def __enter__(self) -> Packs:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def read(self, entry: Entry) -> bytes:
        """The record as received. Raises ArchiveError when it is cut off or altered."""
        try:
            raw = decompressed(self._frame(entry), self._decompressor)
        except (OSError, zstandard.ZstdError, ValueError) as error:
            raise rights_error(self._folder / entry.pack, error) or _damaged(entry, str(error)) from error
        if content_sha256(entry.source, raw) != entry.sha256:
            raise _damaged(entry, "its content does not fit its hash")
        return raw

    def _frame(self, entry: Entry) -> bytes:
        if entry.pack not in self._files:
            if len(self._files) == OPEN_PACKS:
                self._files.pop(next(iter(self._files))).close()
            self._files[entry.pack] = (self._folder / entry.pack).open("rb", buffering=0)
        return os.pread(self._files[entry.pack].fileno(), entry.length, entry.start)  # at once, on any local disk


def _damaged(entry: Entry, why: str) -> ArchiveError:
    return ArchiveError(
        f"The archive file {entry.pack} is damaged at record {entry.record_id or entry.sha256[:12]} ({why}). "
        "Restore that file from a backup."
    )


class Pack:
    """Writes records of one source into one pack; nothing counts until it is closed without an error.

    A thread of its own compresses and writes what was added last while the next records are received.
    """

    def __init__(self, archive: Archive, name: str, source: str) -> None:
        self._archive, self._name, self._source = archive, name, source
        self._part = archive.packs / f"{name}.part"
        self._compressor = compressor_of(source)
        self._file: BinaryIO | None = None
        self._taken: set[str] = set()
        self._entries: list[Entry] = []
        self._size = 0
        self._thread = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None

    def __enter__(self) -> Pack:
        return self

    def add(self, sha256: str, record_id: str | None, raw: bytes) -> None:
        """Keep one record, if neither the archive nor this pack has it already."""
        self.add_all([(sha256, record_id, raw)])

    def add_all(self, records: Iterable[tuple[str, str | None, bytes]]) -> None:
        """Keep (hash, record id, bytes) of each record that neither the archive nor this pack has already."""
        fresh = {record[0]: record for record in records if record[0] not in self._taken}
        known = self._archive.known(list(fresh))
        new = [record for sha256, record in fresh.items() if sha256 not in known]
        self._taken.update(fresh)
        if new:
            self._wait()
            self._writing = self._thread.submit(self._write, new)

    def _write(self, records: list[tuple[str, str | None, bytes]]) -> None:
        if self._file is None:
            self._file = disk.opened(self._part)
        for sha256, record_id, raw in records:
            frame = compressed(raw, self._compressor)
            self._file.write(frame)
            self._entries.append(Entry(sha256, self._source, record_id, self._name, self._size, len(frame)))
            self._size += len(frame)

    def _wait(self) -> None:
        """What was added is written, or the error that kept it from being is raised."""
        if self._writing is not None:
            self._writing.result()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._thread.shutdown()
            if kind is None:
                self._wait()
                self._close()
        finally:
            if self._file is not None:
                self._file.close()
            disk.unlink(self._part)

    def _close(self) -> None:
        """From here the pack counts: on the disk, under its name, in the index."""
        if self._file is None:
            return
        disk.sync(self._file)
        self._file.close()
        disk.replace(self._part, self._archive.packs / self._name)
        self._archive.add_entries(self._entries)


def compressor_of(source: str) -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=SOURCES[source].compression, write_checksum=True)


def compressed(raw: bytes, compressor: zstandard.ZstdCompressor) -> bytes:
    """One record as a frame of a pack."""
    return compressor.compress(raw + b"\n")


def decompressed(frame: bytes, decompressor: zstandard.ZstdDecompressor) -> bytes:
    """The record in a frame, as received. Raises ZstdError or ValueError when it is not one whole frame."""
    size = zstandard.frame_content_size(frame)
    if not 0 < size <= RECORD_LIMIT:
        raise ValueError("the frame does not say a sensible size")
    line = decompressor.decompress(frame)
    if not line.endswith(b"\n"):
        raise ValueError("the frame is cut off")
    return line[:-1]


def scan(path: Path) -> Iterator[Entry]:
    """Entries of a pack read from front to back: how the index is made again. Raises ArchiveError."""
    source, start = path.stem.rsplit("-", 1)[-1], 0
    with path.open("rb") as pack:
        while pack.seek(start) == start and (chunk := pack.read(SCAN_CHUNK)):
            reader, line, taken = zstandard.ZstdDecompressor().decompressobj(), b"", 0
            try:
                while chunk and not reader.eof:
                    line += reader.decompress(chunk)
                    taken += len(chunk) - len(reader.unused_data)
                    chunk = pack.read(SCAN_CHUNK) if not reader.eof else b""
            except zstandard.ZstdError as error:
                raise _broken_pack(path, start, str(error)) from error
            if not reader.eof:
                raise _broken_pack(path, start, "it is cut off")
            yield Entry(content_sha256(source, line[:-1]), source, None, path.name, start, taken)
            start += taken


def _broken_pack(path: Path, start: int, why: str) -> ArchiveError:
    return ArchiveError(
        f"The archive file {path.name} is damaged at byte {start} ({why}). Restore that file from a backup."
    )

"""Recordings as a source: one folder a night, `YYYY-MM-DD/`, with the records of that night.

    2026-05-01/ctgov*.jsonl[.gz]     one study object a line
    2026-05-01/pubmed*.xml[.gz]      PubMed article sets

The folder's date is the clock. Files stream: memory stays at one chunk and one page, however large they
are. A line that is no study still comes as a record, without an id; a file that is broken is refused.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import chain
from pathlib import Path
from pkgutil import resolve_name

from flows.sources.articles import CutShort, Deletion, Forbidden, NotArticles, split
from flows.sources.errors import Refused
from flows.sources.records import Page, Received
from flows.sources.studies import received
from warehouse.tables.sources import SOURCES

NAME = "The recording"
LEG = "recorded"
PAGE_SIZE = 1000
CHUNK = 1024 * 1024
LARGEST_LINE = 64 * CHUNK

_NIGHT = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


@dataclass(frozen=True)
class Night:
    """One night's files, by name. `clock` is the start of `date` in UTC."""

    date: date
    clock: datetime
    files: Mapping[str, tuple[Path, ...]]  # by source


def nights(folder: Path) -> list[Night]:
    """The nights in `folder`, in order. Raises Refused where there is none, or a date that is none."""
    if not folder.is_dir():
        raise Refused(NAME, "is not a folder", str(folder))
    found = []
    for night in sorted(child for child in folder.iterdir() if child.is_dir() and _NIGHT.match(child.name)):
        try:
            day = date.fromisoformat(night.name)
        except ValueError:
            raise Refused(NAME, "has a folder that is named like a date but is none", str(night)) from None
        files = {
            name: tuple(sorted(chain.from_iterable(night.glob(f"{name}*{ending}") for ending in source.files)))
            for name, source in SOURCES.items()
        }
        clock = datetime.combine(day, time(), tzinfo=UTC)
        found.append(Night(day, clock, files))
    if not found:
        raise Refused(NAME, "has no folder named after a night (YYYY-MM-DD)", str(folder))
    return found


def pages(night: Night, source: str, page_size: int = PAGE_SIZE) -> Iterator[Page]:
    """A night's records of one source ('ctgov', 'pubmed'), in batches; the totals are not known.

    Raises Refused for a file that is cut short, is not what its name says, or holds a record over the
    size bound, naming the file.
    """
    records: list[Received] = []
    deleted: list[str] = []
    number, size = 0, 0
    for path in night.files[source]:
        for item in items(path, source):
            if isinstance(item, Deletion):
                deleted.append(item.record_id)
                continue
            records.append(item)
            size += len(item.raw)
            if len(records) == page_size:
                number += 1
                yield Page(tuple(records), number, deleted=tuple(deleted), size=size)
                records, deleted, size = [], [], 0
    if records or deleted:
        yield Page(tuple(records), number + 1, deleted=tuple(deleted), size=size)


def items(path: Path, source: str) -> Iterator[Received | Deletion]:
    """The records of one file as they stand in it. Raises Refused, naming the file, as `pages` does."""
    yield from resolve_name(SOURCES[source].reader)(path)


def studies(path: Path) -> Iterator[Received]:
    """One record a line; lines without anything on them are skipped."""
    rest = b""
    number = 0
    for chunk in _decompressed(path):
        lines = (rest + chunk).split(b"\n")
        rest = lines.pop()
        if len(rest) > LARGEST_LINE:
            at = f"line {number + len(lines) + 1} of {path}"
            raise Refused(NAME, f"holds a line of more than {LARGEST_LINE >> 20} MB, which is refused", at)
        for line in lines:
            if line := _trimmed(line, first=number == 0):
                yield received(line)
            number += 1
    if rest := _trimmed(rest, first=number == 0):
        yield received(rest)


def _trimmed(line: bytes, *, first: bool) -> bytes:
    line = line.strip()
    return line.removeprefix(b"\xef\xbb\xbf") if first else line


def articles(path: Path) -> Iterator[Received | Deletion]:
    """The articles of a set, and what it withdraws."""
    try:
        yield from split(_decompressed(path))
    except (CutShort, NotArticles, Forbidden) as error:
        raise Refused(NAME, f"has a file that {error}", str(path)) from None


def _decompressed(path: Path) -> Iterator[bytes]:
    """The file in chunks of about a megabyte, decompressed where its name ends in .gz."""
    try:
        with path.open("rb") as file:
            chunks = iter(lambda: file.read(CHUNK), b"")
            yield from _ahead(_inflated(chunks, path)) if path.suffix == ".gz" else chunks
    except OSError as error:
        raise Refused(NAME, f"has a file that cannot be read: {error.strerror}", str(path)) from None


def _ahead(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Each chunk is inflated by a thread of its own while the one before it is looked at."""
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(next, chunks, None)
        while (chunk := waiting.result()) is not None:
            waiting = thread.submit(next, chunks, None)
            yield chunk


def _inflated(chunks: Iterable[bytes], path: Path) -> Iterator[bytes]:
    """Gzip, also of several members. Raises Refused where it is corrupt or cut short."""
    inflate = zlib.decompressobj(wbits=31)
    started = False
    try:
        for chunk in chunks:
            while chunk:
                if inflate.eof:
                    chunk = chunk.lstrip(b"\0")  # padding between members, or at the end
                    if not chunk:
                        break
                    inflate = zlib.decompressobj(wbits=31)
                started = True
                # Bounded, so that a small file cannot unfold into more than memory holds.
                yield inflate.decompress(chunk, CHUNK)
                chunk = inflate.unconsumed_tail or inflate.unused_data
        while not inflate.eof and (more := inflate.decompress(b"", CHUNK)):
            yield more  # the bound above can hold output back after the last input
    except zlib.error:
        raise Refused(NAME, "has a gzip file that is corrupt", str(path)) from None
    if started and not inflate.eof:
        raise Refused(NAME, "has a gzip file that is cut short", str(path))

"""The records of a partition: its bytes fetched, held against their checksum, and given whole or not at all.

Raises Refused (flows.sources.errors) for what another try cannot mend: the input is parked. Unavailable
and OSError of this machine are worth another try, perhaps by another worker.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import fsspec

from flows.backfill import fetching
from flows.backfill.partitions import Member, Partition
from flows.sources.articles import Deletion, is_damaged
from flows.sources.errors import Refused, Unavailable
from flows.sources.recorded import items
from flows.sources.records import Received
from flows.sources.studies import received
from warehouse.tables.sources import PUBMED

NAME = "The input"
LOCAL_HEADER = struct.Struct("<4s5H3I2H")  # of a zip's entry, APPNOTE 4.3.7
LARGEST_STUDY = 64 << 20  # bytes
_MD5 = re.compile(r"\b[0-9a-f]{32}\b", re.IGNORECASE)


class Input:
    """One partition's input, opened in `folder`, where remote files are put while they are read."""

    def __init__(self, partition: Partition, folder: Path) -> None:
        self.partition = partition
        self.folder = folder
        self._announced: str | None = None
        self._local: Path | None = None

    def announced_id(self) -> str | None:
        """What tells this content of the input from another, as far as it can be known without reading it all.

        The MD5 that NLM puts beside each file, the CRC-32 of the members of a zip; None for anything else.
        """
        part = self.partition
        if part.members:
            if part.members[0].size == 0:
                return None
            listed = [(member.name, member.crc, member.size) for member in part.members]
            return f"crc:{sha256(repr(listed).encode()).hexdigest()}"
        if part.source == PUBMED and (text := _text_or_none(f"{part.url}.md5")) is not None:
            found = _MD5.search(text)
            if found is None:
                raise Refused(NAME, "has an .md5 file without an MD5 in it", part.url)
            self._announced = found[0].lower()
            return f"md5:{self._announced}"
        return None

    def id(self) -> str:
        """What tells this content from another; raises Refused where it differs from what was announced."""
        if (known := self.announced_id()) is not None:
            if self._announced is not None and _digest(self.local(), "md5") != self._announced:
                raise Refused(NAME, "does not have the MD5 that stands beside it; get the file again", self.where)
            return known
        if self.partition.members:
            contents = sha256()
            for member in self.partition.members:
                contents.update(sha256((Path(self.partition.url) / member.name).read_bytes()).digest())
            return f"sha256:{contents.hexdigest()}"
        return "sha256:" + _digest(self.local(), "sha256")

    @property
    def where(self) -> str:
        return self.partition.url

    def size(self) -> int:
        """Bytes of the input as they lie there."""
        if self.partition.members:
            return sum(member.size for member in self.partition.members)
        return self.local().stat().st_size

    def local(self) -> Path:
        """The input as a local file, fetched where it is elsewhere."""
        if self._local is None:
            self._local = _fetched(self.partition.url, self.folder)
        return self._local

    def records(self) -> Iterator[Received | Deletion]:
        """Every record in order. Raises Refused where the input breaks: keep none of what came before."""
        if not self.partition.members:
            yield from items(self.local(), self.partition.source)
        elif self.partition.members[0].size:
            yield from self._of_zip()
        else:
            for member in self.partition.members:
                yield received((Path(self.partition.url) / member.name).read_bytes().strip())

    def refuse_damaged(self, record: Received) -> None:
        """Refuse the whole file for a citation whose markup is broken: NLM's files are whole or not to be read."""
        if record.source == PUBMED and is_damaged(record.raw):
            raise Refused(NAME, f"breaks in citation {record.record_id or 'without a PMID'}", self.where)

    def _of_zip(self) -> Iterator[Received]:
        with fsspec.open(self.partition.url, "rb") as packed:
            for member in self.partition.members:
                packed.seek(member.offset)
                head = packed.read(LOCAL_HEADER.size)
                if len(head) < LOCAL_HEADER.size or head[:4] != b"PK\x03\x04":
                    raise Refused(NAME, f"is no zip where {member.name} should begin", self.where)
                name_size, extra_size = LOCAL_HEADER.unpack(head)[9:]
                packed.seek(name_size + extra_size, 1)
                yield received(self._inflated(member, packed.read(member.size)).strip())

    def _inflated(self, member: Member, data: bytes) -> bytes:
        if member.method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused(NAME, f"packs {member.name} in a way that is not read here", self.where)
        try:
            raw = data if member.method == zipfile.ZIP_STORED else _bounded(data)
        except zlib.error:
            raw = b""
        if zlib.crc32(raw) != member.crc:
            raise Refused(NAME, f"holds {member.name} cut short or altered; get the zip again", self.where)
        return raw


def _bounded(data: bytes) -> bytes:
    """Inflated, but not beyond what a study can be: a small entry may unfold into more than memory holds."""
    return zlib.decompressobj(wbits=-15).decompress(data, LARGEST_STUDY)


def _fetched(url: str, folder: Path) -> Path:
    if url.startswith(("http://", "https://")):
        target = folder / url.rsplit("/", 1)[-1]
        fetching.download(url, target)
        return target
    if "://" not in url:
        if not Path(url).is_file():
            raise Refused(NAME, "is not there", url)
        return Path(url)
    target = folder / url.rsplit("/", 1)[-1]
    try:
        fs, path = fsspec.core.url_to_fs(url)
        fs.get_file(path, str(target))
    except FileNotFoundError:
        raise Refused(NAME, "is not there", url) from None
    except OSError as error:
        raise Unavailable(NAME, f"cannot be fetched ({error})", url) from error
    return target


def _text_or_none(url: str) -> str | None:
    if url.startswith(("http://", "https://")):
        return fetching.text_or_none(url)
    try:
        fs, path = fsspec.core.url_to_fs(url)
        return str(fs.cat_file(path).decode("ascii", "replace"))
    except FileNotFoundError:
        return None


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()

"""What there is to read, cut into partitions: one file of records, or some members of a zip or folder."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import urljoin, urlsplit

import fsspec

from flows.backfill.fetching import text_of
from flows.errors import SettingsError
from warehouse.tables.sources import CTGOV, PUBMED, SOURCES

STUDIES_A_PARTITION = 1_000  # as many as a page of the registry
_HREF = re.compile(r"""href=["']([^"'?#]+\.xml\.gz)["']""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Member:
    """One study file of a zip: where its entry begins, its compressed size, how it is packed, its CRC-32."""

    name: str
    offset: int = 0
    size: int = 0
    method: int = 0
    crc: int = 0


@dataclass(frozen=True, slots=True)
class Partition:
    """One input. Without `members` the file at `url`; with them these members of the zip or folder at `url`.

    `name` is unique in a scan and sorts in the order in which the source gave its inputs: of two records
    of one number the one of the later partition is the newer.
    """

    source: str
    name: str
    url: str
    members: tuple[Member, ...] = ()


def of_registry(location: str, size: int = STUDIES_A_PARTITION) -> list[Partition]:
    """Partitions of a local folder or zip of study JSON: `*.jsonl[.gz]` files, or `*.json`, one study each.

    Raises SettingsError where there is nothing of the kind.
    """
    path = Path(location)
    if path.is_file() and zipfile.is_zipfile(path):
        return _of_members(str(path), _members_of_zip(path), size)
    if not path.is_dir():
        raise SettingsError(f"{location} is neither a folder nor a zip of study JSON; give the registry's download.")
    files = [str(one) for one in path.iterdir() if one.name.endswith(SOURCES[CTGOV].files)]
    single = sorted(str(one.relative_to(path)) for one in path.rglob("*.json"))
    if not files and not single:
        raise SettingsError(f"There is no study in {location}: *.json, *.jsonl or *.jsonl.gz was expected.")
    return [*_of_files(CTGOV, files), *_of_members(str(path), [Member(name) for name in single], size)]


def of_pubmed(locations: Sequence[str]) -> list[Partition]:
    """Partitions of folders or URLs of PubMed files, one a file, in the order of their names.

    A URL with http is read as the list of files that NLM's server shows. Raises SettingsError where a
    place holds no file, or two places hold files of one name; SourceError.
    """
    files = [file for location in locations for file in _files_at(location)]
    return _of_files(PUBMED, files)


def _files_at(location: str) -> list[str]:
    if location.startswith(("http://", "https://")):
        base = location.rstrip("/") + "/"
        found = [urljoin(base, href) for href in dict.fromkeys(_HREF.findall(text_of(base)))]
    elif location.endswith(SOURCES[PUBMED].files):
        found = [location]
    else:
        try:
            fs, root = fsspec.core.url_to_fs(location)
            found = [fs.unstrip_protocol(one) if "://" in location else one for one in fs.ls(root, detail=False)]
        except (OSError, ImportError, ValueError) as error:
            raise SettingsError(f"{location} cannot be listed ({error}); give a folder of PubMed's files.") from error
        found = [one for one in found if one.endswith(SOURCES[PUBMED].files)]
    if not found:
        raise SettingsError(f"There is no PubMed file at {location}: *.xml or *.xml.gz was expected.")
    return found


def _of_files(source: str, files: Iterable[str]) -> list[Partition]:
    by_name: dict[str, str] = {}
    for file in files:
        name = _stem(file)
        if name in by_name:
            raise SettingsError(f"Two inputs are called {name}: {by_name[name]} and {file}. Give each file once.")
        by_name[name] = file
    return [Partition(source, name, by_name[name]) for name in sorted(by_name)]


def _stem(file: str) -> str:
    name = PurePosixPath(urlsplit(file).path if "://" in file else file).name
    return re.sub(r"\.(?:xml|jsonl)(?:\.gz)?$", "", name)


def _of_members(url: str, members: Sequence[Member], size: int) -> list[Partition]:
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(url).name.removesuffix(".zip").removesuffix(".json"))
    return [
        Partition(CTGOV, f"{stem}-{number:05d}", url, some)
        for number, some in enumerate(_batches(members, size), start=1)
    ]


def _batches(members: Sequence[Member], size: int) -> Iterable[tuple[Member, ...]]:
    return [tuple(members[start : start + size]) for start in range(0, len(members), size)]


def _members_of_zip(path: Path) -> list[Member]:
    """Every study of a zip, by name. Workers read their members by offset: the list of 570,000 is read once."""
    with zipfile.ZipFile(path) as packed:
        found = [
            Member(info.filename, info.header_offset, info.compress_size, info.compress_type, info.CRC)
            for info in packed.infolist()
            if info.filename.endswith(".json") and not info.is_dir()
        ]
    if not found:
        raise SettingsError(f"There is no study in {path}: files *.json were expected in the zip.")
    return sorted(found, key=lambda member: member.name)

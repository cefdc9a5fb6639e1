"""Single records through a batch, as a night hands them over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from transforms import normalize
from transforms.content import content_sha256
from transforms.follow import Record, Taken
from transforms.history.event import Context
from transforms.normalize import Batch


@dataclass(frozen=True)
class Item:
    """A record that a night brings, and the last version of it that could be read."""

    record_id: str | None
    sha256: str
    raw: bytes
    previous: bytes | None = None
    is_same_version: bool = False  # known content, read again because rules changed


def studies(items: Iterable[Item], context: Context) -> Batch:
    raws: dict[str, bytes] = {}
    return normalize.normalized("ctgov", _records(items, context, raws), raws.__getitem__, {})


def citations(items: Iterable[Item], context: Context) -> Batch:
    raws: dict[str, bytes] = {}
    return normalize.normalized("pubmed", _records(items, context, raws), raws.__getitem__, {})


def _records(items: Iterable[Item], context: Context, raws: dict[str, bytes]) -> Iterator[Record]:
    for item in items:
        good = item.sha256 if item.is_same_version else None
        if item.previous is not None:
            good = content_sha256("ctgov", item.previous)
            raws[good] = item.previous
        raws[item.sha256] = item.raw
        yield Record(item.record_id, (Taken(context, item.sha256),), good)

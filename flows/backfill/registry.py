"""The whole registry through its API: pages of 1,000, fetched once, one request a second, as inputs of a scan.

The registry asks for one request a second whoever asks, so pages are fetched by one process and kept as
files on the shelf; shaping them, which is the work, is what many workers share. A fetch counts when it is
whole: under one data stamp, with as many studies as the registry itself counts.
"""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable
from pathlib import Path

from flows.backfill.partitions import Partition
from flows.backfill.shelf import Shelf
from flows.config.watchlist import Leg
from flows.sources import clinicaltrials
from flows.sources.errors import Unavailable
from flows.sources.session import Session
from warehouse import disk
from warehouse.tables.sources import CTGOV

FETCHED = "fetched.json"
# A search for nothing finds everything.
EVERYTHING = Leg("everything", CTGOV, ())


def fetched(shelf: Shelf, session: Session, progress: Callable[[str], None] = lambda line: None) -> list[Partition]:
    """The registry's pages as partitions; fetched unless they lie there under the registry's data stamp of now.

    Raises Unavailable when the data moved twice while it was read, SourceError.
    """
    before = clinicaltrials.version(session).data_timestamp
    there = shelf.read_json("pages", FETCHED)
    if there and before and there.get("data_stamp") == before:
        return _partitions(shelf, int(there["pages"]))
    for _ in range(2):
        pages, studies, total = _fetch(shelf, session, progress)
        after = clinicaltrials.version(session).data_timestamp
        if after == before and total in (None, studies):
            shelf.write_json({"data_stamp": after, "pages": pages, "studies": studies}, shelf.path("pages", FETCHED))
            return _partitions(shelf, pages)
        before = after
    raise Unavailable(
        clinicaltrials.NAME, f"changed its data twice while it was read ({studies} studies came, it counts {total})",
        session.base,
    )  # fmt: skip


def _fetch(shelf: Shelf, session: Session, progress: Callable[[str], None]) -> tuple[int, int, int | None]:
    """Pages fetched, distinct studies among them, and how many the registry says there are."""
    seen: set[str | None] = set()
    total, number = None, 0
    with tempfile.TemporaryDirectory(prefix="cartrials-") as folder:
        for number, page in enumerate(clinicaltrials.pages(session, EVERYTHING), start=1):
            total = page.total if number == 1 else total
            seen.update(record.record_id for record in page.records)
            # A line feed in JSON can only stand between values: a space says the same and keeps a study on its line.
            lines = b"\n".join(record.raw.replace(b"\n", b" ") for record in page.records)
            local = Path(folder) / "page"
            with disk.opened(local) as page_file:
                page_file.write(gzip.compress(lines + b"\n", 3, mtime=0))
            shelf.put(local, shelf.path("pages", _name(number)))
            progress(f"page {number}: {len(seen)} of {total or 'unknown'} studies fetched")
    return number, len(seen), total


def _partitions(shelf: Shelf, pages: int) -> list[Partition]:
    return [
        Partition(CTGOV, _name(number).removesuffix(".jsonl.gz"), shelf.url("pages", _name(number)))
        for number in range(1, pages + 1)
    ]


def _name(number: int) -> str:
    return f"page-{number:05d}.jsonl.gz"

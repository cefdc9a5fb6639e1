"""Normalizing many records: in this process for an ordinary night, in several for a large one or a rebuild."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import forkserver
from pathlib import Path
from typing import Any, TypeVar

from flows.process.children import end_pool, end_with_parent
from flows.storage.archive import Entry, Packs
from transforms.follow import Record
from transforms.normalize import Batch, normalized
from transforms.reading import Overrides

T = TypeVar("T")

# Their server takes about a second to import what they need: worth it only for many records.
LARGE_NIGHT = 2_000  # contents
BATCH_SIZE = 250  # contents a worker takes at a time; bounds what is on its way between processes
AHEAD = 5  # batches that each worker may be ahead of the rows being checked and written
CONTENT_LIMIT = 16  # megabytes of compressed records in one batch


@dataclass(frozen=True, slots=True)
class Stored:
    """A record and where each of its contents stands: who normalizes it reads them, in whichever process."""

    record: Record
    entries: dict[str, Entry]


def batches(
    source: str, records: Iterable[Stored], count: int, *, packs: Path, workers: int, overrides: Overrides
) -> Iterator[Batch]:
    """Normalized batches of `records` in their order. `count` says how many contents there are, to choose how to work.

    Raises ArchiveError when one is damaged.
    """
    parts = ((packs, source, some, overrides) for some in _in_batches(records))
    return spread(_normalized, parts, workers if count >= LARGE_NIGHT else 1)


def spread(work: Callable[..., T], parts: Iterable[tuple[Any, ...]], workers: int) -> Iterator[T]:
    """What `work` makes of each part, in order: in this process, or in several that go ahead by a few parts."""
    if workers < 2:
        yield from (work(*part) for part in parts)
    else:
        yield from in_processes(work, parts, workers)


def in_processes(work: Callable[..., T], parts: Iterable[tuple[Any, ...]], count: int) -> Iterator[T]:
    """`spread` in so many processes beside this one."""
    with ProcessPoolExecutor(count, mp_context=_processes(), initializer=end_with_parent) as pool:
        waiting: deque[Future[T]] = deque()
        try:
            for part in parts:
                waiting.append(pool.submit(work, *part))
                if len(waiting) > AHEAD * count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:  # nobody wants the rest: what raises waits for no batch that goes ahead
            end_pool()
            raise


def get_ready() -> None:
    """Start the server that processes are forked from: it is there when the many records to come are to be shaped."""
    _processes()
    forkserver.ensure_running()


def _processes() -> multiprocessing.context.ForkServerContext:
    # Not forked from this process: a child would share DuckDB's and Prefect's threads in an unknown state.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["flows.load.worker_preload"])
    return processes


def _normalized(packs: Path, source: str, records: Sequence[Stored], overrides: Overrides) -> Batch:
    entries = {sha256: entry for stored in records for sha256, entry in stored.entries.items()}
    with Packs(packs) as opened:
        given = (stored.record for stored in records)
        return normalized(source, given, lambda sha256: opened.read(entries[sha256]), overrides)


def _in_batches(records: Iterable[Stored]) -> Iterator[list[Stored]]:
    some: list[Stored] = []
    count = size = 0
    for stored in records:
        some.append(stored)
        count += len(stored.entries)
        size += sum(entry.length for entry in stored.entries.values())
        if count >= BATCH_SIZE or size > CONTENT_LIMIT * 2**20:
            yield some
            some, count, size = [], 0, 0
    if some:
        yield some

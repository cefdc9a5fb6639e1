"""Shaping many records: in this process for an ordinary night, in several for a large one."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack

from transforms import batch as shaping
from transforms.batch import Batch, Item, Overrides
from transforms.history.event import Context

# Starting a process costs about a second of imports: worth it only for many records.
LARGE_NIGHT = 2_000  # records
BATCH_SIZE = 250  # records a worker takes at a time; bounds what is on its way between processes
CONTENT_LIMIT = 64  # megabytes of raw records in one batch


def batches(
    source: str, items: Iterator[Item], count: int, *, workers: int, overrides: Overrides, context: Context
) -> Iterator[Batch]:
    """Shaped batches of `items` in their order. `count` says how many there are, to choose how to work."""
    with ExitStack() as stack:
        if workers < 2 or count < LARGE_NIGHT:
            for some in _in_batches(items):
                yield _shape(source, some, overrides, context)
            return
        # spawn: a forked child would share DuckDB's and Prefect's threads in an unknown state.
        pool = stack.enter_context(ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")))
        waiting: list[Future[Batch]] = []
        for some in _in_batches(items):
            waiting.append(pool.submit(_shape, source, some, overrides, context))
            if len(waiting) > 2 * workers:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def _shape(source: str, items: Sequence[Item], overrides: Overrides, context: Context) -> Batch:
    if source == "ctgov":
        return shaping.studies(items, overrides, context)
    return shaping.citations(items, context)


def _in_batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    some: list[Item] = []
    size = 0
    for item in items:
        some.append(item)
        size += len(item.raw)
        if len(some) >= BATCH_SIZE or size > CONTENT_LIMIT * 2**20:
            yield some
            some, size = [], 0
    if some:
        yield some

"""Spoiled records through the transforms: none ends a batch, and each gives rows or says why not.

In a suite a few hundred; by hand as many as you have time for, and again from the seed that a failure names:
`CARTRIALS_MUTATIONS=100000 CARTRIALS_SEED=7 pytest tests/transforms/test_mutated_records.py -s`.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from flows.sources.articles import pmid
from flows.sources.studies import received
from tests import mutations
from tests.conftest import SHARED
from tests.transforms.one_batch import Item, citations, studies
from transforms.content import content_sha256
from transforms.history.event import Context
from transforms.normalize import Batch
from transforms.shaped import MOST_PROBLEMS, RAW_VALUE_LIMIT

RECORDS = int(os.environ.get("CARTRIALS_MUTATIONS", "200"))
SEED = int(os.environ.get("CARTRIALS_SEED", "1"))
IN_A_BATCH = 100
LONGEST = 10.0  # seconds of the processor for one record; on a quiet machine the slowest takes about one
CONTEXT = Context(datetime(2026, 9, 1), "run", date(2026, 8, 31))
Read = Callable[[Iterator[Item]], Batch]


def items_of_studies(first: int, shared: Path | None) -> list[Item]:
    """Every second one follows a version of itself: the seed as it was, or spoiled otherwise."""
    seeds = mutations.seeds_of_studies(shared)
    found = []
    for number in range(first, first + IN_A_BATCH):
        draw = mutations.Draw(number)
        seed = [draw.choice(seeds)]
        raw = mutations.study(draw, seed)
        before = draw.choice([None, None, mutations.written(seed[0]), mutations.study(draw, seed)])
        found.append(Item(received(raw).record_id, content_sha256("ctgov", raw), raw, before))
    return found


def items_of_articles(first: int, shared: Path | None) -> list[Item]:
    seeds = mutations.seeds_of_articles(shared)
    raws = (mutations.article(mutations.Draw(number), seeds) for number in range(first, first + IN_A_BATCH))
    return [Item(pmid(raw), content_sha256("pubmed", raw), raw) for raw in raws]


def read_studies(items: Iterator[Item]) -> Batch:
    return studies(items, CONTEXT)


def read_citations(items: Iterator[Item]) -> Batch:
    return citations(items, CONTEXT)


@pytest.mark.parametrize(
    ("made", "read", "main"),
    [(items_of_studies, read_studies, "trials"), (items_of_articles, read_citations, "publications")],
    ids=["studies", "articles"],
)
@pytest.mark.timeout(0 if RECORDS > 1_000 else 300)
def test_a_spoiled_record_gives_rows_or_says_why_not(
    made: Callable[[int, Path | None], list[Item]], read: Read, main: str
) -> None:
    shared = SHARED if SHARED.is_dir() else None
    became: Counter[str] = Counter()
    slowest = (0.0, 0)
    for first in range(SEED * 1_000_000, SEED * 1_000_000 + RECORDS, IN_A_BATCH):
        print(f"seed {first}", end="\r")
        items = made(first, shared)
        times: list[float] = []
        batch = read(timed(items, times))
        slowest = max(slowest, *((seconds, first + n) for n, seconds in enumerate(times)))
        became += check(batch, items, main)
    print(f"{main}: {dict(became)}, slowest {slowest[0]:.2f} s (seed {slowest[1]})")
    assert slowest[0] < LONGEST


def timed(items: list[Item], times: list[float]) -> Iterator[Item]:
    """A batch asks for its next item when it has read the one before."""
    for item in items:
        began = time.process_time()
        yield item
        times.append(time.process_time() - began)


def check(batch: Batch, items: list[Item], main: str) -> Counter[str]:
    assert [outcome.sha256 for outcome in batch.outcomes] == [item.sha256 for item in items]
    problems: dict[str, list[str | None]] = {}
    for _, sha256, problem in batch.problems:
        assert problem.reason and len(problem.raw_value) <= RAW_VALUE_LIMIT
        problems.setdefault(sha256, []).append(problem.field_path)
    rows = Counter(batch.tables[main].column(0).to_pylist()) if main in batch.tables else Counter()
    for item, outcome in zip(items, batch.outcomes, strict=True):
        told = problems.get(item.sha256, [])
        assert outcome.is_readable or None in told, "it waits without a reason"
        assert not outcome.is_readable or rows[item.record_id], "it is read and has no row"
    copies = Counter(item.sha256 for item in items)
    assert all(len(told) <= (MOST_PROBLEMS + 1) * copies[sha256] for sha256, told in problems.items())
    return Counter("read" if outcome.is_readable else "waits" for outcome in batch.outcomes)

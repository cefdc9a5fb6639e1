"""The checks of one chunk: every suite and every sentence, run by Great Expectations.

    results = check(frames, clock=run_clock, context=CheckContext(keys={"products": products}))

Great Expectations takes seconds to import, so it is imported when the first chunk is checked.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from expectations.chunk import CheckContext, Chunk, Hit
from expectations.results import EXAMPLES, FAILED, NOT_AVAILABLE, PASSED, RAISED, CheckResult
from warehouse.schema import TABLES, Table

if TYPE_CHECKING:
    from expectations.facts import ChunkExpectation

__all__ = ["CheckContext", "CheckResult", "check"]

STAGE = "table"


@dataclass(frozen=True)
class Plan:
    """The expectations that a chunk can answer, numbered by their place, and those that it cannot."""

    answered: tuple[ChunkExpectation, ...]
    unanswered: tuple[ChunkExpectation, ...]
    suite: Any


def check(
    frames: Mapping[str, pd.DataFrame],
    *,
    clock: datetime,
    context: CheckContext | None = None,
    tables: tuple[Table, ...] = TABLES,
) -> list[CheckResult]:
    """What is true and what is not of the rows in `frames` (table name -> frame by the schema).

    `clock` is the run's moment, UTC. Tables without a frame are not checked. A failed expectation is a
    result, never an exception; one that broke has status `raised` and says nothing about the rows.
    Rows are never changed here: what a declaration forbids was left out when they were typed (`transforms.frames`).
    """
    chunk = Chunk(frames, tables, clock, context)
    plan = _planned(tables, *_held(chunk))
    answers = _validated(plan.suite, chunk)
    results = [_result(expectation, chunk, answers.get(no), no) for no, expectation in enumerate(plan.answered)]
    results += [_unanswered(expectation) for expectation in plan.unanswered]
    chunk.clear()
    return results


def _held(chunk: Chunk) -> tuple[frozenset[tuple[str, str]], frozenset[str], bool]:
    """What decides the plan: the columns there, the tables that can be looked up, a watchlist or none."""
    names = [name for name in chunk.tables if name in chunk]
    columns = frozenset((name, column) for name in names for column in chunk.columns(name))
    return columns, frozenset((*names, *chunk.context.keys)), chunk.context.topics is not None


@lru_cache(maxsize=8)
def _planned(
    tables: tuple[Table, ...],
    columns: frozenset[tuple[str, str]],
    looked_up: frozenset[str],
    has_topics: bool,
) -> Plan:
    """The suite for chunks with these columns. Chunks of one run share it."""
    import great_expectations as gx
    from great_expectations.expectations.metadata_types import FailureSeverity

    from expectations.facts import CHECK_NO, Sentence
    from expectations.sentences import SENTENCES
    from expectations.suites import ExpectRowsToNameExistingRows, suites

    held = {name for name, _ in columns}
    stated: list[ChunkExpectation] = [
        *suites(tables),
        *(kind(severity=FailureSeverity(kind.told)) for kind in SENTENCES),
    ]
    answered: list[ChunkExpectation] = []
    unanswered: list[ChunkExpectation] = []
    for expectation in stated:
        if expectation.subject not in held:
            continue
        known = True
        if isinstance(expectation, ExpectRowsToNameExistingRows):
            known = expectation.to in looked_up
        elif isinstance(expectation, Sentence):
            known = expectation.needed() <= columns and (has_topics or not expectation.needs_topics)
        (answered if known else unanswered).append(expectation)
    for no, expectation in enumerate(answered):
        expectation.meta = {CHECK_NO: no}
    suite = gx.ExpectationSuite(name="what must be true of a chunk", expectations=answered)
    return Plan(tuple(answered), tuple(unanswered), suite)


@lru_cache(maxsize=1)
def _whole_chunk() -> Any:
    """The batch definition that every chunk of this process goes through: no files, no progress bars."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # A check that raises is counted and told as such; neither its traceback nor what Great Expectations says
    # of its temporary folders is for the terminal. Some of its loggers have a level of their own.
    logger = logging.getLogger("great_expectations")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    context.enable_analytics(False)
    source = context.data_sources.add_pandas("run")
    return source.add_dataframe_asset("chunk").add_batch_definition_whole_dataframe("whole")


def _validated(suite: Any, chunk: Chunk) -> dict[int, Any]:
    """Great Expectations' results by the number of the expectation."""
    from expectations.facts import CHECK_NO, CHUNK_COLUMN, Cell

    batch = _whole_chunk().get_batch({"dataframe": pd.DataFrame({CHUNK_COLUMN: [Cell(chunk)]})})
    validation = batch.validate(suite, result_format="BASIC")
    return {result.expectation_config.meta[CHECK_NO]: result for result in validation.results}


def _result(expectation: ChunkExpectation, chunk: Chunk, answer: Any, no: int) -> CheckResult:
    told = (STAGE, expectation.subject, expectation.sentence, expectation.told)
    if answer is None or answer.exception_info.get("raised_exception"):
        info = answer.exception_info if answer else {}
        return CheckResult(*told, RAISED, observed=_first_line(info.get("exception_message")))
    if answer.success:
        return CheckResult(*told, PASSED)
    hits: list[Hit] = chunk.found[no]
    rows = tuple(chunk.failing_rows(expectation.subject, hits))
    examples = tuple(dict.fromkeys(row.key for row in rows))[:EXAMPLES]
    found = answer.result
    return CheckResult(*told, FAILED, found["observed_value"], found["unexpected_count"], examples, rows)


def _unanswered(expectation: ChunkExpectation) -> CheckResult:
    told = (STAGE, expectation.subject, expectation.sentence, expectation.told)
    return CheckResult(*told, NOT_AVAILABLE, observed="the chunk does not hold what it needs")


def _first_line(message: str | None) -> str:
    return (message or "no answer").strip().splitlines()[0][:300]

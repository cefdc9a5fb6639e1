"""The two kinds of custom expectation: facts of one declaration, and sentences of the field.

Great Expectations gets the whole chunk as a batch of one cell rather than a frame per table. It would
hash each frame it is given (0.35 s for 80,000 sites, half a second for a chunk's list columns), and a
fact about two tables needs both. With no metrics to resolve, an expectation costs 0.6 ms of its
machinery instead of 6 to 7.

Severity is given when a suite is built: a default of a subclass is lost when Great Expectations turns
an expectation into its configuration and back (1.24: `configuration` leaves defaults out).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, TypeAlias

import numpy as np
from great_expectations.expectations.expectation import BatchExpectation

from expectations.chunk import Chunk, Hit, Mask
from expectations.results import CRITICAL, WARNING
from expectations.rules import observed

# The column of the one-cell batch, and the key of `meta` that numbers an expectation in its suite.
CHUNK_COLUMN = "chunk"
CHECK_NO = "check"


class Cell:
    """Holds the chunk in the batch. Pandas would take a chunk itself for a sequence, since it has items."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk


class ChunkExpectation(BatchExpectation):  # type: ignore[misc, unused-ignore]
    """An expectation about the rows of one table of a chunk."""

    told: ClassVar[str] = CRITICAL

    @property
    @abstractmethod
    def subject(self) -> str:
        """The table whose rows fail."""

    @property
    def sentence(self) -> str:
        """What must be true."""
        return str(self.description)

    @abstractmethod
    def hits(self, chunk: Chunk) -> list[Hit]:
        """The rows that break it; none when it holds."""

    def says(self, chunk: Chunk, hits: list[Hit]) -> str:
        """What was found instead."""
        return observed(chunk, self.subject, hits)

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        chunk: Chunk = execution_engine.dataframe[CHUNK_COLUMN].iloc[0].chunk
        hits = self.hits(chunk) if chunk.rows(self.subject) else []
        chunk.found[(self.meta or {})[CHECK_NO]] = hits
        failing = len(np.unique(np.concatenate([hit.positions for hit in hits]))) if hits else 0
        result = {"element_count": chunk.rows(self.subject), "unexpected_count": failing}
        return {
            "success": not hits,
            "result": {**result, "observed_value": self.says(chunk, hits) if hits else None},
        }


# The rows that are wrong: a NumPy mask or a pandas one, in which NULL is not wrong.
Wrong: TypeAlias = Any


class Sentence(ChunkExpectation):
    """A fact of the field: `description` says what must be true, `fault` what is so of a row that is `wrong`.

    `reads` lists what it looks at as `table: column column`, the table whose rows can be wrong first;
    where a chunk lacks one of them, the check is not available. `told` is its severity, `at_fault` the
    column to name, `is_bad_field` whether its value is at fault and not the row.
    """

    reads: ClassVar[tuple[str, ...]]
    fault: ClassVar[str]
    at_fault: ClassVar[str | None] = None
    is_bad_field: ClassVar[bool] = False
    needs_topics: ClassVar[bool] = False
    # Wrong rows that are odd records and no pattern: a share, and a number. Who sets them says why.
    tolerated: ClassVar[float] = 0.0
    odd_records: ClassVar[int] = 0

    @property
    def subject(self) -> str:
        return self.reads[0].partition(":")[0]

    def needed(self) -> frozenset[tuple[str, str]]:
        """The columns it reads, as (table, column)."""
        parted = (each.partition(":") for each in self.reads)
        return frozenset((table, column) for table, _, columns in parted for column in columns.split())

    @abstractmethod
    def wrong(self, chunk: Chunk) -> Wrong:
        """True for each row of the subject that is wrong."""

    def hits(self, chunk: Chunk) -> list[Hit]:
        return self.beyond_odd_records(chunk, self.wrong(chunk), "wrong", self.at_fault)

    def beyond_odd_records(self, chunk: Chunk, wrong: Wrong, reason: str, column: str | None) -> list[Hit]:
        """The wrong rows, if they are more than may be odd records."""
        positions = np.flatnonzero(_as_mask(wrong))
        if len(positions) <= max(self.odd_records, self.tolerated * chunk.rows(self.subject)):
            return []
        return [Hit(positions, reason, column, self.is_bad_field)]

    def says(self, chunk: Chunk, hits: list[Hit]) -> str:
        failing = sum(len(hit.positions) for hit in hits)
        named = {hit.reason for hit in hits} - {"wrong"}
        where = f": {', '.join(sorted(named))}" if named else ""
        return f"{self.fault}{where} ({failing} of {chunk.rows(self.subject)} rows)"


class WarningSentence(Sentence):
    """A sentence about what the source says: odd, to be told, and no reason to hold the run."""

    told: ClassVar[str] = WARNING


def _as_mask(wrong: Any) -> Mask:
    if hasattr(wrong, "fillna"):
        wrong = wrong.fillna(False)
    return np.asarray(wrong, dtype=bool)

"""From the declaration of a table to what must be true of its rows.

Few, telling expectations: what an expectation costs hardly depends on the rows it looks at, so one
looks at all rules of a table and names the rows and columns that break them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from great_expectations.expectations.metadata_types import FailureSeverity

from expectations import rules
from expectations.chunk import Chunk, Hit
from expectations.facts import ChunkExpectation
from expectations.results import WARNING
from warehouse.columns import Table


class DeclaredExpectation(ChunkExpectation):
    """An expectation that the declaration of `table` makes."""

    table: str

    @property
    def subject(self) -> str:
        return self.table


class ExpectEachKeyOnce(DeclaredExpectation):
    description: str = "Each row has a key of its own"

    def hits(self, chunk: Chunk) -> list[Hit]:
        return rules.duplicate_keys(chunk, chunk.tables[self.table])


class ExpectRowsToKeepTheRules(DeclaredExpectation):
    description: str = "Required columns are filled and in form, and our own words are known"

    def hits(self, chunk: Chunk) -> list[Hit]:
        return rules.broken_rules(chunk, chunk.tables[self.table])


class ExpectFieldsToMakeSense(DeclaredExpectation):
    """Such values became NULL and a quarantine row when they were typed: what fails here went past that."""

    description: str = "Values given are within their bounds, in form and not blank"
    told: ClassVar[str] = WARNING

    def hits(self, chunk: Chunk) -> list[Hit]:
        return rules.bad_fields(chunk, chunk.tables[self.table])


class ExpectRegistryWordsToBeKnown(DeclaredExpectation):
    description: str = "The source's words are those known today"
    told: ClassVar[str] = WARNING

    def hits(self, chunk: Chunk) -> list[Hit]:
        return rules.unknown_registry_words(chunk, chunk.tables[self.table])


class ExpectRowsToNameExistingRows(DeclaredExpectation):
    """Of the reference number `reference_no` of the declaration."""

    description: str = "Each row names existing rows"
    reference_no: int
    to: str

    @property
    def sentence(self) -> str:
        return f"Each row names an existing row of {self.to}"

    def hits(self, chunk: Chunk) -> list[Hit]:
        table = chunk.tables[self.table]
        return rules.dangling(chunk, table, table.references[self.reference_no])


class ExpectDatesToCarryTheirPrecision(DeclaredExpectation):
    description: str = "A registry date says how much of it was given, and nothing is imputed beyond"

    def hits(self, chunk: Chunk) -> list[Hit]:
        return rules.dates_without_precision(chunk, chunk.tables[self.table])


def suite_for(table: Table) -> Iterator[DeclaredExpectation]:
    """What the declaration of `table` makes expect, the most telling first."""
    yield _stated(ExpectEachKeyOnce, table)
    yield _stated(ExpectRowsToKeepTheRules, table)
    # Rows repeated from another table had their fields checked there.
    if table.name not in rules.REPEATS:
        if any(column.nullable for column in table.columns):
            yield _stated(ExpectFieldsToMakeSense, table)
        if any(column.registry_words for column in table.columns):
            yield _stated(ExpectRegistryWordsToBeKnown, table)
        if rules.dated_columns(table):
            yield _stated(ExpectDatesToCarryTheirPrecision, table)
    for no, reference in enumerate(table.references):
        yield _stated(ExpectRowsToNameExistingRows, table, reference_no=no, to=reference.table)


def suites(tables: Iterable[Table]) -> Iterator[DeclaredExpectation]:
    """Of the content tables: the journal is written through and checked by what writes it."""
    for table in tables:
        if table.origin == "content":
            yield from suite_for(table)


def _stated(kind: type[DeclaredExpectation], table: Table, **fields: Any) -> DeclaredExpectation:
    return kind(table=table.name, severity=FailureSeverity(kind.told), **fields)

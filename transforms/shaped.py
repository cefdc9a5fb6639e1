"""What shaping one record gives: its rows, and what in it could not be read.

Every transform that reads a source's record returns a `Shaped` and never raises for what a record
holds: a field that makes no sense is left out of its row and becomes a `Problem` that names it; a
record without a readable structure has no rows and one `Problem` without a field path.
"""

from __future__ import annotations

from typing import Any

import msgspec

# Table name -> rows keyed by the schema's column names. An absent key is NULL.
Rows = dict[str, list[dict[str, Any]]]


class Problem(msgspec.Struct, frozen=True):
    """One thing in a record that could not be read. `field_path` None: the whole record."""

    field_path: str | None
    raw_value: str
    reason: str


class Shaped(msgspec.Struct, frozen=True):
    """One record's rows. `record_id` is None where the record does not say a valid one."""

    record_id: str | None
    rows: Rows
    problems: tuple[Problem, ...] = ()

    @property
    def is_readable(self) -> bool:
        """False when the whole record must wait in quarantine."""
        return all(problem.field_path is not None for problem in self.problems)


def unreadable(record_id: str | None, raw_value: str, reason: str) -> Shaped:
    """The answer for a record whose structure cannot be read: no rows, one problem."""
    return Shaped(record_id, {}, (Problem(None, raw_value, reason),))

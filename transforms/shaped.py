"""What shaping one record gives: its rows, and what in it could not be read.

Every transform that reads a source's record returns a `Shaped` and never raises for what a record
holds: a field that makes no sense is left out of its row and becomes a `Problem` that names it; a
record without a readable structure has no rows and one `Problem` without a field path.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import Any

import msgspec

# Table name -> rows keyed by the schema's column names. An absent key is NULL.
Rows = dict[str, list[dict[str, Any]]]

RAW_VALUE_LIMIT = 500  # characters of a bad value kept for quarantine
MOST_PROBLEMS = 100  # of one record that are kept; the others are counted: a reviewer reads no 20,000 rows
FURTHER = "further fields"  # what the field path of their count says


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


def start_of(value: object) -> str:
    """The beginning of a value as the record writes it; of one that cannot be written, what kind of value it is."""
    if isinstance(value, str):
        return value[:RAW_VALUE_LIMIT]
    try:
        return json.dumps(value, ensure_ascii=False, default=str)[:RAW_VALUE_LIMIT]
    except (RecursionError, ValueError):  # a list nested too deep, a number with too many digits
        return f"a {type(value).__name__} that cannot be written as text"


def bounded(problems: Iterable[Problem], count: int) -> list[Problem]:
    """The first MOST_PROBLEMS of a record's `count` problems, and how many more there are."""
    kept = list(islice(problems, MOST_PROBLEMS))
    if count > len(kept):
        kept.append(Problem(FURTHER, "", f"{count - len(kept):,} more fields of this record could not be read."))
    return kept

"""Measurements by class, category and group: of baseline measures and of outcome measures alike."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from transforms.clinicaltrials.parts import Study
from transforms.clinicaltrials.results.amounts import SHARE, amount, path_of
from transforms.clinicaltrials.results.budget import Budget
from transforms.clinicaltrials.results.groups import NOT_TOLD, Groups, counted

COUNTS = ("COUNT_OF_PARTICIPANTS", "COUNT_OF_UNITS")
SPREADS = (
    ("lower", "lower_text", "lowerLimit"), ("upper", "upper_text", "upperLimit"), ("spread", "spread_text", "spread"),
)  # fmt: skip


class Measured(msgspec.Struct, frozen=True):
    """A measure whose values become rows of `table`; `shared` is what each row says of it."""

    table: str
    number: str  # the column that numbers the rows
    shared: Mapping[str, Any]
    lowest: float = -math.inf
    highest: float = math.inf


def limits(measure: Mapping[str, Any]) -> tuple[float, float]:
    """Between which numbers a value of this measure can be true: a count, or a share of people, knows such limits."""
    unit = measure.get("unitOfMeasure")
    if isinstance(unit, str) and SHARE.fullmatch(unit[:200]):
        return 0, 100
    return (0, math.inf) if measure.get("paramType") in COUNTS else (-math.inf, math.inf)


def value_rows(
    parts: Study, measured: Measured, measure: Mapping[str, Any], groups: Groups, budget: Budget, after: int
) -> Iterator[dict[str, Any]]:
    """A row for each measurement of a measure, numbered on from `after`."""
    table = measured.table
    for class_no, of_class in parts.items(measure, "classes", f"{table}.class_no"):
        analysed = groups.with_own(counted(parts, of_class, table))
        for category_no, category in parts.items(of_class, "categories", f"{table}.category_no"):
            shared = {
                **measured.shared, "class_no": class_no, "class": of_class.get("title"),
                "category_no": category_no, "category": category.get("title"),
            }  # fmt: skip
            for _, given in budget.take(parts.items(category, "measurements", f"{table}.value"), shared):
                after += 1
                row = shared.copy()
                row[measured.number] = after
                yield _fill(parts, measured, given, analysed, row)


def _fill(
    parts: Study, measured: Measured, given: Mapping[str, Any], groups: Groups, row: dict[str, Any]
) -> dict[str, Any]:
    place = (measured.table, row[measured.number])
    lowest, highest = measured.lowest, measured.highest
    row["value_text"], row["value"] = amount(parts, given.get("value"), (*place, "value"), lowest, highest)
    for column, text_column, key in SPREADS:
        if key in given:
            row[text_column], row[column] = amount(parts, given[key], (*place, column))
    row["group_id"] = group_id = given.get("groupId")
    if type(group_id) is str and group_id in groups.numbers:
        row["group_no"] = groups.numbers[group_id]
        row["denominator"], row["denominator_unit"] = groups.denominators.get(group_id, NOT_TOLD)
    else:
        groups.known(parts, group_id, path_of((*place, "group_id")))
    row["comment"] = given.get("comment")
    return row

"""Rules that a declaration makes, on a table declared for it and through the whole machinery."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest

from expectations.check import CheckContext, check
from expectations.results import CheckResult
from warehouse.columns import BOOLEAN, FLOAT, INTEGER, TEXT, TEXTS, Column, Reference, Table, registry_date
from warehouse.schema import TABLES

CLOCK = datetime(2026, 7, 4)
PARENT = Table(
    "parents",
    "One row per parent",
    (Column("id", TEXT, "Id", nullable=False, pattern="^P[0-9]$"),),
    key=("id",),
)
CHILD = Table(
    "children",
    "One row per child",
    (
        Column("id", TEXT, "Parent", nullable=False, pattern="^P[0-9]$"),
        Column("child_no", INTEGER, "Place", nullable=False, minimum=1),
        Column("kind", TEXT, "Our word", words=("big", "small")),
        Column("kinds", TEXTS, "Our words", words=("big", "small")),
        Column("status", TEXT, "Their word", registry_words=("OPEN", "CLOSED")),
        Column("statuses", TEXTS, "Their words", registry_words=("OPEN", "CLOSED")),
        Column("size", FLOAT, "Size", minimum=0, maximum=10),
        Column("code", TEXT, "Code", pattern="^[A-Z]{2}$"),
        Column("is_new", BOOLEAN, "New", nullable=False),
        *registry_date("born_date", "Born", "x"),
    ),
    key=("id", "child_no"),
    references=(Reference(("id",), "parents", ("id",)),),
)
GOOD = {"id": "P1", "child_no": 1, "is_new": True}

KEYS = "Each row has a key of its own"
RULES = "Required columns are filled and in form, and our own words are known"
FIELDS = "Values given are within their bounds, in form and not blank"
WORDS = "The source's words are those known today"
PARENTS = "Each row names an existing row of parents"
DATES = "A registry date says how much of it was given, and nothing is imputed beyond"


def checked(*rows: dict[str, Any], frames: Any, context: CheckContext | None = None) -> dict[str, CheckResult]:
    tables = {
        "children": frames(CHILD, [{**GOOD, **row} for row in rows]),
        "parents": frames(PARENT, [{"id": "P1"}]),
    }
    results = check(tables, clock=CLOCK, context=context, tables=(PARENT, CHILD))
    return {each.check_name: each for each in results if each.subject == "children"}


@pytest.fixture
def frames() -> Any:
    def made(table: Table, rows: list[dict[str, Any]]) -> pd.DataFrame:
        return pd.DataFrame(
            {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in table.column_names}
        )

    return made


def test_whole_rows_pass_every_check(frames: Any) -> None:
    whole = {
        "kind": "big",
        "kinds": ["big", "small"],
        "status": "OPEN",
        "statuses": ["CLOSED"],
        "size": 1.5,
        "code": "AB",
        "born_date": date(2026, 5, 1),
        "born_date_precision": "month",
    }
    results = checked(whole, {"child_no": 2}, frames=frames)
    assert {each.status for each in results.values()} == {"passed"}
    assert set(results) == {KEYS, RULES, FIELDS, WORDS, PARENTS, DATES}


def test_every_row_with_a_repeated_key_is_named(frames: Any) -> None:
    result = checked({}, {"child_no": 2}, {}, frames=frames)[KEYS]
    assert (result.severity, result.failing_rows) == ("critical", 2)
    assert [row.row for row in result.rows] == [0, 2]
    assert result.examples == (("P1", 1),)


def test_a_required_value_that_is_missing_holds(frames: Any) -> None:
    result = checked({"is_new": None}, {"child_no": 2}, frames=frames)[RULES]
    assert result.holds
    assert result.observed == "is_new is required (1)"


@pytest.mark.parametrize("row", [{"kind": "huge"}, {"kinds": ["big", "huge"]}, {"id": "Q1"}, {"child_no": 0}])
def test_what_only_we_can_get_wrong_holds(row: dict[str, Any], frames: Any) -> None:
    assert checked(row, frames=frames)[RULES].holds


@pytest.mark.parametrize(
    ("row", "column", "raw"),
    [
        ({"size": -1.0}, "size", "-1.0"),
        ({"size": 11.0}, "size", "11.0"),
        ({"size": float("inf")}, "size", "inf"),
        ({"code": "abc"}, "code", "abc"),
        ({"status": " "}, "status", " "),
    ],
)
def test_a_value_that_makes_no_sense_is_a_bad_field(row: dict[str, Any], column: str, raw: str, frames: Any) -> None:
    result = checked({"child_no": 2}, row, frames=frames)[FIELDS]
    assert result.warns
    assert {(each.row, each.key, each.column, each.raw) for each in result.rows} == {(1, ("P1", 1), column, raw)}
    assert all(each.is_bad_field for each in result.rows)


@pytest.mark.parametrize("row", [{"status": "PAUSED"}, {"statuses": ["OPEN", "PAUSED"]}])
def test_a_new_word_of_the_source_is_told_by_name_and_kept(row: dict[str, Any], frames: Any) -> None:
    result = checked(row, frames=frames)[WORDS]
    assert result.warns
    assert "'PAUSED' is new to us (1)" in str(result.observed)
    assert not any(each.is_bad_field for each in result.rows)


def test_a_row_without_its_parent_holds(frames: Any) -> None:
    result = checked({}, {"id": "P2"}, frames=frames)[PARENTS]
    assert result.holds
    assert result.examples == (("P2", 1),)


def test_a_parent_may_stand_outside_the_chunk(frames: Any) -> None:
    context = CheckContext(keys={"parents": pd.DataFrame({"id": ["P2"]})})
    assert checked({"id": "P2"}, frames=frames, context=context)[PARENTS].status == "passed"


def test_a_parent_that_cannot_be_looked_up_is_not_available(frames: Any) -> None:
    results = check({"children": frames(CHILD, [GOOD])}, clock=CLOCK, tables=(PARENT, CHILD))
    assert [each.check_name for each in results if each.status == "not available"] == [PARENTS]


@pytest.mark.parametrize(
    "row",
    [
        {"born_date": date(2026, 5, 1)},
        {"born_date": date(2026, 5, 2), "born_date_precision": "month"},
        {"born_date": date(2026, 5, 1), "born_date_precision": "year"},
        {"born_date_precision": "day"},
    ],
)
def test_a_date_finer_than_its_precision_holds(row: dict[str, Any], frames: Any) -> None:
    assert checked(row, frames=frames)[DATES].holds


def test_a_column_of_another_type_or_none_at_all_holds(frames: Any) -> None:
    assert "holds something else than DOUBLE" in str(checked({"size": "many"}, frames=frames)[RULES].observed)
    frame = frames(CHILD, [GOOD]).drop(columns=["size"])
    (result,) = (each for each in check({"children": frame}, clock=CLOCK, tables=(CHILD,)) if each.check_name == RULES)
    assert result.observed == "size is missing (1)"
    later = CheckContext(filled_later=frozenset({"size"}))
    (result,) = (
        each
        for each in check({"children": frame}, clock=CLOCK, context=later, tables=(CHILD,))
        if each.check_name == RULES
    )
    assert result.status == "passed"


def test_columns_without_any_value_pass(frames: Any) -> None:
    assert {each.status for each in checked({}, frames=frames).values()} == {"passed"}


def test_every_content_table_has_a_suite_and_no_journal_table_has() -> None:
    from expectations.suites import suites

    subjects = {each.subject for each in suites(TABLES)}
    assert subjects == {table.name for table in TABLES if table.origin == "content"}


def test_repeated_columns_are_checked_once() -> None:
    from expectations.rules import REPEATS

    names = {table.name: set(table.column_names) for table in TABLES}
    assert all(names[origin] <= names[copy] for copy, origin in REPEATS.items())

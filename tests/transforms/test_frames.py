"""Given values become typed ones by the schema; what cannot becomes NULL and is named."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest

from transforms.frames import ARROW_TYPES, merged, problems_of, readable, typed
from transforms.shaped import Problem
from warehouse.columns import Column, Table, registry_date
from warehouse.schema import TABLES, table

THINGS = Table(
    "things", "One row per thing",
    (
        Column("thing_id", "VARCHAR", "Id", nullable=False),
        Column("thing_no", "INTEGER", "Place", nullable=False, minimum=1),
        Column("words", "VARCHAR", "Words"),
        Column("code", "VARCHAR", "Code", pattern="^[A-Z]{2}$"),
        Column("lists", "VARCHAR[]", "List"),
        Column("number", "INTEGER", "Number", minimum=0, maximum=1000),
        Column("big", "BIGINT", "Big number"),
        Column("share", "DOUBLE", "Share"),
        Column("is_so", "BOOLEAN", "Flag"),
        *registry_date("x_date", "Date", "x"),
        Column("at", "TIMESTAMP", "Moment"),
    ),
    key=("thing_id", "thing_no"),
)  # fmt: skip


def one(column: str, *values: Any) -> list[Any]:
    """What becomes of values of one column: the typed values, then raw value and reason of the bad ones."""
    result = typed(THINGS, [{"thing_id": "a", "thing_no": n, column: value} for n, value in enumerate(values, 1)])
    kept = pa.Table.from_pandas(result.frame, preserve_index=False)[column].to_pylist()
    return [kept, [bad.raw_value for bad in result.bad_values]]


@pytest.mark.parametrize("table_name", [one.name for one in TABLES])
def test_a_frame_has_exactly_the_columns_of_its_table_in_order_also_when_empty(table_name: str) -> None:
    declared = table(table_name)
    frame = typed(declared, []).frame
    assert tuple(frame.columns) == declared.column_names
    assert [frame[column.name].dtype.pyarrow_dtype for column in declared.columns] == [
        ARROW_TYPES[c.type] for c in declared.columns
    ]


def test_blank_texts_are_absent() -> None:
    assert one("words", "cells", "", "  \n", None, " kept as given ") == [
        ["cells", None, None, None, " kept as given "],
        [],
    ]


def test_what_is_no_text_is_bad() -> None:
    assert one("words", "cells", 5, {"a": 1}, ["x"], True) == [
        ["cells", None, None, None, None],
        ["5", '{"a": 1}', '["x"]', "true"],
    ]


def test_a_lone_surrogate_costs_one_character() -> None:
    assert one("words", "a\ud800b") == [["a?b"], []]


def test_empty_lists_are_absent_and_lists_of_other_things_bad() -> None:
    assert one("lists", ["a", "b"], [], None, "abc", [1], {"a": 1}) == [
        [["a", "b"], None, None, None, None, None], ["abc", "[1]", '{"a": 1}']]  # fmt: skip


def test_digits_in_a_text_count_as_a_number_and_nothing_else_does() -> None:
    assert one("number", 5, "48", 7.0, "many", 7.5, True, "", "12 or so", 10**20) == [
        [5, 48, 7, None, None, None, None, None, None],
        ["many", "7.5", "true", "", "12 or so", "100000000000000000000"],
    ]


def test_numbers_out_of_bounds_are_bad() -> None:
    assert one("number", 0, -1, 1000, 1001) == [[0, None, 1000, None], ["-1", "1001"]]
    assert one("big", 2**62, 2**70) == [[2**62, None], [str(2**70)]]


def test_bounds_of_a_required_column_are_left_to_the_expectations() -> None:
    result = typed(THINGS, [{"thing_id": "a", "thing_no": 0}])
    assert (result.frame["thing_no"][0], result.bad_values) == (0, ())


def test_texts_of_another_form_are_bad() -> None:
    assert one("code", "DE", "Germany", "de", None) == [["DE", None, None, None], ["Germany", "de"]]


def test_true_is_no_number_and_one_is_not_true() -> None:
    assert one("share", 0.5, 3, "0.5") == [[0.5, 3.0, None], ["0.5"]]
    assert one("share", True) == [[None], ["true"]]
    assert one("is_so", True, False, None, 1, "yes") == [[True, False, None, None, None], ["1", "yes"]]


def test_dates_keep_their_precision() -> None:
    rows = [{"thing_id": "a", "x_date": given} for given in ("2026-05-14", "2026-05", "2026", None)]
    arrow = pa.Table.from_pandas(typed(THINGS, rows, {"thing_no": 1}).frame)
    assert arrow["x_date"].to_pylist() == [date(2026, 5, 14), date(2026, 5, 1), date(2026, 1, 1), None]
    assert arrow["x_date_precision"].to_pylist() == ["day", "month", "year", None]


def test_what_is_no_date_is_bad_whatever_stands_beside_it() -> None:
    assert one("x_date", "2026-05-14", "Spring 2027", 2026, "") == [
        [date(2026, 5, 14), None, None, None],
        ["Spring 2027", "2026"],
    ]
    assert one("x_date", 2026) == [[None], ["2026"]]
    assert one("x_date", 2026, None, True, 20.5) == [[None, None, None, None], ["2026", "true", "20.5"]]


def test_days_of_our_own_are_taken_as_they_are() -> None:
    assert one("x_date", date(2026, 5, 14), None) == [[date(2026, 5, 14), None], []]
    assert one("at", datetime(2026, 5, 14, 3), None) == [[datetime(2026, 5, 14, 3), None], []]


def test_one_bad_value_costs_no_other() -> None:
    rows = [{"thing_id": str(n), "thing_no": n, "number": n} for n in range(1, 101)]
    rows[49]["number"] = "many"
    result = typed(THINGS, rows)
    assert result.frame["number"].notna().sum() == 99
    assert [(bad.row, bad.column, bad.raw_value) for bad in result.bad_values] == [(49, "number", "many")]


def test_constants_fill_whole_columns() -> None:
    frame = typed(THINGS, [{"thing_id": "a"}, {"thing_id": "b"}], {"thing_no": 7, "words": "same"}).frame
    assert frame["thing_no"].tolist() == [7, 7] and frame["words"].tolist() == ["same", "same"]


def test_a_problem_names_record_table_column_and_item() -> None:
    rows = [{"thing_id": "NCT90000001", "thing_no": 3, "number": "many"}]
    found = problems_of(THINGS, rows, typed(THINGS, rows).bad_values)
    assert found == [("NCT90000001", Problem("things.number[3]", "many", "a whole number was expected"))]


def test_a_problem_of_a_table_with_one_row_a_trial_has_no_item() -> None:
    rows = [{"nct_id": "NCT90000001", "start_date": "Spring 2027"}]
    found = problems_of(table("trials"), rows, typed(table("trials"), rows).bad_values)
    assert [(record, problem.field_path, problem.raw_value) for record, problem in found] == [
        ("NCT90000001", "trials.start_date", "Spring 2027")]  # fmt: skip


def test_rows_of_many_records_keep_their_order() -> None:
    assert merged([{"a": [{"x": 1}]}, {"b": [{"x": 2}], "a": [{"x": 3}]}]) == {
        "a": [{"x": 1}, {"x": 3}],
        "b": [{"x": 2}],
    }


def test_single_rows_read_as_their_frames_would() -> None:
    row = {
        "nct_id": "NCT90000001",
        "brief_title": 5,
        "phases": "PHASE1",
        "enrollment_count": "48",
        "start_date": "Spring 2027",
        "has_results": "yes",
        "acronym": "",
        "site_count": 2,
    }
    assert readable({"trials": [row]}) == {
        "trials": [{"nct_id": "NCT90000001", "brief_title": None, "phases": None, "enrollment_count": 48,
                    "start_date": "Spring 2027", "has_results": None, "acronym": "", "site_count": 2}]}  # fmt: skip

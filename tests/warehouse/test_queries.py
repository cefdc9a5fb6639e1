"""The query files: each has its header, runs, gives what the header says, and bears an empty warehouse."""

from __future__ import annotations

import re

import pytest

from warehouse import ddl
from warehouse.querying import named
from warehouse.querying.reading import Connection

NAMES = sorted(path.stem for path in ddl.QUERIES.glob("*.sql"))
# `methods` tells of the release as a whole and takes no filter.
NARROWED = [name for name in NAMES if named.query(name).narrows]
# What the contract and its readers count on; more may come.
PROMISED = {
    "registrations_by_month",
    "registrations_by_quarter",
    "registrations_by_year",
    "by_disease",
    "by_target",
    "by_cell_source",
    "by_cell_type",
    "by_phase",
    "by_status",
    "by_country",
    "by_sponsor",
    "by_sponsor_type",
    "cell_source_by_start_year",
    "target_by_disease",
    "time_to_start",
    "enrolment",
    "status_flow",
    "comparators_over_time",
    "lymphodepletion_over_time",
    "immunosuppression_over_time",
    "safety_outcomes",
    "follow_up",
    "doses",
    "registered_after_start",
    "results_overdue",
    "planned_against_actual",
    "scope_drift",
    "papers_reporting",
    "time_to_first_paper",
    "papers_without_registration",
    "new_and_lost_by_month",
    "sponsor_portfolios",
    "product_pipeline",
    "site_map",
    "recall_by_leg",
    "missed_by_search",
    "prisma_flow",
    "methods",
    "needs_review",
}
# Rows that stand whatever is in the file: steps and legs that found nothing, the release itself.
ROWS_OF_AN_EMPTY_WAREHOUSE = {"methods": 1, "prisma_flow": 10}


def test_every_promised_query_is_there() -> None:
    assert set(NAMES) >= PROMISED


@pytest.mark.parametrize("name", NAMES)
def test_a_query_gives_the_columns_its_header_tells(small: Connection, name: str) -> None:
    answer = named.run(small, name)
    assert answer.schema.names == list(named.query(name).columns)


@pytest.mark.parametrize("name", NAMES)
def test_a_query_finds_something_in_the_made_up_warehouse(small: Connection, name: str) -> None:
    assert named.run(small, name).num_rows > 0


@pytest.mark.parametrize("name", NAMES)
def test_the_view_answers_as_the_query_does(small: Connection, name: str) -> None:
    view = small.execute(f"SELECT * FROM trend_{name}").to_arrow_table()
    assert view.equals(named.run(small, name))


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_warehouse_gives_no_rows_or_zeros(empty: Connection, name: str) -> None:
    answer = named.run(empty, name)
    assert answer.num_rows == ROWS_OF_AN_EMPTY_WAREHOUSE.get(name, 0)
    counts = [column for column in answer.schema.names if column.startswith("n_")]
    assert all(value == 0 for column in counts for value in answer[column].to_pylist())


@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_of_types_that_every_format_has(small: Connection, name: str) -> None:
    types = {str(field.type) for field in named.run(small, name).schema}
    assert not [kind for kind in types if kind.startswith(("decimal", "struct", "map"))]


@pytest.mark.parametrize("name", NARROWED)
def test_no_filter_and_a_filter_that_all_match_agree(small: Connection, name: str) -> None:
    words = {
        "disease": [
            "SLE",
            "lupus nephritis",
            "systemic sclerosis",
            "myasthenia gravis",
            "multiple sclerosis",
            "ITP",
            "not stated",
        ]
    }
    assert named.run(small, name, named.Filters(words)).equals(named.run(small, name))


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_one_select_that_newer_syntax_has_not_crept_into(name: str) -> None:
    sql = named.query(name).sql
    assert ";" not in re.sub(r"'[^']*'", "", sql)
    assert "->" not in sql  # lambdas are written differently in each version
    assert "SELECT *" not in sql.split("\n)\n")[-1]  # columns are named


def test_a_header_without_its_parts_is_refused() -> None:
    with pytest.raises(ValueError, match=r"queries/half\.sql lacks counts, narrows"):
        named.read_query(
            "half",
            "-- title: Half\n-- grain: one row\n-- reason: none\n-- columns:\n--   n: number\n"
            "WITH a AS (SELECT 1 AS n) SELECT n FROM a",
        )


@pytest.mark.parametrize("name", sorted(set(NAMES) - set(NARROWED)))
def test_what_tells_of_the_whole_release_refuses_a_filter(small: Connection, name: str) -> None:
    with pytest.raises(named.QueryError, match=f"{name} tells of the release as a whole and takes no filter"):
        named.run(small, name, named.Filters({"disease": ["SLE"]}))

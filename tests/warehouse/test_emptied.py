"""What no trial in scope gives is told where an answer depends on it, and nowhere else."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from flows.cli.commands import query
from flows.config.settings import Settings, load
from flows.report import build
from tests.warehouse import made_up
from warehouse.emptied import PAPERS_NOT_READ, Emptied, emptied
from warehouse.querying import named
from warehouse.querying.reading import published
from warehouse.schema import TABLES

# What a query reads must be a table or column that there is; the others are aliases of its own.
RESTS = {table.name for table in TABLES}


@pytest.fixture(scope="module")
def rows() -> made_up.Rows:
    """Forty registrations, an arm for each, none with a completion date."""
    made = made_up.rows(40)
    for trial in made["trials"]:
        trial |= {"primary_completion_date": None, "primary_completion_date_precision": None}
        trial |= {"primary_completion_date_type": None}
    made["trial_arms"] = [{"nct_id": trial["nct_id"], "arm_no": 1, "label": "Cells"} for trial in made["trials"]]
    return made


@pytest.fixture(scope="module")
def settings(rows: made_up.Rows, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("emptied")
    made_up.build(home / "cartrials.duckdb", rows)
    return load(home=home)


def told(path: Path) -> Emptied:
    with published(path) as connection:
        return emptied(connection, named.queries().values())


def test_a_column_that_no_trial_fills_is_told_where_it_is_read(settings: Settings) -> None:
    found = told(settings.warehouse_path)
    of = [name for name, sentences in found.items() if any("No primary completion date for" in s for s in sentences)]
    assert (
        set(of) == {name for name, one in named.queries().items() if "primary_completion_date" in one.sql}
        and "results_overdue" in of
    )
    with published(settings.warehouse_path) as connection:
        n = connection.execute("SELECT count(*) FROM car_t_trials").fetchall()[0][0]
    assert found["results_overdue"] == (f"No primary completion date for {n} of {n} trials in scope.",)


def test_one_trial_that_has_it_ends_the_sentence(rows: made_up.Rows, tmp_path: Path) -> None:
    fills = next(t for t in rows["trials"] if t["scope"] == "in_scope" and t["registry_state"] == "present")
    given = made_up.TODAY.date()
    trials = [{**t, "primary_completion_date": given if t is fills else None} for t in rows["trials"]]
    path = made_up.build(tmp_path / "cartrials.duckdb", {**rows, "trials": trials})
    assert not any("completion date for" in sentence for sentence in told(path).get("results_overdue", ()))


def test_a_warehouse_without_arms_says_so_where_rules_read_arms(rows: made_up.Rows, tmp_path: Path) -> None:
    resting = {name for name, one in named.queries().items() if "trial_arms" in one.rests_on}
    assert {"doses", "comparators_over_time"} <= resting
    with_arms = made_up.build(tmp_path / "arms.duckdb", rows)
    assert not any("No arms" in sentence for of in told(with_arms).values() for sentence in of)
    without = told(made_up.build(tmp_path / "none.duckdb", {**rows, "trial_arms": []}))
    assert {name for name, of in without.items() if any("No arms for" in sentence for sentence in of)} == resting


def test_every_table_that_a_header_names_is_one() -> None:
    assert {table for one in named.queries().values() for table in one.rests_on} <= RESTS


def test_nothing_is_told_of_an_empty_warehouse(empty_file: Path) -> None:
    assert told(empty_file) == {}


def test_it_stands_under_tables_and_in_no_row(settings: Settings, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    for name in ("results_overdue", "methods"):
        query.run_query(settings, name)
        assert b"No primary completion date for" in capfdbinary.readouterr().err
    query.run_query(settings, "by_status")
    assert b"completion" not in capfdbinary.readouterr().err
    query.run_query(settings, "time_to_start", format="csv")
    printed = capfdbinary.readouterr().out.decode()
    assert list(csv.DictReader(io.StringIO(printed, newline=""))) and "trials in scope." not in printed


def test_it_stands_in_the_report_beside_the_table_that_reads_it(settings: Settings, tmp_path: Path) -> None:
    page = build.build_report(settings.warehouse_path, tmp_path / "index.html").read_text("utf-8")
    below = page.split("<summary>Results overdue", 1)[1].split("</details>", 1)[0]
    assert "No primary completion date for" in below
    assert "No primary completion date for" in page.split('id="counting"', 1)[1]


def test_where_pubmed_was_never_read_nothing_is_said_of_papers(rows: made_up.Rows, tmp_path: Path) -> None:
    left = {name: of for name, of in rows.items() if "publication" not in name}
    left["source_pulls"] = [row for row in left.get("source_pulls", []) if row["source"] == "ctgov"]
    path = made_up.build(tmp_path / "unread.duckdb", left)
    with published(path) as connection:
        told = emptied(connection, named.queries().values())
    assert told["papers_reporting"][0] == told["time_to_first_paper"][0] == PAPERS_NOT_READ
    assert PAPERS_NOT_READ not in told.get("by_status", ())

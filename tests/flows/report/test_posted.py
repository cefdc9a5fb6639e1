"""Posted results as a reader reads them: no sum over groups, no zero that was not posted, no denominator made up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb

from flows.report.posted import MOST, Posted, posted_lines, posted_of
from tests.records import nct, raw, study, with_results
from tests.transforms.one_batch import Item, studies
from transforms.history.event import Context
from warehouse import ddl
from warehouse.schema import TABLES


def shown(**modules: Any) -> Posted | None:
    """What is shown of a trial with these results: by the SQL, on a database of the schema."""
    made = with_results(study(), **modules)
    tables = studies([Item(nct(1), "a" * 64, raw(made))], Context(datetime(2026, 9, 1), "run")).tables
    with duckdb.connect() as connection:
        for table in TABLES:
            connection.execute(ddl.create_table(table).replace(" NOT NULL", ""))
            if table.name in tables:
                rows = tables[table.name]  # noqa: F841  (DuckDB reads it by name)
                connection.execute(f"INSERT INTO {table.name} SELECT * FROM rows")
        return posted_of(connection, [nct(1), nct(2)]).get(nct(1))


def test_groups_stand_beside_each_other_each_with_its_denominator() -> None:
    assert posted_lines(shown()) == [
        "Posted 2026-02-09; groups as posted, not added up",
        "Primary: Toxicity (28 days, count of participants, Participants): Low dose, Yes 1 of 8; High dose, Yes NA of "
        "4 (Not looked at.)",
        "Deaths, of whatever cause: Low dose 0 of 8; High dose 1 of 4",
        "Participants with serious adverse events: Low dose 1 of 8; High dose 1 of 4",
        "Serious: Sepsis High dose 1 of 4",
        "Adverse events were collected over: 1 year. Events that are not serious are posted only above 5 % of some "
        "group: one that is not listed is not zero. No event has a grade; serious is not severe",
        "Limitations, in the sponsor's words: Few took part.",
    ]


def test_a_mean_is_no_number_of_the_analysed_and_what_is_not_told_is_said() -> None:
    path = "outcomeMeasuresModule__outcomeMeasures__1__type"
    lines = posted_lines(shown(**{path: "PRIMARY", "adverseEventsModule__frequencyThreshold": None}))
    assert lines[2] == (
        "Primary: B cells (1 year, median, cells/uL): Low dose, Week 4 26,300 (-0.5 to 30,000.5), analysed 9 Samples; "
        "Low dose, Week 24 .23, analysed 20 Samples"
    )
    assert any("only above a threshold that is not told" in line for line in lines)


def test_deaths_that_were_not_told_are_no_zero() -> None:
    lines = posted_lines(shown(adverseEventsModule__eventGroups__0__deathsNumAffected=None))
    assert "Deaths, of whatever cause: Low dose not told of 8; High dose 1 of 4" in lines


def test_of_many_values_and_events_some_are_shown_and_the_others_counted() -> None:
    event = {"term": "Sepsis", "stats": [{"groupId": "EG000", "numAffected": 1, "numAtRisk": 8}]}
    posted = shown(adverseEventsModule__seriousEvents=[event] * (MOST + 7))
    assert posted is not None and len(posted.serious) == MOST
    assert "and 7 more serious events: `cartrials sql` reads them all" in posted_lines(posted)


def test_a_trial_without_results_has_no_lines() -> None:
    assert posted_lines(None) == []

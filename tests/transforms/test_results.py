"""Posted results -> rows: as given, groups apart, each number beside its text; what is no number stays a text."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.records import Study, nct, raw, study, with_results
from tests.transforms.one_batch import Item, studies
from transforms.clinicaltrials.results import budget
from transforms.clinicaltrials.results.amounts import number_of
from transforms.content import content_sha256
from transforms.history.event import Context
from transforms.normalize import Batch
from warehouse.tables import results

CONTEXT = Context(datetime(2026, 9, 1), "run")


def batch(*made: Study, before: Study | None = None) -> Batch:
    raws = [raw(one) for one in made]
    ids = [one["protocolSection"]["identificationModule"]["nctId"] for one in made]
    previous = raw(before) if before is not None else None
    return studies(
        [Item(nct_id, content_sha256("ctgov", one), one, previous) for nct_id, one in zip(ids, raws, strict=True)],
        CONTEXT,
    )


def rows(made: Study, name: str, *columns: str) -> list[tuple[Any, ...]]:
    table = batch(made).tables[name]
    return list(zip(*(table[column].to_pylist() for column in columns), strict=True))


def problems(found: Batch) -> dict[str | None, str]:
    return {problem.field_path: problem.raw_value for _, _, problem in found.problems}


POSTED = with_results(study())


def test_a_study_without_results_has_no_rows_of_any_of_its_tables() -> None:
    assert not {table.name for table in results.TABLES} & set(batch(study()).tables)
    assert problems(batch(POSTED)) == {}


def test_groups_are_those_of_their_module_and_measure() -> None:
    assert rows(POSTED, "trial_result_groups", "group_no", "module", "result_no", "group_id", "n_participants",
                "denominator", "denominator_unit", "deaths_n_affected", "serious_n_at_risk") == [
        (1, "participant_flow", None, "FG000", None, None, None, None, None),
        (2, "participant_flow", None, "FG001", None, None, None, None, None),
        (3, "baseline", None, "BG000", 8, 8, "Participants", None, None),
        (4, "baseline", None, "BG001", 4, 4, "Participants", None, None),
        (5, "outcome", 1, "OG000", 8, 8, "Participants", None, None),
        (6, "outcome", 1, "OG001", 4, 4, "Participants", None, None),
        (7, "outcome", 2, "OG000", 8, 20, "Samples", None, None),
        (8, "adverse_events", None, "EG000", None, None, None, 0, 8),
        (9, "adverse_events", None, "EG001", None, None, None, 1, 4),
    ]  # fmt: skip


def test_flow_is_by_period_milestone_or_reason_and_group() -> None:
    assert rows(POSTED, "trial_result_flow", "flow_no", "period", "kind", "type", "group_no", "n_participants_text",
                "n_participants", "comment") == [
        (1, "Treatment", "milestone", "STARTED", 1, "8", 8, None),
        (2, "Treatment", "milestone", "STARTED", 2, "4", 4, "One came late."),
        (3, "Treatment", "withdrawal", "Death", 1, "0", 0, None),
        (4, "Treatment", "withdrawal", "Death", 2, "1", 1, None),
    ]  # fmt: skip


def test_baseline_and_outcomes_keep_texts_beside_their_numbers() -> None:
    assert rows(POSTED, "trial_result_baseline", "title", "unit", "group_id", "value", "spread_text", "spread",
                "denominator") == [
        ("Age, Continuous", "years", "BG000", 34.5, ".9", 0.9, 8),
        ("Age, Continuous", "years", "BG001", 41.0, "NA", None, 4),
    ]  # fmt: skip
    assert rows(POSTED, "trial_result_values", "result_no", "class", "category", "group_no", "value_text", "value",
                "lower", "upper", "denominator", "denominator_unit", "comment") == [
        (1, None, "Yes", 5, "1", 1.0, None, None, 8, "Participants", None),
        (1, None, "Yes", 6, "NA", None, None, None, 4, "Participants", "Not looked at."),
        (2, "Week 4", None, 7, "26,300", 26_300.0, -0.5, 30_000.5, 9, "Samples", None),
        (2, "Week 24", None, 7, ".23", 0.23, None, None, 20, "Samples", None),
    ]  # fmt: skip


def test_an_analysis_names_the_groups_that_it_compares_and_how_its_p_value_is_bounded() -> None:
    assert rows(POSTED, "trial_result_analyses", "result_no", "group_ids", "p_value_text", "p_value_operator",
                "p_value", "param_value", "ci_percent", "ci_lower", "ci_upper_text", "ci_upper") == [
        (1, ["OG000", "OG001"], "<0.001", "<", 0.001, 1.5, 95.0, 0.4, "NA", None)
    ]  # fmt: skip


def test_events_carry_their_denominators_and_what_was_posted_at_all() -> None:
    """The threshold is none of serious events; zero that was posted is zero, what was not posted is no row."""
    assert rows(POSTED, "trial_adverse_events", "event_no", "term_no", "term", "is_serious", "group_no", "n_affected",
                "n_at_risk", "n_events", "frequency_threshold") == [
        (1, 1, "Sepsis", True, 8, 0, 8, None, None),
        (2, 1, "Sepsis", True, 9, 1, 4, 2, None),
        (3, 2, "Fever", False, 8, 8, 8, 9, 5.0),
    ]  # fmt: skip
    assert rows(POSTED, "trial_results", "pre_assignment_details", "adverse_events_time_frame", "frequency_threshold",
                "limitations") == [("Two left before cells were made.", "1 year", 5.0, "Few took part.")]  # fmt: skip


def test_who_answers_for_the_results_is_not_kept() -> None:
    for table in batch(POSTED).tables.values():
        assert "Jo Doe" not in str(table.to_pydict()) and "jo@example.org" not in str(table.to_pydict())


# ---- declared outcomes ----


def test_a_measure_is_tied_to_the_declared_outcome_of_its_title() -> None:
    assert rows(POSTED, "trial_result_measures", "result_no", "outcome_no") == [(1, 1), (2, 3)]


def test_of_outcomes_of_one_title_the_type_and_the_time_decide_or_nothing() -> None:
    twice = [{"measure": "Toxicity", "timeFrame": "28 days"}, {"measure": "Toxicity", "timeFrame": "1 year"}]
    one = with_results(study(outcomesModule__primaryOutcomes=twice))
    assert rows(one, "trial_result_measures", "outcome_no")[0] == (1,)
    two = with_results(study(outcomesModule__primaryOutcomes=[twice[0], twice[0]]))
    assert rows(two, "trial_result_measures", "outcome_no")[0] == (None,)
    none = with_results(study(), outcomeMeasuresModule__outcomeMeasures__0__title="Toxicities")
    assert rows(none, "trial_result_measures", "outcome_no")[0] == (None,)


# ---- bad input ----


@pytest.mark.parametrize(
    ("text", "number"),
    [("7", 7), (" 7 ", 7), ("26,300", 26_300), ("1,234,567.5", 1_234_567.5), (".23", 0.23), ("118.", 118),
     ("-.7", -0.7), ("−3", -3), ("+2", 2), ("1.5E3", 1_500), ("0", 0), ("NA", None), ("<1", None), ("1,5", None),
     ("12 (3)", None), ("1-2", None),
     ("nan", None), ("inf", None), ("1_000", None), ("٣", None), ("", None), (".", None), ("-", None),
     ("9" * 41, None), ("1E999", None), ("26,30", None), ("5%", None)],
)  # fmt: skip
def test_a_number_is_read_where_the_text_says_nothing_else(text: str, number: float | None) -> None:
    assert number_of(text) == number


VALUE = "outcomeMeasuresModule__outcomeMeasures__0__classes__0__categories__0__measurements__0"


@pytest.mark.parametrize(
    ("given", "text", "number", "is_named"),
    [("<1", "<1", None, True), ("not reached", "not reached", None, True), ("NA", "NA", None, False),
     ("-1", "-1", None, True), (3, "3", 3.0, True), (True, "true", None, True), ([1], "[1]", None, True),
     ({"a": 1}, '{"a": 1}', None, True), (None, None, None, False), ("  ", None, None, False)],
)  # fmt: skip
def test_what_is_no_number_of_participants_stays_a_text_and_is_named(
    given: Any, text: str | None, number: float | None, is_named: bool
) -> None:
    made = with_results(study(), **{f"{VALUE}__value": "put in below"})
    steps = f"{VALUE}__value".split("__")
    place: Any = made["resultsSection"]
    for step in steps[:-1]:
        place = place[int(step)] if step.isdecimal() else place[step]
    place["value"] = given
    found = batch(made)
    table = found.tables["trial_result_values"]
    assert (table["value_text"][0].as_py(), table["value"][0].as_py()) == (text, number)
    assert ("trial_result_values.value[1]" in problems(found)) is is_named
    assert table.num_rows == 4


@pytest.mark.parametrize(
    ("unit", "value", "number"),
    [("percentage of participants", "101", None), ("Percent of Patients", "100", 100), ("% of subjects", "-1", None),
     ("Percentage of T cells (%)", "101", 101), ("percent change", "-250", -250), ("cells/uL", "-1", -1)],
)  # fmt: skip
def test_a_share_of_people_is_none_above_a_hundred_but_a_change_may_be(
    unit: str, value: str, number: float | None
) -> None:
    path = "outcomeMeasuresModule__outcomeMeasures__0"
    made = with_results(
        study(), **{f"{path}__unitOfMeasure": unit, f"{path}__paramType": "NUMBER", f"{VALUE}__value": value}
    )
    found = batch(made)
    assert found.tables["trial_result_values"]["value"][0].as_py() == number
    assert found.tables["trial_result_values"]["value_text"][0].as_py() == value
    assert list(problems(found)) == ([] if number is not None else ["trial_result_values.value[1]"])


@pytest.mark.parametrize(
    ("path", "value", "named", "kept"),
    [
        ("adverseEventsModule__seriousEvents__0__stats__0__numAffected", -1, "trial_adverse_events.n_affected[1]", 3),
        ("adverseEventsModule__seriousEvents__0__stats__0__numAtRisk", "many", "trial_adverse_events.n_at_risk[1]", 3),
        ("adverseEventsModule__seriousEvents__0__stats__0__groupId", "EG9", "trial_adverse_events.group_id[1]", 3),
        ("adverseEventsModule__seriousEvents__0__term", ["Sepsis"], "trial_adverse_events.term[1]", 3),
        ("adverseEventsModule__seriousEvents", "none", "trial_adverse_events.term", 1),
        ("adverseEventsModule__seriousEvents__0__stats", 5, "trial_adverse_events.n_affected", 1),
        ("adverseEventsModule__frequencyThreshold", "101", "trial_results.frequency_threshold", 3),
        ("adverseEventsModule__eventGroups__0__deathsNumAffected", -2, "trial_result_groups.deaths_n_affected[8]", 3),
        ("adverseEventsModule", "none", "resultsSection.adverseEventsModule", None),
        ("participantFlowModule__periods__0__milestones__0__achievements__0__numSubjects", "-8",
         "trial_result_flow.n_participants[1]", 3),
        ("participantFlowModule__periods__0__milestones__0__achievements__0__numSubjects", "2.5",
         "trial_result_flow.n_participants[1]", 3),
        ("participantFlowModule__groups__0__id", None, "trial_result_groups.group_id[1]", 3),
        ("participantFlowModule__groups__1__id", "FG000", "trial_result_groups.group_id[2]", 3),
        ("outcomeMeasuresModule__outcomeMeasures__0__analyses__0__pValue", "1.5",
         "trial_result_analyses.p_value[1]", 3),
        ("outcomeMeasuresModule__outcomeMeasures__0__analyses__0__groupIds__0", "OG7",
         "trial_result_analyses.group_ids[1]", 3),
        ("outcomeMeasuresModule__outcomeMeasures__0__denoms__0__counts__0__value", "some",
         "trial_result_measures.denominator[1]", 3),
    ],
)  # fmt: skip
def test_a_bad_field_is_named_and_the_rows_go_on(path: str, value: Any, named: str, kept: int | None) -> None:
    found = batch(with_results(study(), **{path: value}))
    assert named in problems(found)
    assert (found.tables["trial_adverse_events"].num_rows or None) == kept
    assert found.tables["trials"].num_rows == 1


@pytest.mark.parametrize("section", ["none", 5, [], [1]])
def test_a_section_that_is_no_object_is_named_and_makes_no_row(section: Any) -> None:
    found = batch(study() | {"resultsSection": section})
    assert problems(found) == {"resultsSection": json.dumps(section).strip('"')}
    assert "trial_results" not in found.tables


def test_a_module_with_a_number_out_of_any_range_is_named_and_the_others_are_read() -> None:
    spoilt = raw(POSTED).replace(b'"numEvents": 9', b'"numEvents": 1e999')
    found = studies([Item(nct(1), "a" * 64, spoilt)], CONTEXT)
    assert list(problems(found)) == ["resultsSection.adverseEventsModule"]
    assert found.tables["trial_result_values"].num_rows == 4 and "1e999" in spoilt.decode()


def test_of_a_section_beyond_all_bounds_so_many_rows_are_made_and_the_others_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budget, "MOST_ROWS", 20)
    stats = [{"groupId": "EG000", "numAffected": 1, "numAtRisk": 8}] * 1_000
    found = batch(with_results(study(), adverseEventsModule__seriousEvents__0__stats=stats))
    assert sum(found.tables[table.name].num_rows for table in results.TABLES[1:]) == 20
    assert "resultsSection" in problems(found)


def test_an_event_listed_twice_is_two_rows() -> None:
    event = POSTED["resultsSection"]["adverseEventsModule"]["seriousEvents"][0]
    found = rows(with_results(study(), adverseEventsModule__seriousEvents=[event, event]), "trial_adverse_events",
                 "event_no", "term_no", "term")  # fmt: skip
    assert found[:4] == [(1, 1, "Sepsis"), (2, 1, "Sepsis"), (3, 2, "Sepsis"), (4, 2, "Sepsis")]


# ---- versions ----


def test_results_that_the_version_before_had_are_told_of_the_new_one_only_where_it_has_them() -> None:
    came, went = batch(POSTED, before=study()), batch(study(), before=POSTED)
    assert came.tables["trial_result_values"].num_rows == 4
    assert "trial_results" not in went.tables and went.tables["trials"]["has_results"].to_pylist() == [False]


def test_a_number_that_changed_among_the_results_is_a_change_of_the_record() -> None:
    corrected = with_results(study(), **{f"{VALUE}__value": "2"})
    found = batch(corrected, before=POSTED).tables["trial_changes"].to_pylist()
    assert [json.loads(change["new_value"]) for change in found] == [
        {"parts": ["resultsSection.outcomeMeasuresModule.outcomeMeasures"]}
    ]


def test_a_correction_of_results_is_told_also_where_its_date_moved() -> None:
    """Each version that is posted has another date: beside that one change the correction went unseen."""
    later = study(statusModule__lastUpdatePostDateStruct__date="2026-03-01")
    corrected = with_results(later, **{f"{VALUE}__value": "2"})
    found = batch(corrected, before=POSTED).tables["trial_changes"].to_pylist()
    assert {change["field_path"] for change in found} == {"trials.last_update_posted_date", "trials.content_sha256"}
    same = batch(with_results(later), before=POSTED).tables["trial_changes"].to_pylist()
    assert [change["field_path"] for change in same] == ["trials.last_update_posted_date"]


def test_the_event_of_posted_results_says_what_came_group_by_group() -> None:
    (event,) = batch(POSTED, before=study()).tables["trial_events"].to_pylist()
    assert event["event_type"] == "results_posted" and event["summary"] == (
        "Results posted on 2026-02-09, values of 1 primary outcome and 1 other outcome, deaths: 0 of 8 (Low dose); 1 "
        "of 4 (High dose), participants with serious adverse events: 1 of 8 (Low dose); 1 of 4 (High dose)"
    )
    told = json.loads(event["details"])["results"]
    assert told["primary_outcomes"] == ["Toxicity"] and told["frequency_threshold"] == 5
    assert [(one["title"], one["deaths_n_affected"], one["deaths_n_at_risk"]) for one in told["groups"]] == [
        ("Low dose", 0, 8),
        ("High dose", 1, 4),
    ]


def test_deaths_that_were_not_told_are_no_zero_and_many_groups_are_counted() -> None:
    untold = with_results(
        study(),
        adverseEventsModule__eventGroups__0__deathsNumAffected=None,
        adverseEventsModule__eventGroups__1__deathsNumAffected=-1,
    )
    (event,) = batch(untold, before=study()).tables["trial_events"].to_pylist()
    assert "deaths: not told of 8 (Low dose); not told of 4 (High dose)" in event["summary"]
    groups = POSTED["resultsSection"]["adverseEventsModule"]["eventGroups"]
    twice = [one | {"id": f"EG{n}"} for n in range(2) for one in groups]
    many = with_results(study(), adverseEventsModule__eventGroups=twice)
    (event,) = batch(many, before=study()).tables["trial_events"].to_pylist()
    assert event["summary"].endswith("deaths and adverse events of 4 groups apart")


# ---- real records, counted without the code above ----


def test_every_measurement_and_every_event_of_the_real_records_is_a_row(shared: Path) -> None:
    with gzip.open(shared / "registry/ctgov/studies.jsonl.gz") as lines:
        made = [one for line in lines if "resultsSection" in (one := json.loads(line))]
    told: Counter[str] = Counter()
    found: Counter[str] = Counter()
    in_json: Counter[tuple[Any, ...]] = Counter()
    in_rows: Counter[tuple[Any, ...]] = Counter()
    for one in made:
        told.update(_counted(one["resultsSection"]))
        in_json.update(_said(one))
        tables = batch(one).tables
        found.update({table.name: tables[table.name].num_rows for table in results.TABLES})
        in_rows.update(_kept(tables))
    assert len(made) == 154 and found == told
    assert in_rows == in_json
    assert told["trial_result_values"] == 13_615 and told["trial_adverse_events"] == 8_800 + 19_535


def _counted(section: Any) -> Counter[str]:
    flow, baseline = section["participantFlowModule"], section["baselineCharacteristicsModule"]
    measures = section.get("outcomeMeasuresModule", {}).get("outcomeMeasures", [])
    kinds = (("milestones", "achievements"), ("dropWithdraws", "reasons"))
    events = section["adverseEventsModule"]
    listed = [
        counted for period in flow.get("periods", ()) for kind, of in kinds for item in period.get(kind, ())
        for counted in item.get(of, ())
    ]  # fmt: skip
    return Counter({
        "trial_results": 1,
        "trial_result_groups": sum(len(one.get("groups", ())) for one in (flow, baseline, *measures))
        + len(events["eventGroups"]),
        "trial_result_flow": len(listed),
        "trial_result_baseline": len(list(_measurements(baseline["measures"]))),
        "trial_result_measures": len(measures),
        "trial_result_values": len(list(_measurements(measures))),
        "trial_result_analyses": sum(len(one.get("analyses", ())) for one in measures),
        "trial_adverse_events": sum(len(event["stats"]) for event in _events(events)),
    })  # fmt: skip


def _measurements(measures: Any) -> Iterator[tuple[Any, ...]]:
    for measure in measures:
        for of_class in measure.get("classes", ()):
            for category in of_class.get("categories", ()):
                for given in category.get("measurements", ()):
                    of_group = (given[key] for key in ("groupId", "value"))
                    spreads = (given.get(key) for key in ("spread", "lowerLimit", "upperLimit"))
                    yield (measure["title"], of_class.get("title"), category.get("title"), *of_group, *spreads)


def _events(module: Any) -> list[Any]:
    return [*module.get("seriousEvents", ()), *module.get("otherEvents", ())]


def _said(one: Any) -> Iterator[tuple[Any, ...]]:
    """What measurements and events say, each with the trial's number."""
    nct_id, section = one["protocolSection"]["identificationModule"]["nctId"], one["resultsSection"]
    for said in _measurements(section.get("outcomeMeasuresModule", {}).get("outcomeMeasures", [])):
        yield (nct_id, *said)
    for event in _events(section["adverseEventsModule"]):
        for stat in event["stats"]:
            yield (nct_id, event["term"], event["organSystem"], stat["groupId"], stat.get("numAffected"),
                   stat["numAtRisk"], stat.get("numEvents"))  # fmt: skip


def _kept(tables: Any) -> Iterator[tuple[Any, ...]]:
    titles = {row["result_no"]: row["title"] for row in tables["trial_result_measures"].to_pylist()}
    for row in tables["trial_result_values"].to_pylist():
        yield (row["nct_id"], titles[row["result_no"]], row["class"], row["category"], row["group_id"],
               row["value_text"], row["spread_text"], row["lower_text"], row["upper_text"])  # fmt: skip
    for row in tables["trial_adverse_events"].to_pylist():
        yield (row["nct_id"], row["term"], row["organ_system"], row["group_id"], row["n_affected"], row["n_at_risk"],
               row["n_events"])  # fmt: skip

"""One study object -> rows, whatever is in it. Fixtures are named after the oddity they hold."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.records import changed, study
from transforms.clinicaltrials.study import age_in_years, other_registry, shape
from warehouse.schema import table

FIXTURES = Path(__file__).parent / "fixtures" / "ctgov"


def read(name: str) -> Any:
    return json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))


def trial(name: str) -> dict[str, Any]:
    return shape(read(name)).rows["trials"][0]


def test_every_field_of_a_trial_has_its_column() -> None:
    row = trial("every_field")
    assert {name: row[name] for name in row if row[name] is not None} == {
        "nct_id": "NCT90000001",
        "brief_title": "A title",
        "official_title": "A longer title",
        "acronym": "MADEUP",
        "org_study_id": "MU-1",
        "former_nct_ids": ["NCT90000091"],
        "overall_status": "UNKNOWN",
        "last_known_status": "RECRUITING",
        "why_stopped": "No reason",
        "status_verified_date": "2031-02",
        "first_submitted_date": "2030-01-02",
        "has_expanded_access": True,
        "start_date": "2030-05-14",
        "start_date_type": "ACTUAL",
        "primary_completion_date": "2031-06",
        "primary_completion_date_type": "ESTIMATED",
        "completion_date": "2032-06-30",
        "first_posted_date": "2030-01-05",
        "first_posted_date_type": "ESTIMATED",
        "last_update_posted_date": "2031-09-10",
        "last_update_posted_date_type": "ACTUAL",
        "results_first_posted_date": "2031-09-09",
        "results_first_posted_date_type": "ACTUAL",
        "study_type": "INTERVENTIONAL",
        "phases": ["PHASE1", "PHASE2"],
        "phase_label": "Phase 1/Phase 2",
        "allocation": "RANDOMIZED",
        "intervention_model": "PARALLEL",
        "intervention_model_description": "Two arms.",
        "masking": "DOUBLE",
        "masking_description": "Pharmacy only.",
        "primary_purpose": "TREATMENT",
        "enrollment_count": 40,
        "enrollment_type": "ACTUAL",
        "lead_sponsor": "Nowhere Hospital",
        "lead_sponsor_class": "OTHER",
        "responsible_party_type": "PRINCIPAL_INVESTIGATOR",
        "sex": "FEMALE",
        "std_ages": ["CHILD", "ADULT"],
        "minimum_age": "6 Months",
        "maximum_age": "65 Years",
        "minimum_age_years": 0.5,
        "maximum_age_years": 65.0,
        "healthy_volunteers": False,
        "eligibility_criteria": "Inclusion Criteria:\n\n* Lupus",
        "brief_summary": "In short.",
        "detailed_description": "At length.",
        "has_results": True,
        "countries": ["France", "Turkey (Türkiye)"],
        "country_codes": ["FR", "TR"],
        "site_count": 3,
        "url": "https://clinicaltrials.gov/study/NCT90000001",
    }


def test_lists_are_numbered_by_their_place_in_the_record() -> None:
    rows = shape(read("every_field")).rows
    assert [(r["condition_no"], r["condition"], r["mesh_id"]) for r in rows["trial_conditions"]] == [
        (1, "Systemic Lupus Erythematosus", "D008180"), (2, "Lupus Nephritis", None)]  # fmt: skip
    assert [(r["keyword_no"], r["keyword"]) for r in rows["trial_keywords"]] == [(1, "cells"), (3, "lupus")]
    assert [(r["arm_no"], r["label"], r["arm_type"], r["intervention_names"]) for r in rows["trial_arms"]] == [
        (1, "Cells", "EXPERIMENTAL", ["Biological: MU-19"]), (2, "Tablets", "ACTIVE_COMPARATOR", None)]  # fmt: skip
    assert [(r["intervention_no"], r["name"], r["other_names"]) for r in rows["trial_interventions"]] == [
        (1, "MU-19", ["made-up-cel", "MU19"]), (2, "Tablet", None)]  # fmt: skip
    assert [(r["collaborator_no"], r["name"]) for r in rows["trial_collaborators"]] == [
        (1, "Nowhere Cell Works"),
        (3, "Nowhere Fund"),
    ]
    assert [(r["reference_no"], r["pmid"], r["reference_type"]) for r in rows["trial_references"]] == [
        (1, "90000001", "RESULT"), (2, None, "BACKGROUND")]  # fmt: skip


def test_outcomes_are_one_list_primary_then_secondary_then_other() -> None:
    rows = shape(read("every_field")).rows["trial_outcomes"]
    assert [(r["outcome_no"], r["outcome_type"], r["measure"]) for r in rows] == [
        (1, "primary", "Toxicity"),
        (2, "secondary", "Remission"),
        (3, "secondary", "Flares"),
        (4, "other", "B cells"),
    ]


def test_outcomes_of_each_kind_follow_one_another_past_one_that_cannot_be_read() -> None:
    made = study(outcomesModule__primaryOutcomes=[{"measure": "a"}, "not an outcome", {"measure": "c"}])
    rows = shape(made).rows["trial_outcomes"]
    assert len({r["outcome_no"] for r in rows}) == len(rows)


def test_sites_have_codes_and_keys_and_no_contact() -> None:
    rows = shape(read("every_field")).rows["trial_sites"]
    assert [(r["site_no"], r["country_code"], r["place_key"], r["latitude"], r["site_status"]) for r in rows] == [
        (1, "FR", "france|lyon", 45.75, "RECRUITING"), (2, "TR", "turkey turkiye|izmir", None, None),
        (3, "FR", "france|lyon", None, None)]  # fmt: skip


def test_a_blank_country_is_none() -> None:
    row = shape(
        study(contactsLocationsModule__locations=[{"country": " "}, {"country": 7}, {"country": "France"}])
    ).rows["trials"][0]
    assert (row["countries"], row["country_codes"], row["site_count"]) == (["France"], ["FR"], 3)


def test_names_phones_and_mails_of_people_are_in_no_row() -> None:
    kept = json.dumps(shape(read("every_field")).rows)
    for private in ("Contact Person", "Official Person", "Site Person", "Jane Doe", 'example.org"', "+00"):
        assert private not in kept


def test_former_numbers_follow_the_secondary_ids() -> None:
    rows = shape(read("every_field")).rows["trial_secondary_ids"]
    assert [(r["id_no"], r["secondary_id"], r["id_type"], r.get("other_registry")) for r in rows] == [
        (1, "2031-900001-11", "EUDRACT_NUMBER", "EudraCT"), (2, "2031-590001-11-00", "OTHER", "CTIS"),
        (3, "ChiCTR3100000001", "REGISTRY", "ChiCTR"), (4, "R01-MADE-UP", "NIH", None),
        (5, "NCT90000091", "NCT_ALIAS", None)]  # fmt: skip


def test_a_withheld_record_is_a_trial_with_almost_nothing() -> None:
    shaped = shape(read("withheld"))
    row = shaped.rows["trials"][0]
    assert (row["nct_id"], row["overall_status"], row["site_count"], row["countries"]) == (
        "NCT90000002",
        "WITHHELD",
        0,
        None,
    )
    assert shaped.problems == ()


def test_expanded_access_has_no_phase_and_no_label() -> None:
    row = trial("expanded_access")
    assert (row["study_type"], row["phases"], row["phase_label"]) == ("EXPANDED_ACCESS", None, None)


@pytest.mark.parametrize(
    ("phases", "label"),
    [
        (["NA"], "Not applicable"),
        (["EARLY_PHASE1"], "Early Phase 1"),
        (["PHASE2", "PHASE3"], "Phase 2/Phase 3"),
        (["PHASE5"], "PHASE5"),
    ],
)
def test_phases_are_labelled_and_an_unknown_one_stays_as_given(phases: list[str], label: str) -> None:
    row = shape(study(designModule__phases=phases)).rows["trials"][0]
    assert (row["phases"], row["phase_label"]) == (phases, label)


def test_either_side_may_say_what_an_arm_receives() -> None:
    rows = shape(read("arms_and_interventions_that_do_not_meet")).rows["trial_arm_interventions"]
    assert [(r["arm_no"], r["intervention_no"]) for r in rows] == [(1, 1), (2, 2)]


def test_a_module_of_the_wrong_type_leaves_the_rest_of_the_record() -> None:
    shaped = shape(read("modules_of_the_wrong_type"))
    assert shaped.is_readable
    assert shaped.rows["trials"][0]["brief_title"] == "Kept"
    assert [row["keyword"] for row in shaped.rows["trial_keywords"]] == ["kept"]
    assert [(row["arm_no"], row["label"]) for row in shaped.rows["trial_arms"]] == [(3, "Kept")]
    assert {problem.field_path: problem.raw_value for problem in shaped.problems} == {
        "protocolSection.statusModule": "none", "protocolSection.designModule": '["PHASE1"]',
        "trial_conditions.condition": "lupus", "trial_keywords.keyword[1]": "1", "trial_arms[2]": "arm",
        "trial_interventions": '{"name": "x"}', "trial_sites.latitude[1]": "45,4", "derivedSection": "7",
    }  # fmt: skip


def test_a_problem_is_told_once_however_often_its_module_is_read() -> None:
    shaped = shape(read("modules_of_the_wrong_type"))
    paths = [problem.field_path for problem in shaped.problems]
    assert len(paths) == len(set(paths))


def test_values_of_the_wrong_type_break_nothing() -> None:
    shaped = shape(read("values_of_the_wrong_type"))
    assert shaped.is_readable
    assert [row["condition"] for row in shaped.rows["trial_conditions"]] == ["Lupus"]


@pytest.mark.parametrize(
    "record",
    [None, [], "NCT90000001", 7, {}, {"protocolSection": []}, {"protocolSection": {"identificationModule": 1}}],
)
def test_a_record_without_structure_is_unreadable(record: Any) -> None:
    shaped = shape(record)
    assert (shaped.record_id, shaped.rows, shaped.is_readable) == (None, {}, False)
    assert shaped.problems[0].field_path is None


@pytest.mark.parametrize(
    "number", ["NCT123", "nct90000001", "NCT900000011", "NCT9000000O", "", None, 90000001, "NCT００００００01"]
)
def test_a_record_without_a_valid_number_is_unreadable(number: Any) -> None:
    made = study()
    made["protocolSection"]["identificationModule"]["nctId"] = number
    assert not shape(made).is_readable


@pytest.mark.parametrize(
    ("age", "years"),
    [
        ("18 Years", 18.0),
        ("1 Year", 1.0),
        ("6 Months", 0.5),
        ("2 Weeks", 0.0383),
        ("30 Days", 0.0821),
        ("12 hours", 0.0014),
        ("N/A", None),
        ("18", None),
        ("18 Years and older", None),
        ("-1 Years", None),
        (None, None),
        (18, None),
    ],
)
def test_ages_are_years(age: Any, years: float | None) -> None:
    assert age_in_years(age) == years


@pytest.mark.parametrize(
    ("given", "registry"),
    [
        ("2031-500123-42-00", "CTIS"),
        ("CTIS 2031-500123-42", "CTIS"),
        ("2031-001234-56", "EudraCT"),
        ("ChiCTR2100012345", "ChiCTR"),
        ("CTR20310001", "China Drug Trials"),
        ("jRCTs031310001", "jRCT"),
        ("ISRCTN12345678", "ISRCTN"),
        ("KCT0001234", "CRiS"),
        ("ACTRN12631000001112", "ANZCTR"),
        ("DRKS00031234", "DRKS"),
        ("CTRI/2031/01/012345", "CTRI"),
        ("U1111-1234-5678", "UTN"),
        ("MU-2031-001", None),
        ("2031-12", None),
        (7, None),
    ],
)
def test_ids_of_other_registries_are_known_by_their_form(given: Any, registry: str | None) -> None:
    assert other_registry(given) == registry


def test_an_id_without_a_known_form_goes_by_the_type_that_the_registry_gives() -> None:
    assert other_registry("as typed by the sponsor", "EUDRACT_NUMBER") == "EudraCT"
    assert other_registry("as typed by the sponsor", "OTHER") is None


def test_every_row_has_only_columns_of_its_table() -> None:
    for name, rows in shape(read("every_field")).rows.items():
        assert {column for row in rows for column in row} <= set(table(name).column_names)


def test_every_real_record_is_read_without_a_problem(shared: Path) -> None:
    count = 0
    for name in ("autoimmune_car_t_2026-07-03", "oncology_car_t"):
        with gzip.open(shared / "registry" / "ctgov" / f"{name}.jsonl.gz") as lines:
            for line in lines:
                made = json.loads(line)
                shaped = shape(made)
                assert shaped.problems == (), shaped.record_id
                sites = made["protocolSection"].get("contactsLocationsModule", {}).get("locations", ())
                assert len(shaped.rows["trial_sites"]) == shaped.rows["trials"][0]["site_count"] == len(sites)
                count += 1
    assert count > 400


scraps = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["id", "name", "label", "date"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def paths_of(value: Any, at: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, one in inner for path in ((*at, str(key)), *paths_of(one, (*at, str(key))))]


PATHS = [
    path
    for path in paths_of(read("every_field"))
    if path[-1] not in ("nctId", "identificationModule", "protocolSection")
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(PATHS), scraps), min_size=1, max_size=4))
def test_no_value_anywhere_in_a_record_makes_it_unreadable(edits: list[tuple[tuple[str, ...], Any]]) -> None:
    made = read("every_field")
    for path, value in edits:
        try:
            changed(made, list(path), value)
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier edit took the place away
    shaped = shape(made)
    assert shaped.is_readable and shaped.record_id == "NCT90000001"

"""The whole profile of a study: reasons for all values, every rule reached, any input in bounded work."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.transforms.profile.test_product_cases import evidence_holds
from tests.transforms.profile.written_study import cases, study
from transforms.profile import profile_study, rule_version
from transforms.profile.reading.findings import KINDS
from warehouse.tables.profiles import TABLES

RULES = {
    "scope.given_in_name", "scope.given_in_title", "scope.given_in_arm", "scope.given_in_text",
    "scope.given_in_outcome", "scope.immune_disease", "scope.other_condition", "scope.cancer",
    "scope.not_car", "scope.not_given", "scope.no_car", "scope.long_term_follow_up",
    "scope.observational", "scope.observes",
    "product.listed", "product.intervention", "product.words",
    "target.before_car", "target.after_car", "target.in_car_word", "target.car_number",
    "target.redirected_cells", "target.in_name", "target_antigens.product",
    "construct.single", "construct.dual", "construct.multi", "construct.combination", "construct.word",
    "construct.product",
    "cell_type.word", "cell_type.special", "cell_type.redirected", "cell_type.t_cells", "cell_type.product",
    "cell_type.several",
    "cell_source.autologous", "cell_source.allogeneic", "cell_source.in_vivo", "cell_source.collected",
    "cell_source.conflict", "cell_source.product", "cell_source.several",
    "gene_delivery.word", "gene_delivery.product", "construct.same_arms",
}  # fmt: skip
OURS = ("scope.", "product.", "target", "construct.", "cell_type.", "cell_source.", "gene_delivery.")
RECORDS = [case["record"] for name in ("products", "scope") for case in cases(name)]
COLUMNS = {table.name: set(table.column_names) for table in TABLES}


def test_every_rule_is_reached_by_a_case() -> None:
    profiles = [profile_study(study(record)) for record in RECORDS]
    found = {row["rule_id"] for profile in profiles for row in profile.rows["car_t_evidence"]}
    assert {rule for rule in found if rule.startswith(OURS)} == RULES


def test_rows_hold_the_columns_of_their_tables_and_words_of_the_schema() -> None:
    for record in RECORDS:
        profile = profile_study(study(record))
        for table in TABLES:
            for row in profile.rows.get(table.name, []):
                assert set(row) <= COLUMNS[table.name]
                for column in table.columns:
                    value = row.get(column.name)
                    values = value if isinstance(value, list) else [value]
                    assert not column.words or set(values) <= {*column.words, None}
        assert {row["kind"] for row in profile.rows["car_t_evidence"]} <= set(KINDS)


def test_every_value_of_the_trial_has_its_reason() -> None:
    for record in RECORDS:
        profile = profile_study(study(record))
        reasons = {(row["attribute"], row["value"]) for row in profile.rows["car_t_evidence"]}
        assert ("scope", profile.scope) in reasons
        for row in profile.rows.get("car_t_profiles", []):
            for attribute in ("cell_type", "cell_source"):
                assert row[attribute] is None or (attribute, row[attribute]) in reasons
            for attribute in ("target_antigens", "lymphodepletion", "safety_outcomes", "also_enrols"):
                assert {(attribute, value) for value in row[attribute] or ()} <= reasons
        if profile.scope != "out_of_scope":
            assert {("diseases", disease) for disease in profile.trial["diseases"]} <= reasons


def test_the_same_study_gives_the_same_profile() -> None:
    record = study(RECORDS[0])
    assert profile_study(record) == profile_study(record)
    assert profile_study(record).rows["car_t_profiles"][0]["rule_version"] == rule_version()


# ---- bad input ----

ODD: dict[str, Any] = {
    "conditionsModule": {"conditions": [None, 3, "SLE"], "keywords": {}},
    "armsInterventionsModule": {"interventions": ["CAR-T", {"name": "CD19 CAR-T", "otherNames": 7}],
                                "armGroups": [[], {"label": None}]},
    "designModule": {"studyType": ["INTERVENTIONAL"]},
    "outcomesModule": {"primaryOutcomes": {"measure": "x"}},
}  # fmt: skip
BROKEN: list[Any] = [
    {}, {"protocolSection": None}, {"protocolSection": []},
    {"protocolSection": {"identificationModule": "x"}},
    {"protocolSection": ODD, "derivedSection": {"conditionBrowseModule": {"meshes": ["D1", {"id": 3}]}}},
]  # fmt: skip


@pytest.mark.parametrize("record", BROKEN)
def test_a_broken_record_is_read_as_far_as_it_goes(record: Any) -> None:
    assert profile_study(record).scope in ("in_scope", "out_of_scope")


PIECES = st.sampled_from([
    "CAR", "CAR-T", "СAR-Т", "ＣＡＲ－Ｔ", "CD19", "CD", "19/20", "BCMA", "anti-", " x ", "/", "(", ")", "（",
    "targeting", "chimeric antigen receptor", "in vivo", "autologous", "universal", "own T cells", "lupus",
    "SLE", "İ", "ß", "\u0301", "\u200b", "\U0001d402", "<b>", "&#39;", "\n", "* ", "Exclusion Criteria:",
    "no", "prior", ";", ". ", "KYV-101", "CC-97540", "-cel", "leucel", "mRNA", "γδ", "Treg", "NK", "or",
    "and", "\\>", "10^6", "\x00", "、",
])  # fmt: skip
WORDS = st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=25).map(" ".join)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(WORDS, WORDS, WORDS, WORDS, st.sampled_from(["SLE", "Lymphoma", ""]))
def test_any_text_is_taken_and_every_quote_stands_where_it_says(
    title: str, name: str, summary: str, eligibility: str, condition: str
) -> None:
    record = {"protocolSection": {
        "identificationModule": {"briefTitle": title}, "conditionsModule": {"conditions": [condition]},
        "descriptionModule": {"briefSummary": summary}, "designModule": {"studyType": "INTERVENTIONAL"},
        "armsInterventionsModule": {"interventions": [{"type": "BIOLOGICAL", "name": name}],
                                    "armGroups": [{"label": name, "type": "EXPERIMENTAL"}]},
        "eligibilityModule": {"eligibilityCriteria": eligibility},
    }}  # fmt: skip
    assert evidence_holds(record, profile_study(record))


UNITS = [
    "CD19 CAR-T ", "chimeric antigen receptor ", "CD19/BCMA/", "autologous allogeneic ", "in vivo ", "c-c-c-",
    "anti-anti-", "CD19 ", "car ", "cart", "(((", "no prior ", "Exclusion Criteria:\n", "* no ", "own own ",
    "ＣＡＲ－Ｔ、", "<b>lupus</b>", "a", "- ", "CAR-T cells targeting ", "10^6 cells/kg ",
    "generated in vivo ",
    "prednisone stable is allowed ", "CD19, and ", "CD19, or ", "lymphoma also with ",
    "remain in the study followed by ",
    "kyv-101 ", "dual target ", "CAR19/20/22/", "γδ gamma delta ", "who have received CAR-T ",
]  # fmt: skip


def calls(record: dict[str, Any]) -> int:
    """Work of one profile: how often Python and the expression engine are entered."""
    count = 0

    def counted(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        profile_study(record)
    finally:
        sys.setprofile(before)
    return count


def long_study(unit: str, size: int) -> dict[str, Any]:
    text = unit * (size // len(unit))
    return study(
        f"condition: SLE // intervention: BIOLOGICAL | CD19 CAR-T | {text}"
        f" // brief_title: {text[:300]} // summary: {text} // detailed: {text} // eligibility: {text}"
    )


@pytest.mark.parametrize("unit", UNITS)
def test_work_grows_no_faster_than_the_text(unit: str) -> None:
    profile_study(study(RECORDS[0]))  # vocabulary loaded
    small, large = (calls(long_study(unit, size)) for size in (4_000, 16_000))
    assert large <= 5 * small + 1_000


@pytest.mark.parametrize("unit", UNITS)
def test_a_megabyte_is_read(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    record = study(f"condition: SLE // intervention: BIOLOGICAL | CD19 CAR-T | // summary: {text}")
    assert profile_study(record).scope in ("in_scope", "out_of_scope", "follow_up")

"""Who may enter, and how participants are prepared: trial_criteria and trial_conditioning."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transforms.profile.written_study import cases, hold, products, study
from transforms.profile.criteria import words
from transforms.profile.criteria.amounts import canonical
from transforms.profile.criteria.criteria import criteria
from transforms.profile.reading.texts import fold, texts
from transforms.profile.reading.vocabulary import rows
from transforms.profile.regimen.conditioning import conditioning
from transforms.profile.regimen.design import read_design
from transforms.profile.regimen.lymphodepletion import lymphodepletion
from warehouse.tables.field import CRITERION_KINDS, TRIAL_CONDITIONING, TRIAL_CRITERIA

SHORT = {
    "op": "operator", "min": "eligible_min", "min_inc": "min_inclusive", "max": "eligible_max",
    "max_inc": "max_inclusive", "ucum": "unit_canonical", "family": "subject_family", "class": "subject_class",
    "classes": "class_values", "alt": "alternative_no", "cond": "is_conditional", "to": "relative_to",
    "hl": "half_lives", "rule": "days_rule", "ever": "is_lifetime", "exception": "exception_text", "item": "item_no",
    "days_op": "days_operator",
}  # fmt: skip
OF_AGENTS = {"dose": "dose_min", "max": "dose_max", "first": "first_day", "last": "last_day", "n": "n_doses",
             "req": "requirement", "adjust": "adjustable_for"}  # fmt: skip


def written(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def compare(found: list[dict[str, Any]], name: str, expected: str, short: dict[str, str]) -> None:
    told = [entry.partition(": ") for entry in expected.split(" + ") if entry]
    assert [str(row[name]) for row in found] == [subject for subject, _, _ in told]
    for row, (_, _, values) in zip(found, told, strict=True):
        for column, _, value in (part.partition("=") for part in values.split("; ")):
            assert written(row[short.get(column, column)]) == value, (column, row)


@pytest.mark.parametrize("case", cases("eligibility"), ids=lambda case: case["why"] or case["eligibility"][-60:])
def test_a_criterion_asks_for(case: dict[str, str]) -> None:
    record = f"condition: SLE // eligibility: {case['eligibility']}"
    found, findings = criteria(study(record))
    compare([row for row in found if row["kind"] == case["kind"]], "subject", case["expected"], SHORT)
    assert hold(record, findings)
    assert [(one.item_table, one.item_no) for one in findings] == [
        (TRIAL_CRITERIA.name, row["criterion_no"]) for row in found]  # fmt: skip


def test_every_kind_has_a_case() -> None:
    assert {case["kind"] for case in cases("eligibility") if case["expected"]} == set(CRITERION_KINDS)


@pytest.mark.parametrize("case", cases("conditioning"), ids=lambda case: case["why"] or case["expected"])
def test_an_agent_of_conditioning_is_given(case: dict[str, str]) -> None:
    record = study(case["record"])
    design, read = read_design(record, products(case["record"])), texts(record)
    found, findings = conditioning(design, read, *lymphodepletion(design, read))
    compare(found, "agent", case["expected"], OF_AGENTS)
    assert hold(case["record"], findings)
    assert [(one.item_table, one.item_no) for one in findings] == [
        (TRIAL_CONDITIONING.name, row["conditioning_no"]) for row in found]  # fmt: skip


def test_every_subject_of_criteria_is_read() -> None:
    unread = []
    for row in rows("criteria_subjects", ("term", "label")):
        said = fold(f"a {row['term'].removesuffix('*')} x")
        if [subject.name for subject, _, _ in words.subjects(said, 0, len(said))] != [row["label"]]:
            unread.append(row["term"])
    assert unread == []


def test_every_drug_of_criteria_is_read_and_has_a_class() -> None:
    unread = []
    for row in rows("drug_terms", ("term", "label")):
        said = fold(f"had {row['term'].removesuffix('*')}, then")
        if [drug.name for drug, _, _ in words.drugs(said, 0, len(said))] != [row["label"]]:
            unread.append(row["term"])
    assert unread == []
    assert {row["label"] for row in rows("drug_terms", ("term", "label"))} == {
        row["drug"] for row in rows("drugs", ("drug", "classes"))}  # fmt: skip


@pytest.mark.parametrize(("unit", "ucum"), [
    ("x 10^9/l", "10*9/L"), ("× 109/l", "10*9/L"), ("ml/min/1.73m2", "mL/min/{1.73_m2}"), ("points", "{score}"),
    ("x uln", "[ULN]"), ("weeks", "wk"), (None, None), ("furlongs", None),
])  # fmt: skip
def test_units_have_their_name_in_ucum(unit: str | None, ucum: str | None) -> None:
    assert canonical(unit) == ucum


def test_a_study_without_criteria_has_none() -> None:
    for module in (None, [], {"eligibilityCriteria": 5}, {"eligibilityCriteria": ""}):
        assert criteria({"protocolSection": {"eligibilityModule": module}}) == ([], [])

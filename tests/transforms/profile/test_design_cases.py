"""Roles, lymphodepletion, comparators, immunosuppression, prophylaxis, harms, follow-up, doses, relations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.transforms.profile.written_study import cases, expected_list, hold, products, study
from transforms.profile.products.costimulation import costimulation
from transforms.profile.reading.findings import Finding
from transforms.profile.reading.texts import Text, fold, texts
from transforms.profile.reading.vocabulary import rows
from transforms.profile.regimen.agents import CLASSES, agents_in, mentions
from transforms.profile.regimen.comparators import comparators
from transforms.profile.regimen.crossover import crossover
from transforms.profile.regimen.design import Design, read_design
from transforms.profile.regimen.doses import doses
from transforms.profile.regimen.immunosuppression import immunosuppression
from transforms.profile.regimen.infusions import infusions
from transforms.profile.regimen.lymphodepletion import lymphodepletion
from transforms.profile.regimen.prophylaxis import prophylaxis
from transforms.profile.regimen.roles import roles
from transforms.profile.trial.follow_up import follow_up
from transforms.profile.trial.long_term import long_term_follow_up
from transforms.profile.trial.relations import relations
from transforms.profile.trial.safety import safety_outcomes
from transforms.profile.trial.stay import hospital_stay


def named(case: dict[str, str]) -> str:
    return case["why"] or case["record"]


def read(case: dict[str, str]) -> tuple[Design, list[Text]]:
    record = study(case["record"])
    return read_design(record, products(case["record"])), texts(record)


@pytest.mark.parametrize("case", cases("roles"), ids=named)
def test_each_intervention_has_a_role_in_each_arm(case: dict[str, str]) -> None:
    design, _ = read(case)
    found = [f"{row['arm_no']}.{row['intervention_no']}={row['role']}" for row in roles(design)]
    assert found == expected_list(case["expected"])


@pytest.mark.parametrize("case", cases("lymphodepletion"), ids=named)
def test_regimens_are_one_for_each_alternative_and_arm(case: dict[str, str]) -> None:
    values, findings = lymphodepletion(*read(case))
    assert values == expected_list(case["expected"])
    assert {finding.value for finding in findings} == set(values or ())
    assert hold(case["record"], findings)


@pytest.mark.parametrize("case", cases("comparators"), ids=named)
def test_what_the_product_is_compared_with(case: dict[str, str]) -> None:
    row, findings = comparators(*read(case))
    expected = expected_list(case["comparators"])
    assert row["comparators"] == expected
    assert row["comparator"] == (expected[0] if expected else None)
    assert row["comparator_agents"] == expected_list(case["comparator_agents"])
    assert row["control_crossover"] == ({"1": True, "0": False}.get(case["control_crossover"]))
    assert hold(case["record"], findings)
    assert {f.value for f in findings if f.attribute == "comparators"} == set(expected or ())


@pytest.mark.parametrize("case", cases("immunosuppression"), ids=named)
def test_what_becomes_of_other_immunosuppression(case: dict[str, str]) -> None:
    row, findings = immunosuppression(*read(case))
    assert row["concomitant_immunosuppression"] == expected_list(case["values"])
    limit = case["max_prednisone"]
    assert row["max_prednisone_mg_per_day"] == (float(limit) if limit else None)
    assert hold(case["record"], findings)


@pytest.mark.parametrize("case", cases("prophylaxis"), ids=named)
def test_what_is_given_to_prevent_harm(case: dict[str, str]) -> None:
    values, findings = prophylaxis(read(case)[1])
    assert values == expected_list(case["expected"])
    assert hold(case["record"], findings)


@pytest.mark.parametrize("case", cases("safety"), ids=named)
def test_harms_are_those_that_outcomes_name(case: dict[str, str]) -> None:
    values, findings = safety_outcomes(read(case)[1])
    assert values == expected_list(case["expected"])
    assert hold(case["record"], findings)


@pytest.mark.parametrize("case", cases("follow_up"), ids=named)
def test_follow_up_is_the_longest_time_named(case: dict[str, str]) -> None:
    months, findings = follow_up(read(case)[1])
    assert months == (float(case["expected"]) if case["expected"] else None)
    assert hold(case["record"], findings)


@pytest.mark.parametrize("case", cases("infusions"), ids=named)
def test_how_often_cells_are_infused(case: dict[str, str]) -> None:
    row, findings = infusions(*read(case))
    told = [row["redosing"], "split" if row["is_split_dose"] else None]
    if row["n_infusions_min"]:
        told.append(f"{row['n_infusions_min']}-{row['n_infusions_max']}")
    assert "; ".join(one for one in told if one) == case["expected"]
    assert hold(case["record"], findings)


@pytest.mark.parametrize("case", cases("hospital_stay"), ids=named)
def test_how_long_participants_stay_in_hospital(case: dict[str, str]) -> None:
    row, findings = hospital_stay(read(case)[1])
    days = "" if row["hospital_stay_days"] is None else f" {row['hospital_stay_days']:g}"
    assert f"{row['hospital_stay_kind'] or ''}{days}" == case["expected"]
    assert hold(case["record"], findings)


def _long_term(case: dict[str, str]) -> tuple[dict[str, Any], list[Finding]]:
    told = read(case)[1]
    return long_term_follow_up(told, *follow_up(told), is_follow_up=False)


@pytest.mark.parametrize("case", cases("long_term"), ids=named)
def test_long_term_follow_up_is_told_with_its_protocol(case: dict[str, str]) -> None:
    row, findings = _long_term(case)
    assert row["ltfu_months"] == (float(case["months"]) if case["months"] else None)
    assert (row["ltfu_where"] or "") == case["where"]
    assert hold(case["record"], findings)


def test_a_study_that_follows_recipients_is_long_term_follow_up() -> None:
    row, findings = long_term_follow_up([], None, [], is_follow_up=True)
    assert row == {"ltfu_months": None, "ltfu_where": "this protocol"}
    assert [finding.rule_id for finding in findings] == ["ltfu.follow_up_study"]


@pytest.mark.parametrize("case", cases("costimulation"), ids=named)
def test_costimulatory_domains_are_those_of_the_receptor(case: dict[str, str]) -> None:
    told = read(case)[1]
    value, findings = costimulation(told, told, 1)
    assert (value or "") == case["expected"]
    assert hold(case["record"], findings)


@pytest.mark.parametrize("case", cases("crossover_times"), ids=named)
def test_when_controls_may_cross_over(case: dict[str, str]) -> None:
    allowed, days, findings = crossover(*read(case))
    assert allowed
    assert days == (float(case["expected"]) if case["expected"] else None)
    assert hold(case["record"], findings)


def test_a_range_is_told_with_each_of_its_ends() -> None:
    record = (
        "arm: EXPERIMENTAL | Cells | 1-3 x 10^6 CAR-T cells/kg // intervention: BIOLOGICAL | CAR-T | | 1 // product: 1"
    )
    rows, _ = doses(read_design(study(record), products(record)), texts(study(record)))
    assert [(row["dose"], row["dose_min"], row["dose_max"]) for row in rows] == [(1e6, 1e6, 3e6), (3e6, 1e6, 3e6)]
    choice = record.replace("1-3", "1 or 3")
    rows, _ = doses(read_design(study(choice), products(choice)), texts(study(choice)))
    assert [(row["dose_min"], row["dose_max"]) for row in rows] == [(1e6, 1e6), (3e6, 3e6)]


@pytest.mark.parametrize("case", cases("doses"), ids=named)
def test_doses_have_a_number_and_a_unit(case: dict[str, str]) -> None:
    found, findings = doses(*read(case))
    told = [_dose_told(row, case["expected"]) for row in found]
    assert told == expected_list(case["expected"])
    assert [row["dose_no"] for row in found] == list(range(1, len(found) + 1))
    assert hold(case["record"], findings)


def _dose_told(row: dict[str, Any], expected: str) -> str:
    told = f"{row['dose']:g} {row['unit'] or ''}".strip()
    told += f" @{row['arm_label']}" if "@" in expected else ""
    return told + (f" #{row['product_no']}" if row["product_no"] == 2 else "")


@pytest.mark.parametrize("case", cases("relations"), ids=named)
def test_other_trials_are_followed_or_extended(case: dict[str, str]) -> None:
    found, findings = relations(study(case["record"]), read(case)[1])
    told = [f"{row['related_nct_id'] or '-'} {row['relation']}" for row in found]
    assert told == expected_list(case["expected"])
    assert hold(case["record"], findings)


@pytest.mark.parametrize(
    ("description", "schedule"),
    [
        ("1x10^6 cells/kg as a split dose over three days", "split dose over three days"),
        ("XYZ-1 1x10^6 cells/kg on day 0; fludarabine once daily on days -5 to -3", "on day 0"),
        ("Fludarabine once daily on days -5 to -3, then XYZ-1 1x10^6 cells/kg on day 0", "on day 0"),
        ("Fludarabine 30 mg/m2, once daily. Then 1x10^6 cells/kg", None),
        ("A single infusion of CAR-T. Another cohort has 1x10^6 cells/kg on days 1 and 8.", "on days 1 and 8"),
        ("1x10^6 cells/kg. After infusion, blood tests are done weekly.", None),
    ],
)
def test_a_schedule_is_the_products_own_in_the_words_of_the_record(description: str, schedule: str | None) -> None:
    line = (f"arm: EXPERIMENTAL | Cells | {description}"
            " // intervention: BIOLOGICAL | CAR-T | | 1 // product: 1")  # fmt: skip
    found, _ = doses(read_design(study(line), products(line)), texts(study(line)))
    assert [row["schedule"] for row in found] == [schedule]


@pytest.mark.parametrize("row", rows("agents", ("term", "label", "agent_class")), ids=lambda row: row["term"])
def test_every_agent_is_found_by_its_term(row: dict[str, str]) -> None:
    assert row["agent_class"] in CLASSES
    term = row["term"].replace("*", "").upper()
    found = list(mentions(Text("arm_description", "x", term, fold(term))))
    assert [mention.agent.label for mention in found] == [row["label"]]


def test_a_syllable_is_no_agent() -> None:
    small = "the flu season, cy of cynical"
    assert not list(mentions(Text("arm_description", "x", small, small)))
    assert [agent.label for agent in agents_in("rituximab and mesna")] == ["rituximab", "mesna"]


# ---- every rule is reached ----

RULES = {
    "lymphodepletion.intervention", "lymphodepletion.arm", "lymphodepletion.text", "lymphodepletion.none",
    "lymphodepletion.unspecified",
    "comparator.strongest", "comparator.arm_type", "comparator.placebo", "comparator.standard",
    "comparator.no_treatment", "comparator.agent", "comparator.agent_name", "comparator.car_arms",
    "comparator.single_arm", "comparator.no_control_arm", "comparator.crossover", "comparator.crossover_model",
    "comparator.named",
    "immunosuppression.stopped", "immunosuppression.excluded_before", "immunosuppression.elapsed",
    "immunosuppression.allowed", "immunosuppression.unnamed",
    "immunosuppression.intervention", "immunosuppression.title", "immunosuppression.prednisone_limit",
    "prophylaxis.agent", "safety.CRS", "safety.ICANS", "safety.cytopenia", "safety.infection",
    "safety.hypogammaglobulinaemia", "safety.second_malignancy", "safety.neurotoxicity", "safety.ICAHT", "safety.HLH",
    "safety.IEC-HS", "safety.LICATS", "safety.GVHD", "safety.T-cell_malignancy", "safety.infusion_reaction",
    "safety.death", "comparator.crossover_after", "infusions.count", "infusions.is_split_dose", "infusions.redosing",
    "hospital_stay.text", "ltfu.text", "ltfu.length", "costimulatory_domain.word",
    "follow_up.time_frame", "follow_up.text",
    "dose.stated", "relation.follow_up_of", "relation.extension_of", "relation.expanded_access_for",
}  # fmt: skip


def _all_findings() -> list[Finding]:
    found: list[Finding] = []
    readers: dict[str, Callable[[dict[str, str]], list[Finding]]] = {
        "lymphodepletion": lambda case: lymphodepletion(*read(case))[1],
        "comparators": lambda case: comparators(*read(case))[1],
        "immunosuppression": lambda case: immunosuppression(*read(case))[1],
        "prophylaxis": lambda case: prophylaxis(read(case)[1])[1],
        "safety": lambda case: safety_outcomes(read(case)[1])[1],
        "follow_up": lambda case: follow_up(read(case)[1])[1],
        "doses": lambda case: doses(*read(case))[1],
        "relations": lambda case: relations(study(case["record"]), read(case)[1])[1],
        "infusions": lambda case: infusions(*read(case))[1],
        "hospital_stay": lambda case: hospital_stay(read(case)[1])[1],
        "long_term": lambda case: _long_term(case)[1],
        "costimulation": lambda case: costimulation(read(case)[1], read(case)[1], 1)[1],
        "crossover_times": lambda case: crossover(*read(case))[2],
    }
    for name, reader in readers.items():
        for case in cases(name):
            found += reader(case)
    return found


def test_every_rule_is_reached_by_a_case() -> None:
    assert {finding.rule_id for finding in _all_findings()} == RULES


@pytest.mark.parametrize(
    "unit",
    [
        "lymphodepletion without fludarabine or ",
        "1x10^6 cells/kg, ",
        "control may receive cells ",
        "prednisone <= 10 mg is allowed ",
        "follow-up of 12 months, weeks 1, 2, 3 and ",
        "nct00000002 completed ",
        "may receive a second infusion of car-t cells ",
        "4-1bb 28z cd28 zeta ",
        "hospitalized for 2 long-term follow-up ",
    ],
)
def test_a_text_of_a_megabyte_is_read_in_bounded_work(unit: str) -> None:
    long = unit * (1_000_000 // len(unit))
    line = (f"detailed: {long} // arm: EXPERIMENTAL | Cells | {long} // arm: ACTIVE_COMPARATOR | Drug |"
            " // intervention: BIOLOGICAL | CAR-T | | 1 // product: 1")  # fmt: skip
    record = study(line)
    design, told = read_design(record, products(line)), texts(record)
    for rule in (lymphodepletion, comparators, immunosuppression, doses, infusions):
        rule(design, told)
    hospital_stay(told), long_term_follow_up(told, None, [], is_follow_up=False), costimulation(told, told, 1)
    prophylaxis(told), safety_outcomes(told), follow_up(told), relations(record, told)


@pytest.mark.parametrize("broken", [{}, {"protocolSection": []}, {"protocolSection": {
    "armsInterventionsModule": {"armGroups": [None, {"label": 3}], "interventions": ["x", {"otherNames": 7}]},
    "designModule": {"designInfo": "none"}}}])  # fmt: skip
def test_a_broken_record_is_read_as_far_as_it_goes(broken: dict[str, Any]) -> None:
    design, told = read_design(broken), texts(broken)
    assert lymphodepletion(design, told) == (None, [])
    assert doses(design, told) == ([], [])
    assert relations(broken, told) == ([], [])
    assert follow_up(told) == (None, [])
    comparators(design, told), immunosuppression(design, told), roles(design)

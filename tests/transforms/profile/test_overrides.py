"""Reviewers' decisions win, leave their reason, and a wrong line is named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.transforms.profile.written_study import study
from transforms.profile import profile_study
from transforms.profile.overrides import Override, apply_overrides, load_overrides, profile_decided
from transforms.profile.reading.vocabulary import VocabularyError

HEADER = "nct_id,attribute,value,who,when,reason\n"
CELLS = "condition: SLE // intervention: BIOLOGICAL | CD19 CAR-T |"


def decided(folder: Path, *lines: str) -> list[Override]:
    path = folder / "overrides.csv"
    decisions = [f"NCT00000001,{line},A. Reader,2026-05-04,seen on a poster\n" for line in lines]
    path.write_text(HEADER + "".join(decisions), encoding="utf-8")
    return load_overrides(path).get("NCT00000001", [])


def reasons(rows: list[dict[str, Any]], attribute: str) -> list[tuple[str, str, str | None]]:
    return [(row["value"], row["kind"], row["stated_in"]) for row in rows if row["attribute"] == attribute]


def test_a_decision_wins_and_is_evidence_of_its_own_kind(tmp_path: Path) -> None:
    profile = apply_overrides(profile_study(study(CELLS)), decided(tmp_path, "cell_source,allogeneic"))
    row, product = profile.rows["car_t_profiles"][0], profile.rows["car_t_products"][0]
    assert (row["cell_source"], product["cell_source"]) == ("allogeneic", "allogeneic")
    assert reasons(profile.rows["car_t_evidence"], "cell_source") == [
        ("allogeneic", "override", "A. Reader, 2026-05-04: seen on a poster")]  # fmt: skip
    numbers = [row["evidence_no"] for row in profile.rows["car_t_evidence"]]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_list_takes_its_values_parted_by_strokes(tmp_path: Path) -> None:
    profile = apply_overrides(profile_study(study(CELLS)), decided(tmp_path, "target_antigens,CD19/BCMA"))
    assert profile.rows["car_t_profiles"][0]["target_antigens"] == ["BCMA", "CD19"]
    told = [value for value, _, _ in reasons(profile.rows["car_t_evidence"], "target_antigens")]
    assert told == ["BCMA", "CD19"]


def test_an_empty_value_says_not_stated(tmp_path: Path) -> None:
    decisions = decided(tmp_path, "target_antigens,", "cell_type,")
    profile = apply_overrides(profile_study(study(CELLS)), decisions)
    row = profile.rows["car_t_profiles"][0]
    assert (row["target_antigens"], row["cell_type"]) == ([], None)
    assert [value for value, _, _ in reasons(profile.rows["car_t_evidence"], "cell_type")] == ["not stated"]


def test_a_trial_decided_out_of_scope_loses_its_profile(tmp_path: Path) -> None:
    profile = apply_overrides(profile_study(study(CELLS)), decided(tmp_path, "scope,out_of_scope"))
    assert (profile.scope, profile.scope_reason) == ("out_of_scope", "reviewed")
    assert profile.trial["scope"] == "out_of_scope"
    assert not any(profile.rows[name] for name in ("car_t_profiles", "car_t_products", "trial_doses"))
    assert reasons(profile.rows["car_t_evidence"], "scope")[0][:2] == ("out_of_scope", "override")


def test_a_trial_decided_in_scope_has_a_profile(tmp_path: Path) -> None:
    decisions = decided(tmp_path, "scope,in_scope", "target_antigens,CD19", "is_basket,true", "follow_up_months,24")
    made = study("condition: SLE // intervention: BIOLOGICAL | QX-1 Injection |")
    profile = profile_decided(made, decisions, profile_study(made))
    assert (profile.scope, profile.scope_reason) == ("in_scope", "reviewed")
    row, product = profile.rows["car_t_profiles"][0], profile.rows["car_t_products"][0]
    assert (row["target_antigens"], row["constructs"], row["follow_up_months"]) == (["CD19"], [], 24.0)
    assert (product["product"], product["target_antigens"]) == ("QX-1 Injection", ["CD19"])
    assert profile.trial["is_basket"] is True


def test_a_decision_counts_for_every_product(tmp_path: Path) -> None:
    two = study("condition: SLE // intervention: BIOLOGICAL | CD19 CAR-T | // intervention: BIOLOGICAL | BCMA CAR-NK |")
    profile = apply_overrides(profile_study(two), decided(tmp_path, "cell_source,allogeneic", "cell_type,CAR-T"))
    assert [row["cell_source"] for row in profile.rows["car_t_products"]] == ["allogeneic", "allogeneic"]
    row = profile.rows["car_t_profiles"][0]
    assert (row["cell_source"], row["cell_type"], row["target_antigens"]) == ("allogeneic", "CAR-T", ["BCMA", "CD19"])
    told = [row["product_no"] for row in profile.rows["car_t_evidence"] if row["attribute"] == "cell_source"]
    assert told == [1, 2]


def test_diseases_bring_what_they_are_forms_of(tmp_path: Path) -> None:
    profile = apply_overrides(profile_study(study(CELLS)), decided(tmp_path, "diseases,lupus nephritis/vasculitis"))
    assert profile.trial["diseases"] == ["SLE", "lupus nephritis", "vasculitis"]
    rows = {row["disease"]: (row["parent_disease"], row["source"]) for row in profile.rows["trial_diseases"]}
    assert rows["SLE"] == (None, "condition")
    assert rows["lupus nephritis"] == ("SLE", "reviewer")
    told = [value for value, _, _ in reasons(profile.rows["car_t_evidence"], "diseases")]
    assert told == profile.trial["diseases"]


def test_the_comparator_follows_the_comparators(tmp_path: Path) -> None:
    profile = apply_overrides(profile_study(study(CELLS)), decided(tmp_path, "comparators,none/placebo"))
    row = profile.rows["car_t_profiles"][0]
    assert (row["comparators"], row["comparator"]) == (["none", "placebo"], "placebo")
    assert reasons(profile.rows["car_t_evidence"], "comparator")[0][:2] == ("placebo", "override")


def test_a_confirmed_scope_keeps_its_reason(tmp_path: Path) -> None:
    profile = apply_overrides(profile_study(study(CELLS)), decided(tmp_path, "scope,in_scope"))
    assert profile.scope_reason == "gives_car_for_immune_disease"


def test_without_decisions_nothing_changes(tmp_path: Path) -> None:
    profile = profile_study(study(CELLS))
    assert apply_overrides(profile, []) is profile


def test_a_file_that_is_not_there_undoes_no_decision_unnoticed(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match=r"there is no such file at .*unset CARTRIALS_OVERRIDES"):
        load_overrides(tmp_path / "none.csv")


@pytest.mark.parametrize(("line", "says"), [
    ("NCT1,cell_type,CAR-T,A,2026-05-04,x", "is no NCT number"),
    ("NCT00000001,colour,red,A,2026-05-04,x", "is none of scope"),
    ("NCT00000001,cell_type,CAR-X,A,2026-05-04,x", "is none of CAR-T"),
    ("NCT00000001,scope,maybe,A,2026-05-04,x", "is none of in_scope"),
    ("NCT00000001,scope,,A,2026-05-04,x", "cannot be empty"),
    ("NCT00000001,diseases,lupus pernio nephritis,A,2026-05-04,x", "is none of"),
    ("NCT00000001,comparator,none,A,2026-05-04,x", "comparator follows from comparators; decide that"),
    ("NCT00000001,is_basket,perhaps,A,2026-05-04,x", "is true or false"),
    ("NCT00000001,follow_up_months,two,A,2026-05-04,x", "is a number"),
    ("NCT00000001,follow_up_months,1e309,A,2026-05-04,x", "is a number"),
    ("NCT00000001,n_infusions_min,99999999999999999999,A,2026-05-04,x", "is a whole number"),
    ("NCT00000001,cell_type,CAR-T,,2026-05-04,x", "say who decided"),
    ("NCT00000001,cell_type,CAR-T,A,04.05.2026,x", "is not YYYY-MM-DD"),
])  # fmt: skip
def test_a_wrong_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "overrides.csv"
    path.write_text(f"{HEADER}{line}\n", encoding="utf-8")
    with pytest.raises(VocabularyError, match=says) as error:
        load_overrides(path)
    assert error.value.line == 2


def test_two_decisions_on_one_value_are_refused(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match="on line 2 already"):
        decided(tmp_path, "cell_type,CAR-T", "cell_type,CAR-NK")


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "overrides.csv"
    path.write_text("nct_id,attribute,value\n", encoding="utf-8")
    with pytest.raises(VocabularyError, match="add the column 'who'"):
        load_overrides(path)


ASKING = (
    f"{CELLS} | 1 // arm: EXPERIMENTAL | CAR cells | // outcome: LLDAS at month 6 | month 6 |"
    " // summary: Lymphodepletion with fludarabine 30 mg/m2/day for 3 days"
    " // eligibility: Exclusion Criteria:\\n* Rituximab within 6 months before screening"
)


def of_rows(folder: Path, *lines: str) -> dict[str, list[dict[str, Any]]]:
    return apply_overrides(profile_study(study(ASKING)), decided(folder, *lines)).rows


def test_a_decision_takes_the_place_of_the_rows_that_it_names(tmp_path: Path) -> None:
    rows = of_rows(tmp_path, "trial_criteria[washout rituximab],days=84; relative_to=leukapheresis")
    (row,) = rows["trial_criteria"]
    assert (row["days"], row["relative_to"], row["subject_class"]) == (84.0, "leukapheresis", "anti-CD20")
    (why,) = [one for one in rows["car_t_evidence"] if one["item_table"] == "trial_criteria"]
    assert (why["kind"], why["item_no"], why["value"]) == ("override", row["criterion_no"], "washout rituximab")


def test_a_row_that_no_rule_found_is_added_and_one_that_is_wrong_goes(tmp_path: Path) -> None:
    rows = of_rows(
        tmp_path, "trial_criteria[washout belimumab],days=56", "trial_criteria[washout rituximab],",
        "trial_endpoints[primary LLDAS],times_months=12", "trial_endpoints[primary CRS],times_months=1",
        "trial_conditioning[fludarabine],dose_min=25; dose_max=25",
    )  # fmt: skip
    assert [(row["subject"], row["days"], row["side"]) for row in rows["trial_criteria"]] == [
        ("belimumab", 56.0, "exclusion")]  # fmt: skip
    assert [(row["concept"], row["visit_month"]) for row in rows["trial_endpoints"]] == [("LLDAS", 12), ("CRS", 1)]
    assert [(row["agent"], row["dose_min"], row["n_doses"]) for row in rows["trial_conditioning"]] == [
        ("fludarabine", 25.0, 3)]  # fmt: skip
    assert rows["car_t_profiles"][0]["primary_endpoint_domains"] == ["efficacy", "safety"]
    told = {row["value"] for row in rows["car_t_evidence"] if row["attribute"] == "primary_endpoint_domains"}
    assert told == {"efficacy", "safety"}


@pytest.mark.parametrize(("line", "problem"), [
    ("trial_criteria[holiday],days=1", "'holiday' in trial_criteria"),
    ("trial_criteria[washout rituximab],dayz=1", "the columns are"),
    ("trial_criteria[washout rituximab],days=soon", "days is a number"),
    ("trial_criteria[washout rituximab],relative_to=Monday", "is none of screening"),
    ("trial_endpoints[primary],times_months=1", "names no concept"), ("trial_conditioning,", "names no row"),
    ("trial_endpoints[primary DORIS],times_months=6", "instruments.csv lists them: DORIS remission"),
])  # fmt: skip
def test_a_wrong_decision_on_rows_says_what_is_expected(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(VocabularyError, match=re.escape(problem)):
        decided(tmp_path, line)

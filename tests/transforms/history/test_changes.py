"""Two versions -> changes: fields by name, items by identity."""

from __future__ import annotations

from datetime import date

import pytest

from tests.transforms.history.rows import found, the_one, version
from transforms.history import changes, record_change


def test_equal_versions_differ_in_nothing():
    assert changes(version(sites=[("China", "Beijing")]), version(sites=[("China", "Beijing")])) == []


def test_a_field_says_what_it_was_and_is():
    change = the_one(version(), version(enrollment_count=40))
    assert (change.field_path, change.old_value, change.new_value) == ("trials.enrollment_count", "12", "40")


def test_a_value_first_given_has_no_old_value():
    change = the_one(version(), version(acronym="CALM"))
    assert (change.old_value, change.new_value) == (None, '"CALM"')


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_blank_and_absent_are_the_same(blank):
    assert changes(version(), version(acronym=blank)) == []


def test_what_we_compute_ourselves_is_not_compared():
    assert changes(version(), version(phase_label="Phase 1", site_count=3, url="x", run_id="other")) == []


def test_a_typed_date_equals_the_date_as_given():
    typed = version(completion_date=date(2027, 6, 1), completion_date_precision="month")
    assert changes(version(completion_date="2027-06"), typed) == []


def test_the_same_day_with_another_precision_is_a_change():
    change = the_one(version(completion_date="2027-06"), version(completion_date="2027-06-01"))
    assert (change.old, change.new) == ("2027-06", "2027-06-01")


def test_only_protocol_leaves_out_what_the_registrys_history_does_not_carry():
    old, new = version(has_results=False), version(has_results=True, brief_title="Another title")
    assert list(found(old, new, only_protocol=True)) == ["trials.brief_title"]
    assert len(changes(old, new)) == 2


# --- lists ---------------------------------------------------------------------------------------


def test_items_are_compared_by_value_not_by_place():
    old = version(conditions=["Lupus Nephritis", "Myositis"])
    new = version(conditions=["Systemic Sclerosis", "Lupus Nephritis", "Myositis"])
    assert list(found(old, new)) == ["trial_conditions.condition[Systemic Sclerosis]"]


def test_another_order_is_one_low_change():
    change = the_one(version(keywords=["a", "b", "c"]), version(keywords=["c", "a", "b"]))
    assert (change.rule, change.materiality, change.event) == ("order", "low", None)
    assert (change.old, change.new) == (["a", "b", "c"], ["c", "a", "b"])


def test_case_and_punctuation_do_not_make_another_item():
    change = the_one(version(conditions=["Lupus nephritis"]), version(conditions=["Lupus Nephritis."]))
    assert (change.rule, change.old, change.new) == ("wording", "Lupus nephritis", "Lupus Nephritis.")


def test_a_reworded_arm_is_the_same_arm():
    old = version(arms=[("Cohort A", "EXPERIMENTAL", "One infusion of CD19 CAR-T cells")])
    new = version(arms=[("Low dose", "EXPERIMENTAL", "One infusion of CD19 CAR-T cells at low dose")])
    assert set(found(old, new)) == {"trial_arms.label[Low dose]", "trial_arms.description[Low dose]"}


def test_an_arm_that_gives_the_same_is_the_same_whatever_it_is_called():
    old = version(arms=[("A", "EXPERIMENTAL", None, ["Biological: X"])])
    new = version(arms=[("Single infusion", "EXPERIMENTAL", None, ["Biological: X"])])
    assert the_one(old, new).old == "A"


def test_another_arm_is_removed_and_added():
    old = version(arms=[("CAR-T", "EXPERIMENTAL", "One infusion")])
    new = version(arms=[("Rituximab", "ACTIVE_COMPARATOR", "Two doses a fortnight apart")])
    assert [c.kind for c in changes(old, new)] == ["removed", "added"]


def test_a_whole_item_carries_what_it_said():
    change = the_one(version(arms=[]), version(arms=[("Arm 1", "EXPERIMENTAL", "x")]))
    assert change.old is None
    assert change.new == {"label": "Arm 1", "arm_type": "EXPERIMENTAL", "description": "x"}


def test_an_intervention_that_goes_by_its_other_name_is_the_same():
    old = version(interventions=[("KYV-101", "BIOLOGICAL", None, ["mivocabtagene autoleucel"])])
    new = version(interventions=[("Mivocabtagene Autoleucel", "BIOLOGICAL", None, ["KYV-101"])])
    assert all(c.kind == "changed" for c in changes(old, new))


def test_two_arms_of_one_label_have_paths_of_their_own():
    old = version(arms=[("Arm", "OTHER", "aa bb"), ("Arm", "OTHER", "cc dd")])
    new = version(arms=[("Arm", "OTHER", "aa bb 1"), ("Arm", "OTHER", "cc dd 2")])
    assert list(found(old, new)) == ["trial_arms.description[Arm]", "trial_arms.description[Arm] #2"]


def test_an_intervention_given_in_one_more_arm_is_named_with_it():
    both = {"arms": ["Low", "High"], "interventions": ["Fludarabine", "CAR-T"]}
    old = version(**both, given_in=[(1, 2), (2, 2), (2, 1)])
    new = version(**both, given_in=[(1, 1), (1, 2), (2, 2)])
    paths = found(old, new)
    assert paths["trial_arm_interventions.intervention_no[Low: Fludarabine]"].kind == "added"
    assert paths["trial_arm_interventions.intervention_no[High: Fludarabine]"].kind == "removed"
    assert len(paths) == 2


def test_arms_in_another_order_give_the_same():
    old = version(arms=["Low", "High"], interventions=["X", "Y"], given_in=[(1, 1), (2, 2)])
    new = version(arms=["High", "Low"], interventions=["X", "Y"], given_in=[(1, 2), (2, 1)])
    assert [c.rule for c in changes(old, new)] == ["order"]


def test_an_outcome_moved_from_secondary_to_primary_is_one_change():
    old = version(outcomes=[("primary", "Adverse events"), ("secondary", "SLEDAI at week 24")])
    new = version(outcomes=[("primary", "SLEDAI at week 24"), ("primary", "Adverse events")])
    moved = the_one(old, new)
    assert moved.field_path == "trial_outcomes.outcome_type[SLEDAI at week 24]"
    assert (moved.old, moved.new, moved.rule) == ("secondary", "primary", "primary_outcome")


def test_the_same_measure_as_primary_and_secondary_is_told_apart():
    old = version(outcomes=[("primary", "ORR", "1 y"), ("secondary", "ORR", "2 y")])
    new = version(outcomes=[("primary", "ORR", "1 y"), ("secondary", "ORR", "3 y")])
    change = the_one(old, new)
    assert (change.field_path, change.rule) == ("trial_outcomes.time_frame[ORR]", "other_outcome")


def test_references_are_told_apart_by_pmid_else_by_citation():
    old = version(references=[("111", "BACKGROUND", "x"), (None, "BACKGROUND", "Some book, 1999")])
    new = version(
        references=[(None, "BACKGROUND", "Some book, 1999."), ("111", "RESULT", "x"), ("222", "DERIVED", "y")]
    )
    assert {c.field_path for c in changes(old, new) if c.kind != "order"} == {
        "trial_references.citation[Some book, 1999.]",
        "trial_references.reference_type[111]",
        "trial_references.pmid[222]",
    }


def test_a_long_name_is_shortened_in_the_path_only():
    change = the_one(version(keywords=[]), version(keywords=["k" * 500]))
    assert len(change.field_path) < 160
    assert change.new == "k" * 500


def test_a_record_of_the_wrong_types_is_compared_all_the_same():
    odd = version(sites=[(["China"], {"x": 1}, None)], keywords=["k"], overall_status=["RECRUITING"], start_date=5)
    assert changes(version(), odd)
    assert changes(odd, version())


# --- the profile ---------------------------------------------------------------------------------


def test_a_target_more_is_high():
    old = version(scope="in_scope", profile={}, products=[("AB-1", ["CD19"], "ab-1")])
    new = version(scope="in_scope", profile={}, products=[("AB-1", ["BCMA", "CD19"], "ab-1")])
    change = the_one(old, new)
    assert change.field_path == "car_t_products.target_antigens[AB-1]"
    assert (change.materiality, change.event) == ("high", "product_changed")


def test_a_target_first_stated_is_medium():
    old, new = (version(profile={}, products=[("AB-1", targets)]) for targets in ([], ["CD19"]))
    assert the_one(old, new).rule == "product_stated"


def test_a_trial_that_enters_the_scope_does_not_add_its_products_one_by_one():
    old = version(scope="out_of_scope")
    new = version(scope="in_scope", profile={}, products=[("AB-1", ["CD19"])])
    assert [c.field_path for c in changes(old, new)] == ["trials.scope"]


def test_diseases_are_a_set():
    change = the_one(version(diseases=["SLE"]), version(diseases=["lupus nephritis", "SLE"]))
    assert (change.field_path, change.materiality) == ("trials.diseases[lupus nephritis]", "high")


def test_a_version_without_a_profile_is_not_compared_with_one():
    assert changes(version(), version(diseases=["SLE"], scope="in_scope")) == []


# --- parts that no table holds -------------------------------------------------------------------


def test_parts_that_no_table_holds_are_named_without_their_values():
    old = {"protocolSection": {"contactsLocationsModule": {"centralContacts": [{"name": "A"}]}},
           "derivedSection": {"miscInfoModule": {"versionHolder": "2026-03-09"}}}  # fmt: skip
    new = {"protocolSection": {"contactsLocationsModule": {}},
           "derivedSection": {"miscInfoModule": {"versionHolder": "2026-03-10"}}}  # fmt: skip
    change = record_change(old, new)
    assert (change.field_path, change.materiality) == ("trials.content_sha256", "low")
    assert change.new == {"parts": ["protocolSection.contactsLocationsModule.centralContacts"]}

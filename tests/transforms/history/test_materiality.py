"""Every rule of the table decides at least one case here, and no case is decided by another."""

from __future__ import annotations

import csv

import pytest

from tests.transforms.history.rows import found, version
from transforms.history import materiality
from transforms.history.materiality import RULES_FILE, RuleError, rules

OUTCOME = ("primary", "SLEDAI at week 24", "24 weeks", "Change from baseline")
SITE = ("China", "Beijing", "First Hospital")


def product(**given):
    return version(profile={}, products=[tuple(given.get(name) for name in ("product", "targets", "key", "source"))])


def profile(**given):
    return version(profile=given)


def endpoint(kind, *months):
    row = {"endpoint_no": 1, "concept": "DORIS remission", "outcome_type": kind, "times_months": [*months]}
    return {**version(profile={}), "trial_endpoints": [{**row, "role": "measured"}]}


def criterion(**given):
    row = {"criterion_no": 1, "subject": "SLEDAI-2K", "kind": "disease_activity", "side": "inclusion", **given}
    return {**version(profile={}), "trial_criteria": [row]}


def agent(**given):
    row = {"conditioning_no": 1, "agent": "fludarabine", "regimen_no": 1, **given}
    return {**version(profile={}), "trial_conditioning": [row]}


# rule, materiality, version before, version after
CASES = [
    ("order", "low", version(conditions=["a", "b"]), version(conditions=["b", "a"])),
    ("status_stopped", "high", version(), version(overall_status="TERMINATED")),
    ("status_stopped", "high", version(), version(overall_status="SUSPENDED")),
    ("status_stopped", "high", version(), version(overall_status="WITHDRAWN")),
    ("status_first_recruiting", "high", version(overall_status="NOT_YET_RECRUITING"), version()),
    (
        "status_first_recruiting",
        "high",
        version(overall_status="NOT_YET_RECRUITING"),
        version(overall_status="ENROLLING_BY_INVITATION"),
    ),
    ("status_unknown", "low", version(), version(overall_status="UNKNOWN")),
    ("status_recruiting_ended", "medium", version(), version(overall_status="ACTIVE_NOT_RECRUITING")),
    ("status_recruiting_ended", "medium", version(), version(overall_status="COMPLETED")),
    ("status_other", "medium", version(overall_status="SUSPENDED"), version()),
    (
        "status_other",
        "medium",
        version(overall_status="UNKNOWN", last_known_status="RECRUITING"),
        version(last_known_status="RECRUITING"),
    ),
    ("status_detail", "low", version(), version(why_stopped="Funding")),
    ("scope", "high", version(scope="in_scope"), version(scope="follow_up")),
    ("disease_added", "high", version(diseases=["SLE"]), version(diseases=["SLE", "myositis"])),
    ("disease_removed", "medium", version(diseases=["SLE", "myositis"]), version(diseases=["SLE"])),
    ("condition_changed", "low", version(conditions=["Lupus"]), version(conditions=["Lupus", "Autoimmune"])),
    ("product_stated", "medium", product(product="X", targets=[]), product(product="X", targets=["CD19"])),
    ("product_stated", "medium", product(product="X", source="autologous"), product(product="X", source=None)),
    ("product_name", "low", product(product="X-1", key="x"), product(product="Xcel", key="x")),
    ("product_changed", "high", product(product="X", targets=["CD19"]), product(product="X", targets=["BCMA"])),
    ("product_changed", "high", product(product="X", source="autologous"), product(product="X", source="allogeneic")),
    ("product_changed", "high", product(product="X"), version(profile={}, products=[("X",), ("Y", ["CD7"])])),
    ("comparator_stated", "medium", profile(comparators=None), profile(comparators=["none"])),
    ("comparator_changed", "high", profile(comparators=["none"]), profile(comparators=["active"])),
    ("comparator_changed", "high", profile(comparator_agents=["a"]), profile(comparator_agents=["b"])),
    ("lymphodepletion_changed", "medium", profile(lymphodepletion=["none"]), profile(lymphodepletion=["bendamustine"])),
    ("profile_changed", "low", profile(follow_up_months=12.0), profile(follow_up_months=24.0)),
    (
        "outcome_wording",
        "low",
        version(outcomes=[OUTCOME]),
        version(outcomes=[("primary", "SLEDAI, at Week 24", *OUTCOME[2:])]),
    ),
    (
        "primary_outcome",
        "high",
        version(outcomes=[OUTCOME]),
        version(outcomes=[("primary", "SLEDAI at week 52", *OUTCOME[2:])]),
    ),
    (
        "primary_outcome",
        "high",
        version(outcomes=[OUTCOME]),
        version(outcomes=[(*OUTCOME[:2], "52 weeks", OUTCOME[3])]),
    ),
    ("primary_outcome", "high", version(outcomes=[OUTCOME]), version(outcomes=[OUTCOME, ("primary", "Death")])),
    ("primary_outcome", "high", version(outcomes=[OUTCOME]), version(outcomes=[("secondary", *OUTCOME[1:])])),
    ("primary_outcome_description", "medium", version(outcomes=[OUTCOME]), version(outcomes=[(*OUTCOME[:3], "Other")])),
    ("other_outcome", "low", version(outcomes=[OUTCOME]), version(outcomes=[OUTCOME, ("secondary", "Death")])),
    ("primary_endpoint", "high", endpoint("primary", 6.0), endpoint("primary", 12.0)),
    ("other_endpoint", "low", endpoint("secondary", 6.0), endpoint("secondary", 12.0)),
    ("criterion_floor", "high", criterion(eligible_min=8.0), criterion(eligible_min=6.0)),
    ("criterion_changed", "medium", criterion(days=84.0), criterion(days=28.0)),
    (
        "criterion_changed",
        "medium",
        criterion(kind="organ_function", eligible_min=50.0),
        criterion(kind="organ_function", eligible_min=40.0),
    ),
    ("conditioning_dose", "medium", agent(dose_max=30.0), agent(dose_max=25.0)),
    ("enrollment_actual", "medium", version(), version(enrollment_count=2, enrollment_type="ACTUAL")),
    ("enrollment_planned_half", "high", version(), version(enrollment_count=40)),
    ("enrollment_planned_half", "high", version(enrollment_count=12), version(enrollment_count=18)),
    ("enrollment_planned_half", "high", version(enrollment_count=12), version(enrollment_count=6)),
    ("enrollment_other", "low", version(enrollment_count=12), version(enrollment_count=17)),
    (
        "enrollment_other",
        "low",
        version(enrollment_type="ACTUAL"),
        version(enrollment_type="ACTUAL", enrollment_count=40),
    ),
    ("phase_not_applicable", "low", version(phases=None), version(phases=["NA"])),
    ("phase", "high", version(), version(phases=["PHASE1", "PHASE2"])),
    ("phase", "high", version(phases=["NA"]), version(phases=["PHASE1"])),
    ("results_posted", "high", version(), version(results_first_posted_date="2026-03-01")),
    ("dates_over_90_days", "medium", version(), version(completion_date="2027-11")),
    ("dates_over_90_days", "medium", version(start_date="2026-01-01"), version(start_date="2026-04-02")),
    ("dates_other", "low", version(start_date="2026-01-01"), version(start_date="2026-04-01")),
    ("dates_other", "low", version(), version(start_date_type="ACTUAL")),
    ("dates_other", "low", version(start_date=None), version()),
    ("sites_new_country", "medium", version(sites=[SITE]), version(sites=[SITE, ("Spain", "Madrid", "x")])),
    ("sites_other", "low", version(sites=[SITE]), version(sites=[SITE, ("China", "Wuhan", "x")])),
    ("site_detail", "low", version(sites=[SITE]), version(sites=[(*SITE[:2], "Local Institution - 0012")])),
    ("eligibility_wording", "low", version(), version(eligibility_criteria="inclusion criteria:\n- Active  lupus")),
    ("eligibility", "medium", version(), version(eligibility_criteria="Inclusion Criteria:\n\n* Severe lupus")),
    ("eligibility", "medium", version(maximum_age="65 Years"), version(maximum_age="75 Years")),
    (
        "sponsor_spelling",
        "low",
        version(sponsor_canonical="E"),
        version(sponsor_canonical="E", lead_sponsor="Example Inc"),
    ),
    ("sponsor", "medium", version(), version(lead_sponsor="Another Hospital")),
    ("collaborator", "low", version(collaborators=[]), version(collaborators=["A University"])),
    ("design", "medium", version(masking="NONE"), version(masking="DOUBLE")),
    ("arm_changed", "medium", version(arms=[]), version(arms=["Cohort B"])),
    ("arm_detail", "low", version(arms=[("A", "EXPERIMENTAL")]), version(arms=[("A", "OTHER")])),
    ("wording", "low", version(), version(brief_title="Another title")),
    ("wording", "low", version(), version(status_verified_date="2026-03")),
    ("wording", "low", version(keywords=["a"]), version(keywords=["a", "b"])),
    # Neither is a difference between two versions: see test_sponsors and test_changes.
    # sponsor_renamed, record
]


@pytest.mark.parametrize(
    ("rule", "materiality", "old", "new"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)]
)
def test_the_rule_decides(rule, materiality, old, new):
    decided = {(change.rule, change.materiality) for change in found(old, new).values()}
    assert (rule, materiality) in decided
    # Enrolment's type goes with its count, a scope with nothing else.
    assert len(decided) == 1


def test_every_rule_is_reached():
    assert {rule.rule for rule in rules()} - {case[0] for case in CASES} == {"sponsor_renamed", "record"}


def test_a_trial_that_recruited_before_does_not_begin_again():
    old = version(overall_status="WITHDRAWN")
    assert found(old, version())["trials.overall_status"].rule == "status_first_recruiting"
    assert found(old, version(), recruited_before=True)["trials.overall_status"].rule == "status_other"


def test_rules_have_one_name_each_and_a_reason_to_read():
    assert len({rule.rule for rule in rules()}) == len(rules())
    assert all(rule.reads_as for rule in rules())


@pytest.mark.parametrize(
    ("column", "word", "said"),
    [
        ("materiality", "huge", "materiality is called 'huge'"),
        ("when", "at full moon", "condition is called 'at full moon'"),
        ("when", "", "condition is called ''"),
        ("event", "party", "event type is called 'party'"),
    ],
)
def test_a_word_that_is_none_of_the_agreed_is_named_with_its_line(tmp_path, monkeypatch, column, word, said):
    line = {"rule": "r", "materiality": "low", "fields": "*", "when": "any", "event": "", "reads_as": "x"} | {
        column: word
    }
    path = tmp_path / "materiality.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, line)
        writer.writeheader()
        writer.writerow(line)
    monkeypatch.setattr(materiality, "RULES_FILE", path)
    with pytest.raises(RuleError, match=f"line 2: no {said}"):
        rules.__wrapped__()
    assert RULES_FILE.exists()

"""Changes -> events: what is told, in which words, under which id."""

from __future__ import annotations

import json
from datetime import date

import pytest

from tests.transforms.history.rows import NCT, found, seen, version
from transforms.history import (
    RULES_CHANGED,
    change_rows,
    changes,
    events,
    headlines,
    scope_event,
    sponsor_renames,
    state_event,
)
from warehouse.schema import table


def told(old, new, context=None):
    """Events by type."""
    return {e.event_type: e for e in events(NCT, old, new, changes(old, new), context or seen())}


def moved(**given):
    """A version with a later registry date."""
    return version(last_update_posted_date="2026-03-08", **given)


# --- the words -----------------------------------------------------------------------------------


def test_one_line_says_enrolment_and_dates():
    old = version(completion_date="2026-05")
    made = events(NCT, old, new := moved(enrollment_count=40, completion_date="2027-11"), changes(old, new), seen())
    assert headlines(made) == {NCT: "Enrolment 12 → 40, completion moved from 2026-05 to 2027-11"}
    assert {e.event_type: e.summary for e in made} == {
        "enrollment_changed": "Enrolment 12 → 40",
        "dates_changed": "Completion moved from 2026-05 to 2027-11",
    }


@pytest.mark.parametrize(
    ("event_type", "old", "new", "summary"),
    [
        (
            "status_changed",
            {},
            {"overall_status": "TERMINATED", "why_stopped": "Business decision"},
            "Status recruiting → terminated, reason: Business decision",
        ),
        (
            "status_changed",
            {},
            {"overall_status": "UNKNOWN", "last_known_status": "RECRUITING"},
            "Status recruiting → unknown (no update for long)",
        ),
        ("status_changed", {"why_stopped": "x"}, {}, "Reason for stopping taken back"),
        (
            "enrollment_changed",
            {},
            {"enrollment_count": 4, "enrollment_type": "ACTUAL"},
            "Enrolment 12 planned → 4 actual",
        ),
        ("enrollment_changed", {}, {"enrollment_type": "ACTUAL"}, "Enrolment now actual"),
        ("enrollment_changed", {"enrollment_count": None}, {}, "Enrolment not stated → 12"),
        ("dates_changed", {"start_date": None}, {}, "Start set to 2026-01-15"),
        (
            "dates_changed",
            {},
            {"start_date": "2026-02-11", "start_date_type": "ACTUAL"},
            "Start moved from 2026-01-15 to 2026-02-11 (actual)",
        ),
        ("dates_changed", {}, {"completion_date": None}, "Completion 2027-06 removed"),
        ("dates_changed", {}, {"primary_completion_date_type": "ACTUAL"}, "Primary completion now actual"),
        ("design_changed", {}, {"phases": ["PHASE1", "PHASE2"]}, "Phase 1 → Phase 1/Phase 2"),
        ("design_changed", {"masking": "NONE"}, {"masking": "DOUBLE"}, "Masking none → double"),
        (
            "design_changed",
            {"allocation": "NA"},
            {"allocation": "RANDOMIZED"},
            "Allocation not applicable → randomized",
        ),
        ("design_changed", {"arms": []}, {"arms": ["Cohort B"]}, "Arm added: Cohort B"),
        (
            "design_changed",
            {"profile": {"comparators": ["none"]}},
            {"profile": {"comparators": ["active"]}},
            "Comparators none → active",
        ),
        (
            "outcomes_changed",
            {"outcomes": [("secondary", "SLEDAI")]},
            {"outcomes": [("primary", "SLEDAI")]},
            "Outcome moved from secondary to primary: SLEDAI",
        ),
        (
            "outcomes_changed",
            {"outcomes": []},
            {"outcomes": [("primary", "CRS"), ("secondary", "ICANS")]},
            "Primary outcome added: CRS, secondary outcome added: ICANS",
        ),
        (
            "outcomes_changed",
            {"outcomes": [("primary", "CRS", "1 y")]},
            {"outcomes": [("primary", "CRS", "2 y")]},
            "Primary outcome changed (time frame): CRS",
        ),
        (
            "eligibility_changed",
            {},
            {"eligibility_criteria": "Inclusion Criteria:\n\n* Lupus\n* Adult"},
            "Eligibility criteria changed (lines: 2 added, 1 removed)",
        ),
        (
            "eligibility_changed",
            {"maximum_age": "65 Years"},
            {"maximum_age": "75 Years"},
            "Maximum age 65 Years → 75 Years",
        ),
        ("diseases_changed", {"diseases": []}, {"diseases": ["myositis"]}, "Disease added: myositis"),
        (
            "product_changed",
            {"profile": {}, "products": [("X", ["CD19"])]},
            {"profile": {}, "products": [("X", ["BCMA", "CD19"])]},
            "Targets of X CD19 → BCMA, CD19",
        ),
        (
            "sites_changed",
            {"sites": [("China", "Wuhan", "a")]},
            {"sites": [("China", "Wuhan", "a"), ("China", "Jinan", "b"), ("Spain", "Madrid", "c")]},
            "2 sites gained (1 in China, 1 in Spain), new country: Spain",
        ),
        (
            "sites_changed",
            {"sites": [("China", "Wuhan", "a"), ("Spain", "Madrid", "c")]},
            {"sites": [("China", "Wuhan", "a")]},
            "1 site lost in Spain, no more sites in Spain",
        ),
        ("sponsor_changed", {}, {"lead_sponsor": "New Bio"}, "Lead sponsor Example Therapeutics → New Bio"),
        (
            "sponsor_changed",
            {"collaborators": []},
            {"collaborators": ["A University"]},
            "Collaborator added: A University",
        ),
        (
            "results_posted",
            {},
            {"results_first_posted_date": "2026-03-08", "has_results": True},
            "Results posted on 2026-03-08",
        ),
    ],
)
def test_summaries_read_as_english(event_type, old, new, summary):
    made = told(version(**old), moved(**new))
    assert made[event_type].summary == summary


def test_wording_makes_no_event():
    assert told(version(), moved(brief_title="Another title", status_verified_date="2026-03", keywords=["k"])) == {}


def test_a_line_is_never_longer_than_a_line():
    assert (
        len(told(version(), moved(overall_status="TERMINATED", why_stopped="x" * 5000))["status_changed"].summary)
        <= 300
    )


def test_enrolment_0_on_withdrawal_is_part_of_the_status():
    made = told(
        version(),
        moved(overall_status="WITHDRAWN", enrollment_count=0, enrollment_type="ACTUAL", why_stopped="Funds"),
    )
    assert list(made) == ["status_changed"]
    event = made["status_changed"]
    assert event.summary == "Status recruiting → withdrawn, enrolment 12 planned → 0 actual, reason: Funds"
    assert event.materiality == "high"


def test_enrolment_above_0_on_withdrawal_is_an_event_of_its_own():
    assert "enrollment_changed" in told(version(), moved(overall_status="WITHDRAWN", enrollment_count=3))


def test_an_event_matters_as_much_as_its_weightiest_change():
    made = told(version(), moved(start_date="2026-01-20", completion_date="2029"))
    assert made["dates_changed"].materiality == "medium"


def test_changed_criteria_carry_their_lines():
    made = told(version(), moved(eligibility_criteria="Inclusion Criteria:\n\n* Severe lupus"))
    (detail,) = made["eligibility_changed"].details["changes"]
    assert (detail["added_lines"], detail["removed_lines"]) == (["* Severe lupus"], ["* Active lupus"])


# --- the date and the id -------------------------------------------------------------------------


def test_the_registrys_date_stands_beside_ours():
    event = told(version(), moved(enrollment_count=40))["enrollment_changed"]
    assert (event.occurred_on, event.observed_at.date()) == (date(2026, 3, 8), date(2026, 3, 10))


def test_a_change_without_a_new_registry_date_has_ours():
    event = told(version(), version(overall_status="UNKNOWN"))["status_changed"]
    assert event.occurred_on == date(2026, 3, 10)


def test_a_registry_date_in_the_future_is_none():
    event = told(version(), version(overall_status="COMPLETED", last_update_posted_date="2062-03-08"))["status_changed"]
    assert event.occurred_on == date(2026, 3, 10)


def test_the_id_knows_no_run():
    old, new = version(), moved(enrollment_count=40)
    ids = {told(old, new, seen(day))["enrollment_changed"].event_id for day in ("2026-03-10", "2026-03-11")}
    assert len(ids) == 1


def test_a_record_that_flips_makes_an_event_each_time():
    a, b = {"overall_status": "RECRUITING"}, {"overall_status": "SUSPENDED"}
    turns = [
        (
            version(last_update_posted_date=f"2026-03-0{n}", **old),
            version(last_update_posted_date=f"2026-03-0{n + 1}", **new),
        )
        for n, (old, new) in enumerate([(a, b), (b, a), (a, b), (b, a)], start=1)
    ]
    assert len({told(old, new)["status_changed"].event_id for old, new in turns}) == 4


def test_a_flip_without_a_new_date_is_told_apart_by_our_day():
    old, new = version(), version(overall_status="SUSPENDED")
    assert len({told(old, new, seen(day))["status_changed"].event_id for day in ("2026-03-10", "2026-03-12")}) == 2


def test_an_event_is_a_row_of_the_schema():
    row = told(version(), moved(enrollment_count=40))["enrollment_changed"].row()
    assert set(row) == set(table("trial_events").column_names)
    assert json.loads(row["details"])["changes"][0]["new"] == 40


def test_changes_are_rows_that_name_their_event():
    old, new = version(), moved(enrollment_count=40, brief_title="Another", content_sha256="b" * 64)
    differing = changes(old, new)
    made = events(NCT, old, new, differing, seen())
    rows = {row["field_path"]: row for row in change_rows(NCT, old, new, differing, made, seen())}
    assert set(rows["trials.brief_title"]) == set(table("trial_changes").column_names)
    assert rows["trials.brief_title"]["event_id"] is None
    assert rows["trials.enrollment_count"]["event_id"] == made[0].event_id
    assert rows["trials.enrollment_count"]["registry_date"] == date(2026, 3, 8)
    assert len({row["change_id"] for row in rows.values()}) == len(rows) == 3


# --- coming, going, scope ------------------------------------------------------------------------


def first(context, **given):
    (event,) = events(NCT, None, version(**given), (), context)
    return event


def test_a_new_trial_is_registered_on_its_posting_day():
    event = first(seen(previous_night=date(2026, 3, 9)), first_posted_date="2026-03-07", scope="in_scope")
    assert (event.event_type, event.occurred_on, event.materiality) == (
        "registered",
        date(2026, 3, 7),
        "high",
    )
    assert event.summary == "Registered: CD19 CAR-T in lupus"
    assert event.details["first_posted_date"] == "2026-03-07"


def test_on_the_first_night_everything_is_registered():
    assert first(seen(), first_posted_date="1999-01-01").event_type == "registered"


@pytest.mark.parametrize(("search_changed", "why"), [(True, "search widened"), (False, "record changed")])
def test_an_old_trial_first_seen_is_not_told_as_new(search_changed, why):
    context = seen(previous_night=date(2026, 3, 9), search_changed=search_changed)
    event = first(context, first_posted_date="1999-11-03", scope="in_scope")
    assert (event.event_type, event.details["why"]) == ("entered_scope", why)
    assert event.summary == f"Entered the scope ({why}): not seen before → in scope, registered 1999-11-03"


def test_an_old_trial_out_of_scope_first_seen_is_low():
    event = first(seen(previous_night=date(2026, 3, 9)), first_posted_date="1999-11-03", scope="out_of_scope")
    assert (event.event_type, event.materiality, event.summary) == (
        "registered",
        "low",
        "First seen: CD19 CAR-T in lupus",
    )


@pytest.mark.parametrize(
    ("old", "new", "event_type"),
    [
        ("out_of_scope", "in_scope", "entered_scope"),
        ("out_of_scope", "follow_up", "entered_scope"),
        ("follow_up", "in_scope", "entered_scope"),
        ("in_scope", "follow_up", "left_scope"),
        ("in_scope", "out_of_scope", "left_scope"),
    ],
)
def test_a_record_enters_or_leaves_the_scope(old, new, event_type):
    made = told(version(scope=old), moved(scope=new))
    assert made[event_type].details["why"] == "record changed"
    assert made[event_type].occurred_on == date(2026, 3, 8)


def test_other_rules_say_that_it_was_the_rules():
    event = scope_event(NCT, "in_scope", version(scope="out_of_scope")["trials"][0], RULES_CHANGED, seen())
    assert (event.event_type, event.occurred_on) == ("left_scope", date(2026, 3, 10))
    assert event.summary == "Left the scope (rules changed): in scope → out of scope"


@pytest.mark.parametrize(
    ("old", "new", "event_type"),
    [("present", "left_search", "left_search"), ("present", "removed", "removed"), ("present", "withheld", "withheld"),
     ("left_search", "present", "returned")],
)  # fmt: skip
def test_what_no_longer_comes_back_is_told(old, new, event_type):
    event = state_event(NCT, old, new, version()["trials"][0], seen())
    assert (event.event_type, event.occurred_on) == (event_type, date(2026, 3, 10))
    assert event.row()["details"]


def test_an_alias_names_what_it_stands_for():
    event = state_event(NCT, "present", "alias", version()["trials"][0], seen(), canonical="NCT09990002")
    assert event.summary == "Now an alias of another registration: NCT09990002"
    assert event.details["canonical_nct_id"] == "NCT09990002"


# --- sponsors ------------------------------------------------------------------------------------


def sponsor_change(n, new="Example Holdings", **given):
    old, changed = version(), moved(lead_sponsor=new, **given)
    return events(f"NCT0999000{n}", old, changed, changes(old, changed), seen())


def test_a_sponsor_renamed_across_many_records_is_low():
    run = [event for n in range(1, 4) for event in sponsor_change(n)]
    judged = sponsor_renames(run)
    assert {event.materiality for event in judged} == {"low"}
    assert {change.rule for event in judged for change in event.changes} == {"sponsor_renamed"}
    assert [event.event_id for event in judged] == [event.event_id for event in run]


def test_two_records_handed_over_are_changes_of_sponsor():
    run = [event for n in range(1, 3) for event in sponsor_change(n)]
    assert sponsor_renames(run) == run


def test_only_the_same_two_names_count():
    run = [event for n, name in enumerate(("A", "B", "C"), start=1) for event in sponsor_change(n, name)]
    assert {event.materiality for event in sponsor_renames(run)} == {"medium"}


def test_a_new_country_beside_a_renamed_sponsor_stays_medium():
    run = [event for n in range(1, 4) for event in sponsor_change(n, sites=[("Spain", "Madrid", "x")])]
    assert {(e.event_type, e.materiality) for e in sponsor_renames(run)} == {
        ("sponsor_changed", "low"),
        ("sites_changed", "medium"),
    }


def test_found_is_used_with_the_schema_words():
    assert {change.event for change in found(version(), moved(enrollment_count=40)).values()} == {
        None,
        "enrollment_changed",
    }

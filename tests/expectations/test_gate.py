from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from expectations.gate import Fill, LegPull, PreviousRelease, Pull, Topic, gate, gate_tables
from expectations.pull import added, fills
from expectations.results import CheckResult, verdict

STAMP = "2026-07-03T09:00:05"
LEG = LegPull(
    "ctgov", "lupus and CAR", 210, total_reported=210, pages=1, ids_got=frozenset({"NCT90000001"}),
    stamp_before=STAMP, stamp_after=STAMP,
)  # fmt: skip
BEFORE = PreviousRelease(legs={("ctgov", "lupus and CAR"): 211}, distinct={"ctgov": 400})


def pull(*legs: LegPull, distinct: int = 400, **more: object) -> Pull:
    return Pull(legs or (LEG,), {"ctgov": distinct}, **more)  # type: ignore[arg-type]


def result(results: list[CheckResult], check_name: str) -> CheckResult:
    (found,) = (each for each in results if each.check_name == check_name)
    return found


def test_a_whole_pull_passes() -> None:
    results = gate(pull(), BEFORE)
    assert verdict(results).published
    assert verdict(results).warnings == ()
    assert {each.stage for each in results} == {"gate"}


@pytest.mark.parametrize("records", [209, 211])
def test_a_leg_gives_as_many_records_as_the_source_counts(records: int) -> None:
    (failure,) = verdict(gate(pull(replace(LEG, records=records)), BEFORE)).failures
    assert failure.subject == "ctgov lupus and CAR"
    said = f"gave {records} records where the source counts 210"
    assert failure.observed == f"leg lupus and CAR of ClinicalTrials.gov {said}"


def test_recordings_have_no_totals() -> None:
    recorded = LegPull("ctgov", "recorded", 210, ids_got=frozenset({"NCT90000001"}))
    results = gate(pull(recorded), None)
    assert verdict(results).published
    assert result(results, "The source gives as many records as it counts").status == "not available"
    assert result(results, "The source's data did not change during the pull").status == "not available"


def test_every_id_asked_for_is_answered_or_said_to_be_absent() -> None:
    asked = frozenset({"NCT90000001", "NCT90000002", "NCT90000003"})
    leg = LegPull("ctgov", "named in paper", 1, is_search=False, ids_asked=asked, ids_got=frozenset({"NCT90000001"}),
                  ids_absent=frozenset({"NCT90000003"}))  # fmt: skip
    failure = result(gate(pull(leg), BEFORE), "Every id asked for is answered")
    assert failure.holds
    assert failure.examples == (("NCT90000002",),)
    answered = replace(leg, ids_got=frozenset({"NCT90000001", "NCT90000002"}))
    assert not result(gate(pull(answered), BEFORE), "Every id asked for is answered").holds


def test_a_data_stamp_that_moves_holds_the_run() -> None:
    moved = replace(LEG, stamp_after="2026-07-04T09:00:05")
    failure = result(gate(pull(moved), BEFORE), "The source's data did not change during the pull")
    assert failure.holds
    assert failure.observed == (
        "the data of ClinicalTrials.gov changed during the pull, from 2026-07-03T09:00:05 to 2026-07-04T09:00:05"
    )


def test_no_record_at_all_holds_even_a_first_run() -> None:
    nothing = replace(LEG, records=0, total_reported=0)
    assert not verdict(gate(pull(nothing, distinct=0), None)).published


def test_a_narrow_leg_may_find_nothing_and_is_told() -> None:
    narrow = LegPull("ctgov", "product codes", 0, total_reported=0)
    given = verdict(gate(pull(LEG, narrow), BEFORE))
    assert given.published
    assert [each.check_name for each in given.warnings] == ["The leg finds records"]


@pytest.mark.parametrize(("now", "holds"), [(189, True), (190, False), (211, False), (300, False)])
def test_far_fewer_records_than_last_time_hold_the_run(now: int, holds: bool) -> None:
    shrunk = replace(LEG, records=now, total_reported=now)
    check = result(gate(pull(shrunk), BEFORE), "The leg finds about as many records as last time")
    assert check.holds is holds
    leg = "leg lupus and CAR of ClinicalTrials.gov found " if holds else ""
    assert check.observed == f"{leg}{now} records, 211 last time"


def test_a_small_leg_may_lose_a_few() -> None:
    before = PreviousRelease(legs={("ctgov", "lupus and CAR"): 6})
    for now, holds in ((3, False), (2, True)):
        small = replace(LEG, records=now, total_reported=now)
        check = result(gate(pull(small, distinct=now), before), "The leg finds about as many records as last time")
        assert check.holds is holds


def test_a_source_is_held_against_its_last_count_over_all_legs() -> None:
    check = result(gate(pull(distinct=300), BEFORE), "The source gives about as many records as last time")
    assert check.holds


def test_a_skipped_leg_says_nothing() -> None:
    results = gate(pull(LegPull("ctgov", "lupus and CAR", 0, is_skipped=True), distinct=0), BEFORE)
    assert {each.status for each in results if each.subject.startswith("ctgov ")} == {"not available"}
    assert verdict(results).published


def test_records_given_twice_are_told() -> None:
    (warning,) = verdict(gate(pull(replace(LEG, repeats=2, pages=3)), BEFORE)).warnings
    assert warning.observed == "2 records came twice from leg lupus and CAR of ClinicalTrials.gov (pages: 3)"


def test_a_missing_sentinel_is_named_and_holds_the_run() -> None:
    topic = Topic("sle", "ctgov", ("lupus and CAR", "product codes"), ("NCT90000001", "NCT90000002"))
    check = result(gate(pull(LEG, topics=(topic,)), BEFORE), "The search finds every sentinel")
    assert check.holds
    assert check.subject == "ctgov sle"
    assert check.observed == ("1 of 2 sentinels was not found by leg lupus and CAR of ClinicalTrials.gov: NCT90000002")


def test_any_leg_of_a_topic_may_find_a_sentinel_but_no_other_leg() -> None:
    topic = Topic("sle", "ctgov", ("lupus and CAR", "product codes"), ("NCT90000001", "NCT90000002"))
    second = LegPull("ctgov", "product codes", 1, ids_got=frozenset({"NCT90000002"}))
    assert verdict(gate(pull(LEG, second, topics=(topic,)), BEFORE)).published
    elsewhere = replace(second, leg="myasthenia and CAR")
    assert not verdict(gate(pull(LEG, elsewhere, topics=(topic,)), BEFORE)).published


def test_new_fields_are_named_and_hold_nothing() -> None:
    given = verdict(gate(pull(new_fields={"protocolSection.newModule": 3, "otherSection": 12}), BEFORE))
    assert given.published
    (warning,) = given.warnings
    assert warning.observed == (
        "records of ClinicalTrials.gov have fields that are new to us: otherSection (12), protocolSection.newModule (3)"
    )


def test_an_emptied_table_holds_the_run() -> None:
    before = PreviousRelease(tables={"trials": 400, "trial_keywords": 1200, "trial_relations": 3})
    results = gate_tables({"trials": 401, "trial_keywords": 0, "trial_relations": 0}, {}, before)
    assert [each.subject for each in verdict(results).failures] == ["trial_keywords"]


def test_a_table_that_is_gone_holds_the_run() -> None:
    results = gate_tables({"trials": 401}, {}, PreviousRelease(tables={"trials": 400, "trial_arms": 900}))
    assert [each.subject for each in verdict(results).failures] == ["trial_arms"]


def test_a_column_that_emptied_holds_the_run_and_is_named() -> None:
    before = PreviousRelease(fills={("trials", "overall_status"): Fill(400, 400), ("trials", "acronym"): Fill(400, 80)})
    now = {("trials", "overall_status"): Fill(120, 0), ("trials", "acronym"): Fill(120, 20)}
    (failure,) = verdict(gate_tables({"trials": 400}, now, before)).failures
    assert failure.subject == "trials"
    assert failure.observed == (
        "columns of trials lost nearly all their values: "
        "overall_status (0 of 120 filled, 400 of 400 in the last release)"
    )


def test_a_handful_of_rows_cannot_show_that_a_column_emptied() -> None:
    before = PreviousRelease(fills={("trials", "acronym"): Fill(400, 80)})
    assert verdict(gate_tables({}, {("trials", "acronym"): Fill(12, 0)}, before)).published


def test_a_column_that_lost_half_its_values_is_told() -> None:
    before = PreviousRelease(fills={("trials", "sex"): Fill(400, 400)})
    given = verdict(gate_tables({}, {("trials", "sex"): Fill(100, 40)}, before))
    assert given.published
    assert [each.check_name for each in given.warnings] == ["No column has lost half its values"]


def test_fills_count_values_and_add_up() -> None:
    frame = pd.DataFrame({"sex": ["ALL", None], "acronym": [None, None]})
    once = fills({"trials": frame})
    assert once == {("trials", "sex"): Fill(2, 1), ("trials", "acronym"): Fill(2, 0)}
    assert added(once, {("trials", "sex"): Fill(3, 3)})[("trials", "sex")] == Fill(5, 4)


ALL_WRONG = LegPull(
    "ctgov", "named", 5, repeats=1, total_reported=9, pages=1, ids_asked=frozenset({"NCT90000003"}),
    ids_got=frozenset(), stamp_before=STAMP, stamp_after="2026-07-04T09:00:05", dropped=("zzcel",),
)  # fmt: skip


def test_what_failed_is_told_as_the_fact_that_was_found() -> None:
    """Each check of the gate fails once: what people read names the place and is not the check's own name."""
    topic = Topic("sle", "ctgov", ("lupus and CAR", "named"), ("NCT90000009",))
    wrong = pull(LEG, ALL_WRONG, replace(LEG, leg="empty", records=0, total_reported=0), distinct=0, topics=(topic,),
                 new_fields={"x.y": 1}, older={"ctgov": ("NCT90000004",)})  # fmt: skip
    before = PreviousRelease(
        legs={("ctgov", "named"): 90}, distinct={"ctgov": 400}, tables={"trials": 400, "gone": 3},
        fills={("trials", "sex"): Fill(400, 400), ("trials", "acronym"): Fill(400, 400)},
    )  # fmt: skip
    now = {("trials", "sex"): Fill(100, 0), ("trials", "acronym"): Fill(100, 30)}
    results = [*gate(wrong, before), *gate_tables({"trials": 0}, now, before)]
    failed = [each for each in results if each.status == "failed"]
    names = {each.check_name for each in results}
    assert {each.check_name for each in failed} == names
    for each in failed:
        assert each.check_name not in each.sentence
        named = ("ClinicalTrials.gov", "trials", "gone", "copy older")
        assert any(word in each.sentence for word in named), each.sentence
        assert each.sentence[0].isupper() or each.sentence[0].isdigit()

"""Every total of the queries that follow trials and papers one by one, against pandas."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from datetime import date

import pandas as pd
import pytest

from tests.warehouse import counting
from tests.warehouse.counting import (
    Frames,
    absent,
    by,
    counted,
    months_between,
    of,
    period_end,
    reports,
    rounded,
    rows,
    tally,
    trials_of,
    word,
    year,
)
from warehouse.querying.reading import Connection


def test_status_flow(filled: Connection, frames: Frames) -> None:
    moves: list[tuple[str, str]] = []
    states = of(frames, "trial_states").sort_values(["nct_id", "state_no"])
    for _, group in states.groupby("nct_id"):
        before = None
        for status in map(word, group["overall_status"]):
            if status != before:
                moves.append((before or "first known", status))
                before = status
    assert {(row["from_status"], row["to_status"]): row["n_changes"] for row in rows(filled, "status_flow")} == tally(
        moves
    )


def test_planned_against_actual(filled: Connection, frames: Frames) -> None:
    trials = counted(frames)
    kept = trials[(trials["enrollment_type"] == "ACTUAL") & (trials["overall_status"] != "WITHDRAWN")]
    states = frames["trial_states"].sort_values("state_no")
    found = by(rows(filled, "planned_against_actual"), "nct_id")
    assert set(found) == set(kept["nct_id"])
    for trial in trials_of(kept):
        own = states[(states["nct_id"] == trial["nct_id"]) & (states["enrollment_type"] == "ESTIMATED")]
        plans = [plan for plan in own["enrollment_count"] if not absent(plan)]
        row = found[trial["nct_id"]]
        assert row["first_planned"] == (plans[0] if plans else None)
        assert row["last_planned"] == (plans[-1] if plans else None)
        if plans and not absent(trial["enrollment_count"]):
            assert row["percent_of_plan"] == pytest.approx(100 * trial["enrollment_count"] / plans[0], abs=0.1)


def test_trials_one_by_one(filled: Connection, frames: Frames) -> None:
    today = counting.data_date(frames)
    found = by(rows(filled, "trials"), "nct_id")
    assert set(found) == set(counted(frames)["nct_id"])
    for trial in trials_of(counted(frames)):
        row = found[trial["nct_id"]]
        ahead = []
        for place, name in enumerate(("start", "primary completion", "completion")):
            column = f"{name.replace(' ', '_')}_date"
            if not absent(trial[column]) and period_end(trial[column], trial[f"{column}_precision"]) >= today:
                ahead.append((trial[column], place, name))
        expected = min(ahead)[::2] if ahead and trial["overall_status"] != "WITHDRAWN" else (None, None)
        assert (row["next_milestone_date"], row["next_milestone"]) == expected
        assert word(row["overall_status"]) == word(trial["overall_status"])


def test_slipped_dates(filled: Connection, frames: Frames) -> None:
    states = of(frames, "trial_states").sort_values(["nct_id", "state_no"])
    expected = {}
    for nct_id, group in states.groupby("nct_id"):
        stated = group[[not absent(day) for day in group["primary_completion_date"]]]
        dates = list(zip(stated["primary_completion_date"], stated["primary_completion_date_precision"], strict=True))
        moves = [
            1 if day > before else -1
            for (before, of_before), (day, of_day) in itertools.pairwise(dates)
            if (of_before == of_day == "day" and day != before) or (day.year, day.month) != (before.year, before.month)
        ]
        if moves:
            expected[nct_id] = (dates[0][0], moves.count(1), moves.count(-1))
    found = by(rows(filled, "slipped_dates"), "nct_id")
    assert {key: (row["first_known"], row["n_later"], row["n_earlier"]) for key, row in found.items()} == expected
    for row in found.values():
        if row["primary_completion_date"] is not None:
            assert row["months_later"] == months_between(row["first_known"], row["primary_completion_date"])


def test_registered_after_start(filled: Connection, frames: Frames) -> None:
    verdicts: dict[int | None, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for trial in trials_of(counted(frames)):
        registered = (
            trial["first_posted_date"] if absent(trial["first_submitted_date"]) else trial["first_submitted_date"]
        )
        verdict = "n_cannot_tell"
        if trial["start_date_type"] == "ESTIMATED":
            verdict = "n_planned"
        elif not absent(trial["start_date"]) and not absent(registered):
            late = (pd.Timestamp(registered) - period_end(trial["start_date"], trial["start_date_precision"])).days
            if pd.Timestamp(registered) <= pd.Timestamp(trial["start_date"]):
                verdict = "n_before"
            elif late > 0:
                verdict = "n_later" if late > 21 else "n_within_21_days"
        verdicts[year(trial["start_date"])][verdict] += 1
    found = by(rows(filled, "registered_after_start"), "start_year")
    assert set(found) == set(verdicts)
    for start_year, expected in verdicts.items():
        names = ("n_planned", "n_before", "n_within_21_days", "n_later", "n_cannot_tell")
        assert {name: found[start_year][name] for name in names if found[start_year][name]} == dict(expected)
        assert found[start_year]["n_trials"] == sum(expected.values())


def test_results_overdue(filled: Connection, frames: Frames) -> None:
    expected, today = {}, counting.data_date(frames)
    for trial in trials_of(counted(frames)):
        if trial["overall_status"] == "WITHDRAWN" or trial["has_results"] or absent(trial["primary_completion_date"]):
            continue
        ended = period_end(trial["primary_completion_date"], trial["primary_completion_date_precision"])
        due = ended + pd.DateOffset(months=12)
        if trial["primary_completion_date_type"] != "ESTIMATED" and due < today:
            expected[trial["nct_id"]] = sum(due + pd.DateOffset(months=n) <= today for n in range(1, 99))
    found = by(rows(filled, "results_overdue"), "nct_id")
    assert set(found) == set(expected)
    assert {nct_id: row["months_overdue"] for nct_id, row in found.items()} == expected


def test_scope_drift(filled: Connection, frames: Frames) -> None:
    trials = frames["trials"]
    interventional = set(trials[trials["study_type"] == "INTERVENTIONAL"]["nct_id"])
    profiles = {(row["nct_id"], row["state_no"]): row["target_antigens"] for row in trials_of(frames["profile_states"])}
    expected = []
    for nct_id, group in frames["trial_states"].sort_values("state_no").groupby("nct_id"):
        states = trials_of(group)
        if nct_id not in interventional or "in_scope" not in {state["scope"] for state in states}:
            continue
        for before, after in itertools.pairwise(states):
            if before["scope"] != after["scope"]:
                expected.append((nct_id, after["state_no"], "scope"))
            if (counting.entries(before["diseases"])) != counting.entries(after["diseases"]):
                expected.append((nct_id, after["state_no"], "diseases"))
            targets = [profiles.get((nct_id, state["state_no"])) for state in (before, after)]
            if None not in targets and targets[0] != targets[1]:
                expected.append((nct_id, after["state_no"], "target_antigens"))
    found = rows(filled, "scope_drift")
    assert tally((row["nct_id"], row["attribute"]) for row in found) == tally(
        (nct_id, name) for nct_id, _, name in expected
    )
    assert all(row["value_before"] != row["value_after"] for row in found)


def test_papers_reporting(filled: Connection, frames: Frames) -> None:
    trials = {trial["nct_id"]: trial for trial in trials_of(counted(frames))}
    papers = reports(frames)
    papers = papers[papers["nct_id"].isin(list(trials))]
    found = by(rows(filled, "papers_reporting"), "nct_id")
    assert {nct_id: row["n_papers"] for nct_id, row in found.items()} == tally(papers["nct_id"])
    retracted = tally(papers[papers["is_retracted"].astype(bool)]["nct_id"])
    assert {nct_id: row["n_retracted"] for nct_id, row in found.items() if row["n_retracted"]} == retracted
    for nct_id, row in found.items():
        dates = [day for day in papers[papers["nct_id"] == nct_id]["publication_date"] if not absent(day)]
        assert row["first_paper"] == (min(dates) if dates else None)
        assert row["months_from_start"] == months_between(trials[nct_id]["start_date"], row["first_paper"])
        assert row["months_from_registration"] == months_between(
            trials[nct_id]["first_posted_date"], row["first_paper"]
        )
        assert row["n_trials_reported"] == len(found)


def test_papers_without_registration(filled: Connection, frames: Frames) -> None:
    papers = frames["publications"]
    ties = frames["trial_publications"]
    tied = set(ties[ties["relation"].isin(["reports", "protocol"])]["pmid"])
    numbered = set(frames["publication_trial_numbers"]["pmid"])
    expected = {
        paper["pmid"]
        for paper in trials_of(papers)
        if paper["scope"] == "in_scope"
        and not paper["is_deleted"]
        and "Review" not in (paper["publication_types"] or [])
        and paper["pmid"] not in tied | numbered
    }
    assert set(by(rows(filled, "papers_without_registration"), "pmid")) == expected


def test_new_and_lost_by_month(filled: Connection, frames: Frames) -> None:
    now = {t["nct_id"]: t["scope"] for t in trials_of(frames["trials"]) if t["study_type"] == "INTERVENTIONAL"}
    seen: dict[tuple[date, str], set[str]] = defaultdict(set)
    for nct_id, group in frames["trial_events"].sort_values("observed_at").groupby("nct_id"):
        if nct_id not in now:
            continue
        events = trials_of(group)
        for place, event in enumerate(events):
            month = event["occurred_on"].replace(day=1)
            details = json.loads(event["details"])
            later = [e for e in events[place + 1 :] if e["event_type"] in ("entered_scope", "left_scope")]
            scope = json.loads(later[0]["details"])["old_scope"] if later else now[nct_id]
            kind = {"alias": "gone", "withheld": "gone", "removed": "gone"}.get(
                event["event_type"], event["event_type"]
            )
            if kind == "entered_scope":
                is_counted = details["new_scope"] == "in_scope"
            elif kind == "left_scope":
                is_counted = details["old_scope"] == "in_scope"
            else:
                is_counted = scope == "in_scope"
            if is_counted:
                seen[month, f"n_{kind}"].add(nct_id)
    found = by(rows(filled, "new_and_lost_by_month"), "month")
    kinds = ("n_registered", "n_entered_scope", "n_returned", "n_left_scope", "n_left_search", "n_gone")
    told = {(month, kind): row[kind] for month, row in found.items() for kind in kinds if row[kind]}
    assert told == {key: len(trials) for key, trials in seen.items()}
    assert all(row["n_new"] == row["n_registered"] + row["n_entered_scope"] for row in found.values())
    assert len(found) == len(pd.period_range(min(found), max(found), freq="M"))


def test_median_days_are_those_between_the_states(small: Connection) -> None:
    """States of the made-up warehouse are 90 days apart."""
    days = {row["median_days_before"] for row in rows(small, "status_flow") if row["from_status"] != "first known"}
    assert {rounded(number) for number in days} <= {90.0, 180.0, 135.0}

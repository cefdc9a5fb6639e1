"""What is public a year after completion, and harms as posted, against pandas."""

from __future__ import annotations

import pandas as pd

from tests.warehouse import counting
from tests.warehouse.counting import Frames, absent, counted, period_end, reports, rows, trials_of, year
from warehouse.querying.reading import Connection


def test_what_is_public_a_year_after_completion(filled: Connection, frames: Frames) -> None:
    reported, today = set(reports(frames)["nct_id"]), counting.data_date(frames)
    expected: dict[tuple[int | None, str], set[str]] = {}
    for trial in trials_of(counted(frames)):
        day, nct_id = trial["primary_completion_date"], trial["nct_id"]
        if (
            absent(day)
            or trial["overall_status"] == "WITHDRAWN"
            or trial["primary_completion_date_type"] == "ESTIMATED"
        ):
            continue
        if period_end(day, trial["primary_completion_date_precision"]) + pd.DateOffset(months=12) >= today:
            continue
        has_results = not absent(trial["has_results"]) and bool(trial["has_results"])
        parts = [*(["results posted"] if has_results else []), *(["paper"] if nct_id in reported else [])]
        expected.setdefault((year(day), " and ".join(parts) or "neither"), set()).add(nct_id)
    found = rows(filled, "results_after_completion")
    assert {(row["completion_year"], row["made_public"]): set(row["nct_ids"]) for row in found} == expected
    total = sum(map(len, expected.values()))
    assert all(row["n_trials"] == len(row["nct_ids"]) and row["n_trials_finished"] == total for row in found)


def test_harms_as_posted_group_by_group(filled: Connection, frames: Frames) -> None:
    trials = {trial["nct_id"]: trial for trial in trials_of(counted(frames))}
    groups = frames["trial_result_groups"]
    of_events = groups[(groups["module"] == "adverse_events") & groups["nct_id"].isin(trials)]
    found = {(row["nct_id"], row["group_no"]): row for row in rows(filled, "posted_harms")}
    assert set(found) == set(zip(of_events["nct_id"], of_events["group_no"], strict=True))
    events = frames["trial_adverse_events"]
    for group in of_events.to_dict("records"):
        row = found[group["nct_id"], group["group_no"]]
        for name in ("deaths_n_affected", "deaths_n_at_risk", "serious_n_affected", "serious_n_at_risk"):
            assert row[name] == (None if absent(group[name]) else group[name])
        own = events[(events["nct_id"] == group["nct_id"]) & (events["group_no"] == group["group_no"])]
        had = [one for one in own.to_dict("records") if one["is_serious"] and (one["n_affected"] or 0) > 0]
        assert row["n_serious_terms"] == len({one["term_no"] for one in had})
        most = max(had, key=lambda one: (one["n_affected"], -one["term_no"]), default=None)
        told = None if most is None else _told(most)
        assert row["most_frequent"] == told


def _told(event: dict[str, object]) -> str:
    at_risk = "not told" if absent(event["n_at_risk"]) else event["n_at_risk"]
    return f"{'not named' if absent(event['term']) else event['term']} {event['n_affected']} of {at_risk}"


def test_there_are_made_up_results_to_count(small_frames: Frames) -> None:
    counts = {
        name: len(small_frames[name]) for name in ("trial_results", "trial_result_groups", "trial_adverse_events")
    }
    assert all(count > 5 for count in counts.values()), counts

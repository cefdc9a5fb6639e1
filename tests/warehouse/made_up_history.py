"""Made-up states, versions and events: what became of trials of a made-up warehouse."""

from __future__ import annotations

import hashlib
import itertools
import random
from datetime import date, datetime, timedelta
from typing import Any

Rows = dict[str, list[dict[str, Any]]]

STATUSES = [
    "RECRUITING",
    "RECRUITING",
    "NOT_YET_RECRUITING",
    "ACTIVE_NOT_RECRUITING",
    "COMPLETED",
    "TERMINATED",
    "SUSPENDED",
    "WITHDRAWN",
    "UNKNOWN",
    None,
]


def states(made: Rows, draw: random.Random, trial: dict[str, Any]) -> None:
    """One to three states of a trial, the last as it is now, with versions and events."""
    since = trial["first_posted_date"] or date(2024, 1, 1)
    began = datetime(since.year, since.month, since.day)
    earlier = []
    for _ in range(draw.choice([0, 0, 1, 2])):
        earlier.append(
            trial
            | {
                "overall_status": draw.choice(STATUSES),
                "enrollment_type": "ESTIMATED",
                "enrollment_count": draw.choice([10, 20, None]),
                "primary_completion_date_type": "ESTIMATED",
                "primary_completion_date": draw.choice([date(2025, 6, 1), None]),
                "scope": draw.choice([*[trial["scope"]] * 8, "in_scope", "out_of_scope"]),
                "diseases": draw.choice([*[trial["diseases"]] * 5, ["SLE"]]),
            }
        )
    all_states = [*earlier, trial]
    for number, state in enumerate(all_states, start=1):
        ends = None if number == len(all_states) else began + timedelta(days=90)
        times = {
            "state_no": number,
            "version": number,
            "valid_from": began,
            "valid_to": ends,
            "known_from": began,
            "known_to": ends,
        }
        made["trial_states"].append(state | times)
        if (
            state["scope"] != "out_of_scope"
            and made["car_t_profiles"]
            and made["car_t_profiles"][-1]["nct_id"] == trial["nct_id"]
        ):
            antigens = (
                made["car_t_profiles"][-1]["target_antigens"]
                if number == len(all_states) or draw.random() < 0.8
                else ["CD19"]
            )
            made["profile_states"].append(made["car_t_profiles"][-1] | {"target_antigens": antigens} | times)
        made["trial_versions"].append(
            {
                "nct_id": trial["nct_id"],
                "version": number,
                "valid_from": began,
                "valid_to": ends,
                "observed_at": began,
                "content_sha256": sha256_of(f"{trial['nct_id']}{number}"),
                "origin": "observed",
                "run_id": "run-1",
            }
        )
        began += timedelta(days=90)
    _events(made, draw, trial, all_states)


def _events(made: Rows, draw: random.Random, trial: dict[str, Any], states: list[dict[str, Any]]) -> None:
    told: list[tuple[str, str]] = [("registered", "{}")]
    for before, after in itertools.pairwise(states):
        order = {"out_of_scope": 0, "follow_up": 1, "in_scope": 2}
        if before["scope"] != after["scope"]:
            kind = "entered_scope" if order[after["scope"]] > order[before["scope"]] else "left_scope"
            told.append((kind, f'{{"old_scope":"{before["scope"]}","new_scope":"{after["scope"]}"}}'))
    if trial["registry_state"] != "present":
        told.append((trial["registry_state"], "{}"))
    elif draw.random() < 0.1:
        told += [("left_search", "{}"), ("returned", "{}")]
    when = trial["first_posted_date"] or date(2024, 1, 1)
    for event_type, details in told:
        made["trial_events"].append(
            {
                "event_id": sha256_of(f"{trial['nct_id']}{event_type}{when}"),
                "nct_id": trial["nct_id"],
                "event_type": event_type,
                "occurred_on": when,
                "observed_at": datetime(when.year, when.month, when.day, 3),
                "run_id": "run-1",
                "summary": event_type,
                "details": details,
                "materiality": "high",
            }
        )
        when += timedelta(days=draw.randrange(20, 200))


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

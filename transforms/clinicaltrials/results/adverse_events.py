"""Adverse events: each listed event and group with affected and at risk, serious ones first.

Other events are posted only above a threshold of frequency: one that is not listed is not zero. None has a grade.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transforms.clinicaltrials.parts import Study
from transforms.clinicaltrials.results.budget import Budget
from transforms.clinicaltrials.results.groups import Groups

TABLE = "trial_adverse_events"
LISTS = ((True, "seriousEvents"), (False, "otherEvents"))


def event_rows(
    parts: Study, nct_id: str, module: Mapping[str, Any], groups: Groups, threshold: float | None, budget: Budget
) -> list[dict[str, Any]]:
    """Rows of trial_adverse_events. The threshold holds for events that are not serious."""
    rows: list[dict[str, Any]] = []
    term_no, numbers = 0, groups.numbers
    for is_serious, listed in LISTS:
        for _, event in parts.items(module, listed, f"{TABLE}.term"):
            term_no += 1
            shared = {
                "nct_id": nct_id, "term_no": term_no, "organ_system": event.get("organSystem"),
                "term": event.get("term"), "vocabulary": event.get("sourceVocabulary"),
                "assessment_type": event.get("assessmentType"), "notes": event.get("notes"), "is_serious": is_serious,
                "time_frame": module.get("timeFrame"), "frequency_threshold": None if is_serious else threshold,
            }  # fmt: skip
            for _, given in budget.take(parts.items(event, "stats", f"{TABLE}.n_affected"), shared):
                number, group_id = len(rows) + 1, given.get("groupId")
                rows.append({
                    **shared, "event_no": number, "group_id": group_id,
                    "group_no": numbers.get(group_id) if type(group_id) is str else None,
                    "n_affected": given.get("numAffected"), "n_at_risk": given.get("numAtRisk"),
                    "n_events": given.get("numEvents"),
                })  # fmt: skip
                if rows[-1]["group_no"] is None:
                    groups.known(parts, group_id, f"{TABLE}.group_id[{number}]")
    return rows

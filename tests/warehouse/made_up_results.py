"""Posted results of made-up trials: one to three groups, events that several, one or none of them had."""

from __future__ import annotations

import random
from typing import Any

TERMS = ("Sepsis", "Cytokine release syndrome", None)


def posted(made: dict[str, list[dict[str, Any]]], number: int, nct_id: str) -> None:
    """Rows of groups and adverse events; counts are now and then not told."""
    draw = random.Random(number)
    made["trial_results"].append({"nct_id": nct_id, "adverse_events_time_frame": draw.choice(["1 year", None]),
                                  "frequency_threshold": 5.0})  # fmt: skip
    groups = range(1, 1 + draw.randint(1, 3))
    for group in groups:
        n = draw.choice([0, 6, 12])
        made["trial_result_groups"].append({
            "nct_id": nct_id, "group_no": group, "module": "adverse_events", "group_id": f"EG00{group}",
            "title": f"Group {group}", "deaths_n_affected": draw.choice([0, 1, None]), "deaths_n_at_risk": n,
            "serious_n_affected": draw.choice([0, 2]), "serious_n_at_risk": n,
        })  # fmt: skip
    for term_no, term in enumerate((*TERMS, TERMS[0]), 1):  # one is listed twice
        for group in groups:
            made["trial_adverse_events"].append({
                "nct_id": nct_id, "event_no": len(groups) * (term_no - 1) + group, "term_no": term_no, "term": term,
                "is_serious": draw.random() < 0.7, "group_no": group, "n_affected": draw.choice([0, 1, 3, None]),
                "n_at_risk": draw.choice([6, None]),
            })  # fmt: skip

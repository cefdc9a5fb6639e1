"""What came with posted results, in one line and as details of the event: each group by itself, none pooled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from transforms.shaped import Rows
from transforms.shown import shortened

FEW = 3  # groups named one by one in a line; more are counted
MOST = 20  # groups in an event's details
TOLD_OF_GROUP = (
    "title", "deaths_n_affected", "deaths_n_at_risk", "serious_n_affected", "serious_n_at_risk",
)  # fmt: skip
# The tables that are read here.
READ = ("trial_results", "trial_result_groups", "trial_result_measures", "trial_adverse_events")


def posted_details(rows: Rows) -> dict[str, Any]:
    """What an event of posted results says beside its changes; nothing where no section came."""
    if not rows.get("trial_results"):
        return {}
    measures, events = rows.get("trial_result_measures", []), rows.get("trial_adverse_events", [])
    posted = [one for one in measures if one.get("reporting_status") != "NOT_POSTED"]
    primary = [one for one in posted if one.get("type") == "PRIMARY"]
    groups = [one for one in rows.get("trial_result_groups", []) if one["module"] == "adverse_events"]
    return {
        "results": {
            "n_primary_outcomes": len(primary),
            "n_other_outcomes": len(posted) - len(primary),
            "n_not_posted": len(measures) - len(posted),
            "primary_outcomes": [shortened(str(one["title"])) for one in primary[:MOST] if one.get("title")],
            "n_groups": len(groups),
            "groups": [{name: _possible(one.get(name)) for name in TOLD_OF_GROUP} for one in groups[:MOST]],
            "n_serious_terms": len({one["term_no"] for one in events if one["is_serious"]}),
            "frequency_threshold": rows["trial_results"][0].get("frequency_threshold"),
        }
    }


def posted_clauses(details: Mapping[str, Any]) -> Iterator[str]:
    """ "values of 1 primary and 2 other outcomes", then deaths and serious events of each group."""
    told = details.get("results")
    if told is None:
        return
    counted = {"primary": told["n_primary_outcomes"], "other": told["n_other_outcomes"]}
    said = [f"{count} {kind} outcome{'s' if count > 1 else ''}" for kind, count in counted.items() if count]
    yield f"values of {' and '.join(said)}" if said else "no values of outcomes"
    if told["n_not_posted"]:
        yield f"{told['n_not_posted']} not posted yet"
    for of, name in (("deaths", "deaths"), ("serious", "participants with serious adverse events")):
        few = told["groups"] if told["n_groups"] <= FEW else []
        said = [
            f"{_said(one[f'{of}_n_affected'])} of {one[f'{of}_n_at_risk']}"
            + (f" ({shortened(str(one['title']), 30)})" if told["n_groups"] > 1 else "")
            for one in few
            if one[f"{of}_n_at_risk"] is not None
        ]
        if said:
            yield f"{name}: {'; '.join(said)}"
    if told["n_groups"] > FEW:
        yield f"deaths and adverse events of {told['n_groups']} groups apart"


def _possible(given: Any) -> Any:
    """A value as the table has it: without a count below zero, which waits in quarantine."""
    return None if isinstance(given, int) and given < 0 else given


def _said(count: int | None) -> str:
    return "not told" if count is None else str(count)

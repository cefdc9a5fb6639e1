"""Participant flow: who started, completed and left, period by period and group by group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transforms.clinicaltrials.parts import Study
from transforms.clinicaltrials.results.amounts import count
from transforms.clinicaltrials.results.budget import Budget
from transforms.clinicaltrials.results.groups import Groups

TABLE = "trial_result_flow"
# Kind -> its list in a period, the list of its counts, and the word for what it is.
KINDS = {"milestone": ("milestones", "achievements"), "withdrawal": ("dropWithdraws", "reasons")}


def flow_rows(
    parts: Study, nct_id: str, module: Mapping[str, Any], groups: Groups, budget: Budget
) -> list[dict[str, Any]]:
    """Rows of trial_result_flow."""
    rows: list[dict[str, Any]] = []
    for period_no, period in parts.items(module, "periods", f"{TABLE}.period_no"):
        for kind, (listed, counted) in KINDS.items():
            for _, item in parts.items(period, listed, f"{TABLE}.type"):
                shared = {
                    "nct_id": nct_id, "period_no": period_no, "period": period.get("title"), "kind": kind,
                    "type": item.get("type"), "type_comment": item.get("comment"),
                }  # fmt: skip
                for _, given in budget.take(parts.items(item, counted, f"{TABLE}.n_participants"), shared):
                    rows.append(_counted(parts, given, groups, shared | {"flow_no": len(rows) + 1}))
    return rows


def _counted(parts: Study, given: Mapping[str, Any], groups: Groups, row: dict[str, Any]) -> dict[str, Any]:
    number, group_id = row["flow_no"], given.get("groupId")
    people = count(parts, given.get("numSubjects"), (TABLE, number, "n_participants"))
    units = count(parts, given.get("numUnits"), (TABLE, number, "n_units"))
    row["group_no"], row["group_id"] = groups.known(parts, group_id, f"{TABLE}.group_id[{number}]"), group_id
    row["n_participants_text"], row["n_participants"] = people.text, whole(people.number)
    row["n_units_text"], row["n_units"] = units.text, whole(units.number)
    row["comment"] = given.get("comment")
    return row


def whole(number: float | None) -> int | None:
    """A count as the whole number that it is."""
    return None if number is None else int(number)

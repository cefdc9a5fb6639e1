"""The registry's records of each night."""

from __future__ import annotations

import copy

from demo.edits import ABSENT, NIGHTS, edit_night, rename, spoil
from demo.lookalikes import WRITTEN_OUT
from demo.notable import NOTABLE
from demo.ordinary import ordinary
from demo.plan import Plan
from demo.results import post_results, results_section
from demo.studies import Study, study
from demo.written_out import written_out


def plans() -> tuple[Plan, ...]:
    return (*NOTABLE, *ordinary())


def first_seen() -> dict[str, int]:
    """NCT id -> night (1, 2 or 3) on which it is first there."""
    nights = {plan.nct_id: plan.posted_night for plan in plans()}
    return nights | {plan.nct_id: 2 if plan.posted == "2026-09-01" else 1 for plan in WRITTEN_OUT}


def nights() -> list[dict[str, Study]]:
    """The studies of the three nights, by NCT id in ascending order."""
    known = {plan.nct_id: study(plan) for plan in plans()}
    known |= {plan.nct_id: written_out(plan) for plan in WRITTEN_OUT}
    spoil(known)
    finished = known["NCT90100044"]
    post_results(finished["protocolSection"], "2025-10-02", "2025-11-20")
    finished |= {"resultsSection": results_section(finished["protocolSection"]), "hasResults": True}
    since = first_seen()
    recorded = []
    for night, day in enumerate(NIGHTS, 1):
        if night > 1:
            there = {nct_id: record for nct_id, record in known.items() if since[nct_id] < night}
            edit_night(night, there)
            for record in known.values():
                rename(record["protocolSection"])
        served = {}
        for nct_id in sorted(known):
            if since[nct_id] > night or night in ABSENT.get(nct_id, ()):
                continue
            served[nct_id] = copy.deepcopy(known[nct_id])
            served[nct_id]["derivedSection"]["miscInfoModule"]["versionHolder"] = day
        recorded.append(served)
    return recorded

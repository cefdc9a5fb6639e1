"""A results section as a whole: rows of its tables, none where a record has no results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from transforms.clinicaltrials.parts import Study
from transforms.clinicaltrials.results.adverse_events import event_rows
from transforms.clinicaltrials.results.amounts import Amount, amount
from transforms.clinicaltrials.results.baseline import baseline_rows
from transforms.clinicaltrials.results.budget import Budget
from transforms.clinicaltrials.results.flow import flow_rows
from transforms.clinicaltrials.results.groups import GroupRows, counted, text_or_none
from transforms.clinicaltrials.results.outcomes import outcome_rows
from transforms.shaped import Problem, Rows, start_of

SECTION = "resultsSection"


def result_rows(
    study: Mapping[str, Any], nct_id: str, outcomes: Sequence[Mapping[str, Any]]
) -> tuple[Rows, list[Problem]]:
    """Rows of the results of one study, by table, and what could not be read. Never raises.

    `outcomes` are its rows of trial_outcomes, which the measures are tied to.
    """
    section = study.get(SECTION)
    if not isinstance(section, dict):
        wrong = [] if section is None else [Problem(SECTION, start_of(section), "an object was expected")]
        return {}, wrong
    parts, budget = Study(study), Budget()
    modules = {
        name: parts.module(SECTION, f"{name}Module")
        for name in ("participantFlow", "baselineCharacteristics", "outcomeMeasures", "adverseEvents", "moreInfo")
    }
    flow, baseline, events = (modules[name] for name in ("participantFlow", "baselineCharacteristics", "adverseEvents"))
    groups = GroupRows(nct_id, budget)
    counts = counted(parts, baseline, "trial_result_groups")
    of_flow = groups.add(parts, "participant_flow", (flow, "groups"))
    of_baseline = groups.add(
        parts, "baseline", (baseline, "groups"), counts, unit=text_or_none(baseline.get("typeUnitsAnalyzed"))
    )
    threshold = amount(parts, events.get("frequencyThreshold"), ("trial_results", None, "frequency_threshold"), 0, 100)
    rows = {"trial_results": [_trial(nct_id, parts, modules, threshold)]}
    rows["trial_result_flow"] = flow_rows(parts, nct_id, flow, of_flow, budget)
    rows["trial_result_baseline"] = baseline_rows(parts, nct_id, baseline, of_baseline, budget)
    rows |= outcome_rows(parts, nct_id, modules["outcomeMeasures"], outcomes, groups, budget)
    of_events = groups.add(parts, "adverse_events", (events, "eventGroups"))
    rows["trial_adverse_events"] = event_rows(parts, nct_id, events, of_events, threshold.number, budget)
    rows["trial_result_groups"] = groups.rows
    if budget.left_out:
        parts.note(SECTION, "", f"{budget.left_out:,} of its values are more than are read of one record")
    return rows, parts.problems


def _trial(nct_id: str, parts: Study, modules: Mapping[str, Mapping[str, Any]], threshold: Amount) -> dict[str, Any]:
    flow, baseline, events = (modules[name] for name in ("participantFlow", "baselineCharacteristics", "adverseEvents"))
    limitations = parts.part(modules["moreInfo"], "limitationsAndCaveats", "trial_results.limitations")
    return {
        "nct_id": nct_id,
        "recruitment_details": flow.get("recruitmentDetails"),
        "pre_assignment_details": flow.get("preAssignmentDetails"),
        "flow_unit": flow.get("typeUnitsAnalyzed"),
        "baseline_population_text": baseline.get("populationDescription"),
        "adverse_events_time_frame": events.get("timeFrame"),
        "adverse_events_description": events.get("description"),
        "frequency_threshold_text": threshold.text,
        "frequency_threshold": threshold.number,
        "mortality_comment": events.get("allCauseMortalityComment"),
        "limitations": limitations.get("description"),
    }

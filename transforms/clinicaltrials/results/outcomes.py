"""Outcome measures with their values and statistical analyses, each tied to the outcome that was declared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from transforms.clinicaltrials.parts import Study
from transforms.clinicaltrials.results.amounts import Place, amount, compared, path_of
from transforms.clinicaltrials.results.budget import Budget
from transforms.clinicaltrials.results.groups import GroupRows, Groups, counted, text_or_none
from transforms.clinicaltrials.results.measurements import Measured, limits, value_rows
from transforms.shaped import Rows

MODULE = "outcome"
MEASURES, VALUES, ANALYSES = "trial_result_measures", "trial_result_values", "trial_result_analyses"
OUTCOME_TYPES = {"PRIMARY": "primary", "SECONDARY": "secondary", "OTHER_PRE_SPECIFIED": "other", "POST_HOC": "other"}


def outcome_rows(
    parts: Study, nct_id: str, module: Mapping[str, Any], declared: Sequence[Mapping[str, Any]],
    group_rows: GroupRows, budget: Budget,
) -> Rows:  # fmt: skip
    """Rows of measures, values and analyses; `declared` are the trial's rows of trial_outcomes."""
    rows: Rows = {MEASURES: [], VALUES: [], ANALYSES: []}
    by_title = _by_title(declared)
    for result_no, measure in parts.items(module, "outcomeMeasures", f"{MEASURES}.result_no"):
        if not budget.take((result_no,), {}):
            continue
        unit = measure.get("denomUnitsSelected") or measure.get("typeUnitsAnalyzed")
        rows[MEASURES].append(_measure(nct_id, result_no, measure, unit, by_title))
        counts = counted(parts, measure, MEASURES, result_no)
        groups = group_rows.add(
            parts, MODULE, (measure, "groups"), counts, result_no=result_no, unit=text_or_none(unit)
        )
        measured = Measured(VALUES, "value_no", {"nct_id": nct_id, "result_no": result_no}, *limits(measure))
        rows[VALUES].extend(value_rows(parts, measured, measure, groups, budget, len(rows[VALUES])))
        for _, analysis in budget.take(parts.items(measure, "analyses", f"{ANALYSES}.result_no"), {}):
            number = len(rows[ANALYSES]) + 1
            row = {"nct_id": nct_id, "analysis_no": number, "result_no": result_no}
            rows[ANALYSES].append(row | _analysis(parts, analysis, groups, number))
    return rows


def _by_title(declared: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for outcome in declared:
        if isinstance(title := outcome.get("measure"), str):
            found.setdefault(title, []).append(outcome)
    return found


def _outcome_no(measure: Mapping[str, Any], by_title: Mapping[str, Sequence[Mapping[str, Any]]]) -> int | None:
    """The declared outcome of the same title; of several the one of the same type and time frame, else none."""
    title = measure.get("title")
    same = by_title.get(title, ()) if isinstance(title, str) else ()
    if len(same) > 1:
        outcome_type, time_frame = OUTCOME_TYPES.get(str(measure.get("type"))), measure.get("timeFrame")
        same = [one for one in same if one["outcome_type"] == outcome_type and one.get("time_frame") == time_frame]
    return same[0]["outcome_no"] if len(same) == 1 else None


def _measure(
    nct_id: str, result_no: int, measure: Mapping[str, Any], unit: object,
    by_title: Mapping[str, Sequence[Mapping[str, Any]]],
) -> dict[str, Any]:  # fmt: skip
    return {
        "nct_id": nct_id,
        "result_no": result_no,
        "outcome_no": _outcome_no(measure, by_title),
        "type": measure.get("type"),
        "title": measure.get("title"),
        "description": measure.get("description"),
        "time_frame": measure.get("timeFrame"),
        "population_text": measure.get("populationDescription"),
        "param_type": measure.get("paramType"),
        "dispersion_type": measure.get("dispersionType"),
        "unit": measure.get("unitOfMeasure"),
        "denominator_unit": unit,
        "reporting_status": measure.get("reportingStatus"),
        "anticipated_posting_date": measure.get("anticipatedPostingDate"),
    }


def _analysis(parts: Study, analysis: Mapping[str, Any], groups: Groups, number: int) -> dict[str, Any]:
    def place(column: str) -> Place:
        return ANALYSES, number, column

    of_groups = path_of(place("group_ids"))
    group_ids = parts.word_list(analysis, "groupIds", of_groups)
    for group_id in group_ids or ():
        groups.known(parts, group_id, of_groups)
    operator, p_value = compared(parts, analysis.get("pValue"), place("p_value"))
    row = {
        "group_ids": group_ids,
        "group_description": analysis.get("groupDescription"),
        "param_type": analysis.get("paramType"),
        "dispersion_type": analysis.get("dispersionType"),
        "statistical_method": analysis.get("statisticalMethod"),
        "statistical_comment": analysis.get("statisticalComment"),
        "p_value_text": p_value.text,
        "p_value_operator": operator,
        "p_value": p_value.number,
        "p_value_comment": analysis.get("pValueComment"),
        "ci_percent": amount(parts, analysis.get("ciPctValue"), place("ci_percent"), 0, 100).number,
        "ci_sides": analysis.get("ciNumSides"),
        "ci_lower_comment": analysis.get("ciLowerLimitComment"),
        "ci_upper_comment": analysis.get("ciUpperLimitComment"),
        "estimate_comment": analysis.get("estimateComment"),
        "tested_non_inferiority": analysis.get("testedNonInferiority"),
        "non_inferiority_type": analysis.get("nonInferiorityType"),
        "non_inferiority_comment": analysis.get("nonInferiorityComment"),
        "other_analysis_description": analysis.get("otherAnalysisDescription"),
    }
    for column, key in (("param_value", "paramValue"), ("dispersion_value", "dispersionValue"),
                        ("ci_lower", "ciLowerLimit"), ("ci_upper", "ciUpperLimit")):  # fmt: skip
        row[f"{column}_text"], row[column] = amount(parts, analysis.get(key), place(column))
    return row

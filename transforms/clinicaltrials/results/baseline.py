"""Baseline characteristics: who the participants were when they came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transforms.clinicaltrials.parts import Study
from transforms.clinicaltrials.results.budget import Budget
from transforms.clinicaltrials.results.groups import Groups, counted, text_or_none
from transforms.clinicaltrials.results.measurements import Measured, limits, value_rows

TABLE = "trial_result_baseline"


def baseline_rows(
    parts: Study, nct_id: str, module: Mapping[str, Any], groups: Groups, budget: Budget
) -> list[dict[str, Any]]:
    """Rows of trial_result_baseline; a measure's own denominators stand before those of the module."""
    rows: list[dict[str, Any]] = []
    for measure_no, measure in parts.items(module, "measures", f"{TABLE}.measure_no"):
        shared = {
            "nct_id": nct_id, "measure_no": measure_no, "title": measure.get("title"),
            "description": measure.get("description"), "population_text": measure.get("populationDescription"),
            "param_type": measure.get("paramType"), "dispersion_type": measure.get("dispersionType"),
            "unit": measure.get("unitOfMeasure"),
        }  # fmt: skip
        own = counted(parts, measure, TABLE)
        analysed = groups.with_own(own, text_or_none(measure.get("denomUnitsSelected")))
        measured = Measured(TABLE, "baseline_no", shared, *limits(measure))
        rows.extend(value_rows(parts, measured, measure, analysed, budget, len(rows)))
    return rows

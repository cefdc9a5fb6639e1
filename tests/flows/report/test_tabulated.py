"""Endpoints, criteria and conditioning as a reader reads them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from flows.report.tabulated import conditioning_lines, criterion_lines, endpoint_lines


def row(**given: Any) -> dict[str, Any]:
    return defaultdict(lambda: None, given)


def test_endpoints_stand_by_type_and_domain() -> None:
    rows = [
        row(outcome_type="primary", domain="efficacy", concept="DORIS remission", role="measured",
            times_months=[6.0], time_kind="at"),
        row(outcome_type="primary", domain="safety", concept="AE", role="measured", min_grade=3, times_months=[24.0],
            time_kind="through"),
        row(outcome_type="primary", domain="efficacy", concept="MG-ADL", role="measured", operator=">=",
            threshold=2.0, unit="points",
            part="Part A"),
        row(outcome_type="other", domain=None, concept=None, role="measured"),
    ]  # fmt: skip
    assert endpoint_lines(rows) == [
        "Primary, efficacy: DORIS remission at month 6; MG-ADL ≥ 2 points (Part A)",
        "Primary, safety: AE grade ≥ 3 through month 24",
        "Other, not named: nothing known named",
    ]


def test_criteria_stand_by_kind_with_what_may_enter() -> None:
    rows = [
        row(side="inclusion", kind="disease_activity", subject="SLEDAI-2K", eligible_min=7.0, min_inclusive=True,
            alternative_no=1,
            is_conditional=True),
        row(side="exclusion", kind="haematology", subject="platelets", eligible_min=50.0, min_inclusive=True,
            unit="x 10^9/l"),
        row(side="exclusion", kind="washout", subject="rituximab", days=183.0, relative_to="screening"),
        row(side="exclusion", kind="washout", subject="a drug", days=28.0, half_lives=5.0, days_rule="longer"),
        row(side="exclusion", kind="washout", subject="alemtuzumab", is_lifetime=True),
        row(side="inclusion", kind="contraception", subject="contraception", value=12.0, operator=">=",
            unit="months", days=365.0,
            relative_to="infusion", sex="women"),
    ]  # fmt: skip
    assert criterion_lines(rows) == [
        "Disease activity: SLEDAI-2K ≥ 7 (one of several)",
        "Blood count, refused: platelets ≥ 50 x 10^9/l",
        "Washout: rituximab 183 days before screening; a drug 28 days or 5 half-lives, the longer; alemtuzumab ever",
        "Contraception: contraception ≥ 12 months 365 days from infusion (women)",
    ]


def test_conditioning_is_agent_dose_and_days() -> None:
    rows = [
        row(agent="fludarabine", dose_min=30.0, dose_max=30.0, unit="mg/m2/day", n_doses=3, first_day=-5, last_day=-3,
            requirement="required"),
        row(agent="cyclophosphamide", dose_min=300.0, dose_max=500.0, unit="mg/m2", requirement="if needed"),
    ]  # fmt: skip
    assert conditioning_lines(rows) == [
        "Fludarabine 30 mg/m2/day × 3 on day -5 to -3", "Cyclophosphamide 300-500 mg/m2 (if needed)"]  # fmt: skip

"""Titles hold whatever the numbers are."""

from __future__ import annotations

from datetime import date
from typing import Any

from flows.report import findings

TODAY = date(2026, 9, 3)


def years(*pairs: tuple[int | None, int]) -> list[dict[str, Any]]:
    return [{"year": year, "n_trials": n} for year, n in pairs]


def test_registrations_compare_the_years_that_are_over() -> None:
    told = findings.registrations(years((2024, 10), (2025, 20), (2026, 3), (None, 1)), TODAY)
    assert told == "Registrations rose to 20 in 2025, from 10 in 2024, 3 in 2026 so far"
    assert findings.registrations(years((2024, 20), (2025, 10)), TODAY).startswith("Registrations fell to 10")
    assert findings.registrations(years((2024, 20), (2025, 21)), TODAY).startswith("Registrations held at 21")


def test_registrations_of_one_year_or_none() -> None:
    assert findings.registrations(years((2026, 1)), TODAY) == "1 registration this year"
    assert findings.registrations(years((2025, 4)), TODAY) == "4 registrations in 2025"
    assert findings.registrations([], TODAY) == "No trial is counted yet"


def test_the_first_is_told_with_its_share_and_the_second_with_its_number() -> None:
    rows = [
        {"disease": "not stated", "n_trials": 6, "n_trials_total": 10},
        {"disease": "ITP", "n_trials": 1, "n_trials_total": 10},
        {"disease": "SLE", "n_trials": 4, "n_trials_total": 10},
    ]
    assert findings.diseases(rows) == "4 of 10 trials (40\u00a0%) treat SLE; ITP comes second (1)"
    assert findings.diseases(rows[:1]) == "No disease could be read in any of 10 trials"


def test_planned_starts_are_no_finding() -> None:
    rows = [
        {"start_year": year, "cell_source": "autologous", "n_trials": n, "n_trials_in_year": n}
        for year, n in ((2025, 5), (2026, 9), (2027, 2), (None, 3))
    ]
    assert findings.cell_sources(rows, TODAY) == "Of trials that started in 2025: 5 autologous"


def test_silence_is_told_apart_from_none() -> None:
    rows = [
        {"comparator": word, "n_trials": n, "n_trials_total": 10}
        for word, n in (("none", 7), ("placebo", 1), ("not stated", 2))
    ]
    assert findings.comparators(rows) == "7 trials of 10 are single-arm; placebo is the commonest control (1)"
    assert findings.comparators(rows[2:]) == "No comparator could be read in any of 10 trials"
    assert findings.comparators([]) == "No trial is counted yet"


def test_every_title_bears_no_rows_at_all() -> None:
    of_rows = (
        findings.diseases, findings.targets, findings.pairs, findings.cell_types, findings.phases, findings.statuses,
        findings.countries, findings.sponsors, findings.sponsor_types, findings.lymphodepletion, findings.comparators,
        findings.immunosuppression, findings.harms, findings.follow_up, findings.enrolment, findings.lateness,
    )  # fmt: skip
    assert {finding([]) for finding in of_rows} == {findings.NOTHING}

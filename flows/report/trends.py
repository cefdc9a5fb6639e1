"""The report's charts, one function each: which named query, which finding as title, which shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date

from flows.report import charts, drawing, findings, words
from flows.report.figure import Answers, Figure, bars, columns, left_out, or_nothing, stacked, table, year
from flows.report.reading import Row
from flows.report.words import NOT_STATED

GRID_DOWN, GRID_ACROSS = 8, 6  # rows and columns of a grid, what is not stated not counted


def figures(answers: Answers, today: date | None) -> dict[str, list[Figure]]:
    """Every chart by its group, in the order of the page. `today`: day of the release."""
    return {group: [draw(answers, today) for draw in draws] for group, draws in _GROUPS.items()}


# ---- one chart each ----


def _registrations(answers: Answers, today: date | None) -> Figure:
    rows = [{**row, "year": year(row["year"])} for row in answers["registrations_by_year"]]
    note = f"{today.year} runs until {words.long_date(today)}." if today else ""
    told = findings.registrations(answers["registrations_by_year"], today)
    return columns("registrations_by_year", answers, rows, "year", told, note=note, today=today)


def _diseases(answers: Answers, today: date | None) -> Figure:
    return bars("by_disease", answers, "disease", findings.diseases(answers["by_disease"]))


def _targets(answers: Answers, today: date | None) -> Figure:
    return bars(
        "by_target", answers, "target_antigen", findings.targets(answers["by_target"]),
        value="n_products", unit="products",
    )  # fmt: skip


def _pairs(answers: Answers, today: date | None) -> Figure:
    rows = answers["target_by_disease"]
    diseases = list(dict.fromkeys(r["disease"] for r in answers["by_disease"] if r["disease"] != NOT_STATED))
    antigens = list(dict.fromkeys(r["target_antigen"] for r in answers["by_target"]))
    down, across = diseases[:GRID_DOWN], [a for a in antigens if a != NOT_STATED][:GRID_ACROSS]
    across += [NOT_STATED] if NOT_STATED in antigens else []
    of = {(row["disease"], row["target_antigen"]): row["n_products"] for row in rows}
    shown = [{"disease": d, "antigen": a, "n": of.get((d, a), 0)} for d in down for a in across]
    return Figure(
        findings.pairs(rows),
        or_nothing(shown, lambda: drawing.grid(shown, "antigen", "disease", "n", unit="products")),
        charts.grid(shown, "antigen", "disease", "n", unit="products") if shown else None,
        table("target_by_disease", rows),
        note=left_out(len(diseases) - len(down), "disease"),
    )


def _cell_sources(answers: Answers, today: date | None) -> Figure:
    return stacked(
        "cell_source_by_start_year", answers, "start_year", "cell_source",
        findings.cell_sources(answers["cell_source_by_start_year"], today),
        order=("autologous", "allogeneic", "in vivo", "several"), note="By year of start, planned starts included.",
        today=today,
    )  # fmt: skip


def _cell_types(answers: Answers, today: date | None) -> Figure:
    return bars("by_cell_type", answers, "cell_type", findings.cell_types(answers["by_cell_type"]))


def _phases(answers: Answers, today: date | None) -> Figure:
    rows = [{**row, "phase": words.PHASE.get(row["phase"], words.plain(row["phase"]))} for row in answers["by_phase"]]
    return bars("by_phase", answers, "phase", findings.phases(answers["by_phase"]), rows=rows)


def _statuses(answers: Answers, today: date | None) -> Figure:
    rows = [
        {**row, "overall_status": status if status == NOT_STATED else words.status(status)}
        for row in answers["by_status"]
        for status in (row["overall_status"],)
    ]
    return bars("by_status", answers, "overall_status", findings.statuses(answers["by_status"]), rows=rows)


def _map(answers: Answers, today: date | None) -> Figure:
    rows = answers["site_map"]
    told = findings.countries(answers["by_country"])
    placed = [row for row in rows if row["latitude"] is not None]
    unplaced = sum(row["n_trials"] for row in rows if row["latitude"] is None)
    note = f"{words.counted(len(placed), 'place')}; a dot grows with its trials."
    note += f" {words.counted(unplaced, 'trial')} with no place on the map." if unplaced else ""
    return Figure(
        told,
        or_nothing(placed, lambda: drawing.world(placed, told=f"World map. {told}")),
        charts.world(placed) if placed else None,
        table("site_map", rows),
        note=note,
        is_wide=True,
    )


def _countries(answers: Answers, today: date | None) -> Figure:
    rows = [{**row, "country": row["country"] or NOT_STATED} for row in answers["by_country"]]
    listed = sum(row["country"] != NOT_STATED for row in rows)
    n_open = sum(row["country"] != NOT_STATED and row["n_recruiting"] > 0 for row in rows)
    told = (
        f"Trials that recruit have sites in {words.number(n_open)} of {words.counted(listed, 'country', 'countries')}"
    )
    return bars("by_country", answers, "country", told if listed else findings.countries(rows), rows=rows)


def _sponsors(answers: Answers, today: date | None) -> Figure:
    return bars("by_sponsor", answers, "sponsor", findings.sponsors(answers["by_sponsor"]))


def _sponsor_types(answers: Answers, today: date | None) -> Figure:
    return bars("by_sponsor_type", answers, "sponsor_type", findings.sponsor_types(answers["by_sponsor_type"]))


def _lymphodepletion(answers: Answers, today: date | None) -> Figure:
    return _over_time("lymphodepletion_over_time", answers, "regimen", findings.lymphodepletion, today)


def _comparators(answers: Answers, today: date | None) -> Figure:
    return _over_time("comparators_over_time", answers, "comparator", findings.comparators, today)


def _immunosuppression(answers: Answers, today: date | None) -> Figure:
    return _over_time("immunosuppression_over_time", answers, "immunosuppression", findings.immunosuppression, today)


def _harms(answers: Answers, today: date | None) -> Figure:
    return bars("safety_outcomes", answers, "safety_outcome", findings.harms(answers["safety_outcomes"]))


def _follow_up(answers: Answers, today: date | None) -> Figure:
    return bars("follow_up", answers, "follow_up", findings.follow_up(answers["follow_up"]))


def _enrolment(answers: Answers, today: date | None) -> Figure:
    kinds = {"ESTIMATED": "planned", "ACTUAL": "enrolled"}
    rows = [
        {**row, "size": row["size"].replace("-", "–").replace(" and more", "+"), "type": kinds.get(kind, kind)}
        for row in answers["enrolment"]
        for kind in (row["enrollment_type"],)
        if row["size"] not in ("withdrawn", NOT_STATED)
    ]  # fmt: skip
    sizes = list(dict.fromkeys(row["size"] for row in sorted(rows, key=lambda row: _first_number(row["size"]))))
    rows.sort(key=lambda row: sizes.index(row["size"]))
    return stacked(
        "enrolment", answers, "size", "type", findings.enrolment(answers["enrolment"]), rows=rows,
        order=("planned", "enrolled"), note="Trials by number of participants; withdrawn trials left out.",
    )  # fmt: skip


def _lateness(answers: Answers, today: date | None) -> Figure:
    parts = {
        "n_before": "before the start", "n_within_21_days": "within 21 days", "n_later": "later",
        "n_planned": "start still planned", "n_cannot_tell": "cannot tell",
    }  # fmt: skip
    rows = [
        {"start_year": row["start_year"], "when": said, "n_trials": row[name]}
        for row in answers["registered_after_start"]
        for name, said in parts.items()
    ]
    return stacked(
        "registered_after_start", answers, "start_year", "when",
        findings.lateness(answers["registered_after_start"]), rows=rows, order=tuple(parts.values()),
        note="By year of start: registered before it, or after.", today=today,
    )  # fmt: skip


_Draw = Callable[[Answers, date | None], Figure]
_GROUPS: dict[str, tuple[_Draw, ...]] = {
    "The field": (_registrations, _enrolment, _statuses, _phases, _cell_types, _sponsor_types),
    "What is treated, with what": (_diseases, _targets, _pairs, _cell_sources),
    "Where, and by whom": (_map, _countries, _sponsors),
    "How trials are made": (_comparators, _lymphodepletion, _immunosuppression, _lateness, _follow_up, _harms),
}
# Which queries the charts need, and which are tables only.
CHARTED = (
    "registrations_by_year", "by_disease", "by_target", "target_by_disease", "cell_source_by_start_year",
    "by_cell_type", "by_phase", "by_status", "site_map", "by_country", "by_sponsor", "by_sponsor_type", "enrolment",
    "comparators_over_time", "lymphodepletion_over_time", "immunosuppression_over_time", "safety_outcomes",
    "follow_up", "registered_after_start",
)  # fmt: skip
LISTED = (
    "product_pipeline", "sponsor_portfolios", "by_cell_source", "by_construct", "doses", "primary_endpoints",
    "activity_floors", "failed_therapies", "entry_by_trial", "washouts", "conditioning", "contraception", "infusions",
    "hospital_stay", "long_term_follow_up", "time_to_start",
    "registrations_by_quarter", "registrations_by_month", "new_and_lost_by_month", "status_flow",
    "planned_against_actual", "slipped_dates", "papers_reporting", "time_to_first_paper", "papers_without_registration",
    "results_after_completion", "results_overdue", "posted_harms", "scope_drift", "recall_by_leg",
    "missed_by_search", "needs_review",
)  # fmt: skip


def _over_time(
    query: str, answers: Answers, part: str, find: Callable[[Sequence[Row]], str], today: date | None
) -> Figure:
    note = "By year of registration; a trial with several counts once for each."
    return stacked(query, answers, "year", part, find(answers[query]), note=note, today=today)


def _first_number(size: str) -> float:
    digits = "".join(sign if sign.isdigit() else " " for sign in size).split()
    return float(digits[0]) if digits else math.inf

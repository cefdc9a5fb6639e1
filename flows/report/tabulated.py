"""Endpoints, criteria and conditioning of one trial as a reader reads them: a line for what belongs together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from flows.report.reading import Row

SIGNS = {">=": "≥", "<=": "≤"}
KINDS = {"cns": "CNS", "haematology": "blood count", "pregnancy": "pregnancy", "cohorts": "cohorts"}
DOMAINS = {"pk_pd": "kinetics and markers", None: "not named"}


def endpoint_lines(rows: Sequence[Row]) -> list[str]:
    """ "Primary, efficacy: DORIS remission at month 6"."""
    return _grouped(rows, measured_as, endpoint)


def criterion_lines(rows: Sequence[Row]) -> list[str]:
    """ "Disease activity: SLEDAI-2K ≥ 7 (one of several)"; what is refused says so."""
    return _grouped(rows, criterion_kind, criterion)


def conditioning_lines(rows: Sequence[Row]) -> list[str]:
    """ "Fludarabine 30 mg/m2/day × 3, day -5 to -3"."""
    return [agent(row) for row in rows]


def _grouped(rows: Iterable[Row], group: Callable[[Row], str], said: Callable[[Row], str]) -> list[str]:
    lines: dict[str, list[str]] = {}
    for row in rows:
        lines.setdefault(group(row), []).append(said(row))
    return [f"{title}: {'; '.join(dict.fromkeys(told))}" for title, told in lines.items()]


def measured_as(row: Row) -> str:
    """What an endpoint counts as: "Primary, efficacy"."""
    return f"{row['outcome_type'].capitalize()}, {DOMAINS.get(row['domain'], row['domain'])}"


def endpoint(row: Row) -> str:
    """What an endpoint measures, and when: "DORIS remission at month 6"."""
    parts = [row["concept"] or "nothing known named"]
    if row["threshold"] is not None:
        parts.append(f"{SIGNS.get(row['operator'], row['operator'])} {row['threshold']:g} {row['unit'] or ''}".rstrip())
    if row["min_grade"]:
        parts.append(f"grade ≥ {row['min_grade']}")
    if row["times_months"]:
        word = "through" if row["time_kind"] == "through" else "at"
        parts.append(f"{word} month {', '.join(f'{month:g}' for month in row['times_months'])}")
    where = [part for part in (row["part"], *(row["cohorts"] or ())) if part]
    if row["role"] != "measured":
        where.append(row["role"])
    return " ".join(parts) + (f" ({', '.join(where)})" if where else "")


def criterion_kind(row: Row) -> str:
    """What a criterion is about; what is refused says so."""
    name = KINDS.get(row["kind"], row["kind"].replace("_", " "))
    name = name[:1].upper() + name[1:]
    return (
        f"{name}, refused" if row["side"] == "exclusion" and row["kind"] not in ("washout", "contraception") else name
    )


def criterion(row: Row) -> str:
    """What a criterion asks: "SLEDAI-2K ≥ 7"."""
    parts = [row["subject"] or "as told", _range(row), ", ".join(row["class_values"] or ()), _days(row)]
    notes = [row["sex"], *(row["cohorts"] or ())]
    notes.append("one of several" if row["alternative_no"] else "on a condition" if row["is_conditional"] else None)
    told = [note for note in notes if note]
    return " ".join(part for part in parts if part) + (f" ({', '.join(told)})" if told else "")


def _range(row: Row) -> str:
    """The range that may enter; where there is none, the number as written."""
    low, high, unit = row["eligible_min"], row["eligible_max"], row["unit"] or ""
    told = []
    if low is not None:
        told.append(f"{'≥' if row['min_inclusive'] else '>'} {low:g}")
    if high is not None:
        told.append(f"{'≤' if row['max_inclusive'] else '<'} {high:g}")
    if not told and row["value"] is not None:
        told.append(f"{SIGNS.get(row['operator'], row['operator'] or '')} {row['value']:g}".strip())
    return f"{' and '.join(told)} {unit}".strip() if told else ""


def _days(row: Row) -> str:
    told = []
    if row["days"] is not None:
        told.append(f"{row['days']:g} days")
    if row["half_lives"] is not None:
        told.append(f"{row['half_lives']:g} half-lives")
    words = " or ".join(told) + (f", the {row['days_rule']}" if row["days_rule"] else "")
    if row["is_lifetime"]:
        words = "ever"
    anchor = row["relative_to"]
    side = "before" if row["kind"] in ("washout", "vaccine", "infection") else "from"
    return f"{words} {side} {anchor}".strip() if anchor else words


def agent(row: Row) -> str:
    """An agent of conditioning with dose and days; what is given beside it says so."""
    is_beside = row.get("role") == "supportive"
    parts = [f"Supportive: {row['agent']}" if is_beside else row["agent"].capitalize()]
    if row["dose_min"] is not None:
        most = f"-{row['dose_max']:g}" if row["dose_max"] != row["dose_min"] else ""
        parts.append(f"{row['dose_min']:g}{most} {row['unit'] or ''}".rstrip())
    if row["n_doses"]:
        parts.append(f"× {row['n_doses']}")
    if row["first_day"] is not None:
        days = f"{row['first_day']}" + (f" to {row['last_day']}" if row["last_day"] != row["first_day"] else "")
        parts.append(f"on day {days}")
    if row["requirement"] != "required":
        parts.append(f"({row['requirement']})")
    return " ".join(parts)

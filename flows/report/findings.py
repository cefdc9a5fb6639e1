"""Titles that say what the data says, one function for each chart.

Each takes the rows of its named query and gives one sentence without a full stop. It holds whatever the
numbers are: none, one, all the same, nothing stated.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date

from flows.report import words
from flows.report.reading import Row
from flows.report.words import NOT_STATED, counted, number, percent

NOTHING = "No trial is counted yet"
ABOUT_THE_SAME = 0.1  # a year within a tenth of the one before is neither more nor fewer


def registrations(rows: Sequence[Row], today: date | None) -> str:
    """The last two years that are over; the running one where there is no other."""
    over = [row for row in rows if row["year"] is not None and (today is None or row["year"] < today.year)]
    running = [row for row in rows if today is not None and row["year"] == today.year]
    so_far = f", {number(running[0]['n_trials'])} in {running[0]['year']} so far" if running else ""
    if not over:
        return f"{counted(running[0]['n_trials'], 'registration')} this year" if running else NOTHING
    if len(over) == 1:
        return f"{counted(over[0]['n_trials'], 'registration')} in {over[0]['year']}{so_far}"
    before, last = over[-2:]
    a, b = before["n_trials"], last["n_trials"]
    moved = "held at" if abs(b - a) <= ABOUT_THE_SAME * max(a, 1) else "rose to" if b > a else "fell to"
    return f"Registrations {moved} {number(b)} in {last['year']}, from {number(a)} in {before['year']}{so_far}"


def diseases(rows: Sequence[Row]) -> str:
    ranked = _stated(rows, "disease", "n_trials")
    if not ranked:
        return _silent(rows, "disease")
    return f"{_share(ranked[0][1], _total(rows))} treat {ranked[0][0]}" + _next(ranked)


def targets(rows: Sequence[Row]) -> str:
    ranked = _stated(rows, "target_antigen", "n_products")
    if not ranked:
        return _silent(rows, "target")
    return f"{_share(ranked[0][1], _total(rows, 'n_products_total'), 'products')} bind {ranked[0][0]}" + _next(ranked)


def pairs(rows: Sequence[Row]) -> str:
    stated = [row for row in rows if NOT_STATED not in (row["disease"], row["target_antigen"])]
    if not stated:
        return _silent(rows, "target and disease")
    top = max(stated, key=lambda row: int(row["n_products"]))
    return f"{top['target_antigen']} in {top['disease']} is tried most: {counted(top['n_products'], 'product')}"


def cell_sources(rows: Sequence[Row], today: date | None) -> str:
    """The last start year that is over, so that planned starts do not mislead."""
    years = sorted({r["start_year"] for r in rows if r["start_year"] and r["n_trials_in_year"]})
    over = [year for year in years if today is None or year < today.year] or years
    if not over:
        return NOTHING if not rows else "No trial gives a start date"
    of = {row["cell_source"]: row["n_trials"] for row in rows if row["start_year"] == over[-1]}
    told = [f"{number(n)} {source}" for source, n in of.items() if n and source != NOT_STATED]
    silent = of.get(NOT_STATED, 0)
    told += [f"{number(silent)} not stated"] if silent else []
    return f"Of trials that started in {over[-1]}: {words.listed(told)}"


def cell_types(rows: Sequence[Row]) -> str:
    ranked = _stated(rows, "cell_type", "n_trials")
    if not ranked:
        return _silent(rows, "cell type")
    return f"{_share(ranked[0][1], _total(rows))} give {ranked[0][0]} cells" + _next(ranked)


def phases(rows: Sequence[Row]) -> str:
    of = {row["phase"]: row["n_trials"] for row in rows}
    if not rows:
        return NOTHING
    late = of.get("PHASE3", 0) + of.get("PHASE4", 0)
    return (
        f"{_trials(of.get('PHASE2', 0))} of {number(_total(rows))} "
        f"{'name' if of.get('PHASE2', 0) > 1 else 'names'} phase 2, {number(late) if late else 'none'} a later one"
    )


def statuses(rows: Sequence[Row]) -> str:
    if not rows:
        return NOTHING
    of = {row["overall_status"]: row["n_trials"] for row in rows}
    stopped = sum(of.get(word, 0) for word in ("TERMINATED", "SUSPENDED", "WITHDRAWN"))
    return f"{percent(of.get('RECRUITING', 0), _total(rows))} of trials recruit now, {number(stopped)} were stopped"


def countries(rows: Sequence[Row]) -> str:
    ranked = _stated(rows, "country", "n_trials")
    if not ranked:
        return _silent(rows, "country")
    return f"{_share(ranked[0][1], _total(rows))} have a site in {ranked[0][0]}" + _next(ranked)


def sponsors(rows: Sequence[Row]) -> str:
    ranked = _stated(rows, "sponsor", "n_trials")
    if not ranked:
        return _silent(rows, "sponsor")
    ten = sum(n for _, n in ranked[:10])
    if len(ranked) <= 10:
        return f"{counted(len(ranked), 'sponsor')} lead all trials, {ranked[0][0]} most"
    return f"The ten largest of {number(len(ranked))} sponsors lead {percent(ten, _total(rows))} of trials"


def sponsor_types(rows: Sequence[Row]) -> str:
    of = {row["sponsor_type"]: row["n_trials"] for row in rows}
    if not rows:
        return NOTHING
    industry = percent(of.get("industry", 0), _total(rows))
    return f"Industry leads {industry} of trials, academic sponsors {percent(of.get('academic', 0), _total(rows))}"


def lymphodepletion(rows: Sequence[Row]) -> str:
    of = _summed(rows, "regimen")
    ranked = [(word, n) for word, n in of.most_common() if word not in (NOT_STATED, "none", "unspecified", "other")]
    if not of.keys() - {NOT_STATED}:
        return _silent(rows, "lymphodepletion")
    first = f"{ranked[0][0].capitalize()} in {counted(ranked[0][1], 'trial')}" if ranked else "No regimen is named"
    return f"{first}; {_do(of['none'])} without it, {_say(of[NOT_STATED])}"


def comparators(rows: Sequence[Row]) -> str:
    of = _summed(rows, "comparator")
    if not of.keys() - {NOT_STATED}:
        return _silent(rows, "comparator")
    ranked = [(word, n) for word, n in of.most_common() if word not in (NOT_STATED, "none")]
    control = f"{ranked[0][0]} is the commonest control ({number(ranked[0][1])})" if ranked else "no control is named"
    return f"{counted(of['none'], 'trial')} of {number(_total(rows))} {_is(of['none'])} single-arm; {control}"


def immunosuppression(rows: Sequence[Row]) -> str:
    of = _summed(rows, "immunosuppression")
    if not of.keys() - {NOT_STATED}:
        return _silent(rows, "handling of other drugs")
    asks = f"{_trials(of['washout'])} {'ask' if of['washout'] > 1 else 'asks'} for a washout first"
    return f"{asks}; {_say(of[NOT_STATED])}"


def harms(rows: Sequence[Row]) -> str:
    of = {row["safety_outcome"]: row["n_trials"] for row in rows}
    if not rows:
        return NOTHING
    crs, later = of.get("CRS", 0), of.get("second malignancy", 0)
    total = _total(rows)
    return f"CRS is an outcome in {number(crs)} of {number(total)} trials, second malignancy in {number(later)}"


def follow_up(rows: Sequence[Row]) -> str:
    if not rows:
        return NOTHING
    long = sum(row["n_trials"] for row in rows if (row["min_months"] or 0) > 24)
    silent = sum(row["n_trials"] for row in rows if row["follow_up"] == NOT_STATED)
    looks = "look" if long > 1 else "looks"
    return f"{_trials(long)} of {number(_total(rows))} {looks} longer than two years; {_say(silent)}"


def enrolment(rows: Sequence[Row]) -> str:
    of = {row["enrollment_type"]: row for row in rows}
    told = []
    for kind, what in (("ESTIMATED", "planned"), ("ACTUAL", "enrolled")):
        if kind in of and of[kind]["participants_of_type"] is not None:
            n = of[kind]["participants_of_type"]
            told.append(f"{number(n)} participants {what} (median trial {number(of[kind]['median_of_type'])})")
    return words.listed(told).capitalize() if told else NOTHING if not rows else "No trial states its enrolment"


def lateness(rows: Sequence[Row]) -> str:
    late = sum(row["n_later"] for row in rows)
    known = sum(row["n_before"] + row["n_within_21_days"] + row["n_later"] for row in rows)
    if not known:
        return "Of no trial both dates are known" if rows else NOTHING
    were = f"{number(late)} of {number(known)} started trials {'was' if late == 1 else 'were'}"
    return f"{were if late else f'None of {number(known)} started trials was'} registered over 21 days late"


# ---- shared ----


def _stated(rows: Sequence[Row], label: str, value: str) -> list[tuple[str, int]]:
    ranked = [(row[label], row[value]) for row in rows if row[label] not in (None, NOT_STATED) and row[value]]
    return sorted(ranked, key=lambda pair: -pair[1])


def _next(ranked: Sequence[tuple[str, int]]) -> str:
    return f"; {ranked[1][0]} comes second ({number(ranked[1][1])})" if len(ranked) > 1 else ""


def _share(n: int, total: int, what: str = "trials") -> str:
    return f"{number(n)} of {number(total)} {what} ({percent(n, total)})"


def _total(rows: Sequence[Row], name: str = "n_trials_total") -> int:
    return int(rows[0][name]) if rows else 0


def _silent(rows: Sequence[Row], what: str) -> str:
    return f"No {what} could be read in any of {_trials(_total(rows))}" if _total(rows) else NOTHING


def _summed(rows: Sequence[Row], label: str) -> Counter[str]:
    counter: Counter[str] = Counter()
    for row in rows:
        counter[row[label]] += row["n_trials"]
    return counter


def _trials(n: int) -> str:
    return counted(n, "trial") if n else "No trial"


def _say(silent: int) -> str:
    if not silent:
        return "all say"
    return f"{number(silent)} {'does' if silent == 1 else 'do'} not say"


def _do(n: int) -> str:
    return f"{number(n)} {'does' if n == 1 else 'do'}"


def _is(n: int) -> str:
    return "is" if n == 1 else "are"

"""Posted results of one trial as a reader reads them: each group with its own denominator, nothing added up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flows.report import reading, words
from flows.report.reading import Row
from warehouse.querying.reading import Connection

COUNTS = ("COUNT_OF_PARTICIPANTS", "COUNT_OF_UNITS")
MOST = 60  # values, and serious events, that are shown of a trial


@dataclass(frozen=True)
class Posted:
    """What is shown of a trial's results. `row` is of sql/results.sql; values are those of primary outcomes."""

    row: Row
    groups: tuple[Row, ...] = ()
    values: tuple[Row, ...] = ()
    serious: tuple[Row, ...] = ()


def posted_of(connection: Connection, nct_ids: Sequence[str]) -> dict[str, Posted]:
    """What is posted of those of these trials that have results."""
    asked = {"nct_ids": list(nct_ids)}
    trials = reading.rows(connection, "results", **asked)
    if not trials:
        return {}
    groups = reading.by_trial(reading.rows(connection, "result_groups", **asked))
    values = reading.by_trial(reading.rows(connection, "result_values", **asked, most=MOST))
    serious = reading.by_trial(reading.rows(connection, "serious_events", **asked, most=MOST))
    return {
        nct_id: Posted(row, *(tuple(of.get(nct_id, ())) for of in (groups, values, serious)))
        for row in trials
        for nct_id in (row["nct_id"],)
    }


def posted_lines(posted: Posted | None) -> list[str]:
    """ "Deaths: Low dose 0 of 8; High dose 1 of 4", primary outcomes, serious events; what absence means at the end."""
    return list(_lines(posted)) if posted else []


def _lines(posted: Posted) -> Iterator[str]:
    row, is_one = posted.row, len(posted.groups) == 1
    if row["results_first_posted_date"]:
        day = words.given_date(row["results_first_posted_date"], row["results_first_posted_date_precision"])
        yield f"Posted {day}; groups as posted, not added up"
    for _, of_measure in _by_measure(posted.values):
        yield f"{_measure(of_measure[0])}: {'; '.join(_value(one) for one in of_measure)}"
    yield from _left_out(posted.values, "n_values", "values of primary outcomes")
    for of, name in (("deaths", "Deaths, of whatever cause"), ("serious", "Participants with serious adverse events")):
        told = [_affected(one, f"{of}_n_", None if is_one else one["title"]) for one in posted.groups]
        if any(one[f"{of}_n_at_risk"] is not None for one in posted.groups):
            yield f"{name}: {'; '.join(told)}"
    terms: dict[str, list[str]] = {}
    for one in posted.serious:
        terms.setdefault(one["term"] or "not named", []).append(
            _affected(one, "n_", None if is_one else one["group_title"])
        )
    for term, told in terms.items():
        yield f"Serious: {term} {'; '.join(told)}"
    yield from _left_out(posted.serious, "n_events", "serious events")
    yield _what_absence_means(row)
    if row["limitations"]:
        yield f"Limitations, in the sponsor's words: {row['limitations']}"


def _by_measure(values: Iterable[Row]) -> Iterable[tuple[int, list[Row]]]:
    found: dict[int, list[Row]] = {}
    for one in values:
        found.setdefault(one["result_no"], []).append(one)
    return found.items()


def _measure(row: Row) -> str:
    kind = words.plain(row["param_type"]).lower() if row["param_type"] else None
    about = [part for part in (row["time_frame"], kind, row["unit"]) if part]
    return f"Primary: {row['title'] or 'no title'} ({', '.join(about)})"


def _value(row: Row) -> str:
    where = ", ".join(part for part in (row["group_title"], row["class"], row["category"]) if part)
    spread = f" ± {row['spread_text']}" if row["spread_text"] else ""
    if row["lower_text"] or row["upper_text"]:
        spread += f" ({row['lower_text'] or 'not told'} to {row['upper_text'] or 'not told'})"
    comment = f" ({row['comment']})" if row["comment"] else ""
    told = f"{row['value_text'] or 'no value'}{spread}{_analysed(row)}{comment}"
    return f"{where} {told}" if where else told


def _analysed(row: Row) -> str:
    """How many were analysed: a count is of them, a mean is theirs."""
    if row["denominator"] is None:
        return ", denominator not told"
    unit = row["denominator_unit"] or ""
    counted = f"{words.number(row['denominator'])} {'' if unit.casefold() == 'participants' else unit}".rstrip()
    return f" of {counted}" if row["param_type"] in COUNTS else f", analysed {counted}"


def _affected(row: Row, prefix: str, group: str | None) -> str:
    affected, at_risk = row[f"{prefix}affected"], row[f"{prefix}at_risk"]
    said = f"{'not told' if affected is None else words.number(affected)} of "
    said += words.NOT_STATED if at_risk is None else words.number(at_risk)
    return f"{group} {said}" if group else said


def _left_out(rows: Sequence[Row], count: str, what: str) -> Iterator[str]:
    if rows and rows[0][count] > len(rows):
        yield f"and {rows[0][count] - len(rows):,} more {what}: `cartrials sql` reads them all"


def _what_absence_means(row: Row) -> str:
    threshold, frame = row["frequency_threshold"], row["adverse_events_time_frame"]
    above = "a threshold that is not told" if threshold is None else f"{threshold:g} %"
    collected = f"Adverse events were collected over: {frame}. " if frame else ""
    return (
        f"{collected}Events that are not serious are posted only above {above} of some group: one that is not listed "
        "is not zero. No event has a grade; serious is not severe"
    )

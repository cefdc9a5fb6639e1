"""The shapes of the report's charts: from the rows of a named query to a drawing, a specification and a table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from markupsafe import Markup

from flows.report import charts, drawing, words
from flows.report.drawing import legend
from flows.report.reading import Row
from warehouse.querying import named

BARS_SHOWN = 12  # of a long list; the table behind holds all
NO_DATE = "no date"

Answers = Mapping[str, Sequence[Row]]  # named query -> its rows


@dataclass(frozen=True)
class Table:
    """What a named query answered, as text to read and copy. `notes` say what a column holds."""

    query: str
    title: str
    counts: str
    columns: tuple[str, ...]
    notes: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Figure:
    """One chart: a finding, its drawing, what the colours mean, its Vega-Lite specification, its table."""

    finding: str
    drawing: Markup
    spec: charts.Spec | None
    table: Table
    legend: tuple[tuple[str, str], ...] = ()
    note: str = ""
    is_wide: bool = False


def table(query: str, rows: Sequence[Row]) -> Table:
    """The whole answer to a named query; its columns that no reader needs twice are left out."""
    asked = named.query(query)
    names = [name for name in asked.columns if name not in ("url", "place_key")]
    return Table(
        query,
        asked.title,
        asked.counts,
        tuple(name.removeprefix("n_").replace("_", " ") for name in names),
        tuple(asked.columns[name] for name in names),
        tuple(tuple(cell(row[name], name) for name in names) for row in rows),
    )


def cell(value: Any, column: str = "") -> str:
    """A value as text: lists joined, dates as ISO, numbers plain so that they can be copied."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e15 else str(value)
    if column in ("overall_status", "from_status", "to_status"):
        return words.status(str(value)) if value != "first known" else str(value)
    return str(value)


def bars(
    query: str, answers: Answers, label: str, finding: str, *, value: str = "n_trials", unit: str = "trials",
    rows: Sequence[Row] | None = None,
) -> Figure:  # fmt: skip
    """Horizontal bars of the longest; what is not stated is always shown."""
    rows = list(answers[query] if rows is None else rows)
    silent = [row for row in rows if row[label] in drawing.NO_ANSWER]
    stated = [row for row in rows if row[label] not in drawing.NO_ANSWER]
    shown = stated[: BARS_SHOWN - len(silent)] + silent
    sentence = _mostly_silent(silent, rows, value, unit)
    return Figure(
        finding,
        sentence or or_nothing(shown, lambda: drawing.bars(shown, label, value, unit=unit)),
        charts.bars(shown, label, value, unit=unit) if shown and not sentence else None,
        table(query, answers[query]),
        note="" if sentence else left_out(len(rows) - len(shown), "row"),
    )


MOSTLY = 0.9  # a chart of which so much is not stated is a sentence


def _mostly_silent(silent: Sequence[Row], rows: Sequence[Row], value: str, unit: str) -> Markup | None:
    """What stands in the place of a drawing that would show one grey bar."""
    said_nothing, of = (sum(row[value] or 0 for row in some) for some in (silent, rows))
    if not of or said_nothing < MOSTLY * of:
        return None
    told = f"{words.number(said_nothing)} of {words.counted(of, unit.removesuffix('s'))} do not state it"
    return Markup('<p class="nothing">{}; what the others state is in the table.</p>').format(told)


def columns(
    query: str, answers: Answers, rows: Sequence[Row], along: str, finding: str, *, note: str = "",
    today: date | None = None,
) -> Figure:  # fmt: skip
    unfinished = _not_over(rows, along, today)
    return Figure(
        finding,
        or_nothing(
            rows,
            lambda: drawing.columns(
                rows, along, "n_trials", unit="trials", told=_count_sentence(finding), unfinished=unfinished
            ),
        ),
        charts.columns(rows, along, "n_trials", unit="trials") if rows else None,
        table(query, answers[query]),
        note=_with_hatch(note, unfinished),
    )


def _not_over(rows: Sequence[Row], along: str, today: date | None) -> frozenset[str]:
    """The years of a chart that are not over, planned ones among them."""
    years = {str(row[along]) for row in rows}
    return frozenset(one for one in years if today and one.isdecimal() and int(one) >= today.year)


def _with_hatch(note: str, unfinished: Collection[str]) -> str:
    return f"{note} Hatched: not over yet.".strip() if unfinished else note


def stacked(
    query: str, answers: Answers, along: str, part: str, finding: str, *, rows: Sequence[Row] | None = None,
    order: Sequence[str] = (), note: str = "", today: date | None = None,
) -> Figure:  # fmt: skip
    """Columns along time in parts: those of `order` first, then the largest, what is not stated on top."""
    rows = [{**row, along: year(row[along])} for row in (answers[query] if rows is None else rows)]
    # Undated trials may outnumber all others and flatten what moves: they are told, and stand in the table.
    dated = [row for row in rows if row[along] != NO_DATE]
    if any(row["n_trials"] for row in dated):
        undated = sum(row["n_trials"] or 0 for row in rows if row[along] == NO_DATE)
        note += f" {words.counted(undated, 'trial')} without a date left out of the drawing." if undated else ""
        rows = dated
    parts = _parts(rows, part, order)
    silent = [row for row in rows if row[part] in drawing.NO_ANSWER]
    sentence = _mostly_silent(silent, rows, "n_trials", "trials")
    rows = [row for row in rows if row[part] in parts]
    unfinished = frozenset() if sentence else _not_over(rows, along, today)
    told = _count_sentence(finding)
    return Figure(
        finding,
        sentence
        or or_nothing(
            rows,
            lambda: drawing.stacked(
                rows, along, part, "n_trials", parts, unit="trials", told=told, unfinished=unfinished
            ),
        ),
        charts.stacked(rows, along, part, "n_trials", parts, unit="trials") if rows and not sentence else None,
        table(query, answers[query]),
        () if sentence else tuple(legend(parts)),
        _with_hatch(note, unfinished),
    )


def _parts(rows: Sequence[Row], part: str, order: Sequence[str]) -> list[str]:
    """The parts that have a trial: those of `order`, then the largest; what is not stated last."""
    sums: dict[str, int] = {}
    for row in rows:
        sums[row[part]] = sums.get(row[part], 0) + (row["n_trials"] or 0)
    given = [name for name in order if sums.get(name)]
    others = sorted((name for name in sums if name not in order and sums[name]), key=lambda name: -sums[name])
    parts = [*given, *others]
    return sorted(parts, key=lambda name: name in drawing.NO_ANSWER)


def or_nothing(rows: Sequence[Row], draw: Callable[[], Markup]) -> Markup:
    return draw() if rows else Markup('<p class="nothing">Nothing to show yet.</p>')


def _count_sentence(finding: str) -> str:
    return f"{finding}. The table below holds the numbers."


def left_out(n: int, what: str) -> str:
    return f"{words.counted(n, f'more {what}')} in the table." if n > 0 else ""


def year(value: Any) -> str:
    """A year as a label; NO_DATE for none."""
    return NO_DATE if value is None else str(value)

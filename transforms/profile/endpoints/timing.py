"""When a concept is measured: the title's own time, else the description's visits, else the time frame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from transforms.profile.endpoints.concepts import mentions
from transforms.profile.endpoints.measures import sustained_span
from transforms.profile.endpoints.outcomes import Named, Outcome
from transforms.profile.endpoints.times import Time, anchor, times
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.texts import Text
from warehouse.tables.field import VISIT_MONTHS

# Sampled over a span that is part of their name: "AUC from day 0 to 28".
_SPAN_IN_NAME = frozenset({"AUC", "Cmax", "Tmax", "Tlast"})
_TIED = re.compile(
    r"(?:\bat|\bby|\bthrough(?:out)?|\bwithin|\bup ?to|\buntil|\bafter|\bpost|\bon|\bto|\bfor up to|\bduring|≤) ?"
    r"(?:the |first |baseline to )*$"
)
_SINCE = re.compile(r"(?:,)? ?(?:days?|weeks?|months?|years?)? ?(?:after|post|following|of (?:long-term|follow))")
_FOR = re.compile(r"\bfor\b|:|\(")
_UNTOLD: dict[str, Any] = {
    "times_months": None, "time_kind": None, "time_anchor": None, "time_source": None, "visit_month": None,
}  # fmt: skip


def of_concept(outcome: Outcome, one: Named | None) -> dict[str, Any]:
    """The columns of time for one concept of an outcome."""
    safety = one is not None and one.concept.domain == "safety"
    span_in_name = one is not None and one.concept.name in _SPAN_IN_NAME
    title, frame = outcome.measure, outcome.time_frame
    of_frame = _of_frame(frame, one) if frame is not None else []
    if title is not None and not span_in_name and (told := _tied(title)):
        return _row(told, title, "measure", safety)
    if outcome.description is not None and not any(time.through is False for time in of_frame):
        visits = [time for time in _tied(outcome.description) if time.through is not True]
        latest = max((month for time in of_frame for month in time.months), default=None)
        if visits and not safety and (latest is None or all(time.months[-1] <= latest * 1.1 for time in visits)):
            return _row(visits, outcome.description, "description", safety)
    if of_frame and frame is not None:
        return _row(of_frame, frame, "time_frame", safety)
    return _UNTOLD


@cached_rule
def _tied(text: Text) -> tuple[Time, ...]:
    """Times of a title or description that are visits: "at month 6", "90 days after"; no durations of something."""
    lasting = sustained_span(text.folded)
    found: list[Time] = []
    for time in times(text.folded):
        if lasting and time.start < lasting[1] and lasting[0] < time.end:
            continue
        near = bool(found) and time.start - found[-1].end <= 8
        before = text.folded[max(0, time.start - 30) : time.start]
        if near or _TIED.search(before) or _SINCE.match(text.folded, time.end):
            found.append(time)
    return tuple(found)


def _of_frame(frame: Text, one: Named | None) -> list[Time]:
    """The times of a frame; where it gives each concept its own, that of this one."""
    every = list(times(frame.folded))
    if one is None or len(every) < 2:
        return every
    places = [place for place in mentions(frame.folded) if place.concept.name == one.concept.name]
    if not places:
        return every
    place = places[0]
    before = [time for time in every if time.end <= place.start]
    if before and re.search(r"\bfor\b", frame.folded[before[-1].end : place.start]):
        return [before[-1]]
    after = [time for time in every if time.start >= place.end]
    if after and _FOR.search(frame.folded[place.end : after[0].start]):
        return [after[0]]
    return every


def _row(told: Sequence[Time], text: Text, source: str, is_safety: bool) -> dict[str, Any]:
    months = sorted({month for time in told for month in time.months})
    last = max(told, key=lambda time: time.months[-1])
    through = last.through if last.through is not None else is_safety
    return {
        "times_months": months, "time_kind": "through" if through else "at", "time_anchor": anchor(text.folded),
        "time_source": source, "visit_month": visit(months[-1]),
    }  # fmt: skip


def visit(months: float) -> int | None:
    """The usual visit within a tenth of a time, None where there is none."""
    nearest = min(VISIT_MONTHS, key=lambda month: abs(month - months))
    return nearest if abs(nearest - months) <= nearest / 10 else None

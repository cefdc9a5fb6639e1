"""Times that an outcome names, in months: at which visits, or through how long, and from when.

A month is 365.25 / 12 days. "Baseline", day 0 and week 0 are where times count from; hours are no visit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from transforms.profile.reading.memo import cached_rule_of_words

DAYS_A_MONTH = 365.25 / 12
DAYS = {"year": 365.25, "yr": 365.25, "month": DAYS_A_MONTH, "mo": DAYS_A_MONTH, "mth": DAYS_A_MONTH, "week": 7.0,
        "wk": 7.0, "day": 1.0, "y": 365.25, "m": DAYS_A_MONTH, "w": 7.0, "d": 1.0}  # fmt: skip
WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
         "twelve": 12, "fifteen": 15, "eighteen": 18, "twenty-four": 24, "first": 1, "an": 1, "a": 1}  # fmt: skip
# Fifteen years are the rule for gene therapy; more is a slip.
MOST_MONTHS = 300.0

_SPELLED = sorted(set(WORDS) - {"a", "an", "first"}, key=len, reverse=True)
_NUMBER = rf"(?:\d{{1,4}}(?:\.\d{{1,2}})?|{'|'.join(_SPELLED)})"
_JOIN = r"(?:\s*(?:,|/|、|，|;|&|\band\b|\bor\b)\s*)+(?:at\s+)?"
_UNIT = r"(?:years?|yrs?|months?|mths?|mos?|weeks?|wks?|days?)"
_WINDOW = r"(?: ?\(?(?:±|\+/-) ?\d+(?: ?days?)?\)?)?"
# "1, 3 and 12 months", "12weeks", "five-year"; "1-4 weeks" is through the fourth.
_LISTED = re.compile(
    rf"(?<![\w.\-])(?<!\d/){_NUMBER}(?:{_JOIN}{_NUMBER}){{0,30}}(?P<range>\s*(?:-|~|to)\s*{_NUMBER})?"
    rf"(?: ?\(\d{{1,3}}\))?[\s-]{{0,2}}(?P<unit>{_UNIT}|[wmd](?=[\s,;.)、]|$))(?![^\W\d_])"
)
# "Week 12", "Weeks 4, 8 and 12", "D28", "M6": the unit stands first.
_POINTS = re.compile(
    rf"(?<![\w/])(?P<unit>{_UNIT}|[wmd](?=\d))[\s-]?(?P<numbers>\d{{1,4}}(?:\.\d)?{_WINDOW}"
    rf"(?:{_JOIN}(?:(?P=unit)s?[\s-]?)?\d{{1,4}}(?!\d*[\s-]*{_UNIT}\b){_WINDOW}){{0,30}})"
    rf"(?P<range>\s*(?:-|~|to|through)\s*(?:{_UNIT}|[wmd](?=\d))?\s?\d{{1,4}})?(?![\w.]*\d)(?!\s?%)"
)
_DIGIT_OR_WORD = re.compile(rf"\d|\b(?:{'|'.join(_SPELLED)})\b")
_DIGITS = re.compile(rf"{_NUMBER}")
_EVERY = re.compile(r"\b(?:every|each|per|once (?:in|every)|cycle of|average of) ?$")
_INTERVAL = re.compile(r"\s*(?:window|interval)")
_THROUGH = re.compile(
    r"(?:\bup ?to|\bthrough(?:out)?|\bwithin|\buntil|\btill|\bto|\bduring|\bover|\bfor|\bfirst|\bby|~|\d ?-)"
    r"(?: the| a total of| approximately| at least| study| first| next)* ?$"
)
_AT = re.compile(r"(?:\bat|\bon|,|\band|@)(?: the)? ?$")
_ANCHORS = (
    ("infusion", re.compile(
        r"(?:after|post|following|from|since|of)\b[^.;\n]{0,60}?\b(?:re-?infus\w*|infus\w*|transfus\w*|dos(?:e|ing)\b"
        r"|administration|injection|treatment|medication|car-? ?t|cells?)|post-?infusion|post-?treatment")),
    ("enrolment", re.compile(r"(?:after|post|following|from|since)\b[^.;\n]{0,40}?\b(?:study entry|enrol\w*|inclusion"
                             r"|informed consent|signing)")),
    ("randomisation", re.compile(r"(?:after|post|following|from|since)\b[^.;\n]{0,40}?\brandomi[sz]\w*")),
)  # fmt: skip


class Time(NamedTuple):
    """Times told together: months ascending; `through` True: until then, False: at them, None: not told."""

    months: tuple[float, ...]
    through: bool | None
    start: int
    end: int


@cached_rule_of_words
def times(folded: str) -> tuple[Time, ...]:
    """Every time of a text, in order."""
    if not _DIGIT_OR_WORD.search(folded):
        return ()
    found = sorted(_read(folded), key=lambda time: time.start)
    kept: list[Time] = []
    for time in found:
        if not kept or time.start >= kept[-1].end:
            kept.append(time)
    return tuple(kept)


def _read(folded: str) -> Iterator[Time]:
    for pattern in (_POINTS, _LISTED):
        for match in pattern.finditer(folded):
            before = folded[max(0, match.start() - 30) : match.start()]
            if _EVERY.search(before) or before.endswith("-") or _INTERVAL.match(folded, match.end()):
                continue
            months = _months(match, folded)
            if months:
                yield Time(months, _is_through(match, before), match.start(), match.end())


def _months(match: re.Match[str], folded: str) -> tuple[float, ...]:
    days = _unit(match.group("unit"))
    told = match.group()
    if match.re is _POINTS:
        told = re.sub(_WINDOW.removesuffix("?"), "", told)
    numbers = [_value(number) for number in _DIGITS.findall(told.split("(")[0] if match.re is _LISTED else told)]
    if match.group("range") and len(numbers) > 1:
        numbers = [*numbers[:-2], numbers[-1]]  # from … to: the end counts
    found = {round(number * days / DAYS_A_MONTH, 2) for number in numbers}
    return tuple(sorted(month for month in found if 0 < month <= MOST_MONTHS))


def _is_through(match: re.Match[str], before: str) -> bool | None:
    if match.group("range") or _THROUGH.search(before):
        return True
    if len(_DIGITS.findall(match.group())) > 1 or _AT.search(before):
        return False
    return None


def _value(number: str) -> float:
    return float(WORDS[number]) if number in WORDS else float(number)


def _unit(word: str) -> float:
    for name, days in DAYS.items():
        if word == name or (len(name) > 1 and word.startswith(name)):
            return days
    raise KeyError(word)


@cached_rule_of_words
def anchor(folded: str) -> str | None:
    """What the times of a text count from: infusion, enrolment, randomisation; None where it is not told."""
    return next((name for name, pattern in _ANCHORS if pattern.search(folded)), None)


def days_of(number: str, unit: str) -> float:
    """A duration in days."""
    return round(_value(number) * _unit(unit), 2)

"""Durations of criteria in days, half-lives, and what a time counts from."""

from __future__ import annotations

import re
from typing import NamedTuple

DAYS = {
    "day": 1.0,
    "week": 7.0,
    "month": 365.25 / 12,
    "year": 365.25,
    "d": 1.0,
    "w": 7.0,
    "wk": 7.0,
    "mo": 365.25 / 12,
    "hour": 1 / 24,
}
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "nine": 9, "ten": 10,
"twelve": 12,
          "a": 1, "an": 1, "half a": 0.5, "half an": 0.5}  # fmt: skip
NUMBER = r"\d{1,3}(?:\.\d)?|half an?|one|two|three|four|five|six|eight|nine|ten|twelve|an?"
UNIT = r"days?|weeks?|months?|years?|wks?|mos?|hours?"
SPAN = re.compile(
    rf"(?<![\w.])(?P<number>{NUMBER})(?: ?\(\d{{1,3}}\))?(?: ?(?:-|~"
    rf"|to) ?(?P<most>\d{{1,3}}))?[ -]{{0,2}}(?P<unit>{UNIT})\b"
)
HALF_LIVES = re.compile(
    rf"(?P<number>{NUMBER})(?: \(\d\))?[ -](?:drug |elimination |biological "
    rf"|terminal )?half[ -]?li(?:ves|fe|fes)\b"
)
_LONGER = re.compile(
    r"whichever (?:is|was|comes|lasts|of these is) (?:the )?(?:longer|longest|later|greater)"
    r"|longer of"
)
_SHORTER = re.compile(r"whichever (?:is|was|comes) (?:the )?(?:shorter|shortest|earlier|first)|shorter of")
_ANCHORS = (
    ("leukapheresis", r"(?:leuk|leuc)?apheresis|cell collection|mononuclear cells?|blood collection"
                      r"|collection of (?:pbmc|cells)|collection\b"),
    ("lymphodepletion", r"lympho-?deplet\w+|pre-?conditioning|conditioning|lymphatic \w+|lymph\w* clear\w*|gonorrhea"
                        r"|chemotherapy"),
    ("randomisation", r"randomi[sz]ation"),
    ("screening", r"screening|screen\b"),
    ("baseline", r"baseline"),
    ("last dose", r"last (?:dos(?:e|ing)|administration|medication|use|treatment|study treatment)|final dose"
                  r"|(?<=after )(?:the )?(?:end of |stopping |discontinu\w+ (?:of )?)?(?:the )?(?:study )?"
                  r"(?:treatment|medication|drug)|end of (?:study )?treatment"),
    ("infusion", r"re-?infusion|infusion|dosing|first dose|administration|transfusion|injection|cell therapy"
                 r"|(?:study )?day (?:0|1)\b|(?:study|trial) (?:treatment|drug|medication|intervention|product|agent)"
                 r"|first (?:study )?treatment|start of (?:study )?treatment|car-? ?t"),
    ("enrolment", r"enrol\w*|inclusion|(?:start|beginning) of (?:the )?(?:study|trial)|informed consent"
                  r"|icf|signing|consent|study entry|registration|entry"),
    ("end of study", r"end of (?:the )?(?:study|trial)|last (?:follow-?up|visit|study visit)|final (?:visit|follow)"
                     r"|completion of the (?:study|trial)"),
)  # fmt: skip
_ASIDE = re.compile(r"\s*\([^()\n]{1,160}\)")
ANCHORS = tuple((name, re.compile(rf"\b(?:{words})")) for name, words in _ANCHORS)


class Span(NamedTuple):
    """A duration in days; offsets into the text."""

    days: float
    start: int
    end: int


def spans(folded: str, start: int, end: int) -> list[Span]:
    """Every duration of folded[start:end] with the longest of a range, left to right; hours are none."""
    found = []
    for match in SPAN.finditer(folded, start, end):
        number = match.group("most") or match.group("number")
        value = float(_WORDS[number]) if number in _WORDS else float(number)
        unit = next(
            name
            for name in ("day", "week", "month", "year", "wk", "mo", "hour")
            if match.group("unit").startswith(name)
        )
        if unit != "hour":
            found.append(Span(float(round(value * DAYS[unit])), match.start(), match.end()))
    for match in _PAST_UNIT.finditer(folded, start, end):  # "within the past year"
        found.append(Span(float(round(DAYS[match.group("unit")])), match.start(), match.end()))
    return sorted(found, key=lambda span: span.start)


_PAST_UNIT = re.compile(r"\b(?:past|last|previous|preceding) (?P<unit>day|week|month|year)\b")


def half_lives(folded: str, start: int, end: int) -> tuple[float, int] | None:
    """The number of half-lives that folded[start:end] names, and where that ends."""
    match = HALF_LIVES.search(folded, start, end)
    if match is None:
        return None
    number = match.group("number")
    return (float(_WORDS[number]) if number in _WORDS else float(number)), match.end()


def days_rule(folded: str, start: int, end: int) -> str | None:
    """Which of two durations counts: longer, shorter, None where it is not told."""
    if _LONGER.search(folded, start, end):
        return "longer"
    return "shorter" if _SHORTER.search(folded, start, end) else None


def relative_to(folded: str, start: int, end: int) -> str | None:
    """What a time counts from: the first event named behind it, however it is spelled; in a parenthesis as the last."""
    aside = _ASIDE.match(folded, start, end)
    behind = _first_event(folded, aside.end(), end) if aside else None
    return behind or _first_event(folded, start, end)


def _first_event(folded: str, start: int, end: int) -> str | None:
    found = [
        (match.start(), order, name)
        for order, (name, pattern) in enumerate(ANCHORS)
        if (match := pattern.search(folded, start, min(end, start + 90)))
    ]
    return min(found)[2] if found else None

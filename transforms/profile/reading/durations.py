"""How long: durations as texts write them, in months."""

from __future__ import annotations

import re

MONTHS_TO_DAYS = 365.25 / 12
MONTHS = {"year": 12.0, "yr": 12.0, "month": 1.0, "mo": 1.0, "week": 12 / 52, "wk": 12 / 52,
          "day": 1 / MONTHS_TO_DAYS}  # fmt: skip

_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
          "ten": 10, "twelve": 12, "fifteen": 15, "eighteen": 18, "twenty": 20, "twenty-four": 24,
          "thirty-six": 36}  # fmt: skip
NUMBER = r"(?:\d{1,4}(?:\.\d{1,2})?|" + "|".join(sorted(_WORDS, key=len, reverse=True)) + ")"
DURATION = re.compile(
    rf"(?<![\w.])(?P<number>{NUMBER})(?: ?\(\d{{1,3}}\))?(?:th|st|nd|rd)?(?: ?[-~] ?|[ ]?)"
    r"(?P<unit>years?|yrs?|months?|mos?|weeks?|wks?|days?)\b"
)


def months_of(match: re.Match[str]) -> float:
    """The months of a match of DURATION."""
    return number_of(match.group("number")) * unit_months(match.group("unit"))


def days_of(match: re.Match[str]) -> float:
    """The days of a match of DURATION, whole: weeks are seven."""
    weeks = match.group("unit").startswith("w")
    return round(number_of(match.group("number")) * 7 if weeks else months_of(match) * MONTHS_TO_DAYS)


def number_of(number: str) -> float:
    """A number in figures or in words."""
    return float(_WORDS[number]) if number in _WORDS else float(number)


def unit_months(word: str) -> float:
    """The months of one unit by its word or first letter. Raises KeyError."""
    for name, months in MONTHS.items():
        if word.startswith(name) or word == name[0]:
            return months
    raise KeyError(word)

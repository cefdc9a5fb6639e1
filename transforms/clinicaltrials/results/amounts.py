"""Numbers as sponsors write them: "26,300", ".23", "-0.5"; and what is none: "NA", "<1", "not reached"."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import NamedTuple

from transforms.clinicaltrials.parts import Study
from transforms.shaped import start_of

NUMBER = re.compile(r"([-+−]?)((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)((?:[eE][-+]?\d{1,3})?)", re.ASCII)
COMPARED = re.compile(r"(<=|>=|≤|≥|<|>|=)?\s*(.*)", re.DOTALL)
OPERATORS = {"≤": "<=", "≥": ">="}
# The registry's word for a number that there is none of; a comment tells why.
NOT_AVAILABLE = "NA"
LONGEST_NUMBER = 40  # characters
MOST = 2**31 - 1  # of a count
NOT_READ = "a number was expected"
# A share of people: above 100 or below 0 it is none. A percent change may be either.
SHARE = re.compile(
    r"\s*(?:percent(?:age)?s?|%)\s*(?:\(%\)\s*)?(?:of\s+)?(?:the\s+|all\s+)?"
    r"(?:participants?|particpants?|patients?|subjects?|population|people|responders)\b.*",
    re.IGNORECASE | re.DOTALL,
)


class Amount(NamedTuple):
    """A value as given and the number read from it; None where none can be."""

    text: str | None = None
    number: float | None = None


NOTHING = Amount()


@lru_cache(maxsize=4_096)
def number_of(text: str) -> float | None:
    """The number that a text is; None where it is none, or says more than a number."""
    stripped = text.strip()
    match = NUMBER.fullmatch(stripped) if len(stripped) <= LONGEST_NUMBER else None
    if match is None:
        return None
    sign, digits, exponent = match.groups()
    number = float(digits.replace(",", "") + exponent)
    if not math.isfinite(number):
        return None
    return -number if sign in ("-", "−") else number


Place = tuple[str, int | None, str]  # table, the row's number in it, column


def path_of(place: Place) -> str:
    """How a place is named in quarantine."""
    table, number, column = place
    return f"{table}.{column}" if number is None else f"{table}.{column}[{number}]"


def amount(
    parts: Study, given: object, place: Place, lowest: float = -math.inf, highest: float = math.inf
) -> Amount:  # fmt: skip
    """A value of the record as a text and its number.

    Of what is no number, or one that cannot be true, the text alone; it is noted unless it is "NA".
    """
    if given is None:
        return NOTHING
    if isinstance(given, str):
        text, number = given, number_of(given)
    else:
        parts.note(path_of(place), given, "a text was expected")
        text = start_of(given)
        number = number_of(text) if isinstance(given, int | float) else None
    if number is None:
        if isinstance(given, str) and given.strip() and given.strip().upper() != NOT_AVAILABLE:
            parts.note(path_of(place), given, NOT_READ)
        return Amount(text)
    if lowest <= number <= highest:
        return Amount(text, number)
    limits = f"a number from {lowest:g}" + ("" if highest == math.inf else f" to {highest:g}")
    parts.note(path_of(place), given, f"{limits} was expected")
    return Amount(text)


def count(parts: Study, given: object, place: Place) -> Amount:
    """A number of participants or units: whole, and not below zero."""
    found = amount(parts, given, place, 0, MOST)
    if found.number is None or found.number.is_integer():
        return found
    parts.note(path_of(place), given, "a whole number was expected")
    return Amount(found.text)


def compared(parts: Study, given: object, place: Place) -> tuple[str | None, Amount]:
    """A p value: how it compares (`=` where only a number is given), its text and its number from 0 to 1."""
    if not isinstance(given, str):
        found = amount(parts, given, place, 0, 1)
        return None if found.number is None else "=", found
    match = COMPARED.fullmatch(given.strip())
    operator, rest = match.groups() if match else (None, given)
    number = number_of(rest or "")
    if number is None or not 0 <= number <= 1:
        if given.strip() and given.strip().upper() != NOT_AVAILABLE:
            parts.note(path_of(place), given, "a number from 0 to 1 was expected" if number is not None else NOT_READ)
        return None, Amount(given)
    return OPERATORS.get(operator or "=", operator or "="), Amount(given, number)

"""ClinicalTrials.gov numbers: how they are written in texts, and what only looks like one.

Authors and publishers write `NCT 01234567`, `NCT: 01234567`, with any dash, with invisible characters that a
typesetter left, in full-width digits. `NCT00000000` stands in forms until the number is there, and is none.
"""

from __future__ import annotations

import re
import unicodedata

NCT_ID = re.compile(r"NCT(?!0{8})[0-9]{8}")

_DASHES = "\\-\u058a\u05be\u1806\u2010-\u2015\u2043\u207b\u208b\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d"
# Soft hyphens, joiners, marks of direction: what Unicode calls format characters, and the combining joiner.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
_NUMBER = re.compile(
    rf"NCT(?:(?:\s|number|no\.?|id|[:#=_.(\[{_DASHES}]){{0,6}})"
    rf"([0-9](?:[{_DASHES}]?[0-9]){{7}})(?![0-9])",
    re.IGNORECASE,
)  # fmt: skip
_NOT_DIGITS = re.compile("[^0-9]")


def numbers_in(text: str) -> list[str]:
    """The ClinicalTrials.gov numbers that a text names, each once, in order."""
    found = _NUMBER.findall(plain(text))
    numbers = (f"NCT{_NOT_DIGITS.sub('', digits)}" for digits in found)
    return list(dict.fromkeys(number for number in numbers if NCT_ID.fullmatch(number)))


def number_of(given: str) -> str | None:
    """The one number that a text is, however it is spelled; None where it is none, or says more."""
    found = _NUMBER.fullmatch(plain(given).strip())
    number = f"NCT{_NOT_DIGITS.sub('', found[1])}" if found else ""
    return number if NCT_ID.fullmatch(number) else None


def plain(text: str) -> str:
    """A text without invisible characters, and with ordinary letters, digits and blanks for their other forms."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))

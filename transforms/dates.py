"""Registry dates: the first day of what was given, and how much was given."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

GIVEN_DATE = re.compile(r"([12]\d{3})(?:-(\d{2})(?:-(\d{2}))?)?")


class RegistryDate(NamedTuple):
    """`day` is the first day of what was given; `precision` says how much that was."""

    day: date
    precision: str


@lru_cache(maxsize=65536)
def registry_date(given: str) -> RegistryDate | None:
    """The date of "2026-05-14", "2026-05" or "2026"; None for anything else, never a guess."""
    match = GIVEN_DATE.fullmatch(given.strip())
    if not match:
        return None
    year, month, day = match.groups()
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    return RegistryDate(first, "day" if day else "month" if month else "year")

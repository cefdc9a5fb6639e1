"""PubMed's ways to say when: structured parts, seasons, and free text, as partial ISO dates.

A date comes out as "2019", "2019-09" or "2019-09-14": what was given and no more. Of a span the
first of what is given counts ("2016 May 25-Jun 14" is 2016-05-25). None means nonsense.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping

_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
_MONTHS = {name: no for names in (_NAMES, _FULL_NAMES) for no, name in enumerate(names, 1)} | {"sept": 9}
_MONTHS_AS_GIVEN = {
    given: no for no, name in enumerate(_NAMES, 1) for given in (name, name.title(), name.upper(), str(no), f"{no:02d}")
}

# PubMed's own dates of a season, from its help on publication dates: winter is January, spring April,
# summer July, fall October. Some journals count quarters, trimesters (of three months) and halves.
_SEASONS = {"winter": 1, "spring": 4, "summer": 7, "autumn": 10, "fall": 10}
_MONTHS_IN = {"quart": 3, "trimest": 3, "semest": 6}

_A_MONTH = "(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_A_SEASON = "(?P<season>" + "|".join(_SEASONS) + r")\b"
_A_PART_OF_YEAR = r"(?P<ordinal>[1-4])(?:st|nd|rd|th|d)\s+(?P<part>quart|trimest|semest)[a-z]*"
_YEAR = re.compile(r"(?<![0-9])(?:1[5-9]|20)[0-9]{2}(?![0-9])")
_YEAR_SPAN = re.compile(r"\s*[-–—/]\s*(?:[0-9]{4}|[0-9]{2})(?![0-9])")
_MONTH_AFTER = re.compile(r"[\s,:-]*" + _A_MONTH + r"(?:\s*(?P<day>[0-9]{1,2})(?![0-9]))?", re.I)
_MONTH_BEFORE = re.compile(
    r"\s*(?:(?P<first_day>[0-9]{1,2})(?:\s*[-–]\s*[0-9]{1,2})?\s+)?" + _A_MONTH
    + r"(?:\s+(?P<day>[0-9]{1,2})(?![0-9]))?", re.I,
)  # fmt: skip
_SEASON = re.compile(r"[\s,:-]*(?:" + _A_SEASON + "|" + _A_PART_OF_YEAR + ")", re.I)


def partial_date(given: Mapping[str, str]) -> str | None:
    """The date in the parts of a PubDate, ArticleDate, DateRevised or ContributionDate element.

    `given` holds the texts of Year, Month, Day, Season or MedlineDate by their names. A season that
    is no known word leaves the year, for PubMed does not bind the word; a month or a day that cannot
    be makes the whole date nonsense.
    """
    if "MedlineDate" in given:
        return medline_date(given["MedlineDate"])
    year = given.get("Year", "")
    if not _YEAR.fullmatch(year):
        return None
    if month := given.get("Month"):
        number = _MONTHS_AS_GIVEN.get(month)
        if number is None:
            named = _MONTH_AFTER.match(month)
            number = _MONTHS[named["month"].lower()] if named else None
        return _joined(year, number, given.get("Day")) if number else None
    if season := given.get("Season"):
        return _joined(year, _first_month(season), None)
    return year


def medline_date(text: str) -> str | None:
    """The first of what a MedlineDate gives.

    >>> [medline_date(t) for t in ("1998 Dec-1999 Jan", "Spring 2003", "2001-2002", "soon")]
    ['1998-12', '2003-04', '2001', None]

    A season after a span of years ("1976-1977 Winter") belongs to no one year of them: the first
    year is all that is said.
    """
    found = _YEAR.search(text)
    if found is None:
        return None
    year, before, after = found[0], text[: found.start()], text[found.end() :]
    if _YEAR_SPAN.match(after):
        return year
    if month := _MONTH_AFTER.match(after):
        return _joined(year, _MONTHS[month["month"].lower()], month["day"])
    if number := _first_month(after):
        return _joined(year, number, None)
    if month := _MONTH_BEFORE.match(before):
        return _joined(year, _MONTHS[month["month"].lower()], month["day"] or month["first_day"])
    return _joined(year, _first_month(before), None)


def earliest(dates: Iterable[str]) -> str | None:
    """The earliest of partial dates; of two that do not contradict each other, the more precise.

    An issue of "2019" and an electronic date of "2019-09-14" are one statement: 2019-09-14.
    """
    known = sorted(set(dates))
    own = [date for date in known if not any(other.startswith(date + "-") for other in known)]
    return own[0] if own else None


def _first_month(season: str) -> int | None:
    """The first month of "Summer", "Fall-Winter", "Jan-Mar" or "2nd Quart"; None for other words."""
    if named := _MONTH_AFTER.match(season):
        return _MONTHS[named["month"].lower()]
    found = _SEASON.match(season)
    if found is None:
        return None
    if found["season"]:
        return _SEASONS[found["season"].lower()]
    month = 1 + _MONTHS_IN[found["part"].lower()] * (int(found["ordinal"]) - 1)
    return month if month <= 12 else None


def _joined(year: str, month: int | None, day: str | None) -> str | None:
    if month is None:
        return year
    if not day:
        return f"{year}-{month:02d}"
    if not (day.isascii() and day.isdigit() and len(day) <= 2):
        return None
    if not 1 <= int(day) <= monthrange(int(year), month)[1]:
        return None
    return f"{year}-{month:02d}-{int(day):02d}"

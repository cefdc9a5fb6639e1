"""What one place says of one agent: its dose, its days and whether all get it."""

from __future__ import annotations

import re
from typing import NamedTuple

from transforms.profile.reading.durations import number_of
from transforms.profile.reading.texts import Text
from transforms.profile.regimen.agents import Mention

_NUMBER = r"\d{1,4}(?:,\d{3})?(?:\.\d+)?"
_PER = r"(?:m ?\^? ?(?:2|²)|m²|kg|body surface area|bsa)"
_DAILY = r"(?: ?(?:/ ?(?:d\b|day|dose)|per day|daily|a day|qd\b|once (?:a day|daily)|every day|/24 ?h))"
_DOSE = re.compile(
    rf"(?P<low>{_NUMBER})(?: ?mg)?(?: ?(?:/ ?{_PER})?)?(?: ?(?:-|~|to|or) ?(?P<high>{_NUMBER}))? ?(?P<mass>mg"
    rf"|g)(?: ?(?:/|per) ?(?P<per>{_PER}))?"
    rf"(?P<daily>{_DAILY})?"
)
_MORE_DAILY = re.compile(
    r"[^.;\n]{0,40}?(?:/ ?day\b|\bper day\b|\bdaily\b|\bqd\b|\bonce (?:a day|daily)\b"
    r"|\beach day\b|\bx ?\d ?d|× ?\d ?d|\bfor \w+ (?:consecutive )?days)"
)
_DAY = re.compile(r"(?:\bdays?|\bd) ?\(?(?P<first>- ?\d{1,2}|minus \d{1,2})d?|\(?(?P<bare>- ?\d{1,2}) ?(?:to|,|~)")
_SIGNED = re.compile(r"(?:-|minus) ?(\d{1,2})\b")
_SPAN = re.compile(
    r"(?:- ?|minus )\d{1,2} ?\)?d? ?(?:to|through|till|until|~|–|--?)\s?(?:and including )?(?:days? ?"
    r"|d ?)?\(?(?:- ?|minus )?\d{1,2}"
)
_TIMES = re.compile(
    r"(?:\bfor|x|×|\*|,) ?(?:a total of )?(?P<number>\d|one|two|three|four|five)(?: consecutive)?(?: ?(?:days?"
    r"|doses?|d)\b)|(?P<first>three|two|\d) (?:consecutive )?(?:daily doses|days)"
)
_TOTAL = re.compile(rf"\btotal (?:dose )?(?:of )?(?P<value>{_NUMBER}) ?mg")
_IF_NEEDED = re.compile(r"[^.;\n]{0,40}?\b(?:if|when|where|as) (?:necessary|needed|required|indicated)\b")
_OPTIONAL = re.compile(
    r"\boptional(?:ly)?\b|\bwith or without\b|\bmay (?:also )?(?:receive|be given|include)\b"
    r"|\bat the (?:investigator's )?discretion"
)
_MARKED_OPTIONAL = re.compile(r"[\s(,]*optional")
_OF = re.compile(r"[\s,)]*(?:iv |intravenous(?:ly)? |i\.v\. )*of (?:iv |intravenous )?")


class Given(NamedTuple):
    """What one place says of one agent."""

    agent: str
    text: Text
    start: int
    end: int
    dose: tuple[float, float, str] | None
    days: tuple[int, int, int] | None  # first day, last day, number of doses
    n_doses: int | None
    total: float | None
    requirement: str


def of_mention(one: Mention, named: list[Mention], bounds: tuple[int, int, int]) -> Given:
    low, until, end = bounds
    folded = one.text.folded
    before = max([low, *[other.end for other in named if other.end <= one.start]])
    dose = _dose_before(folded, max(before, one.start - 45), one.start)
    dose = dose or dose_in(folded, one.end, min(until, one.end + 90))
    after = dose[3] if dose else one.end
    days = days_in(folded, after, until) or days_in(folded, after, end)
    n_doses = times_in(folded, after, until) or (days[2] if days else times_in(folded, after, end))
    total = _TOTAL.search(folded, one.end, until)
    asked = "required"
    if _IF_NEEDED.match(folded, one.end, min(until, one.end + 60)):
        asked = "if needed"
    elif _OPTIONAL.search(folded, max(before, one.start - 60), one.start) or _MARKED_OPTIONAL.match(folded, one.end):
        asked = "optional"
    last = max(after, one.end)
    return Given(one.agent.label, one.text, min(one.start, dose[4] if dose else one.start), last,
    dose[:3] if dose else None, days, n_doses,
                 float(total.group("value").replace(",", "")) if total else None, asked)  # fmt: skip


def dose_in(folded: str, start: int, end: int) -> tuple[float, float, str, int, int] | None:
    for match in _DOSE.finditer(folded, start, end):
        if match.group("per") is None and match.group("mass") == "mg" and not match.group("daily"):
            continue
        return _dose_of(folded, match)
    return None


def _dose_before(folded: str, low: int, start: int) -> tuple[float, float, str, int, int] | None:
    found = [match for match in _DOSE.finditer(folded, low, start) if match.group("per")]
    if found and _OF.fullmatch(folded, found[-1].end(), start):
        return _dose_of(folded, found[-1])
    return None


def _dose_of(folded: str, match: re.Match[str]) -> tuple[float, float, str, int, int]:
    low = float(match.group("low").replace(",", ""))
    high = float((match.group("high") or match.group("low")).replace(",", ""))
    if match.group("mass") == "g":
        low, high = low * 1000, high * 1000
    per = match.group("per")
    unit = "mg/kg" if per == "kg" else "mg/m2" if per else "mg"
    is_daily = bool(match.group("daily")) or bool(_MORE_DAILY.match(folded, match.end(), match.end() + 60))
    return min(low, high), max(low, high), f"{unit}/day" if is_daily else unit, match.end(), match.start()


def days_in(folded: str, start: int, end: int) -> tuple[int, int, int] | None:
    """First day, last day and number of doses of days counted before the infusion."""
    at = _DAY.search(folded, start, end)
    if at is None:
        return None
    stretch = folded[at.start() : min(end, at.start() + 60)]
    stretch = re.split(r"\b(?:and|followed|then) (?:cyclo|flu|the )|mg|\(iv|;", stretch)[0]
    days = [-int(day) for day in _SIGNED.findall(stretch)]
    if not days:
        return None
    if _SPAN.search(stretch) and len(days) >= 2:
        first, last = min(days[:2]), max(days[:2])
        return first, last, last - first + 1
    return min(days), max(days), len(set(days))


def times_in(folded: str, start: int, end: int) -> int | None:
    match = _TIMES.search(folded, start, end)
    if match is None:
        return None
    number = match.group("number") or match.group("first")
    return int(number_of(number))

"""How long participants stay in hospital after the cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from transforms.profile.reading.durations import DURATION, days_of
from transforms.profile.reading.findings import Finding, WordAndNumber, first_told
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.sentences import holding
from transforms.profile.reading.texts import Text

_STEMS = ("hospital", "inpatient", "in-patient", "outpatient", "out-patient", "clinic")
_STAY = re.compile(
    r"\b(?:will be|be|are|is|were|remain|remains|kept|stay(?:ing|s)?|being) (?:\w+ ){0,3}?(?:re-?)?hospitali[sz]ed\b"
    r"|\bhospitali[sz]ed (?:for|after|until|during|at least|in)\b"
    r"|\bhospitali[sz]ation (?:for|of|period|is|will|after|until)\b"
    r"|\b(?:stay(?:ing|s)?|remain(?:s|ing)?|kept|admitted|observed|monitored) (?:\w+ ){0,4}?(?:in|to|at)"
    r" (?:the |a |an )?(?:\w+ )?(?:hospital|inpatient|in-patient|clinical unit|clinic)\b"
    r"|\b(?:hospital|inpatient|in-patient) (?:stay|observation|monitoring|admission|period|setting)\b"
    r"|\binpatients? (?:for|during|until)\b"
)
_OUTPATIENT = re.compile(
    r"\b(?:infus\w+|administ\w+|given|dosed|dosing|treat\w+|cells?) (?:[\w\-]+ ){0,6}?"
    r"(?:in an |in the |as an |on an |as )?out-?patients?\b(?! clinic| visit)"
    r"|\bout-?patient (?:infusion|administration|setting|dosing)\b"
)
_AT_LEAST = re.compile(r"\b(?:at least|minimum|no less than|not less than|or more|or longer)\b|[≥>]")
# Not a stay that the trial asks for: a harm that counts, a history, a cost, a stay because of something.
_OTHER = re.compile(
    r"\b(?:previous(?:ly)?|prior|history|within the (?:last|past)|past|cost|number of|rate of"
    r"|proportion|requir\w+|need\w*|prolong\w*|serious|adverse event|leading to|result(?:s|ing)? in|due to"
    r"|because of|infections?|in case of|if)\b"
)
_NEAR = re.compile(
    r"\b(?:near|close to|proximity|within (?:\w+ ){1,3}(?:of|from)|hotel|vicinity|return\w*|visits?|come back|then)\b"
)
_AFTER_CELLS = re.compile(
    r"\binfus|\bcells?\b|\bcar\b|\bcar-|\binject|\bdos(?:e|ing)|\btreatment|\bmonitor|\bobserv|\bd(?:ay )?0\b"
)
_REACH, _BEFORE = 90, 50  # characters between the stay and its length behind it, and before it
LONGEST_DAYS = 120.0
_SECTIONS = frozenset(
    {"arm_description", "intervention_description", "brief_summary", "detailed_description", "model_description"}
)  # fmt: skip
COLUMNS = ("hospital_stay_days", "hospital_stay_kind")


def hospital_stay(texts: Sequence[Text]) -> tuple[dict[str, Any], list[Finding]]:
    """The columns of car_t_profiles named in COLUMNS, and their reasons; None: not stated.

    A length that is told wins over a stay without one.
    """
    told = [(text, stay) for text in texts if text.section in _SECTIONS for stay in _stays(text)]
    told.sort(key=lambda one: one[1].number is None)  # stable: the most telling section of those
    return first_told(told, COLUMNS, "hospital_stay.text")


@cached_rule
def _stays(text: Text) -> tuple[WordAndNumber, ...]:
    found: list[WordAndNumber] = []
    for start, end in holding(text.folded, _STEMS):
        said = text.folded[start:end]
        out = _OUTPATIENT.search(said)
        if out:
            found.append(WordAndNumber("outpatient", None, start + out.start(), start + out.end()))
            continue
        for stay in _STAY.finditer(said):
            if not _OTHER.search(said) and _AFTER_CELLS.search(said):
                found.append(_timed(text.folded, start, end, stay))
                break
    return tuple(found)


def _timed(folded: str, start: int, end: int, stay: re.Match[str]) -> WordAndNumber:
    """A stay with the time that belongs to it: behind it, or just before."""
    first, last = start + stay.start(), start + stay.end()
    for low, high in ((last, min(end, last + _REACH)), (max(start, first - _BEFORE), first)):
        for time in DURATION.finditer(folded, low, high):
            days = float(days_of(time))
            between = folded[min(last, time.start()) : max(first, time.start())]
            if days <= LONGEST_DAYS and not _NEAR.search(between):
                least = _AT_LEAST.search(folded, max(start, time.start() - 20), min(end, time.end() + 12))
                kind = "at least" if least else "planned"
                return WordAndNumber(kind, days, min(first, time.start()), max(last, time.end()))
    return WordAndNumber("no time told", None, first, last)

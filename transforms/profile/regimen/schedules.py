"""How often CAR cells are given, in the words of the record."""

from __future__ import annotations

import re
from itertools import islice

from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.sentences import around
from transforms.profile.reading.texts import Text
from transforms.profile.regimen.agents import agents_in

OF_CELLS = re.compile(
    r"\bcells?\b|\bcar\b|\bcar[+\-]|car-?t\b|\btregs?\b|\bt-?lymphocytes?\b|\bnk\b|gd-?t\b|γδt|/kg|\bper kg"
)
_SCHEDULE = re.compile(
    r"\bsplit[ -](?:dos\w*|infusion)(?: over \w+ days| in \w+ infusions)?"
    r"|\bsingle[ -](?:(?:intravenous|iv|i\.v\.) )?(?:dose|infusion|injection|administration)(?! cohort)"
    r"|\bone[ -]time (?:infusion|dose|injection)|\b(?:administered|infused|given|injected|dosed) once"
    r"|\b(?:two|three|four|five|six|\d{1,2})(?: \(\d\))? (?:weekly |monthly |consecutive |intravenous "
    r"|iv )?(?:infusions|doses|injections)"
    r"|\bup to \d{1,2} (?:weekly |monthly )?(?:infusions|doses)|\bonce (?:a week|weekly|daily|every \w+ \w+)"
    r"|\bon days? \d{1,3}(?:(?:, ?| ?& ?| and |, and )(?:day )?\d{1,3}){0,8}|\bevery (?:\d{1,3}|two|three"
    r"|four) (?:days|weeks|months)"
    r"|\bweekly\b|\bmonthly\b"
)
_MOST = 60  # in one text


@cached_rule
def _schedules(text: Text) -> tuple[tuple[int, int], ...]:
    """Where a text says how often its cells are given; what it says of other drugs and of visits is left out."""
    found = islice(_SCHEDULE.finditer(text.folded), _MOST)
    return tuple(match.span() for match in found if not is_of_others(text.folded, *match.span()))


def schedule_in(text: Text, dose_at: int | None = None) -> str | None:
    """How often, in the words of the text: of the sentence of the dose at `dose_at`, else the first."""
    spans = _schedules(text)
    if not spans:
        return None
    low, high = around(text.folded, dose_at, dose_at) if dose_at is not None else (0, len(text.folded))
    start, end = next((span for span in spans if low <= span[0] < high), spans[0])
    return " ".join(text.text[text.start + start : text.start + end].split())


_CLAUSE = re.compile(r"[;\n]|,\s|\b(?:followed by|then|prior to|before|after)\b")
_OTHERS = re.compile(
    r"lympho-?deplet|conditioning|chemotherapy|\bvisits?\b|assess|monitor|follow(?:ed)?[ -]up"
    r"|pheresis|blood (?:test|sampl)"
)


def is_of_others(folded: str, start: int, end: int) -> bool:
    """Whether a schedule at start..end is another drug's, or that of visits, by its own or an earlier clause."""
    first, last = around(folded, start, end)
    following = _CLAUSE.search(folded, end, last)
    *earlier, own = _CLAUSE.split(folded[first:end])
    rest = folded[end : following.start() if following else last]
    if _OTHERS.search(own + rest[:20]):
        return True
    for clause in (own + rest, *reversed(earlier)):
        if OF_CELLS.search(clause):
            return False
        if agents_in(clause):
            return True
    return False

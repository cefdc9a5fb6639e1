"""Long-term follow-up, as gene therapy asks for it: how long, and under which protocol.

What this protocol follows for five years and more is long-term by its length; what another protocol follows is told
in words, and is never part of `follow_up_months`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from transforms.profile.reading.durations import DURATION, months_of
from transforms.profile.reading.findings import Finding, WordAndNumber, first_told, structure
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.sentences import holding
from transforms.profile.reading.texts import Text
from transforms.profile.trial.follow_up import CAME_FROM, HERE, MOST_MONTHS, OTHER_PROTOCOL

COLUMNS = ("ltfu_months", "ltfu_where")
LONG, _SHORTEST = 60.0, 12.0  # months: of a protocol that does not call it long-term, and of one that does
_REACH = 160  # characters between the words and the time
_STEMS = ("long-term", "long term", "ltfu", "rollover", "roll-over", "roll over", "lifelong")
_LTFU = re.compile(
    r"\bltfu\b|\blong[ -]term (?:safety |gene[ -]therapy )?(?:follow[ -]?up|observation|monitoring)"
    r"|\blong[ -]term extension|\broll(?:s|ed|ing)?[ -]?over\b|\blifelong follow"
)
# "a long-term follow-up study", "the separate LTFU protocol"
_STUDY = re.compile(
    r"(?:follow[ -]?up|ltfu\)?|extension|roll[ -]?over|observation|monitoring) (?:\(\w+\) )?(?:safety )?"
    r"(?:study|protocol|trial|registry|program\w*)\b(?! period| phase| visit| day)"
)
_NAMED = re.compile(r"\bnct\d{8}\b")
_ELSEWHERE = re.compile(
    r"\b(?:median|published|reported|found|literature|data (?:of|from|show\w*)|experience|need for"
    r"|no long[ -]term|lack of|contracepti\w+)\b"
)
_SECTIONS = frozenset(
    {"arm_description", "intervention_description", "brief_title", "official_title", "brief_summary",
     "detailed_description", "model_description", "inclusion", "exclusion", "eligibility_other", "outcome_measure",
     "outcome_description", "outcome_time_frame"}
)  # fmt: skip
THIS, SEPARATE = "this protocol", "separate protocol"


def long_term_follow_up(
    texts: Sequence[Text], months: float | None, why: Sequence[Finding], is_follow_up: bool
) -> tuple[dict[str, Any], list[Finding]]:
    """The columns of car_t_profiles named in COLUMNS, and their reasons; None: not stated.

    `months` and `why` are those of `follow_up`, of this protocol; `is_follow_up`: the trial itself follows
    participants of others.
    """
    if is_follow_up or (months is not None and months >= LONG):
        reasons = [structure("ltfu_where", THIS, "ltfu.follow_up_study", "trials.scope")] if is_follow_up else [
            one._replace(attribute="ltfu_where", value=THIS, rule_id="ltfu.length") for one in why]  # fmt: skip
        reasons += [one._replace(attribute="ltfu_months", rule_id="ltfu.length") for one in why]
        return {"ltfu_where": THIS, "ltfu_months": months}, reasons
    told = [(text, one) for text in texts if text.section in _SECTIONS for one in _told(text)]
    # Stable: of those that say as much, the most telling section.
    told.sort(key=lambda one: (one[1].word != SEPARATE, one[1].number is None))
    return first_told(told, COLUMNS, "ltfu.text")


@cached_rule
def _told(text: Text) -> tuple[WordAndNumber, ...]:
    return tuple(
        found for start, end in holding(text.folded, _STEMS) if (found := _in_sentence(text.folded, start, end))
    )


def _in_sentence(folded: str, start: int, end: int) -> WordAndNumber | None:
    word = _LTFU.search(folded, start, end)
    if word is None or _ELSEWHERE.search(folded, start, end):
        return None
    other = OTHER_PROTOCOL.search(folded, start, end) or _STUDY.search(folded, word.start(), end)
    other = other or _NAMED.search(folded, word.start(), end)
    if other and CAME_FROM.search(folded, max(start, other.start() - 90), other.start()):
        other = None
    if other and HERE.search(folded, word.start(), other.end()):
        other = None
    times = [
        (round(months_of(time), 1), time) for time in DURATION.finditer(folded, start, end)
        if abs(time.start() - word.start()) < _REACH and months_of(time) <= MOST_MONTHS
    ]  # fmt: skip
    length, time = max(times, key=lambda one: one[0], default=(None, None))
    if length is not None and length < (LONG if other else _SHORTEST):
        length, time = None, None  # what comes before the long-term part
    told = [one for one in (word, other, time) if one]
    first, last = min(one.start() for one in told), max(one.end() for one in told)
    return WordAndNumber(SEPARATE if other else THIS, length, first, last)

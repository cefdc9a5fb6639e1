"""Passages of prose that tell of somebody's published patients, not of those whom the trial enrols."""

from __future__ import annotations

import re

from transforms.profile.reading.memo import cached_rule_of_words
from transforms.profile.reading.sentences import sentences

_STEMS = ("publish", "reported", "et al", "previous stud", "previous trial", "prior stud", "case series", "literature")
_REPORTS = re.compile(
    r"\b(?:published|reported) (?:in|by|on|that|data|results|stud\w+|case)\b|\bwas published\b|\bet al\b"
    r"|\b(?:have|has|had) (?:been )?(?:\w+ )?(?:reported|published)\b"
    r"|\bin (?:a|an|one|the|several|our|their) (?:previous|prior|earlier|recent) (?:study|studies|trial"
    r"|report|cohort)\b"
    r"|\b(?:previous|prior) (?:studies|trials|study|trial) (?:of|in|with) (?:\w+ )?(?:\d+|patients)\b"
    r"|\bcase series\b|\bin the literature\b"
)
_OF_THIS_TRIAL = re.compile(
    r"\b(?:this|the present|the current|our|the proposed) (?:\w+ ){0,3}(?:study|trial|project|protocol|research)\b"
    r"|\bthe (?:investigators?|sponsors?|researchers?|applicants?) (?:\w+ )?(?:plan|intend|aim|propos|hope|will|look"
    r"|want|conduct|design|hypothes)\w*|\b(?:purpose|aim|objective|goal)s? of\b|\bwe (?:\w+ )?(?:plan|intend|aim|propos"
    r"|will|want|design|hypothes)\w*|\b(?:patients|subjects|participants) (?:\w+ ){0,4}will\b"
    r"|\bwill be (?:enrolled|included|recruited)\b"
)


@cached_rule_of_words
def reported(folded: str) -> tuple[tuple[int, int], ...]:
    """(start, end) of each passage: from a sentence on published patients until one on this trial."""
    if not any(map(folded.__contains__, _STEMS)):
        return ()
    found: list[tuple[int, int]] = []
    is_open = False
    for start, end in sentences(folded):
        if _OF_THIS_TRIAL.search(folded, start, end):
            is_open = False
        elif is_open or _REPORTS.search(folded, start, end):
            begin = found.pop()[0] if is_open else start
            found.append((begin, end))
            is_open = True
    return tuple(found)


def is_reported(folded: str, place: int) -> bool:
    """Whether the word at `place` stands in such a passage."""
    return any(start <= place < end for start, end in reported(folded))

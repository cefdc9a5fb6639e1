"""How long contraception must go on, for whom, and after what."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from transforms.profile.criteria.row import Criterion, criterion
from transforms.profile.criteria.spans import Span, relative_to, spans
from transforms.profile.criteria.statements import Statement

_ABOUT = re.compile(
    r"\bcontracepti\w*|\bbirth[- ]control|\babstain\w*|\babstinen\w*|\bbarrier method"
    r"|\bavoid (?:pregnancy|conception)"
)
_STEMS = ("contracepti", "birth", "abst", "barrier", "avoid")
_MEN = re.compile(r"\b(?:males?|men|man|partners? (?:with|of) (?:fertility|childbearing)|sperm|semen)\b")
_WOMEN = re.compile(r"\b(?:females?|women|woman|[wf]ocbp|fcbp)\b")
_BACK = re.compile(r"[^.;\n]{0,14}\b(?:prior|before|preceding)\b")
_MENOPAUSE = re.compile(r"menopaus\w+|amenorrh\w+|menses|menstru\w+")
_TO_END = re.compile(
    r"(?:until|up to|to|through(?:out)?|till|for the duration of) (?:the )?(?:trial up to the |study up to the )?"
    r"(?:last (?:follow-?up|visit|study visit)\w*|end of (?:the )?(?:study|trial|follow-?up)|final visit"
    r"|entire (?:study|trial))"
)
_TO_WEEK = re.compile(r"\b(?:until|up to|to|through) (?:the )?(?:study |end of )?week (?P<weeks>\d{1,3})\b")
_TESTED = re.compile(r"[^.;\n]{0,40}\b(?:pregnancy test|hcg)|[^.;,\n]{0,30}\b(?:prior to|before) ")
_SPLIT = re.compile(
    r"(?<=[a-z,;)]) (?=(?:fertile |sexually active )?(?:male|men\b))|(?<=[.;,] )(?=(?:male|men\b"
    r"|female|women))"
)


def contraception(statement: Statement) -> Iterator[Criterion]:
    """A row for each time that a statement asks contraception for, women and men apart where it tells them apart."""
    words = statement.words
    if not any(map(words.__contains__, _STEMS)) or not _ABOUT.search(words):
        return
    folded = statement.text.folded
    told = False
    for start, end in _clauses(statement):
        time = _longest(folded, start, end) or _to_week(folded, start, end)
        whom = _whom(folded[start:end])
        if time is not None:
            told = True
            anchor = relative_to(folded, time.end, end) or "last dose"
            yield criterion(
                statement, time.start, time.end, "contraception", "contraception", subject="contraception",
                operator=">=",
                value=round(time.days / (365.25 / 12), 1), unit="months", unit_canonical="mo", days=time.days,
                days_operator=">=", relative_to=anchor if relative_to(folded, time.end, end) else None, sex=whom,
            )  # fmt: skip
        elif last := _TO_END.search(folded, start, end):
            told = True
            yield criterion(statement, last.start(), last.end(), "contraception", "contraception_to_end",
                            subject="contraception", relative_to="end of study", sex=whom)  # fmt: skip
    if not told:
        about = _ABOUT.search(folded, statement.start, statement.end)
        if about is not None:
            yield criterion(statement, about.start(), about.end(), "contraception", "contraception_untimed",
                            subject="contraception", sex=_whom(statement.words))  # fmt: skip


def _clauses(statement: Statement) -> list[tuple[int, int]]:
    """The statement, or its parts on women and on men where each has a time of its own."""
    folded = statement.text.folded
    cuts = [match.start() for match in _SPLIT.finditer(folded, statement.start, statement.end)]
    edges = [statement.start, *cuts, statement.end]
    parts = [(first, last) for first, last in itertools.pairwise(edges) if _ABOUT.search(folded, first, last)]
    timed = [part for part in parts if _longest(folded, *part) or _TO_END.search(folded, *part)]
    return timed if len(timed) > 1 else [(statement.start, statement.end)]


def _longest(folded: str, start: int, end: int) -> Span | None:
    times = [one for one in spans(folded, start, end) if not _is_of_something_else(folded, start, one)]
    return max(times, key=lambda one: one.days, default=None)


def _to_week(folded: str, start: int, end: int) -> Span | None:
    """ "until study week 52", as the days from its beginning."""
    told = _TO_WEEK.search(folded, start, end)
    return Span(7.0 * int(told.group("weeks")), told.start(), told.end()) if told else None


def _is_of_something_else(folded: str, start: int, one: Span) -> bool:
    """Whether a time is before, of a test, or of how long menopause has lasted."""
    if _MENOPAUSE.search(folded, max(start, one.start - 60), one.start):
        return True
    return bool(_BACK.match(folded, one.end) or _TESTED.match(folded, one.end))


def _whom(words: str) -> str | None:
    men, women = bool(_MEN.search(words)), bool(_WOMEN.search(words))
    return None if men == women else "men" if men else "women"

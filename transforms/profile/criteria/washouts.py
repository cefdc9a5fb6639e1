"""What must have been stopped, how long before what: one row for each drug or class that a clause names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from transforms.profile.criteria.row import Criterion, criterion
from transforms.profile.criteria.spans import Span, days_rule, half_lives, relative_to, spans
from transforms.profile.criteria.statements import Statement
from transforms.profile.criteria.words import Drug, drugs

_WITHIN = re.compile(
    r"\b(?:within|in the(?: (?:last|past|previous|preceding))?|during the (?:last|past|previous|screening)|less than"
    r"|last|past|previous|first|prior|by less)"
    r"\b[^.;\n]{0,30}$|< ?$"
)
_BEFORE = re.compile(
    r"\s*\)?\s*(?!in the )(?:or \w+ )?(?:\w+ ){0,2}?(?:prior|before|preceding|previous to|pre-|until)\b"
    r"|\s*\)?\s*(?:of|from|to) (?:the )?(?:screening|enrol\w*|first|study|start|lympho\w*|leuk\w*|infusion|apheresis"
    r"|consent|signing|dosing|baseline)"
)
# "rituximab (12 weeks)", "anti-CD20 (e.g. rituximab): 6 months": in a list each drug has its time right behind it.
_LISTED = re.compile(r"(?: ?\([^()\n]{0,40}\)|s|\))? ?[:(,] ?(?:(?:at least|within|a minimum of|[≥<]) ?)?")
_FOR = re.compile(r"\b(?:for|at least|more than)\b[^.;\n]{0,20}$|[≥>] ?$")
# Every way to tell a washout holds one of these: most statements are passed without an expression.
_STEMS = ("within", "prior", "previous", "before", "preced", "last ", "past", "discontinu", "stop", "ceas", "withdr",
"interrupt", "wash",
          "suspend", "taper", "paus", "ever ", "history", "half", "during the", "first ", "have used",
          "has used")  # fmt: skip
_STOPPED = re.compile(
    r"\b(?:wash-?out|discontinu\w+|stop(?:p\w+)?|ceas\w+|withdraw\w+|interrupt\w+|suspend\w+"
    r"|taper\w+ off|paus\w+)\b"
)
_EVER = re.compile(
    r"\b(?:any (?:prior|previous)|(?:prior|previous(?:ly)?|history of|ever)) (?:or (?:concurrent|current) )?"
    r"(?:exposure|use|treatment|treated|therapy|receiv\w+|administration)\b|\bever (?:received|been treated)"
    r"|\bha(?:s|ve) used\b|\bused\b[^.;]{0,60}\bprior to (?:the )?(?:informed|screening|enrol)"
)
_USED = re.compile(
    r"\b(?:use[ds]?|using|receiv\w+|receipt|treat\w+|tak\w+|therap\w+|administ\w+|exposure|participat\w+|enrol\w+"
    r"|required|given|prescri\w+"
    r"|within|in the (?:\w+ )?(?:\d+|last|past|previous|preceding)|drugs? to|performed|infus\w+)\b"
)
# Times that are no washout: of an illness, of surgery, of tests, of stability, or of what the drug did not help.
_NOT_ONE = re.compile(
    r"\b(?:allerg(?:y|ies|ic)|hypersensitiv\w+|intoleran\w+|contraindicat\w+|surgery|contracepti\w+|vaccin\w+"
    r"|stable dose"
    r"|stable for|on a stable"
    r"|remain\w* stable|antiviral|malignan\w+|half of|unwilling|unable to|pregnan\w+|requiring systemic|crossover"
    r"|to meet th\w+|supportive treatment|travel\w*|chang\w+ (?:in|of|to) (?:the )?(?:\w+ )?dos\w+"
    r"|dose (?:change|adjust)\w*)\b"
)
# What is excepted is no reason against a washout: "investigational drugs, with the exception of any vaccine".
_EXCEPTED = re.compile(r"\b(?:except(?:ion of| for)?|excluding|other than|apart from)\b[^.;\n]*")
# "(or ...) 6 weeks before taking the drug": the time counts to that drug, which is no drug to stop.
_COUNTED_TO = re.compile(
    r"\b(?:prior to|before|preceding)\b[^.;,\n]{0,30}\b(?:dos\w+ (?:of|with)|taking|receiving|start(?:ing)?(?: of)?"
    r"|initiati\w+(?: of)?|administration of) (?:the )?$|\(given [^()]*$"
)
# Among the inclusion criteria: "received IVIg >= 2 months prior to ...".
_LAST_TAKEN = re.compile(
    r"\b(?:receiv\w+|last (?:dose|use|administration|infusion)|us(?:ed|e)|treated with)\b[^.;\n]{0,60}?(?<!for )"
    r"(?:≥|>=|>|at least|more than) ?\d{1,2} (?:days?|weeks?|months?) (?:prior|before)\b"
)
_FLARE = re.compile(
    r"\b(?:infections?|disease|relapse|flare|crisis|disorders?|bleeding) [^.;\n]{0,60}\b(?:requir\w+"
    r"|needing)\b"
)
_FAILED = re.compile(r"\b(?:inadequate|fail\w+|ineffective|no response|refractory|despite|insufficient)\b")
_LIMIT = re.compile(
    r"(?P<sign>≥|>=|>|more than"
    r"|exceeding) ?(?P<value>\d{1,3}(?:\.\d+)?) ?(?P<unit>mg ?/ ?kg ?/ ?d(?:ay)?|mg ?/ ?d(?:ay)?|mg)"
)
_PROTOCOL = re.compile(
    r"\bwash-?out (?:of|period)[^.;\n]{0,60}\b(?:per protocol|protocol|medications?|drugs"
    r"|therap\w+)|\bwashout requirements?"
)
_NONE_TAKEN = re.compile(
    r"\b(?:receiv\w+|tak\w+|us(?:ed|ing)|treated with) no\b|\bno (?:prior )?(?:use|treatment)\b"
    r"|\bnot (?:have )?(?:received|taken|used|been treated)\b"
)
_NOT_A_DRUG = re.compile(
    r"[ -](?:nature|origin|response|naive|naïve|release)\b"
    r"| (?:to|with|against) [^.;,\n]{0,40}\b(?:allergens?|extracts?|pollen|venom)\b"
)
_TOPICAL = re.compile(
    r"\bcellular $|\bnon-? ?$|\b(?:topical|inhaled|intranasal|local|physiologic\w*|except|exception of|other than"
    r"|excluding|not including|allowed|permitted)\b[^.;\n]{0,60}$"
)


def washouts(statement: Statement) -> Iterator[Criterion]:
    """A row for each drug of a statement that must have been stopped."""
    folded, begin, end = statement.text.folded, statement.start, statement.end
    words = statement.words
    listed = _listed_times(statement)
    is_led = bool(_times_of_lead(statement))
    if not (listed or is_led or any(map(words.__contains__, _STEMS))) or (
        statement.side == "inclusion"
        and not (is_led or _STOPPED.search(words) or _NONE_TAKEN.search(words) or _LAST_TAKEN.search(words))
    ):
        return
    named = [
        one
        for one in drugs(folded, begin, end)
        if not _TOPICAL.search(folded, max(begin, one[1] - 80), one[1])
        and not _NOT_A_DRUG.match(folded, one[2])
        and not _COUNTED_TO.search(folded, max(begin, one[1] - 120), one[1])
    ]
    if not named:
        if "wash" in words:
            yield from _of_protocol(statement)
        return
    if _NOT_ONE.search(_EXCEPTED.sub("", words)) or _FLARE.search(words):
        return
    if statement.side == "inclusion" and _FAILED.search(words):
        return
    times = [one for one in spans(folded, begin, end) if one in listed or _is_before(folded, begin, one)]
    times = times or _times_of_lead(statement)
    stopped = _STOPPED.search(folded, begin, end)
    if not times and stopped:
        times = [one for one in spans(folded, stopped.end(), end) if _FOR.search(folded, stopped.end() - 1, one.start)]
    lives = half_lives(folded, begin, end)
    ever = _EVER.search(folded, begin, end) if not times and lives is None else None
    if not (times or lives or ever or (stopped and _clear_stop(folded, stopped, end))) or not (
        stopped or listed or _USED.search(words) or (statement.lead and _USED.search(folded, *statement.lead))
    ):
        return
    yield from _by_time(statement, named, times, bool(ever))


def _times_of_lead(statement: Statement) -> list[Span]:
    """The times of the line above a list: "stopped at least 4 weeks before enrolment: ..."; none where the list's line
    tells its own."""
    if statement.lead is None or spans(statement.text.folded, statement.start, statement.end):
        return []
    if half_lives(statement.text.folded, statement.start, statement.end):
        return []
    folded, (begin, end) = statement.text.folded, statement.lead
    opens = _STOPPED.search(folded, begin, end) or (statement.side == "exclusion" and _USED.search(folded, begin, end))
    if not opens or _NOT_ONE.search(_EXCEPTED.sub("", folded[begin:end])) or _FAILED.search(folded, begin, end):
        return []
    return [one for one in spans(folded, begin, end) if _is_before(folded, begin, one)]


def _listed_times(statement: Statement) -> list[Span]:
    """Times of a list of refused drugs: each right behind its drug; a statement of inclusion lists none."""
    if statement.side != "exclusion":
        return []
    folded, begin, end = statement.text.folded, statement.start, statement.end
    times = spans(folded, begin, end)
    stops = [stop for _, _, stop in drugs(folded, begin, end)] if times else []
    return [one for one in times if any(_LISTED.fullmatch(folded, stop, one.start) for stop in stops)]


def _is_before(folded: str, begin: int, time: Span) -> bool:
    return bool(_WITHIN.search(folded, max(begin, time.start - 60), time.start)) or bool(
        _BEFORE.match(folded, time.end)
    )


def _clear_stop(folded: str, stopped: re.Match[str], end: int) -> bool:
    return relative_to(folded, stopped.end(), end) is not None


def _by_time(
    statement: Statement, named: list[tuple[Drug, int, int]], times: list[Span], ever: bool
) -> Iterator[Criterion]:
    """Each drug with the time that is told of it: the first behind it, else the last before it."""
    seen: set[tuple[str, float | None]] = set()
    for place, (drug, start, stop) in enumerate(named):
        time = next((one for one in times if one.start >= stop), None) or _last_before(statement, named, place, times)
        until = next((one[1] for one in named[place + 1 :] if time is not None and one[1] > time.end), statement.end)
        key = (drug.name, time.days if time else None)
        if key in seen or _is_example_of(statement, named, place):
            continue
        seen.add(key)
        yield _row(statement, drug, (start, stop), time, until, ever)


def _last_before(
    statement: Statement, named: list[tuple[Drug, int, int]], place: int, times: list[Span]
) -> Span | None:
    """The last time before a drug; none where that is another drug's and this one has half-lives of its own."""
    if not times:
        return None
    is_others = any(one[2] <= times[-1].start for one in named[:place])
    has_own = is_others and half_lives(statement.text.folded, named[place][2], statement.end)
    return None if has_own else times[-1]


def _is_example_of(statement: Statement, named: list[tuple[Drug, int, int]], place: int) -> bool:
    """A drug that a long and a short form name next to each other: "calcineurin inhibitors (CNI)"."""
    behind = named[place + 1] if place + 1 < len(named) else None
    if behind is not None and behind[1] - named[place][2] <= 1 and named[place][0].name == "immunosuppressant":
        return True  # "immunosuppressive biologics" are biologics
    if not place:
        return False
    before = named[place - 1]
    return before[0].name == named[place][0].name and named[place][1] - before[2] <= 3


def _row(
    statement: Statement, drug: Drug, span: tuple[int, int], time: Span | None, until: int, ever: bool
) -> Criterion:
    folded = statement.text.folded
    first = min(span[0], time.start) if time else span[0]
    last = max(span[1], time.end) if time else span[1]
    lives = half_lives(folded, statement.start, min(until, statement.end))
    is_led = time is not None and time.start < statement.start
    anchor = relative_to(folded, time.end, span[0] if is_led else statement.end) if time else None
    if anchor is None:
        anchor = relative_to(folded, lives[1] if lives else (span[1] if not time else statement.start), statement.end)
    limit = _LIMIT.search(folded, span[0], min(span[1] + 60, statement.end)) or _LIMIT.search(
        folded, max(statement.start, span[0] - 40), span[0]
    )
    values: dict[str, Any] = {
        "subject": drug.name,
        "subject_family": drug.classes[-1],
        "subject_class": drug.classes[0],
    }
    if limit and "glucocorticoid" in drug.classes:
        values |= {"operator": ">=" if limit.group("sign") != ">" else ">", "value": float(limit.group("value")),
                   "unit": limit.group("unit")}  # fmt: skip
    return criterion(
        statement, first, last, "washout", "washout", **values, days=time.days if time else None,
        days_operator=">=" if time else None, half_lives=lives[0] if lives else None,
        days_rule=days_rule(folded, statement.start, statement.end) if lives else None, relative_to=anchor,
        is_lifetime=True if ever else None,
    )  # fmt: skip


def _of_protocol(statement: Statement) -> Iterator[Criterion]:
    told = _PROTOCOL.search(statement.text.folded, statement.start, statement.end)
    if told:
        yield criterion(
            statement, told.start(), told.end(), "washout", "washout_per_protocol", subject="as per protocol"
        )

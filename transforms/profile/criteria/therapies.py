"""What must have failed before: how many treatments, which, and for how long."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transforms.profile.criteria.row import Criterion, criterion
from transforms.profile.criteria.spans import Span, spans
from transforms.profile.criteria.statements import Statement
from transforms.profile.criteria.words import drugs

_FAILED = re.compile(
    r"\b(?:fail(?:ed|ure|ures|s|ing)?(?: to respond)?|inadequate(?:ly)?(?: \w+)? (?:response|respon\w+|control\w*)"
    r"|insufficient(?: \w+)? response"
    r"|inadequate response|non-?respon\w+|unrespons\w+|not respon\w+|no response|lack of response|ineffective"
    r"|despite|resistant to"
    r"|refractory to|refractory (?:disease )?(?:is )?defin\w+|did not (?:respond|achieve)|poor response"
    r"|not (?:adequately )?controlled"
    r"|remain(?:s|ed)? (?:moderately to severely )?active|(?:is|are) still (?:\w+ ){0,3}(?:active|in an active)"
    r"|still (?:ineffective|active|in an active)"
    r"|treatment-resistant|disease activity on|disease activity (?:after|despite)|intoleran\w+ to|relaps\w+ (?:after"
    r"|on|within|while|during)"
    r"|worsening of disease|while on (?:standard|treatment)|prior treatment with|previously treated with"
    r"|have been treated with|must have received"
    r"|required to have received|have received|have been used|has been treated|treated with|not complete response"
    r"|flare while|(?:biologics?|immunosuppress\w+) ?: ?at least"
    r"|after (?:at least )?(?:one|two|three|[123]) (?:\w+ ){0,3}(?:therap\w+|treatments?|regimens?|courses?|lines?))\b"
)
_STEMS = ("fail", "inadequate", "insufficient", "respon", "ineffective", "despite", "resistant", "refractory",
"control", "active",
          "activity", "intoleran", "relaps", "worsening", "while on", "treat", "received", "been used", "after ",
          "flare", ": at")  # fmt: skip
_COUNT = re.compile(
    r"(?:(?P<sign>at least|≥|>=|no less than|more than|>|a minimum of|minimum of) ?)?(?P<number>\d|one|two|three"
    r"|four)(?: \(\d\))?(?P<more> or more)?"
    r"(?: or more)? (?:of the following |of the |different |prior |previous |standard |standard-of-care "
    r"|conventional |or more |lines? of |oral |"
    r"systemic |kinds? of |types? of |courses? of |ln |lupus |non-steroidal |immunosuppressive |induction |biologic "
    r"|biological |of )*"
    r"(?P<what>immunosuppress\w*(?: (?:drugs?|agents?|therap\w+|treatments?))?|therap\w+|regimens?|lines?|drugs?"
    r"|agents?|dmards?|biologics?"
    r"|treatments?|medications?|immunomodulat\w+|non-steroidal\w*|treatment regimens?|cyclophosphamide)"
)
_WORDS = {"one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0}
_LINE = re.compile(r"\b(?:first|second|third)-?line\b|\bstandard (?:of care |-of-care )?(?:therap\w+|treatments?"
                   r"|regimens?|immunosuppress\w+)"
                   r"|\b(?:conventional|routine) (?:therap\w+|treatments?)|standard-of-care"
                   r"|\bstandard (?:\w+ )?regimen|\boral therapies\b|\bstandard of care\b")  # fmt: skip
# "Standard treatment is defined as the use of ...", right behind the sentence that asks for it.
_DEFINED = re.compile(
    r"\s*(?:note:? )?\b(?:standard|conventional|routine|such|adequate)(?: [\w-]+){0,4}? ?"
    r"(?:treatments?|therap\w+|regimens?)"
    r"\b[^.;\n]{0,20}?\b(?:defined as|refers? to|means?|includ\w+|consists? of|compris\w+)"
)
_SENTENCE_END = re.compile(r"(?<!e\.g)(?<!i\.e)\.(?=\s|$)|\n")
_FOR = re.compile(r"\b(?:for|after|at least|more than|over|during|minimum of)\b[^.;\n]{0,25}$|[≥>(]=? ?$")
_STABLE = re.compile(r"\b(?:stable (?:dose|for|on)|dos\w+ (?:\w+ ){0,3}stable|kept stable)\b[^.;\n]{0,25}$")
_NOT_ONE = re.compile(
    r"\b(?:contracepti\w+|vaccin\w+|(?<!oral )antibiotic\w*|antimicrobial\w*|infections?"
    r"|expected survival|informed consent"
    r"|car-? ?t|gene therapy"
    r"|pregnan\w+|transplant\w+|malignan\w+|heart failure|renal failure|respiratory failure|organ failure"
    r"|hepatic failure|kidney failure)\b"
)


def failed_therapies(statement: Statement) -> Iterator[Criterion]:
    """One row for a statement that asks for failed treatment."""
    if statement.side != "inclusion":
        return
    folded, begin, end = statement.text.folded, statement.start, statement.end
    told = _FAILED.search(folded, begin, end) if any(map(statement.words.__contains__, _STEMS)) else None
    if told is None or _NOT_ONE.search(folded, begin, end):
        return
    if "definition of" in folded[folded.rfind("\n", 0, begin) + 1 : begin]:  # what counts as failure is told apart
        return
    count = _COUNT.search(folded, begin, end)
    named = list(drugs(folded, begin, end))
    defined = [] if named else _drugs_defined(folded, end)
    line = _LINE.search(folded, begin, end)
    if not (count or named or line):
        return
    places = [told.span(), *([count.span()] if count else []), *((one[1], one[2]) for one in named[:6]),
              *([line.span()] if line else [])]  # fmt: skip
    days = [one for one in spans(folded, begin, end) if _FOR.search(folded, max(begin, one.start - 40), one.start)
            and not _STABLE.search(folded, max(begin, one.start - 40), one.start)]  # fmt: skip
    classes = list(dict.fromkeys([*(one[0].name for one in named), *defined]))
    value = (_WORDS.get(count.group("number")) or float(count.group("number"))) if count else None
    operator = (">" if count.group("sign") in ("more than", ">") else ">=") if count else None
    yield criterion(
        statement, min(place[0] for place in places), max(place[1] for place in places), "failed_therapies", "failed",
        subject=count.group("what") if count else named[0][0].name if named else line.group() if line else None,
        subject_class=named[0][0].classes[0] if named else None, operator=operator, value=value,
        eligible_min=value, min_inclusive=(operator == ">=") if count else None, class_values=classes or None,
        unit="treatments" if count else None, days=_nearest(days, told.start()), days_operator=">=" if days else None,
    )  # fmt: skip


def _drugs_defined(folded: str, end: int) -> list[str]:
    """The drugs that the next sentence says the treatment is."""
    told = _DEFINED.match(folded, end)
    if told is None:
        return []
    stop = _SENTENCE_END.search(folded, told.end())
    return [drug.name for drug, _, _ in drugs(folded, told.end(), stop.start() if stop else len(folded))]


def _nearest(times: list[Span], start: int) -> float | None:
    """How long the treatment was given: the first time behind the word of failing, else the one before it."""
    behind = [one for one in times if one.start > start]
    return behind[0].days if behind else times[-1].days if times else None

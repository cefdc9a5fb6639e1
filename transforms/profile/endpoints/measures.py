"""How a concept is counted: metric, threshold, lowest grade, how long it must last, compared with what, in whom."""

from __future__ import annotations

import re
from typing import NamedTuple

from transforms.profile.endpoints.times import days_of
from transforms.profile.reading.memo import cached_rule_of_words

_NUMBER = r"\d+(?:\.\d+)?"
_SIGNS = (
    (">=", r"≥|>=|≧|=>|at least|no less than|not less than|a minimum of|minimum"),
    ("<=", r"≤|<=|≦|=<|at most|no more than|not more than|up to"),
    (">", r">|＞|more than|greater than|above|over"),
    ("<", r"<|＜|less than|below|under"),
)  # fmt: skip
_SIGN = "|".join(f"(?P<s{place}>{words})" for place, (_, words) in enumerate(_SIGNS))
_UNITS = (
    r"-?points?|%|percent|mg ?/ ?kg|mg ?/ ?d(?:ay)?|mg ?/ ?g|g ?/ ?g|g ?/ ?d(?:ay)?|g ?/ ?24 ?h|ml ?/ ?min"
    r"|x10\^9/l|mm"
)
_THRESHOLD = re.compile(
    rf"(?:{_SIGN}) ?(?:a |an |of )?(?P<value>{_NUMBER})(?!\d)(?: ?-?,)?"
    rf"(?P<listed>(?: ?(?:,|or|and) ?(?:or )?{_NUMBER} ?-?,?)*)"
    rf"[ -]{{0,2}}(?P<unit>{_UNITS})?"
    r"(?![ -]?(?:years?|months?|weeks?|days?|hours?|lines?|prior|previous|drugs?|participants|patients|subjects)\b)"
)
_DIGIT = re.compile(r"\d")
_BARE_POINTS = re.compile(
    rf"(?P<value>{_NUMBER})(?P<unit> ?-?points?)(?: or (?:more|greater))?"
    r" (?:improve\w*|reduc\w*|decreas\w*|increas\w*)"
)
_GRADE = re.compile(r"(?:≥|>=|at least) ?grade ?(?P<one>[1-5])|grade ?(?:≥|>=) ?(?P<two>[1-5])"
                    r"|grade ?(?P<three>[1-5]) ?(?:\+|or (?:higher|above|greater)"
                    r"|and (?:higher|above)|(?:-|to|/|,) ?[45])")  # fmt: skip
_SUSTAINED = re.compile(
    r"(?:\bfor|\blasting|\bmaintained|\bsustained(?: for)?|\bover) "
    r"(?:at least |≥ ?|>= ?|a period of |a minimum of )*"
    r"(?P<number>\d{1,3}|one|two|three|four|six|twelve) ?(?:consecutive )?(?P<unit>weeks?|months?|days?|years?)\b"
)
_CONFIRMED = re.compile(r"\bcdp-? ?(?P<number>12|24)\b|confirmed (?:at |over )?(?P<two>\d{1,2})[ -]weeks?")
_VERSUS = re.compile(
    r"(?:compared (?:with|to)|versus|\bvs\.?|superiority (?:to|over)|relative to) (?:the )?(?P<what>(?!baseline)"
    r"(?:rituximab|placebo|standard[ -]of[ -]care|soc|control(?: group| arm)?|best available therapy)\b"
    r"[^.,;()\n]{0,40})"
)
_METRICS = (
    ("rate", re.compile(r"\bannuali[sz]ed\b|\bannual \w+ rate|per (?:patient|person)[ -]year")),
    ("time to event", re.compile(r"\btime (?:to|from|until)\b|\bduration of\b|\bsurvival\b|\btime-to-")),
    ("percent change", re.compile(r"\bpercent(?:age)? (?:change|reduction|decrease|improvement)|% change")),
    ("change", re.compile(r"\bchang(?:e|es|ed|ing)\b"
                          r"|\b(?:reduction|decrease|increase|improvement) (?:in|of|from)\b|from baseline"
                          r"|\bdecline\b")),
    ("incidence", re.compile(r"\bincidence|\bfrequenc\w+|\boccurrence"
                             r"|\bnumber of (?:\w+ )?(?:adverse|events|episodes|infections)")),
    ("proportion", re.compile(
        r"\b(?:proportions?|share)\b|\bpercent(?:age)?s?\b|\bportion of\b"
        r"|\bnumber (?:and percentage )?of (?:\w+ )?(?:participants|patients|subjects)"
        r"|\b(?:response|remission|responder|success|relief|control|seroconversion)s? rate|\brates?\b"
        r"|\bachiev\w+|\bresponders?\b")),
    ("level", re.compile(r"\blevels?\b|\bscores?\b|\bcounts?\b|\bconcentrations?\b|\btit(?:er|re)s?\b|\bquantity\b")),
)  # fmt: skip
_PART = re.compile(
    r"(?<!for )(?<!for the )\bphase (?:[1-3](?:/[1-3])?[ab]?|i{1,3}v?(?:/i{1,3})?[ab]?)\b(?! dose| regimen)"
    r"|\bparts? [a-e1-5]\b(?: and (?:part )?[a-e1-5]\b)?"
    r"|\bsub-?study \d"
)  # fmt: skip
_COHORT = re.compile(
    r"\bcohorts? (?:\d{1,2}|[a-g])\b(?:(?:,| and|,? ?&) ?(?:cohort )?(?:\d{1,2}|[a-g])\b)*|\ball cohorts\b"
)
_SAFETY_COUNTED = frozenset({"proportion", "level"})


class Measured(NamedTuple):
    """What a title says of how something is counted."""

    metric: str | None = None
    operator: str | None = None
    threshold: float | None = None
    unit: str | None = None
    min_grade: int | None = None
    sustained_days: float | None = None
    versus: str | None = None


@cached_rule_of_words
def measured(folded: str, domain: str | None) -> Measured:
    """How the concepts of a folded title are counted."""
    metric = next((name for name, pattern in _METRICS if pattern.search(folded)), None)
    if domain == "safety" and metric in _SAFETY_COUNTED:
        metric = "incidence"
    operator, threshold, unit = _threshold(folded)
    graded = _GRADE.search(folded) if "grade" in folded else None
    compared = _VERSUS.search(folded)
    return Measured(
        metric, operator, threshold, unit, int(graded.group("one") or graded.group("two") or graded.group("three"))
        if graded else None, _sustained(folded), compared.group("what").strip() if compared else None,
    )  # fmt: skip


def _threshold(folded: str) -> tuple[str | None, float | None, str | None]:
    if not _DIGIT.search(folded):
        return None, None, None
    for match in _THRESHOLD.finditer(folded):
        if folded[: match.start()].rstrip().endswith("grade"):
            continue
        sign = next(name for place, (name, _) in enumerate(_SIGNS) if match.group(f"s{place}"))
        return sign, float(match.group("value")), _unit(match.group("unit"))
    bare = _BARE_POINTS.search(folded)
    return (">=", float(bare.group("value")), "points") if bare else (None, None, None)


def _unit(written: str | None) -> str | None:
    if not written:
        return None
    unit = written.strip(" -").replace(" ", "")
    return "points" if unit.startswith("point") else "%" if unit == "percent" else unit


def _sustained(folded: str) -> float | None:
    told = _CONFIRMED.search(folded)
    if told:
        return days_of(told.group("number") or told.group("two"), "week")
    told = _SUSTAINED.search(folded)
    return days_of(told.group("number"), told.group("unit")) if told else None


def sustained_span(folded: str) -> tuple[int, int] | None:
    """Where the title says how long something must last: that is no visit."""
    told = _SUSTAINED.search(folded)
    return told.span() if told else None


def parts(folded: str) -> list[tuple[int, int]]:
    """Where the parts of the study stand that a title is about; "Part A and Part B" are two."""
    found: list[tuple[int, int]] = []
    if not ("phase" in folded or "part" in folded or "stud" in folded):
        return []
    for match in _PART.finditer(folded):
        if found and match.start() - found[-1][1] <= 2:  # "Phase 2b Sub-study 1" is one
            found[-1] = (found[-1][0], match.end())
        else:
            found.append(match.span())
    return found


def cohorts(folded: str) -> list[tuple[int, int]]:
    """Where the cohorts stand that a title or description is about."""
    return [match.span() for match in _COHORT.finditer(folded)] if "cohort" in folded else []

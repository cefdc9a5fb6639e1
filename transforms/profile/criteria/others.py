"""Criteria without numbers of their own: ages, infections, transplants, vaccines, pregnancy and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from transforms.profile.criteria.amounts import float_of
from transforms.profile.criteria.row import Criterion, criterion
from transforms.profile.criteria.spans import relative_to, spans
from transforms.profile.criteria.statements import Statement


class Rule(NamedTuple):
    """A kind told by words on one side (None: on both), with its subject; `timed` where a time belongs to it."""

    kind: str
    subject: str
    side: str | None
    words: re.Pattern[str]
    stems: frozenset[str]  # one of them is in what the words match: most statements are passed without an expression
    timed: bool = False


def _rule(kind: str, subject: str, side: str | None, stems: str, words: str, timed: bool = False) -> Rule:
    return Rule(kind, subject, side, re.compile(words), frozenset(stems.split("|")), timed)


_RULES = (
    _rule("infection", "HIV", "exclusion", "hiv|immunodeficiency", r"\bhiv\b|human immunodeficiency virus"),
    _rule("infection", "HBV", "exclusion", "hbv|hbsag|hepatitis", r"\bhbv\b|\bhbsag\b|hepatitis b\b"),
    _rule("infection", "HCV", "exclusion", "hcv|hepatitis", r"\bhcv\b|hepatitis c\b|hepatitis b or c\b"
        r"|hepatitis b and c\b"),
    _rule("infection", "syphilis", "exclusion", "syphilis|treponema", r"\bsyphilis\b|treponema"),
    _rule("infection", "tuberculosis", "exclusion", "tuberculosis|tb", r"\btuberculosis\b|\btb\b"),
    _rule("infection", "CMV", "exclusion", "cmv|cytomegalo", r"\bcmv\b|cytomegalovirus"),
    _rule("infection", "EBV", "exclusion", "ebv|epstein", r"\bebv\b|epstein"),
    _rule("infection", "active infection", "exclusion", "infection", r"\b(?:active|uncontroll\w+|serious|severe"
        r"|systemic|acute"
        r"|chronic)"
          r"(?: or (?:uncontroll\w+|severe|chronic))? (?:\w+,? ){0,4}infections?\b", True),
    _rule("transplant", "transplant", "exclusion", "transplant|hsct", r"\b(?:organ|stem[- ]cell|bone marrow"
        r"|hematopoietic|allogeneic"
        r"|hsct)\b[^.;\n]{0,40}"
          r"\btransplant\w*|\bhsct\b"),
    _rule("prior_treatment", "CAR-T or gene-modified cells", "exclusion", "car|gene",
          r"\bcar-? ?(?:t|nk)\b(?: ?-?cells?)? (?:cell )?(?:therap\w+|treatment)|chimeric antigen receptor|(?:prior"
          r"|previous\w*|received)[^.;\n]{0,40}"
          r"\b(?:car-? ?t\b|gene(?:tically)?[- ](?:modified|therapy|engineered)|engineered t[- ]cell)"
          r"|\bgene therapy\b"),
    _rule("malignancy_history", "malignancy", "exclusion", "malignan|cancer|neoplas", r"\bmalignan\w+|\bcancers?\b"
        r"|\bneoplas\w+", True),
    _rule("cns", "CNS disease", "exclusion", "nervous|cns|seizure|epilep|stroke|neuropsych",
    r"\bcentral nervous system\b|\bcns\b|\bseizures?\b|\bepilep\w+"
        r"|\bstroke\b|\bneuropsychiatric"),
    _rule("pregnancy", "pregnancy", "exclusion", "pregnan|lactat|feed|nursing", r"\bpregnan\w+|\blactat\w+"
        r"|\bbreast-?feed\w+|\bnursing\b"),
    _rule("vaccine", "live vaccine", "exclusion", "vaccin", r"\blive(?:[ ,-]+(?:or "
        r"|/)?(?:live )?attenuated)?[^.;\n]{0,20}\bvaccin\w+|\battenuated live vaccin\w+"
          r"|\b(?:any|inactivated|rna) vaccin\w+", True),
    _rule("vaccine", "vaccinations received", "inclusion", "vaccin", r"\bvaccinat(?:ions?|ed)\b|\bvaccines?\b"),
    _rule("biopsy", "biopsy", "inclusion", "biops|histolog", r"\bbiops\w+|\bhistolog\w+ (?:confirm|prov|diagnos)\w+"),
    _rule("organ_involvement", "active nephritis", "inclusion", "nephritis|renal|kidney",
    r"\bactive (?:lupus )?nephritis|\brenal involvement"
        r"|\bkidney involvement"),
    _rule("organ_involvement", "interstitial lung disease", "inclusion", "interstitial|ild",
    r"\binterstitial lung disease\b|\bild\b"),
    _rule("organ_involvement", "organ involvement", "inclusion", "involvement", r"\b(?:organ|skin|cardiac|pulmonary"
        r"|lung|visceral"
        r"|muscle) involvement"),
    _rule("organ_involvement", "severe nephritis", "exclusion", "nephritis", r"\bsevere (?:active )?lupus nephritis"
        r"|rapidly progressive glomerulonephritis", True),
    _rule("biomarker", "CD19 expression", "inclusion", "cd19|bcma|cd20", r"\b(?:expression|positive"
        r"|express\w*)\b[^.;\n]{0,30}\b(?:cd19|bcma|cd20)\b"
          r"|\b(?:cd19|bcma)\b[^.;\n]{0,20}\b(?:expression|positive)"),
    _rule("stable_background", "stable background treatment", "inclusion", "stable", r"\bstable (?:\w+ ){0,2}dos\w+"
        r"|\bdose\w*(?: \w+){0,4} (?:is|be|been|remain\w*|kept) stable"
          r"|\bstable (?:standard|background|regimen)", True),
)  # fmt: skip
_STEMS = tuple(sorted({stem for rule in _RULES for stem in rule.stems}))
_AGE = re.compile(
    r"(?:\bag(?:e|ed|es)\b[^.;\n]{0,60}?|\bbetween |\b(?:patients|participants|subjects|adults"
    r"|men and women)[^.;\n]{0,20}\b)"
    r"(?:(?P<sign>≥|>=|>|at least|older than|over|above) ?)?(?P<low>\d{1,2})(?: ?years?(?: old"
    r"| of age)?)?(?: ?\(?(?:inclusive|including)[^)]{0,20}\)?)?"
    r"(?:[ ,]*(?:-|~|to|and|≤|<=|<|=<|= <|up to|not exceeding|or|but|years|old|of|age"
    r"|,)+ ?)+(?P<high>\d{2})\b(?! ?(?:weeks|months|days))"
)  # fmt: skip
_ADULT = re.compile(r"\bage[ds]?\b[^.;\n\d]{0,20}(?:≥|>=|>|at least|over|older than) ?(?P<low>\d{1,2})\b"
                    r"|\bat least (?P<low2>\d{2}) years (?:of age|old)"
                    r"|≥ ?(?P<low3>\d{2}) years(?: of age| old)?\b(?! ?(?:since|from|prior))")  # fmt: skip
_LASTING = ("onset", "diagnos", "duration", "history of", "symptom", "course")
_ONSET = re.compile(r"\b(?:onset|diagnos\w+|duration|history of|first (?:non-raynaud )?symptom\w*|course)\b")
_AT_AGE = re.compile(r"\bat ?(?:age )?[>≥=]* ?$")
_OTHER = re.compile(
    r"\b(?:worsen\w+|relaps\w+|fail\w+|therap\w+|treat\w+|biops\w+|malignan\w+|infection|steroids?"
    r"|immunosuppress\w+|receiv\w+|menopaus\w+|infertil\w+)\b"
)
_WITHIN = re.compile(r"\b(?:within|less than|<|≤|at most|no more than|up to)[^.;\n]{0,20}$")
_FOR = re.compile(r"(?:\bat least|≥|>|>=|more than|for|over) ?$")
_PREDNISONE = re.compile(
    r"\b(?:prednis(?:one|olone)|glucocorticoids?|corticosteroids?|steroids?|hormones?)\b[^.;\n]{0,60}?(?P<sign>≤|<="
    r"|<|not exceed\w*|no more than|at most|up to)"
    r" ?(?P<value>\d{1,3}(?:\.\d)?) ?mg(?! ?/ ?kg)(?: ?/ ?d(?:ay)?)?"
)


def others(statement: Statement) -> Iterator[Criterion]:
    """A row for each kind that a statement tells by its words."""
    folded, begin, end = statement.text.folded, statement.start, statement.end
    words = statement.words
    near = [stem for stem in _STEMS if stem in words]
    for rule in [rule for rule in _RULES if not rule.stems.isdisjoint(near)] if near else ():
        if rule.side not in (None, statement.side):
            continue
        told = rule.words.search(folded, begin, end)
        if told:
            yield criterion(statement, told.start(), told.end(), rule.kind, rule.kind, subject=rule.subject,
                            **(_time(statement, told.end()) if rule.timed else {}))  # fmt: skip
    yield from _ages(statement)
    if statement.side == "inclusion":
        if any(map(words.__contains__, _LASTING)):
            yield from _duration(statement)
        if "mg" in words:
            yield from _steroids(statement)


def _time(statement: Statement, after: int) -> dict[str, Any]:
    folded = statement.text.folded
    found = spans(folded, statement.start, statement.end)
    time = next((one for one in found if one.start >= after), found[-1] if found else None)
    if time is None:
        return {}
    return {"days": time.days, "days_operator": ">=", "relative_to": relative_to(folded, time.end, statement.end)}


def _ages(statement: Statement) -> Iterator[Criterion]:
    folded = statement.text.folded
    if statement.side != "inclusion" or not ("age" in statement.words or "year" in statement.words):
        return
    told = _AGE.search(folded, statement.start, statement.end)
    if told:
        low, high = float_of(told.group("low")), float_of(told.group("high"))
        if low < high:
            yield criterion(statement, told.start(), told.end(), "age", "age", subject="age", operator=">=", value=low,
                            unit="years", eligible_min=low, min_inclusive=True, eligible_max=high, max_inclusive=True,
                            unit_canonical="a")  # fmt: skip
            return
    told = _ADULT.search(folded, statement.start, statement.end)
    if told:
        low = float_of(told.group("low") or told.group("low2") or told.group("low3"))
        yield criterion(statement, told.start(), told.end(), "age", "age", subject="age", operator=">=", value=low,
        unit="years",
                        eligible_min=low, min_inclusive=True, unit_canonical="a")  # fmt: skip


def _duration(statement: Statement) -> Iterator[Criterion]:
    folded = statement.text.folded
    about = _ONSET.search(folded, statement.start, statement.end)
    if about is None or "criteria" in folded[about.start() : about.start() + 60]:
        return
    for time in spans(folded, about.end(), min(statement.end, about.end() + 200)):
        if _OTHER.search(folded, about.start(), time.start):
            return
        before = folded[max(statement.start, time.start - 30) : time.start]
        if _AT_AGE.search(before):
            continue
        if _WITHIN.search(before) or _FOR.search(before):
            upper = bool(_WITHIN.search(before))
            years = round(time.days / 365.25, 2)
            yield criterion(
                statement, about.start(), time.end, "disease_duration", "duration", subject="disease duration",
                operator="<=" if upper else ">=", value=years, unit="years", days=time.days, unit_canonical="a",
                eligible_max=years if upper else None, max_inclusive=True if upper else None,
                eligible_min=None if upper else years, min_inclusive=None if upper else True,
                relative_to=relative_to(folded, time.end, statement.end),
            )  # fmt: skip
            return


def _steroids(statement: Statement) -> Iterator[Criterion]:
    told = _PREDNISONE.search(statement.text.folded, statement.start, statement.end)
    if told:
        value = float_of(told.group("value"))
        yield criterion(
            statement, told.start(), told.end(), "steroid_limit", "steroids", subject="prednisone equivalent",
            subject_class="glucocorticoid", operator="<" if told.group("sign") == "<" else "<=", value=value,
            unit="mg/day",
            eligible_max=value, max_inclusive=told.group("sign") != "<", unit_canonical="mg/d",
        )  # fmt: skip

"""How often the cells are infused: once or more, in parts of one dose, and whether again later.

`n_infusions_min` and `n_infusions_max` count what every participant is planned to get. A later infusion that some
may get is re-dosing: `planned`, `possible` or `excluded`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from transforms.profile.reading.durations import number_of
from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.sentences import around, holding
from transforms.profile.reading.texts import Text
from transforms.profile.regimen.agents import agents_in
from transforms.profile.regimen.design import Design
from transforms.profile.regimen.schedules import is_of_others

COLUMNS = ("n_infusions_min", "n_infusions_max", "is_split_dose", "redosing")
_N = r"(?:\d{1,2}|one|two|three|four|five|six)"
_GIVEN = r"(?:infusions?|doses|injections?|administrations?)\b"
_KIND = r"(?:(?:intravenous|iv|i\.v\.|separate|consecutive|weekly|monthly|repeat(?:ed)?|planned) ){0,2}"
_COUNT = re.compile(
    rf"\b(?P<once>single[ -]{_KIND}(?:dose|infusion|injection|administration|treatment)\b(?! cohort| level)"
    rf"|(?:one[ -]time|one[ -]off) (?:{_KIND})(?:infusion|dose|injection|administration|treatment)"
    r"|(?:infused|administered|given|injected|dosed) (?:only )?once\b(?! (?:a|per|every|weekly|daily)\b)"
    r"|(?:on )?a one[ -]time basis)"
    rf"|\b(?P<upto>up to |at most |a maximum of )(?P<most>{_N})(?: \(\d\))? {_KIND}{_GIVEN}"
    rf"|\b(?P<low>{_N})(?: \(\d\))?(?: ?(?:-|to|or) ?(?P<high>{_N})(?: \(\d\))?)? {_KIND}{_GIVEN}"
    r"|\b(?P<twice>(?:infused|administered|given|injected|dosed) twice)\b"
)
# "10% on day 0, 30% on day 1, 60% on day 2", "in three fractions", "split dose".
_SPLIT = re.compile(
    r"\b(?:split|fractionated|divided)[ -](?:dos\w+|infusions?|fractions?|regimen"
    r"|into (?:two|three|\d) (?:doses|infusions|parts|portions))"
    r"|\b(?:dose|cells?) (?:\w+ ){0,3}(?:is|are|was|were|will be|be) (?:split|divided|fractionated)\b"
    r"|\b(?:in|over|as) (?:two|three|four|\d)(?: split)? fractions\b|\bdos(?:e|ing) fractionation\b"
)
_AGAIN = re.compile(
    r"\b(?:second|third|additional|another|further|repeat(?:ed)?|extra|booster)"
    r" (?:(?!to\b|and\b|or\b|with\b|patients|subjects|participants)\S+ ){0,4}?"
    r"(?:infusions?|doses?|dosing|administrations?|injections?|courses?|cycles?)\b(?! groups?| cohorts?| levels?)"
    r"|\bre-?(?:dos(?:e|ed|ing)|treat(?:ed|ment))\b(?! with lympho)|\b(?:infused|dosed|treated) again\b"
    # "reinfusion" alone is how some call the one infusion of a participant's own cells
    r"|\b(?:be|receive an?|eligible for) re-?infus(?:ed|ion)\b"
)
_MAY = re.compile(
    r"\b(?:may|can|could|might|optional(?:ly)?|option|eligible|allowed|permitted|possible|considered?|if|discretion)\b"
)
_NOT = re.compile(r"\b(?:no|not|without|never|nor|prohibit\w*)\b[^.;\n]{0,60}$")
_NOT_AFTER = re.compile(r"[^.;\n]{0,40}\b(?:not|never) (?:be )?(?:allowed|permitted|planned|possible|given|offered)")
_SOME = re.compile(r"\b(?:some|may|optional(?:ly)?|if)\b")
_PLANNED = re.compile(r"\b(?:will|is|are|planned|scheduled|receives?|given|consists? of)\b")
# Counts of another thing: cohorts, windows of toxicity between participants, what a participant had before.
_ELSEWHERE = re.compile(
    r"\b(?:previous(?:ly)?|prior|history|had received|have received|reported|published|literature|last dose"
    r"|dose[ -](?:limiting|escalation|reduction|modification|level)|next (?:participant|patient|subject)s?)\b"
)
_OF_CELLS = re.compile(
    r"\bcells?\b|\bcar\b|\bcar[+\-]|car-?t\b|\btregs?\b|lymphocytes\b|\bproduct\b|\bstudy (?:drug|treatment)\b|/kg"
)
_OWN = frozenset({"arm_description", "arm_label", "intervention_name", "intervention_description"})
_SECTIONS = _OWN | {"brief_title", "official_title", "brief_summary", "detailed_description", "model_description"}
_NAMING = frozenset({"brief_title", "official_title", "arm_label", "intervention_name"})
_LATER = _SECTIONS | {"exclusion", "outcome_measure", "outcome_description"}
_MOST_INFUSIONS = 12
_REACH = 120  # characters behind "doses of" within which the cells are named


class _Count(NamedTuple):
    """How many infusions a text counts; offsets into text.folded."""

    low: int
    high: int
    start: int
    end: int


class _Told(NamedTuple):
    """Something that a text says; offsets into text.folded."""

    value: str
    start: int
    end: int


def infusions(design: Design, texts: Sequence[Text]) -> tuple[dict[str, Any], list[Finding]]:
    """The columns of car_t_profiles named in COLUMNS, and a reason for each that is told; None: not stated.

    Arms and interventions of the product come first; of several numbers in them the range is taken.
    """
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    names = tuple(sorted(design.product_names))
    theirs = [text for text in texts if _is_theirs(design, text)]
    reasons = _counted(theirs, names, row)
    for column, rule, sections in (("is_split_dose", _split, _SECTIONS), ("redosing", _again, _LATER)):
        for text in theirs:
            told = rule(text, names) if text.section in sections else None
            if told:
                row[column] = True if column == "is_split_dose" else told.value
                reasons.append(quote(text, told.start, told.end, column, told.value, f"infusions.{column}"))
                break
    return row, reasons


def _is_theirs(design: Design, text: Text) -> bool:
    """Whether a text speaks of a CAR product: not those of other arms and interventions."""
    if text.section.startswith("intervention"):
        return any(text.number in product.intervention_nos for product in design.products)
    return not text.section.startswith("arm_") or text.number in design.product_arms


def _counted(texts: Sequence[Text], names: tuple[str, ...], row: dict[str, Any]) -> list[Finding]:
    counts = [(text, told) for text in texts if text.section in _OWN for told in _numbers(text, names)]
    if not counts:
        counts = [(text, told) for text in texts if text.section in _SECTIONS for told in _numbers(text, names)][:1]
    if not counts:
        return []
    text, least = min(counts, key=lambda one: one[1].low)
    other, most = max(counts, key=lambda one: one[1].high)
    row |= {"n_infusions_min": least.low, "n_infusions_max": most.high}
    return [
        quote(text, least.start, least.end, "n_infusions_min", str(least.low), "infusions.count"),
        quote(other, most.start, most.end, "n_infusions_max", str(most.high), "infusions.count"),
    ]


@cached_rule
def _numbers(text: Text, names: tuple[str, ...]) -> tuple[_Count, ...]:
    """Every count of infusions in a text."""
    return tuple(_numbers_in(text, names))


def _numbers_in(text: Text, names: tuple[str, ...]) -> Iterator[_Count]:
    folded = text.folded
    for start, end in holding(folded, ("single", "one-", "one ", "once", "twice", "infusions", "doses", "injections")):
        for match in _COUNT.finditer(folded, start, end):
            if _ELSEWHERE.search(folded, start, end) or _AGAIN.search(folded, match.start(), min(end, match.end() + 5)):
                continue
            if not _is_of_cells(text, match.start(), match.end(), names):
                continue
            low, high = _range_of(match)
            if high > 1 and _SOME.search(folded, start, match.start()):
                low = 1
            if 1 <= low <= high <= _MOST_INFUSIONS:
                yield _Count(low, high, match.start(), match.end())


def _range_of(match: re.Match[str]) -> tuple[int, int]:
    if match.group("once"):
        return 1, 1
    if match.group("twice"):
        return 2, 2
    if match.group("most"):
        return 1, int(number_of(match.group("most")))
    low = match.group("low")
    return int(number_of(low)), int(number_of(match.group("high") or low))


def _is_of_cells(text: Text, start: int, end: int, names: tuple[str, ...]) -> bool:
    """Whether what is given at start..end are the cells: named in the sentence, and no drug before them."""
    first, last = around(text.folded, start, end)
    said = text.folded[first:last]
    if is_of_others(text.folded, start, end):
        return False
    if text.folded.startswith(" of ", end):  # "two doses of rituximab"
        said = text.folded[end : min(last, end + _REACH)]
    elif text.section.startswith("intervention") and not agents_in(said):
        return True
    return bool(_OF_CELLS.search(said)) or any(name in said for name in names)


@cached_rule
def _split(text: Text, names: tuple[str, ...]) -> _Told | None:
    for start, end in holding(text.folded, ("split", "fraction", "divided")):
        match = _SPLIT.search(text.folded, start, end)
        if match and _is_of_cells(text, match.start(), match.end(), names):
            return _Told("true", match.start(), match.end())
    return None


@cached_rule
def _again(text: Text, names: tuple[str, ...]) -> _Told | None:
    """Whether a later infusion is planned, possible or excluded, by the first sentence that says so."""
    folded = text.folded
    stems = ("second ", "third ", "additional", "another", "further", "repeat", "booster", "again",
             "redos", "re-dos", "reinfus", "re-infus", "retreat", "re-treat", "extra ")  # fmt: skip
    for start, end in holding(folded, stems):
        for match in _AGAIN.finditer(folded, start, end):
            value = _kind_of_again(text, match, start, end, names)
            if value:
                return _Told(value, match.start(), match.end())
    return None


_THE_ONE = re.compile(r"\b(?:after|before|prior to|following|post|of|since|until|within|from)\b[^.;\n]{0,40}$")


def _kind_of_again(text: Text, match: re.Match[str], start: int, end: int, names: tuple[str, ...]) -> str | None:
    folded = text.folded
    said = folded[start:end]
    before = folded[start : match.start()]
    if not _is_of_cells(text, match.start(), match.end(), names) and "car" not in said:
        return None
    if _ELSEWHERE.search(said) or agents_in(folded[match.start() : match.end()]):
        return None
    if _NOT.search(before) or _NOT_AFTER.match(folded, match.end(), end):
        return "excluded"
    if text.section == "exclusion":
        return None
    if _MAY.search(said):
        return "possible"
    if text.section in _NAMING:
        return "planned"
    if text.section.startswith("outcome") or _THE_ONE.search(before):
        return None
    return "planned" if _PLANNED.search(said) else None

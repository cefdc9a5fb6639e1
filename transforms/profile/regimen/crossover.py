"""Whether the participants of a control arm may receive the CAR product later.

The record says crossover, or that those of the control arm may receive the product: the arm by its label, its drug
or a word for control, the product by its name, its code or a word for the cells. The words of a control arm itself
need not name the arm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from transforms.profile.reading.durations import DURATION, days_of
from transforms.profile.reading.findings import Finding, quote, structure
from transforms.profile.reading.memo import cached_rule_of_words
from transforms.profile.reading.sentences import around, sentences
from transforms.profile.reading.texts import Text, fold
from transforms.profile.regimen.agents import agents_in
from transforms.profile.regimen.design import Design

_CROSSING = re.compile(r"\bcross(?:ed|ing|es)?[ -]?over\b")
_CONTROLS = (
    r"\b(?:controls?|comparator|placebo|sham|standard|soc|usual care|(?:delayed|deferred|wait\w*)[ -](?:arm|group))\b"
)
_CELLS = (
    r"\bcar\b|\bcar-|\bu?cart\b|(?<!\bb[ -])(?<!\bplasma )\bcells?\b(?! deplet| count)"
    r"|\binvestigational (?:product|drug|treatment|therapy)|\bstudy (?:drug|treatment)"
)
# "Will" is a plan for later only with a word of time; each arm "will receive" something.
_MAY = re.compile(
    r"\b(?:may|can|could|might|are|is|be) (?:also |then |later |subsequently |optionally |be )?(?:eligible|offered"
    r"|allowed|permitted|given|able|invited)|\b(?:may|can|could|might)\b|\b(?:option|opportunity|eligible|offered)\b"
    r"|\bwill\b(?=[^.;\n]{0,120}\b(?:after|later|upon|if|once|following|subsequently|at (?:week|month))\b)"
)
_GET = re.compile(
    r"\b(?:receiv\w+|switch\w*|(?:be )?treated with|roll\w*|(?:be )?given|infused with|access|undergo|offered"
    r"|elect)\b"
)
_LATER = re.compile(
    r"\b(?:may|can|could|will) (?:not |then |later )?be (?:offered|given|available|administered|provided)\b"
)
_LOOKS_ALIKE = re.compile(r"placebo|sham|indistinguish|identical|match|resembl")
_NOT = re.compile(r"\b(?:not|never|cannot|ineligible)\b")
_REFUSED = re.compile(r"\b(?:no|not|without|nor)\b[^.;\n]{0,40}$")
_REFUSED_AFTER = re.compile(r"[^.;\n]{0,30}\b(?:not|never)\b (?:be )?(?:allowed|permitted|planned|possible|offered)")
_SECTIONS = frozenset(
    {"arm_label", "arm_description", "intervention_description", "brief_summary", "detailed_description",
     "model_description", "masking_description", "official_title"}
)  # fmt: skip
_REACH = 80  # characters between the verb and the product


def crossover(design: Design, texts: Sequence[Text]) -> tuple[bool | None, float | None, list[Finding]]:
    """Whether controls may receive the product later, after how many days, and why; None when nothing is said."""
    controls = {arm.number for arm in design.control_arms}
    subject = _any_of([_CONTROLS, *_labels(design)])
    product = _any_of([_CELLS, *(_word(name) for name in design.product_names)])
    for text in texts:
        if text.section not in _SECTIONS:
            continue
        own = text.section == "arm_description" and text.number in controls
        told = _told(text.folded, "" if own else subject, product)
        if told:
            start, end, allowed = told
            value = "true" if allowed else "false"
            reasons = [quote(text, start, end, "control_crossover", value, "comparator.crossover")]
            time = _after(text.folded, start, end) if allowed else None
            if time is None:
                return allowed, None, reasons
            days = float(days_of(time))
            reasons.append(quote(text, time.start(), time.end(), "crossover_after_days", f"{days:g}",
                                 "comparator.crossover_after"))  # fmt: skip
            return allowed, days, reasons
    if design.model == "CROSSOVER":
        why = structure("control_crossover", "true", "comparator.crossover_model", "trials.intervention_model")
        return True, None, [why]
    return None, None, []


_LATER_THAN = re.compile(r"\b(?:after|at|beyond|following|from|until|upon|post)\b[^.;\n\d]{0,40}$")


def _after(folded: str, start: int, end: int) -> re.Match[str] | None:
    """The time after which they may, told in the sentence of the crossover: "after 24 weeks", "at month 12"."""
    first, last = around(folded, start, end)
    for pattern in (DURATION, _VISIT):
        for time in pattern.finditer(folded, first, last):
            if _LATER_THAN.search(folded, max(first, time.start() - 60), time.start()):
                return time
    return None


_VISIT = re.compile(r"\b(?P<unit>week|month|day|year)[ -]?(?P<number>\d{1,3})\b")


def _labels(design: Design) -> Iterable[str]:
    """What stands for a control arm in a sentence: its label, and "rituximab arm" by its drug."""
    for arm in design.control_arms:
        label = fold(arm.label)
        if len(label) > 2 and not design.names_product(label):
            yield _word(label)
        for agent in agents_in(label):
            yield _word(fold(agent.label)) + r"[ -](?:\w+ ){0,2}(?:arm|group|patients|participants|cohort)"


def _word(name: str) -> str:
    return rf"(?<!\w){re.escape(name)}(?!\w)"


def _any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(words))


@cached_rule_of_words
def _told(folded: str, subject: str, product: str) -> tuple[int, int, bool] | None:
    """(start, end, whether it is allowed) of the first words of a crossover; without subject all are of controls."""
    match = _CROSSING.search(folded)
    if match:
        start, end = match.span()
        refused = _REFUSED.search(folded[max(0, start - 60) : start]) or _REFUSED_AFTER.match(folded, end, end + 80)
        return start, end, not refused
    if not _MAY.search(folded):
        return None
    who, what = re.compile(subject), re.compile(product)
    for start, end in sentences(folded):
        found = _offered(folded, start, end, who, what) or (None if subject else _is_given(folded, start, end, what))
        if found:
            return found
    return None


def _offered(
    folded: str, start: int, end: int, who: re.Pattern[str], what: re.Pattern[str]
) -> tuple[int, int, bool] | None:
    """Who, may, receive, what: these four in this order in one sentence."""
    named = who.search(folded, start, end)
    may = _MAY.search(folded, named.end(), end) if named else None
    get = _GET.search(folded, may.start(), end) if may else None
    given = what.search(folded, get.end(), min(end, get.end() + _REACH)) if get else None
    if not named or not may or not get or not given or _LOOKS_ALIKE.search(folded, get.end(), given.end()):
        return None
    allowed = not _NOT.search(folded, may.start(), get.end())
    return (named.start() if named.group() else may.start()), given.end(), allowed


def _is_given(folded: str, start: int, end: int, what: re.Pattern[str]) -> tuple[int, int, bool] | None:
    """Of a control arm: "the cells will be offered after a year"."""
    given = what.search(folded, start, end)
    may = _LATER.search(folded, given.end(), min(end, given.end() + _REACH)) if given else None
    if not given or not may or _LOOKS_ALIKE.search(folded, start, may.end()):
        return None
    return given.start(), may.end(), not _NOT.search(folded, given.end(), may.end())

"""What becomes of other immunosuppression: stopped before, allowed, or given on purpose with the cells.

Several may be true of one trial: stopped before apheresis, and low-dose prednisone allowed. The
prednisone limit is the highest daily dose in mg that the record allows; equivalents are converted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.sentences import holding
from transforms.profile.reading.texts import Text
from transforms.profile.regimen.agents import Mention, mentions
from transforms.profile.regimen.design import Design
from transforms.profile.regimen.prophylaxis import preventing
from transforms.profile.regimen.roles import role

VALUES = ("washout", "allowed", "combined")
MOST_ALLOWED = 5  # words of allowing looked at in one sentence

_CLASSES = frozenset({"steroid", "immunosuppressant", "biologic"})
# Given on purpose with the cells; a rescue drug counts when the record lists it as an intervention.
_COMBINED = frozenset({"immunosuppressant", "biologic", "cytokine", "switch", "antidote"})
_SECTIONS = frozenset(
    {"inclusion", "exclusion", "eligibility_other", "arm_description", "intervention_description",
     "brief_summary", "detailed_description"}
)  # fmt: skip
# A sentence is looked at when it holds one of these; rarer drugs stand beside them.
_STEMS = (
    "corti", "steroid", "predniso", "dexameth", "hormone", "immunosuppr", "immunomod", "mycophen", "azathio",
    "methotrex", "rolimus", "dmard", "background", "ximab", "umab", "biologic", "b-cell", "b cell",
    "immune-suppr", "immune suppr", "immune-modul", "immune modul", "disease-modif", "disease modif",
)  # fmt: skip

_STOPPED = re.compile(
    r"\bwash(?:ed)?[ -]?out|\bdiscontinu\w+|\bstop(?:ped|ping)?\b|\bwith(?:draw\w*|drawn|held|hold)\b"
    r"|\bcease\w*|\btaper(?:ed|ing)? (?:off|to zero)|\bsuspend\w*|\bterminat\w+"
)
_BEFORE = re.compile(
    r"\bbefore\b|\bprior to\b|\bpreceding\b|\bwithin\b[^;\n]{0,40}\b(?:days?|weeks?|months?)\b|\bhalf-li\w+"
    r"|\bat least \d+ ?(?:days?|weeks?|months?)|\bat (?:leuka)?pheresis"
)
_WITHIN = re.compile(
    r"(?:\bwithin|\bless than|<|\bin the(?: last| past)?)[^;\n]{0,40}?\b(?:days?|weeks?|months?|hours?"
    r"|half-li\w+)\b"
)
# "At least 7 days since the last dose of ..."
_ELAPSED = re.compile(
    r"(?:≥|>|\bat least|\bmore than|\bminimum of) ?\d{1,3} ?(?:days?|weeks?|months?)[^;\n]{0,20}"
    r"\b(?:post|since|from|after)\b"
)
_BEFORE_CELLS = re.compile(
    r"\b(?:before|prior to|of|preceding)\b[^;\n]{0,40}?\b(?:leu[ck]\w*pheresis|apheresis|pheresis|screening"
    r"|enrol\w+"
    r"|infusion|lympho\w+|inclusion|baseline|signing|consent|mononuclear|collection|study|first dose"
    r"|randomi\w+"
    r"|car|pbmc|treatment|blood)"
)
_ALLOWED = re.compile(
    r"\b(?:allowed|permitted|permissible|acceptable|not (?:be )?(?:exclusionary|excluded|an exclusion)"
    r"|may (?:be (?:used|given|continued|maintained|kept|taken)|continue|receive|remain|go on|keep)"
    r"|can (?:be (?:used|given|continued|maintained|administered|kept|taken)|continue|receive|go on|keep)"
    r"|maintain(?:ed)? (?:at )?(?:a )?stable"
    r"|except(?:ion)?|excluding|excepting|with the exception|stable (?:dose|background|treatment|regimen"
    r"|low))"
)
_FORBIDDEN = re.compile(
    r"\b(?:not|never|no longer)\b (?:be )?(?:\w+ )?(?:allowed|permitted|acceptable|receive|used)"
    r"|\bprohibited\b|\bforbidden\b"
)
_LOCAL = re.compile(r"\b(?:topical|inhaled|intranasal|nasal|ophthalmic|local|intra-?articular|eye)\b")
# A dose that patients had, must have failed, or end with, limits nothing.
_NO_LIMIT = re.compile(
    r"\b(?:fail\w*|inadequate|insufficient|refractory|resistan\w+|relaps\w+ (?:on|under|after|during)"
    r"|remission|respon\w+|doris|lldas|low disease activity|endpoint|end point|proportion|percentage"
    r"|achiev\w+|defined as|definition"
    r"|previous(?:ly)? (?:treat|use|receiv)\w*|history of treatment|minimum)\b"
)
_COMBINATION = re.compile(r"\b(?:in combination with|combined with|concomitant(?:ly)? with|together with|plus)\b")


class Limit(NamedTuple):
    """A prednisone limit; offsets into text.folded."""

    mg_per_day: float
    text: Text
    start: int
    end: int


def immunosuppression(design: Design, texts: Sequence[Text]) -> tuple[dict[str, Any], list[Finding]]:
    """concomitant_immunosuppression and max_prednisone_mg_per_day, and their reasons. None: not stated."""
    found: dict[str, Finding] = {}
    limits: list[Limit] = []
    combined = _combined(design, texts)
    if combined:
        found["combined"] = combined
    for text in texts:
        if text.section in _SECTIONS:
            told, limited = _said_in(text)
            for finding in told:
                found.setdefault(finding.value, finding)
            limits += limited
    highest = max(limits, key=lambda limit: limit.mg_per_day, default=None)
    findings = [found[value] for value in VALUES if value in found]
    if highest:
        findings.append(quote(highest.text, highest.start, highest.end, "max_prednisone_mg_per_day",
                              f"{highest.mg_per_day:g}", "immunosuppression.prednisone_limit"))  # fmt: skip
        if "allowed" not in found:
            found["allowed"] = findings[-1]._replace(attribute="concomitant_immunosuppression", value="allowed")
            findings.append(found["allowed"])
    values = [value for value in VALUES if value in found]
    return {"concomitant_immunosuppression": values or None,
            "max_prednisone_mg_per_day": highest.mg_per_day if highest else None}, findings  # fmt: skip


def _combined(design: Design, texts: Sequence[Text]) -> Finding | None:
    """An agent among the interventions of an arm with the product, or in a title in combination."""
    by_path = {text.field_path: text for text in texts if text.section == "intervention_name"}
    # Tocilizumab against the release of cytokines is prophylaxis, no second treatment of the disease.
    preventive = {
        text.number for text in texts if text.section == "intervention_description" and preventing(text) is not None
    }
    for item in design.interventions:
        name = by_path.get(f"trial_interventions.name[{item.number}]")
        if name is None or not (set(item.arm_nos) & design.car_arms or not design.arms):
            continue
        if role(design, None, item) != "ancillary" or item.number in preventive:
            continue
        for mention in mentions(name):
            if mention.agent.agent_class in _COMBINED:
                return quote(name, mention.start, mention.end, "concomitant_immunosuppression", "combined",
                             "immunosuppression.intervention")  # fmt: skip
    for text in texts:
        match = _COMBINATION.search(text.folded) if text.section in ("brief_title", "official_title") else None
        if match:
            for mention in mentions(text):
                if mention.agent.agent_class in _COMBINED and 0 <= mention.start - match.end() < 60:
                    return quote(text, match.start(), mention.end, "concomitant_immunosuppression",
                                 "combined", "immunosuppression.title")  # fmt: skip
    return None


@cached_rule
def _said_in(text: Text) -> tuple[tuple[Finding, ...], tuple[Limit, ...]]:
    """washout and allowed as the sentences of a text say it, and its limits."""
    told: list[Finding] = []
    limits: list[Limit] = []
    for start, end, named in _sentences_naming(text):
        told += _judge(text, start, end, named)
        limits += _limits(text, start, end)
    return tuple(told), tuple(limits)


def _sentences_naming(text: Text) -> Iterator[tuple[int, int, list[Mention]]]:
    for start, end in holding(text.folded, _STEMS):
        named = [m for m in mentions(text, start, end) if m.agent.agent_class in _CLASSES]
        if named:
            yield start, end, named


def _judge(text: Text, start: int, end: int, named: Sequence[Mention]) -> Iterator[Finding]:
    """washout and allowed, as a sentence of the record says it."""
    sentence = text.folded[start:end]
    stopped = _STOPPED.search(sentence)
    before = _BEFORE.search(sentence)
    excluded = None
    if text.section == "exclusion" and not stopped:
        within, cells = _WITHIN.search(sentence), _BEFORE_CELLS.search(sentence)
        excluded = within if within and cells else None
    elapsed = _ELAPSED.search(sentence) if text.section == "inclusion" else None
    ended = stopped if before or _is_named(stopped) else None
    said = ((ended, "stopped"), (excluded, "excluded_before"), (elapsed, "elapsed"))
    words, rule = next(((words, rule) for words, rule in said if words), (None, ""))
    if words and not _LOCAL.search(sentence[: words.start()][-40:]):
        first = min(named[0].start, start + words.start())
        last = max(named[0].end, start + words.end())
        yield quote(text, first, last, "concomitant_immunosuppression", "washout",
                    f"immunosuppression.{rule}")  # fmt: skip
    if _is_named(stopped):
        return  # what is permitted there is the washout
    if _FORBIDDEN.search(sentence) or _NO_LIMIT.search(sentence):
        return
    for allowed in islice(_ALLOWED.finditer(sentence), MOST_ALLOWED):
        agent = _agent_allowed(text, start, named, allowed)
        if agent:
            first, last = min(agent.start, start + allowed.start()), max(agent.end, start + allowed.end())
            yield quote(text, first, last, "concomitant_immunosuppression", "allowed",
                        "immunosuppression.allowed")  # fmt: skip
            return


def _is_named(stopped: re.Match[str] | None) -> bool:
    """A washout called so needs no time before which it is."""
    return stopped is not None and stopped.group().startswith("wash")


_BODYS_OWN = re.compile(r"physiolog|replacement|substitut|low[ -]dose|\bmg\b|stable|predniso|systemic|hydroxychlor")


def _agent_allowed(text: Text, start: int, named: Sequence[Mention], allowed: re.Match[str]) -> Mention | None:
    """The agent that the words allow: the nearest before them, otherwise behind; not a mere ointment."""
    words = allowed.group()
    begin, end = start + allowed.start(), start + allowed.end()
    before = [mention for mention in named if mention.end <= begin and begin - mention.end <= 200]
    behind = [mention for mention in named if mention.start >= end and mention.start - end <= 70]
    rest = text.folded[end : end + 90]
    if words.startswith(("except", "excluding", "with the exception")):
        # "Steroids within a week, except inhaled" lets nothing in; "except replacement doses" does.
        lets_in = text.section == "exclusion" and before and _BODYS_OWN.search(rest)
        return before[-1] if lets_in else None
    if words.startswith("stable") and text.section != "inclusion":
        return None
    candidates = before[-1:] or behind[:1]
    for mention in candidates:
        near = text.folded[max(start, mention.start - 60) : mention.end]
        if not _LOCAL.search(near) or _BODYS_OWN.search(text.folded[max(start, begin - 90) : begin]):
            return mention
    return None


# ---- the prednisone limit ----

_STEROID = re.compile(
    r"predniso\w+|glucocortico\w*|corticosteroid\w*|steroid\w*|methylpred\w*|dexamethasone|hormone\w*"
    r"|hydrocortisone"
)
_DOSE = re.compile(
    r"(?P<sign>≤|<=|=<|<|≥|>=|=>|>|\\<|\\>|\bup to|\bno more than|\bnot more than|\bless than|\bbelow"
    r"|\bnot exceed(?:ing)?"
    r"|\bat most|\bmaximum(?: dose)?(?: of)?|\bmore than|\bgreater than|\bexceed(?:ing|s)?|\bover|\babove"
    r"|\bhigher than|\bat least)?(?P<equal> or equal to)?[ \\=]{0,4}(?P<number>\d{1,3}(?:\.\d{1,2})?) ?mg"
    r"(?! ?/ ?(?:kg|m2|m\^2|m\\\^2|dl|l|g|ml)\b)(?![a-z])"
)
_UPPER = (
    "≤", "<=", "=<", "<", "\\<", "up to", "no more than", "not more than", "less than", "below", "not exceed",
    "not exceeding", "at most", "maximum",
)  # fmt: skip
_POTENCY = (("methylpred", 1.25), ("dexamethasone", 6.67), ("hydrocortisone", 0.25))
_MOST_MG = 100.0  # a day; what is more is a pulse or a total


def _limits(text: Text, start: int, end: int) -> Iterator[Limit]:
    sentence = text.folded[start:end]
    if "mg" not in sentence or _NO_LIMIT.search(sentence):
        return
    for match in _DOSE.finditer(sentence):
        near = sentence[max(0, match.start() - 90) : match.end() + 60]
        steroid = _STEROID.search(near)
        sign = match.group("sign") or ""
        if not steroid or not _limits_from_above(sign, text.section, sentence):
            continue
        mg = float(match.group("number")) * _potency(near)
        if 0 < mg <= _MOST_MG:
            first = min(start + match.start(), start + max(0, match.start() - 90) + steroid.start())
            yield Limit(round(mg, 1), text, first, max(start + match.end(), first + 1))


def _limits_from_above(sign: str, section: str, sentence: str) -> bool:
    if sign.startswith(_UPPER):
        return section != "exclusion" or bool(_ALLOWED.search(sentence)) or "must be" in sentence
    if not sign or sign == "at least":
        return bool(not sign and _ALLOWED.search(sentence) and not _FORBIDDEN.search(sentence))
    # "> 10 mg must be stopped" and "> 10 mg" among the exclusions leave 10 mg allowed.
    return section == "exclusion" or bool(_STOPPED.search(sentence))


def _potency(near: str) -> float:
    if "predniso" in near.replace("methylprednisolone", "") or ("equivalent" in near and "prednis" in near):
        return 1.0
    return next((factor for drug, factor in _POTENCY if drug in near), 1.0)

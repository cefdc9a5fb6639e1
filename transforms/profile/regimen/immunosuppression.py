"""What becomes of other immunosuppression: stopped before, allowed, or given on purpose with the cells.

Several may be true of one trial: stopped before apheresis, and low-dose prednisone allowed. The
prednisone limit is the highest daily dose in mg that the record allows; equivalents are converted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
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
_GENERAL = frozenset({"biologic", "immunosuppressant"})
_SECTIONS = frozenset(
    {"inclusion", "exclusion", "eligibility_other", "arm_description", "intervention_description",
     "brief_summary", "detailed_description"}
)  # fmt: skip
# A sentence is looked at when it holds one of these; rarer drugs stand beside them.
_STEMS = (
    "corti", "steroid", "predniso", "dexameth", "hormone", "immunosuppr", "immunomod", "mycophen", "azathio",
    "methotrex", "rolimus", "dmard", "background", "ximab", "umab", "biologic", "b-cell", "b cell",
    "immune-suppr", "immune suppr", "immune-modul", "immune modul", "disease-modif", "disease modif",
    "tinib", "jak inhib", "plasma", "immunoglobulin", "immune globulin", "ivig", "cept", "leflun",
    "chloroquine", "sulfasal", "iguratimod", "sporin", "calcineurin", "rapamycin", "lizumab", "cimab", "avacopan",
    "efgartigimod", "anti-cd20", "antimalarial", "nintedanib", "medrol", "decadron", "deltasone", "cortef",
    "cladrib", "cyclophos", "thymocyte",
)  # fmt: skip

_STOPPED = re.compile(
    r"\bwash(?:ed)?[ -]?out|\bdiscontinu\w+|\bstop(?:ped|ping)?\b|\bwith(?:draw\w*|drawn|held|hold)\b"
    r"|\bcease\w*|\binterrupt\w*"
    r"|\bpaus(?:ed|ing)\b|\btaper(?:ed|ing)? (?:off|to zero)|\bsuspend\w*|\bterminat\w+"
)
_BEFORE = re.compile(
    r"\bbefore\b|\bprior to\b|\bpreceding\b|\bwithin\b[^;\n]{0,40}\b(?:days?|weeks?|months?)\b|\bhalf-li\w+"
    r"|\bat least \d+ ?(?:days?|weeks?|months?)|\bat (?:leuka)?pheresis|\b(?:by|at) the time\b"
)
_WITHIN = re.compile(
    r"(?:\bwithin|\bless than|<|\bin the(?: last| past)?)[^;\n]{0,40}?\b(?:days?|weeks?|months?|hours?"
    r"|years?|half-li\w+)\b"
)
# "IVIG within 4 weeks", and nothing that says before what.
_WITHIN_ALONE = re.compile(
    r"\bwithin [^;,\n]{0,25}?\b(?:days?|weeks?|months?|years?|half-li\w+)\b(?= ?(?:$|[.,;)*\n]))"
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
_LOCAL = re.compile(
    r"\b(?:topical|inhaled|intranasal|nasal|ophthalmic|local|intra-?articular|eye|epidural|intralesional|ocular)\b"
)
# A dose that patients had, must have failed, or end with, limits nothing.
_NO_LIMIT = re.compile(
    r"\b(?:fail\w*|inadequate|insufficient|refractory|resistan\w+|relaps\w+ (?:on|under|after|during)"
    r"|remission|respon\w+|doris|lldas|low disease activity|endpoint|end point|proportion|percentage"
    r"|achiev\w+|defined as|definition"
    r"|previous(?:ly)? (?:treat|use|receiv)\w*|history of treatment|minimum)\b"
)
_HISTORY = re.compile(
    r"\b(?:histor\w+|requir\w+|exacerbat\w+|relapse|causing|immunodefic\w+|diagnos\w+|treatment of)\b"
)
# Preparation for cells too, but what must lie behind in the exclusions is a drug of the disease.
_ALSO_STOPPED = frozenset({"cladribine", "cyclophosphamide", "anti-thymocyte globulin"})
_AGAINST_TUMOURS = re.compile(
    r"\banti-? ?(?:tumou?r(?! ?-?necrosis)|cancer|neoplas\w*|leuk\w*|lymphoma|myeloma)"
    r"|\b(?:cytotoxic|chemotherap\w*|oncolog\w*|radiother\w*)"
)
_CROSSOVER = re.compile(r"\bcross(?:ed|ing|es)?[ -]?over\b")
_ARM = re.compile(r"[ -](?:control |comparator |treatment )?(?:arm|group|cohort)s?\b")
# Items of a list that stand in one line: 7.3 ... 7.4 ...
_ITEM = re.compile(r"(?<=\s)\(?(?:(\d{1,2})\.)?(\d{1,2})[.)]? (?=[a-z])")
# Treatment of the disease in general words: what is stopped without a name.
_ANY_TREATMENT = re.compile(
    r"\b(?:current|existing|ongoing|background|baseline|maintenance|concomitant)(?: \w+)? (?:medications?|medicines?"
    r"|drugs?|treatments?|therap(?:y|ies))\b"
    r"|\b(?:medications?|medicines?|drugs?|treatments?|therap(?:y|ies)) (?:of|for|against) (?:the |their )?(?:\w+ )?"
    r"(?:autoimmune|underlying|lupus|sle|myasthenia|multiple sclerosis|scleroderma|myositis|nephritis)\b"
)
_NOT_THE_DISEASE = re.compile(
    r"\b(?:investigational|study (?:drug|treatment)|anticoagul\w*|antibiotic\w*|cancer|tumou?r|malignan\w*)"
)
_STOPPING_STEMS = ("wash", "interrupt", "discontinu")

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
    if not any(finding.value == "washout" for finding in told):
        told += _stopped_unnamed(text)
    return tuple(told), tuple(limits)


def _sentences_naming(text: Text) -> Iterator[tuple[int, int, list[Mention]]]:
    for sentence in holding(text.folded, _STEMS):
        for start, end in _items(text.folded, *sentence):
            if _CROSSOVER.search(text.folded, start, end):
                continue
            named = [mention for mention in mentions(text, start, end) if _counts(text, mention, start, end)]
            if named:
                yield start, end, named


def _items(folded: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A sentence cut where a numbered item follows the one before it."""
    marks = list(_ITEM.finditer(folded, start, end))
    for mark, following in pairwise(marks):
        if mark.group(1) == following.group(1) and int(following.group(2)) == int(mark.group(2)) + 1:
            yield start, following.start()
            start = following.start()
    yield start, end


def _counts(text: Text, mention: Mention, start: int, end: int) -> bool:
    """Whether an agent is treatment of the disease: no arm called after it, nothing against tumours."""
    agent = mention.agent
    if agent.agent_class not in _CLASSES and not (text.section == "exclusion" and agent.label in _ALSO_STOPPED):
        return False
    if _ARM.match(text.folded, mention.end):
        return False
    against = agent.agent_class != "steroid" and agent.label in _GENERAL | _ALSO_STOPPED
    return not (against and _AGAINST_TUMOURS.search(text.folded, start, end))


def _stopped_unnamed(text: Text) -> Iterator[Finding]:
    """washout of treatment that is not named: "unable to interrupt treatment of the disease before apheresis"."""
    if text.section not in ("inclusion", "exclusion", "eligibility_other"):
        return
    for start, end in holding(text.folded, _STOPPING_STEMS):
        sentence = text.folded[start:end]
        stopped, drug = _STOPPED.search(sentence), _ANY_TREATMENT.search(sentence)
        if not stopped or not drug or not (_is_named(stopped) or _BEFORE.search(sentence)):
            continue
        if not _AGAINST_TUMOURS.search(sentence) and not _NOT_THE_DISEASE.search(sentence):
            first, last = min(stopped.start(), drug.start()), max(stopped.end(), drug.end())
            yield quote(text, start + first, start + last, "concomitant_immunosuppression", "washout",
                        "immunosuppression.unnamed")  # fmt: skip
            return


def _judge(text: Text, start: int, end: int, named: Sequence[Mention]) -> Iterator[Finding]:
    """washout and allowed, as a sentence of the record says it."""
    sentence = text.folded[start:end]
    stopped = _STOPPED.search(sentence)
    before = _BEFORE.search(sentence)
    excluded = None
    if text.section == "exclusion" and not stopped:
        within, cells = _WITHIN.search(sentence), _BEFORE_CELLS.search(sentence)
        excluded = within if within and cells else _within_alone(sentence, start, named)
    elapsed = _ELAPSED.search(sentence) if text.section == "inclusion" else None
    if elapsed and "transplant" in sentence[elapsed.end() : max(0, named[0].start - start)]:
        elapsed = None  # since a transplant, with the drugs named further on
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


def _within_alone(sentence: str, start: int, named: Sequence[Mention]) -> re.Match[str] | None:
    """ "IVIG within 4 weeks" of an agent just before; a disease that required it is history."""
    words = _WITHIN_ALONE.search(sentence)
    if not words or _HISTORY.search(sentence) or _AGAINST_TUMOURS.search(sentence):
        return None
    return words if any(0 <= start + words.start() - mention.end <= 45 for mention in named) else None


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
    # "May receive" allows what is received, not what was had before.
    candidates = behind[:1] if words.endswith("receive") else before[-1:] or behind[:1]
    candidates = [mention for mention in candidates if mention.agent.label not in _ALSO_STOPPED]
    for mention in candidates:
        near = text.folded[max(start, mention.start - 60) : max(mention.end, begin)]
        own = text.folded[max(start, min(begin - 90, mention.start - 60)) : begin]
        if not _LOCAL.search(near) or _BODYS_OWN.search(own):
            return mention
    return None


# ---- the prednisone limit ----

_STEROID = re.compile(
    r"predniso\w+|glucocortico\w*|corticosteroid\w*|steroid\w*|methylpred\w*|dexamethasone|hormone\w*"
    r"|hydrocortisone|medrol|decadron|deltasone|cortef"
)
_DOSE = re.compile(
    r"(?P<sign>≤|<=|=<|<|≥|>=|=>|>|\\<|\\>|\bup to|\bno more than|\bnot more than|\bless than|\bbelow"
    r"|\bnot exceed(?:ing)?"
    r"|\bat most|\bmaximum(?: dose)?(?: of)?|\bmore than|\bgreater than|\bexceed(?:ing|s)?|\bover|\babove"
    r"|\bhigher than|\bat least)?(?P<equal> or equal to)?[ \\=]{0,4}(?<![\d.,])(?P<number>\d{1,3}(?:\.\d{1,2})?) ?mg"
    r"(?! ?/ ?(?:kg|m2|m\^2|m\\\^2|dl|l|g|ml)\b)(?![a-z])"
    r"(?![^;\n\d]{0,60}?(?:/ ?kg\b|\bper (?:kg|kilo)|/ ?m2|/ ?(?:week|wk)\b|\b(?:a|per|every|each) week))"
)
_UPPER = (
    "≤", "<=", "=<", "<", "\\<", "up to", "no more than", "not more than", "less than", "below", "not exceed",
    "not exceeding", "at most", "maximum",
)  # fmt: skip
_POTENCY = (("methylpred", 1.25), ("medrol", 1.25), ("dexamethasone", 20 / 3), ("decadron", 20 / 3),
            ("hydrocortisone", 0.25), ("cortef", 0.25))  # fmt: skip
_OR_LESS = re.compile(r"(?: ?(?:/|per|a|each) ?d(?:ay)?\b| daily)?,? or (?:less|lower|below|under)\b")
_MOST_MG = 100.0  # a day; what is more is a pulse or a total


def _limits(text: Text, start: int, end: int) -> Iterator[Limit]:
    sentence = text.folded[start:end]
    if "mg" not in sentence or _NO_LIMIT.search(sentence):
        return
    for match in _DOSE.finditer(sentence):
        near = sentence[max(0, match.start() - 90) : match.end() + 60]
        steroid = _STEROID.search(near)
        sign = match.group("sign") or ("up to" if _OR_LESS.match(sentence, match.end()) else "")
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

"""Scope: what is treated and what is given, not a word anywhere.

in_scope      gives CAR-engineered cells for an immune-mediated disease, whoever else it enrols
follow_up     follows or observes recipients of such cells, or of CAR cells of any kind
out_of_scope  everything else that the search brought; the reason says which else
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

import msgspec

from transforms.profile.products.car import CarMention, context, sentence
from transforms.profile.products.catalogue import ProductMention
from transforms.profile.products.targets import Target
from transforms.profile.reading.findings import Finding, absence, quote, structure
from transforms.profile.reading.texts import Text
from transforms.profile.reading.vocabulary import Terms, WordList, terms, word_list
from transforms.profile.regimen.agents import agents_in
from transforms.profile.regimen.design import Design, Intervention
from transforms.profile.trial.diseases import DiseaseResult

REASONS: Mapping[str, str] = {
    "gives_car_for_immune_disease": "CAR cells are given for an immune-mediated disease",
    "gives_car_for_immune_disease_and_cancer": "the same, and the trial treats cancer as well",
    "follows_recipients": "long-term follow-up of recipients of CAR cells",
    "observes_recipients": "observes recipients of CAR cells and gives none",
    "no_car": "nothing in the record names CAR cells",
    "car_not_given": "CAR cells are named, but as prior treatment, comparison, background or exclusion",
    "car_for_cancer": "CAR cells are given, followed or named in cancer only",
    "car_for_other_condition": "CAR cells are given, but for no immune-mediated disease",
    "t_cell_engager": "an antibody that engages T cells, not a CAR",
    "cells_without_car": "cells without a CAR",
    "antiretroviral": "CART stands for combination antiretroviral therapy",
}


class Scope(msgspec.Struct, frozen=True):
    """A scope, the code of its reason (one of REASONS) and the findings behind it."""

    scope: str
    reason: str
    findings: tuple[Finding, ...]


class Mentions(msgspec.Struct, frozen=True):
    """What names a CAR product in a study: CAR words, known products, cells redirected to an antigen."""

    cars: tuple[CarMention, ...]
    products: tuple[ProductMention, ...]
    redirected: tuple[Target, ...]

    def __bool__(self) -> bool:
        return bool(self.cars or self.products or self.redirected)


# ---- what is given ----

_NAMES = ("intervention_name", "intervention_other_name", "arm_label")
_TITLES = ("brief_title", "official_title", "acronym", "condition", "keyword")
_ARMS = ("intervention_description", "arm_description")
_PROSE = ("brief_summary", "detailed_description")
_MEASURES = ("outcome_measure", "outcome_description")

_GIVING = re.compile(
    r"\b(?:receiv|infus|administ|inject|treat(?:ed|ment)? with|treatment of|dos(?:e|ing)|safety|efficacy"
    r"|tolerab|evaluat|investigat|study of|assess|single[- ]arm|open[- ]label|explor|test|uses?\b|is an?\b"
    r"|are\b|feasib"
    r"|determine|employ|enrol|transduc|generat|target|combin|therapy for|expan|undergo|manufactur)"
)
_BACKGROUND = re.compile(
    r"\b(?:has been|have been|has shown|have shown|previous stud|published|in recent years|recently|success"
    r"|approved|breakthrough|revolution|promising|other|for example|such as|reported|demonstrated"
    r"|remarkable|emerging|emerged|potential of|history of|who have|already)\b"
)
_KINETICS = re.compile(r"\b(?:cop(?:y|ies)|expansion|persist|kinetic|concentration|level|number|cmax|auc"
                       r"|transgene|gene|pk\b|amount|proliferat|detect|peak|duration|quantit)")  # fmt: skip


class Giving(msgspec.Struct, frozen=True):
    """The words that say that the trial gives CAR cells; offsets into text.folded."""

    text: Text
    start: int
    end: int
    rule_id: str


def giving(found: Mentions, design: Design) -> Giving | None:
    """Where the record says that CAR cells are given, most telling field first, or None."""
    spots = _spots(found)
    for sections, rule in ((_NAMES, "scope.given_in_name"), (_TITLES, "scope.given_in_title")):
        for text, start, end in spots:
            if text.section in sections and not (sections is _TITLES and _is_about_others(text, start)):
                return Giving(text, start, end, rule)
    if design.interventions and all(is_other_agent(item) for item in design.interventions):
        return None  # every intervention is a drug or a procedure; prose about CAR cells is background
    for text, start, end in spots:
        if text.section in _ARMS:
            return Giving(text, start, end, "scope.given_in_arm")
    for text, start, end in spots:
        if text.section in _PROSE:
            first, last = sentence(text.folded, start, end)
            said = text.folded[first:last]
            told = _GIVING.search(said) or any(code in said for code in _codes(design))
            if told and not _BACKGROUND.search(said):
                return Giving(text, start, end, "scope.given_in_text")
    for text, start, end in spots:
        if text.section in _MEASURES and _KINETICS.search(text.folded):
            return Giving(text, start, end, "scope.given_in_outcome")
    return None


def _codes(design: Design) -> list[str]:
    """What looks like a product code in the names of interventions; a sentence on it is no background."""
    return [word for item in design.interventions for name in item.names[:1]
            for word in re.findall(r"[a-z]+[\-]?\d[\w\-]*", name) if len(word) > 3]  # fmt: skip


def _spots(found: Mentions) -> list[tuple[Text, int, int]]:
    spots = [(m.text, m.start, m.kind_end) for m in found.cars if m.is_given]
    spots += [(t.antigens.text, t.start, t.end) for t in found.redirected]
    for mention in found.products:
        told = context(mention.text.folded, mention.start, mention.end)
        if told in (None, "background", "recipients"):
            spots.append((mention.text, mention.start, mention.end))
    return spots


_OTHERS = re.compile(
    r"\b(?:cytopenias?|infections?|toxicit\w+|neurotoxicity|vaccin\w+|quality of life|rehabilit\w+|nutrition"
    r"|exercise|caregivers?|imaging|biomarkers?|prophyla\w+|hypogammaglobulin\w+) (?:\w+ ){0,6}"
    r"(?:after|following|in|for|with|of|during|associated|undergoing|receiving|treated)\b"
)


def _is_about_others(text: Text, start: int) -> bool:
    """A title on the recipients' troubles: "Vaccination of patients receiving CAR-T"."""
    return bool(_OTHERS.search(text.folded[:start]))


_PROCEDURES = re.compile(
    r"\b(?:placebo|sham|standard of care|no intervention|leuk[ao]?pheresis|apheresis|biopsy|biospecimen"
    r"|blood (?:draw|sampl\w+)|questionnaires?|survey|imaging|tomography|echocardio\w*|radiation"
    r"|radiotherapy|surgery|transplant\w*"
    r"|vaccin\w*|exercise|physical|counsel\w*|diet|record review|assessment|lumbar puncture|aspirat\w+"
    r"|app\b|mri\b)"
)


def is_other_agent(item: Intervention) -> bool:
    """Whether an intervention is a drug or a procedure that cannot be the CAR product."""
    said = " | ".join(item.names)
    return bool(_PROCEDURES.search(said) or not_car(said) or agents_in(said)) and not _CARRY.search(said)


_CARRY = re.compile(r"(?<![a-z])car(?![a-z])|cart|chimeric|leucel|-cel\b")


def not_car(folded: str) -> str | None:
    """The reason code of what looks like CAR cells in `folded` and is not, or None."""
    found = _not_car().search(folded)
    return found[2]["label"] if found else None


# ---- the decision ----


def decide(study_type: str, texts: Sequence[Text], found: Mentions, disease: DiseaseResult, design: Design) -> Scope:
    """The scope of a study that names CAR cells or a known product somewhere (`found` is not empty)."""
    given = giving(found, design)
    followed = _followed(study_type, texts, found, design)
    if followed and (disease.immune_mediated or not disease.malignant):
        reason, findings = followed
        treated = disease.findings[:1]
        return Scope("follow_up", reason, (*findings, *_as_scope(treated, "follow_up", "scope.immune_disease")))
    if followed or (disease.malignant and _is_companion(texts, disease)):
        return cancer(disease, given)
    if given is None:
        return _not_given(found, texts, disease)
    if not disease.immune_mediated:
        return cancer(disease, given) if disease.malignant else Scope(
            "out_of_scope", "car_for_other_condition",
            (_out(given.text, given.start, given.end, "scope.other_condition"),))  # fmt: skip
    reason = "gives_car_for_immune_disease" + ("_and_cancer" if disease.malignant else "")
    return Scope("in_scope", reason, (
        quote(given.text, given.start, given.end, "scope", "in_scope", given.rule_id),
        *_as_scope(disease.findings[:1], "in_scope", "scope.immune_disease"),
    ))  # fmt: skip


# "Lymphoma in patients who also have Sjögren's": the lymphoma is treated.
_COMPANION = re.compile(
    r"\b(?:also (?:with|have|having)|(?:with|and) (?:concomitant|concurrent|co-?existing|coexistent|comorbid|underlying"
    r"|pre-?existing|a history of)|complicated (?:by|with)|associated with|secondary to) (?:an? |the |active )?"
    r"(?:[\w\-]+ ){0,2}$"
)


def _is_companion(texts: Sequence[Text], disease: DiseaseResult) -> bool:
    """Whether no condition is an immune-mediated disease, and a title names one only beside the cancer."""
    told = [f for f in disease.findings if f.rule_id != "disease.parent"]
    by_path = {text.field_path: text for text in texts if text.section in ("brief_title", "official_title")}
    if not told or any(f.kind != "text" or f.field_path not in by_path for f in told):
        return False
    return all(_COMPANION.search(by_path[str(f.field_path)].folded[: f.start_offset]) is not None for f in told)


def without_car(texts: Sequence[Text], immune_mediated: bool) -> Scope:
    """The scope of a study in which nothing names CAR cells; the nearest look-alike gives the reason."""
    if immune_mediated:
        for text in texts:
            hit = _not_car().search(text.folded) if text.section in _SHOWN else None
            if hit:
                return Scope("out_of_scope", hit[2]["label"],
                             (_out(text, hit[0], hit[1], "scope.not_car"),))  # fmt: skip
    return _NO_CAR


_NO_CAR = Scope("out_of_scope", "no_car", (absence("scope", "out_of_scope", "scope.no_car"),))
_SHOWN = frozenset({"intervention_name", "brief_title", "official_title", "arm_label"})


def cancer(disease: DiseaseResult, given: Giving | None = None) -> Scope:
    """Out of scope: CAR cells, but only cancer is treated."""
    findings = _as_scope(disease.also_enrols_findings[:1], "out_of_scope", "scope.cancer")
    if not findings and given:
        findings = (_out(given.text, given.start, given.end, "scope.cancer"),)
    return Scope("out_of_scope", "car_for_cancer",
                 findings or (absence("scope", "out_of_scope", "scope.cancer"),))  # fmt: skip


def _not_given(found: Mentions, texts: Sequence[Text], disease: DiseaseResult) -> Scope:
    other = without_car(texts, disease.immune_mediated)
    if other.reason != "no_car":
        return other
    for mention in found.cars:
        return Scope("out_of_scope", "car_not_given", (
            _out(mention.text, mention.start, mention.end, "scope.not_given"),))  # fmt: skip
    for named in found.products:
        return Scope("out_of_scope", "car_not_given", (
            _out(named.text, named.start, named.end, "scope.not_given"),))  # fmt: skip
    return other


def _out(text: Text, start: int, end: int, rule_id: str) -> Finding:
    return quote(text, start, end, "scope", "out_of_scope", rule_id)


def _as_scope(findings: Sequence[Finding], scope: str, rule_id: str) -> tuple[Finding, ...]:
    return tuple(
        Finding("scope", scope, f.kind, rule_id, f.field_path, f.matched_text, f.start_offset, f.end_offset)
        for f in findings
    )


# ---- follow-up ----


def _followed(
    study_type: str, texts: Sequence[Text], found: Mentions, design: Design
) -> tuple[str, tuple[Finding, ...]] | None:
    """(reason, findings) of a study that follows or observes recipients and gives nothing, or None."""
    titles = [text for text in texts if text.section in ("brief_title", "official_title")]
    first = named(titles, "follow_up")
    if first and _follows_only(texts, titles, study_type):
        return "follows_recipients", (quote(*first, "scope", "follow_up", "scope.long_term_follow_up"),)
    if study_type == "OBSERVATIONAL" and found.cars + found.products:
        finding = structure("scope", "follow_up", "scope.observational", "trials.study_type")
        return "observes_recipients", (finding,)
    names = [text for text in texts if text.section in ("intervention_name", "arm_label")]
    looked = named(names, "observes")
    if looked and named(titles, "recipients") and not any(m.is_given and m.text in names for m in found.cars):
        return "observes_recipients", (quote(*looked, "scope", "follow_up", "scope.observes"),)
    return None


def _follows_only(texts: Sequence[Text], titles: Sequence[Text], study_type: str) -> bool:
    if study_type == "OBSERVATIONAL" or named(titles, "recipients"):
        return True
    told = [text for text in texts if text.section in _SAYS_WHO]
    return bool(named(told, "recipients") or named(told, "observes"))


_SAYS_WHO = frozenset(
    {"intervention_name", "arm_label", "arm_description", "intervention_description", "brief_summary",
     "inclusion"}
)  # fmt: skip


def named(texts: Sequence[Text], label: str) -> tuple[Text, int, int] | None:
    """Where the first of `texts` to do so says `label` (follow_up, recipients, observes)."""
    for text in texts:
        if any(stem in text.folded for stem in STEMS[label]):
            for start, end, found in _scope_terms().matches(text.folded):
                if found == label:
                    return text, start, end
    return None


# What every term of scope_terms.csv with this label holds: a cheap look before the expressions.
STEMS = {
    "follow_up": ("follow", "ltfu", "long", "roll", "extension", "year", "registry"),
    "recipients": ("treated", "received", "receiv", "exposed", "dosed", "infused", "administered", "given",
                   "participat", "completed", "enrolled", "recipient", "after", "parent", "previous", "prior",
                   "feeder", "preceding", "originating", "antecedent"),
    "observes": ("non", "observational", "no intervention", "no study", "natural", "real", "retrospective",
                 "chart", "survey", "questionnaire", "bio"),
}  # fmt: skip


@cache
def _not_car() -> WordList:
    return word_list("not_car")


@cache
def _scope_terms() -> Terms:
    return terms("scope_terms")

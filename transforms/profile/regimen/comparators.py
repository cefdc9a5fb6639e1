"""What the CAR product is compared with, and whether controls may receive it later.

Arms decide, with their types; words tell standard of care from a named drug. Dose groups that
follow each other are no comparison; CAR arms to which participants are randomised are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from transforms.profile.reading.findings import Finding, absence, quote, structure
from transforms.profile.reading.sentences import around
from transforms.profile.reading.texts import Text, fold
from transforms.profile.regimen.agents import mentions
from transforms.profile.regimen.crossover import crossover
from transforms.profile.regimen.design import Arm, Design
from transforms.profile.regimen.roles import role

# The strongest first, as in car_t_profiles.comparator.
STRENGTH = ("active", "placebo", "standard of care", "no treatment", "dose or regimen", "none")

_STANDARD = re.compile(
    r"\bstandard[ -](?:of[ -]care|therap\w+|treatments?|immunosuppress\w+|care|drug|medication)|\bsoc\b"
    r"|\busual care\b|\b(?:treatment|care) as usual\b|\bbest available (?:therapy|treatment|care)"
    r"|\bconventional (?:therap\w+|treatments?|immunosuppress\w+)|\broutine (?:care|treatment|therapy)"
    r"|\b(?:investigator|physician)'?s'? choice|\bguideline-(?:based|directed|recommended)"
    r"|\bstandard background|\bcontinu\w+ (?:of )?(?:their )?(?:current|existing|ongoing|stable)"
)
_PLACEBO = re.compile(r"\bplacebo|\bsham\b")
_NOTHING = re.compile(
    r"\b(?:no (?:treatment|intervention|therapy)|observation(?: only| alone)?|untreated"
    r"|wait(?:ing)?[ -]?list)\b"
)
_CLASSES_COMPARED = frozenset({"steroid", "immunosuppressant", "biologic", "antidote", "oncology", "lymphodepleting"})
# What a control arm gets besides its treatment, or in general words.
_GENERAL = frozenset({"immunosuppressant", "biologic", "DMARD", "background therapy", "B-cell depleting therapy"})
_DRUGS = frozenset({"DRUG", "BIOLOGICAL", "COMBINATION_PRODUCT", "GENETIC"})
_PLAIN_NAME = re.compile(r"[^\W\d_][\w\-]{3,30}(?: [\w\-]{2,20}){0,2}")

# "Methotrexate (active comparator)"; "versus standard of care".
_COMPARED = re.compile(r"\b(?:active )?(?:comparator|control)\b")
_VERSUS = re.compile(
    r"\b(?:versus|vs|(?:as )?compared (?:with|to|against)|in comparison (?:with|to)|comparing|against)\b"
    r"|\bplacebo-controlled\b"
)
_GENERAL_COMPARISONS = ((_PLACEBO, "placebo", "placebo"), (_STANDARD, "standard of care", "standard"),
                        (_NOTHING, "no treatment", "no_treatment"))  # fmt: skip
_STUDIED = re.compile(r"\b(?:efficacy|safety|evaluat\w+|assess\w*|compar\w+|investigat\w+|randomi[sz]ed?)\b")
_NOT_COMPARED = re.compile(r"\b(?:histor\w+|previous\w*|baseline|published|reported|has been|have been|literature)\b")
_TITLES = ("brief_title", "official_title", "intervention_name")
# What a label says of a part of the trial that participants are not randomised into.
_PART = re.compile(
    r"\bphase ?(?:[1-4]|iv|i{1,3})|\b(?:part|stage) ?(?:[a-d1-4]|iv|i{1,3})\b"
    r"|\bdose[ -](?:escalation|finding|expansion)"
    r"|\b(?:safety )?(?:lead|run)[ -]?in\b|\b(?:escalation|expansion|extension)\b"
    r"|\b(?:pa?ediatric|adult|adolescent)s?\b"
)


COLUMNS = ("comparator", "comparators", "comparator_agents", "control_crossover", "crossover_after_days")


def comparators(design: Design, texts: Sequence[Text]) -> tuple[dict[str, Any], list[Finding]]:
    """The columns of car_t_profiles named in COLUMNS, and their reasons.

    Where arms are not given, names and titles tell; all None where they do not either.
    """
    own = _own_texts(texts)
    findings: dict[str, Finding] = {}
    agents: dict[str, Finding] = {}
    if not design.arms:
        findings, agents = _of_names(design, texts)
        if not findings:
            return dict.fromkeys(COLUMNS), []
    for arm in design.control_arms:
        for finding in _of_arm(design, arm, own):
            findings.setdefault(finding.value, finding)
        for finding in _agents(design, arm, own):
            agents.setdefault(finding.value, finding)
    regimen = _between_car_arms(design)
    if regimen:
        findings.setdefault("dose or regimen", regimen)
    if not findings and design.model != "SINGLE_GROUP" and design.allocation not in ("NA", "NON_RANDOMIZED"):
        findings, agents = _of_names(design, texts)  # arms whose type tells nothing, and a title that says "versus"
    if not findings:
        findings["none"] = _none(design)
    values = sorted(findings, key=STRENGTH.index)
    crosses, days, why = crossover(design, texts) if design.control_arms or not design.arms else (None, None, [])
    place = findings[values[0]].field_path or "trial_arms.arm_type"
    strongest = structure("comparator", values[0], "comparator.strongest", place)
    row = {"comparator": values[0], "comparators": values, "comparator_agents": sorted(agents) or None,
           "control_crossover": crosses, "crossover_after_days": days}  # fmt: skip
    return row, [strongest, *(findings[value] for value in values), *agents.values(), *why]


def _of_names(design: Design, texts: Sequence[Text]) -> tuple[dict[str, Finding], dict[str, Finding]]:
    """Comparators and their agents as names of interventions and titles tell them."""
    findings: dict[str, Finding] = {}
    agents: dict[str, Finding] = {}
    if design.study_type == "OBSERVATIONAL":
        return findings, agents
    products = design.product_interventions
    for text in texts:
        is_name = text.section == "intervention_name"
        # "No intervention" as the only entry compares nothing.
        if text.section not in _TITLES or (is_name and (not products or text.number in products)):
            continue
        versus = _VERSUS.search(text.folded)
        compared = 0 if is_name else versus.start() if versus else None
        if compared is None:
            continue
        told = _of_words(text, compared, is_name)
        for finding in told:
            findings.setdefault(finding.value, finding)
        for finding in _quoted(text) if told else ():
            if finding.start_offset is not None and finding.start_offset >= compared:
                agents.setdefault(finding.value, finding)
    return (findings, agents) if findings else (_of_summary(texts), agents)


def _of_summary(texts: Sequence[Text]) -> dict[str, Finding]:
    """Comparators of the sentence that says what is studied: "the efficacy of ... versus standard of care"."""
    findings: dict[str, Finding] = {}
    for text in texts:
        if text.section != "brief_summary":
            continue
        for versus in _VERSUS.finditer(text.folded):
            start, end = around(text.folded, versus.start(), versus.end())
            before, said = text.folded[start : versus.start()], text.folded[start:end]
            if not _STUDIED.search(before) or _NOT_COMPARED.search(said):
                continue
            for pattern, value, rule in _GENERAL_COMPARISONS:
                match = pattern.search(text.folded, versus.end(), end)
                if match:
                    found = quote(text, match.start(), match.end(), "comparators", value, f"comparator.{rule}")
                    findings.setdefault(value, found)
    return findings


def _of_words(text: Text, compared: int, is_name: bool) -> list[Finding]:
    """What the words from `compared` on name as the comparison."""
    found = []
    for pattern, value, rule in _GENERAL_COMPARISONS:
        match = pattern.search(text.folded, compared)
        if match:
            found.append(quote(text, match.start(), match.end(), "comparators", value, f"comparator.{rule}"))
    if found:
        return found
    word = _COMPARED.search(text.folded) if is_name else None
    if word:
        return [quote(text, word.start(), word.end(), "comparators", "active", "comparator.named")]
    named = [] if is_name else [m for m in mentions(text, compared) if m.agent.agent_class in _CLASSES_COMPARED]
    return [quote(text, m.start, m.end, "comparators", "active", "comparator.named") for m in named[:1]]


def _own_texts(texts: Sequence[Text]) -> dict[str, Text]:
    """Texts of arms and interventions by field path."""
    return {text.field_path: text for text in texts
            if text.field_path.startswith(("trial_arms.", "trial_interventions."))}  # fmt: skip


def _paths(arm: Arm, products: frozenset[int] = frozenset()) -> list[str]:
    """Where the words about an arm stand, its own first; not those of `products`."""
    paths = [f"trial_arms.label[{arm.number}]", f"trial_arms.description[{arm.number}]"]
    for number in arm.intervention_nos:
        if number in products:
            continue
        paths += [f"trial_interventions.name[{number}]", f"trial_interventions.description[{number}]"]
    return paths


def _of_arm(design: Design, arm: Arm, own: dict[str, Text]) -> list[Finding]:
    """What a control arm is; placebo on top of standard of care is both."""
    found: list[Finding] = []
    place = f"trial_arms.arm_type[{arm.number}]"
    said = [own[path] for path in _paths(arm, design.product_interventions) if path in own]
    placebo = _first(_PLACEBO, said, "placebo", "comparator.placebo")
    standard = _first(_STANDARD, said, "standard of care", "comparator.standard")
    if placebo or arm.arm_type in ("PLACEBO_COMPARATOR", "SHAM_COMPARATOR"):
        found.append(placebo or structure("comparators", "placebo", "comparator.arm_type", place))
    if standard:
        found.append(standard)
    if found:
        return found
    if arm.arm_type == "NO_INTERVENTION" or (not arm.intervention_nos and not _named(own, arm)):
        untreated = _first(_NOTHING, said, "no treatment", "comparator.no_treatment")
        return [untreated or structure("comparators", "no treatment", "comparator.arm_type", place)]
    untreated = _first(_NOTHING, said[:2], "no treatment", "comparator.no_treatment")
    if untreated and not _named(own, arm):
        return [untreated]
    return [structure("comparators", "active", "comparator.arm_type", place)]


def _named(own: dict[str, Text], arm: Arm) -> bool:
    """Whether the arm's own words name a drug."""
    label, description = (own.get(path) for path in _paths(arm)[:2])
    return any(mention.agent.agent_class in _CLASSES_COMPARED
               for text in (label, description) if text for mention in mentions(text))  # fmt: skip


def _first(pattern: re.Pattern[str], said: Sequence[Text], value: str, rule_id: str) -> Finding | None:
    for text in said:
        match = pattern.search(text.folded)
        if match:
            return quote(text, match.start(), match.end(), "comparators", value, rule_id)
    return None


def _agents(design: Design, arm: Arm, own: dict[str, Text]) -> list[Finding]:
    """The drugs of a control arm: of its interventions, then of its own words and their descriptions."""
    items = {item.number: item for item in design.interventions}
    found: list[Finding] = []
    for number in arm.intervention_nos:
        name = own.get(f"trial_interventions.name[{number}]")
        if name is None or role(design, arm, items[number], True) != "comparator":
            continue
        named = _quoted(name)
        found += named
        plain = not named and not _PLACEBO.search(name.folded) and not _STANDARD.search(name.folded)
        if plain and items[number].intervention_type in _DRUGS and _PLAIN_NAME.fullmatch(items[number].name):
            shown = items[number].name
            shown = shown.lower() if shown.istitle() else shown
            start = name.text.index(items[number].name)
            found.append(quote(name, start, start + len(shown), "comparator_agents", shown,
                               "comparator.agent_name"))  # fmt: skip
        description = own.get(f"trial_interventions.description[{number}]")
        if description is not None and _STANDARD.search(f"{name.folded} {description.folded}"):
            found += _quoted(description)
    for path in _paths(arm)[:2]:
        if path in own:
            found += _quoted(own[path])
    return found


def _quoted(text: Text) -> list[Finding]:
    return [quote(text, m.start, m.end, "comparator_agents", m.agent.label, "comparator.agent")
            for m in mentions(text)
            if m.agent.agent_class in _CLASSES_COMPARED and m.agent.label not in _GENERAL]  # fmt: skip


def _between_car_arms(design: Design) -> Finding | None:
    """Randomised between CAR arms: of one dose or product against another."""
    parts = Counter(_part(arm) for arm in design.arms if arm.number in design.car_arms)
    several = max(parts.values(), default=0) >= 2
    if design.allocation == "RANDOMIZED" and design.study_type != "OBSERVATIONAL" and several:
        return structure("comparators", "dose or regimen", "comparator.car_arms", "trials.allocation")
    return None


def _part(arm: Arm) -> str:
    """The phase or part of the trial that an arm's label names; arms of different ones are no comparison."""
    return " ".join(sorted(set(_PART.findall(fold(arm.label)))))


def _none(design: Design) -> Finding:
    if len(design.arms) == 1:
        return structure("comparators", "none", "comparator.single_arm", "trials.intervention_model")
    return absence("comparators", "none", "comparator.no_control_arm")

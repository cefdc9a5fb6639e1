"""What the CAR product is compared with, and whether controls may receive it later.

Arms decide, with their types; words tell standard of care from a named drug. Dose groups that
follow each other are no comparison; CAR arms to which participants are randomised are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from transforms.profile.agents import mentions
from transforms.profile.design import Arm, Design
from transforms.profile.findings import Finding, absence, quote, structure
from transforms.profile.remembered import remembered_words
from transforms.profile.roles import role
from transforms.profile.sentences import sentences
from transforms.profile.texts import Text

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

_CROSSING = re.compile(r"\bcross(?:ed|ing|es)?[ -]?over\b")
# "Controls may receive the cells after week 24": these four in this order in one sentence.
_OFFERED = (
    re.compile(r"\b(?:controls?|comparator|placebo|standard|soc)\b"),
    re.compile(r"\b(?:may|can|will|could|eligible|offered|option|opportunity|allowed|permitted)\b"),
    re.compile(r"\b(?:receiv\w+|switch\w*|treated with|roll\w*)\b"),
    re.compile(r"\bcar\b|\bcar-|\bu?cart\b|\bcells?\b|\binfusion|\binvestigational|\bstudy (?:drug|treatment)"),
)
_REFUSED = re.compile(r"\b(?:no|not|without|nor)\b[^.;\n]{0,40}$")
_REFUSED_AFTER = re.compile(r"[^.;\n]{0,30}\b(?:not|never)\b (?:be )?(?:allowed|permitted|planned|possible|offered)")
_CROSSOVER_SECTIONS = frozenset(
    {"arm_label", "arm_description", "intervention_description", "brief_summary", "detailed_description",
     "model_description", "masking_description", "official_title"}
)  # fmt: skip


def comparators(design: Design, texts: Sequence[Text]) -> tuple[dict[str, Any], list[Finding]]:
    """comparator, comparators, comparator_agents, control_crossover for car_t_profiles, and their reasons.

    All None where arms are not given.
    """
    nothing = {"comparator": None, "comparators": None, "comparator_agents": None, "control_crossover": None}
    if not design.arms:
        return nothing, []
    own = _own_texts(texts)
    findings: dict[str, Finding] = {}
    agents: dict[str, Finding] = {}
    for arm in design.control_arms:
        for finding in _of_arm(design, arm, own):
            findings.setdefault(finding.value, finding)
        for finding in _agents(design, arm, own):
            agents.setdefault(finding.value, finding)
    regimen = _between_car_arms(design)
    if regimen:
        findings.setdefault("dose or regimen", regimen)
    if not findings:
        findings["none"] = _none(design)
    values = sorted(findings, key=STRENGTH.index)
    crossover, why = _crossover(texts) if design.control_arms else (None, [])
    strongest = structure("comparator", values[0], "comparator.strongest", "trial_arms.arm_type")
    row = {"comparator": values[0], "comparators": values, "comparator_agents": sorted(agents) or None,
           "control_crossover": crossover}  # fmt: skip
    return row, [strongest, *(findings[value] for value in values), *agents.values(), *why]


def _own_texts(texts: Sequence[Text]) -> dict[str, Text]:
    """Texts of arms and interventions by field path."""
    return {text.field_path: text for text in texts
            if text.field_path.startswith(("trial_arms.", "trial_interventions."))}  # fmt: skip


def _paths(arm: Arm) -> list[str]:
    """Where the words about an arm stand, its own first."""
    paths = [f"trial_arms.label[{arm.number}]", f"trial_arms.description[{arm.number}]"]
    for number in arm.intervention_nos:
        paths += [f"trial_interventions.name[{number}]", f"trial_interventions.description[{number}]"]
    return paths


def _of_arm(design: Design, arm: Arm, own: dict[str, Text]) -> list[Finding]:
    """What a control arm is; placebo on top of standard of care is both."""
    found: list[Finding] = []
    place = f"trial_arms.arm_type[{arm.number}]"
    said = [own[path] for path in _paths(arm) if path in own]
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
    several = len(design.product_arms - {arm.number for arm in design.control_arms}) >= 2
    if design.allocation == "RANDOMIZED" and design.study_type != "OBSERVATIONAL" and several:
        return structure("comparators", "dose or regimen", "comparator.car_arms", "trials.allocation")
    return None


def _none(design: Design) -> Finding:
    if len(design.arms) == 1:
        return structure("comparators", "none", "comparator.single_arm", "trials.intervention_model")
    return absence("comparators", "none", "comparator.no_control_arm")


def _crossover(texts: Sequence[Text]) -> tuple[bool | None, list[Finding]]:
    """Whether controls may receive the product later; None when nothing is said."""
    for text in texts:
        if text.section not in _CROSSOVER_SECTIONS:
            continue
        span = _crossing(text.folded)
        if span:
            start, end = span
            allowed = not _REFUSED.search(text.folded[max(0, start - 60) : start])
            allowed = allowed and not _REFUSED_AFTER.match(text.folded, end, end + 80)
            value = "true" if allowed else "false"
            return allowed, [quote(text, start, end, "control_crossover", value, "comparator.crossover")]
    return None, []


@remembered_words
def _crossing(folded: str) -> tuple[int, int] | None:
    match = _CROSSING.search(folded)
    if match:
        return match.span()
    if not _OFFERED[1].search(folded):
        return None
    for start, end in sentences(folded):
        place, first = start, None
        for pattern in _OFFERED:
            found = pattern.search(folded, place, end)
            if not found:
                break
            first = found.start() if first is None else first
            place = found.end()
        else:
            return first or start, place
    return None

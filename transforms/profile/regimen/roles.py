"""What each intervention is in each arm: the CAR product, what prepares for it, what it is compared with."""

from __future__ import annotations

import re
from typing import Any

from transforms.profile.regimen.agents import agents_in
from transforms.profile.regimen.design import Arm, Design, Intervention

ROLES = ("car product", "lymphodepletion", "comparator", "ancillary", "other")

_LYMPHODEPLETION = re.compile(
    r"lympho-? ?(?:deplet|reduc|clear)|lymphocyte[ -](?:deplet|clear)|clear(?:ing|ance)(?: of)? lymphocyte"
    r"|pre-?conditioning|conditioning (?:chemo|regimen|therapy)"
    r"|chemotherapy (?:pre-?treat|pre-?condition)|pre-?treatment (?:chemo|regimen)"
)
_BRIDGING = re.compile(r"\bbridg")
_PLACEBO = re.compile(r"\bplacebo|\bsham\b|\bvehicle\b")
_COMPARED = re.compile(
    r"\b(?:active|control) comparator\b|\((?:active )?(?:comparator|control)\)|\bcontrol (?:drug|treatment)\b"
)
_APHERESIS = re.compile(r"\b(?:leuk[ao]?)?a?pheresis\b|leukapheresis")
# A questionnaire or a scan in the control arm compares nothing.
_GIVEN_TYPES = frozenset({"DRUG", "BIOLOGICAL", "GENETIC", "COMBINATION_PRODUCT", "DIETARY_SUPPLEMENT", "RADIATION"})


def roles(design: Design) -> list[dict[str, Any]]:
    """Rows for trial_arm_interventions (without nct_id): arm_no, intervention_no, role."""
    controls = {arm.number for arm in design.control_arms}
    items = {item.number: item for item in design.interventions}
    return [
        {"arm_no": arm.number, "intervention_no": number,
         "role": role(design, arm, items[number], arm.number in controls)}
        for arm in design.arms for number in arm.intervention_nos
    ]  # fmt: skip


def role(design: Design, arm: Arm | None, item: Intervention, in_control: bool = False) -> str:
    """One of ROLES. The product first, since its name may also name what prepares for it."""
    if item.number in design.product_interventions:
        return "car product"
    said = " | ".join(item.names)
    if _PLACEBO.search(said) or _COMPARED.search(said):
        return "comparator"
    if _APHERESIS.search(said):
        return "ancillary"
    classes = {agent.agent_class for agent in agents_in(said)}
    if in_control:
        compared = item.intervention_type in _GIVEN_TYPES or arm_is_only(arm, item)
        if compared and not classes & {"supportive", "anti-infective"}:
            return "comparator"
        return "ancillary" if classes else "other"
    if not _BRIDGING.search(said) and ("lymphodepleting" in classes or _LYMPHODEPLETION.search(said)):
        return "lymphodepletion"
    return "ancillary" if classes or item.intervention_type in _GIVEN_TYPES else "other"


def arm_is_only(arm: Arm | None, item: Intervention) -> bool:
    """Whether `item` is all that the arm gets: then it is the comparison, whatever its type."""
    return arm is not None and arm.intervention_nos == (item.number,)

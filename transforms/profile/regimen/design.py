"""Arms, interventions and how participants are assigned, read once from a study for the design rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from transforms.profile.reading.given import GivenProduct
from transforms.profile.reading.texts import fold
from transforms.profile.regimen.agents import agents_in

COMPARATOR_TYPES = frozenset({"ACTIVE_COMPARATOR", "PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"})
_CONTROL = re.compile(
    r"\b(?:control|comparator|placebo|sham|standard (?:of care|therapy|treatment)|usual care|best available"
    r"|conventional (?:therapy|treatment)|soc)\b"
)
_CONTROL_DRUGS = frozenset({"steroid", "immunosuppressant", "biologic"})
_CAR = re.compile(r"\bu?car[ -]?(?:[tmr]|nk|iii)?\b|\bu?cart|\bcaar|\bchimeric")
# "Standard of care with crossover to XYZ-1": the product named there comes later, if at all.
_LATER = re.compile(r"\bcross(?:ed|ing|es)?[ -]?over\b|\b(?:delayed|deferred|optional|followed by|then|switch\w*)\b")


class Arm(msgspec.Struct, frozen=True):
    """An arm or group as registered; `number` from 1."""

    number: int
    label: str
    arm_type: str
    description: str
    intervention_nos: tuple[int, ...]


class Intervention(msgspec.Struct, frozen=True):
    """An intervention as registered; `number` from 1; `names` folded: its name, then its other names."""

    number: int
    intervention_type: str
    name: str
    names: tuple[str, ...]
    arm_nos: tuple[int, ...]


class Design(msgspec.Struct, frozen=True, dict=True):
    """What the design rules read: structure, not words."""

    arms: tuple[Arm, ...]
    interventions: tuple[Intervention, ...]
    products: tuple[GivenProduct, ...]
    allocation: str
    model: str
    masking: str
    study_type: str

    @cached_property
    def product_interventions(self) -> frozenset[int]:
        return frozenset(number for product in self.products for number in product.intervention_nos)

    @cached_property
    def product_arms(self) -> frozenset[int]:
        """Arms that receive a CAR product; a lone arm does."""
        given = {number for product in self.products for number in product.arm_nos}
        linked = {arm.number for arm in self.arms if self.product_interventions & set(arm.intervention_nos)}
        if not given | linked and len(self.arms) == 1:
            return frozenset({self.arms[0].number})
        return frozenset(given | linked)

    @cached_property
    def car_arms(self) -> frozenset[int]:
        """Arms whose treatment is a CAR product: those that list it for a later crossover are not among them."""
        return self.product_arms - {arm.number for arm in self.control_arms}

    @cached_property
    def product_names(self) -> frozenset[str]:
        """What the products are called and coded, folded; their interventions' names with them."""
        given = {name for product in self.products for name in (product.product, *product.codes)}
        listed = {name for item in self.interventions if item.number in self.product_interventions
                  for name in item.names}  # fmt: skip
        return frozenset(name for name in map(fold, given | listed) if len(name) > 2)

    def names_product(self, folded: str) -> bool:
        """Whether folded words name one of the products, or CAR cells."""
        return bool(_CAR.search(folded)) or any(name in folded for name in self.product_names)

    @cached_property
    def control_arms(self) -> tuple[Arm, ...]:
        """Arms without a CAR product that stand beside arms with one, as their comparison."""
        with_product = self.product_arms
        if not with_product or self.study_type == "OBSERVATIONAL":
            return ()
        return tuple(arm for arm in self.arms if self._is_control(arm, with_product))

    def _is_control(self, arm: Arm, with_product: frozenset[int]) -> bool:
        if arm.number in with_product:
            # A placebo arm to which the record ties the product is blinded, not treated with it.
            blinded = arm.arm_type in ("PLACEBO_COMPARATOR", "SHAM_COMPARATOR")
            return len(with_product) > 1 and (blinded or self._crosses_later(arm))
        return (
            arm.arm_type in COMPARATOR_TYPES
            or self.allocation == "RANDOMIZED"
            or bool(_CONTROL.search(fold(arm.label)))
        )

    def _crosses_later(self, arm: Arm) -> bool:
        """Whether an arm that lists the product is a control whose participants may have it later.

        Its label says control or names a drug, not the product, while another arm has the product from the start.
        """
        if not any(arm.arm_type == "EXPERIMENTAL" for arm in self.arms if arm.number in self.product_arms):
            return False
        label = fold(arm.label)
        if self.names_product(label) and not _LATER.search(label):
            return False
        if arm.arm_type == "NO_INTERVENTION":
            return True
        drug = any(agent.agent_class in _CONTROL_DRUGS for agent in agents_in(label))
        others = set(arm.intervention_nos) - self.product_interventions
        control = bool(_CONTROL.search(label)) or (drug and arm.arm_type in COMPARATOR_TYPES)
        return control and (bool(others) or bool(_LATER.search(fold(f"{arm.label} {arm.description}"))))


def read_design(study: Mapping[str, Any], products: Sequence[GivenProduct] = ()) -> Design:
    """The design of a study object. Robust against any shape: what is not as expected is passed over."""
    protocol = _dict(study, "protocolSection")
    module = _dict(protocol, "armsInterventionsModule")
    groups = [g if isinstance(g, Mapping) else {} for g in _list(module, "armGroups")]
    given = [i if isinstance(i, Mapping) else {} for i in _list(module, "interventions")]
    links = _links(groups, given)
    arms = tuple(
        Arm(number, _text(group, "label"), _text(group, "type"), _text(group, "description"),
            tuple(sorted(i for a, i in links if a == number)))
        for number, group in enumerate(groups, 1)
    )  # fmt: skip
    interventions = tuple(
        Intervention(number, _text(item, "type"), _text(item, "name"),
                     tuple(fold(name) for name in (_text(item, "name"), *_list(item, "otherNames"))
                           if isinstance(name, str) and name),
                     tuple(sorted(a for a, i in links if i == number)))
        for number, item in enumerate(given, 1)
    )  # fmt: skip
    design_module = _dict(protocol, "designModule")
    info = _dict(design_module, "designInfo")
    return Design(arms, interventions, tuple(products), _text(info, "allocation"),
                  _text(info, "interventionModel"), _text(_dict(info, "maskingInfo"), "masking"),
                  _text(design_module, "studyType"))  # fmt: skip


def _links(groups: Sequence[Mapping[str, Any]], given: Sequence[Mapping[str, Any]]) -> set[tuple[int, int]]:
    """(arm number, intervention number), from both sides of the record."""
    arm_by_label = {_text(group, "label"): number for number, group in enumerate(groups, 1)}
    by_name = {_text(item, "name"): number for number, item in enumerate(given, 1)}
    links = set()
    for number, item in enumerate(given, 1):
        for label in _list(item, "armGroupLabels"):
            if isinstance(label, str) and label.strip() in arm_by_label:
                links.add((arm_by_label[label.strip()], number))
    for number, group in enumerate(groups, 1):
        for name in _list(group, "interventionNames"):
            # 'Drug: Cyclophosphamide': the type stands before the name.
            plain = name.partition(": ")[2].strip() if isinstance(name, str) else ""
            if plain in by_name:
                links.add((number, by_name[plain]))
    return links or _links_by_label(groups, given)


def _links_by_label(groups: Sequence[Mapping[str, Any]], given: Sequence[Mapping[str, Any]]) -> set[tuple[int, int]]:
    """Where a record ties no intervention to an arm: arms that are called by the name of an intervention."""
    names = {number: fold(_text(item, "name")) for number, item in enumerate(given, 1)}
    labels = {number: fold(_text(group, "label")) for number, group in enumerate(groups, 1)}
    return {(arm, number) for arm, label in labels.items() for number, name in names.items()
            if len(name) > 3 and label == name}  # fmt: skip


def _dict(parent: Any, name: str) -> Mapping[str, Any]:
    value = parent.get(name) if isinstance(parent, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _list(parent: Mapping[str, Any], name: str) -> list[Any]:
    value = parent.get(name)
    return value if isinstance(value, list) else []


def _text(parent: Mapping[str, Any], name: str) -> str:
    value = parent.get(name)
    return value.strip() if isinstance(value, str) else ""

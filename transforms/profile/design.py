"""Arms, interventions and how participants are assigned, read once from a study for the design rules."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import msgspec

from transforms.profile.given import GivenProduct
from transforms.profile.texts import fold

COMPARATOR_TYPES = frozenset({"ACTIVE_COMPARATOR", "PLACEBO_COMPARATOR", "SHAM_COMPARATOR", "NO_INTERVENTION"})
_CONTROL = re.compile(
    r"\b(?:control|comparator|placebo|sham|standard (?:of care|therapy|treatment)|usual care|best available"
    r"|conventional (?:therapy|treatment)|soc)\b"
)


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
    def control_arms(self) -> tuple[Arm, ...]:
        """Arms without a CAR product that stand beside arms with one, as their comparison."""
        with_product = self.product_arms
        if not with_product or self.study_type == "OBSERVATIONAL":
            return ()
        return tuple(arm for arm in self.arms if self._is_control(arm, with_product))

    def _is_control(self, arm: Arm, with_product: frozenset[int]) -> bool:
        if arm.number in with_product:
            # A placebo arm to which the record ties the product is blinded, not treated with it.
            return arm.arm_type in ("PLACEBO_COMPARATOR", "SHAM_COMPARATOR") and len(with_product) > 1
        return (
            arm.arm_type in COMPARATOR_TYPES
            or self.allocation == "RANDOMIZED"
            or bool(_CONTROL.search(fold(arm.label)))
        )


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
    return links


def _dict(parent: Any, name: str) -> Mapping[str, Any]:
    value = parent.get(name) if isinstance(parent, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _list(parent: Mapping[str, Any], name: str) -> list[Any]:
    value = parent.get(name)
    return value if isinstance(value, list) else []


def _text(parent: Mapping[str, Any], name: str) -> str:
    value = parent.get(name)
    return value.strip() if isinstance(value, str) else ""

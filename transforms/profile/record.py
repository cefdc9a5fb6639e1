"""The texts and mentions of one study, sorted for the product rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from transforms.profile import targets
from transforms.profile.car import CarMention
from transforms.profile.design import Design
from transforms.profile.products import ProductMention
from transforms.profile.scope import Mentions
from transforms.profile.targets import Target
from transforms.profile.texts import Text

NAMES = ("intervention_name", "intervention_other_name")
OWN = (*NAMES, "intervention_description")
ARMS = ("arm_label", "arm_description")
TITLES = ("brief_title", "official_title", "acronym")
WORDS = ("condition", "keyword")
_NUMBER = re.compile(r"\[(\d+)\]")
M = TypeVar("M", CarMention, ProductMention)


class Record:
    """The texts and mentions of one study, sorted for the product rules."""

    def __init__(self, texts: Sequence[Text], found: Mentions, design: Design) -> None:
        self.texts, self.found, self.design = texts, found, design
        self._cars = _by_text(found.cars)
        self._named = _by_text(found.products)

    def texts_in(self, sections: Iterable[str], intervention: int | None = None) -> list[Text]:
        wanted = tuple(sections)
        return [t for t in self.texts if t.section in wanted
                and (intervention is None or number(t) == intervention)]  # fmt: skip

    def targets_in(self, text: Text) -> tuple[Target, ...]:
        """Antigen lists of `text` tied to a CAR."""
        return targets.attached(text)

    def cars_in(self, text: Text) -> list[CarMention]:
        return self._cars.get(_place(text), [])

    def named_in(self, text: Text) -> list[ProductMention]:
        return self._named.get(_place(text), [])


def _by_text(mentions: Iterable[M]) -> dict[tuple[str, int], list[M]]:
    found: dict[tuple[str, int], list[M]] = {}
    for mention in mentions:
        found.setdefault(_place(mention.text), []).append(mention)
    return found


def _place(text: Text) -> tuple[str, int]:
    """What tells a text from the others of its study."""
    return text.field_path, text.start


def number(text: Text) -> int | None:
    """The item that a field path names: 2 for trial_interventions.other_names[2][1]."""
    match = _NUMBER.search(text.field_path)
    return int(match.group(1)) if match else None

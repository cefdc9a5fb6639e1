"""The texts and mentions of one study, sorted for the product rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from transforms.profile.products.car import CarMention
from transforms.profile.products.catalogue import ProductMention
from transforms.profile.products.scope import Mentions
from transforms.profile.reading.texts import Text
from transforms.profile.regimen.design import Design

NAMES = ("intervention_name", "intervention_other_name")
OWN = (*NAMES, "intervention_description")
ARMS = ("arm_label", "arm_description")
TITLES = ("brief_title", "official_title", "acronym")
WORDS = ("condition", "keyword")
M = TypeVar("M", CarMention, ProductMention)


class Record:
    """The texts and mentions of one study, sorted for the product rules."""

    def __init__(self, texts: Sequence[Text], found: Mentions, design: Design) -> None:
        self.texts, self.found, self.design = texts, found, design
        self._places: dict[str, list[int]] = {}
        for place, text in enumerate(texts):
            self._places.setdefault(text.section, []).append(place)
        self._cars = _by_text(found.cars)
        self._named = _by_text(found.products)

    def texts_in(self, sections: Iterable[str], intervention: int | None = None) -> list[Text]:
        """Texts of `sections` in the order of the record, of one intervention when given."""
        places = sorted(place for section in sections for place in self._places.get(section, ()))
        found = [self.texts[place] for place in places]
        return found if intervention is None else [text for text in found if text.number == intervention]

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

"""The texts and mentions of one study, sorted for the product rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

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


class Record:
    """The texts and mentions of one study, sorted for the product rules."""

    def __init__(self, texts: Sequence[Text], found: Mentions, design: Design) -> None:
        self.texts, self.found, self.design = texts, found, design
        self._targets: dict[int, list[Target]] = {}

    def texts_in(self, sections: Iterable[str], intervention: int | None = None) -> list[Text]:
        wanted = tuple(sections)
        return [t for t in self.texts if t.section in wanted
                and (intervention is None or number(t) == intervention)]  # fmt: skip

    def targets_in(self, text: Text) -> list[Target]:
        """Antigen lists of `text` tied to a CAR, read once."""
        key = id(text)
        if key not in self._targets:
            self._targets[key] = targets.attached(text, self.cars_in(text))
        return self._targets[key]

    def cars_in(self, text: Text) -> list[CarMention]:
        return [mention for mention in self.found.cars if mention.text is text]

    def named_in(self, text: Text) -> list[ProductMention]:
        return [mention for mention in self.found.products if mention.text is text]


def number(text: Text) -> int | None:
    """The item that a field path names: 2 for trial_interventions.other_names[2][1]."""
    match = _NUMBER.search(text.field_path)
    return int(match.group(1)) if match else None

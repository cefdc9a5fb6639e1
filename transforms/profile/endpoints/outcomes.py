"""The outcomes of a record: title, description and time frame of each, folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from transforms.profile.endpoints.concepts import Concept
from transforms.profile.reading.texts import OUTCOMES, Text

LISTS = (("primary", "primaryOutcomes"), ("secondary", "secondaryOutcomes"), ("other", "otherOutcomes"))
# Of one record: the registry allows more, and no reader looks at them.
MOST_OUTCOMES = 200


class Outcome(NamedTuple):
    """One outcome; a part that is not given is None."""

    number: int
    kind: str
    measure: Text | None
    description: Text | None
    time_frame: Text | None


class Named(NamedTuple):
    """A concept that an outcome measures, with the text that names it."""

    concept: Concept
    text: Text
    start: int
    end: int
    role: str


def outcomes(study: Mapping[str, Any], texts: Sequence[Text]) -> list[Outcome]:
    """The outcomes that have any text, in order; `texts` are those of the study."""
    told: dict[int, dict[str, Text]] = {}
    for text in texts:
        if text.section in OUTCOMES and text.field_path.count("[") == 1:  # a list where a text belongs is none
            told.setdefault(text.number or 0, {})[text.section] = text
    found = []
    for number, kind in enumerate(_kinds(study), 1):
        if number in told:
            of = told[number]
            found.append(Outcome(number, kind, of.get("outcome_measure"), of.get("outcome_description"),
                                 of.get("outcome_time_frame")))  # fmt: skip
    return found[:MOST_OUTCOMES]


def _kinds(study: Mapping[str, Any]) -> list[str]:
    """The type of each outcome, numbered as trial_outcomes numbers them."""
    protocol = study.get("protocolSection")
    module = protocol.get("outcomesModule") if isinstance(protocol, dict) else None
    if not isinstance(module, dict):
        return []
    return [kind for kind, name in LISTS for _ in (module[name] if isinstance(module.get(name), list) else ())]

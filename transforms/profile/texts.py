"""The texts of a study that rules read, in order most telling first, folded for matching.

A folded text has one code point for each code point given, so an offset found in it is an offset
in the field as given: half-open, in Unicode code points. Folding makes one spelling of what the
registry spells in many ways: case, width, hyphens (U+2010, U+2011, U+2013 are common in titles
from China), spaces, quotes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from transforms.profile.criteria import criteria

SECTIONS = (
    "intervention_name", "intervention_other_name", "intervention_description", "arm_label",
    "arm_description", "brief_title", "official_title", "acronym", "condition", "keyword",
    "brief_summary", "detailed_description", "inclusion", "exclusion", "eligibility_other",
    "outcome_measure", "outcome_description", "outcome_time_frame", "masking_description",
    "model_description",
)  # fmt: skip
ELIGIBILITY = frozenset({"inclusion", "exclusion", "eligibility_other"})
OUTCOMES = frozenset({"outcome_measure", "outcome_description", "outcome_time_frame"})


class Text(NamedTuple):
    """One field of a record, or one piece of its eligibility text.

    A named tuple, not a dataclass: twenty are made for every study, and a frozen dataclass takes
    three times as long.
    """

    section: str  # one of SECTIONS
    field_path: str  # 'trial_interventions.name[2]'
    text: str  # the whole field as given (what view trial_texts shows)
    folded: str  # of this piece; matching is done on it
    start: int = 0  # where the piece begins in `text`


def texts(study: Mapping[str, Any], sections: Collection[str] | None = None) -> list[Text]:
    """The texts of a study object, most telling section first; only `sections` when given.

    Robust against any shape: what is not the expected dict, list or string is passed over.
    """
    protocol = _dict(study, "protocolSection")
    wanted = frozenset(SECTIONS if sections is None else sections)
    found: list[Text] = []
    for part in _PARTS:
        if part.sections & wanted:
            found.extend(text for text in part.read(protocol) if text.section in wanted)
    return found


def prose(study: Mapping[str, Any]) -> str:
    """Summary, detailed description and the descriptions of interventions and arms as one folded text.

    For a first look at a study that is cheaper than `texts`.
    """
    protocol = _dict(study, "protocolSection")
    described = _dict(protocol, "descriptionModule")
    module = _dict(protocol, "armsInterventionsModule")
    found = [described.get("briefSummary"), described.get("detailedDescription")]
    for name in ("interventions", "armGroups"):
        found += [item.get("description") for item in _list(module, name) if isinstance(item, dict)]
    return fold("\n".join([text for text in found if isinstance(text, str)]))


def criteria_and_outcomes(study: Mapping[str, Any]) -> str:
    """Eligibility text and outcomes as one folded text, for a first look."""
    protocol = _dict(study, "protocolSection")
    found = [_dict(protocol, "eligibilityModule").get("eligibilityCriteria")]
    module = _dict(protocol, "outcomesModule")
    for name in ("primaryOutcomes", "secondaryOutcomes", "otherOutcomes"):
        for item in _list(module, name):
            if isinstance(item, dict):
                found += [item.get("measure"), item.get("description")]
    return fold("\n".join([text for text in found if isinstance(text, str)]))


# ---- folding ----

_HYPHENS = "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u2043\u30fc"
_QUOTES = {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u2032": "'", "\u201b": "'", "\u00b4": "'",
           "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2033": '"'}  # fmt: skip
# Cyrillic letters that look like Latin ones, in lower case: САR-Т is typed with them now and then.
_LOOK_ALIKES = dict(zip("авсенкмортх", "abcehkmoptx", strict=True))
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def fold(text: str) -> str:
    """`text` in one spelling, code point for code point; len(fold(text)) == len(text)."""
    if text.isascii():
        return text.lower().replace("\t", " ").replace("\r", " ")
    folded = text.lower()
    if len(folded) != len(text):  # İ and the like grow when lowered
        return "".join(_folded_character(c) for c in text)
    for character in set(_NOT_ASCII.findall(folded)):
        plain = _folded_character(character)
        if plain != character:
            folded = folded.replace(character, plain)
    return folded.replace("\t", " ").replace("\r", " ")


@lru_cache(maxsize=4096)
def _folded_character(character: str) -> str:
    if character in _HYPHENS:
        return "-"
    if character in _QUOTES:
        return _QUOTES[character]
    if character in _LOOK_ALIKES:
        return _LOOK_ALIKES[character]
    category = unicodedata.category(character)
    if category == "Zs" or character in "\u200b\u200c\u200d\u2060\ufeff\t\r":
        return " "
    plain = unicodedata.normalize("NFKC", character)
    if len(plain) != 1:
        # é given as one point folds to e; two points would move every offset behind it.
        plain = character
    lowered = plain.lower()
    if len(lowered) != 1:
        lowered = plain
    if "\u00c0" <= lowered <= "\u024f":
        base = unicodedata.normalize("NFD", lowered)[0]
        if base.isascii():
            return base.lower()
    return lowered


# ---- reading ----


def _dict(parent: Any, name: str) -> Mapping[str, Any]:
    # dict, not Mapping: parsed JSON holds nothing else, and the abstract check costs ten times as much
    value = parent.get(name) if isinstance(parent, dict) else None
    return value if isinstance(value, dict) else {}


def _list(parent: Mapping[str, Any], name: str) -> list[Any]:
    value = parent.get(name)
    return value if isinstance(value, list) else []


def _one(parent: Mapping[str, Any], name: str, section: str, field_path: str) -> Iterator[Text]:
    value = parent.get(name)
    if isinstance(value, str) and value:
        yield Text(section, field_path, value, fold(value))


def _each(parent: Mapping[str, Any], name: str, key: str, section: str, column: str) -> Iterator[Text]:
    for number, item in enumerate(_list(parent, name), 1):
        if isinstance(item, dict):
            yield from _one(item, key, section, f"{column}[{number}]")


def _interventions(protocol: Mapping[str, Any]) -> Iterator[Text]:
    module = _dict(protocol, "armsInterventionsModule")
    if not module:
        return
    yield from _each(module, "interventions", "name", "intervention_name", "trial_interventions.name")
    for number, item in enumerate(_list(module, "interventions"), 1):
        if isinstance(item, dict):
            for place, name in enumerate(_list(item, "otherNames"), 1):
                if isinstance(name, str) and name:
                    path = f"trial_interventions.other_names[{number}][{place}]"
                    yield Text("intervention_other_name", path, name, fold(name))
    yield from _each(module, "interventions", "description", "intervention_description",
                     "trial_interventions.description")  # fmt: skip
    yield from _each(module, "armGroups", "label", "arm_label", "trial_arms.label")
    yield from _each(module, "armGroups", "description", "arm_description", "trial_arms.description")


def _titles(protocol: Mapping[str, Any]) -> Iterator[Text]:
    module = _dict(protocol, "identificationModule")
    yield from _one(module, "briefTitle", "brief_title", "trials.brief_title")
    yield from _one(module, "officialTitle", "official_title", "trials.official_title")
    yield from _one(module, "acronym", "acronym", "trials.acronym")


def _conditions(protocol: Mapping[str, Any]) -> Iterator[Text]:
    module = _dict(protocol, "conditionsModule")
    for number, item in enumerate(_list(module, "conditions"), 1):
        if isinstance(item, str) and item:
            yield Text("condition", f"trial_conditions.condition[{number}]", item, fold(item))
    for number, item in enumerate(_list(module, "keywords"), 1):
        if isinstance(item, str) and item:
            yield Text("keyword", f"trial_keywords.keyword[{number}]", item, fold(item))


def _summary(protocol: Mapping[str, Any]) -> Iterator[Text]:
    yield from _one(_dict(protocol, "descriptionModule"), "briefSummary", "brief_summary",
                    "trials.brief_summary")  # fmt: skip


def _description(protocol: Mapping[str, Any]) -> Iterator[Text]:
    yield from _one(_dict(protocol, "descriptionModule"), "detailedDescription", "detailed_description",
                    "trials.detailed_description")  # fmt: skip


def _eligibility(protocol: Mapping[str, Any]) -> Iterator[Text]:
    text = _dict(protocol, "eligibilityModule").get("eligibilityCriteria")
    if not isinstance(text, str) or not text:
        return
    folded = fold(text)
    for section, start, end in criteria(folded):
        yield Text(section, "trials.eligibility_criteria", text, folded[start:end], start)


def _outcomes(protocol: Mapping[str, Any]) -> Iterator[Text]:
    module = _dict(protocol, "outcomesModule")
    items = [item for name in ("primaryOutcomes", "secondaryOutcomes", "otherOutcomes")
             for item in _list(module, name)]  # fmt: skip
    for key, section, column in (("measure", "outcome_measure", "measure"),
                                 ("description", "outcome_description", "description"),
                                 ("timeFrame", "outcome_time_frame", "time_frame")):  # fmt: skip
        for number, item in enumerate(items, 1):
            if isinstance(item, dict):
                yield from _one(item, key, section, f"trial_outcomes.{column}[{number}]")


def _design(protocol: Mapping[str, Any]) -> Iterator[Text]:
    info = _dict(_dict(protocol, "designModule"), "designInfo")
    yield from _one(_dict(info, "maskingInfo"), "maskingDescription", "masking_description",
                    "trials.masking_description")  # fmt: skip
    yield from _one(info, "interventionModelDescription", "model_description",
                    "trials.intervention_model_description")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Part:
    sections: frozenset[str]
    read: Any


_PARTS = (
    _Part(frozenset(SECTIONS[0:5]), _interventions),
    _Part(frozenset(SECTIONS[5:8]), _titles),
    _Part(frozenset(SECTIONS[8:10]), _conditions),
    _Part(frozenset({"brief_summary"}), _summary),
    _Part(frozenset({"detailed_description"}), _description),
    _Part(ELIGIBILITY, _eligibility),
    _Part(OUTCOMES, _outcomes),
    _Part(frozenset({"masking_description", "model_description"}), _design),
)

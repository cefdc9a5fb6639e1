"""The texts of a study that rules read, in order most telling first, folded for matching.

A folded text has one code point for each code point given, so an offset found in it is an offset
in the field as given: half-open, in Unicode code points. Folding makes one spelling of what the
registry spells in many ways: case, width, hyphens (U+2010, U+2011, U+2013 are common in titles
from China), spaces, quotes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from transforms.profile.reading.criteria import criteria

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

    @property
    def number(self) -> int | None:
        """The item that the field path names: 2 for trial_interventions.other_names[2][1]."""
        return _number_in(self.field_path)


def texts(study: Mapping[str, Any], sections: Collection[str] | None = None) -> list[Text]:
    """The texts of a study object, most telling section first; only `sections` when given.

    Robust against any shape: what is not the expected dict, list or string is passed over.
    """
    protocol = _dict(study, "protocolSection")
    wanted = SECTIONS if sections is None else tuple(sections)
    raw = _raw(protocol, wanted)
    # Folded together: one pass over one text instead of one for each of twenty.
    folded = fold("\n".join([text for _, _, text in raw]))
    found: list[Text] = []
    begin = 0
    for section, field_path, text in raw:
        end = begin + len(text)
        # Past the named tuple's own maker, which is written in Python.
        found.append(_new(Text, (section, field_path, text, folded[begin:end], 0)))
        begin = end + 1
    if not ELIGIBILITY.isdisjoint(wanted):
        eligibility = _dict(protocol, "eligibilityModule").get("eligibilityCriteria")
        if isinstance(eligibility, str) and eligibility:
            first = next((n for n, t in enumerate(found) if t.section in _BEHIND_ELIGIBILITY), len(found))
            found[first:first] = [text for text in _criteria_texts(eligibility) if text.section in wanted]
    return found


_new = tuple.__new__
_NUMBER = re.compile(r"\[(\d+)\]")


@lru_cache(maxsize=4096)
def _number_in(field_path: str) -> int | None:
    match = _NUMBER.search(field_path)
    return int(match.group(1)) if match else None


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
    return _glanced(found)


def criteria_and_outcomes(study: Mapping[str, Any]) -> str:
    """Eligibility text and outcomes as one folded text, for a first look."""
    protocol = _dict(study, "protocolSection")
    found = [_dict(protocol, "eligibilityModule").get("eligibilityCriteria")]
    module = _dict(protocol, "outcomesModule")
    for name in ("primaryOutcomes", "secondaryOutcomes", "otherOutcomes"):
        for item in _list(module, name):
            if isinstance(item, dict):
                found += [item.get("measure"), item.get("description")]
    return _glanced(found)


def _glanced(found: Sequence[Any]) -> str:
    """The strings of `found` in lower case, folded only where that could matter for a first look."""
    together = "\n".join([text for text in found if isinstance(text, str)])
    if not together.isascii():
        if any(map(together.__contains__, _ODD_SIGNS)):
            return fold(together)
        # Lowering a text with one sign beyond ASCII takes ten times as long, and no word looked for has one.
        together = together.encode("ascii", "replace").decode()
    return together.lower()


_ODD_SIGNS = ("\u2010", "\u2011", "\u00a0", "С", "с", "Ｃ", "ｃ")  # hyphens; C of Cyrillic and of full width


# ---- folding ----

_HYPHENS = "\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u2043\u30fc"
_QUOTES = {"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u2032": "'", "\u201b": "'", "\u00b4": "'",
           "\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2033": '"'}  # fmt: skip
# Cyrillic letters that look like Latin ones, in lower case: САR-Т is typed with them now and then.
_LOOK_ALIKES = dict(zip("авсенкмортх", "abcehkmoptx", strict=True))
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


# The registry escapes what Markdown would read: 10\^6, \~, \<. A space keeps every offset where it was.
_ESCAPE = re.compile(r"\\(?=[~<>^*_\[\]&#])")


def fold(text: str) -> str:
    """`text` in one spelling, code point for code point; len(fold(text)) == len(text)."""
    if "\\" in text:
        text = _ESCAPE.sub(" ", text)
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


class _Source(NamedTuple):
    """Where a section stands in protocolSection: a field of a module, or one of each item of its lists."""

    section: str
    module: tuple[str, ...]
    lists: tuple[str, ...]  # () for a field of the module itself
    key: str  # '' where the items are strings
    column: str


_ARMS = ("armsInterventionsModule",)
_OUTCOMES = ("primaryOutcomes", "secondaryOutcomes", "otherOutcomes")
_SOURCES = (
    _Source("intervention_name", _ARMS, ("interventions",), "name", "trial_interventions.name"),
    _Source("intervention_other_name", _ARMS, ("interventions",), "otherNames",
            "trial_interventions.other_names"),
    _Source("intervention_description", _ARMS, ("interventions",), "description",
            "trial_interventions.description"),
    _Source("arm_label", _ARMS, ("armGroups",), "label", "trial_arms.label"),
    _Source("arm_description", _ARMS, ("armGroups",), "description", "trial_arms.description"),
    _Source("brief_title", ("identificationModule",), (), "briefTitle", "trials.brief_title"),
    _Source("official_title", ("identificationModule",), (), "officialTitle", "trials.official_title"),
    _Source("acronym", ("identificationModule",), (), "acronym", "trials.acronym"),
    _Source("condition", ("conditionsModule",), ("conditions",), "", "trial_conditions.condition"),
    _Source("keyword", ("conditionsModule",), ("keywords",), "", "trial_keywords.keyword"),
    _Source("brief_summary", ("descriptionModule",), (), "briefSummary", "trials.brief_summary"),
    _Source("detailed_description", ("descriptionModule",), (), "detailedDescription",
            "trials.detailed_description"),
    _Source("outcome_measure", ("outcomesModule",), _OUTCOMES, "measure", "trial_outcomes.measure"),
    _Source("outcome_description", ("outcomesModule",), _OUTCOMES, "description",
            "trial_outcomes.description"),
    _Source("outcome_time_frame", ("outcomesModule",), _OUTCOMES, "timeFrame", "trial_outcomes.time_frame"),
    _Source("masking_description", ("designModule", "designInfo", "maskingInfo"), (), "maskingDescription",
            "trials.masking_description"),
    _Source("model_description", ("designModule", "designInfo"), (), "interventionModelDescription",
            "trials.intervention_model_description"),
)  # fmt: skip
_BEHIND_ELIGIBILITY = OUTCOMES | {"masking_description", "model_description"}


@lru_cache(maxsize=64)
def _sources(sections: tuple[str, ...]) -> tuple[_Source, ...]:
    return tuple(source for source in _SOURCES if source.section in sections)


def _raw(protocol: Mapping[str, Any], sections: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """(section, field path, text as given) of every text of `sections`, without the eligibility text."""
    raw: list[tuple[str, str, str]] = []
    modules: dict[tuple[str, ...], Mapping[str, Any]] = {(): protocol}
    for section, path, lists, key, column in _sources(sections):
        module = modules.get(path)
        if module is None:
            module = protocol
            for name in path:
                module = _dict(module, name)
            modules[path] = module
        if not module:
            continue
        if not lists:
            value = module.get(key)
            if isinstance(value, str) and value:
                raw.append((section, column, value))
            continue
        number = 0
        for name in lists:
            for item in _list(module, name):
                number += 1
                value = item if not key else item.get(key) if isinstance(item, dict) else None
                if not value:
                    continue
                if isinstance(value, str):
                    raw.append((section, f"{column}[{number}]", value))
                elif isinstance(value, list):
                    raw.extend(_entries(section, f"{column}[{number}]", value))
    return raw


def _entries(section: str, path: str, entries: list[Any]) -> Iterator[tuple[str, str, str]]:
    for place, entry in enumerate(entries, 1):
        if isinstance(entry, str) and entry:
            yield section, f"{path}[{place}]", entry


def eligibility(study: Mapping[str, Any]) -> Text | None:
    """The whole eligibility text of a study; None where there is none."""
    given = _dict(_dict(study, "protocolSection"), "eligibilityModule").get("eligibilityCriteria")
    if not isinstance(given, str) or not given:
        return None
    return Text("inclusion", "trials.eligibility_criteria", given, fold(given))


def _criteria_texts(eligibility: str) -> Iterator[Text]:
    folded = fold(eligibility)
    for section, start, end in criteria(folded):
        yield Text(section, "trials.eligibility_criteria", eligibility, folded[start:end], start)

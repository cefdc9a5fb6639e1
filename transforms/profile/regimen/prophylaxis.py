"""What is given to prevent harm of the cells: tocilizumab, antivirals, immunoglobulin and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.sentences import holding
from transforms.profile.reading.texts import Text
from transforms.profile.regimen.agents import Mention, mentions

SECTIONS = frozenset(
    {"intervention_name", "intervention_description", "arm_label", "arm_description", "brief_title",
     "official_title", "brief_summary", "detailed_description", "model_description", "inclusion"}
)  # fmt: skip
_STEMS = ("prophyla", "medicat", "prevent", "emptive")
PREVENTS = re.compile(r"prophyla\w+|premedicat\w+|pre-medicat\w+|preventi(?:ve|on|ng)\b|pre-?emptive\w*|\bto prevent\b")
_NOT_GIVEN = re.compile(
    r"\b(?:no|not|without|never)\b[^.;\n]{0,50}$"
    r"|\b(?:gvhd|graft[- ]versus[- ]host(?: disease)?|pregnan\w+|stroke|blood products?|transfusions?"
    r"|contrast)"
    r"[^.;\n]{0,12}$"
)
_REACH = 110  # characters between the word and the agent, within one sentence


def prophylaxis(texts: Sequence[Text]) -> tuple[list[str] | None, list[Finding]]:
    """Values for car_t_profiles.prophylaxis (None: not stated), sorted, and their reasons."""
    found: dict[str, Finding] = {}
    for text in texts:
        for finding in _prevented_in(text) if text.section in SECTIONS else ():
            found.setdefault(finding.value, finding)
    for name, told in _named_above(texts):
        for mention in mentions(name):
            if value := mention.agent.prophylaxis:
                described = quote(told.text, told.start, told.end, "prophylaxis", value, "prophylaxis.intervention")
                found.setdefault(value, described)
    values = sorted(found)
    return values or None, [found[value] for value in values]


@cached_rule
def _prevented_in(text: Text) -> tuple[Finding, ...]:
    found: dict[str, Finding] = {}
    for start, end in holding(text.folded, _STEMS):
        for word, mention in _pairs(text, start, end):
            value = mention.agent.prophylaxis
            if value and value not in found:
                first, last = min(mention.start, word.start()), max(mention.end, word.end())
                found[value] = quote(text, first, last, "prophylaxis", value, "prophylaxis.agent")
    return tuple(found.values())


@cached_rule
def prevented_mentions(text: Text) -> tuple[Mention, ...]:
    """The agents of a text that are given to prevent harm of the cells, in order."""
    return tuple(mention for start, end in holding(text.folded, _STEMS) for _, mention in _pairs(text, start, end)
                 if mention.agent.prophylaxis)  # fmt: skip


class Preventing(NamedTuple):
    """A word of preventing; offsets into text.folded."""

    text: Text
    start: int
    end: int


@cached_rule
def preventing(text: Text) -> Preventing | None:
    """The first word of `text` that says that something is given to prevent harm of the cells."""
    if not any(stem in text.folded for stem in _STEMS):
        return None
    for word in PREVENTS.finditer(text.folded):
        if not _NOT_GIVEN.search(text.folded[max(0, word.start() - 70) : word.start()]):
            return Preventing(text, word.start(), word.end())
    return None


def _named_above(texts: Sequence[Text]) -> Iterator[tuple[Text, Preventing]]:
    """Interventions whose name is the agent and whose description says what it prevents: both texts."""
    names = {text.field_path: text for text in texts if text.section == "intervention_name"}
    for text in texts:
        if text.section == "intervention_description" and (word := preventing(text)) is not None:
            name = names.get(text.field_path.replace(".description[", ".name["))
            if name is not None:
                yield name, word


def _pairs(text: Text, start: int, end: int) -> Iterator[tuple[re.Match[str], Mention]]:
    """Words of preventing and agents near them, in one sentence."""
    named = list(mentions(text, start, end))
    for word in PREVENTS.finditer(text.folded, start, end):
        if named and not _NOT_GIVEN.search(text.folded[start : word.start()][-70:]):
            yield from ((word, mention) for mention in named if _near(mention, word))


def _near(mention: Mention, word: re.Match[str]) -> bool:
    gap = word.start() - mention.end if mention.end <= word.start() else mention.start - word.end()
    return gap <= _REACH

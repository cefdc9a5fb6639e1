"""What is given beside conditioning to prevent or treat its harm: mesna, premedication, tocilizumab, antivirals.

An agent counts where an intervention is it, or where a sentence of preventing names it (`prophylaxis`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from transforms.profile.reading.sentences import around
from transforms.profile.reading.texts import Text
from transforms.profile.regimen.agents import Mention, mentions
from transforms.profile.regimen.conditioning_given import Given, of_mention
from transforms.profile.regimen.design import Design
from transforms.profile.regimen.prophylaxis import PREVENTS, SECTIONS, prevented_mentions

CLASSES = frozenset({"supportive", "antidote", "anti-infective"})
_IF_NEEDED = re.compile(
    r"\b(?:if|as|when|where) (?:clinically )?(?:necessary|needed|required|indicated)\b"
    r"|\bif \w+ (?:is|are|occurs?|develops?)"
    r"|\b(?:treat\w*|manag\w+|in (?:case|the event)) (?:of |for )?(?:\w+ ){0,3}(?:crs|cytokine|icans|infection|toxicit)"
)


def supportive(design: Design, texts: Sequence[Text]) -> list[Given]:
    """One place for each supportive agent: an intervention's own before a sentence of preventing."""
    first: dict[str, Given] = {}
    for one in [*_named(design, texts), *_prevented(texts)]:
        known = first.get(one.agent)
        if known is None or (known.dose is None and one.dose is not None):
            first[one.agent] = one
    return list(first.values())


def _named(design: Design, texts: Sequence[Text]) -> Iterator[Given]:
    """Interventions that are a supportive agent by name; an antidote waits for the harm unless it shall prevent it."""
    described = {text.number: text.folded for text in texts if text.section == "intervention_description"}
    for text in texts:
        if text.section != "intervention_name" or text.number in design.product_interventions:
            continue
        for mention in mentions(text):
            if mention.agent.agent_class in CLASSES:
                told = described.get(text.number, "")
                waits = mention.agent.agent_class == "antidote" and not PREVENTS.search(told)
                asked = "if needed" if waits or _IF_NEEDED.search(told) else "required"
                yield _given(mention)._replace(requirement=asked)


def _prevented(texts: Sequence[Text]) -> Iterator[Given]:
    for text in texts:
        for mention in prevented_mentions(text) if text.section in SECTIONS else ():
            if mention.agent.agent_class in CLASSES:
                yield _given(mention)


def _given(mention: Mention) -> Given:
    start, end = around(mention.text.folded, mention.start, mention.end)
    named = list(mentions(mention.text, start, end))
    until = next((other.start for other in named if other.start > mention.start), end)
    return of_mention(mention, named, (start, until, until))

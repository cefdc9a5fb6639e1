"""Drugs and measures that stand beside the cells: what they are called and what they are for.

From agents.csv: a term, the name to show, the class, and what it prevents when given as prophylaxis.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import NamedTuple

from transforms.profile.reading import word_tree
from transforms.profile.reading.memo import cached_rule_of_words
from transforms.profile.reading.texts import Text, fold
from transforms.profile.reading.vocabulary import FOLDER, VocabularyError, rows

CLASSES = ("lymphodepleting", "steroid", "immunosuppressant", "biologic", "antidote", "switch", "cytokine",
           "supportive", "anti-infective", "oncology")  # fmt: skip
# Written small these are other words (the flu, a syllable).
_NEED_CAPITALS = frozenset({"flu", "cy", "ctx", "pcp", "pjp", "mmf"})


# No record names more; what comes behind is noise, and the rules compare mentions with each other.
MOST_MENTIONS = 300


class Agent(NamedTuple):
    """A line of agents.csv."""

    label: str
    agent_class: str
    prophylaxis: str | None


class Mention(NamedTuple):
    """An agent named in a text; offsets into text.folded."""

    text: Text
    start: int
    end: int
    agent: Agent


def mentions(text: Text, start: int = 0, end: int | None = None) -> Iterator[Mention]:
    """The agents that `text` names between `start` and `end`, left to right."""
    end = len(text.folded) if end is None else end
    for match in islice(_pattern().finditer(text.folded, start, end), MOST_MENTIONS):
        if match.group() in _NEED_CAPITALS:
            first = text.start + match.start()
            given = text.text[first : first + len(match.group())]
            if given == given.lower():
                continue
        agent = word_tree.look_up(match.group(), _agents())
        yield Mention(text, match.start(), match.end(), agent)


@cached_rule_of_words
def agents_in(folded: str) -> tuple[Agent, ...]:
    """The agents that a folded name mentions, left to right."""
    known = _agents()
    return tuple(word_tree.look_up(match.group(), known) for match in _pattern().finditer(folded))


@cache
def _agents() -> dict[str, Agent]:
    path = FOLDER / "agents.csv"
    found: dict[str, Agent] = {}
    for row in rows("agents", ("term", "label", "agent_class", "prophylaxis")):
        key, agent = word_tree.key(fold(row["term"])), Agent(
            row["label"], row["agent_class"], row["prophylaxis"] or None)  # fmt: skip
        if not key or not agent.label or agent.agent_class not in CLASSES:
            raise VocabularyError(path, row.line, f"give a term, a label and one of {', '.join(CLASSES)}")
        if found.setdefault(key, agent) != agent:
            raise VocabularyError(path, row.line, f"the term {row['term']!r} has two labels; keep one")
    return found


@cache
def _pattern() -> re.Pattern[str]:
    columns = ("term", "label", "agent_class", "prophylaxis")
    return word_tree.compiled(fold(row["term"]) for row in rows("agents", columns))

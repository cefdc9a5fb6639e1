"""What a user's word means: the value itself, a synonym of it, or a part of its name. Pure.

One rule for every filter, wherever it is given. A whole word goes before a part. One match of a part is taken and said;
several are all taken, and shown, where the facet holds names (a sponsor, a place); they are shown for choice where it
holds a closed list, in which two values are two things.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

# Facet -> what people also say -> the values meant.
Synonyms = Mapping[str, Mapping[str, Collection[str]]]

NEAREST, CLOSE = 4, -0.6  # how many words an error names, and how alike they are to be (difflib's ratio, negative)
SHORTEST_PART = 3  # letters; fewer stand in too many words
BEGINNING = 4  # letters from which the beginning of a word is a part
SHOWN = 8  # matches that a sentence names


class UnknownWord(ValueError):
    """A word that means no value; the message names the nearest."""


class SeveralMeanings(UnknownWord):
    """A part of several values where one is to be chosen; the message shows them."""


@dataclass(frozen=True)
class Meaning:
    """A word of a user, the values taken for it, and the sentence for a reader where they are not what was written."""

    facet: str
    word: str
    values: tuple[str, ...]
    told: str = ""


@dataclass(frozen=True)
class Known:
    """The words that one facet knows. `is_names`: a part may mean all of its matches."""

    facet: str
    values: Mapping[str, frozenset[str]]  # folded word -> values meant
    spelled: Mapping[str, str]  # folded word -> as written
    is_names: bool = False

    def meaning(self, word: str) -> Meaning:
        """What `word` means. Raises UnknownWord."""
        whole = self.values.get(folded(word))
        if whole:
            return Meaning(self.facet, word, tuple(sorted(whole)), self._told(word, whole))
        matches = self._having(word)
        if not matches:
            raise UnknownWord(f"No {self.name} is called {word!r} here. {nearest(folded(word), self.spelled)}")
        if len(matches) > 1 and not self.is_names:
            several = shown(matches, "or")
            raise SeveralMeanings(f"{self.name.capitalize()} {word!r} may be {several}: write one of them.")
        return Meaning(self.facet, word, tuple(sorted(matches)), self._told(word, matches))

    @property
    def name(self) -> str:
        return self.facet.replace("_", " ")

    def _told(self, word: str, values: Collection[str]) -> str:
        if {folded(value) for value in values} == {folded(word)}:
            return ""
        if len(values) == 1:
            return f"{self.name.capitalize()} {word!r} is {next(iter(values))} here."
        several = f"{self.name.capitalize()} {word!r} is any of {len(values)} here: {shown(values, 'and')}."
        return f"{several} Write one whole to have it alone."

    def _having(self, word: str) -> set[str]:
        """Values that a word or a name of which holds all the words given, one after the other."""
        wanted = parts(word)
        if len("".join(wanted)) < SHORTEST_PART:
            return set()
        holding = [key for key, text in self.spelled.items() if _holds(parts(text), wanted)]
        return {value for key in holding for value in self.values[key]}


def known(facet: str, said: Iterable[tuple[str | None, str | None]], *, is_names: bool = False) -> Known:
    """The words of a facet from pairs of (word, value meant); a pair without either says nothing."""
    values: dict[str, set[str]] = {}
    spelled: dict[str, str] = {}
    for word, value in said:
        if word and value and (key := folded(word)):
            values.setdefault(key, set()).add(value)
            spelled.setdefault(key, word)
    return Known(facet, {key: frozenset(meant) for key, meant in values.items()}, spelled, is_names)


@lru_cache(maxsize=1 << 15)
def folded(word: str) -> str:
    """A word without case, accents, spaces and signs."""
    plain = unicodedata.normalize("NFKD", word).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


def parts(text: str) -> list[str]:
    """The words of a text, each folded."""
    return [part for part in map(folded, re.split(r"[\W_]+", text.replace("'", ""))) if part]


def shown(values: Iterable[str], joint: str) -> str:
    """Values in a sentence, a number instead of those that are too many."""
    named = sorted(f"'{value}'" if "," in value else value for value in values)
    if len(named) > SHOWN:
        return f"{', '.join(named[:SHOWN])} {joint} {len(named) - SHOWN} more"
    return f" {joint} ".join(filter(None, [", ".join(named[:-1]), named[-1]]))


def nearest(word: str, names: Mapping[str, str] | Iterable[str]) -> str:
    """`Nearest: ...` in the words of those who know, by the whole of each or by one word of it."""
    spelled = dict(names) if isinstance(names, Mapping) else {name: name for name in names}

    def closeness(name: str) -> float:
        return max(difflib.SequenceMatcher(None, part, word).ratio() for part in {name, *parts(spelled[name])})

    found = sorted((-closeness(name), len(name), name) for name in spelled)[:NEAREST]
    close = [spelled[name] for distance, _, name in found if distance <= CLOSE]
    close = close or [spelled[name] for *_, name in found]
    return f"Nearest: {', '.join(close)}." if close else "The file knows none."


def _holds(words: list[str], wanted: list[str]) -> bool:
    """Whether `wanted` stand in `words` one after the other, the last one as a beginning too."""
    *before, last = wanted
    for place in range(len(words) - len(before)):
        at_last = words[place + len(before)]
        if words[place : place + len(before)] == before and (
            at_last == last or (len(last) >= BEGINNING and at_last.startswith(last))
        ):
            return True
    return False

"""The concepts that outcomes name: endpoints.csv has the ways to write one, instruments.csv what is known of it.

A concept that `yields_to` others is only a broader word for them where they stand beside it: "immunoglobulin
(IgG, IgM)" is one concept, "pharmacokinetics (Cmax, AUC)" two, none of them pharmacokinetics. `*` yields to
every other concept of its domain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from transforms.profile.reading import word_tree
from transforms.profile.reading.memo import cached_rule_of_words
from transforms.profile.reading.texts import fold
from transforms.profile.reading.vocabulary import FOLDER, VocabularyError, rows

DOMAINS = ("efficacy", "safety", "pk_pd", "feasibility")
COA_TYPES = ("", "PRO", "ClinRO", "ObsRO", "PerfO")
BETTER = ("", "higher", "lower")
ANY = "*"
MOST_MENTIONS = 60


class Concept(NamedTuple):
    """A line of instruments.csv."""

    name: str
    instrument: str | None
    coa_type: str | None
    domain: str
    yields_to: frozenset[str]
    better: str | None  # the direction in which the patient is better
    disease: str | None


class Mention(NamedTuple):
    """A concept named in a folded text, from start to end."""

    concept: Concept
    start: int
    end: int


@cached_rule_of_words
def mentions(folded: str) -> tuple[Mention, ...]:
    """The concepts that a text names, left to right; `without_broader` leaves out those that yield to others."""
    known = catalogue()
    expression, labels = _expressions()
    found = [Mention(known[labels[(m.lastindex or 1) - 1]], m.start(), m.end()) for m in expression.finditer(folded)]
    found += [
        Mention(known[word_tree.look_up(match.group(), _terms())], match.start(), match.end())
        for match in _pattern().finditer(folded)
    ]
    return tuple(one for one in _longest(found) if not _is_of_population(folded, one))


def _longest(found: list[Mention]) -> list[Mention]:
    """Of mentions that overlap the longer one; at most MOST_MENTIONS, left to right."""
    kept: list[Mention] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
        elif one.end - one.start > kept[-1].end - kept[-1].start:
            kept[-1] = one
    return kept[:MOST_MENTIONS]


# "anti-AQP4 antibody positive NMO", "in patients with ANCA-associated vasculitis" say who is enrolled.
_ENROLLED_BEHIND = re.compile(
    r"\)?[ -]{1,2}(?:sero)?(?:positive (?:[\w-]+ ){0,3}(?:nmo\w*|patients|participants|subjects|disease|mg\b)"
    r"|(?:associated|related) (?:vasculit|small))"
)
_ENROLLED_BEFORE = re.compile(
    r"\b(?:in|for|among) (?:[\w-]+ ){0,3}(?:patients|participants|subjects|adults|children|individuals)"
    r" (?:with|who have)"
    r" (?:[\w-]+ ){0,5}$"
)


def _is_of_population(folded: str, one: Mention) -> bool:
    if _ENROLLED_BEHIND.match(folded, one.end):
        return True
    return bool(_ENROLLED_BEFORE.search(folded, max(0, one.start - 90), one.start))


def without_broader(found: Sequence[Mention]) -> list[Mention]:
    """`found` without the concepts that yield to another of them."""
    names = {one.concept.name for one in found}
    if len(names) < 2:
        return list(found)
    firm = {one.concept.domain for one in found if ANY not in one.concept.yields_to}
    return [
        one for one in found
        if names.isdisjoint(one.concept.yields_to)
        and not (ANY in one.concept.yields_to and one.concept.domain in firm)
    ]  # fmt: skip


def is_broad(concept: Concept) -> bool:
    """Whether the concept says little more than its domain: what is counted may stand in the description."""
    return ANY in concept.yields_to


@cache
def catalogue() -> dict[str, Concept]:
    """instruments.csv by concept. Raises VocabularyError naming the line."""
    path = FOLDER / "instruments.csv"
    found: dict[str, Concept] = {}
    entries = rows("instruments", ("concept", "instrument", "coa_type", "domain", "yields_to", "better", "disease"))
    for row in entries:
        name = row["concept"]
        if not name or name in found:
            raise VocabularyError(path, row.line, f"the concept {name!r} is empty or stands twice")
        if row["domain"] not in DOMAINS or row["coa_type"] not in COA_TYPES or row["better"] not in BETTER:
            raise VocabularyError(path, row.line, f"domain, coa_type or better of {name!r} is none of the agreed words")
        found[name] = Concept(
            name, row["instrument"] or None, row["coa_type"] or None, row["domain"],
            frozenset(part for part in row["yields_to"].split("/") if part), row["better"] or None,
            row["disease"] or None,
        )  # fmt: skip
    for row in entries:
        for other in found[row["concept"]].yields_to - {ANY}:
            if other not in found:
                raise VocabularyError(path, row.line, f"{row['concept']!r} yields to {other!r}, which has no line")
    return found


@cache
def _terms() -> dict[str, str]:
    """Key of a plain term -> its concept. Raises VocabularyError naming the line."""
    path = FOLDER / "endpoints.csv"
    found: dict[str, str] = {}
    for row in rows("endpoints", ("term", "label")):
        if row["label"] not in catalogue():
            raise VocabularyError(path, row.line, f"the concept {row['label']!r} has no line in instruments.csv")
        if row["term"].startswith("~"):
            continue
        key = word_tree.key(fold(row["term"]))
        if not key or key in found:
            raise VocabularyError(path, row.line, f"the term {row['term']!r} is empty or stands twice")
        found[key] = row["label"]
    return found


@cache
def _pattern() -> re.Pattern[str]:
    return word_tree.compiled(fold(r["term"]) for r in rows("endpoints", ("term", "label")) if r["term"][0] != "~")


@cache
def _expressions() -> tuple[re.Pattern[str], tuple[str, ...]]:
    """The terms that are expressions as one, each at the beginning of a word, and the concept of each."""
    path = FOLDER / "endpoints.csv"
    lines = [row for row in rows("endpoints", ("term", "label")) if row["term"].startswith("~")]
    for row in lines:
        try:
            if re.compile(row["term"][1:]).groups:
                raise VocabularyError(path, row.line, f"write (?: instead of ( in {row['term']!r}")
        except re.error as error:
            raise VocabularyError(path, row.line, f"the expression {row['term']!r} is wrong: {error}") from error
    either = "|".join(f"({row['term'][1:]})" for row in lines)
    return re.compile(rf"(?<![^\W_])(?:{either or '(?!)'})"), tuple(row["label"] for row in lines)

"""Words of criteria: criteria_subjects.csv (scores, organ function, blood counts), drug_terms.csv and drugs.csv."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from transforms.profile.reading import word_tree
from transforms.profile.reading.texts import fold
from transforms.profile.reading.vocabulary import FOLDER, VocabularyError, rows

SUBJECT_KINDS = ("disease_activity", "organ_function", "haematology", "performance", "body_size", "biomarker")


class Subject(NamedTuple):
    """A line of criteria_subjects.csv: `family` is what several ways of measuring have in common."""

    name: str
    family: str
    kind: str
    unit: str | None  # where records give none


class Drug(NamedTuple):
    """A line of drugs.csv; the narrowest class first."""

    name: str
    classes: tuple[str, ...]


def subjects(folded: str, start: int, end: int) -> Iterator[tuple[Subject, int, int]]:
    """(subject, start, end) of each subject named in folded[start:end], left to right."""
    for match in _subject_pattern().finditer(folded, start, end):
        yield word_tree.look_up(match.group(), _subject_terms()), match.start(), match.end()


def drugs(folded: str, start: int, end: int) -> Iterator[tuple[Drug, int, int]]:
    """(drug or class of drugs, start, end) of each that folded[start:end] names, left to right."""
    for match in _drug_pattern().finditer(folded, start, end):
        yield _drug_list()[word_tree.look_up(match.group(), _drug_terms())], match.start(), match.end()


def drug_named(name: str) -> Drug | None:
    """The drug or class that a name is, by any of its terms."""
    found = next(drugs(fold(name), 0, len(fold(name))), None)
    return found[0] if found else None


@cache
def _subject_terms() -> dict[str, Subject]:
    path = FOLDER / "criteria_subjects.csv"
    found: dict[str, Subject] = {}
    for row in rows("criteria_subjects", ("term", "label", "family", "kind", "unit")):
        key = word_tree.key(fold(row["term"]))
        if not key or key in found or row["kind"] not in SUBJECT_KINDS:
            raise VocabularyError(
                path, row.line, f"the term {row['term']!r} is empty or stands twice, or its kind is new"
            )
        found[key] = Subject(row["label"], row["family"], row["kind"], row["unit"] or None)
    return found


@cache
def _subject_pattern() -> re.Pattern[str]:
    return word_tree.compiled(fold(row["term"]) for row in rows("criteria_subjects", ("term", "label")))


@cache
def _drug_list() -> dict[str, Drug]:
    path = FOLDER / "drugs.csv"
    found: dict[str, Drug] = {}
    for row in rows("drugs", ("drug", "classes")):
        if not row["drug"] or row["drug"] in found or not row["classes"]:
            raise VocabularyError(path, row.line, f"the drug {row['drug']!r} is empty, stands twice or has no class")
        found[row["drug"]] = Drug(row["drug"], tuple(row["classes"].split("/")))
    return found


@cache
def _drug_terms() -> dict[str, str]:
    path = FOLDER / "drug_terms.csv"
    found: dict[str, str] = {}
    for row in rows("drug_terms", ("term", "label")):
        key = word_tree.key(fold(row["term"]))
        if not key or key in found or row["label"] not in _drug_list():
            raise VocabularyError(
                path, row.line, f"the term {row['term']!r} is empty or stands twice, or its drug is new"
            )
        found[key] = row["label"]
    return found


@cache
def _drug_pattern() -> re.Pattern[str]:
    return word_tree.compiled(fold(row["term"]) for row in rows("drug_terms", ("term", "label")))

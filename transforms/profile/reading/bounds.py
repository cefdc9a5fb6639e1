"""How much of one record the rules read, so that no record takes the night.

Rules search texts with patterns and hold items against each other: some take time that grows with the square of a
text or a list. The registry's own limits are well below these bounds (a title 300 characters, an outcome 999, the
criteria 20,000, a description 32,000); what lies beyond is in its table as given, is read by no rule, and is named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from transforms.profile.read_parts import read_parts
from transforms.shaped import Problem, start_of

# A record of fewer bytes is within all bounds that matter; most are, and are not looked at.
LARGE_RECORD = 100_000
LONGEST = {"eligibilityCriteria": 40_000, "detailedDescription": 40_000, "briefSummary": 10_000, "description": 4_000}
LONGEST_OTHER = 1_000  # characters of any other text: titles, names, labels, conditions, measures
MOST_CHARACTERS = 400_000  # of all texts of a record
MOST_ITEMS = 1_000  # of a list
MOST_COMPARED = 200  # of arms and of interventions, which are held against each other
COMPARED = frozenset({"armGroups", "interventions"})
ABSTRACT = 40_000  # characters of a paper's abstract


def within_bounds(study: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """What the rules read of a study object, cut to the bounds, and what was cut."""
    cut = _Cut()
    return cut.mapping(read_parts(study), ""), cut.problems


def paper_within_bounds(paper: Mapping[str, Any]) -> tuple[str | None, str | None, list[str], list[Problem]]:
    """Title, abstract and headings of a paper as the rules read them, and what was cut."""
    cut = _Cut()
    title = cut.text(paper.get("title") or "", LONGEST_OTHER, "publications.title")
    abstract = cut.text(paper.get("abstract") or "", ABSTRACT, "publications.abstract")
    headings = cut.value(paper.get("mesh_terms") or [], "mesh_terms", "publications.mesh_terms")
    return title or None, abstract or None, headings, cut.problems


@dataclass
class _Cut:
    """Characters that may still be read, and what was cut so far."""

    left: int = MOST_CHARACTERS
    problems: list[Problem] = field(default_factory=list)

    def mapping(self, given: Mapping[str, Any], path: str) -> dict[str, Any]:
        return {key: self.value(value, key, f"{path}.{key}" if path else key) for key, value in given.items()}

    def value(self, given: Any, key: str, path: str) -> Any:
        if isinstance(given, str):
            return self.text(given, LONGEST.get(key, LONGEST_OTHER), path)
        if isinstance(given, dict):
            return self.mapping(given, path)
        if isinstance(given, list):
            most = MOST_COMPARED if key in COMPARED else MOST_ITEMS
            if len(given) > most:
                self.note(path, f"{len(given):,} items", f"rules read the first {most:,} items")
            return [self.value(item, key, f"{path}[{n}]") for n, item in enumerate(given[:most], start=1)]
        return given

    def text(self, given: str, longest: int, path: str) -> str:
        kept = given[: min(longest, self.left)]
        self.left -= len(kept)
        if len(kept) < len(given):
            self.note(path, given, f"rules read the first {len(kept):,} of {len(given):,} characters")
        return kept

    def note(self, path: str, value: str, reason: str) -> None:
        self.problems.append(Problem(path, start_of(value), reason))

"""Reading a study object whose parts may be missing or of the wrong type.

ClinicalTrials.gov ships minor versions in place and records of 1999 beside those of today, so every
step down may meet nothing, or something else than was agreed. Nothing raises: what is absent reads
as empty; what has the wrong type reads as empty and is noted as a `Problem`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from transforms.shaped import MOST_PROBLEMS, Problem, bounded, start_of

_EMPTY: Mapping[str, Any] = {}


class Study(msgspec.Struct):
    """A study object being read, and what in it could not be."""

    study: Mapping[str, Any]
    _noted: dict[tuple[str, str], Problem | None] = msgspec.field(default_factory=dict)

    @property
    def problems(self) -> list[Problem]:
        """What was noted: the first hundred, and how many more."""
        found = (problem for problem in self._noted.values() if problem is not None)
        return bounded(found, len(self._noted))

    def module(self, section: str, name: str) -> Mapping[str, Any]:
        """`study[section][name]`, or an empty mapping."""
        parent = self.study.get(section)
        if not isinstance(parent, dict):
            parent = self.part(self.study, section, section)
        value = parent.get(name)
        return value if isinstance(value, dict) else self.part(parent, name, f"{section}.{name}")

    def part(self, parent: Mapping[str, Any], key: str, path: str) -> Mapping[str, Any]:
        """The object under `key`; an empty mapping when absent or not an object."""
        value = parent.get(key)
        if isinstance(value, dict):
            return value
        if value is not None:
            self.note(path, value, "an object was expected")
        return _EMPTY

    def items(self, parent: Mapping[str, Any], key: str, path: str) -> Sequence[tuple[int, Mapping[str, Any]]]:
        """The objects of the list under `key`, numbered from 1 by their place in the record."""
        found = []
        for number, value in enumerate(self._listed(parent, key, path), start=1):
            if isinstance(value, dict):
                found.append((number, value))
            elif value is not None:
                self.note(f"{path}[{number}]", value, "an object was expected")
        return found

    def words(self, parent: Mapping[str, Any], key: str, path: str) -> Sequence[tuple[int, str]]:
        """The texts of the list under `key`, numbered from 1; blank ones are left out."""
        found = []
        for number, value in enumerate(self._listed(parent, key, path), start=1):
            if isinstance(value, str):
                if value.strip():
                    found.append((number, value))
            elif value is not None:
                self.note(f"{path}[{number}]", value, "a text was expected")
        return found

    def word_list(self, parent: Mapping[str, Any], key: str, path: str) -> list[str] | None:
        """The texts of the list under `key`; None when there is none."""
        if key not in parent:
            return None
        return [word for _, word in self.words(parent, key, path)] or None

    def text(self, parent: Mapping[str, Any], key: str, path: str) -> str | None:
        """The text under `key`; None when absent or blank. For rows that are nothing without it."""
        value = parent.get(key)
        if isinstance(value, str):
            return value if value.strip() else None
        if value is not None:
            self.note(path, value, "a text was expected")
        return None

    def _listed(self, parent: Mapping[str, Any], key: str, path: str) -> Sequence[Any]:
        value = parent.get(key)
        if isinstance(value, list):
            return value
        if value is not None:
            self.note(path, value, "a list was expected")
        return ()

    def note(self, path: str, value: object, reason: str) -> None:
        """Note what could not be read, as it stood; once, however often it is looked at."""
        place = (path, reason)
        if place not in self._noted:
            is_kept = len(self._noted) < MOST_PROBLEMS
            self._noted[place] = Problem(path, start_of(value), reason) if is_kept else None

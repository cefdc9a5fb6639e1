"""The fields of a study object as known today, and what a record has beside them.

A field that the registry adds or renames is nobody's fault and no reason to hold a night; that nobody
hears of it is how a renamed field goes empty. It is told as a warning that names it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

KNOWN_FIELDS = Path(__file__).with_name("known_fields.txt")

# Field name -> fields below it; a leaf has none.
Tree: TypeAlias = dict[str, "Tree"]


@lru_cache(maxsize=1)
def known_fields() -> frozenset[str]:
    """Paths of all known fields that hold a value, such as `protocolSection.designModule.phases`."""
    lines = KNOWN_FIELDS.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def new_fields(studies: Iterable[object]) -> Counter[str]:
    """Paths of fields that are not known, and how many of the studies have them. 0.15 ms a study."""
    seen: Counter[str] = Counter()
    tree = _tree()
    for study in studies:
        found: set[str] = set()
        with suppress(RecursionError):  # lists in lists in lists: what was seen above them is said
            _look(study, tree, "", found)
        seen.update(found)
    return seen


@lru_cache(maxsize=1)
def _tree() -> Tree:
    tree: Tree = {}
    for path in known_fields():
        node = tree
        for name in path.split("."):
            node = node.setdefault(name, {})
    return tree


def _look(value: object, known: Mapping[str, Any], path: str, found: set[str]) -> None:
    """Fields of `value` outside `known`; below an unknown field nothing more is said."""
    if isinstance(value, list):
        for item in value:
            _look(item, known, path, found)
    elif isinstance(value, dict):
        for name, below in value.items():
            fields = known.get(name)
            if fields is None:
                found.add(f"{path}{name}")
            elif type(below) is dict or type(below) is list:
                _look(below, fields, f"{path}{name}.", found)

"""Many terms as one expression that shares their beginnings, so that a text is read once.

A flat alternative of some hundred terms would be tried term by term at every word. Terms are
written on folded text: a space also stands for a hyphen and the reverse (a hyphen may be missing),
an apostrophe may be missing or an HTML entity, a final * takes up to four more letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_DROPPED = re.compile(r"[ \-'`]|&#0?39;|&apos;")
_ANY = r"[a-z]{0,4}"
_PARTS = re.compile(r"[ \-]*-[ \-]*|[ ]+|'|\*|.")


def key(term: str) -> str:
    """The same for all spellings that one term stands for; a final * is kept."""
    return _DROPPED.sub("", term)


def compiled(terms: Iterable[str]) -> re.Pattern[str]:
    """One expression for folded `terms`, the longest possible match at each word."""
    tree: dict[str, Any] = {}
    for term in terms:
        node = tree
        for step in _steps(term):
            node = node.setdefault(step, {})
        node["$"] = "," in term
    return re.compile(r"(?<![^\W_])" + _expression(tree))


def look_up(matched: str, known: Mapping[str, Any]) -> Any:
    """The entry of `known` (by key) whose term gave `matched`. Raises KeyError."""
    name = key(matched)
    if name in known:
        return known[name]
    for end in range(len(name), 0, -1):
        if name[:end] + "*" in known:
            return known[name[:end] + "*"]
    raise KeyError(matched)


def _steps(term: str) -> Iterator[str]:
    for part in _PARTS.findall(term):
        if "-" in part:
            yield r"[ \-]{0,3}"
        elif part == " ":
            yield r"[ \-]{1,3}"
        elif part == "'":
            yield r"(?:'|`|&#0?39;|&apos;)?"
        elif part == "*":
            yield _ANY
        else:
            yield re.escape(part)


def _expression(node: Mapping[str, Any]) -> str:
    # Longest first: a node's own end comes last, and just before it a * that takes any letters.
    # "Lupus Erythematosus, Systemic" must end its entry, else "lupus erythematosus, systemic
    # sclerosis" would lose its second disease.
    steps = sorted((step for step in node if step != "$"), key=lambda step: step == _ANY)
    branches = [step + _expression(node[step]) for step in steps]
    if "$" in node:
        branches.append(r"(?![^\W_])" + (r"(?= *(?:$|[(;,\n]))" if node["$"] else ""))
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"

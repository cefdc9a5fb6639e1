"""Which phrases of a PubMed query are one of several alternatives: without such a phrase a search finds no more.

`"KYV-101"[tiab] OR "LMY-920"[tiab]` without its second phrase is no broader; `lupus AND zzcel` without its second is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_TOKEN = re.compile(r"""[()]|(?:"[^"]*"|[^\s()"\[]+)(?:\s*\[[^\]]*\])?""")
_TERM = re.compile(r"(?:^| & )term=(.*?)(?: & \w+=|\Z)", re.DOTALL)
_FIELD = re.compile(r"\[[^\]]*\]")
_OPERATORS = ("AND", "OR", "NOT")


def alternatives(query: str, dropped: Iterable[str]) -> frozenset[str]:
    """Those of the `dropped` phrases that stand only among alternatives of which others were searched for.

    `query` is a leg's, as manifests have it: `term=… & mindate=…`.
    """
    term = _TERM.search(query)
    gone = {_words(phrase): phrase for phrase in dropped}
    kept: set[str] = set()
    seen: set[str] = set()
    for operands, is_choice in _groups(term[1] if term else ""):
        inside = {operand for operand in operands if operand in gone}
        seen |= inside
        if not is_choice or len(inside) == len(operands):
            kept |= inside
    return frozenset(gone[words] for words in seen - kept)


def _groups(query: str) -> Iterator[tuple[list[str], bool]]:
    """The operands of each pair of brackets and of the whole, brackets among them, and whether only OR joins them."""
    open_groups: list[list[str]] = [[]]
    for token in _TOKEN.findall(query):
        if token == "(":
            open_groups.append([])
        elif token == ")" and len(open_groups) > 1:
            yield _read(open_groups.pop())
            open_groups[-1].append("()")
        else:
            open_groups[-1].append(token)
    while open_groups:
        yield _read(open_groups.pop())


def _read(tokens: list[str]) -> tuple[list[str], bool]:
    operands = [_words(token) for token in tokens if token not in _OPERATORS]
    # Words side by side are joined by AND.
    joins = [token for token in tokens if token in _OPERATORS]
    return operands, len(operands) > 1 and joins == ["OR"] * (len(operands) - 1) == tokens[1::2]


def _words(phrase: str) -> str:
    """A phrase without field and quotation marks."""
    return " ".join(_FIELD.sub(" ", phrase).replace('"', " ").casefold().split())

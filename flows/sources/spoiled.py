"""Studies cut out of an answer that cannot be parsed: one that is spoiled is that record's trouble alone.

What one record can do to its answer: nest deeper than a parser goes, or hold what JSON does not know (a lone surrogate,
a NUL, NaN). Where only the brackets match, each study can still be told from the next.
"""

from __future__ import annotations

import re

_TEXT_OR_BRACKET = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]', re.DOTALL)
_LEVELS = {(b'"studies"', b"["): 3, (b'"study"', b"{"): 2}  # how deep the studies of a key stand


def cut_out(answer: bytes) -> tuple[bytes, list[bytes]] | None:
    """The answer with a 0 in the place of each study object, and the studies byte for byte; None where there are none.

    Studies are what the list `studies` holds, or the object `study`.
    """
    outline: list[bytes] = []
    studies: list[bytes] = []
    depth, level, start, done, key = 0, 0, 0, 0, b""
    for found in _TEXT_OR_BRACKET.finditer(answer):
        token = found[0]
        if token in b"}]":
            if depth == level > 0:
                outline += (answer[done:start], b"0")
                studies.append(answer[start : found.end()])
                done = found.end()
            depth -= 1
            level = 0 if depth < 2 else level
        elif token in b"{[":
            depth += 1
            if depth == 2:
                level = _LEVELS.get((key, token), 0)
            start = found.start() if depth == level else start
        elif depth == 1:
            key = token
    return (b"".join((*outline, answer[done:])), studies) if studies and depth == 0 else None


def is_whole(study: bytes) -> bool:
    """Whether these bytes are one study object from its first bracket to its last, whatever stands in it."""
    found = cut_out(b'{"studies":[' + study.strip() + b"]}")
    return found is not None and found[1] == [study.strip()]

"""Studies cut out of a page that cannot be parsed: one that is spoiled is that record's trouble alone.

What one record can do to its page: nest deeper than a parser goes, or hold what JSON does not know (a lone surrogate,
a NUL, NaN). Where only the brackets match, each study can still be told from the next.
"""

from __future__ import annotations

import re

_TEXT_OR_BRACKET = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]', re.DOTALL)


def cut_out(page: bytes) -> tuple[bytes, list[bytes]] | None:
    """The page with a 0 in the place of each study object, and the studies byte for byte; None where there are none."""
    outline: list[bytes] = []
    studies: list[bytes] = []
    depth, start, done, key, in_list = 0, 0, 0, b"", False
    for found in _TEXT_OR_BRACKET.finditer(page):
        token = found[0]
        if token in b"}]":
            depth -= 1
            in_list &= depth > 1
            if in_list and depth == 2:
                outline += (page[done:start], b"0")
                studies.append(page[start : found.end()])
                done = found.end()
        elif token in b"{[":
            depth += 1
            in_list |= depth == 2 and token == b"[" and key == b'"studies"'
            start = found.start() if depth == 3 else start
        elif depth == 1:
            key = token
    return (b"".join((*outline, page[done:])), studies) if studies and depth == 0 else None


def is_whole(study: bytes) -> bool:
    """Whether these bytes are one study object from its first bracket to its last, whatever stands in it."""
    found = cut_out(b'{"studies":[' + study.strip() + b"]}")
    return found is not None and found[1] == [study.strip()]

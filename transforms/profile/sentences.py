"""Where a sentence, a bullet or a clause of a folded text begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A full stop inside a number or an abbreviation (e.g., i.e., 1.5) ends nothing.
_END = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!\bvs)(?<!\bapprox)\.(?=[\s*)]|$)|[;\n。；!?]")
# Longer pieces are cut, so that no rule looks further than this.
LONGEST = 1000


def sentences(folded: str) -> Iterator[tuple[int, int]]:
    """(start, end) of each sentence, in order, at most LONGEST characters each."""
    start = 0
    for match in _END.finditer(folded):
        yield from _pieces(start, match.end())
        start = match.end()
    yield from _pieces(start, len(folded))


def around(folded: str, start: int, end: int) -> tuple[int, int]:
    """(start, end) of the sentence that holds folded[start:end], within LONGEST characters each way."""
    low = max(0, start - LONGEST)
    first = low
    for match in _END.finditer(folded, low, start):
        first = match.end()
    after = _END.search(folded, end, min(len(folded), end + LONGEST))
    return first, after.end() if after else min(len(folded), end + LONGEST)


def _pieces(start: int, end: int) -> Iterator[tuple[int, int]]:
    for first in range(start, end, LONGEST):
        last = min(end, first + LONGEST)
        if last > first:
            yield first, last

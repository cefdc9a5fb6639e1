"""Where a sentence, a bullet or a clause of a folded text begins and ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

# A full stop inside a number or an abbreviation (e.g., i.e., 1.5) ends nothing.
_END = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!\bvs)(?<!\bapprox)\.(?=[\s*)]|$)|[;\n。；!?]")
_MARKS = "\n;。；!?"
_ABBREVIATIONS = ("e.g", "i.e", " vs", " approx")
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
    """(start, end) of the sentence that holds folded[start:end], within LONGEST characters each way.

    Plain finds, since the rules ask this for every word that they weigh.
    """
    low, high = max(0, start - LONGEST), min(len(folded), end + LONGEST)
    first = max(low, *[folded.rfind(mark, low, start) + 1 for mark in _MARKS])
    stop = folded.rfind(".", first, start)
    while stop >= 0 and not _ends(folded, stop):
        stop = folded.rfind(".", first, stop)
    last = min([high, *[place + 1 for mark in _MARKS if (place := folded.find(mark, end, high)) >= 0]])
    following = folded.find(".", end, last)
    while following >= 0 and not _ends(folded, following):
        following = folded.find(".", following + 1, last)
    return max(first, stop + 1), following + 1 if following >= 0 else last


def _ends(folded: str, stop: int) -> bool:
    """Whether the full stop at `stop` ends a sentence."""
    if folded[stop + 1 : stop + 2] not in ("", " ", "\n", "*", ")", "\xa0"):
        return False
    return not folded.endswith(_ABBREVIATIONS, max(0, stop - 8), stop)


def holding(folded: str, stems: Iterable[str], most: int = 200) -> list[tuple[int, int]]:
    """The sentences that hold one of `stems`, in order; `most` places of each stem are looked at.

    Finding a plain stem is some twenty times cheaper than an expression on every sentence.
    """
    places = []
    for stem in stems:
        if stem not in folded:  # of twenty stems most: half of what a find costs
            continue
        place, looked = folded.find(stem), 0
        while place >= 0 and looked < most:
            places.append(place)
            place, looked = folded.find(stem, place + 1), looked + 1
    found: list[tuple[int, int]] = []
    for place in sorted(places):
        if not found or place >= found[-1][1]:
            start, end = around(folded, place, place + 1)
            found.append((max(start, found[-1][1]) if found else start, end))
    return found


def _pieces(start: int, end: int) -> Iterator[tuple[int, int]]:
    for first in range(start, end, LONGEST):
        last = min(end, first + LONGEST)
        if last > first:
            yield first, last

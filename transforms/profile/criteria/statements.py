"""The eligibility text as numbered items, and each item as the statements that it makes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from transforms.profile.reading.criteria import by_heading, says_exclude
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.texts import Text

MOST_STATEMENTS = 400
_LINE = re.compile(r"[^\n]+")
# "1. ... 2. ..." on one line: a number behind the end of a sentence begins an item.
_INLINE = re.compile(r"(?<=[.;:,。；，)] )(?=\(?\d{1,2}(?:[.)、][ )]?(?!\d)|\.\d{1,2} ))|(?<= )(?=\* \S)")
_NUMBER = re.compile(r"[\s*\-•·●○▪>#]*(?:\\?\(?(?P<number>\d{1,2}(?:\.\d{1,2})?) ?[\\]?[.)、:]|[*\-•●])?[\s\\]*")
_DOTTED = re.compile(r"\W*(?P<written>\d{1,2}\.\d{1,2})[.)]? ")
_SPLIT = re.compile(r"(?<!e\.g)(?<!i\.e)(?<!\bvs)\.(?=\s+[^\s\d])|[;。；](?!\s*(?:or|and/or)\b)")
_CHOICE = re.compile(
    r"\b(?:one|any|either) (?:or more )?of the (?:following|two)|at least one of (?:the )?following|\bone of (?:two"
    r"|three)"
    r"|defined as (?:meeting )?(?:one|any) of|any of the following"
)
_HEADING = re.compile(r"\W*(?:key |main |major |general )?(?:in|ex)clusion(?: criteria)?\W*")
# "Not responding to ..." asks for something, "not pregnant" refuses.
_NOT_OF_TREATMENT = re.compile(r"not (?:respon|adequate|complete|control|achiev|toler)")
_COHORT = re.compile(r"\bcohorts? ?(?:\d{1,2}|[a-g])\b(?:(?:,| and|,? ?&) ?(?:\d{1,2}|[a-g])\b)*|\b[a-z]{2,6} cohort\b")


class Statement(NamedTuple):
    """One statement of an item; start and end are offsets into text.folded."""

    text: Text
    start: int
    end: int
    side: str
    item_no: int
    cohorts: tuple[str, ...]
    choice: int | None  # the number among the alternatives of its item; None: no alternative
    words: str  # folded
    lead: tuple[int, int] | None = None  # the line that ends in a colon, where this stands below it


@cached_rule
def statements(eligibility: Text) -> tuple[Statement, ...]:
    """The statements of a whole eligibility text, in order, each on the side of its heading.

    One among the inclusion criteria that begins "no ..." is an exclusion.
    """
    found: list[Statement] = []
    numbers = {"inclusion": 0, "exclusion": 0}
    for section, start, end in by_heading(eligibility.folded):
        if section in numbers:
            for one in _of_piece(eligibility, section, (start, end), numbers[section]):
                found.append(one)
                numbers[section] = one.item_no
    return tuple(found[:MOST_STATEMENTS])


def _of_piece(text: Text, section: str, piece: tuple[int, int], item_no: int) -> Iterator[Statement]:
    choices, in_choice, opener, in_dotted = 0, False, "", False
    cohorts: tuple[str, ...] = ()
    lead: tuple[int, int] | None = None
    lines = list(_lines(text.folded, *piece))
    least = min((line[2] for line in lines if not _is_heading(text.folded[line[0] : line[1]])), default=0)
    for start, end, indent, number in lines:
        words = text.folded[start:end]
        if _is_heading(words):
            continue
        begins = in_choice and bool(opener) and number.startswith(f"{opener}.")  # 3.1 below "3. One of the following"
        in_dotted = begins or (in_dotted and not number)
        is_sub = indent >= least + 2 or in_dotted
        if not is_sub:
            item_no, in_choice, choices, opener, lead = item_no + 1, False, 0, number, None
        cohorts = _cohorts(text, start, end, cohorts, is_sub=is_sub)
        refuses = section == "inclusion" and says_exclude(words) and not _NOT_OF_TREATMENT.match(words)
        side = "exclusion" if refuses else section
        opens = _CHOICE.search(words) if " of " in words or "any" in words else None
        for first, last in _parts(text.folded, start, end):
            is_choice = (in_choice and is_sub) or (opens is not None and last > start + opens.end() + 5)
            is_choice = is_choice and section == "inclusion"  # whoever has any of what is refused stays out
            choices += is_choice and (not in_dotted or (begins and first == start))
            yield Statement(text, first, last, side, item_no, cohorts, choices if is_choice else None,
                            text.folded[first:last], lead)  # fmt: skip
        in_choice = in_choice or opens is not None
        lead = (start, end) if words.rstrip().endswith(":") else lead


def _is_heading(words: str) -> bool:
    return len(words) < 40 and bool(_HEADING.fullmatch(words))


def _cohorts(text: Text, start: int, end: int, before: tuple[str, ...], *, is_sub: bool) -> tuple[str, ...]:
    """The cohorts that a line is for: those that it names, or those of the line that it stands below."""
    words = text.folded[start:end]
    if "cohort" not in words:
        return before if before and (is_sub or _is_roman(words)) else ()
    named = tuple(text.text[text.start + start + match.start() : text.start + start + match.end()]
                  for match in _COHORT.finditer(words))  # fmt: skip
    return named or (before if is_sub or _is_roman(words) else ())


def _is_roman(words: str) -> bool:
    """ "i) ..." and "ii) ..." stand below the line before, whatever their indent."""
    return bool(re.match(r"\W*(?:i{1,3}|iv|v)\)", words))


def _lines(folded: str, low: int, high: int) -> Iterator[tuple[int, int, int, str]]:
    """(start, end, indent, number) of each line without its bullet, long lines of numbered items cut at the numbers."""
    for line in _LINE.finditer(folded, low, high):
        indent = len(line.group()) - len(line.group().lstrip(" "))
        cuts = {match.start() for match in _INLINE.finditer(folded, line.start() + 8, line.end())}
        starts = [line.start(), *sorted(cuts | _dotted_cuts(folded, line.start(), line.end())), line.end()]
        for first, last in itertools.pairwise(starts):
            lead = _NUMBER.match(folded, first, last)
            begin = lead.end() if lead else first
            if last - begin > 3:
                yield begin, last, indent, _number(folded, first, last, lead)


def _dotted_cuts(folded: str, start: int, end: int) -> set[int]:
    """Where "16.2 ...", "16.3 ..." begin on a line that begins with "16.1 ...": nothing ends the items between."""
    opening = _DOTTED.match(folded, start, end)
    if opening is None:
        return set()
    whole, cuts, at = opening.group("written").split(".")[0], set(), opening.end()
    for part in range(int(opening.group("written").split(".")[1]) + 1, 100):
        at = folded.find(f" {whole}.{part} ", at, end)
        if at < 0:
            break
        cuts.add(at + 1)
    return cuts


def _number(folded: str, first: int, last: int, lead: re.Match[str] | None) -> str:
    """The number of a line as written: 3, or 3.1; empty where it has none."""
    dotted = _DOTTED.match(folded, first, last)
    if dotted:
        return dotted.group("written")
    return (lead.group("number") or "") if lead else ""


def _parts(folded: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for match in _SPLIT.finditer(folded, start, end):
        if match.end() - begin > 3:
            yield begin, match.end()
        begin = match.end()
    if end - begin > 3:
        yield begin, end

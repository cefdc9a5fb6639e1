"""Inclusion and exclusion criteria told apart in one eligibility text, whatever its headings look like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from transforms.profile.reading.memo import cached_rule_of_words

# What may be a heading. Order: the negated forms first, since they hold the plain ones.
_HEADING = re.compile(
    r"(?P<exclusion>non-? ?inclusion|not? inclusion|exclusi?on(?:ary)?s?|exclusive|ausschlusskriterien"
    r"|排除标准|excluded|ineligib(?:le|ility)|not eligible)"
    r"|(?P<inclusion>inclusi?on(?:ary)?s?|inclusive|einschlusskriterien|inclusión|纳入标准|入选标准)"
)
_MID_SENTENCE = re.compile(
    r"\b(?:the|not|any|other|all|meets?|meeting|fulfil\w*|defined|further|of|each|above|per|these|at) *$"
)
_CRITERIA_FOR = re.compile(r"criteria for (?:the )?$")
_CRITERIA = re.compile(r" *(?:criteri\w*|critieria|critera|criterium|criterias)")
_BULLET = re.compile(r"[\s*\-•·●○▪\\>#(]*(?:\(?[0-9a-z]{1,3}[.):、\\]+ *)?[\s*\-•\\]*")
_SAYS_EXCLUDE = re.compile(
    r"(?:no|not|without|absence of|never|exclude[sd]?|excluding|free of|free from)\b"
    r"(?! more than| less than| later than| limited)"
)
_EXCLUDED_HERE = re.compile(
    r"\b(?:is|are|be|were|was)\b(?: \w+){0,2} (?:excluded|ineligible|not eligible|not permitted|not allowed)"
    r"|\bnot be (?:eligible|included|enrolled|enroled)"
    r"|\b(?:must not|should not|cannot) (?:have|be)"
)


@cached_rule_of_words
def criteria(folded: str) -> tuple[tuple[str, int, int], ...]:
    """(section, start, end) of the pieces of a folded eligibility text, in order, whole lines.

    A piece after a heading belongs to it. Text before the first heading is `eligibility_other` if
    an inclusion heading follows, otherwise `inclusion`. A line among the inclusion criteria that
    itself says "no ...", "... are excluded" is an exclusion.
    """
    return tuple(_merged(_lines_judged(folded, list(by_heading(folded)))))


@cached_rule_of_words
def by_heading(folded: str) -> tuple[tuple[str, int, int], ...]:
    """(section, start, end) of the pieces as their headings have them: a line that says "no ..." stays where it is."""
    headings = _headings(folded)
    pieces: list[tuple[str, int, int]] = []
    first = headings[0][1] if headings else len(folded)
    if first > 0:
        opening = "eligibility_other" if headings and headings[0][0] == "inclusion" else "inclusion"
        pieces.append((opening, 0, first))
    for place, (section, start) in enumerate(headings):
        end = headings[place + 1][1] if place + 1 < len(headings) else len(folded)
        pieces.append((section, start, end))
    return tuple(pieces)


def says_exclude(said: str) -> bool:
    """Whether a line among the inclusion criteria begins as an exclusion does: "no history of ..."."""
    return bool(_SAYS_EXCLUDE.match(said))


def _headings(folded: str) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for match in _HEADING.finditer(folded):
        section = match.lastgroup or "inclusion"
        if _is_heading(folded, match.start(), match.end()):
            start = folded.rfind("\n", 0, match.start()) + 1
            if not _opens_line(folded[start : match.start()]):
                start = match.start()
            if not found or found[-1][0] != section:
                found.append((section, start))
    return found


def _opens_line(before: str) -> bool:
    return len(before) <= 70 and not re.search(r"[.;:]\s", before)


def _is_heading(folded: str, start: int, end: int) -> bool:
    line_start = folded.rfind("\n", 0, start) + 1
    line_end = folded.find("\n", end)
    line_end = len(folded) if line_end < 0 else line_end
    word = folded[start:end]
    before = folded[max(line_start, start - 80) : start]
    after = folded[end : min(line_end, end + 80)]
    named = _CRITERIA.match(after) or _CRITERIA_FOR.search(before)
    rest = after[named.end() :] if named and named.re is _CRITERIA else after
    if word in ("excluded", "not eligible") or word.startswith("ineligib"):
        # "Patients are excluded if any of the following:" opens a list; a full sentence does not.
        tail = folded[end:line_end].rstrip()
        return tail.endswith(":") and line_end - line_start < 160
    if re.search(r"(?:\bor|\band|/|\\) *$", before) and re.search(r"clusion", before):
        return False  # "inclusion/exclusion criteria may apply" is no heading
    if re.match(r" *(?:/|\\|and|or|&) *(?:non-?)?(?:in|ex)clusion", rest):
        return False
    if _MID_SENTENCE.search(before) and not rest.lstrip().startswith(":"):
        return False
    colon = re.match(r"[^.;\n]{0,70}:", rest)
    opens = _opens_line(before) and start - line_start <= 70
    if opens and re.search(r"\b(?:not|no|meet|meets|meeting|fulfil\w*|satisfy)\b", before) and not colon:
        return False
    if named:
        return bool(colon) or (opens and len(rest.strip()) <= 60) or not rest.strip()
    at_start = not _BULLET.sub("", before, count=1).strip()
    return at_start and bool(re.match(r" *(?::|$|-\s)", rest))


def _lines_judged(folded: str, pieces: list[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    for section, start, end in pieces:
        if section != "inclusion":
            yield section, start, end
            continue
        position = start
        while position < end:
            line_end = folded.find("\n", position, end)
            line_end = end if line_end < 0 else line_end + 1
            line = folded[position : min(line_end, position + 600)]
            bullet = _BULLET.match(line)
            said = line[bullet.end() :] if bullet else line
            out = _SAYS_EXCLUDE.match(said) or _EXCLUDED_HERE.search(said)
            yield ("exclusion" if out else "inclusion"), position, line_end
            position = line_end


def _merged(pieces: Iterator[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    merged: list[tuple[str, int, int]] = []
    for section, start, end in pieces:
        if merged and merged[-1][0] == section:
            merged[-1] = (section, merged[-1][1], end)
        else:
            merged.append((section, start, end))
    return merged

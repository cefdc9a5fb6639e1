"""The sentence that a piece of evidence stands in, cut so that a reader sees the words in their place.

Offsets in the warehouse count Unicode code points from 0, half open. Browsers count UTF-16 units:
`utf16_offset` translates for scripts. Nothing here changes a character of the record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

REACH = 180  # characters shown on each side where no sentence ends sooner

# A sentence ends at a full stop, question or exclamation mark before a space, or at their full-width
# forms; a line break ends one too, since criteria are lists of lines.
_END = re.compile(r"[.!?;](?=\s)|[。！？；]|[\r\n]")
_SPACE = re.compile(r"\s")
_BULLET = re.compile(r"\s*(?:[*•·‣▪–-]|\(?\d{1,2}[.)])(?=\s)\s*|\s+")


@dataclass(frozen=True)
class Quote:
    """A stretch of a text and where the words that decided stand in it.

    `text[start:end]` are those words. `is_cut_before` and `is_cut_after` say that the sentence goes on.
    """

    text: str
    start: int
    end: int
    is_cut_before: bool = False
    is_cut_after: bool = False

    @property
    def parts(self) -> tuple[str, str, str]:
        """Before, the words, after; with an ellipsis where the sentence goes on."""
        before = ("… " if self.is_cut_before else "") + self.text[: self.start]
        after = self.text[self.end :] + (" …" if self.is_cut_after else "")
        return before, self.text[self.start : self.end], after


def quote(text: str, start: int, end: int, reach: int = REACH) -> Quote:
    """The sentence around `text[start:end]`, at most `reach` characters on either side.

    Raises ValueError when the offsets do not lie in the text.
    """
    if not 0 <= start <= end <= len(text):
        raise ValueError(f"offsets {start}–{end} do not lie in a text of {len(text)} characters")
    first, is_cut_before = _first(text, start, reach)
    last, is_cut_after = _last(text, end, reach)
    return Quote(text[first:last], start - first, end - first, is_cut_before, is_cut_after)


def _first(text: str, start: int, reach: int) -> tuple[int, bool]:
    floor = max(0, start - reach)
    ends = list(_END.finditer(text, floor, start))
    if ends:
        return _skip_space(text, ends[-1].end(), start), False
    if floor == 0:
        return _skip_space(text, 0, start), False
    space = _SPACE.search(text, floor, start)
    return (_skip_space(text, space.end(), start) if space else floor), True


def _last(text: str, end: int, reach: int) -> tuple[int, bool]:
    ceiling = min(len(text), end + reach)
    # The lookahead of a full stop needs the character after it.
    found = _END.search(text, max(end - 1, 0), min(len(text), ceiling + 1))
    if found and found.end() <= ceiling:
        return max(found.start() if found[0] in "\r\n" else found.end(), end), False
    if ceiling == len(text):
        return len(text.rstrip()) if len(text.rstrip()) >= end else end, False
    cut = text.rfind(" ", end, ceiling)
    return (cut if cut > end else ceiling), True


def _skip_space(text: str, at: int, limit: int) -> int:
    """Past spaces and the bullet or number of a list's line."""
    found = _BULLET.match(text, at, limit)
    return found.end() if found else at


def utf16_offset(text: str, offset: int) -> int:
    """The offset in UTF-16 units of the code point at `offset`: what a browser's strings count."""
    return len(text[:offset].encode("utf-16-le", "surrogatepass")) // 2

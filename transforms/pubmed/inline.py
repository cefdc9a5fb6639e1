"""The text of PubMed's mixed content, with raised and lowered numbers kept apart from those beside them.

`10<sup>6</sup>` read as text alone is 106. A raised number after a number is written `^`, a lowered one `_`; what
stands after anything else is text as before (`m2`, `CD19+`, `H2O`), as units and markers are written elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from lxml import etree

MATHML = "{http://www.w3.org/1998/Math/MathML}"
MATH = f"{MATHML}math"
RAISED = {"sup": "^", "sub": "_"}
MARKED = (*RAISED, MATH)

_ANNOTATIONS = (f"{MATHML}annotation", f"{MATHML}annotation-xml")
_DASHES = r"\-\u2010-\u2015\u2212"
_NUMBER = re.compile(rf"[+{_DASHES}]?\s*[0-9](?:[0-9.,\u00b7/+{_DASHES}\s]*[0-9])?")
_TEN_AND_BLANK = re.compile(r"(?<![0-9.,])10\s+\Z")
_ONE_WORD = re.compile(r"[\w.,]*")
# Some publishers send the tags themselves as text: 10&lt;sup&gt;6&lt;/sup&gt;
_WRITTEN_OUT = re.compile(r"<(sup|sub)>([^<>]{1,40})</\1>", re.IGNORECASE)


def mixed_text(element: etree._Element) -> str:
    """All text inside an element; white space of the file is left as it is outside formulas."""
    said = _Said()
    _add(element, said)
    return said.text


def with_tags_read(text: str) -> str:
    """A text in which <sup> and <sub> stand as characters, read as if they had been tags."""
    if "</su" not in text.lower():
        return text
    said = _Said()
    at = 0
    for tag in _WRITTEN_OUT.finditer(text):
        said.add(text[at : tag.start()])
        said.add_raised(tag[2], RAISED[tag[1].lower()], text[tag.end() : tag.end() + 1])
        at = tag.end()
    said.add(text[at:])
    return said.text


def formula_text(formula: etree._Element) -> str:
    """What a MathML formula says on one line: `10^6`, `1/2`.

    MathML gives white space between its elements no meaning, so what comes out is the same however
    the file is indented. Annotations repeat the formula in TeX.
    """
    if not isinstance(formula.tag, str) or formula.tag in _ANNOTATIONS:
        return ""
    said = _Said()
    shape = _SHAPES.get(formula.tag.removeprefix(MATHML))
    parts = [formula_text(child) for child in formula]
    if shape is not None and len(parts) == shape[0]:
        shape[1](parts, said)
        return said.text
    said.add((formula.text or "").strip())
    for child, part in zip(formula, parts, strict=True):
        said.add(part)
        said.add((child.tail or "").strip())
    return said.text


@dataclass(slots=True)
class _Said:
    """A text as it grows, and whether a raised number is the last thing in it."""

    pieces: list[str] = field(default_factory=list)
    ends_raised: bool = False
    end: str = ""  # its last characters

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def add(self, text: str) -> None:
        if text:
            if self.ends_raised and text[0].isdigit():
                text = f" {text}"
            self._put(text)
            self.ends_raised = False

    def add_raised(self, raised: str, mark: str, following: str = "") -> None:
        """Add a raised or lowered text, with `mark` where it would become part of the number before it."""
        number = raised.strip()
        if not _NUMBER.fullmatch(number):
            self.add(raised)
            return
        if self.end[-1:].isdigit() or self.end.endswith(")"):
            number = mark + number
        elif mark == "^" and _TEN_AND_BLANK.search(self.end) and not following.isalpha():
            self._take_blanks_back()
            number = mark + number
        self._put(number)
        self.ends_raised = True

    def _put(self, text: str) -> None:
        self.pieces.append(text)
        self.end = (self.end + text)[-8:]

    def _take_blanks_back(self) -> None:
        while self.pieces and not self.pieces[-1].strip():
            self.pieces.pop()
        if self.pieces:
            self.pieces[-1] = self.pieces[-1].rstrip()


def _add(element: etree._Element, said: _Said) -> None:
    said.add(element.text or "")
    for child in element:
        if child.tag in RAISED:
            said.add_raised(mixed_text(child), RAISED[child.tag], (child.tail or "")[:1])
        elif child.tag == MATH:
            said.add(formula_text(child))
        elif child.tag is etree.Entity:
            said.add(child.text or "")  # one that nothing resolves stays as it is given
        else:
            _add(child, said)
        said.add(child.tail or "")


def _raised(parts: list[str], said: _Said) -> None:
    said.add(parts[0])
    said.add_raised(parts[1], "^")


def _lowered(parts: list[str], said: _Said) -> None:
    said.add(parts[0])
    said.add_raised(parts[1], "_")


def _lowered_and_raised(parts: list[str], said: _Said) -> None:
    _lowered(parts[:2], said)
    said.add_raised(parts[2], "^")


def _fraction(parts: list[str], said: _Said) -> None:
    said.add("/".join(part if _ONE_WORD.fullmatch(part) else f"({part})" for part in parts))


def _root(parts: list[str], said: _Said) -> None:
    said.add(f"√{parts[0]}" if _ONE_WORD.fullmatch(parts[0]) else f"√({parts[0]})")


# How many parts an element of MathML has, and how they are said.
_SHAPES: dict[str, tuple[int, Callable[[list[str], _Said], None]]] = {
    "msup": (2, _raised), "msub": (2, _lowered), "msubsup": (3, _lowered_and_raised), "mfrac": (2, _fraction),
    "msqrt": (1, _root),
}  # fmt: skip

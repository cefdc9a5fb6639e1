"""What the elements of a PubMed record say, as text, and the identifiers that stand in texts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from transforms.pubmed.inline import MARKED, mixed_text, with_tags_read

Parts = dict[str, list[etree._Element]]

EXCERPT = 200  # characters of a bad value kept for the reviewer

_LAYOUT = re.compile(r"[ \t\r\n]+")
# NLM's words for a part of an abstract that has no label of its own.
_NO_LABEL = ("UNLABELLED", "UNASSIGNED")

_PMID = re.compile(r"[1-9][0-9]{0,8}")
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.[0-9]{4,9}/\S+)")
_PMCID = re.compile(r"(?<![a-z0-9])(?:pmc)([0-9]{1,12})(?![0-9])", re.I)
_ORCID = re.compile(r"[0-9]{15}[0-9X]")
# Hyphens as publishers type them: ASCII, soft, Unicode hyphens and dashes, minus.
_ORCID_NOISE = re.compile("[\\s\\-\u00ad\u2010-\u2015\u2212]+")


def parts(element: etree._Element) -> Parts:
    """The children of an element by tag, each list in the order of the document."""
    found: Parts = {}
    for child in element:
        tag = child.tag
        if tag in found:
            found[tag].append(child)
        else:
            found[tag] = [child]
    return found


def inner_text(element: etree._Element) -> str | None:
    """All text inside an element, inline tags and formulas included; None when there is none.

    Line breaks and indents of the file become one space; other characters stay as given. A raised or lowered number
    does not run into the one before it: see `transforms.pubmed.inline`.
    """
    if not len(element):
        text = with_tags_read(element.text or "")
    elif next(element.iter(*MARKED), None) is None:
        text = with_tags_read("".join(map(str, element.itertext())))
    else:
        text = with_tags_read(mixed_text(element))
    if "\n" in text or "  " in text:
        text = _LAYOUT.sub(" ", text)
    return text.strip() or None


def inner_texts(elements: Iterable[etree._Element]) -> list[str]:
    """The texts of elements without the empty and the repeated ones, in order."""
    texts = [text for element in elements if (text := inner_text(element))]
    return list(dict.fromkeys(texts)) if len(texts) > 1 else texts


def first_parts(holder: Parts, tag: str) -> Parts:
    """The children, by tag, of the first `tag` in `holder`."""
    return parts(holder[tag][0]) if tag in holder else {}


def children(holder: Parts, tag: str) -> list[etree._Element]:
    """The children of every `tag` in `holder`."""
    return [child for element in holder.get(tag, ()) for child in element]


def children_texts(holder: Parts, tag: str, child_tag: str) -> list[str]:
    """The texts of every `child_tag` in every `tag` in `holder`."""
    return inner_texts(child for element in holder.get(tag, ()) for child in element.iterchildren(child_tag))


def first_text(holder: Parts, tag: str) -> str | None:
    """The text of the first `tag` in `holder`."""
    return inner_text(holder[tag][0]) if tag in holder else None


def abstract_text(abstract: etree._Element) -> str | None:
    """An abstract, one line for each of its parts, with "LABEL: " before those that have a label."""
    lines = []
    for part in abstract.iterchildren("AbstractText"):
        text = inner_text(part)
        if not text:
            continue
        label = (part.get("Label") or "").strip().rstrip(":").strip()
        lines.append(f"{label}: {text}" if label and label.upper() not in _NO_LABEL else text)
    return "\n".join(lines) or None


def excerpt(given: str | bytes) -> str:
    """The beginning of a value that could not be read."""
    if isinstance(given, bytes):
        given = given[: 4 * EXCERPT].decode("utf-8", "replace")
    return given[:EXCERPT]


def source(element: etree._Element) -> str:
    """The beginning of an element as XML, for the reviewer."""
    return excerpt(etree.tostring(element, encoding="utf-8", with_tail=False))


def pmid_of(given: str) -> str | None:
    """A PubMed id; None for what is none, such as the 0 that stands for "unknown" in old references."""
    return given if _PMID.fullmatch(given) else None


def doi_of(given: str) -> str | None:
    """A DOI in lower case, without the resolver's address; None for what is none."""
    found = _DOI.fullmatch(given.strip().lower())
    return found[1] if found else None


def pmcid_of(given: str) -> str | None:
    """A PubMed Central id, "PMC" and digits; None for what is none."""
    found = _PMCID.search(given)
    return f"PMC{found[1]}" if found else None


def orcid_of(given: str) -> str | None:
    """An ORCID iD in four groups, from an address, with or without dashes; None for what is none."""
    digits = _ORCID_NOISE.sub("", given.rstrip("/ \t\r\n").rpartition("/")[2]).upper()
    if not _ORCID.fullmatch(digits):
        return None
    return "-".join(digits[at : at + 4] for at in (0, 4, 8, 12))

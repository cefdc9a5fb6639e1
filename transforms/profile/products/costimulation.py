"""The costimulatory domains of a receptor, as the record names them: `4-1BB`, `CD28`, `4-1BB + CD28`.

The names are also drugs, targets and markers ("an anti-CD137 antibody"), so that a word of signalling must stand by
them, or they must be part of the construct's own name ("CD19-CD28-zeta", "BBz").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from transforms.profile.products.record import ARMS, OWN
from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.sentences import holding
from transforms.profile.reading.texts import Text

_NAMES = {"41bb": "4-1BB", "cd137": "4-1BB", "bb": "4-1BB", "bbz": "4-1BB", "bbζ": "4-1BB", "28z": "CD28",
          "28ζ": "CD28", "cd134": "OX40", "cd28": "CD28", "cd27": "CD27", "ox40": "OX40", "icos": "ICOS",
          "dap10": "DAP10", "dap12": "DAP12", "2b4": "2B4"}  # fmt: skip
_STEMS = (
    "4-1bb",
    "41bb",
    "4 1bb",
    "cd137",
    "cd28",
    "bbz",
    "bbζ",
    "28z",
    "28ζ",
    "ox40",
    "ox-40",
    "cd27",
    "icos",
    "dap1",
    "2b4",
)
_NAME = re.compile(
    # beads that activate T cells are called CD3/CD28
    r"(?<![a-z0-9])(?:4[ -]?1bb(?! ligand)|cd ?137|cd ?134|(?<!cd3/)(?<!cd3/ )(?<!cd3 and )cd ?28(?!\d)|cd ?27(?!\d)"
    r"|ox-?40|icos|dap-?1[02]|2b4)(?=[zζ]|(?![a-z0-9]))"
    r"|(?<=[\-/_. ])(?:bb|28)[zζ](?![a-z])"
)
_SIGNALS = re.compile(
    r"co-?stimul\w*|signal(?:l?ing)? (?:domain|moiet|motif|region)|intracellular|endodomain|cytoplasmic"
)
_ZETA = re.compile(r"(?:cd ?3|tcr)?[ \-/+_&]{0,3}(?:cd ?3|tcr)?[ -]?(?:zeta|ζ|z\b)|(?<=[a-z0-9])[zζ](?![a-z])")
_NOT = re.compile(
    r"\bagonist|\bantibod(?:y|ies)\b|\bmolecule-?targeted|\bimmunotherap|\banti-(?:cd ?137|4-?1bb|cd ?28|ox-?40)"
    r"|\banti-cd ?27"
    r"|\bbispecific|\bengager|\bselection|\bexpanded|\bactivat(?:ed|ion) (?:with|by)"
    r"|\bbeads|\bwithout\b|\bdoes not\b|\black"
)
_OWN = (*OWN, *ARMS)
_PROSE = ("brief_title", "official_title", "brief_summary", "detailed_description")
_REACH = 60  # characters between a name and the word of signalling


class Named(NamedTuple):
    """A domain in a text; offsets into text.folded."""

    domain: str
    start: int
    end: int


def costimulation(own: Sequence[Text], every: Sequence[Text], product_no: int) -> tuple[str | None, list[Finding]]:
    """The domains of a product joined by " + ", and the words for them; None: not stated.

    `own` are the texts of its arms and interventions, `every` those of the record where it is the only product.
    """
    for sections, texts in ((_OWN, own), (_PROSE, every)):
        for text in texts:
            named = _named(text) if text.section in sections else ()
            if named:
                value = " + ".join(sorted({one.domain for one in named}))
                start, end = min(one.start for one in named), max(one.end for one in named)
                return value, [quote(text, start, end, "costimulatory_domain", value, "costimulatory_domain.word",
                                     product_no)]  # fmt: skip
    return None, []


@cached_rule
def _named(text: Text) -> tuple[Named, ...]:
    """The domains of the first sentence that names any, each once."""
    for start, end in holding(text.folded, _STEMS):
        found = {one.domain: one for one in reversed(tuple(_in_sentence(text.folded, start, end)))}
        if found:
            return tuple(found.values())
    return ()


def _in_sentence(folded: str, start: int, end: int) -> Iterator[Named]:
    for match in _NAME.finditer(folded, start, end):
        low, high = max(start, match.start() - _REACH), min(end, match.end() + _REACH)
        is_signal = _SIGNALS.search(folded, low, high) or _ZETA.match(folded, match.end(), high)
        if (is_signal or match.group()[-1] in "zζ") and not _NOT.search(
            folded, max(start, match.start() - 30), min(end, match.end() + 30)
        ):
            name = re.sub(r"[ \-]", "", match.group())
            yield Named(_NAMES[name], match.start(), match.end())

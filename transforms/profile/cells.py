"""Where the cells come from, and how the receptor's gene gets in.

Silence is no evidence: without a marker the source is not stated, never autologous by default.
Made inside the body comes first: such a record may well speak of "the patient's own T cells".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from transforms.profile.car import context
from transforms.profile.texts import Text
from transforms.profile.vocabulary import Terms, terms


@dataclass(frozen=True, slots=True)
class CellWord:
    """A word for a cell source or a gene delivery; offsets into text.folded."""

    text: Text
    start: int
    end: int
    value: str
    guard: str = ""

    @property
    def is_cue(self) -> bool:
        """Collection from the participant: weaker than a word, for it may be a donor's."""
        return self.guard == "cue"


@dataclass(frozen=True, slots=True)
class Source:
    """The decided cell source and the words that decided; `conflict` where words disagree equally."""

    value: str | None
    word: CellWord | None
    rule_id: str = ""
    conflict: bool = False


# ---- source ----

# "allogeneic hematopoietic stem cell transplantation" says nothing about the CAR cells.
_TRANSPLANT = re.compile(
    r"[\s\-(]{1,2}(?:or [\w\-]+ |and [\w\-]+ |peripheral blood |bone marrow |haploidentical ){0,3}"
    r"\(?(?:h?a?ematopoietic|stem|progenitor|hsct|hct|bmt|sct|bone marrow|transplant\w*|graft|islets?"
    r"|kidney|organ|tissue|vaccine|serum|skin|fat)"
)
_CELLS = re.compile(
    r"[\s\-/,()+]{0,3}(?:[\w\-+./*^×]+[\s\-/,()]{1,3}){0,9}?"
    r"(?:(?<![a-z])u?car(?![a-z])|cart|cells?|lymphocytes?|(?<![a-z])i?nkt?(?![a-z])|tregs?|pbmcs?|leucel|product"
    r"|chimeric|γδ)"
)
_CELLS_BEFORE = re.compile(r"(?:cells?|lymphocytes?|car-?t|cart|product)\W{1,3}(?:\w+\W{1,2}){0,4}$")


def source_words(texts: Iterable[Text]) -> list[CellWord]:
    """The words for a cell source in `texts`, in their order, without those of transplants and denials."""
    found = []
    for text in texts:
        folded = text.folded
        if not _SOURCE_GATE.search(folded):
            continue
        for match in _source_terms().pattern.finditer(folded):
            row = _source_terms().row(match)
            if not _stands(folded, match.start(), match.end(), row["guard"]):
                continue
            found.append(CellWord(text, match.start(), match.end(), row["label"], row["guard"]))
    return found


_SOURCE_GATE = re.compile(
    r"vivo|situ|inside|nanopart|lnp|allo|univers|u[ -]?cart?|shelf|donor|(?<![a-z])hd[ -]|cord|ucb|ipsc"
    r"|pluripot|hypoimm|trac|tcr|b2m|β2m|hla|abtagene|autol|leucel|own |patient|participant|subject|recipient"
    r"|self|pheres|nuclea|nucleus|collect|harvest|procure|pbmc"
)


def _stands(folded: str, start: int, end: int, guard: str) -> bool:
    if guard == "cells":
        if _TRANSPLANT.match(folded, end):
            return False
        window = folded[end : end + 90]
        stop = re.search(r"[.;:]\s|\n", window)
        if not _CELLS.match(window[: stop.start()] if stop else window):
            # a title's tail: "... CAR-T Cells (Allogeneic)"
            return bool(_CELLS_BEFORE.search(folded[max(0, start - 40) : start]))
    if guard == "cellsbefore":
        return bool(_CELLS_BEFORE.search(folded[max(0, start - 60) : start]))
    if guard == "cue":
        return True
    told = context(folded, start, end)
    return told not in ("denied", "comparator", "background", "prior") or guard == "nanoparticle"


_OUTSIDE = re.compile(r"pheres|(?<![a-z])ex[ -]vivo|autologous|electroporat")
_FIRST = frozenset(
    {"intervention_name", "intervention_other_name", "intervention_description", "arm_label", "arm_description",
     "brief_title", "official_title", "acronym", "condition", "keyword", "brief_summary"}
)  # fmt: skip


def source(words: Sequence[CellWord], texts: Sequence[Text], listed: str | None) -> Source:
    """The cell source that `words` (in telling order) and the product list (`listed`) give."""
    made_inside = [w for w in words if w.value == "in vivo"]
    if any(w.guard == "nanoparticle" for w in made_inside) and any(_OUTSIDE.search(t.folded) for t in texts):
        made_inside = [w for w in made_inside if w.guard != "nanoparticle"]
    if made_inside:
        return Source("in vivo", made_inside[0], "cell_source.in_vivo")
    if listed == "in vivo":
        return Source("in vivo", None, "cell_source.product")
    said = [w for w in words if w.value != "in vivo" and not w.is_cue]
    for tier in (_FIRST, None):
        here = [w for w in said if tier is None or w.text.section in tier]
        if tier is None and listed:
            return Source(listed, None, "cell_source.product")
        if here:
            rivals = {w.value for w in here if w.text is here[0].text}
            if len(rivals) > 1 and listed:
                return Source(listed, None, "cell_source.product", conflict=True)
            conflict = len({w.value for w in here}) > 1
            return Source(here[0].value, here[0], f"cell_source.{here[0].value}", conflict)
    cues = [w for w in words if w.is_cue]
    return Source("autologous", cues[0], "cell_source.collected") if cues else Source(None, None)


# ---- gene delivery ----


def delivery_words(texts: Iterable[Text]) -> list[CellWord]:
    """The words for a way of gene delivery in `texts`, in their order."""
    found = []
    for text in texts:
        if _DELIVERY_GATE.search(text.folded):
            for start, end, value in terms("gene_delivery_terms").matches(text.folded):
                if context(text.folded, start, end) is None:
                    found.append(CellWord(text, start, end, value))
    return found


_DELIVERY_GATE = re.compile(r"lenti|retro|transpos|piggy|sleeping|buster|rna|knock|insert|integrat|[ -]lv ")


def delivery(
    words: Sequence[CellWord], cell_source: str | None, *, nanoparticle: bool
) -> tuple[str, CellWord] | None:
    """(gene delivery, the word that says so); what is made inside the body has its own names."""
    for word in words:
        if cell_source == "in vivo":
            if word.value == "lentiviral":
                return "lentiviral in vivo", word
            if word.value == "mRNA":
                return "mRNA-LNP", word
            continue
        if word.value == "mRNA" and nanoparticle:
            continue  # mRNA in nanoparticles, yet made outside the body: not told which
        return word.value, word
    return None


@cache
def _source_terms() -> Terms:
    return terms("cell_source_terms")

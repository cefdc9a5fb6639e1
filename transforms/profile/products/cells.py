"""Where the cells come from, and how the receptor's gene gets in.

Silence is no evidence: without a marker the source is not stated, never autologous by default.
Made inside the body comes first: such a record may well speak of "the patient's own T cells".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice

import msgspec

from transforms.profile.products.car import MOST, context
from transforms.profile.products.catalogue import NAMING
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.texts import Text
from transforms.profile.reading.vocabulary import WordList, word_list


class CellWord(msgspec.Struct, frozen=True):
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


class Source(msgspec.Struct, frozen=True):
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
    return [word for text in texts for word in _source_words_in(text)]


@cached_rule
def _source_words_in(text: Text) -> tuple[CellWord, ...]:
    return tuple(
        CellWord(text, start, end, row["label"], row["guard"])
        for start, end, row in islice(_source_terms().matches(text.folded), MOST)
        if _stands(text.folded, start, end, row["guard"])
    )


def _stands(folded: str, start: int, end: int, guard: str) -> bool:
    """Whether a word found at start..end is about the cells that are given."""
    if guard == "cue":
        return True
    if guard == "cells":
        if _TRANSPLANT.match(folded, end):
            return False
        window = folded[end : end + 90]
        stop = _CLAUSE.search(window)
        if not _CELLS.match(window[: stop.start()] if stop else window):
            # a title's tail: "... CAR-T Cells (Allogeneic)"
            return bool(_CELLS_BEFORE.search(folded[max(0, start - 40) : start]))
    around = _AROUND.get(guard)
    if around and not (around[0].search(folded[max(0, start - 70) : start]) and around[1].match(folded, end)):
        return guard == "inside" and bool(_MADE_INSIDE.match(folded, end))
    return guard == "nanoparticle" or context(folded, start, end) in (None, "recipients")


_CLAUSE = re.compile(r"[.;:]\s|\n")
_ANY = re.compile("")
_MADE = (
    r"generat\w*|produc(?:e[sd]?|ing|tion)\b|form(?:s|ed|ing|ation)?|creat\w*|made|manufactur\w*|engineer\w*|reprogram\w*"
    r"|transduc\w*|transfect\w*|express\w*|edit\w*|deliver\w*"
)
_MADE_INSIDE = re.compile(
    # in vivo CD19/CD20 dual-target CAR-T; in vivo LV; in vivo generated; never "in vivo persistence"
    rf"[ \-](?:(?:{_MADE}|gene (?:therapy|delivery|editing|transfer)|lv(?![a-z])|lentivir\w*|mrna"
    r"|t[ \-]cell (?:engineer|reprogram|program)\w*|programm\w*|chimeric)"
    r"|(?:(?:cd\d+[a-z]?|bcma|baff-?r|gprc5d|anti|dual|target|targeted|targeting|specific|bispecific|tandem|mrna"
    r"|lnp|rna|gene|novel|based|universal)[ \-/]{1,2}){0,6}(?:caart?|u?cart?)(?![a-z])"
    # what becomes of the cells, not where they are made
    r"(?![ \-](?:t[ \-]?)?(?:cells? )?(?:expan|persist|kinetic|pharmaco|expression|proliferat|level"
    r"|surviv|activit|function)))"
)
_AROUND = {
    "own": (
        re.compile(r"(?:patient|participant|subject|person|individual|child|volunteer|recipient)s?'?s?'?"
                   r" (?:very )?$|\b(?:their|his|her|your|one's|its) (?:very )?$"),
        re.compile(r" (?:[\w\-()]+ ){0,4}(?:t[ \-]?cells?|cells|lymphocytes|immune|blood|white)"),
    ),
    "cellsbefore": (_CELLS_BEFORE, _ANY),
    "inside": (re.compile(rf"(?:{_MADE})(?: [\w\-/]+){{0,7}} (?:directly )?$"), _ANY),
    "edited": (
        _ANY,
        re.compile(r"(?:[ ,/\-]{1,2}(?:and )?\w{2,6}){0,3}[ \-]{1,2}"
                   r"(?:knock(?:ed)?[ \-]?out|ko|deficient|disrupt\w+|deleted|edited|negative)(?![a-z])"),
    ),
}  # fmt: skip


# "Without leukapheresis" tells the opposite.
_COLLECTED = re.compile(
    r"(?<!no )(?<!without )(?<!not require )(?<!avoids )(?<!need for )(?<!eliminates )(?<![a-z])\w{0,6}pheres[ei]s"
)
_OUTSIDE = re.compile(rf"{_COLLECTED.pattern}|(?<![a-z])ex[ -]vivo|autologous|electroporat")
_FIRST = frozenset(
    {"intervention_name", "intervention_other_name", "intervention_description", "arm_label",
     "arm_description", "brief_title", "official_title", "acronym", "condition", "keyword", "brief_summary"}
)  # fmt: skip


def source(words: Sequence[CellWord], texts: Sequence[Text], listed: str | None) -> Source:
    """The cell source that `words` (in telling order) and the product list (`listed`) give."""
    made_inside = [w for w in words if w.value == "in vivo"]
    if any(w.guard == "nanoparticle" for w in made_inside) and any(_OUTSIDE.search(t.folded) for t in texts):
        made_inside = [w for w in made_inside if w.guard != "nanoparticle"]
    if any(w.guard == "inside" and w.text.section not in NAMING for w in made_inside) and any(
        _COLLECTED.search(t.folded) for t in texts
    ):
        # Cells that are collected are made outside, whatever prose says of them in vivo.
        made_inside = [w for w in made_inside if w.guard != "inside" or w.text.section in NAMING]
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
            rivals = {w.value for w in here if w.text == here[0].text}
            if len(rivals) > 1 and listed:
                return Source(listed, None, "cell_source.product", conflict=True)
            conflict = len({w.value for w in here}) > 1
            return Source(here[0].value, here[0], f"cell_source.{here[0].value}", conflict)
    cues = [w for w in words if w.is_cue]
    return Source("autologous", cues[0], "cell_source.collected") if cues else Source(None, None)


# ---- gene delivery ----


def delivery_words(texts: Iterable[Text]) -> list[CellWord]:
    """The words for a way of gene delivery in `texts`, in their order."""
    return [word for text in texts for word in _delivery_words_in(text)]


@cached_rule
def _delivery_words_in(text: Text) -> tuple[CellWord, ...]:
    return tuple(
        CellWord(text, start, end, row["label"])
        for start, end, row in islice(_delivery_terms().matches(text.folded), MOST)
        if context(text.folded, start, end) is None and not _is_measured(text.folded, start, end, row["label"])
    )


# Messenger RNA that is expressed or measured, or a vaccine, carries no receptor into a cell.
_MEASURED = re.compile(
    r"[ \-](?:(?:is|are|was|were|being)\b(?: \w+ly)? (?:express|detect|measur|found|present)"
    r"|levels?\b|express(?:ion|ed)\b|transcripts?\b|cop(?:y|ies)\b|(?:covid\S* )?vaccin|quantif|detect"
    r"|abundance|sequenc|in (?:the )?(?:blood|tissue|pbmc|plasma|serum|skin|muscle))"
)
_MEASURED_BEFORE = re.compile(
    r"\b(?:levels? of|expression of|its|covid-19|quantif\w+ of|detection of)(?: the)? (?:\w+ )?$"
)


def _is_measured(folded: str, start: int, end: int, label: str) -> bool:
    return label == "mRNA" and bool(
        _MEASURED.match(folded, end) or _MEASURED_BEFORE.search(folded[max(0, start - 40) : start])
    )


def delivery(words: Sequence[CellWord], cell_source: str | None, *, nanoparticle: bool) -> tuple[str, CellWord] | None:
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
def _source_terms() -> WordList:
    return word_list("cell_source_terms")


@cache
def _delivery_terms() -> WordList:
    return word_list("gene_delivery_terms")

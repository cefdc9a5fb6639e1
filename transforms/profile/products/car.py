"""Mentions of CAR-engineered cells: where they stand, what kind of cell, and whether they are given.

"CAR" is written in dozens of ways and is also a car, a nuclear receptor and antiretroviral therapy;
car_terms.csv holds the ways, cell_kinds.csv the cells, car_contexts.csv the words which say that
the cells are not what this trial gives (prior CAR-T, compared with, recipients of).
"""

from __future__ import annotations

import re
from functools import cache
from itertools import islice

import msgspec

from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.texts import Text, fold
from transforms.profile.reading.vocabulary import (
    FOLDER,
    Terms,
    VocabularyError,
    WordList,
    compiled,
    expression,
    rows,
    terms,
    word_list,
)

# What every way of writing CAR holds, and care and cancer do not. No expression begins with anything
# but a letter here, so that the search skips to the letters.
_CANDIDATE = re.compile(
    r"car(?![a-ln-su-z])|car(?=nk|treg|inkt|dnt)|caart?|abtagene|chime|enlecleucel|genaleucel|star-t"
    r"|synthetic t|retroviral|constitutive and|cortisol aw|compression an"
)
# How far before its candidate a way of writing may begin: combination anti(retroviral), mivoc(abtagene).
_FORENAME = 24
_WORD_END = re.compile(r"[a-z]*")
# No record speaks of its cells more often in one text; a text that does is no longer read to its end.
MOST = 400
WINDOW = 70  # characters of the same sentence that tell whether a mention is given


class CarMention(msgspec.Struct, frozen=True):
    """One mention; `start` and `end` are offsets into text.folded."""

    text: Text
    start: int
    end: int
    cell_type: str | None  # None: the word CAR without a cell
    kind_end: int  # where the words for the cell end
    context: str | None  # None: given; otherwise a label of car_contexts.csv

    @property
    def is_given(self) -> bool:
        return self.context is None


def mentions(text: Text) -> tuple[CarMention, ...]:
    """Every mention of CAR cells in one text; most texts are neither read nor remembered beyond a cheap look."""
    return in_text(text) if may_name(text.folded) else ()


def may_name(folded: str) -> bool:
    """Whether a folded text may hold a mention at all: a cheap look that errs only by saying yes.

    Finds before expressions: every study's texts pass here.
    """
    place = folded.find("car")
    while place >= 0:
        after = folded[place + 3 : place + 5]
        if not "a" <= after[:1] <= "z" or after in _AFTER_CAR:
            return True
        if after[0] == "t" and not ("a" <= after[1:] <= "z" and after[1:] != "t"):
            return True  # CART, CART19, but not a cartridge
        place = folded.find("car", place + 3)
    return any(map(folded.__contains__, _OTHER_WORDS))


_OTHER_WORDS = ("chime", "caar", "leucel", "star-t", "synthetic t")
_AFTER_CAR = frozenset({"nk", "tr", "in", "dn", "m", "m ", "m-", "m,", "m)"})  # CARNK, CARTreg, CARiNKT, CARDNT, CARM


@cached_rule
def in_text(text: Text) -> tuple[CarMention, ...]:
    """Every mention of CAR cells in one text."""
    found: list[CarMention] = []
    folded, free = text.folded, 0
    for candidate in islice(_CANDIDATE.finditer(folded), 4 * MOST):
        if candidate.start() < free:
            continue
        match = _head_at(folded, free, candidate)
        if match is None:
            free = _WORD_END.match(folded, candidate.end()).end()  # type: ignore[union-attr]
            continue
        free = match.end()
        row = _heads().row(match)
        if row["label"] == "not CAR" or (row["guard"] and not _has_company(text, match.start(), match.end())):
            continue
        kind, kind_end = cell_kind(folded, match.start(), match.end(), row["label"])
        told = context(folded, match.start(), kind_end)
        if len(found) == MOST:
            break
        found.append(CarMention(text, match.start(), match.end(), kind, kind_end, told))
    return tuple(found)


# ---- the word ----


def _head_at(folded: str, earliest: int, candidate: re.Match[str]) -> re.Match[str] | None:
    """The way of writing CAR that covers `candidate`, or None. It begins with its word or a forename."""
    start = candidate.start()
    last = min(len(folded), candidate.end() + 60)
    begin = max(earliest, start - _FORENAME)
    if not candidate.group().startswith("retro"):  # (combination) antiretroviral therapy (CART)
        word = start
        while word > begin and folded[word - 1].isalnum():
            word -= 1
        forename = next((name for name in _FORENAMES if folded.endswith(name, begin, word)), "")
        begin = max(begin, word - len(forename))
    for at in range(begin, start + 1):
        match = _heads().pattern.match(folded, at, last)
        if match and match.end() > start:
            return match
    return None


_FORENAMES = ("u ", "u-", "allo ", "allo-", "mrna ")


@cache
def _heads() -> Terms:
    """car_terms.csv, look-alikes first, so that "combination antiretroviral (CART)" is taken whole.

    Raises VocabularyError for a line whose example no text would be searched for: the candidates come first.
    """
    entries = rows("car_terms", ("term", "label", "guard", "example"))
    for row in entries:
        example = fold(row["example"])
        if not (_CANDIDATE.search(example) and re.search(expression(row["term"]), example)):
            problem = "the example does not hold the term, or the term none of the letters that every search for CAR"
            raise VocabularyError(FOLDER / "car_terms.csv", row.line, f"{problem} begins with (_CANDIDATE in car.py)")
    entries.sort(key=lambda row: row["label"] != "not CAR")
    return compiled("car_terms", entries, FOLDER / "car_terms.csv", keep_order=True)


_CELLS_AFTER = re.compile(
    r"[\s\-_()+.:/]{0,3}(?:(?:transduced|modified|engineered|expressing|positive|gene|in|vivo|autologous|allogeneic"
    r"|genetically|targeted|targeting|directed|specific|lenti|redirected|armored|product|universal|anti|therapy"
    r"|t|nk|treg)[\s\-_()+]{0,3}){0,4}"
    r"(?:cells?|lymphocytes?|infusions?|therap(?:y|ies)|treatment|injection|product|constructs?|gene|transgene|tregs?"
    r"|t(?![a-z])|nk|pbl|treg|cop(?:y|ies)|positive|lentivir\w+|vectors?|γδ|targeting|targeted|against|group"
    r"|regulatory|type 1|gamma|vδ|double[ -]negative|monocytes?|macrophages?|natural killer)"
)
_CELLS_BEFORE = re.compile(
    r"(?:cd-?\d+|bcma|baff-?r?|gprc5d|b7-?h3|\banti[- ]?\w{2,8}|universal|autologous|allogene?ic|in[- ]vivo"
    r"|chimeric\w*|receptors?|dual|bispecific|tandem|compound|transduced|encod\w+|express\w+|targeted|directed"
    r"|specific|\d+)[\s\-_./()+]{0,3}$"
)


def _has_company(text: Text, start: int, end: int) -> bool:
    """Whether CART or CAR stands with cells; alone it is a cart, a car or antiretroviral therapy."""
    folded = text.folded
    if any(character.isdigit() for character in folded[start:end]) and len(folded) < 120:
        return True
    if folded[end : end + 1] == ")" and "chimeric" in folded[max(0, start - 60) : start]:
        return True
    if _CELLS_BEFORE.search(folded, max(0, start - 24), start):
        return True
    given = text.text[text.start + start : text.start + end]
    # "CAR positive" in capitals; "car park" never.
    return given[:1].isupper() and bool(_CELLS_AFTER.match(folded, end))


# ---- the cell ----

_STEP = re.compile(
    r"[\s\-_()+.,/⁺'\"（）]{0,3}(?:modified|transduced|engineered|expressing|positive|gene|edited|redirected|receptors?"
    r"|armou?red|autologous|allogeneic|allogenic|universal|humani[sz]ed|human|cord|blood|derived|ipsc|car|cars|grafted"
    r"|based|immune|effector|dual|bispecific|memory|cd4\+?|cd8\+?|s|genetically|specific|viable|peripheral)(?![a-z])"
)
_GAP = re.compile(r"[\s\-_()+,./⁺（）]{0,4}")


def cell_kind(folded: str, start: int, end: int, label: str) -> tuple[str | None, int]:
    """(cell type, where its words end) of the mention at start..end, read from what touches it."""
    kinds = _kinds()
    position = end
    for _ in range(6):
        gap = _GAP.match(folded, position)
        at = gap.end() if gap else position
        after = kinds.pattern.match(folded, at)
        if after and not folded[after.end() : after.end() + 1].isalpha():
            return _chosen(label, kinds.label(after), folded, start, end), _past_cells(folded, after.end())
        step = _STEP.match(folded, position)
        if not step:
            break
        position = step.end()
    inner = None
    for match in kinds.pattern.finditer(folded, start, end):
        inner = kinds.label(match)
    if inner is None and re.search(r"cart|caart|t[ -]cells?$", folded[start:end]):
        inner = "CAR-T"
    return _chosen(label, inner, folded, start, end), _past_cells(folded, end)


def _past_cells(folded: str, position: int) -> int:
    found = re.compile(r"(?:[\s\-]{0,2}(?:cells?|lymphocytes?))?").match(folded, position)
    return found.end() if found else position


def _chosen(label: str, kind: str | None, folded: str, start: int, end: int) -> str | None:
    if label not in ("CAR", "CAR-T"):
        return label
    if kind in (None, "CAR-T"):
        # γδ CAR-T cells, double-negative CAR-T cells, iPSC-derived NK cells with a CAR
        before = _BEFORE.search(folded, max(0, start - 44), start)
        inside = _BEFORE_KINDS.search(folded, start, end)
        found = before or inside
        if found:
            return _special(found.group("kind"))
    return kind or ("CAR-T" if label == "CAR-T" else None)


_SPECIAL = (
    r"(?P<kind>(?:γδ|gamma[ -/]{0,3}delta|(?<![a-z])gdt?|vδ[12]|(?<![a-z])i?nkt?|natural[ -]killer"
    r"|double[ -]negative|(?<![a-z])dn(?=t? )|(?<![a-z])tregs?|regulatory[ -]t|macrophages?))"
)
_BEFORE = re.compile(
    _SPECIAL + r"[ -]{0,2}(?:t|cells?|t[ -]cells?)?[ -]{0,2}"
    r"(?:(?:expressing|with|bearing|carrying|a|an|anti-?\w*|cd\d+|targeted|engineered|modified|transduced|armed"
    r"|\(\w{1,8}\))[\s\-,]{1,2}){0,4}$"
)
_BEFORE_KINDS = re.compile(_SPECIAL)


def _special(word: str) -> str:
    if "delta" in word or "δ" in word or word.startswith("gd"):
        return "CAR-γδT"
    if word.startswith("d"):
        return "CAR-DNT"
    if "treg" in word or "regulatory" in word:
        return "CAR-Treg"
    if word.startswith("macro"):
        return "CAR-M"
    return "CAR-iNKT" if word.endswith("nkt") else "CAR-NK"


@cache
def _kinds() -> Terms:
    return terms("cell_kinds")


# ---- whether it is given ----

_SENTENCE = re.compile(r"[.;?!\n](?:\s|$)|[\n;。；]")


def context(folded: str, start: int, end: int) -> str | None:
    """Why a mention at start..end is not what the trial gives, or None."""
    before, after = _contexts()
    first = max(0, start - WINDOW)
    for found in _SENTENCE.finditer(folded, first, start):
        first = found.end()
    told = before.search(folded, first, start)
    if told and not _broken(folded, told[1], start):
        return told[2]["label"]
    tail = folded[end : end + 30]
    told = after.search(tail)
    if told and not re.search(r"[,:(.;\n]", tail[: told[0]]):
        return told[2]["label"]
    return None


_BREAK = re.compile(
    r"[,:(]|\b(?:receiv|infus|treat|administ|evaluat|assess|investigat|study|undergo|will|safety|efficacy)"
)


def _broken(folded: str, told_end: int, start: int) -> bool:
    """Whether other words part the telling word from the mention: "after lymphodepletion, CAR-T"."""
    between = folded[told_end:start]
    return len(between) > 45 or bool(_BREAK.search(between))


def sentence(folded: str, start: int, end: int) -> tuple[int, int]:
    """Where the sentence around start..end begins and ends, looking at most 400 characters away."""
    first = max(0, start - 400)
    for match in _SENTENCE.finditer(folded, first, start):
        first = match.end()
    after = _SENTENCE.search(folded, end, min(len(folded), end + 400))
    return first, after.start() if after else min(len(folded), end + 400)


@cache
def _contexts() -> tuple[WordList, WordList]:
    """car_contexts.csv: what stands before a mention, and what stands behind it."""
    entries = rows("car_contexts", ("term", "label", "where"))
    before, after = ([row for row in entries if row["where"] == where] for where in ("before", "after"))
    return word_list("car_contexts", before), word_list("car_contexts", after)

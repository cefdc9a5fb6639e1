"""Target antigens: lists of antigens that a text ties to a CAR, never an antigen that stands alone.

An antibody's target, a B cell marker in an endpoint or a comparator is not tied and never counts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import msgspec

from transforms.profile.products.car import MOST, CarMention, context, mentions
from transforms.profile.products.catalogue import in_text as known_products
from transforms.profile.reading import word_tree
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.texts import Text, fold
from transforms.profile.reading.vocabulary import rows, terms

GAP = 90  # characters between the antigens and the CAR


class AntigenList(msgspec.Struct, frozen=True):
    """Antigens named together: "CD19/BCMA", "BCMA and CD19"; offsets into text.folded."""

    text: Text
    start: int
    end: int
    groups: tuple[tuple[str, ...], ...]  # more than one where joined by "or": CD19 | BCMA, CD19
    joiner: str  # the words between the antigens

    @property
    def antigens(self) -> tuple[str, ...]:
        return tuple(sorted({antigen for group in self.groups for antigen in group}))


class Target(msgspec.Struct, frozen=True):
    """An antigen list tied to a CAR, and the rule that tied it."""

    antigens: AntigenList
    rule_id: str
    start: int  # of antigens and CAR words together
    end: int


# ---- lists ----

_JOIN = re.compile(
    r"(?:-(?= ?(?:and|or|/|,)))?"
    r"(?:[ \-](?:targeting|targeted|directed|specific)(?: cells?)?)?"
    r"(?:,(?= (?:and|or|as)\b))?"
    r"[ ()（）]{0,2}(?:[/,+&x×、，|\-.:]|\b(?:and/or|and|or|plus|as well as|with)\b)?[ ()（）]{0,2}"
    r"(?:(?:both|anti|the|also|a|an|targeted|targeting)[ -]{1,2}|anti-? ?)?"
)
_SHORT = re.compile(r" ?[/／,] ?(\d{1,3})(?![\d.%]|\s?(?:mg|months?|weeks?|years?|days?|kg|x|×))")
_OR = re.compile(r"\bor\b")


@cached_rule
def lists(text: Text) -> tuple[AntigenList, ...]:
    """The antigen lists of a text, left to right."""
    hits = _hits(text.folded)[:MOST]
    found: list[AntigenList] = []
    place = 0
    while place < len(hits):
        run = [hits[place]]
        joiners: list[str] = []
        while place + 1 < len(hits):
            gap = text.folded[run[-1][1] : hits[place + 1][0]]
            joined = _JOIN.fullmatch(gap) if len(gap) <= 32 else None
            if not joined or _another_begins(text, run[-1], hits[place + 1]):
                break
            joiners.append(gap)
            place += 1
            run.append(hits[place])
        found.append(_list(text, run, joiners))
        place += 1
    return tuple(found)


def _another_begins(text: Text, one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    """Whether just one of two neighbours stands in the name of a known product that does not bind the rest."""
    for known in known_products(text):
        inside = [known.start <= hit[0] < known.end for hit in (one, other)]
        outer = other if inside[0] else one
        if inside[0] != inside[1] and outer[2] not in known.product.target_antigens:
            return True
    return False


def _hits(folded: str) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    for start, end, label in _mentions(folded):
        found.append((start, end, label))
        while label.startswith("CD") and (short := _SHORT.match(folded, end)):
            number = f"CD{int(short.group(1))}"
            if number not in _labels():
                break
            found.append((short.start(1), short.end(1), number))  # CD19/20
            end = short.end()
    return found


_CD = re.compile(
    # also CD-19, CD 19, huCD19, CD19CD20, CD19xCD20, CD19CAR, CD(19)
    r"cd(?:(?<![^\W_]cd)|(?<=cd\d\dcd)|(?<=\dxcd)|(?<=axcd)|(?<=hucd)|(?<=anticd)|(?<=\bucd)|(?<=\bhcd))"
    r"\)?[ \-]?\(?(\d{1,3}(?:[ab]|v\d)?)(?:(?![^\W_])|(?=c?car|cd\d|xcd\d|x?bcma))"
)


def _mentions(folded: str) -> list[tuple[int, int, str]]:
    """(start, end, antigen) of what antigens.csv names, left to right, without overlaps."""
    known = _antigens()
    found = [(m.start(), m.end(), word_tree.look_up(m.group(), known)) for m in _names().finditer(folded)]
    for match in _CD.finditer(folded):
        # Any CD number may be a target, but for those that stand in constructs and on the cells themselves.
        found.append((match.start(), match.end(), known.get(f"cd{match.group(1)}", f"CD{match.group(1)}")))
    for match in _BCMA_JOINED.finditer(folded):
        found.append((match.start(), match.end(), "BCMA"))
    return sorted(hit for hit in found if hit[2] != NOT_A_TARGET and not (
        hit[2] == "CD4" and _CARRIER.match(folded, hit[1])))  # fmt: skip


NOT_A_TARGET = "(not a target)"
_CARRIER = re.compile(r"\+|⁺|[ -]positive|/ ?cd8| and cd8")  # the CD4+ cells that carry the CAR
_BCMA_JOINED = re.compile(r"bcma(?:(?<=\dxbcma)|(?<=\dbcma))(?![^\W_])")  # CD19xBCMA, CD19BCMA


def _list(text: Text, run: list[tuple[int, int, str]], joiners: list[str]) -> AntigenList:
    groups: list[list[str]] = [[run[0][2]]]
    is_or = [_OR.search(joiner) is not None and "and" not in joiner for joiner in joiners]
    for joiner, parts, hit in zip(joiners, is_or, run[1:], strict=True):
        # "CD19, BCMA or CD70" is a choice of three.
        if parts or (any(is_or) and joiner.strip() in (",", "、")):
            groups.append([])
        groups[-1].append(hit[2])
    unique = [tuple(sorted(set(group))) for group in groups if group]
    return AntigenList(text, run[0][0], run[-1][1], tuple(dict.fromkeys(unique)), " ".join(joiners))


# ---- what ties a list to a CAR ----

_TOKEN = re.compile(r"[^\W_]+")
_CODE = re.compile(r"[a-z]*\d+[a-zζ]*|[a-z]{0,4}zeta|ζ|γδ|bbz?|il|sushi|iu|sc\s?fv")
_STOP = re.compile(r"[;:!?]|\.\s|\n|,\s(?!autologous|allogeneic|universal)")


@cached_rule
def attached(text: Text) -> tuple[Target, ...]:
    """The antigen lists of `text` that are tied to one of its CARs, in order."""
    cars = mentions(text)
    found: list[Target] = []
    for antigens in lists(text):
        target = _inside(antigens, cars) or _before(antigens, cars) or _after(antigens, cars)
        if target is None and context(text.folded, antigens.start, antigens.end) is None:
            target = _redirected(antigens)
        if target:
            found.append(target)
    found.extend(_numbers(text, cars, found))
    return tuple(_joined(text, sorted(found, key=lambda target: target.start)))


def _joined(text: Text, found: list[Target]) -> list[Target]:
    """`found` with a number and the antigens behind it as one: CAR19-BCMA."""
    kept: list[Target] = []
    for target in found:
        last = kept[-1] if kept else None
        gap = text.folded[last.antigens.end : target.antigens.start] if last else ""
        if last and last.rule_id == "target.car_number" and len(gap) <= 3 and _JOIN.fullmatch(gap):
            groups = (tuple(sorted({*last.antigens.antigens, *target.antigens.antigens})),)
            both = AntigenList(text, last.antigens.start, target.antigens.end, groups, gap)
            kept[-1] = Target(both, last.rule_id, last.start, max(last.end, target.end))
        else:
            kept.append(target)
    return kept


def _inside(antigens: AntigenList, cars: Sequence[CarMention]) -> Target | None:
    for car in cars:
        if car.is_given and car.start <= antigens.start < car.end:
            return Target(antigens, "target.in_car_word", car.start, max(car.end, antigens.end))
    return None


def _before(antigens: AntigenList, cars: Sequence[CarMention]) -> Target | None:
    """ "anti-CD19/BCMA dual CAR-T": between list and CAR stand only words that qualify a CAR."""
    folded = antigens.text.folded
    for car in cars:
        if car.start >= antigens.end and car.start - antigens.end <= GAP:
            gap = folded[antigens.end : car.start]
            ok = not _STOP.search(gap) and _only(gap, _words("before")) and not _POSITIVE.match(gap)
            ok = ok and not _is_in_other_name(antigens, car)
            if ok:
                given = car.is_given or context(folded, antigens.start, antigens.end) is None
                first = context(folded, antigens.start, car.kind_end)
                return Target(antigens, "target.before_car", antigens.start, car.kind_end) if (
                    given and first is None) else None  # fmt: skip
            break
    return None


def _is_in_other_name(antigens: AntigenList, car: CarMention) -> bool:
    """Whether `car` is part of a known product's name that binds none of `antigens`: DSG3-CAART behind CD19."""
    return any(
        antigens.end <= known.start <= car.start < known.end
        and not set(known.product.target_antigens) & set(antigens.antigens)
        for known in known_products(antigens.text)
    )


_POSITIVE = re.compile(r"(?:\+|⁺|[ -]positive)? ?(?:b|plasma)[ -]cells?\b(?! maturation)|\+ ?(?:cells|lymphoma|malig)")


def _after(antigens: AntigenList, cars: Sequence[CarMention]) -> Target | None:
    """ "CAR-T cells that target CD19": between CAR and list stand only words that tie them."""
    folded = antigens.text.folded
    for car in reversed(cars):
        if car.is_given and car.end <= antigens.start and antigens.start - car.end <= GAP:
            gap = folded[car.end : antigens.start]
            tied = any(word in _words("tie") for word in _TOKEN.findall(gap)) or gap.strip(" -.()_（") == ""
            if not _STOP.search(gap) and tied and _only(gap, _words("after", "tie"), codes_in_brackets=True):
                return Target(antigens, "target.after_car", car.start, antigens.end)
            return None
    return None


_REDIRECTED = re.compile(
    r"(?:[\s\-+)]{0,2}(?:redirected|directed|targeted|targeting|specific)[\s\-]{1,2}"
    r"(?:(?:autologous|allogeneic|universal|humanized|engineered|modified|human|donor|derived|gene|donor-derived"
    r"|γδ|i)[\s\-]{1,2}){0,4}(?:i?nkt|nk|natural killer|t|γδ ?t|gamma[- ]delta t|tregs?)[\s\-]?"
    r"(?:cells?|lymphocytes?)(?![\s\-]{1,2}(?:engag\w+|bispecific|redirect\w+|antibod\w+))"
    # anti-CD19 cell therapy; CD19-GDT, γδ T cells
    r"|[\s\-](?:(?:targeted|directed) )?cell (?:therapy|injection|product|infusion)|-gdt(?![a-z]))"
)


def _redirected(antigens: AntigenList) -> Target | None:
    """ "CD19-redirected autologous T cells": cells aimed at an antigen without the word CAR."""
    match = _REDIRECTED.match(antigens.text.folded, antigens.end)
    if match is None:
        return None
    return Target(antigens, "target.redirected_cells", antigens.start, match.end())


_CAR_NUMBERS = re.compile(
    # with a space only where nothing else can be counted: "CART 19", but not "CAR-T 30 days later"
    r"car-?t?(?:[-.]?|[ ](?=\d{1,3}(?:$|[),/]|-bcma| (?:t[- ]?)?cells)))"
    r"(?:cd)?(\d{1,4}(?:[./]\d{1,3})*)(?=t?(?:[^a-z\d]|$)|bcma)"
)


def _numbers(text: Text, cars: Sequence[CarMention], known: list[Target]) -> list[Target]:
    """CART19, CAR-20/19, tanCART19/20: the number is the antigen's."""
    found = []
    for car in cars:
        match = _CAR_NUMBERS.search(text.folded, car.start, min(len(text.folded), car.end + 8))
        if not car.is_given or not match or any(t.start <= match.start(1) < t.end for t in known):
            continue
        parts = re.split(r"[./]", re.sub(r"(?<=\d\d)\.\d$", "", match.group(1)))  # MB-CART19.1: a version
        if len(parts) == 1 and len(parts[0]) == 4:
            parts = [parts[0][:2], parts[0][2:]]  # CAR1922
        antigens = [f"CD{int(part)}" for part in parts]
        if all(antigen in _labels() for antigen in antigens) and _NUMBERED.issuperset(antigens):
            listed = AntigenList(text, match.start(1), match.end(1), (tuple(sorted(set(antigens))),), "/")
            found.append(Target(listed, "target.car_number", car.start, match.end(1)))
    return found


# Numbers that CAR names use for an antigen; CART4 or CAR-2 may be anything.
_NUMBERED = frozenset({"CD19", "CD20", "CD22", "CD7", "CD5", "CD30", "CD33", "CD38", "CD70", "CD123", "CD138"})


def _only(gap: str, words: frozenset[str], *, codes_in_brackets: bool = False) -> bool:
    if codes_in_brackets:
        gap = re.sub(r"[(（][^()（）]{0,30}[)）]", " ", gap)
    return all(word in words or _CODE.fullmatch(word) for word in _TOKEN.findall(gap))


# ---- names ----

_NOT_A_TARGET = re.compile(
    r"\b(?:antibod\w+|mabs?|monoclonal|engagers?|bites?|cd3|vaccine|level|count|expression)\b"
    r"|\+ ?(?:b|plasma)[ -]cells?|positive (?:b|plasma)"
)


_MARKS = re.compile(r"\+|⁺|[ \-]positive")


def in_name(text: Text) -> list[Target]:
    """Antigens in the name of a product or a title that is known to be a CAR's: V001-BCMA, UWD-CD19."""
    found: list[Target] = []
    if _NOT_A_TARGET.search(text.folded):
        return found
    for antigens in lists(text):
        if _MARKS.match(text.folded, antigens.end):
            continue  # CD19+ patients: whom the cells are for
        if context(text.folded, antigens.start, antigens.end) is None:
            found.append(Target(antigens, "target.in_name", antigens.start, antigens.end))
    return found


# ---- one product or several ----

_TOGETHER = re.compile(
    r"\b(?:combin\w+|sequential\w*|co-?infus\w*|co-?administ\w*|cocktail|followed by|simultaneous\w* infus\w*"
    r"|together with|plus)\b|\+"
)


def construct(antigens: tuple[str, ...], *, given_together: bool) -> str | None:
    """The contract's word for a product with these targets."""
    if given_together and len(antigens) > 1:
        return "combination"
    return {0: None, 1: "single", 2: "dual"}.get(len(antigens), "multi")


def are_given_together(text: Text, first: Target, second: Target) -> bool:
    """Whether two CARs of one text are one treatment ("BCMA CAR-T and CD19 CAR-T"), not a choice."""
    between = text.folded[first.end : second.start]
    if ";" in between and text.section.startswith("intervention") and len(between) <= 40:
        return True  # one intervention that lists two products
    return len(between) <= 40 and not _OR.search(between) and (
        bool(_TOGETHER.search(between)) or bool(re.search(r"\band\b|[&,]|\bwith\b", between)))  # fmt: skip


@cache
def _words(*labels: str) -> frozenset[str]:
    """target_words.csv: words that may stand between antigens and a CAR, by where they stand."""
    found = rows("target_words", ("term", "label"))
    return frozenset(row["term"] for row in found if row["label"] in labels)


@cache
def _antigens() -> dict[str, str]:
    """antigens.csv: key of a term -> antigen. Raises VocabularyError naming the line."""
    terms("antigens")  # checks the file
    return {word_tree.key(fold(row["term"])): row["label"] for row in rows("antigens", ("term", "label"))}


@cache
def _names() -> re.Pattern[str]:
    words = (fold(row["term"]) for row in rows("antigens", ("term", "label")))
    return word_tree.compiled(word for word in words if not _CD.fullmatch(word))


@cache
def _labels() -> frozenset[str]:
    return frozenset(_antigens().values())

"""Scores, organ function and blood counts with their floors and ceilings, and classes such as MGFA II-IV."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from transforms.profile.criteria.amounts import NUMBER, Amount, amount_after, float_of, refused
from transforms.profile.criteria.row import Criterion, criterion, range_of
from transforms.profile.criteria.statements import Statement
from transforms.profile.criteria.words import Subject, subjects

# "7.5 mg ..." belongs to what stands before it; a number in front of a subject counts only with a comparison.
_BEFORE = re.compile(
    rf"(?P<sign>≥|≧|⩾|>=|>|at least|≤|≦|⩽|<=|<|not exceed(?:ing)?) ?(?P<value>{NUMBER}) ?(?:% ?)?"
    rf"(?:(?:points? )?(?:on|in|for) (?:the )?(?:[\w-]+ components? of (?:the )?)?)?$"
)
_CANNOT = re.compile(r"\b(?:cannot|can not|unable to|inability to|not able to)\b")
_IN_TIME = re.compile(
    rf"\bin\s+(?:at least \w+ hands?\s+)?(?:in\s+)?(?P<sign><|≤|less than"
    rf"|under) ?(?P<value>{NUMBER}) ?(?P<unit>s(?:econds?)?)\b"
)
_IF_BEHIND = re.compile(r"[^.;\n]{0,140}\bif\b")
_NUMBERED = re.compile(r"\d")
_COMPARED = re.compile(r"[\d<>≤≥=]")
# "or a relapse (BVAS > 0)": what a relapse is, not what is asked for.
_IN_ASIDE = re.compile(r"\bor\b[^.;()]{0,60}\($")
# "UAS7 (range 0-42)": how far a score goes, not what is asked for.
_SCALE = re.compile(r"\((?:score )?range:? ?$")
_OR = re.compile(r"\b(?:and/or|or)\b")
_CLASSES = (
    ("MGFA", "MGFA", re.compile(r"\bmgfa\b[^.;\n]{0,40}?\b(?P<classes>[iv]{1,3}[ab]?(?: ?(?:-|to|~|,|/|or"
                                r"|and) ?(?:class )?[iv]{1,3}[ab]?)*)\b")),
    ("ISN/RPS class", "lupus nephritis", re.compile(
        r"(?<!without )\b(?:class(?:es)?|type|grade) ?(?P<classes>[iv]{1,3}"
        r"(?:(?:, ?| )?(?:-|,|/|and/or|or|and|\+) ?(?:class |type )?[iv]{1,3}\b)*)\b"
        r"(?=[^.;\n]{0,80}(?:nephritis|\bln\b|isn|\bv\b))")),
)  # fmt: skip
_ROMAN = ("i", "ii", "iii", "iv", "v")
_BILAG = re.compile(r"(?P<sign>≥|>=|at least|>) ?(?P<value>\d|one|two|1|2) (?:bilag )?(?:grade )?(?P<grade>[ab])\b"
                    r"|grade (?P<grade2>[ab]) (?:is defined as |in )?"
                    r"(?P<sign2>≥|>=|at least) ?(?P<value2>\d)")  # fmt: skip
_WORDS = {"one": 1.0, "two": 2.0, "three": 3.0}
_SYSTEMS = re.compile(
    r"\b(?:involv\w+|damage) (?:of|in) (?:at least )?(?P<value>one|two|three"
    r"|\d)(?: or more)? (?:[\w-]+ ){0,2}(?:systems?|organs?|sites?)"
)


def limits(statement: Statement) -> Iterator[Criterion]:
    """A row for each number that a statement holds against a subject."""
    if not _NUMBERED.search(statement.text.folded, statement.start, statement.end):
        return
    folded, named = statement.text.folded, list(subjects(statement.text.folded, statement.start, statement.end))
    pending: list[tuple[Subject, int, int]] = []
    found: list[tuple[Subject, int, int, Amount]] = []
    for place, (subject, start, end) in enumerate(named):
        if folded[max(0, start - 8) : start].rstrip(" -").endswith("urinary"):
            continue  # of urine, where the same word is of blood elsewhere
        if subject.name == "serum creatinine" and folded.startswith(" ratio", end):
            continue  # what something is held against, not measured itself
        until = named[place + 1][1] if place + 1 < len(named) else statement.end
        amount = _behind(folded, end, min(until, end + 120)) or _in_front(folded, statement.start, start)
        if amount is None:
            pending.append((subject, start, end))
            continue
        # "ALT, AST <= 2.5 ULN", "alanine aminotransferase (ALT)": one number for what stands together.
        found += [(*one, amount) for one in [*_together(folded, pending, subject, start), (subject, start, end)]]
        pending = []
    yield from _rows(statement, found)


def _behind(folded: str, start: int, end: int) -> Amount | None:
    """The amount behind a subject; a scale that stands between is passed."""
    amount = amount_after(folded, start, end)
    if amount is not None and _SCALE.search(folded, start, amount.start):
        close = folded.find(")", amount.end, end)
        return amount_after(folded, close + 1, end) if close >= 0 else None
    return amount


def _together(
    folded: str, pending: list[tuple[Subject, int, int]], subject: Subject, start: int
) -> list[tuple[Subject, int, int]]:
    """The subjects that lead without a gap to one with a number, other than itself."""
    chain: list[tuple[Subject, int, int]] = []
    for one in reversed(pending):
        if start - one[2] > 12 or _COMPARED.search(folded, one[2], start):
            break
        chain.insert(0, one)
        start = one[1]
    return [one for one in chain if one[0].name != subject.name]


def _in_front(folded: str, low: int, start: int) -> Amount | None:
    before = _BEFORE.search(folded, max(low, start - 60), start)
    return amount_after(folded, before.start(), start) if before else None


def _rows(statement: Statement, found: list[tuple[Subject, int, int, Amount]]) -> Iterator[Criterion]:
    folded, seen = statement.text.folded, set()
    alternatives = _alternatives(statement, found)
    for place, (subject, start, end, amount) in enumerate(found):
        key = (subject.name, amount.start)
        if folded.startswith("times", amount.end) and not amount.unit:
            continue  # of what it was, no number of its own
        is_short_form = folded.startswith(")", end)  # "or aspartate aminotransferase (AST) > 2"
        aside = not is_short_form and _IN_ASIDE.search(folded, max(statement.start, start - 80), start)
        if key in seen or aside or _is_impossible(subject, amount):
            continue
        seen.add(key)
        if subject.kind == "performance" and _CANNOT.search(folded, statement.start, start):
            amount = refused(amount)
        more: dict[str, Any] = range_of(amount, statement.side, subject.unit)
        if subject.kind == "disease_activity" and _IF_BEHIND.match(folded, amount.end, statement.end):
            more |= {"is_conditional": True}
        if alternatives[place] is not None:
            more |= {"alternative_no": alternatives[place], "is_conditional": True}
        yield criterion(statement, min(start, amount.start), max(amount.end, start), subject.kind, "limit",
                        subject=subject.name, subject_family=subject.family, **more)  # fmt: skip


def _alternatives(statement: Statement, found: list[tuple[Subject, int, int, Amount]]) -> list[int | None]:
    """Rows of one statement that "or" parts: each a choice, none a floor; also "score >= 7 or organ involvement".

    What is refused is no choice: of "WBC < 2 or platelets < 50" each keeps out by itself.
    """
    if statement.side == "exclusion":
        return [statement.choice] * len(found)
    if len(found) == 1 and statement.choice is None:
        behind = statement.text.folded[found[0][3].end : statement.end]
        before = statement.text.folded[max(statement.start, found[0][1] - 60) : found[0][1]]
        told = (re.match(r"[^.;()]{0,30}\bor\b", behind) or re.search(r"\bor [^.;,]{0,20}$|\beither\b", before)
                or re.search(r"\bor\b[^.;]{0,60}\($", before))  # fmt: skip
        return [1 if told and found[0][0].kind == "disease_activity" else None]
    numbers: list[int | None] = []
    choice = 1
    parted = False
    for place, one in enumerate(found):
        if place:
            gap = statement.text.folded[found[place - 1][3].end : one[1]] if one[1] > found[place - 1][3].end else ""
            if _OR.search(gap):
                choice, parted = choice + 1, True
        numbers.append(choice)
    return numbers if parted else [statement.choice] * len(found)


def _is_impossible(subject: Subject, amount: Amount) -> bool:
    """Numbers that belong to something else: a percentage beside a score, weeks beside a count."""
    unit = amount.unit or ""
    if subject.kind == "performance" and subject.name == "life expectancy":
        return not re.search(r"week|month|year|day", unit)
    return bool(re.match(r"weeks?|months?|years?|days?", unit)) and subject.name not in ("9-HPT", "T25FW")


def timed_tasks(statement: Statement) -> Iterator[Criterion]:
    """ "cannot complete the 9-hole peg test in < 240 seconds"."""
    folded = statement.text.folded
    if "second" not in statement.words:
        return
    for subject, start, end in subjects(folded, statement.start, statement.end):
        told = _IN_TIME.search(folded, end, min(statement.end, end + 70))
        if subject.name in ("9-HPT", "T25FW") and told:
            amount = amount_after(folded, told.start("sign"), statement.end)
            if amount is not None:
                if _CANNOT.search(folded, statement.start, start):
                    amount = refused(amount)
                yield criterion(statement, start, told.end(), "performance", "task", subject=subject.name,
                                subject_family=subject.family, **range_of(amount, statement.side,
                                subject.unit))  # fmt: skip


def classes(statement: Statement) -> Iterator[Criterion]:
    """Classes of a disease: MGFA II-IV, class III or IV nephritis; and grades of BILAG."""
    folded = statement.text.folded
    words = statement.words
    for subject, family, pattern in _CLASSES:
        if not ("mgfa" in words or "nephritis" in words or "isn" in words or "ln" in words):
            continue
        for told in pattern.finditer(folded, statement.start, statement.end):
            values = _listed(told.group("classes"))
            if values:
                yield criterion(statement, told.start(), told.end(), "disease_class", "class", subject=subject,
                                subject_family=family, class_values=values)  # fmt: skip
    if "bilag" in words:
        for told in _BILAG.finditer(folded, statement.start, statement.end):
            number = told.group("value") or told.group("value2")
            value = _WORDS.get(number) or float_of(number)
            grade = (told.group("grade") or told.group("grade2")).upper()
            yield criterion(statement, told.start(), told.end(), "disease_activity", "bilag", subject="BILAG-2004",
                            subject_family="BILAG", operator=">=", value=value, unit=f"grade {grade}",
                            eligible_min=value,
                            min_inclusive=True, class_values=[grade])  # fmt: skip
    systems = (
        _SYSTEMS.search(folded, statement.start, statement.end) if "involv" in words or "damage" in words else None
    )
    if systems and statement.side == "inclusion":
        value = _WORDS.get(systems.group("value")) or float_of(systems.group("value"))
        yield criterion(statement, systems.start(), systems.end(), "disease_activity", "systems",
        subject="systems involved",
                        operator=">=", value=value, unit="systems", eligible_min=value, min_inclusive=True)  # fmt: skip


def _listed(written: str) -> list[str]:
    """ "II-IV" as II, III, IV; letters stay: IIa-IVa is told by its ends."""
    parts = [
        part
        for part in re.split(r"[^iv ab]+|\b(?:to|or|and|class|type)\b|(?<=[ivab]) (?=[iv])", written)
        if part.strip()
    ]
    names = [part.strip() for part in parts]
    plain = [name.rstrip("ab") for name in names]
    if len(names) == 2 and re.search(r"-|to|~", written) and all(name in _ROMAN for name in plain):
        first, last = (_ROMAN.index(name) for name in plain)
        if names == plain and first < last:
            return [name.upper() for name in _ROMAN[first : last + 1]]
        return [f"{_roman(names[0])}-{_roman(names[1])}"]
    return [_roman(name) for name in names if name.rstrip("ab") in _ROMAN]


def _roman(name: str) -> str:
    letter = name[-1] if name[-1] in "ab" else ""
    return name.rstrip("ab").upper() + letter

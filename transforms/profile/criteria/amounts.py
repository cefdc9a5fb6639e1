"""Numbers of criteria: comparisons and ranges behind a subject, units as written and in UCUM."""

from __future__ import annotations

import re
from typing import NamedTuple

NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_OPERATORS = (
    (">=", r"≥|⩾|>=|≧|=>|= >|> =|at least|no less than|not less than|greater than or equal to|a minimum of|minimum"
           r"|or above"),
    ("<=", r"≤|⩽|<=|≦|=<|= <|< =|at most|no more than|not more than|not exceeding|not exceed|less than or equal to"
           r"|up to|a maximum of"),
    (">", r">|＞|more than|greater than|above|over|higher than|exceeding"),
    ("<", r"<|＜|less than|below|under|lower than|fewer than"),
    ("=", r"="),
)  # fmt: skip
_WORD = "|".join(f"(?P<o{n}>{words})" for n, (_, words) in enumerate(_OPERATORS))
_UNIT = (
    r"[x×*] ?(?:upper limit of normal|uln|the upper limit)(?: \(uln\))?|times (?:the )?(?:upper limit of normal"
    r"|uln)(?: \(uln\))?"
    r"|(?:x|×) ?10 ?\^? ?(?:9|⁹) ?/ ?(?:l|liter)|/ ?(?:μl|µl|ul|mm3|mm\^3)|ml ?/ ?min(?:ute)? ?/ ?1\.73 ?m ?\^?(?:2"
    r"|²)?|ml ?/ ?min(?:ute)?"
    r"|g ?/ ?24 ?h(?:ours?|r)?|g ?/ ?d(?:ay)?|mg ?/ ?g|g ?/ ?g|mg ?/ ?mmol|g ?/ ?dl|g ?/ ?l|mg ?/ ?dl|[μµu]mol ?/ ?l"
    r"|ru ?/ ?ml|iu ?/ ?ml"
    r"|kg ?/ ?m ?\^?(?:2|²)|kg|mg ?/ ?kg ?/ ?d(?:ay)?|mg ?/ ?d(?:ay)?|mg|%|points?|weeks?|months?|years?|days?"
    r"|seconds?|s\b|ms(?:ec)?\b|g\b"
)
_COMPARED = re.compile(
    rf"(?:{_WORD}) ?(?:a (?:score|titer|titre) of "
    rf"|of )?(?P<value>{NUMBER})(?![\d:])\s?\*? ?(?P<unit>{_UNIT})?"
)
_RANGE = re.compile(
    rf"(?:between |from )?(?P<low>{NUMBER}) ?(?P<unit1>{_UNIT})? ?(?:-|~|to"
    rf"|and) ?(?P<high>{NUMBER})(?!\d) ?(?P<unit>{_UNIT})?"
)
_OR_MORE = re.compile(
    rf"(?P<value>{NUMBER}) ?(?P<unit>{_UNIT})? ?(?:or|and) (?P<more>more|higher|above|greater|less"
    rf"|lower|below)"
)
# Between a subject and its number: "score at screening", "(ANC)", "of", ":".
_BETWEEN = re.compile(
    r"(?:[\s:,(™®]|\)|\b(?:percent|percentage|maximum|average|affected|score|scores|level|levels|value|values|count|rate|of|is|are|was|must|be|should|a|an|the"
    r"|total|at(?! least| most)|screening"
    r"|during|period|baseline|having|to|by|excretion|quantification|ratio|defined|as|estimate|estimated|calculated"
    r"|without|hydration"
    r"|assistance|formula|cockcroft|gault|cockcroft-gault|in|indoor|air|status|performance|expected|for|been"
    r"|persistent|total|serum|ecog|its"
    r"|interval|function|concentration|anc|alc|plt|hb|uln|index|using|ckd-epi|who|ps|scale|predicted|hour|24-hour"
    r"|crcl|inr|lvef|bmi|kg"
    r"|disability|range|lupus|nephritis|ai|egfr|cg|epi|ckd|mdrd|score\)|spo2|qmg|\(?sle\)?|rest|adjusted|hemoglobin"
    r"|dlco"
    r"|fvc|ppfvc)\b|[-/]|\[|\])*"
)

UCUM = {
    "%": "%", "point": "{score}", "points": "{score}", "kg": "kg", "kg/m2": "kg/m2", "g/l": "g/L", "g/dl": "g/dL",
    "mg/dl": "mg/dL",
    "umol/l": "umol/L", "ml/min": "mL/min", "ml/min/1.73m2": "mL/min/{1.73_m2}", "10^9/l": "10*9/L", "/ul": "/uL",
    "g/d": "g/d",
    "mg/d": "mg/d", "mg/g": "mg/g", "g/g": "g/g", "xuln": "[ULN]", "week": "wk", "month": "mo", "year": "a",
    "day": "d", "s": "s",
    "ms": "ms", "mg/kg/d": "mg/kg/d", "ru/ml": "[RU]/mL", "iu/ml": "[iU]/mL", "mg": "mg", "g": "g",
    "mg/mmol": "mg/mmol",
}  # fmt: skip


class Amount(NamedTuple):
    """One or two bounds; offsets are those of the text it was read from."""

    operator: str
    value: float
    low: float | None
    low_inclusive: bool | None
    high: float | None
    high_inclusive: bool | None
    unit: str | None
    start: int
    end: int


def amount_after(folded: str, start: int, end: int) -> Amount | None:
    """The comparison or range that follows a subject within folded[start:end]."""
    between = _BETWEEN.match(folded, start, end)
    at = between.end() if between else start
    first = _COMPARED.match(folded, at, end)
    if first:
        return _with_second(folded, first, end)
    ranged = _RANGE.match(folded, at, end)
    if ranged and float_of(ranged.group("low")) < float_of(ranged.group("high")):
        low, high = float_of(ranged.group("low")), float_of(ranged.group("high"))
        unit = ranged.group("unit") or ranged.group("unit1")
        return Amount(">=", low, low, True, high, True, unit, ranged.start(), ranged.end())
    more = _OR_MORE.match(folded, at, end)
    if more:
        value, upward = float_of(more.group("value")), more.group("more") in ("more", "higher", "above", "greater")
        return _bound(">=" if upward else "<=", value, more.group("unit"), more.start(), more.end())
    return None


def _with_second(folded: str, first: re.Match[str], end: int) -> Amount:
    one = _bound(_operator(first), float_of(first.group("value")), first.group("unit"), first.start(), first.end())
    joined = re.compile(r"\s?(?:,|and|but|to|&)?\s?").match(folded, first.end(), end)
    second = _COMPARED.match(folded, joined.end() if joined else first.end(), end)
    if second is None:
        return one
    other = _bound(
        _operator(second), float_of(second.group("value")), second.group("unit"), second.start(), second.end()
    )
    if (one.low is None) == (other.low is None) or (
        one.unit and other.unit and canonical(one.unit) != canonical(other.unit)
    ):
        return one
    lower, upper = (one, other) if one.low is not None else (other, one)
    return Amount(one.operator, one.value, lower.low, lower.low_inclusive, upper.high, upper.high_inclusive,
                  one.unit or other.unit, one.start, other.end)  # fmt: skip


def _bound(operator: str, value: float, unit: str | None, start: int, end: int) -> Amount:
    if operator in (">=", ">"):
        return Amount(operator, value, value, operator == ">=", None, None, unit, start, end)
    if operator in ("<=", "<"):
        return Amount(operator, value, None, None, value, operator == "<=", unit, start, end)
    return Amount(operator, value, value, True, value, True, unit, start, end)


def _operator(match: re.Match[str]) -> str:
    return next(name for n, (name, _) in enumerate(_OPERATORS) if match.group(f"o{n}"))


def float_of(written: str) -> float:
    return float(written.replace(",", ""))


def refused(amount: Amount) -> Amount:
    """The range that may enter where the amount is one that may not: "ANC < 1" leaves 1 and more."""
    if amount.low is not None and amount.high is not None:
        return amount._replace(low=None, high=None, low_inclusive=None, high_inclusive=None)
    if amount.low is not None:
        return amount._replace(low=None, low_inclusive=None, high=amount.low, high_inclusive=not amount.low_inclusive)
    return amount._replace(high=None, high_inclusive=None, low=amount.high, low_inclusive=not amount.high_inclusive)


def canonical(unit: str | None) -> str | None:
    """The unit in UCUM; None where it has none there."""
    if unit is None:
        return None
    plain = (
        re.sub(r"[\s^]", "", unit)
        .replace("²", "2")
        .replace("⁹", "9")
        .replace("×", "x")
        .replace("μ", "u")
        .replace("µ", "u")
    )
    if "uln" in plain or "upperlimit" in plain:
        return UCUM["xuln"]
    for name, shape in (("10^9/l", r"x109/l.*"), ("ml/min/1.73m2", r"ml/min(?:ute)?/1\.73m2?"), ("ml/min",
    r"ml/min(?:ute)?"),
                        ("/ul", r"/(?:ul|mm3)"), ("g/d", r"g/(?:24h.*|d|day)"), ("mg/d", r"mg/d(?:ay)?"),
                        ("mg/kg/d", r"mg/kg/d(?:ay)?"), ("ms", r"ms(?:ec)?"), ("s", r"s(?:econds?)?")):  # fmt: skip
        if re.fullmatch(shape, plain):
            return UCUM[name]
    return UCUM.get(plain) or UCUM.get(plain.removesuffix("s"))

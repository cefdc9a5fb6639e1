"""One row of trial_criteria in the making, and where its words stand."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from transforms.profile.criteria.amounts import Amount, canonical, refused
from transforms.profile.criteria.statements import Statement

UNTOLD: dict[str, Any] = {
    "subject": None, "subject_family": None, "subject_class": None, "operator": None, "value": None, "unit": None,
    "eligible_min": None, "min_inclusive": None, "eligible_max": None, "max_inclusive": None, "unit_canonical": None,
    "class_values": None, "days": None, "days_operator": None, "half_lives": None, "days_rule": None,
    "relative_to": None,
    "is_lifetime": None, "sex": None, "diseases": None, "exception_text": None,
}  # fmt: skip
# A value that holds only for some: "for subjects with Gilbert's syndrome, AST <= 5 ULN", "if ...".
_CONDITION = re.compile(
    r"\b(?:moderate|high|low|intermediate)-? ?risk\b|\b(?:if|in case of|unless|when|where)\b"
    r"|\bfor (?:those|subjects|patients|participants) (?:with|who)\b"
)
_EXCEPTION = re.compile(
    r"\b(?:except(?:ions?)?(?: for| that| in)?|unless|other than|excluding"
    r"|with the exception of)\b[^;\n]{3,200}"
)


class Criterion(NamedTuple):
    """A row without its numbers, the statement it is read from and the words that tell it."""

    statement: Statement
    start: int
    end: int
    values: dict[str, Any]
    rule_id: str


def criterion(statement: Statement, start: int, end: int, kind: str, rule: str, **values: Any) -> Criterion:
    """A criterion of `kind` told by text.folded[start:end]; `values` are columns."""
    condition = _CONDITION.search(statement.text.folded, max(statement.start, start - 80), start)
    exception = _EXCEPTION.search(statement.text.folded, end, statement.end)
    told = {
        **UNTOLD, "item_no": statement.item_no, "alternative_no": statement.choice, "side": statement.side,
        "kind": kind,
        "cohorts": list(statement.cohorts) or None,
        "exception_text": given(statement, exception.start(), exception.end()) if exception else None,
        "is_conditional": bool(condition) or statement.choice is not None, **values,
    }  # fmt: skip
    return Criterion(statement, start, end, told, f"criterion.{rule}")


def given(statement: Statement, start: int, end: int) -> str:
    """The record's own words of folded[start:end]."""
    text = statement.text
    return text.text[text.start + start : text.start + end].strip()


def range_of(amount: Amount, side: str, unit: str | None) -> dict[str, Any]:
    """The columns of an amount: as written, and the range that may enter, whichever side said it."""
    eligible = refused(amount) if side == "exclusion" else amount
    return {
        "operator": amount.operator, "value": amount.value, "unit": amount.unit.strip() if amount.unit else None,
        "eligible_min": eligible.low, "min_inclusive": eligible.low_inclusive, "eligible_max": eligible.high,
        "max_inclusive": eligible.high_inclusive, "unit_canonical": canonical(amount.unit or unit),
    }  # fmt: skip

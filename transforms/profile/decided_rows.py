"""Reviewers' decisions on rows of endpoints, criteria and conditioning: which row, and what it says.

    trial_criteria[washout rituximab]          days=168; relative_to=leukapheresis
    trial_endpoints[primary DORIS remission]   times_months=6
    trial_conditioning[fludarabine]            (empty: there is none)

A row is named by what it is about, never by its number. What is decided takes the place of all rows of that name;
columns that are not named keep what the first of them said. An empty value says that there is no such row.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from transforms.profile.criteria.row import UNTOLD
from transforms.profile.criteria.words import drug_named
from transforms.profile.endpoints.concepts import catalogue as concepts
from transforms.profile.endpoints.timing import visit
from transforms.profile.reading.findings import Finding
from warehouse.columns import BOOLEAN, FLOAT, FLOATS, INTEGER, Column, Table
from warehouse.tables.field import CRITERION_KINDS, OUTCOME_TYPES, TRIAL_CONDITIONING, TRIAL_CRITERIA, TRIAL_ENDPOINTS

Rows = dict[str, list[dict[str, Any]]]
NAME = re.compile(r"(?P<table>trial_\w+)\[(?P<name>[^\]]+)\]")


class Kind(NamedTuple):
    """A table whose rows are decided: its number, what names a row (the first of a closed list), what a new row has."""

    table: Table
    number: str
    named_by: tuple[str, ...]
    first: tuple[str, ...]
    blank: Mapping[str, Any]


_ENDPOINT = {"outcome_no": 0, "role": "measured"}
_AGENT = {"regimen_no": 1, "role": "lymphodepleting", "requirement": "required"}
_CRITERION = {**UNTOLD, "item_no": 1, "side": "inclusion", "is_conditional": False}
KINDS = {
    kind.table.name: kind
    for kind in (
        Kind(TRIAL_ENDPOINTS, "endpoint_no", ("outcome_type", "concept"), OUTCOME_TYPES, _ENDPOINT),
        Kind(TRIAL_CRITERIA, "criterion_no", ("kind", "subject"), CRITERION_KINDS, _CRITERION),
        Kind(TRIAL_CONDITIONING, "conditioning_no", ("agent",), (), _AGENT),
    )
}


class Named(NamedTuple):
    """The rows that a decision is about."""

    kind: Kind
    values: tuple[str, ...]

    def holds(self, row: Mapping[str, Any]) -> bool:
        said = [row.get(column) for column in self.kind.named_by]
        return [str(one or "").casefold() for one in said[: len(self.values)]] == [v.casefold() for v in self.values]


class Refused(ValueError):
    """What is wrong with a decision; the message says what is expected."""


def is_of_rows(attribute: str) -> bool:
    return attribute.partition("[")[0] in KINDS


def named_rows(attribute: str) -> Named:
    """The rows that an attribute names. Raises Refused."""
    found = NAME.fullmatch(attribute)
    if found is None:
        raise Refused(f"{attribute!r} names no row; write trial_criteria[washout rituximab] or the like")
    kind = KINDS[found["table"]]
    parts = found["name"].split(maxsplit=1) if kind.first else [found["name"]]
    if kind.first and parts[0] not in kind.first:
        raise Refused(f"{parts[0]!r} in {attribute} is none of {', '.join(kind.first)}")
    if kind.table is TRIAL_ENDPOINTS and len(parts) < len(kind.named_by):
        raise Refused(f"{attribute} names no concept; write trial_endpoints[primary DORIS remission] or the like")
    named = Named(kind, tuple(part.strip() for part in parts))
    if kind.table is TRIAL_ENDPOINTS and named.values[1] not in concepts():
        near = _nearest(named.values[1])
        raise Refused(f"no concept is called {named.values[1]!r}; instruments.csv lists them: {', '.join(near)} ...")
    return named


def _nearest(concept: str) -> list[str]:
    """Concepts that hold the word, else those spelled most like it."""
    holding = [name for name in concepts() if concept.casefold() in name.casefold()]
    return holding[:3] or difflib.get_close_matches(concept, concepts(), 3, 0.4)


def columns_told(kind: Kind, value: str) -> dict[str, Any]:
    """What a decision says of a row: "days=168; relative_to=infusion". Raises Refused."""
    told: dict[str, Any] = {}
    able = [column.name for column in kind.table.columns if column.name not in ("nct_id", kind.number, *kind.named_by)]
    for part in filter(None, (part.strip() for part in value.split(";"))):
        name, is_told, said = (one.strip() for one in part.partition("="))
        if not is_told or name not in able:
            raise Refused(f"{part!r} is no column=value; the columns are {', '.join(able)}")
        told[name] = _typed(kind.table.column(name), said)
    return told


def decide(rows: Rows, attribute: str, value: str) -> Rows:
    """`rows` with a decision in place."""
    named = named_rows(attribute)
    kind, name = named.kind, named.kind.table.name
    before = rows.get(name, [])
    gone = [row for row in before if named.holds(row)]
    kept = [row for row in before if not named.holds(row)]
    if value:
        number = gone[0][kind.number] if gone else max((row[kind.number] for row in before), default=0) + 1
        row = {**dict.fromkeys(_names(kind)), **(gone[0] if gone else _new(named)), **columns_told(kind, value)}
        row = {**_following(kind, row), kind.number: number}
        if kind.table is TRIAL_ENDPOINTS:
            row["outcome_no"] = _outcome_of(row, before)
            if row["outcome_no"] is None:
                return rows  # a trial that registers no outcome has no endpoint
        kept = sorted([*kept, row], key=lambda row: int(row[kind.number]))
    return {**rows, name: kept}


def _outcome_of(row: dict[str, Any], before: Sequence[dict[str, Any]]) -> int | None:
    """The outcome that a decided endpoint belongs to: as decided, else the first of its type; None where none is."""
    known = {other["outcome_no"]: other["outcome_type"] for other in before}
    if row["outcome_no"] in known:
        return int(row["outcome_no"])
    return min(
        (number for number, kind in known.items() if kind == row["outcome_type"]), default=min(known, default=None)
    )


def findings(rows: Rows, attribute: str, stated_in: str) -> Iterator[Finding]:
    """Why the decided row stands, or that none does."""
    named = named_rows(attribute)
    table, said = named.kind.table.name, " ".join(named.values)
    numbers = [row[named.kind.number] for row in rows.get(table, []) if named.holds(row)]
    for number in numbers or [None]:
        yield Finding(attribute, said if number else "not stated", "override", f"override.{table}",
                      item_table=table, item_no=number, stated_in=stated_in)  # fmt: skip


def without_words(evidence: Sequence[dict[str, Any]], rows: Rows, attributes: Sequence[str]) -> list[dict[str, Any]]:
    """`evidence` without that of rows that decisions took away or replaced."""
    standing = {
        (name, row[kind.number])
        for name, kind in KINDS.items()
        for row in rows.get(name, [])
        if not any(named_rows(one).kind is kind and named_rows(one).holds(row) for one in attributes)
    }
    return [row for row in evidence
            if row["item_table"] not in KINDS or (row["item_table"], row["item_no"]) in standing]  # fmt: skip


# ---- one row ----


def _names(kind: Kind) -> list[str]:
    return [column.name for column in kind.table.columns if column.name != "nct_id"]


def _new(named: Named) -> dict[str, Any]:
    row = {**named.kind.blank, **dict(zip(named.kind.named_by, named.values, strict=False))}
    concept = concepts().get(str(row.get("concept")))
    if concept is not None:
        row |= {"domain": concept.domain, "coa_type": concept.coa_type, "instrument": concept.instrument}
    if row.get("kind") == "washout":
        row["side"] = "exclusion"
        drug = drug_named(str(row.get("subject") or ""))
        if drug:
            row |= {"subject": drug.name, "subject_class": drug.classes[0], "subject_family": drug.classes[-1]}
    return row


def _following(kind: Kind, row: dict[str, Any]) -> dict[str, Any]:
    """A row with what follows from what it says."""
    if kind.table is TRIAL_ENDPOINTS:
        times = sorted(row["times_months"] or ())
        row |= {"times_months": times or None, "visit_month": visit(times[-1]) if times else None}
    if kind.table is TRIAL_CRITERIA and row["days"] is not None and row["days_operator"] is None:
        row["days_operator"] = ">="
    return row


def _typed(column: Column, said: str) -> Any:
    """A value as the column has it. Raises Refused."""
    if not said:
        if not column.nullable:
            raise Refused(f"{column.name} cannot be empty")
        return None
    if column.is_list:
        parts = [part.strip() for part in said.split("/") if part.strip()]
        return [_number(column, part) for part in parts] if column.type == FLOATS else parts
    if column.words and said not in column.words:
        raise Refused(f"{column.name} {said!r} is none of {', '.join(column.words)}")
    if column.type == BOOLEAN:
        if said.lower() not in ("true", "false"):
            raise Refused(f"{column.name} is true or false, not {said!r}")
        return said.lower() == "true"
    if column.type in (INTEGER, FLOAT):
        number = _number(column, said)
        return int(number) if column.type == INTEGER else number
    return said


def _number(column: Column, said: str) -> float:
    try:
        number = float(said)
    except ValueError:
        raise Refused(f"{column.name} is a number, not {said!r}") from None
    least = -float("inf") if column.minimum is None else column.minimum
    if not isfinite(number) or number < least or (column.type == INTEGER and number != int(number)):
        raise Refused(f"{column.name} cannot be {said}")
    return number

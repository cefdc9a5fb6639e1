"""Reviewers' decisions: overrides.csv with nct_id, attribute, value, who, when, reason.

A decision wins over every rule, and is evidence of its own kind. A list attribute takes its values
joined by "/"; an empty value says "not stated".
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from transforms.profile.findings import Finding
from transforms.profile.study import StudyProfile, evidence, rule_version
from transforms.profile.vocabulary import VocabularyError
from warehouse.columns import BOOLEAN, FLOAT, Column
from warehouse.tables.profiles import CAR_T_PROFILES
from warehouse.tables.registrations import NCT_PATTERN, SCOPES, TRIALS

COLUMNS = ("nct_id", "attribute", "value", "who", "when", "reason")
OF_TRIAL = ("scope", "scope_reason", "diseases", "is_basket", "sponsor_canonical", "sponsor_type",
            "industry_involved")  # fmt: skip
OF_PROFILE = tuple(
    column.name for column in CAR_T_PROFILES.columns if column.name not in ("nct_id", "rule_version", "products")
)
# What the only product of a trial takes over from a decision on the trial.
OF_PRODUCT = ("target_antigens", "cell_type", "cell_source")
REVIEWED = "reviewed"  # the reason of a scope that a reviewer decided without giving a code


@dataclass(frozen=True, slots=True)
class Override:
    """One line of overrides.csv."""

    nct_id: str
    attribute: str
    value: str
    who: str
    when: date
    reason: str
    line: int = 0

    @property
    def stated_in(self) -> str:
        return f"{self.who}, {self.when.isoformat()}: {self.reason}"


def load_overrides(path: Path | str) -> dict[str, list[Override]]:
    """Decisions by trial, in the order of the file; {} where there is no file.

    Raises VocabularyError naming the line: put the line right and try again.
    """
    path = Path(path)
    if not path.exists():
        return {}
    found: dict[str, list[Override]] = {}
    decided: dict[tuple[str, str], int] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise VocabularyError(path, 1, f"add the column {missing[0]!r}")
        for cells in reader:
            if not any((cell or "").strip() for cell in cells.values() if isinstance(cell, str)):
                continue
            override = _override(path, reader.line_num, cells)
            key = (override.nct_id, override.attribute)
            if key in decided:
                problem = f"{override.attribute} of {override.nct_id} is decided on line {decided[key]} already"
                raise VocabularyError(path, override.line, f"{problem}; keep one")
            decided[key] = override.line
            found.setdefault(override.nct_id, []).append(override)
    return found


def apply_overrides(profile: StudyProfile, overrides: Sequence[Override]) -> StudyProfile:
    """`profile` with the decisions of its trial in place, each with its evidence.

    A trial decided to be out of scope loses its profile; one decided to be in scope that the rules
    left out gets a profile with what was decided.
    """
    for override in overrides:
        profile = _applied(profile, override)
    if not overrides:
        return profile
    findings = [
        Finding(o.attribute, value, "override", f"override.{o.attribute}", stated_in=o.stated_in)
        for o in overrides
        for value in _parts(o)
    ]
    return replace(profile, rows=_with_evidence(profile, overrides, findings))


# ---- one decision ----


def _applied(profile: StudyProfile, override: Override) -> StudyProfile:
    if override.attribute == "scope":
        return _rescoped(profile, override.value)
    value = _typed(_column(override.attribute), override.value)
    if override.attribute in OF_TRIAL:
        changed = replace(profile, trial={**profile.trial, override.attribute: value})
        return replace(changed, scope_reason=str(value)) if override.attribute == "scope_reason" else changed
    rows = dict(profile.rows)
    rows["car_t_profiles"] = [{**row, override.attribute: value} for row in rows.get("car_t_profiles", [])]
    products = rows.get("car_t_products", [])
    if override.attribute in OF_PRODUCT and len(products) == 1:
        rows["car_t_products"] = [{**products[0], override.attribute: value}]
    return replace(profile, rows=rows)


def _rescoped(profile: StudyProfile, scope: str) -> StudyProfile:
    if scope == profile.scope:
        return profile
    rows = dict(profile.rows)
    if scope == "out_of_scope":
        for name in ("car_t_products", "trial_doses", "car_t_profiles"):
            rows[name] = []
    elif not rows.get("car_t_profiles"):
        empty: dict[str, Any] = {c.name: [] for c in CAR_T_PROFILES.columns if c.is_list and not c.nullable}
        rows["car_t_profiles"] = [{**empty, "rule_version": rule_version()}]
    trial = {**profile.trial, "scope": scope, "scope_reason": REVIEWED}
    return replace(profile, scope=scope, scope_reason=REVIEWED, trial=trial, rows=rows)


def _with_evidence(
    profile: StudyProfile, overrides: Sequence[Override], findings: list[Finding]
) -> dict[str, list[dict[str, Any]]]:
    """Rows with the evidence of overridden values taken out and that of the decisions put in front."""
    decided = {override.attribute for override in overrides}
    kept = [
        row for row in profile.rows.get("car_t_evidence", [])
        if not (row["attribute"] in decided and (row["product_no"] is None or row["attribute"] in OF_PRODUCT))
        and not (profile.scope == "out_of_scope" and row["attribute"] not in OF_TRIAL)
    ]  # fmt: skip
    rows = [*evidence(findings), *kept]
    return {**profile.rows, "car_t_evidence": [{**row, "evidence_no": no} for no, row in enumerate(rows, 1)]}


def _column(attribute: str) -> Column:
    return (TRIALS if attribute in OF_TRIAL else CAR_T_PROFILES).column(attribute)


def _parts(override: Override) -> list[str]:
    if override.attribute != "scope" and _column(override.attribute).is_list:
        return [part.strip() for part in override.value.split("/") if part.strip()] or ["not stated"]
    return [override.value or "not stated"]


def _typed(column: Column, value: str) -> Any:
    if column.is_list:
        parts = [part.strip() for part in value.split("/") if part.strip()]
        return sorted(parts) if parts else (None if column.nullable else [])
    if not value:
        return None
    if column.type == BOOLEAN:
        return value.lower() == "true"
    return float(value) if column.type == FLOAT else value


# ---- one line ----


def _override(path: Path, line: int, cells: dict[str, Any]) -> Override:
    told = {name: (cells.get(name) or "").strip() for name in COLUMNS}
    if not re.match(NCT_PATTERN, told["nct_id"]):
        raise VocabularyError(path, line, f"{told['nct_id']!r} is no NCT number")
    if told["attribute"] not in (*OF_TRIAL, *OF_PROFILE):
        known = ", ".join((*OF_TRIAL, *OF_PROFILE))
        raise VocabularyError(path, line, f"the attribute {told['attribute']!r} is none of {known}")
    if not told["who"] or not told["reason"]:
        raise VocabularyError(path, line, "say who decided and why")
    try:
        when = date.fromisoformat(told["when"])
    except ValueError:
        raise VocabularyError(path, line, f"the date {told['when']!r} is not YYYY-MM-DD") from None
    _check_value(path, line, told["attribute"], told["value"])
    return Override(told["nct_id"], told["attribute"], told["value"], told["who"], when, told["reason"], line)


def _check_value(path: Path, line: int, attribute: str, value: str) -> None:
    column = _column(attribute)
    words = SCOPES if attribute == "scope" else column.words
    parts = [part.strip() for part in value.split("/") if part.strip()] if column.is_list else [value]
    for part in parts:
        if words and part and part not in words:
            raise VocabularyError(path, line, f"{attribute} {part!r} is none of {', '.join(words)}")
    if attribute == "scope" and not value:
        raise VocabularyError(path, line, "a scope cannot be empty")
    if column.type == BOOLEAN and value.lower() not in ("true", "false", ""):
        raise VocabularyError(path, line, f"{attribute} is true or false, not {value!r}")
    if column.type == FLOAT and value:
        try:
            float(value)
        except ValueError:
            raise VocabularyError(path, line, f"{attribute} is a number, not {value!r}") from None

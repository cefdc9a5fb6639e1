"""Reviewers' decisions: overrides.csv with nct_id, attribute, value, who, when, reason.

A decision wins over every rule, and is evidence of its own kind. A list attribute takes its values
joined by "/"; an empty value says "not stated"; rows of endpoints, criteria and conditioning are decided by
what they are about (`transforms.profile.decided_rows`). What follows from a decided value follows it: a trial's
targets from its products', diseases from their forms, the comparator from the comparators.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from sys import float_info
from typing import Any

from msgspec.structs import replace

from transforms.profile import decided_rows
from transforms.profile.evidence import evidence
from transforms.profile.reading.findings import Finding
from transforms.profile.reading.vocabulary import VocabularyError
from transforms.profile.study import SEVERAL, Rows, StudyProfile, profile_inside
from transforms.profile.trial.diseases import ancestors, catalogue, disease_row
from transforms.written import NotReadable, read_text
from warehouse.columns import BOOLEAN, FLOAT, INTEGER, Column
from warehouse.tables.profiles import CAR_T_PRODUCTS, CAR_T_PROFILES, COMPARATORS, PRODUCT_ATTRIBUTES
from warehouse.tables.registrations import NCT_PATTERN, REVIEWER, SCOPES, TRIALS

COLUMNS = ("nct_id", "attribute", "value", "who", "when", "reason")
OF_TRIAL = ("scope", "scope_reason", "diseases", "is_basket", "sponsor_canonical", "sponsor_type",
            "industry_involved")  # fmt: skip
# Decided for every product of the trial; the columns of car_t_profiles follow from the products.
OF_PRODUCT = PRODUCT_ATTRIBUTES
FOLLOWS_FROM = {"comparator": "comparators", "constructs": "construct"}
OF_PROFILE = tuple(
    column.name for column in CAR_T_PROFILES.columns
    if column.name not in ("nct_id", "rule_version", "products", *OF_PRODUCT, *FOLLOWS_FROM)
)  # fmt: skip
NOT_STATED = "not stated"
DOMAINS = "primary_endpoint_domains"
GREATEST = 2**31 - 1  # that a column of integers holds
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
    """Decisions by trial, in the order of the file.

    Raises VocabularyError naming the line: put the line right and try again. A file that is not there is an
    error too: without it every decision would be undone unnoticed.
    """
    path = Path(path)
    if not path.exists():
        raise VocabularyError(path, 0, f"there is no such file at {path}; put it back, or unset CARTRIALS_OVERRIDES")
    found: dict[str, list[Override]] = {}
    decided: dict[tuple[str, str], int] = {}
    for line, cells in _lines(path):
        override = _override(path, line, cells)
        key = (override.nct_id, override.attribute)
        if key in decided:
            problem = f"{override.attribute} of {override.nct_id} is decided on line {decided[key]} already"
            raise VocabularyError(path, override.line, f"{problem}; keep one")
        decided[key] = override.line
        found.setdefault(override.nct_id, []).append(override)
    return found


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Lines of the file that say anything, by their number. Raises VocabularyError."""
    try:
        reader = csv.DictReader(StringIO(read_text(path), newline=""))
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
        if missing:
            raise VocabularyError(path, 1, f"add the column {missing[0]!r}")
        for cells in reader:
            if any((cell or "").strip() for cell in cells.values() if isinstance(cell, str)):
                yield reader.line_num, cells
    except NotReadable as error:
        raise VocabularyError(path, error.line, error.problem) from None
    except csv.Error as error:
        raise VocabularyError(path, 1, f"is not CSV that can be read: {error}") from None


def profile_decided(study: Mapping[str, Any], overrides: Sequence[Override], profile: StudyProfile) -> StudyProfile:
    """The profile of a study with the decisions on its trial.

    `profile` is what the rules make of the study. A trial decided to be in scope that they left out is
    read as one in scope before the other decisions count.
    """
    scopes = [override.value for override in overrides if override.attribute == "scope"]
    if scopes and scopes[0] != "out_of_scope" and profile.scope == "out_of_scope":
        profile = profile_inside(study, scopes[0], REVIEWED)
    return apply_overrides(profile, overrides)


def apply_overrides(profile: StudyProfile, overrides: Sequence[Override]) -> StudyProfile:
    """`profile` with the decisions of its trial in place, each with its evidence, and what follows from them.

    A trial decided to be out of scope loses its profile, whatever else is decided.
    """
    if not overrides:
        return profile
    for override in overrides:
        profile = _applied(profile, override)
    profile = replace(profile, rows=_settled(profile.rows))
    if _decides_domains(overrides):
        profile = replace(profile, rows=_of_endpoints(profile.rows))
    return replace(profile, rows=_with_evidence(profile, overrides))


def _decides_domains(overrides: Sequence[Override]) -> Override | None:
    """The decision on endpoints from which it follows what primary ones are about; None where that is decided."""
    told = [override for override in overrides if override.attribute.startswith("trial_endpoints")]
    return told[0] if told and not any(override.attribute == DOMAINS for override in overrides) else None


# ---- one decision ----


def _applied(profile: StudyProfile, override: Override) -> StudyProfile:
    attribute = override.attribute
    if attribute == "scope":
        return _rescoped(profile, override.value)
    if decided_rows.is_of_rows(attribute):
        if profile.scope == "out_of_scope":
            return profile
        return replace(profile, rows=decided_rows.decide(profile.rows, attribute, override.value))
    value = _typed(_column(attribute), override.value)
    if attribute in OF_TRIAL:
        changed = replace(profile, trial={**profile.trial, attribute: value})
        if attribute == "diseases":
            return _of_diseases(changed, value or [])
        return replace(changed, scope_reason=str(value)) if attribute == "scope_reason" else changed
    name = "car_t_products" if attribute in OF_PRODUCT else "car_t_profiles"
    rows = [{**row, attribute: value} for row in profile.rows.get(name, [])]
    return replace(profile, rows={**profile.rows, name: rows})


def _of_diseases(profile: StudyProfile, decided: Sequence[str]) -> StudyProfile:
    """The rows of trial_diseases: those decided, and the diseases that they are forms of."""
    names = sorted({name for label in decided for name in (label, *ancestors(label))})
    said = {row["disease"]: row for row in profile.rows.get("trial_diseases", [])}
    rows = [said.get(name) or disease_row(name, REVIEWER) for name in names]
    return replace(profile, trial={**profile.trial, "diseases": names}, rows={**profile.rows, "trial_diseases": rows})


def _rescoped(profile: StudyProfile, scope: str) -> StudyProfile:
    if scope == profile.scope:
        return profile
    rows = dict(profile.rows)
    if scope == "out_of_scope":
        for name in (
            "car_t_products",
            "trial_doses",
            "car_t_profiles",
            "trial_arm_interventions",
            "trial_endpoints",
            "trial_criteria",
            "trial_conditioning",
        ):
            rows[name] = []
    trial = {**profile.trial, "scope": scope, "scope_reason": REVIEWED}
    return replace(profile, scope=scope, scope_reason=REVIEWED, trial=trial, rows=rows)


def _settled(rows: Rows) -> Rows:
    """`rows` with the columns of car_t_profiles that follow from its products and from other columns."""
    products = rows.get("car_t_products", [])
    profiles = []
    for row in rows.get("car_t_profiles", []):
        told = row.get("comparators")
        row = row | {
            "target_antigens": sorted({antigen for product in products for antigen in product["target_antigens"]}),
            "constructs": sorted({product["construct"] for product in products if product["construct"]}),
            "comparator": min(told, key=COMPARATORS.index) if told else None,
        }
        for name in ("cell_type", "cell_source"):
            values = {product[name] for product in products if product[name]}
            row[name] = SEVERAL if len(values) > 1 else next(iter(values), None)
        profiles.append(row)
    return {**rows, "car_t_profiles": profiles}


def _of_endpoints(rows: Rows) -> Rows:
    """`rows` with what primary endpoints are about, after decisions on them."""
    primary = [row for row in rows.get("trial_endpoints", []) if row["outcome_type"] == "primary"]
    domains = sorted({row["domain"] for row in primary if row["role"] == "measured"} - {None}) or None
    return {**rows, "car_t_profiles": [row | {DOMAINS: domains} for row in rows.get("car_t_profiles", [])]}


def _with_evidence(profile: StudyProfile, overrides: Sequence[Override]) -> Rows:
    """Rows with the evidence of overridden values taken out and that of the decisions put in front."""
    gone = {override.attribute for override in overrides}
    if _decides_domains(overrides):
        gone.add(DOMAINS)
    of_rows = [attribute for attribute in gone if decided_rows.is_of_rows(attribute)]
    if "comparators" in gone:
        gone.add("comparator")
    is_out = profile.scope == "out_of_scope"
    told = decided_rows.without_words(profile.rows.get("car_t_evidence", []), profile.rows, of_rows)
    kept = [
        row for row in told
        if row["attribute"] not in gone and not (is_out and row["attribute"] not in OF_TRIAL)
    ]  # fmt: skip
    rows = [*evidence(_findings(profile, overrides)), *kept]
    return {**profile.rows, "car_t_evidence": [{**row, "evidence_no": no} for no, row in enumerate(rows, 1)]}


def _findings(profile: StudyProfile, overrides: Sequence[Override]) -> Iterator[Finding]:
    """Why each decided value stands: for a product's value once a product."""
    domains = _decides_domains(overrides)
    for row in profile.rows.get("car_t_profiles", []) if domains else ():
        yield from (_finding(domains, DOMAINS, one, None) for one in row[DOMAINS] or () if domains)
    products: list[int | None] = [row["product_no"] for row in profile.rows.get("car_t_products", [])]
    for override in overrides:
        if profile.scope == "out_of_scope" and override.attribute not in OF_TRIAL:
            continue
        if decided_rows.is_of_rows(override.attribute):
            yield from decided_rows.findings(profile.rows, override.attribute, override.stated_in)
            continue
        for number in products if override.attribute in OF_PRODUCT else [None]:
            for value in _parts(override):
                yield _finding(override, override.attribute, value, number)
        if override.attribute == "comparators":
            for row in profile.rows.get("car_t_profiles", []):
                if row["comparator"]:
                    yield _finding(override, "comparator", row["comparator"], None)


def _finding(override: Override, attribute: str, value: str, product_no: int | None) -> Finding:
    rule_id = f"override.{override.attribute}"
    return Finding(attribute, value, "override", rule_id, product_no=product_no, stated_in=override.stated_in)


def _column(attribute: str) -> Column:
    table = TRIALS if attribute in OF_TRIAL else CAR_T_PRODUCTS if attribute in OF_PRODUCT else CAR_T_PROFILES
    return table.column(attribute)


def _parts(override: Override) -> list[str]:
    """The values that evidence names, as the tables write them."""
    if override.attribute == "scope" or not _column(override.attribute).is_list:
        return [override.value or NOT_STATED]
    values = _typed(_column(override.attribute), override.value) or [NOT_STATED]
    if override.attribute == "diseases":
        values = sorted({name for label in values if label != NOT_STATED for name in (label, *ancestors(label))})
    return values or [NOT_STATED]


def _typed(column: Column, value: str) -> Any:
    if column.is_list:
        parts = [part.strip() for part in value.split("/") if part.strip()]
        return sorted(parts) if parts else (None if column.nullable else [])
    if not value:
        return None
    if column.type == BOOLEAN:
        return value.lower() == "true"
    if column.type == INTEGER:
        return int(float(value))
    return float(value) if column.type == FLOAT else value


# ---- one line ----


def _override(path: Path, line: int, cells: dict[str, Any]) -> Override:
    told = {name: (cells.get(name) or "").strip() for name in COLUMNS}
    if not re.match(NCT_PATTERN, told["nct_id"]):
        raise VocabularyError(path, line, f"{told['nct_id']!r} is no NCT number")
    if told["attribute"] in FOLLOWS_FROM:
        decided = FOLLOWS_FROM[told["attribute"]]
        raise VocabularyError(path, line, f"{told['attribute']} follows from {decided}; decide that")
    if decided_rows.is_of_rows(told["attribute"]):
        _check_row(path, line, told["attribute"], told["value"])
    elif told["attribute"] not in (*OF_TRIAL, *OF_PRODUCT, *OF_PROFILE):
        known = ", ".join((*OF_TRIAL, *OF_PRODUCT, *OF_PROFILE, *(f"{name}[...]" for name in decided_rows.KINDS)))
        raise VocabularyError(path, line, f"the attribute {told['attribute']!r} is none of {known}")
    if not told["who"] or not told["reason"]:
        raise VocabularyError(path, line, "say who decided and why")
    try:
        when = date.fromisoformat(told["when"])
    except ValueError:
        raise VocabularyError(path, line, f"the date {told['when']!r} is not YYYY-MM-DD") from None
    if not decided_rows.is_of_rows(told["attribute"]):
        _check_value(path, line, told["attribute"], told["value"])
    return Override(told["nct_id"], told["attribute"], told["value"], told["who"], when, told["reason"], line)


def _check_row(path: Path, line: int, attribute: str, value: str) -> None:
    try:
        decided_rows.columns_told(decided_rows.named_rows(attribute).kind, value)
    except decided_rows.Refused as error:
        raise VocabularyError(path, line, str(error)) from None


def _check_value(path: Path, line: int, attribute: str, value: str) -> None:
    column = _column(attribute)
    words = tuple(catalogue()) if attribute == "diseases" else SCOPES if attribute == "scope" else column.words
    parts = [part.strip() for part in value.split("/") if part.strip()] if column.is_list else [value]
    for part in parts:
        if words and part and part not in words:
            raise VocabularyError(path, line, f"{attribute} {part!r} is none of {', '.join(words)}")
    if attribute == "scope" and not value:
        raise VocabularyError(path, line, "a scope cannot be empty")
    if column.type == BOOLEAN and value.lower() not in ("true", "false", ""):
        raise VocabularyError(path, line, f"{attribute} is true or false, not {value!r}")
    if column.type in (FLOAT, INTEGER) and value:
        try:
            number = float(value)
            fits = 0 <= number <= (GREATEST if column.type == INTEGER else float_info.max)
            is_number = fits and (column.type == FLOAT or number == int(number))
        except ValueError:
            is_number = False
        if not is_number:
            kind = "a number" if column.type == FLOAT else "a whole number"
            raise VocabularyError(path, line, f"{attribute} is {kind}, not {value!r}")

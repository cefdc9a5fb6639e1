"""Differences between the lists of two versions: items lost, gained, changed and reordered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from transforms.history.fields import Row, compared_columns, item_key, value, words
from transforms.history.matching import (
    Key,
    Likeness,
    Matched,
    alike_arms,
    alike_interventions,
    alike_outcomes,
    alike_products,
    match,
)
from transforms.history.materiality import Difference
from transforms.shaped import Rows
from warehouse.tables.profiles import PRODUCT_ATTRIBUTES


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of a record: its table, the column that numbers it, the one that names an item, its identity."""

    table: str
    number: str
    name: str
    keys: tuple[Key, ...]
    likeness: Likeness | None = None
    left_out: tuple[str, ...] = ()
    also_compared: tuple[str, ...] = ()


def _named(column: str) -> Key:
    return lambda row: words(row.get(column))


def _typed_measure(row: Row) -> Any:
    measure = words(row.get("measure"))
    return measure and (row.get("outcome_type"), measure)


def _citation(row: Row) -> Any:
    return row.get("pmid") or words(row.get("citation"))


LISTS = (
    Listed("trial_conditions", "condition_no", "condition", (_named("condition"),)),
    Listed("trial_keywords", "keyword_no", "keyword", (_named("keyword"),)),
    Listed("trial_collaborators", "collaborator_no", "name", (_named("name"),)),
    Listed("trial_secondary_ids", "id_no", "secondary_id", (_named("secondary_id"),)),
    Listed("trial_references", "reference_no", "pmid", (_citation,)),
    # What an arm is given is compared as pairs of arm and intervention.
    Listed("trial_arms", "arm_no", "label", (_named("label"),), alike_arms, left_out=("intervention_names",)),
    Listed("trial_interventions", "intervention_no", "name", (_named("name"),), alike_interventions),
    # An outcome that moved from secondary to primary is the same outcome of another type.
    Listed(
        "trial_outcomes",
        "outcome_no",
        "measure",
        (_typed_measure, _named("measure")),
        alike_outcomes,
        also_compared=("outcome_type",),
    ),
)
_BY_TABLE = {listed.table: listed for listed in LISTS}
PRODUCTS = Listed("car_t_products", "product_no", "product",
                  (lambda row: row.get("product_key"), _named("product")), alike_products)  # fmt: skip
# What rules read from texts: rows are the same by what they are about. One that names nothing is not compared, since
# the text that it stands in is.
ENDPOINTS = Listed(
    "trial_endpoints", "endpoint_no", "concept",
    (lambda row: _about(row, "concept", "outcome_type", "role", "part", "cohorts", "diseases"),
     lambda row: _about(row, "concept", "outcome_type", "role"), lambda row: _about(row, "concept", "role")),
    also_compared=("outcome_type", "operator", "threshold", "unit", "min_grade", "sustained_days", "times_months",
                   "time_kind"),
)  # fmt: skip
CRITERIA = Listed(
    "trial_criteria", "criterion_no", "subject",
    (lambda row: _about(row, "subject", "kind", "side", "sex", "cohorts", "value", "days"),
     lambda row: _about(row, "subject", "kind", "side", "sex", "cohorts", "is_conditional", "alternative_no"),
     lambda row: _about(row, "subject", "kind", "side", "sex"), lambda row: _about(row, "subject", "kind")),
    also_compared=("eligible_min", "min_inclusive", "eligible_max", "max_inclusive", "class_values", "days",
                   "half_lives", "days_rule", "relative_to", "is_lifetime", "is_conditional"),
)  # fmt: skip
CONDITIONING = Listed(
    "trial_conditioning", "conditioning_no", "agent",
    (lambda row: _about(row, "agent", "dose_min", "dose_max"), lambda row: _about(row, "agent", "regimen_no"),
     lambda row: _about(row, "agent")),
    also_compared=("dose_min", "dose_max", "unit", "first_day", "last_day", "n_doses", "total_dose", "requirement"),
)  # fmt: skip
TABULATED = (ENDPOINTS, CRITERIA, CONDITIONING)
PRODUCT_COLUMNS = ("product", *PRODUCT_ATTRIBUTES)


def list_differences(
    listed: Listed, old: Sequence[Row], new: Sequence[Row], only_protocol: bool = False
) -> Iterator[Difference]:
    """Differences of one list of the record."""
    given = (*compared_columns(listed.table, only_protocol), *listed.also_compared)
    columns = tuple(column for column in given if column not in listed.left_out)
    matched = match(old, new, listed.keys, listed.likeness)
    for before, after in matched.pairs:
        if old[before] != new[after]:
            yield from _item_differences(listed, old[before], new[after], columns)
    for place in matched.lost:
        yield _whole(listed, old[place], columns, "removed")
    for place in matched.gained:
        yield _whole(listed, new[place], columns, "added")
    yield from _reordered(listed, old, new, matched)


def _reordered(listed: Listed, old: Sequence[Row], new: Sequence[Row], matched: Matched) -> Iterator[Difference]:
    """Items that stayed but stand in another order among themselves (outcomes: among those of their type)."""
    kind = "outcome_type"
    places = [(b, a) for b, a in matched.pairs if old[b].get(kind) == new[a].get(kind)]
    if any(one > other for (one, _), (other, _) in pairwise(places)):
        after = [_name(listed, new[place]) for _, place in places]
        before = [_name(listed, new[place]) for _, place in sorted(places)]
        yield Difference(listed.table, listed.number, None, "order", before, after)


def products_differences(old: Sequence[Row], new: Sequence[Row]) -> Iterator[Difference]:
    """Products lost, gained and changed. Their order and the codes they are named by say nothing."""
    matched = match(old, new, PRODUCTS.keys, PRODUCTS.likeness)
    for before, after in matched.pairs:
        yield from _item_differences(PRODUCTS, old[before], new[after], PRODUCT_COLUMNS)
    for place in matched.lost:
        yield _whole(PRODUCTS, old[place], PRODUCT_COLUMNS, "removed")
    for place in matched.gained:
        yield _whole(PRODUCTS, new[place], PRODUCT_COLUMNS, "added")


def _about(row: Row, name: str, *others: str) -> Any:
    """What a row is about, for a key; nothing where `name` is not told."""
    if not row.get(name):
        return None
    return tuple(tuple(found) if isinstance(found := row.get(column), list) else found for column in (name, *others))


def tabulated_differences(listed: Listed, old: Sequence[Row], new: Sequence[Row]) -> Iterator[Difference]:
    """Rows that rules read: lost, gained and changed, matched by content, in whatever order."""
    old, new = ([row for row in rows if row.get(listed.name)] for rows in (old, new))
    matched = match(old, new, listed.keys)
    columns = listed.also_compared
    for before, after in matched.pairs:
        yield from _item_differences(listed, old[before], new[after], columns)
    for place in matched.lost:
        yield _whole(listed, old[place], (listed.name, *columns), "removed")
    for place in matched.gained:
        yield _whole(listed, new[place], (listed.name, *columns), "added")


def given_in_arms(old: Rows, new: Rows) -> Iterator[Difference]:
    """What an arm that stayed is given more or less. Items that came or went say it themselves."""
    arms, gone_arms = _same_items("trial_arms", old, new)
    interventions, gone_interventions = _same_items("trial_interventions", old, new)
    before, after = _arm_pairs(old), _arm_pairs(new)
    named = {(arms.get(arm), interventions.get(one)) for arm, one in before}
    stayed = set(arms.values()), set(interventions.values())
    names_now, names_then = _names_in_arms(new), _names_in_arms(old)
    for arm, one in sorted(after - named):
        if arm in stayed[0] and one in stayed[1]:
            yield _given(names_now, arm, one, "added")
    for arm, one in sorted(before):
        if arm in gone_arms or one in gone_interventions:
            continue
        if (arms.get(arm), interventions.get(one)) not in after:
            yield _given(names_then, arm, one, "removed")


def _item_differences(listed: Listed, old: Row, new: Row, columns: Sequence[str]) -> Iterator[Difference]:
    types = _type_of(old), _type_of(new)
    same = bool(old.get("product_key")) and old.get("product_key") == new.get("product_key")
    for column in columns:
        before, after = value(old, column), value(new, column)
        if before != after:
            yield Difference(listed.table, column, _name(listed, new), "changed", before, after, types, same)


def _whole(listed: Listed, row: Row, columns: Sequence[str], kind: str) -> Difference:
    said = {column: found for column in columns if (found := value(row, column)) is not None}
    shown: Any = next(iter(said.values()), None) if len(columns) == 1 else said
    types = (_type_of(row),) * 2
    old, new = (None, shown) if kind == "added" else (shown, None)
    return Difference(listed.table, listed.name, _name(listed, row), kind, old, new, types)


def _type_of(row: Row) -> Any:
    """The type of an outcome or endpoint, the kind of a criterion; other items have none."""
    return row.get("outcome_type") or row.get("kind")


def _name(listed: Listed, row: Row) -> str:
    return item_key(row.get(listed.name), row.get("citation"))


def _same_items(table: str, old: Rows, new: Rows) -> tuple[dict[int, int], set[int]]:
    """Old number -> new number of the items that stayed, and the old numbers of those that are gone."""
    listed = _BY_TABLE[table]
    before, after = old.get(table, []), new.get(table, [])
    matched = match(before, after, listed.keys, listed.likeness)
    number = listed.number
    stayed = {before[one][number]: after[other][number] for one, other in matched.pairs}
    return stayed, {before[place][number] for place in matched.lost}


def _arm_pairs(rows: Rows) -> set[tuple[int, int]]:
    return {(row["arm_no"], row["intervention_no"]) for row in rows.get("trial_arm_interventions", [])}


def _names_in_arms(rows: Rows) -> tuple[dict[int, Any], dict[int, Any]]:
    """Label of each arm and name of each intervention, by number."""
    labels = {row["arm_no"]: row.get("label") for row in rows.get("trial_arms", [])}
    return labels, {row["intervention_no"]: row.get("name") for row in rows.get("trial_interventions", [])}


def _given(names: tuple[dict[int, Any], dict[int, Any]], arm_no: int, intervention_no: int, kind: str) -> Difference:
    name = names[1][intervention_no]
    old, new = (None, name) if kind == "added" else (name, None)
    item = item_key(f"{item_key(names[0][arm_no])}: {item_key(name)}")
    return Difference("trial_arm_interventions", "intervention_no", item, kind, old, new)

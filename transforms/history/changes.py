"""Two versions of a trial -> what differs, field by field, items of lists by identity.

`changes(old, new)` takes both versions as rows of the same kind: both from the transforms, or both
typed. Rules of the profile must be the same for both: a difference is then the record's, never ours.

A change's field path is `table.column`, and for an item of a list its name in brackets:
`trials.enrollment_count`, `trial_arms.description[Cohort A]`, `trial_sites.country[China]`. An item
that is new has no old value, one that is gone no new value; both are what the item said, as JSON.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec.structs import replace

from transforms.history.fields import PROFILE_COLUMNS, Row, compared_columns, item_key, value
from transforms.history.lists import (
    LISTS,
    TABULATED,
    given_in_arms,
    list_differences,
    products_differences,
    tabulated_differences,
)
from transforms.history.materiality import Difference, Facts, rule_for
from transforms.history.sites import site_differences
from transforms.shaped import Rows


class Change(msgspec.Struct, frozen=True):
    """One difference, judged. `event` is the type of event that tells of it, None for wording."""

    field_path: str
    table: str
    column: str
    item: str | None
    kind: str
    old: Any
    new: Any
    types: tuple[Any, Any]
    materiality: str
    rule: str
    event: str | None

    @property
    def old_value(self) -> str | None:
        """The value before as JSON; None where there was none."""
        return as_json(self.old)

    @property
    def new_value(self) -> str | None:
        """The value after as JSON; None where there is none."""
        return as_json(self.new)


def changes(old: Rows, new: Rows, *, only_protocol: bool = False, recruited_before: bool = False) -> list[Change]:
    """Every difference between two consecutive versions of one trial; none for equal content.

    `only_protocol` compares what `protocolSection` carries: for a version of the registry's own history
    beside one that we observed. `recruited_before` says that an earlier version was recruiting.
    """
    facts = Facts(_one(old, "trials"), _one(new, "trials"), recruited_before)
    found = [judged(difference, facts) for difference in _differences(old, new, facts, only_protocol)]
    return _numbered(found)


def as_json(given: Any) -> str | None:
    """A value as JSON with sorted keys; None stays None."""
    return None if given is None else msgspec.json.encode(given, order="deterministic").decode()


def judged(difference: Difference, facts: Facts) -> Change:
    """A difference with the rule that decides how much it matters."""
    rule = rule_for(difference, facts)
    path = f"{difference.table}.{difference.column}"
    if difference.item is not None:
        path = f"{path}[{difference.item}]"
    return Change(path, difference.table, difference.column, difference.item, difference.kind, difference.old,
                  difference.new, difference.types, rule.materiality, rule.rule, rule.event)  # fmt: skip


def _numbered(found: list[Change]) -> list[Change]:
    """Every field path once: two arms may bear the same label, and then the second is `... #2`."""
    if len({change.field_path for change in found}) == len(found):
        return found
    seen: Counter[str] = Counter()
    numbered = []
    for change in found:
        seen[change.field_path] += 1
        count = seen[change.field_path]
        path = f"{change.field_path} #{count}"
        numbered.append(change if count == 1 else replace(change, field_path=path))
    return numbered


def _differences(old: Rows, new: Rows, facts: Facts, only_protocol: bool) -> Iterator[Difference]:
    yield from _trial_differences(facts.old, facts.new, only_protocol)
    for listed in LISTS:
        before, after = old.get(listed.table, []), new.get(listed.table, [])
        if before != after:
            yield from list_differences(listed, before, after, only_protocol)
    if _differ(old, new, "trial_arm_interventions", "trial_arms", "trial_interventions"):
        yield from given_in_arms(old, new)
    if _differ(old, new, "trial_sites"):
        yield from site_differences(old.get("trial_sites", []), new.get("trial_sites", []))
    yield from _profile_differences(old, new, facts, only_protocol)


def _trial_differences(old: Row, new: Row, only_protocol: bool) -> Iterator[Difference]:
    given, given_now = old.get, new.get
    differing = [
        column for column in compared_columns("trials", only_protocol)
        # Of a typed row also dates that are equal: their precision may differ.
        if (before := given(column)) != given_now(column) or type(before) is date
    ]  # fmt: skip
    for column in differing:
        before, after = value(old, column), value(new, column)
        if before != after:
            yield Difference("trials", column, None, "changed", before, after)


def _profile_differences(old: Rows, new: Rows, facts: Facts, only_protocol: bool) -> Iterator[Difference]:
    """Scope, diseases, products and profile: only where both versions have been profiled."""
    before, after = facts.old.get("scope"), facts.new.get("scope")
    if before and after and before != after:
        yield Difference("trials", "scope", None, "changed", before, after)
    # Diseases are also read from MeSH terms, which the registry's history does not carry.
    if "diseases" in facts.old and "diseases" in facts.new and not only_protocol:
        yield from _disease_differences(facts.old["diseases"] or [], facts.new["diseases"] or [])
    profiles = _one(old, "car_t_profiles"), _one(new, "car_t_profiles")
    if not all(profiles):  # a trial that enters the scope does not add its products one by one
        return
    if _differ(old, new, "car_t_products"):
        yield from products_differences(old.get("car_t_products", []), new.get("car_t_products", []))
    for tabulated in TABULATED:
        if _differ(old, new, tabulated.table):
            yield from tabulated_differences(tabulated, old.get(tabulated.table, []), new.get(tabulated.table, []))
    if old["car_t_profiles"] is new["car_t_profiles"]:  # as most often: the version before says the same
        return
    for column in PROFILE_COLUMNS:
        listed = value(profiles[0], column), value(profiles[1], column)
        if listed[0] != listed[1]:
            yield Difference("car_t_profiles", column, None, "changed", *listed)


def _disease_differences(old: Sequence[str], new: Sequence[str]) -> Iterator[Difference]:
    for disease in sorted({*old, *new}):
        if disease not in old:
            yield Difference("trials", "diseases", item_key(disease), "added", None, disease)
        elif disease not in new:
            yield Difference("trials", "diseases", item_key(disease), "removed", disease, None)


def _differ(old: Rows, new: Rows, *tables: str) -> bool:
    return any(old.get(name, []) != new.get(name, []) for name in tables)


def _one(rows: Rows, table: str) -> Row:
    found = rows.get(table)
    return found[0] if found else {}

"""Groups of a module with their ids, and how many of each were analysed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from transforms.clinicaltrials.parts import Study
from transforms.clinicaltrials.results.amounts import count, path_of
from transforms.clinicaltrials.results.budget import Budget

PARTICIPANTS = "participants"
NOT_TOLD = (None, None)
Counts = dict[str, dict[str, int]]  # unit -> group id -> how many
Denominators = Mapping[str, tuple[int | None, str | None]]  # group id -> how many, of what


class Groups(msgspec.Struct, frozen=True):
    """The groups of one module or measure: which row each id is, and denominators."""

    numbers: Mapping[str, int]
    denominators: Denominators
    unit: str | None = None  # in which denominators are counted, where the record says

    def known(self, parts: Study, group_id: object, path: str) -> int | None:
        """The row of the group that is meant; None where there is none of that id, which is noted."""
        number = self.numbers.get(group_id) if isinstance(group_id, str) else None
        if number is None:
            parts.note(path, group_id, "the id of a group of this list was expected")
        return number

    def with_own(self, counts: Counts, unit: str | None = None) -> Groups:
        """These groups with a measure's or class's own `counts` before the ones known so far."""
        unit = unit or self.unit
        if not counts:
            return self if unit == self.unit else Groups(self.numbers, self.denominators, unit)
        return Groups(self.numbers, {**self.denominators, **selected(counts, unit)}, unit)


def selected(counts: Counts, unit: str | None) -> Denominators:
    """Of several units the one that the record selects; without a word of it the only one, or participants."""
    if unit not in counts:
        people = (name for name in counts if name.casefold() == PARTICIPANTS)
        only = next(iter(counts)) if len(counts) == 1 else None
        unit = only or (next(people, None) if unit is None else None)
    return {group_id: (number, unit) for group_id, number in counts[unit].items()} if unit is not None else {}


def counted(parts: Study, parent: Mapping[str, Any], table: str, number: int | None = None) -> Counts:
    """The `denoms` of a module, measure or class."""
    found: Counts = {}
    if "denoms" not in parent:
        return found
    place = (table, number, "denominator")
    path = path_of(place)
    for _, denom in parts.items(parent, "denoms", path):
        unit = parts.text(denom, "units", path)
        if unit is None:
            continue
        counts = found.setdefault(unit, {})
        for _, given in parts.items(denom, "counts", path):
            group_id, told = given.get("groupId"), count(parts, given.get("value"), place).number
            if isinstance(group_id, str) and told is not None:
                counts[group_id] = int(told)
    return found


def text_or_none(given: object) -> str | None:
    """A text; what is none is noted where its column is filled."""
    return given if isinstance(given, str) else None


class GroupRows(msgspec.Struct):
    """Rows of trial_result_groups, numbered through all modules of a trial."""

    nct_id: str
    budget: Budget
    rows: list[dict[str, Any]] = msgspec.field(default_factory=list)

    def add(
        self, parts: Study, module: str, listed: tuple[Mapping[str, Any], str], counts: Counts | None = None,
        *, result_no: int | None = None, unit: str | None = None,
    ) -> Groups:  # fmt: skip
        """The groups under a key of the record become rows; `listed` is their parent and the key."""
        counts = counts or {}
        groups = Groups(numbers := {}, selected(counts, unit), unit)
        people = next((told for name, told in counts.items() if name.casefold() == PARTICIPANTS), {})
        for _, item in self.budget.take(parts.items(*listed, f"trial_result_groups.{module}"), {}):
            number, group_id = len(self.rows) + 1, item.get("id")
            path = f"trial_result_groups.group_id[{number}]"
            key = group_id if isinstance(group_id, str) else ""
            if not key.strip():
                parts.note(path, group_id, "the id of a group was expected")
            elif key in numbers:
                parts.note(path, group_id, "an id that no group before it has was expected")
            else:
                numbers[key] = number
            denominator, denominator_unit = groups.denominators.get(key, NOT_TOLD)
            self.rows.append({
                "nct_id": self.nct_id, "group_no": number, "module": module, "result_no": result_no,
                "group_id": group_id, "title": item.get("title"), "description": item.get("description"),
                "n_participants": people.get(key), "denominator": denominator, "denominator_unit": denominator_unit,
                **_affected(item),
            })  # fmt: skip
        return groups


def _affected(item: Mapping[str, Any]) -> dict[str, Any]:
    """Deaths, and participants with events, of a group of the adverse events module."""
    return {
        f"{of}_n_{what}": item.get(f"{of}Num{key}")
        for of in ("deaths", "serious", "other")
        for what, key in (("affected", "Affected"), ("at_risk", "AtRisk"))
        if f"{of}Num{key}" in item
    }

"""How much a change matters: the rules of `materiality.csv`, read from top to bottom, first match.

`fields` are `table.column` patterns, `when` names a condition below (with its words after it), and
`event` is the type of event that tells of the change; without one it stands in trial_changes only.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from transforms.dates import registry_date
from transforms.history.fields import Row, words
from warehouse.errors import UsageError
from warehouse.tables.history import EVENT_TYPES, MATERIALITIES

RULES_FILE = Path(__file__).with_name("materiality.csv")

RECRUITING = ("RECRUITING", "ENROLLING_BY_INVITATION")
# A trial of these statuses has recruited, also where we did not see it.
HAS_RECRUITED = (*RECRUITING, "ACTIVE_NOT_RECRUITING", "SUSPENDED", "COMPLETED", "TERMINATED")
MANY_DAYS = 90
DECIDING_KINDS = frozenset({"disease_activity", "failed_therapies"})  # of criteria: who is ill enough


class Difference(msgspec.Struct, frozen=True):
    """Something that is not as it was, before anybody judged it.

    `kind`: `changed`, `added`, `removed` (an item of a list), `order`. `types` holds the outcome's
    types before and after. `old` and `new` are plain JSON values, None where there is none.
    """

    table: str
    column: str
    item: str | None
    kind: str
    old: Any
    new: Any
    types: tuple[Any, Any] = (None, None)
    same_item: bool = False  # the item's key says that it is the same thing, whatever it is called


class Facts(msgspec.Struct, frozen=True):
    """What a rule may look at beside the difference: both rows of trials, and what was before them."""

    old: Row = msgspec.field(default_factory=dict)
    new: Row = msgspec.field(default_factory=dict)
    recruited_before: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table."""

    rule: str
    materiality: str
    fields: tuple[str, ...]
    when: str
    event: str | None
    reads_as: str
    becomes: tuple[str, ...] = ()  # the new values that it is about, where `when` begins with that word

    def holds(self, difference: Difference, facts: Facts) -> bool:
        """Whether the rule decides this difference; its fields are taken to fit."""
        return difference.new in self.becomes if self.becomes else CONDITIONS[self.when](difference, facts)


class RuleError(UsageError):
    """The table of rules cannot be read: a word that is none of the agreed ones."""


@cache
def rules() -> tuple[Rule, ...]:
    """The rules in order. Raises RuleError that names the line."""
    with RULES_FILE.open(encoding="utf-8", newline="") as file:
        return tuple(_rule(line, number) for number, line in enumerate(csv.DictReader(file), start=2))


def rule_named(name: str) -> Rule:
    """The rule called `name`. Raises KeyError."""
    return {rule.rule: rule for rule in rules()}[name]


def rule_for(difference: Difference, facts: Facts) -> Rule:
    """The first rule that fits; the last one fits everything."""
    for rule in _rules_of(difference.table, difference.column):
        if rule.holds(difference, facts):
            return rule
    raise RuleError(f"{RULES_FILE.name}: no rule is about {difference.table}.{difference.column}.")


def highest(materialities: list[str]) -> str:
    """The one that matters most."""
    return min(materialities, key=MATERIALITIES.index)


@cache
def _rules_of(table: str, column: str) -> tuple[Rule, ...]:
    path = f"{table}.{column}"
    return tuple(rule for rule in rules() if any(fnmatchcase(path, pattern) for pattern in rule.fields))


def _rule(line: Mapping[str, str], number: int) -> Rule:
    word, _, values = line["when"].partition(" ")
    becomes = tuple(values.split()) if word == "becomes" else ()
    rule = Rule(line["rule"], line["materiality"], tuple(line["fields"].split()), line["when"],
                line["event"] or None, line["reads_as"], becomes)  # fmt: skip
    if rule.materiality not in MATERIALITIES:
        raise RuleError(f"{RULES_FILE.name} line {number}: no materiality is called {rule.materiality!r}.")
    if not rule.becomes and rule.when not in CONDITIONS:
        raise RuleError(f"{RULES_FILE.name} line {number}: no condition is called {rule.when!r}.")
    if rule.event and rule.event not in EVENT_TYPES:
        raise RuleError(f"{RULES_FILE.name} line {number}: no event type is called {rule.event!r}.")
    return rule


def _first_recruiting(difference: Difference, facts: Facts) -> bool:
    # UNKNOWN hides a status: a trial that was recruiting before it does not begin to.
    before = (difference.old, facts.old.get("last_known_status"))
    recruited = facts.recruited_before or any(status in HAS_RECRUITED for status in before)
    return difference.new in RECRUITING and not recruited


def _planned_by_half(difference: Difference, facts: Facts) -> bool:
    old, new = difference.old, difference.new
    if not _is_number(old) or not _is_number(new):
        return False
    is_planned = not _is_actual(facts.old) and not _is_actual(facts.new)
    return is_planned and bool(abs(new - old) * 2 >= old)


def _estimated_to_actual(difference: Difference, facts: Facts) -> bool:
    return _is_actual(facts.new) and not _is_actual(facts.old)


def _moved_over_90_days(difference: Difference, facts: Facts) -> bool:
    old, new = _day(difference.old), _day(difference.new)
    return bool(old and new and abs((new.day - old.day).days) > MANY_DAYS)


def _no_phase(difference: Difference, facts: Facts) -> bool:
    return not ({*(difference.old or ()), *(difference.new or ())} - {"NA"})


def _same_sponsor(difference: Difference, facts: Facts) -> bool:
    canonical = facts.old.get("sponsor_canonical")
    return bool(canonical and canonical == facts.new.get("sponsor_canonical"))


def _same_words(difference: Difference, facts: Facts) -> bool:
    texts = (difference.old, difference.new)
    return all(isinstance(text, str) for text in texts) and words(texts[0]) == words(texts[1])


def _one_side_empty(difference: Difference, facts: Facts) -> bool:
    return difference.kind == "changed" and (not difference.old) != (not difference.new)


CONDITIONS: dict[str, Callable[[Difference, Facts], bool]] = {
    "any": lambda difference, facts: True,
    "order only": lambda difference, facts: difference.kind == "order",
    "item added": lambda difference, facts: difference.kind == "added",
    "item removed": lambda difference, facts: difference.kind == "removed",
    "item added or removed": lambda difference, facts: difference.kind in ("added", "removed"),
    "primary outcome": lambda difference, facts: "primary" in difference.types,
    "of activity or failed treatment": lambda difference, facts: bool({*difference.types} & DECIDING_KINDS),
    "new country": lambda difference, facts: difference.kind == "added",
    "sites gained or lost": lambda difference, facts: isinstance(difference.old or difference.new, dict),
    "posted": lambda difference, facts: bool(difference.new) and not difference.old,
    "same product": lambda difference, facts: difference.same_item and difference.kind == "changed",
    # Decided over a whole run: transforms.history.sponsors.
    "renamed across records": lambda difference, facts: False,
    "first recruiting": _first_recruiting,
    "planned by half or more": _planned_by_half,
    "estimated to actual": _estimated_to_actual,
    "moved over 90 days": _moved_over_90_days,
    "no phase before or after": _no_phase,
    "same sponsor": _same_sponsor,
    "same words": _same_words,
    "one side empty": _one_side_empty,
}


def _is_actual(row: Row) -> bool:
    return bool(row.get("enrollment_type") == "ACTUAL")


def _is_number(given: object) -> bool:
    return isinstance(given, int | float) and not isinstance(given, bool)


def _day(given: object) -> Any:
    return registry_date(given) if isinstance(given, str) else None

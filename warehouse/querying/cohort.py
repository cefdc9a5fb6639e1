"""A cohort: the trials of a definition on a day, and the tables that a landscape paper gives of them.

The definition names a day, facets or search legs, exclusions with their reasons, and what somebody published. Each
table is counted from the registry's state on that day; a difference from a published number names the trials counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Any

from warehouse.querying import named, told
from warehouse.querying.facets import BASKET, NOT_STATED
from warehouse.querying.named import Filters
from warehouse.querying.reading import Connection
from warehouse.querying.regions import ASSIGNED, subregions

Row = Mapping[str, Any]
# Facets that the states of a day do not keep: they match what is registered now.
OF_TODAY = ("country", "region", "place", "target", "cell_source", "cell_type", "construct", "gene_delivery", "product")
TABLES = (
    "start_year", "phase", "status", "sponsor_type", "target", "cell_source", "region", "country_pair", "disease",
)  # fmt: skip
PARENTS = """SELECT disease, list(DISTINCT parent_disease) FROM trial_diseases WHERE parent_disease IS NOT NULL
    GROUP BY disease"""
TODAY = """SELECT * FROM main.car_t_trials"""
ON_A_DAY = """SELECT trials.*, profiles.* EXCLUDE (nct_id)
    FROM trials_as_of(CAST(? AS DATE), known_at := CAST(? AS DATE)) AS trials
    LEFT JOIN profiles_as_of(CAST(? AS DATE), known_at := CAST(? AS DATE)) AS profiles USING (nct_id)"""


@dataclass(frozen=True)
class Published:
    """A number that somebody published: `n` trials have `value` in `table`."""

    table: str
    value: str
    n: int


@dataclass(frozen=True)
class Definition:
    """Which trials, and what their tables are held against. `excluded`: NCT number -> why."""

    title: str
    day: date | None = None
    known_at: date | None = None
    filters: Filters = field(default_factory=Filters)
    legs: Sequence[str] = ()
    excluded: Mapping[str, str] = field(default_factory=dict)
    published: Sequence[Published] = ()
    not_stated_is_autologous: bool = False
    na_is_phase_1: bool = False


@dataclass(frozen=True)
class Cell:
    """One value of a table and the trials that have it; `published` is what somebody else counted."""

    value: str
    trials: tuple[str, ...]
    published: int | None = None

    @property
    def difference(self) -> int | None:
        return None if self.published is None else len(self.trials) - self.published


@dataclass(frozen=True)
class Cohort:
    """The trials counted, those excluded that would have been, the tables, and what a reader must know."""

    trials: tuple[str, ...]
    excluded: Mapping[str, str]
    tables: Mapping[str, tuple[Cell, ...]]
    notes: tuple[str, ...]


def cohort(connection: Connection, definition: Definition) -> Cohort:
    """The cohort of a definition. Raises QueryError for a word that is not known."""
    rows = _rows(connection, definition)
    reasons = definition.excluded
    excluded = {row["nct_id"]: reasons[row["nct_id"]] for row in rows if row["nct_id"] in reasons}
    kept = [row for row in rows if row["nct_id"] not in excluded]
    parents = connection.execute(PARENTS)
    counting = _Counting(definition, dict(parents.fetchall()))
    tables = {name: _cells(name, kept, counting, definition.published) for name in TABLES}
    return Cohort(
        tuple(row["nct_id"] for row in kept), excluded, tables, tuple(_notes(connection, definition, excluded))
    )


def _rows(connection: Connection, definition: Definition) -> list[Row]:
    conditions, bound = named.matching(named.values_of(named.meanings(connection, definition.filters)))
    since, until = named.days_of(definition.filters)
    for sign, day in ((">=", since), ("<=", until)):
        if day is not None:
            conditions.append(f"t.first_posted_date {sign} ?")
            bound.append(day)
    if definition.legs:
        conditions.append("t.nct_id IN (SELECT nct_id FROM trial_search_hits WHERE list_contains(?, leg))")
        bound.append(list(definition.legs))
    source, moments = TODAY, []
    if definition.day is not None:
        source, moments = ON_A_DAY, [definition.day, definition.known_at] * 2
    sql = f"""WITH states AS ({source}), car_t_profiles AS (SELECT * FROM states)
        SELECT t.* FROM states AS t
        WHERE scope = 'in_scope' AND registry_state IN ('present', 'left_search') AND study_type = 'INTERVENTIONAL'
            AND {" AND ".join(conditions or ["true"])}
        ORDER BY t.nct_id"""
    rows: list[Row] = connection.execute(sql, [*moments, *bound]).to_arrow_table().to_pylist()
    return rows


@dataclass(frozen=True)
class _Counting:
    definition: Definition
    parents: Mapping[str, Sequence[str]]

    def values(self, table: str, row: Row) -> list[str]:
        """The values of one trial in one table; none: not stated."""
        if table == "start_year":
            return [str(row["start_date"].year)] if row["start_date"] else []
        if table == "phase":
            is_na = self.definition.na_is_phase_1 and row["phases"] == ["NA"]
            return ["Phase 1"] if is_na else _stated(row["phase_label"])
        if table == "cell_source":
            silent = ["autologous"] if self.definition.not_stated_is_autologous else []
            return _stated(row["cell_source"]) or silent
        if table == "target":
            return _stated(" + ".join(row["target_antigens"] or ()))
        if table == "region":
            known = subregions()
            return sorted({known[code] for code in row["country_codes"] or () if code in known})
        if table == "country_pair":
            pairs = combinations(sorted(set(row["countries"] or ())), 2)
            return [f"{first} and {second}" for first, second in pairs]
        if table == "disease":
            return [BASKET] if row["is_basket"] else self._roots(row["diseases"] or ())
        return _stated(row["overall_status" if table == "status" else table])

    def _roots(self, diseases: Sequence[str]) -> list[str]:
        """Diseases that are no form of another one of them."""
        return [one for one in diseases if not set(self.parents.get(one, ())) & set(diseases)]


def _stated(value: str | None) -> list[str]:
    return [value] if value else []


def _cells(name: str, rows: Sequence[Row], counting: _Counting, told_by: Sequence[Published]) -> tuple[Cell, ...]:
    of: dict[str, list[str]] = {}
    for row in rows:
        silent = [] if name == "country_pair" else [NOT_STATED]
        for value in counting.values(name, row) or silent:
            of.setdefault(value, []).append(row["nct_id"])
    published = {one.value: one.n for one in told_by if one.table == name}
    for value in published:
        of.setdefault(value, [])
    cells = [Cell(value, tuple(trials), published.get(value)) for value, trials in of.items()]
    by_size = 0 if name == "start_year" else -1
    return tuple(sorted(cells, key=lambda one: (one.value == NOT_STATED, by_size * len(one.trials), one.value)))


def _notes(connection: Connection, definition: Definition, excluded: Mapping[str, str]) -> Iterator[str]:
    yield from told.sentences(connection, definition.filters)
    today = [name for name in OF_TODAY if definition.filters.words.get(name)]
    if definition.day is not None and today:
        yield f"Filters by {', '.join(today)} match what is registered now, not on {definition.day}."
    if definition.not_stated_is_autologous:
        yield "A cell source that is not stated counts as autologous, as the definition asks."
    if definition.na_is_phase_1:
        yield "A phase that does not apply (NA) counts as Phase 1, as the definition asks."
    for nct_id in definition.excluded:
        if nct_id not in excluded:
            yield f"{nct_id} is excluded by the definition and would not have been counted anyway."
    yield f"Regions are those of UN M49; {ASSIGNED}. A trial counts once for each region and pair of countries."

"""What an export holds: tables of the release as it is, or of the registry as it was on a day.

A part is a table with its columns as the schema declares them, its key and the SELECT that gives its
rows. Of a past day only that is told which has a history: registrations with their profile, versions,
changes and events.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from warehouse.columns import Column, Reference
from warehouse.ddl import quoted
from warehouse.querying import named
from warehouse.schema import TABLES, table

# Who was told what stays at home: it names subscribers.
LEFT_OUT = frozenset({"alerts", "acceptances"})
CAR_T_GRAIN = "One row per trial in scope that the registry gives or gave to a search, with its profile"

# Sheets of the workbook besides the trend queries: rows of trials and papers in scope, for reading and filtering.
SHEETS = (
    "car_t_trials", "car_t_products", "trial_doses", "trial_endpoints", "trial_criteria", "trial_conditioning",
    "trial_diseases", "trial_arms",
    "trial_interventions",
    "trial_outcomes", "trial_results", "trial_result_groups", "trial_result_flow", "trial_result_baseline",
    "trial_result_measures", "trial_result_values", "trial_result_analyses", "trial_adverse_events",
    "trial_sites", "trial_collaborators", "trial_secondary_ids", "trial_relations", "publications",
    "trial_publications", "trial_versions", "trial_changes", "trial_events", "source_pulls", "quality_results",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One table of an export. `sql` gives the columns in order, rows in the order of the key."""

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    references: tuple[Reference, ...]
    sql: str


@dataclass(frozen=True)
class Day:
    """What the registry said at `at`, as we knew it at `known_at` (None: as known now). UTC without zone."""

    at: datetime
    known_at: datetime | None = None

    @property
    def arguments(self) -> str:
        """As the macros take them."""
        known = "NULL" if self.known_at is None else f"TIMESTAMP {quoted(self.known_at.isoformat(' '))}"
        return f"TIMESTAMP {quoted(self.at.isoformat(' '))}, known_at := {known}"


def moment(given: str) -> datetime:
    """A day (its end) or a moment, ISO, UTC where no zone is given. Raises ValueError."""
    try:
        if len(given.strip()) == 10:
            return datetime.combine(date.fromisoformat(given.strip()), time.max)
        found = datetime.fromisoformat(given.strip())
    except ValueError:
        raise ValueError(f"{given!r} is no date; expected YYYY-MM-DD or YYYY-MM-DDThh:mm.") from None
    return found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)


def of_release() -> tuple[Part, ...]:
    """Every table of the release, and the view car_t_trials."""
    parts = [_car_t_trials("SELECT * FROM car_t_trials")]
    for declared in TABLES:
        if declared.name not in LEFT_OUT:
            sql = _select(declared.columns, declared.name, declared.key)
            parts.append(Part(declared.name, declared.grain, declared.columns, declared.key, declared.references, sql))
    return tuple(parts)


def of_day(day: Day) -> tuple[Part, ...]:
    """Registrations, profiles, versions, changes and events as they were."""
    asked = day.arguments
    trials, profiles = f"trials_as_of({asked})", f"profiles_as_of({asked})"
    until = quoted(day.at.isoformat(" "))
    known = quoted((day.known_at or datetime.max).isoformat(" "))
    joined = f"""
        SELECT t.*, p.* EXCLUDE (nct_id) FROM {trials} AS t LEFT JOIN {profiles} AS p USING (nct_id)
        WHERE t.scope = 'in_scope' AND t.registry_state IN ('present', 'left_search')
    """
    sources = {
        "trials": trials,
        "car_t_profiles": profiles,
        "products": "products",
        "trial_versions": f"(FROM trial_versions WHERE valid_from <= TIMESTAMP {until}"
        f" AND observed_at <= TIMESTAMP {known})",
        "trial_changes": f"(FROM trial_changes WHERE registry_date <= CAST(TIMESTAMP {until} AS DATE)"
        f" AND observed_at <= TIMESTAMP {known})",
        "trial_events": f"(FROM trial_events WHERE occurred_on <= CAST(TIMESTAMP {until} AS DATE)"
        f" AND observed_at <= TIMESTAMP {known})",
        "release": "release",
    }
    parts = [_car_t_trials(joined)]
    for name, source in sources.items():
        declared = table(name)
        sql = _select(declared.columns, source, declared.key)
        parts.append(Part(name, declared.grain, declared.columns, declared.key, declared.references, sql))
    return tuple(parts)


def in_scope(part: Part, tracked: Part) -> str:
    """The rows of a part that belong to the trials of `tracked` (car_t_trials), or to papers in scope."""
    names = [column.name for column in part.columns]
    if "nct_id" in names and part.name != tracked.name:
        return f"SELECT * FROM ({part.sql}) WHERE nct_id IN (SELECT nct_id FROM ({tracked.sql}))"
    if part.name == "publications":
        return f"SELECT * FROM ({part.sql}) WHERE scope <> 'out_of_scope' AND NOT is_deleted"
    return part.sql


def trend_sheets() -> dict[str, str]:
    """Sheet -> SELECT of every trend query but `methods`, which the sheet `about` tells, and `trials`, which is one."""
    return {name: f"SELECT * FROM trend_{name}" for name in named.queries() if name not in ("methods", "trials")}


def _car_t_trials(sql: str) -> Part:
    profiles = table("car_t_profiles")
    columns = (*table("trials").columns, *(column for column in profiles.columns if column.name != "nct_id"))
    return Part("car_t_trials", CAR_T_GRAIN, columns, ("nct_id",), (), _select(columns, f"({sql})", ("nct_id",)))


def _select(columns: tuple[Column, ...], source: str, key: tuple[str, ...]) -> str:
    return f"SELECT {', '.join(column.name for column in columns)} FROM {source} ORDER BY {', '.join(key)}"

"""What the working database holds of records: each content once, who stands how, and from when to when.

`_trial_contents`, `_profile_contents` and `_paper_contents` have one row per content that was ever read, by today's
rules; `_trials_now` and `_papers_now` one per record, `_state_spans` one per state of a trial. The tables of the
schema that follow from them are views here, and tables in each release.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.columns import Column, Table
from warehouse.ddl import create_table
from warehouse.schema import table
from warehouse.tables.sources import SOURCES

# What a record alone does not know of its row.
STANDING = (
    "content_sha256", "registry_state", "is_deleted", "is_stale", "first_seen_at", "last_seen_at", "run_id",
)  # fmt: skip
# What a state says of itself; the rest of its row is that of its content.
OF_STATE = (
    "nct_id", "content_sha256", "registry_state", "is_stale", "first_seen_at", "last_seen_at", "run_id", "state_no",
    "version", "valid_from", "valid_to", "known_from", "known_to",
)  # fmt: skip
TOPICS = "topics"  # of the watchlist that the last run had
TOPICS_DDL = "CREATE TABLE IF NOT EXISTS _topics (by_disease MAP(VARCHAR, VARCHAR[]))"
TOPICS_OF_DISEASES = (
    "nullif(list_sort(list_distinct(flatten(list_transform(diseases, lambda one: by_disease[one])))), [])"
)


def _contents(name: str, of: str) -> Table:
    """One row per content of a record: a table of the schema without what the record alone does not know."""
    declared = table(of)
    sha256 = table("trials").column("content_sha256")
    columns = [column for column in declared.columns if column.name not in (*STANDING, TOPICS)]
    return Table(name, f"One row per content of {of}", (*columns, sha256), key=(declared.key[0], "content_sha256"))


def _now(name: str, of: str) -> Table:
    """One row per record as it stands now."""
    declared = table(of)
    columns = [column for column in declared.columns if column.name in (*STANDING, declared.key[0])]
    return Table(name, f"One row per record of {of}, as it stands now", tuple(columns), key=declared.key)


STATE_SPANS = Table(
    "_state_spans", "One row per state of a trial, without the row of its content",
    tuple(column for column in table("trial_states").columns if column.name in OF_STATE), key=("nct_id", "state_no"),
)  # fmt: skip


@dataclass(frozen=True)
class View:
    """A table of the schema as the working database has it: who stands how, joined with what each content says."""

    name: str
    stands: Table
    contents: Table


TRIAL_CONTENTS = _contents("_trial_contents", "trials")
PROFILE_CONTENTS = _contents("_profile_contents", "car_t_profiles")
TRIALS_NOW = _now("_trials_now", "trials")
VIEWS: tuple[View, ...] = (
    View("trials", TRIALS_NOW, TRIAL_CONTENTS),
    View("car_t_profiles", TRIALS_NOW, PROFILE_CONTENTS),
    View("trial_states", STATE_SPANS, TRIAL_CONTENTS),
    View("profile_states", STATE_SPANS, PROFILE_CONTENTS),
    View("publications", _now("_papers_now", "publications"), _contents("_paper_contents", "publications")),
)
VIEWS += tuple(
    View(source.main, _now(f"_{source.main}_now", source.main), _contents(f"_{source.main}_contents", source.main))
    for source in SOURCES.values() if source.main not in {view.name for view in VIEWS}
)  # fmt: skip
NARROW = tuple(dict.fromkeys(one for view in VIEWS for one in (view.stands, view.contents)))


def statements() -> list[str]:
    """CREATE statements of the narrow tables and of the views over them."""
    return [TOPICS_DDL, *(create_table(declared) for declared in NARROW), *(_view(view) for view in VIEWS)]


def _view(view: View) -> str:
    columns = table(view.name).columns
    said = ",\n    ".join(f"{_value(view, column)} AS {column.name}" for column in columns)
    topics = " CROSS JOIN _topics" if any(column.name == TOPICS for column in columns) else ""
    return (
        f"CREATE VIEW IF NOT EXISTS {view.name} AS SELECT\n    {said}\nFROM {view.stands.name} AS stands "
        f"JOIN {view.contents.name} AS content USING ({view.contents.key[0]}, content_sha256){topics}"
    )


def _value(view: View, column: Column) -> str:
    if column.name in view.stands.column_names:
        return f"stands.{column.name}"
    return TOPICS_OF_DISEASES if column.name == TOPICS else f"content.{column.name}"

"""The counting rules once more, in pandas: what the queries' totals are held against. No SQL here.

A warehouse is a dict of frames, one per table, absent values None or NaN.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from warehouse.querying import named as querying
from warehouse.querying.reading import Connection

# Legs that are no search of their own.
NO_SEARCH = frozenset({"named in paper", "asked by id", "whole registry"})

Frames = dict[str, pd.DataFrame]
Row = dict[str, Any]
PHASES = ["NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4"]
NOT_STATED = "not stated"


def tracked(frames: Frames) -> pd.DataFrame:
    """Trials in scope that the registry gives or gave, with their profile."""
    trials = frames["trials"]
    kept = trials[(trials["scope"] == "in_scope") & trials["registry_state"].isin(["present", "left_search"])]
    sponsor = kept["sponsor_canonical"].where(kept["sponsor_canonical"].notna(), kept["lead_sponsor"])
    return kept.assign(sponsor=sponsor).merge(frames["car_t_profiles"], on="nct_id", how="left")


def counted(frames: Frames) -> pd.DataFrame:
    """What trends count."""
    trials = tracked(frames)
    return trials[trials["study_type"] == "INTERVENTIONAL"]


def of(frames: Frames, table: str) -> pd.DataFrame:
    """The counted trials with their rows of another table, one row of absent values where they have none."""
    return counted(frames)[["nct_id"]].merge(frames[table], on="nct_id", how="left")


def absent(value: Any) -> bool:
    return value is None or (not isinstance(value, list) and bool(pd.isna(value)))


def word(value: Any) -> str:
    return NOT_STATED if absent(value) else str(value)


def entries(value: Any) -> list[str]:
    """The entries of a list, or that nothing is stated."""
    return list(value) if isinstance(value, list) and value else [NOT_STATED]


def exploded(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    return frame.assign(**{column: frame[column].map(entries)}).explode(column)


def tally(values: Iterable[Any]) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for value in values:
        found[value] = found.get(value, 0) + 1
    return found


def year(value: Any) -> int | None:
    return None if absent(value) else int(pd.Timestamp(value).year)


def months_between(first: Any, last: Any) -> int | None:
    """Calendar months from one date to another."""
    if absent(first) or absent(last):
        return None
    a, b = pd.Timestamp(first), pd.Timestamp(last)
    return int((b.year - a.year) * 12 + b.month - a.month)


def period_end(value: Any, precision: str) -> pd.Timestamp:
    """The last day that a date of that precision may mean."""
    given = pd.Timestamp(value)
    if precision == "month":
        return given + pd.offsets.MonthEnd(0)
    return pd.Timestamp(given.year, 12, 31) if precision == "year" else given


def data_date(frames: Frames) -> pd.Timestamp:
    """The day of the release."""
    return pd.Timestamp(frames["release"]["published_at"].max()).normalize()


def legs(frames: Frames) -> set[str]:
    """Every leg of the registry's search, also those that found nothing."""
    pulls = frames["source_pulls"]
    return set(frames["trial_search_hits"]["leg"]) | set(pulls[pulls["source"] == "ctgov"]["leg"])


def rounded(value: Any, digits: int = 6) -> Any:
    return None if absent(value) else round(float(value), digits)


def reports(frames: Frames) -> pd.DataFrame:
    """trial x paper, once each, that the paper reports; papers that PubMed withdrew left out."""
    ties = frames["trial_publications"]
    ties = ties[ties["relation"] == "reports"][["nct_id", "pmid"]].drop_duplicates()
    papers = ties.merge(frames["publications"], on="pmid", how="left")
    return papers[~papers["is_deleted"].astype(bool)]


def rows(connection: Connection, name: str) -> list[Row]:
    found: list[Row] = querying.run(connection, name).to_pylist()
    return found


def by(found: list[Row], key: str) -> dict[Any, Row]:
    together = {row[key]: row for row in found}
    assert len(together) == len(found), f"a {key} stands twice"
    return together


def trials_of(frame: pd.DataFrame) -> list[Row]:
    return list(frame.to_dict("records"))


def furthest(trials: list[Row]) -> str | None:
    named = [
        PHASES.index(p)
        for t in trials
        if t["overall_status"] != "WITHDRAWN" and isinstance(t["phases"], list)
        for p in t["phases"]
    ]
    return PHASES[max(named)] if named else None

"""The counting rules once more, in pandas: what the queries' totals are held against. No SQL here.

A warehouse is a dict of frames, one per table, absent values None or NaN.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

Frames = dict[str, pd.DataFrame]
NOT_STATED = "not stated"


def tracked(frames: Frames) -> pd.DataFrame:
    """Trials in scope that the registry gives or gave, with their profile."""
    trials = frames["trials"]
    kept = trials[(trials["scope"] == "in_scope") & trials["registry_state"].isin(["present", "left_search"])]
    return kept.merge(frames["car_t_profiles"], on="nct_id", how="left", suffixes=("", "_of_profile"))


def counted(frames: Frames) -> pd.DataFrame:
    """What trends count."""
    trials = tracked(frames)
    return trials[trials["study_type"] == "INTERVENTIONAL"]


def of(frames: Frames, table: str) -> pd.DataFrame:
    """The counted trials with their rows of another table; one row of absent values where they have none."""
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


def rounded(value: Any, digits: int = 6) -> Any:
    return None if absent(value) else round(float(value), digits)

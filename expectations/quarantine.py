"""What follows from failing rows: bad fields become NULL and are named, everything else stays.

No Great Expectations here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from expectations.results import FAILED, CheckResult, FailingRow


@dataclass(frozen=True, slots=True)
class BadField:
    """One value that made no sense. `record_id` is the trial's or paper's number, None for neither.

    `source` is `ctgov` or `pubmed`, `field_path` names the field as in evidence and quarantine:
    `trials.minimum_age_years`, `trial_sites.latitude[3]`.
    """

    table: str
    key: tuple[Any, ...]
    column: str
    raw: str | None
    reason: str

    @property
    def source(self) -> str:
        return "pubmed" if self.table.startswith("publication") else "ctgov"

    @property
    def record_id(self) -> str | None:
        first = self.key[0] if self.key else None
        return first if isinstance(first, str) and (first.startswith("NCT") or first.isdecimal()) else None

    @property
    def field_path(self) -> str:
        item = next((part for part in self.key[1:] if isinstance(part, int)), None)
        return f"{self.table}.{self.column}" + (f"[{item}]" if item is not None else "")


def quarantine_from(results: Iterable[CheckResult]) -> list[BadField]:
    """Every bad field once, in the order found. A critical failure gives none: it holds the run."""
    bad = {(row.table, row.key, row.column): row for row in _bad_rows(results)}
    return [BadField(row.table, row.key, row.column or "", row.raw, row.reason) for row in bad.values()]


def without_bad_fields(frames: Mapping[str, pd.DataFrame], results: Iterable[CheckResult]) -> dict[str, pd.DataFrame]:
    """The frames that were checked, with each bad field NULL (and the precision of a bad date with it).

    `results` must come from exactly these frames: fields are found by their position. Frames without
    bad fields are handed back as they are.
    """
    places: dict[str, dict[str, set[int]]] = {}
    for row in _bad_rows(results):
        places.setdefault(row.table, {}).setdefault(row.column or "", set()).add(row.row)
    cleaned = dict(frames)
    for table, columns in places.items():
        frame = frames[table].copy()
        for column, rows in columns.items():
            is_bad = np.isin(np.arange(len(frame)), list(rows))
            for name in (column, f"{column}_precision"):
                if name in frame:
                    frame[name] = frame[name].where(~is_bad, None)
        cleaned[table] = frame
    return cleaned


def _bad_rows(results: Iterable[CheckResult]) -> Iterator[FailingRow]:
    for result in results:
        if result.status == FAILED:
            yield from (row for row in result.rows if row.is_bad_field and row.column)

"""Frames of two or three rows: what the pipeline hands over, typed by the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from expectations.chunk import ARROW_TYPES
from warehouse.columns import Table
from warehouse.schema import table as declared

CLOCK = datetime(2026, 7, 4, 2, 0)

# One row that breaks no rule, of the tables that most tests need. A test names only what it is about.
WHOLE = {
    "trials": {
        "nct_id": "NCT90000001",
        "brief_title": "Cells in lupus",
        "overall_status": "RECRUITING",
        "study_type": "INTERVENTIONAL",
        "phases": ["PHASE1"],
        "phase_label": "Phase 1",
        "lead_sponsor": "A hospital",
        "url": "https://example.org/1",
        "scope": "out_of_scope",
        "scope_reason": "made_up",
        "registry_state": "present",
        "has_results": False,
        "site_count": 0,
        "is_stale": False,
        "first_seen_at": datetime(2026, 7, 1),
        "last_seen_at": datetime(2026, 7, 3),
        "content_sha256": "a" * 64,
        "run_id": "run",
    },
    "publications": {
        "pmid": "90000001",
        "title": "Cells in lupus",
        "is_retracted": False,
        "has_expression_of_concern": False,
        "scope": "in_scope",
        "url": "https://example.org/p",
        "is_deleted": False,
        "is_stale": False,
        "first_seen_at": datetime(2026, 7, 1),
        "last_seen_at": datetime(2026, 7, 3),
        "content_sha256": "b" * 64,
        "run_id": "run",
    },
}

Frames = Callable[..., dict[str, pd.DataFrame]]


def framed(table: Table, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    arrays = [pa.array([row.get(column.name) for row in rows], ARROW_TYPES[column.type]) for column in table.columns]
    arrow = pa.table(arrays, names=list(table.column_names))
    frame: pd.DataFrame = arrow.to_pandas(types_mapper=pd.ArrowDtype)
    return frame


@pytest.fixture
def frames() -> Frames:
    """`frames(trials=[{"sex": "ALL"}])`: each row whole but for what is named; absent columns are NULL."""

    def made(**tables: Sequence[Mapping[str, Any]]) -> dict[str, pd.DataFrame]:
        whole = {name: [{**WHOLE.get(name, {}), **row} for row in rows] for name, rows in tables.items()}
        return {name: framed(declared(name), rows) for name, rows in whole.items()}

    return made


@pytest.fixture
def clock() -> datetime:
    return CLOCK

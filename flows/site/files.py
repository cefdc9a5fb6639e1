"""JSON and CSV beside the pages: whole texts, as programs read them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from flows.report import words
from flows.report.dossier import Dossier
from flows.report.reading import Row
from warehouse.export import tabular


def json_file(value: Any) -> bytes:
    """A value as JSON in UTF-8; half a pair of surrogates becomes a question mark."""
    told = json.dumps(value, ensure_ascii=False, indent=1, default=_plain) + "\n"
    return told.encode("utf-8", "replace")


def csv_file(columns: Sequence[str], rows: Sequence[Row]) -> bytes:
    """Rows as CSV in UTF-8 that no spreadsheet runs; lists are joined by semicolons."""
    made = {name: pa.array([_cell(row[name]) for row in rows], pa.string()) for name in columns}
    return "".join(tabular.csv_lines(pa.table(made))).encode()


# Columns of trials in lists: what is exported of the landscape and of each thing.
TRIAL_COLUMNS = (
    "nct_id", "brief_title", "sponsor", "sponsor_type", "scope", "diseases", "target_antigens", "products",
    "cell_source", "cell_type", "phase", "overall_status", "countries", "enrollment_count", "enrollment_type",
    "start_date", "primary_completion_date", "first_posted_date", "last_update_posted_date",
    "has_results", "registry_state", "url",
)  # fmt: skip


def trial_row(dossier: Dossier) -> Row:
    """A trial as a row of TRIAL_COLUMNS; dates no more precise than they were given."""
    row = dossier.row
    dates = {
        name: words.given_date(row[name], row[f"{name}_precision"]) or None
        for name in TRIAL_COLUMNS
        if name.endswith("_date")
    }
    made = {
        **row,
        **dates,
        "sponsor": row["sponsor_canonical"] or row["lead_sponsor"],
        "phase": row["phase_label"],
    }
    return {name: made[name] for name in TRIAL_COLUMNS}


def _cell(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    told = tabular.LIST_SEPARATOR.join(map(str, value)) if isinstance(value, list) else str(value)
    return told.encode("utf-8", "replace").decode()


def _plain(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON")

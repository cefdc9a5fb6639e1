"""The line of overrides.csv that a reader who finds a value wrong fills in (docs/profile.md)."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any
from urllib.parse import quote

from flows.report.dossier import Dossier
from transforms.profile import overrides

WHO, WHY = "YOUR NAME", "WHY, AND WHERE IT IS STATED"
HEAD = ",".join(overrides.COLUMNS)
# What a reader is asked first, in this order; the rest of what can be decided follows.
FIRST = (
    "scope", "diseases", "target_antigens", "construct", "cell_type", "cell_source", "gene_delivery", "lymphodepletion",
    "comparators", "follow_up_months", "sponsor_canonical", "sponsor_type",
)  # fmt: skip
DECIDABLE = tuple(dict.fromkeys((*FIRST, *overrides.OF_TRIAL, *overrides.OF_PRODUCT, *overrides.OF_PROFILE)))


def values(dossier: Dossier) -> dict[str, str]:
    """Attribute that a reviewer may decide -> its value now, as overrides.csv writes it; empty: not stated."""
    row = {**dossier.row, "construct": dossier.row["constructs"] if len(dossier.row["constructs"] or ()) == 1 else None}
    several = {name for name in ("cell_type", "cell_source") if row.get(name) == "several"}
    return {name: "" if name in several else written(row.get(name)) for name in DECIDABLE if name in row}


def written(value: Any) -> str:
    """A value as overrides.csv writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "/".join(map(written, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def line(nct_id: str, attribute: str, value: str, when: str) -> str:
    """One line, without its end; who and why are for the reader to write."""
    told = StringIO()
    csv.writer(told, lineterminator="").writerow((nct_id, attribute, value, WHO, when, WHY))
    return told.getvalue()


def letter(nct_id: str, told: str) -> str:
    """The address of a letter that holds the line; to whom it goes is for the reader to say."""
    body = f"A decision on {nct_id}, as a line of the overrides file:\n\n{HEAD}\n{told}\n"
    return f"mailto:?subject={quote(f'{nct_id}: a value is wrong')}&body={quote(body, errors='replace')}"

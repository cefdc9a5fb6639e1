"""`cartrials changes` and `cartrials events`: what changed and what happened, the newest first."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from flows.alerts.ledger import published
from flows.alerts.messages.wording import shown
from flows.cli.commands.query import UsageError, emit
from flows.config.settings import Settings
from transforms.history.sentences import shortened
from transforms.nct import number_of
from warehouse.querying.reading import published as opened
from warehouse.tables.history import EVENT_TYPES, MATERIALITIES

MOST = 200
TITLE_WIDTH, VALUE_WIDTH = 60, 70  # characters of a cell in a table; JSON and CSV have all


def show_changes(
    settings: Settings, *, since: str | None = None, trial: str | None = None, materiality: Sequence[str] = (),
    limit: int = MOST, format: str = "table",
) -> int:  # fmt: skip
    """Changes of fields, old and new value, the newest first. Raises UsageError, WarehouseError."""
    rows = _read(
        settings,
        "list_changes",
        since,
        limit,
        trial,
        materiality=_words("materiality", materiality, MATERIALITIES),
    )
    if format == "table":
        rows = [
            {
                "seen": f"{row['observed_at']:%Y-%m-%d}",
                "trial": row["nct_id"],
                "what": row["materiality"],
                "field": shortened(row["field_path"], TITLE_WIDTH),
                "old": _value(row["old_value"]),
                "new": _value(row["new_value"]),
            }
            for row in rows
        ]
    return _emit(rows, format, limit, "No change")


def show_events(
    settings: Settings, *, since: str | None = None, trial: str | None = None, event_types: Sequence[str] = (),
    materiality: Sequence[str] = (), limit: int = MOST, format: str = "table",
) -> int:  # fmt: skip
    """Events, the newest first. Raises UsageError, WarehouseError."""
    types = _words("type", event_types, EVENT_TYPES)
    weights = _words("materiality", materiality, MATERIALITIES)
    rows = _read(settings, "list_events", since, limit, trial, types=types, materiality=weights)
    if format == "table":
        rows = [
            {
                "seen": f"{row['observed_at']:%Y-%m-%d}",
                "trial": row["nct_id"],
                "event": row["event_type"],
                "what": row["materiality"],
                "summary": row["summary"],
                "title": shortened(row["title"] or "", TITLE_WIDTH),
            }
            for row in rows
        ]
    return _emit(rows, format, limit, "No event")


def _read(
    settings: Settings, name: str, since: str | None, limit: int, trial: str | None, **more: Any
) -> list[dict[str, Any]]:
    if limit < 1:
        raise UsageError(f"--limit is {limit}; expected a number from 1.")
    with opened(settings.warehouse_path) as connection:
        number = number_of(trial) or trial.strip().upper() if trial else None
        return published.rows(connection, name, since=_moment(since), most=limit, trial=number, **more)


def _moment(given: str | None) -> datetime | None:
    """The beginning of a day. Raises UsageError."""
    if given is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(given), datetime.min.time())
    except ValueError as error:
        raise UsageError(f"--since is {given!r}; expected a date such as 2026-09-02.") from error


def _words(option: str, given: Sequence[str], known: Collection[str]) -> list[str] | None:
    unknown = [word for word in given if word not in known]
    if unknown:
        raise UsageError(f"--{option} is {unknown[0]!r}; expected one of: {', '.join(known)}.")
    return list(given) or None


def _value(given: str | None) -> str:
    return shortened(shown(json.loads(given)) if given is not None else "–", VALUE_WIDTH)


def _emit(rows: list[dict[str, Any]], format: str, limit: int, nothing: str) -> int:
    if not rows and format == "table":
        print(f"{nothing} in that time.")
        return 0
    note = f"There may be more: --limit {limit} was reached." if len(rows) == limit else None
    emit(pa.Table.from_pylist(rows), format, None, note=note)
    return 0

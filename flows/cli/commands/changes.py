"""`cartrials changes` and `cartrials events`: what changed and what happened, the newest first."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyarrow as pa

from flows.alerts.ledger import published
from flows.alerts.messages.wording import shown
from flows.cli.commands.columns import Choice
from flows.cli.commands.query import ALL, emit, filters_of
from flows.config.settings import Settings
from flows.errors import UsageError
from transforms.nct import number_of
from transforms.shown import shortened
from warehouse.querying import named, told
from warehouse.querying.reading import published as opened
from warehouse.tables.history import EVENT_TYPES, MATERIALITIES

MOST = 200
TITLE_WIDTH, VALUE_WIDTH = 60, 70  # characters of a cell in a table; JSON and CSV have all


@dataclass(frozen=True)
class Asked:
    """Which news: of trials by facet or number, from one day to another, of one of the weights, at most `limit`."""

    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    since: str | None = None
    until: str | None = None
    trial: str | None = None
    materiality: Sequence[str] = ()
    limit: int = MOST
    choice: Choice = ALL


def show_changes(settings: Settings, asked: Asked, *, format: str = "table") -> int:
    """Changes of fields, old and new value, the newest first. Raises UsageError, WarehouseError."""
    rows = [
        {**row, "old": _plain(row["old_value"]), "new": _plain(row["new_value"])}
        for row in _read(settings, "list_changes", asked)
    ]
    if format == "table":
        rows = [
            {
                "seen": f"{row['observed_at']:%Y-%m-%d}",
                "trial": row["nct_id"],
                "what": row["materiality"],
                "field": shortened(row["field_path"], TITLE_WIDTH),
                "old": shortened(row["old"] or "–", VALUE_WIDTH),
                "new": shortened(row["new"] or "–", VALUE_WIDTH),
            }
            for row in rows
        ]
    return _emit(rows, format, asked, "No change")


def show_events(settings: Settings, asked: Asked, event_types: Sequence[str] = (), *, format: str = "table") -> int:
    """Events, the newest first. Raises UsageError, WarehouseError."""
    rows = _read(settings, "list_events", asked, types=_words("type", event_types, EVENT_TYPES))
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
    return _emit(rows, format, asked, "No event")


def _read(settings: Settings, name: str, asked: Asked, **more: Any) -> list[dict[str, Any]]:
    if asked.limit < 1:
        raise UsageError(f"--limit is {asked.limit}; expected a number from 1.")
    filters = filters_of(asked.words, asked.since, asked.until)
    number = number_of(asked.trial) if asked.trial is not None else None
    if asked.trial is not None and number is None:
        raise UsageError(f"--trial is {asked.trial!r}; expected NCT and eight digits.")
    weights = _words("materiality", asked.materiality, MATERIALITIES)
    since, last = named.days_of(filters)
    with opened(settings.warehouse_path) as connection:
        for sentence in told.sentences(connection, filters):
            print(sentence, file=sys.stderr)
        return published.rows(
            connection, name, since=since, until=last and last + timedelta(days=1), most=asked.limit, trial=number,
            trials=named.trials_matching(connection, filters), materiality=weights, **more,
        )  # fmt: skip


def _words(option: str, given: Sequence[str], known: Collection[str]) -> list[str] | None:
    unknown = [word for word in given if word not in known]
    if unknown:
        raise UsageError(f"--{option} is {unknown[0]!r}; expected one of: {', '.join(known)}.")
    return list(given) or None


def _plain(given: str | None) -> str | None:
    """A value as a reader writes it: RECRUITING, without the quotes of JSON."""
    return shown(json.loads(given)) if given is not None else None


def _emit(rows: list[dict[str, Any]], format: str, asked: Asked, nothing: str) -> int:
    if not rows and format == "table":
        print(f"{nothing} that fits." if asked.trial or asked.words else f"{nothing} in that time.")
        return 0
    note = f"There may be more: --limit {asked.limit} was reached." if len(rows) == asked.limit else None
    emit(pa.Table.from_pylist(rows), format, None, note=note, choice=asked.choice)
    return 0

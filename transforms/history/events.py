"""What happened to a trial: changes of one kind between two versions become one event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from transforms.history import sentences
from transforms.history.arrivals import RECORD_CHANGED, first_seen, scope_event
from transforms.history.changes import Change
from transforms.history.event import Context, Event, Told, new_event, registry_day, sha256_of
from transforms.history.materiality import highest
from transforms.history.posted import posted_clauses, posted_details
from transforms.shaped import Rows
from transforms.shown import shortened

DETAIL_LIMIT = 1000  # characters of one text in an event's details; trial_changes holds it whole
LINES_LIMIT = 20  # added and removed lines of the criteria in an event's details


def events(nct_id: str, old: Rows | None, new: Rows, changes: Sequence[Change], context: Context) -> list[Event]:
    """Events of one version: of its changes, or of the first sight of the trial where `old` is None."""
    row = new["trials"][0]
    if old is None:
        return [first_seen(nct_id, row, context)]
    day = registry_day(old["trials"][0], row, context)
    found = [
        new_event(nct_id, event_type, day, context, _tell_change(event_type, together, new))
        for event_type, together in _by_event(changes).items()
    ]
    for change in changes:
        if change.table == "trials" and change.column == "scope":
            scope = scope_event(nct_id, change.old, row, RECORD_CHANGED, context, day)
            found.append(replace(scope, changes=(change,)))
    return found


def change_rows(
    nct_id: str, old: Rows, new: Rows, changes: Sequence[Change], found: Sequence[Event], context: Context
) -> list[dict[str, Any]]:
    """The changes between two versions as rows of trial_changes, each with the event that tells of it.

    Both rows of trials hold their `content_sha256`; `found` is what `events` made of `changes`.
    """
    before, after = old["trials"][0], new["trials"][0]
    day = registry_day(before, after, context)
    shas = [before["content_sha256"], after["content_sha256"]]
    step = [nct_id, *shas, day.isoformat()]
    event_ids = {id(change): event.event_id for event in found for change in event.changes}
    return [
        {
            "change_id": sha256_of([*step, change.field_path, change.old, change.new]),
            "nct_id": nct_id,
            "from_sha": shas[0],
            "to_sha": shas[1],
            "observed_at": context.observed_at,
            "registry_date": day,
            "field_path": change.field_path,
            "old_value": change.old_value,
            "new_value": change.new_value,
            "materiality": change.materiality,
            "rule": change.rule,
            "event_id": event_ids.get(id(change)),
            "run_id": context.run_id,
        }
        for change in changes
    ]


def headlines(found: Iterable[Event]) -> dict[str, str]:
    """One line for each trial, of all its events: "Enrolment 12 → 40, completion moved from ... to ..."."""
    by_trial: dict[str, list[str]] = {}
    for event in found:
        by_trial.setdefault(event.nct_id, []).append(event.summary)
    return {nct_id: sentences.headline(lines) for nct_id, lines in by_trial.items()}


def _by_event(changes: Sequence[Change]) -> dict[str, list[Change]]:
    """Changes by the type of event that tells of them. Enrolment 0 on withdrawal belongs to the status."""
    is_withdrawn = any(change.column == "overall_status" and change.new == "WITHDRAWN" for change in changes)
    has_enrolled = any(change.column == "enrollment_count" and change.new != 0 for change in changes)
    told: dict[str, list[Change]] = {}
    for change in changes:
        event_type = change.event
        if event_type == "enrollment_changed" and is_withdrawn and not has_enrolled:
            event_type = "status_changed"
        if event_type:
            told.setdefault(event_type, []).append(change)
    return told


def _tell_change(event_type: str, together: Sequence[Change], new: Rows) -> Told:
    came = posted_details(new) if event_type == "results_posted" else {}
    return Told(
        before=[[change.field_path, change.old] for change in together],
        after=[[change.field_path, change.new] for change in together],
        summary=sentences.summary(event_type, together, posted_clauses(came)),
        details={"changes": [_detail(change) for change in together]} | came,
        materiality=highest([change.materiality for change in together]),
        changes=tuple(together),
    )


def _detail(change: Change) -> dict[str, Any]:
    said = {"field_path": change.field_path, "old": _brief(change.old), "new": _brief(change.new)}
    if change.column == "eligibility_criteria":
        added, removed = sentences.changed_lines(change.old, change.new)
        said |= {"added_lines": added[:LINES_LIMIT], "removed_lines": removed[:LINES_LIMIT]}
    return said | {"materiality": change.materiality}


def _brief(given: Any) -> Any:
    return shortened(given, DETAIL_LIMIT) if isinstance(given, str) else given

"""What happened in a run: registry states, versions, changes, events, and ties between trials and papers.

Called inside the transaction that keeps the run, after its records are in the content tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from flows import paper_ties, sightings
from flows.kept import Kept
from flows.manifests import Manifest
from flows.pull import NOT_SEARCHES
from transforms.frames import typed
from transforms.history.arrivals import REVIEWED, RULES_CHANGED, scope_event, state_event
from transforms.history.changes import Change
from transforms.history.event import Context, Event
from transforms.history.events import change_rows, events
from transforms.history.sponsors import sponsor_renames
from transforms.history.states import Sighting
from warehouse import work
from warehouse.schema import table
from warehouse.work import Connection

Row = dict[str, Any]


def write(connection: Connection, kept: Kept, manifests: Sequence[Manifest]) -> int:
    """Write versions, states, changes and events of a run; returns how many events there are."""
    context = kept.context
    found: list[Event] = [event for outcome in kept.outcomes.values() for event in outcome.events]
    found += _of_changes(connection, _found(kept), context)
    states = _registry_states(connection, manifests, kept)
    found += _state_events(connection, states, context)
    found += _scope_by_rules(connection, kept, context)
    found += paper_ties.write(connection, kept, context)
    _write_states(connection, states)
    sightings.add(connection, _tonight(connection, kept, states))
    if any(m.source == "ctgov" for m in manifests):
        sightings.seen_again(connection, kept.seal.clock)
        work.append(
            connection,
            table("registry_nights"),
            typed(table("registry_nights"), [{"night_at": kept.seal.clock, "run_id": kept.seal.run_id}]).arrow,
        )
    return _write_events(connection, found)


@dataclass(frozen=True)
class Found:
    """Two consecutive versions of a trial: the rows of trials without long texts, and what differs."""

    nct_id: str
    before: Row
    after: Row
    changes: tuple[Change, ...]


def write_changes(connection: Connection, found: Iterable[Found], context: Context) -> int:
    """Write these changes and the events that tell of them; returns how many events are new."""
    return _write_events(connection, _of_changes(connection, found, context))


def _found(kept: Kept) -> Iterator[Found]:
    for nct_id, outcome in kept.outcomes.items():
        if (one := outcome.compared) is not None:
            yield Found(nct_id, one.before, one.after, one.changes)


def _of_changes(connection: Connection, found: Iterable[Found], context: Context) -> list[Event]:
    """Events of new versions, once every change of the run is known; the changes go into their table."""
    events_found: list[Event] = []
    rows: dict[str, Row] = {}
    for one in found:
        old, new = {"trials": [one.before]}, {"trials": [one.after]}
        told = events(one.nct_id, old, new, one.changes, context)
        events_found += told
        for row in change_rows(one.nct_id, old, new, one.changes, told, context):
            rows[row["change_id"]] = row
    # A company's new name in many records is known only now: its events and changes matter less.
    judged = sponsor_renames(events_found)
    renamed = {
        (event.event_id, change.field_path): change for event in judged for change in event.changes
        if change.rule == "sponsor_renamed"
    }  # fmt: skip
    for row in rows.values():
        if change := renamed.get((row["event_id"], row["field_path"])):
            row |= {"materiality": change.materiality, "rule": change.rule}
    _append_new(connection, "trial_changes", "change_id", list(rows.values()))
    return judged


def _registry_states(
    connection: Connection, manifests: Sequence[Manifest], kept: Kept
) -> dict[str, tuple[str, str, str | None]]:
    """Trials whose registry_state changes tonight: NCT number -> (before, after, canonical trial of an alias).

    A trial that no search leg brings has left the search, unless asking by its number says why; what was
    said stands until the trial comes back. Trials that no search ever found (named in a paper) cannot
    leave it. A night that had no need to ask changes nothing.
    """
    legs = [m for m in manifests if m.source == "ctgov" and m.leg not in NOT_SEARCHES]
    if all(m.is_skipped for m in legs):
        return {}
    searched = {record_id for m in legs for record_id, _ in m.records}
    came = {record_id for m in manifests if m.source == "ctgov" for record_id, _ in m.records}
    absences = {nct_id: why for m in manifests if m.source == "ctgov" for nct_id, why in m.absences.items()}
    changed: dict[str, tuple[str, str, str | None]] = {}
    rows = connection.execute(
        """SELECT nct_id, registry_state, EXISTS (SELECT 1 FROM trial_search_hits AS hits
                  WHERE hits.nct_id = trials.nct_id AND NOT list_contains(?, hits.leg))
           FROM trials""", [list(NOT_SEARCHES)],
    ).fetchall()  # fmt: skip
    for nct_id, before, was_searched in rows:
        why, _, canonical = absences.get(nct_id, "").partition(":")
        if nct_id in searched:
            after = "present"
        elif why:
            after = why
        elif before in ("present", "left_search") or nct_id in came:
            after = "left_search" if was_searched else "present"
        else:
            after = before
        if after != before:
            changed[nct_id] = (before, after, canonical or None)
    return changed


def _state_events(
    connection: Connection, states: Mapping[str, tuple[str, str, str | None]], context: Context
) -> list[Event]:
    facts = _facts(connection, states)
    return [
        state_event(nct_id, before, after, facts[nct_id], context, canonical)
        for nct_id, (before, after, canonical) in states.items()
    ]


def _scope_by_rules(connection: Connection, kept: Kept, context: Context) -> list[Event]:
    """Trials that other rules or a reviewer put into or out of scope although their record says the same."""
    if not kept.scopes_before:
        return []
    now = dict(connection.execute("SELECT nct_id, scope FROM trials").fetchall())
    moved = [
        nct_id for nct_id, before in kept.scopes_before.items()
        if now.get(nct_id) not in (None, before) and not kept.has_new_version(nct_id)
    ]  # fmt: skip
    facts = _facts(connection, moved)
    return [
        scope_event(
            nct_id, kept.scopes_before[nct_id], facts[nct_id],
            REVIEWED if nct_id in kept.decided_anew else RULES_CHANGED, context,
        )
        for nct_id in moved
    ]  # fmt: skip


def _write_states(connection: Connection, states: Mapping[str, tuple[str, str, str | None]]) -> None:
    if not states:
        return
    rows = pa.table({"id": list(states), "state": [after for _, after, _ in states.values()]})  # noqa: F841
    connection.execute("UPDATE trials SET registry_state = rows.state FROM rows WHERE trials.nct_id = rows.id")
    work.touched(connection, "trials", "registry_state")


def _tonight(connection: Connection, kept: Kept, states: Iterable[str]) -> dict[str, list[Sighting]]:
    """What tonight said anew: of trials with another version, in another state, or in quarantine."""
    versions = {nct_id: outcome for nct_id, outcome in kept.outcomes.items() if outcome.is_new_version}
    affected = sorted(
        {
            *versions,
            *states,
            *kept.stale["ctgov"],
            *(nct_id for nct_id in kept.readable["ctgov"] if kept.reads_again(nct_id)),
            *_no_longer_stale(connection),
        }
    )
    ids = pa.table({"id": pa.array(affected, pa.string())})  # noqa: F841
    rows = connection.execute(
        """SELECT nct_id, content_sha256, registry_state, is_stale, last_update_posted_date, first_posted_date,
                  first_submitted_date, last_seen_at,
                  (SELECT arg_max(protocol_sha256, sighting_no) FROM _sightings AS s
                   WHERE s.nct_id = trials.nct_id AND s.origin = 'observed')
           FROM trials WHERE nct_id IN (SELECT id FROM ids)"""
    ).fetchall()
    found: dict[str, list[Sighting]] = {}
    for nct_id, sha256, state, is_stale, updated, posted, submitted, seen, last_protocol in rows:
        outcome = versions.get(nct_id)
        day: date | None = updated or posted or submitted
        if nct_id in kept.brought["ctgov"] or nct_id in states:
            seen = kept.seal.clock if state == "present" else None
        found[nct_id] = [
            Sighting(
                observed_at=kept.seal.clock,
                run_id=kept.seal.run_id,
                content_sha256=sha256,
                protocol_sha256=outcome.protocol_sha256 if outcome else last_protocol,
                registry_date=day,
                registry_state=state,
                is_stale=is_stale,
                last_seen_at=seen,
            )
        ]
    return found


def _no_longer_stale(connection: Connection) -> list[str]:
    """Trials whose last sighting was in quarantine and that could be read tonight, with content known before."""
    return [nct_id for (nct_id,) in connection.execute(
        """SELECT nct_id FROM trials JOIN _sightings AS s USING (nct_id)
           WHERE s.origin = 'observed' GROUP BY nct_id, trials.is_stale
           HAVING arg_max(s.is_stale, s.sighting_no) AND NOT trials.is_stale"""
    ).fetchall()]  # fmt: skip


def _facts(connection: Connection, nct_ids: Iterable[str]) -> dict[str, Row]:
    """What events tell of a trial beside the event itself."""
    ids = pa.table({"id": pa.array(list(nct_ids), pa.string())})  # noqa: F841
    cursor = connection.execute(
        "SELECT * EXCLUDE (brief_summary, detailed_description, eligibility_criteria) FROM "
        "trials WHERE nct_id IN (SELECT id FROM ids)"
    )
    names = [column[0] for column in cursor.description or ()]
    return {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}


def _write_events(connection: Connection, found: Sequence[Event]) -> int:
    unique = {event.event_id: event.row() for event in found}
    return _append_new(connection, "trial_events", "event_id", list(unique.values()))


def _append_new(connection: Connection, name: str, key: str, rows: Sequence[Row]) -> int:
    """Add rows whose key is not there yet; how many there were."""
    if not rows:
        return 0
    ids = pa.table({"id": pa.array([row[key] for row in rows], pa.string())})  # noqa: F841
    known = {
        found
        for (found,) in connection.execute(f"SELECT {key} FROM {name} WHERE {key} IN (SELECT id FROM ids)").fetchall()
    }
    new = [row for row in rows if row[key] not in known]
    work.append(connection, table(name), typed(table(name), new).arrow)
    return len(new)

"""What happened in a run: registry states, versions, changes, events, and ties between trials and papers.

Called inside the transaction that applies the run, once its records stand at what it took of them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from flows.load import paper_links, sightings
from flows.load.run_state import Kept
from flows.load.write_rows import append_told
from flows.sources.legs import NOT_SEARCHES
from flows.storage.manifests import Manifest
from transforms.frames import typed
from transforms.history.arrivals import ASKED_OF_TRIALS, REVIEWED, RULES_CHANGED, scope_event, state_event
from transforms.history.event import Context, Event
from transforms.history.sponsors import RENAMED, sponsor_renames
from transforms.history.timeline import Sighting
from warehouse import work
from warehouse.schema import table
from warehouse.tables.sources import CTGOV
from warehouse.work import Connection

Row = dict[str, Any]


def write_registry_states(connection: Connection, kept: Kept, manifests: Sequence[Manifest]) -> set[str]:
    """Write states and events of a run; returns the trials of which it said something anew.

    Changes, and the events that tell of them, stand there already: they were written with the rows of their records.
    """
    context = kept.context
    judge_renames(connection, kept.of_sponsors, context)
    states = _registry_states(connection, manifests, kept)
    found = _state_events(connection, states, context)
    found += _scope_by_rules(connection, kept, context)
    found += paper_links.write_paper_links(connection, kept, context)
    _write_states(connection, states)
    came = {one for m in manifests if m.source == CTGOV for one, _ in m.records} - kept.withheld[CTGOV]
    tonight = _tonight(connection, kept, states, came)
    sightings.note_sightings(connection, tonight, kept.versions)
    if any(m.source == CTGOV for m in manifests):
        sightings.seen_again(connection, kept.seal.clock)
        work.append(
            connection,
            table("registry_nights"),
            typed(table("registry_nights"), [{"night_at": kept.seal.clock, "run_id": kept.seal.run_id}]).arrow,
        )
    _write_events(connection, kept, found)
    return set(tonight)


def judge_renames(connection: Connection, told: Sequence[Event], context: Context) -> None:
    """A company's new name in many records is known only with the whole run: its events and changes matter less.

    Of what an earlier run told already, nothing is altered.
    """
    for event in sponsor_renames(told):
        renamed = [change for change in event.changes if change.rule == RENAMED]
        for change in renamed:
            connection.execute(
                """UPDATE trial_changes SET materiality = ?, rule = ?
                   WHERE event_id = ? AND field_path = ? AND run_id = ?""",
                [change.materiality, change.rule, event.event_id, change.field_path, context.run_id],
            )
        if renamed:
            connection.execute(
                "UPDATE trial_events SET materiality = ? WHERE event_id = ? AND run_id = ?",
                [event.materiality, event.event_id, context.run_id],
            )


def _registry_states(
    connection: Connection, manifests: Sequence[Manifest], kept: Kept
) -> dict[str, tuple[str, str, str | None]]:
    """Trials whose registry_state changes tonight: NCT number -> (before, after, canonical trial of an alias).

    A trial that no search leg brings has left the search, unless asking by its number says why; what was
    said stands until the trial comes back. One that comes as the registry's stub is withheld. Trials that no
    search ever found (named in a paper) cannot leave it. A night that had no need to ask changes nothing.
    """
    legs = [m for m in manifests if m.source == CTGOV and m.leg not in NOT_SEARCHES]
    if all(m.is_skipped for m in legs):
        return {}
    searched = {record_id for m in legs for record_id, _ in m.records}
    came = {record_id for m in manifests if m.source == CTGOV for record_id, _ in m.records}
    absences = {nct_id: why for m in manifests if m.source == CTGOV for nct_id, why in m.absences.items()}
    changed: dict[str, tuple[str, str, str | None]] = {}
    rows = connection.execute(
        """SELECT nct_id, registry_state, EXISTS (SELECT 1 FROM trial_search_hits AS hits
                  WHERE hits.nct_id = now.nct_id AND NOT list_contains(?, hits.leg))
           FROM _trials_now AS now""", [list(NOT_SEARCHES)],
    ).fetchall()  # fmt: skip
    for nct_id, before, was_searched in rows:
        why, _, canonical = absences.get(nct_id, "").partition(":")
        if nct_id in kept.withheld[CTGOV]:
            after = "withheld"
        elif nct_id in searched:
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
    facts = _read_trials(connection, states)
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
        if now.get(nct_id) not in (None, before) and nct_id not in kept.versions
    ]  # fmt: skip
    facts = _read_trials(connection, moved)
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
    connection.execute("UPDATE _trials_now SET registry_state = rows.state FROM rows WHERE nct_id = rows.id")
    work.touched(connection, "trials", "registry_state")


def _tonight(
    connection: Connection, kept: Kept, states: Iterable[str], came: Container[str | None]
) -> dict[str, list[Sighting]]:
    """What tonight said anew: of trials with another version, in another state, or in quarantine."""
    affected = sorted(
        {
            *kept.versions,
            *states,
            *kept.stale[CTGOV],
            *(nct_id for nct_id in kept.readable[CTGOV] if kept.reads_again(nct_id)),
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
        day: date | None = updated or posted or submitted
        if nct_id in came or nct_id in states:
            seen = kept.seal.clock if state == "present" else None
        found[nct_id] = [
            Sighting(
                observed_at=kept.seal.clock,
                run_id=kept.seal.run_id,
                content_sha256=sha256,
                protocol_sha256=kept.versions.get(nct_id, last_protocol),
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
        """SELECT nct_id FROM _trials_now AS now JOIN _sightings AS s USING (nct_id)
           WHERE s.origin = 'observed' GROUP BY nct_id, now.is_stale
           HAVING arg_max(s.is_stale, s.sighting_no) AND NOT now.is_stale"""
    ).fetchall()]  # fmt: skip


def _read_trials(connection: Connection, nct_ids: Iterable[str]) -> dict[str, Row]:
    """What events tell of a trial beside the event itself."""
    ids = pa.table({"id": pa.array(list(nct_ids), pa.string())})  # noqa: F841
    rows = connection.execute(
        f"SELECT {', '.join(ASKED_OF_TRIALS)} FROM trials WHERE nct_id IN (SELECT id FROM ids)"
    ).fetchall()
    return {row[0]: dict(zip(ASKED_OF_TRIALS, row, strict=True)) for row in rows}


def _write_events(connection: Connection, kept: Kept, found: Sequence[Event]) -> None:
    unique = {event.event_id: event.row() for event in found}
    if unique:
        append_told(connection, kept, {"trial_events": typed(table("trial_events"), list(unique.values())).arrow})

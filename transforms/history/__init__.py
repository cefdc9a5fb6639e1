"""History: versions of a trial -> its states in two times, what changed, and what happened.

Pure: a function of the rows of versions and of when they were sighted. In a run, per trial:

1. `timeline(nct_id, sightings, from_history).rows(rows_of)` -> trial_versions, trial_states, profile_states.
2. `changes(old, new)` of each new version and the one before it; `record_change` where rows are equal.
3. `events` and `change_rows` of each; then `sponsor_renames` over the events of the whole run.
4. `state_event` for trials that no longer come back or return, `scope_event` for another rule version,
   `paper_events` for papers that are new, changed, or newly tied.
"""

from __future__ import annotations

from transforms.history.arrivals import (
    RECORD_CHANGED,
    RULES_CHANGED,
    SEARCH_WIDENED,
    first_seen,
    scope_event,
    state_event,
)
from transforms.history.changes import Change, changes
from transforms.history.event import Context, Event, registry_day
from transforms.history.events import change_rows, events, headlines
from transforms.history.papers import paper_events
from transforms.history.sponsors import sponsor_renames
from transforms.history.timeline import Sighting, Timeline, compact, timeline
from transforms.history.whole_record import record_change

__all__ = [
    "RECORD_CHANGED", "RULES_CHANGED", "SEARCH_WIDENED", "Change", "Context", "Event", "Sighting", "Timeline",
    "change_rows", "changes", "compact", "events", "first_seen", "headlines", "paper_events", "record_change",
    "registry_day", "scope_event", "sponsor_renames", "state_event", "timeline",
]  # fmt: skip

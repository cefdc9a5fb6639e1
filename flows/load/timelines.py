"""What versions and states of a trial say of themselves, without the row of their content. No database here."""

from __future__ import annotations

from collections.abc import Sequence

from transforms.history.timeline import OBSERVED, Sighting, Timeline, timeline
from warehouse.schema import Table, table

COLUMNS = Sighting.__struct_fields__
# What a state says of itself; the rest of its row is the row of trials of its content.
OF_STATE = (
    "registry_state", "is_stale", "first_seen_at", "last_seen_at", "run_id", "state_no", "version",
    "valid_from", "valid_to", "known_from", "known_to",
)  # fmt: skip

STATE_SPANS = Table(
    "said", "One row per state, without the row of its content",
    tuple(column for column in table("trial_states").columns if column.name in (*OF_STATE, "nct_id", "content_sha256")),
    key=("nct_id", "state_no"),
)  # fmt: skip


def timeline_of(nct_id: str, together: Sequence[Sighting]) -> Timeline:
    """The versions and states that follow from all sightings of a trial."""
    observed = [one for one in together if one.origin == OBSERVED]
    return timeline(nct_id, observed, [one for one in together if one.origin != OBSERVED])

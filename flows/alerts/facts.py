"""What alerts need to know of trials and events, as read from the published file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

NEW_FOR_YOU = "new_for_you"  # our own event, keyed by subscriber and trial: it first fits the filter
PRESENT = ("present", "left_search")
TRACKED = ("in_scope", "follow_up")


@dataclass(frozen=True, slots=True)
class Site:
    """One site as the registry lists it; `status` as given, None where none is."""

    country: str | None
    country_code: str | None
    city: str | None
    facility: str | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial as it stands: what filters compare and what a message shows."""

    nct_id: str
    title: str
    url: str
    scope: str
    registry_state: str
    overall_status: str | None
    phases: tuple[str, ...]
    phase_label: str | None
    lead_sponsor: str | None
    sponsors: tuple[str, ...]  # lead sponsor as given and canonical, collaborators
    sponsor_type: str | None
    diseases: tuple[str, ...]
    topics: tuple[str, ...]
    target_antigens: tuple[str, ...]
    cell_sources: tuple[str, ...]
    cell_types: tuple[str, ...]
    products: tuple[str, ...]
    start_date: str | None  # as precisely as given: "2026-05"
    start_date_type: str | None
    enrollment_count: int | None
    enrollment_type: str | None
    first_posted_date: date | None
    country_codes: tuple[str, ...]
    sites: tuple[Site, ...] = ()

    @property
    def is_tracked(self) -> bool:
        """In scope or following recipients, and not withheld, removed or merged into another."""
        return self.scope in TRACKED and self.registry_state in PRESENT


@dataclass(frozen=True, slots=True)
class Event:
    """A row of trial_events, `details` parsed."""

    event_id: str
    nct_id: str
    pmid: str | None
    event_type: str
    occurred_on: date
    observed_at: datetime
    run_id: str
    summary: str
    materiality: str
    details: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a value of a profile is what it is: the words, or where else it is stated."""

    attribute: str
    value: str
    kind: str
    field_path: str | None
    matched_text: str | None
    stated_in: str | None

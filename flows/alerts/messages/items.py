"""Pending alerts -> items: one for each trial, however many events, in the order a reader wants them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flows.alerts.facts import NEW_FOR_YOU, Event, Trial
from flows.alerts.ledger.ledger import Pending
from flows.alerts.ledger.news import CHANGED, NEW, OLDER, SECTIONS
from flows.alerts.subscribers.filters import SITES_CHANGED, Filter, Reason, reasons
from warehouse.tables.history import MATERIALITIES

OLD_PAPER = timedelta(days=180)  # a paper that was out for longer is not news, however new it is to us
OLDER_PER_MESSAGE = 10


@dataclass(frozen=True)
class Item:
    """One trial in one message: its events, and why the subscriber hears of it."""

    nct_id: str
    trial: Trial | None  # None: the published file no longer has it
    section: str
    news: tuple[str, ...]  # what made the trial fit for the first time
    events: tuple[Event, ...]
    why: tuple[Reason, ...] | None  # None: it no longer fits
    alert_ids: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, int, str]:
        """New before changed before older; what matters most first; then by number, the newest first."""
        weight = min((MATERIALITIES.index(event.materiality) for event in self.events), default=0)
        return (SECTIONS.index(self.section), weight, "".join(chr(0x10000 - ord(c)) for c in self.nct_id))


def items(pending: Sequence[Pending], trials: Mapping[str, Trial], wanted: Filter) -> list[Item]:
    """One item for each trial, ordered."""
    by_trial: dict[str, list[Pending]] = {}
    for one in pending:
        by_trial.setdefault(one.event.nct_id, []).append(one)
    return sorted(
        (_item(nct_id, some, trials.get(nct_id), wanted) for nct_id, some in by_trial.items()),
        key=lambda i: i.rank,
    )


def batch(ordered: Sequence[Item], most: int) -> list[Item]:
    """The items of the next message: at most `most`, and of those that are old at most a few."""
    older = [item for item in ordered if item.section == OLDER][:OLDER_PER_MESSAGE]
    fresh = [item for item in ordered if item.section != OLDER]
    return [*fresh, *older][:most]


def _item(nct_id: str, some: Sequence[Pending], trial: Trial | None, wanted: Filter) -> Item:
    first_fit = next((one.event for one in some if one.event.event_type == NEW_FOR_YOU), None)
    told_sites = first_fit is not None and any("site" in text for text in first_fit.details["reasons"])
    events = tuple(
        one.event for one in some
        if one.event.event_type != NEW_FOR_YOU and not (told_sites and one.event.event_type == SITES_CHANGED)
    )  # fmt: skip
    section = first_fit.details["section"] if first_fit else _section(events)
    return Item(
        nct_id, trial, section, tuple(first_fit.details["reasons"]) if first_fit else (), events,
        reasons(wanted, trial) if trial else None, tuple(one.alert_id for one in some),
    )  # fmt: skip


def _section(events: Sequence[Event]) -> str:
    """Of a trial that the subscriber knows, or that is told without being new for them."""
    if any(event.event_type == "registered" for event in events):
        return NEW
    if all(_is_old(event) for event in events):
        return OLDER
    return CHANGED


def _is_old(event: Event) -> bool:
    if event.event_type == "entered_scope":
        return event.details.get("old_scope") is None
    return event.event_type == "published" and event.observed_at.date() - event.occurred_on > OLD_PAPER

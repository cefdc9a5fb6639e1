"""What a night brings for one subscriber. Pure.

Two kinds of news. Events of trials that fit, or fitted until tonight: a change that takes a trial out of
the filter is told as well, and then it is quiet. And, once for subscriber and trial, a trial that first
fits, whatever event or detail brought it there.

Known before, not told ("seeded"): what the first night and a backfill bring; what other rules or topics
alone make fit; what a new subscriber or a new filter finds already there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.alerts.facts import NEW_FOR_YOU, Event, Trial
from flows.alerts.subscribers.filters import SITE_KEYS, Filter, Reason, reasons, tells_of
from flows.alerts.subscribers.subscribers import Subscriber
from transforms.history.arrivals import RULES_CHANGED
from transforms.history.sentences import status as status_words

NEW, FIRST_FITS, CHANGED, OLDER = "new", "new for you", "changed", "older, newly tracked"
SECTIONS = (NEW, FIRST_FITS, CHANGED, OLDER)


@dataclass(frozen=True)
class Night:
    """What has not been noted yet, and the trials as they are and as they were before it."""

    run_id: str
    clock: datetime
    events: Sequence[Event]
    trials: Mapping[str, Trial]
    before: Mapping[str, Trial]
    seeded_runs: frozenset[str]
    is_quiet: bool  # first night, backfill, other rules or topics: only what came tonight is news


@dataclass(frozen=True)
class Told:
    """A trial that fits for the first time, and whether the subscriber hears of it."""

    nct_id: str
    is_told: bool


@dataclass(frozen=True)
class News:
    """For one subscriber: events to tell, events only to note, trials that first fit, trials that fit now."""

    tell: tuple[Event, ...]
    seed: tuple[Event, ...]
    first_fits: tuple[Told, ...]
    fits: frozenset[str]


def news(subscriber: Subscriber, night: Night, told: Mapping[str, bool], *, is_new: bool) -> News:
    """News of a night. `told` are the trials noted for the subscriber -> whether they fitted last time;
    `is_new` says that the subscriber, or the filter, was not there before.
    """
    wanted = subscriber.filter
    why = {nct_id: found for nct_id, trial in night.trials.items() if (found := reasons(wanted, trial)) is not None}
    fitted = set() if is_new else {nct_id for nct_id, fits in told.items() if fits}
    fresh: dict[str, list[Event]] = {}
    tell: list[Event] = []
    seed: list[Event] = []
    for event in night.events:
        is_known = event.run_id in night.seeded_runs or event.details.get("why") == RULES_CHANGED
        if not is_known:
            fresh.setdefault(event.nct_id, []).append(event)
        if (event.nct_id in why or event.nct_id in fitted) and tells_of(wanted, event):
            (seed if is_known else tell).append(event)
    first_fits = []
    for nct_id in sorted(set(why) - set(told)):
        came = fresh.get(nct_id, [])
        is_told = subscriber.new_for_you and (_arrival(came) is not None if night.is_quiet or is_new else True)
        first_fits.append(Told(nct_id, is_told))
        if is_told:
            tell.append(_first_fit(subscriber, night, night.trials[nct_id], why[nct_id], came))
    return News(tuple(tell), tuple(seed), tuple(first_fits), frozenset(why))


def _first_fit(
    subscriber: Subscriber, night: Night, trial: Trial, why: Sequence[Reason], came: Sequence[Event]
) -> Event:
    """Our own event, keyed by subscriber and trial."""
    section, said = _how(subscriber.filter, trial, night.before.get(trial.nct_id), why, came)
    key = hashlib.sha256(f"{NEW_FOR_YOU}\n{subscriber.name}\n{trial.nct_id}".encode()).hexdigest()
    return Event(key, trial.nct_id, None, NEW_FOR_YOU, night.clock.date(), night.clock, night.run_id, "; ".join(said),
                 "high", {"section": section, "reasons": said})  # fmt: skip


def _arrival(came: Sequence[Event]) -> Event | None:
    """The event by which a trial came to us tonight, or into the scope."""
    found = [
        e for e in came if e.event_type == "entered_scope" or (e.event_type == "registered" and e.materiality != "low")
    ]
    return found[-1] if found else None


def _how(
    wanted: Filter, trial: Trial, before: Trial | None, why: Sequence[Reason], came: Sequence[Event]
) -> tuple[str, list[str]]:
    """The section a first fit stands in, and what made it fit."""
    arrival = _arrival(came)
    if arrival is not None and arrival.event_type == "registered":
        return NEW, ["newly registered"]
    if arrival is not None and arrival.details.get("old_scope") is None:
        since = f"registered {trial.first_posted_date}, " if trial.first_posted_date else ""
        return OLDER, [f"{since}found now: {arrival.details.get('why') or 'newly tracked'}"]
    if arrival is not None:
        return FIRST_FITS, ["entered the scope"]
    if before is None:
        return FIRST_FITS, ["fits your filter now"]
    said = [text for reason in why if (text := _newly(wanted, trial, before, reason))]
    if not said and wanted.of("site_status"):
        said = [f"a site now {' or '.join(map(status_words, wanted.of('site_status')))} in {_places(why)}"]
    return FIRST_FITS, said or ["fits your filter now"]


def _newly(wanted: Filter, trial: Trial, before: Trial, reason: Reason) -> str | None:
    """What one key says that did not hold before; None where it held."""
    keys = SITE_KEYS if reason.key == "sites" else (reason.key,)
    alone = Filter({key: wanted.of(key) for key in keys if wanted.of(key)})
    then = reasons(alone, before)
    if then is not None:
        return None
    values = ", ".join(reason.values)
    if reason.key == "sites":
        return f"first site in {values}"
    if reason.key == "phases":
        return f"now {trial.phase_label or values}"
    if reason.key == "status":
        return f"now {status_words(trial.overall_status)}"
    if reason.key == "diseases":
        return f"{values} added"
    words = {"target_antigens": "target", "cell_source": "cells", "cell_type": "cells", "topics": "topic",
             "sponsors": "sponsor", "sponsor_type": "sponsor", "scope": "scope"}[reason.key]  # fmt: skip
    return f"{words} now {values.replace('_', ' ')}"


def _places(why: Sequence[Reason]) -> str:
    return next((", ".join(reason.values) for reason in why if reason.key == "sites"), "your countries")

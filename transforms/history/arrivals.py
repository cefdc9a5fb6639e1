"""Trials that come, enter or leave the scope, and what becomes of those that no longer come back.

`registered` is a trial that we see for the first time and that is new. One that was posted long before
the previous night was there to be found, but the search did not bring it: it `entered_scope`, since the
search was widened or its record was changed. Nobody is told of a trial of 1999 as if it were new.
"""

from __future__ import annotations

from datetime import date, timedelta

from transforms.history import sentences
from transforms.history.event import FACTS, Context, Event, Told, day_of, facts, new_event, registry_day
from transforms.history.fields import Row, value

# Posted this long before the previous night, a trial was there to be found. Records are posted days
# after they are submitted, and reach the search some days later still.
NEWS_DAYS = 30

# Columns of trials that the events below read.
ASKED_OF_TRIALS = ("nct_id", *FACTS, "first_posted_date_precision", "scope_reason")

SEARCH_WIDENED = "search widened"
RECORD_CHANGED = "record changed"
RULES_CHANGED = "rules changed"
REVIEWED = "decided by a reviewer"

SCOPE_ORDER = {"out_of_scope": 0, "follow_up": 1, "in_scope": 2}
SCOPE_WORDS = {"out_of_scope": "out of scope", "follow_up": "follow-up of recipients", "in_scope": "in scope"}
STATES = {
    "left_search": ("medium", "No longer found by the search; the registry still has it"),
    "alias": ("medium", "Now an alias of another registration"),
    "withheld": ("high", "Withheld by the registry"),
    "removed": ("high", "Removed from the registry"),
    "returned": ("medium", "Found again by the search"),
}


def first_seen(nct_id: str, row: Row, context: Context) -> Event:
    """`registered`, or `entered_scope` for a trial that was registered long before we saw it."""
    posted = day_of(row, "first_posted_date") or day_of(row, "first_submitted_date")
    is_in_scope = row.get("scope") != "out_of_scope"
    night = context.previous_night
    is_news = posted is None or night is None or posted >= night - timedelta(days=NEWS_DAYS)
    if is_in_scope and not is_news:
        if context.search_changed:
            return scope_event(nct_id, None, row, SEARCH_WIDENED, context, context.today)
        return scope_event(nct_id, None, row, RECORD_CHANGED, context, registry_day(None, row, context))
    word = "registered" if is_news else "first seen"
    told = Told(
        before=None, after=nct_id, details=facts(row),
        summary=sentences.line([f"{word}: {value(row, 'brief_title') or 'no title'}"]),
        materiality="high" if is_in_scope and is_news else "low",
    )  # fmt: skip
    return new_event(nct_id, "registered", posted or context.today, context, told)


def scope_event(
    nct_id: str, old: str | None, row: Row, why: str, context: Context, occurred_on: date | None = None
) -> Event:
    """`entered_scope` or `left_scope`, and why: record changed, search widened, rules changed, a reviewer.

    `old` is the scope before, None for a trial first seen; `row` the row of trials now. Where rules
    changed and content did not, call it with RULES_CHANGED, where a reviewer decided with REVIEWED; the
    day is then ours.
    """
    new = row.get("scope") or "in_scope"
    has_entered = SCOPE_ORDER.get(new, 0) > SCOPE_ORDER.get(old or "", -1)
    verb, event_type = ("entered", "entered_scope") if has_entered else ("left", "left_scope")
    was, now = SCOPE_WORDS.get(old or "", "not seen before"), SCOPE_WORDS.get(new, new)
    clauses = [f"{verb} the scope ({why}): {was} → {now}"]
    if old is None and (posted := value(row, "first_posted_date")):
        clauses.append(f"registered {posted}")
    details = {"why": why, "old_scope": old, "new_scope": new, "scope_reason": row.get("scope_reason")}
    told = Told(old, new, sentences.line(clauses), details | facts(row), "high")
    return new_event(nct_id, event_type, occurred_on or context.today, context, told)


def state_event(
    nct_id: str, old_state: str, new_state: str, row: Row, context: Context, canonical: str | None = None
) -> Event:
    """What became of a trial that no longer comes back, or that it `returned`.

    States are those of trials.registry_state; `canonical` is the registration that an alias stands for.
    """
    event_type = "returned" if new_state == "present" else new_state
    materiality, text = STATES[event_type]
    details = {"old_state": old_state, "new_state": new_state, "canonical_nct_id": canonical}
    told = Told(
        before=old_state, after=[new_state, canonical], details=details | facts(row), materiality=materiality,
        summary=f"{text}: {canonical}" if canonical else text,
    )  # fmt: skip
    return new_event(nct_id, event_type, context.today, context, told)

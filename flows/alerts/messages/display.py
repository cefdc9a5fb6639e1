"""An item as every message shows it: plain values, cleaned and cut to size. docs/alerts.md documents them.

Mail, chat, webhook and feeds are made of the same dictionary, so that they say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flows.alerts.facts import Event, Evidence, Site, Trial
from flows.alerts.messages.items import Item
from flows.alerts.messages.wording import EVENT_WORDS, TITLE_LIMIT, field, line, phase_word, shown
from flows.alerts.subscribers.filters import Filter, Reason, countries_of, sites_to_show
from transforms.history.sentences import status as status_words
from warehouse.tables.history import MATERIALITIES

REGISTRY_PAGE = "https://clinicaltrials.gov/study/"
PAPER_PAGE = "https://pubmed.ncbi.nlm.nih.gov/"
MOST_EVENTS, MOST_CHANGES, MOST_SITES = 12, 8, 8
MOST_LISTED = 50  # values of a list: diseases, targets, evidence
ATTRIBUTES = ("diseases", "target_antigens", "cell_source", "cell_type", "scope")
SCOPE_WORDS = {"in_scope": "gives CAR cells", "follow_up": "follows recipients of CAR cells"}

Shown = dict[str, Any]


def shown_item(item: Item, wanted: Filter, evidence: Sequence[Evidence] = (), *, brief: bool = False) -> Shown:
    """An item as a dictionary of JSON values; `brief` leaves out what makes it long."""
    most = 3 if brief else MOST_EVENTS
    events = _heaviest(item.events, most)
    told: Shown = {
        "nct_id": item.nct_id,
        **_facts(item, wanted, brief=brief),
        "section": item.section,
        "news": [line(text) for text in item.news],
        "fits": item.why is not None,
        "why": _why(item, evidence, brief=brief),
        "events": [shown_event(event, brief=brief) for event in events],
        "more_events": len(item.events) - len(events),
    }
    return {name: _clean(value) for name, value in told.items()}


def _heaviest(events: Sequence[Event], most: int) -> list[Event]:
    """At most so many events, none heavier left out, in the order in which they happened."""
    kept = sorted(events, key=lambda event: (MATERIALITIES.index(event.materiality), event.occurred_on, event.event_id))
    return sorted(kept[:most], key=lambda event: (event.occurred_on, event.event_id))


def shown_event(event: Event, *, brief: bool = False) -> Shown:
    """An event: what, when, old and new."""
    changes = [] if brief else list(event.details.get("changes") or ())
    told: Shown = {
        "event_id": event.event_id,
        "event_type": event.event_type,
        "what": EVENT_WORDS.get(event.event_type, event.event_type),
        "occurred_on": event.occurred_on.isoformat(),
        "observed_at": event.observed_at.isoformat() + "Z",
        "run_id": event.run_id,
        "materiality": event.materiality,
        "summary": line(event.summary),
        "pmid": event.pmid,
        "paper_url": f"{PAPER_PAGE}{event.pmid}/" if event.pmid else None,
        "changes": [_change(change) for change in changes[:MOST_CHANGES]],
        "more_changes": max(0, len(changes) - MOST_CHANGES),
    }
    return {name: _clean(value) for name, value in told.items()}


def _clean(given: Any) -> Any:
    """The same with every text on one line and cut: a control character in a status would break a feed, and
    silence everybody."""
    if isinstance(given, str):
        return line(given)
    if isinstance(given, dict):
        return {name: _clean(value) for name, value in given.items()}
    return [_clean(value) for value in given[:MOST_LISTED]] if isinstance(given, list) else given


def _change(change: Mapping[str, Any]) -> Shown:
    old, new = change.get("old"), change.get("new")
    if "added_lines" in change:  # criteria: the lines that differ say more than the beginning of both texts
        old, new = " / ".join(change.get("removed_lines") or ()), " / ".join(change.get("added_lines") or ())
    path = str(change.get("field_path", ""))
    return {"field_path": line(path), "field": field(path), "old": shown(old, path), "new": shown(new, path)}


def _facts(item: Item, wanted: Filter, *, brief: bool) -> Shown:
    trial = item.trial
    if trial is None:
        return _facts_of_event(item)
    sites = sites_to_show(wanted, trial)
    # What is news comes first, then where it recruits: the list is cut.
    news = _countries_in_the_news(item)
    ordered = sorted(
        sites, key=lambda site: (site.country not in news, (site.status or trial.overall_status) != "RECRUITING")
    )
    most = 2 if brief else MOST_SITES
    return {
        "url": trial.url, "title": line(trial.title, TITLE_LIMIT), "scope": trial.scope,
        "sponsor": line(trial.lead_sponsor, 150) or None, "phase": trial.phase_label,
        "status": trial.overall_status, "status_text": status_words(trial.overall_status),
        "diseases": [line(one, 90) for one in trial.diseases], "target_antigens": list(trial.target_antigens),
        "cell_source": list(trial.cell_sources), "products": [line(one, 90) for one in trial.products[:4]],
        "sites": [_site(site, trial) for site in ordered[:most]], "more_sites": max(0, len(sites) - most),
        "site_count": len(trial.sites), "start_date": trial.start_date, "start_date_type": trial.start_date_type,
        "enrollment_count": trial.enrollment_count, "enrollment_type": trial.enrollment_type,
    }  # fmt: skip


def _countries_in_the_news(item: Item) -> set[str]:
    """Countries whose sites an event of the item changed, or where a site made the trial fit."""
    changed = {country for event in item.events for country in countries_of(event)}
    said = [text.rpartition(" in ")[2].split(", ") for text in item.news if "site" in text]
    return changed | {country for some in said for country in some}


def _facts_of_event(item: Item) -> Shown:
    """What an event itself tells of a trial that the published file does not have."""
    details = item.events[0].details if item.events else {}
    return {
        "url": REGISTRY_PAGE + item.nct_id, "title": line(details.get("brief_title") or item.nct_id, TITLE_LIMIT),
        "scope": details.get("scope"), "sponsor": line(details.get("lead_sponsor"), 150) or None, "phase": None,
        "status": details.get("overall_status"), "status_text": status_words(details.get("overall_status")),
        "diseases": list(details.get("diseases") or ()), "target_antigens": [], "cell_source": [], "products": [],
        "sites": [], "more_sites": 0, "site_count": 0, "start_date": None, "start_date_type": None,
        "enrollment_count": None, "enrollment_type": None,
    }  # fmt: skip


def _site(site: Site, trial: Trial) -> Shown:
    return {
        "country": line(site.country, 60) or None,
        "country_code": site.country_code,
        "city": line(site.city, 60) or None,
        "facility": line(site.facility, 120) or None,
        "status": site.status,
        "status_text": status_words(site.status or trial.overall_status),
    }


def _why(item: Item, evidence: Sequence[Evidence], *, brief: bool) -> list[Shown]:
    """Each key of the filter with its values, and the words of the record that say so."""
    if item.why is None or item.trial is None:
        return []
    why = item.why or (Reason("scope", (item.trial.scope,)),)
    return [
        {
            "filter": reason.key,
            "values": [_value(reason.key, value) for value in reason.values],
            "evidence": [] if brief else _evidence(reason, evidence),
        }
        for reason in why
    ]


def _value(key: str, value: str) -> str:
    if key == "scope":
        return SCOPE_WORDS.get(value, value)
    if key == "phases":
        return phase_word(value)
    return status_words(value) if key == "status" else line(value, 90)


def _evidence(reason: Reason, evidence: Sequence[Evidence]) -> list[Shown]:
    """The first reason for each value: the record's own words, the product list, a reviewer, or nothing said."""
    found: dict[str, Shown] = {}
    for one in evidence:
        if (
            reason.key in ATTRIBUTES
            and one.attribute == reason.key
            and one.value in reason.values
            and one.value not in found
        ):
            said = one.matched_text if one.kind == "text" else one.stated_in
            found[one.value] = {
                "value": one.value, "kind": one.kind, "text": line(said, 160) or None,
                "field_path": one.field_path, "where": field(one.field_path.split("[")[0]) if one.field_path else None,
            }  # fmt: skip
    return list(found.values())

"""Atom feeds (RFC 4287) in HOME/feeds: new trials, all events, one per topic and one per subscriber.

They are written anew after each publish, from the published file and the ledger, each in one step. An
entry is one event; its id is made of the event's, so it stays the same whenever the feed is written.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree

from flows.alerts import calendar
from flows.alerts.facts import NEW_FOR_YOU, Event, Trial
from flows.alerts.ledger import ledger, published
from flows.alerts.messages.display import REGISTRY_PAGE, Shown, shown_event, shown_item
from flows.alerts.messages.items import Item
from flows.alerts.messages.rendering import template
from flows.alerts.messages.wording import line
from flows.alerts.subscribers.filters import Filter
from flows.alerts.subscribers.subscribers import Subscriber
from flows.config.watchlist import Watchlist
from flows.storage.journal import Journal
from warehouse import disk
from warehouse.querying.reading import Connection

ATOM = "http://www.w3.org/2005/Atom"
NAMES: Any = {None: ATOM}  # the types of lxml do not know the default namespace
MOST_ENTRIES = 200
AUTHOR = "cartrials"


def write_feeds(
    folder: Path,
    journal: Journal,
    connection: Connection,
    subscribers: Sequence[Subscriber],
    watchlist: Watchlist,
) -> list[str]:
    """Write every feed; remove those of topics and subscribers that are no more.

    Returns a sentence for each that could not be made: its last one stands, the others are written. Raises OSError.
    """
    disk.make_folder(folder)
    release = published.release(connection)
    mark = "[made-up demo] " if release.is_demo else ""
    feeds = {
        "new-trials": (
            "New CAR T-cell trials in immune-mediated disease",
            published.feed_events(connection, only_new=True, most=MOST_ENTRIES),
        ),
        "all-events": (
            "Everything that happened to tracked trials",
            published.feed_events(connection, most=MOST_ENTRIES),
        ),
    }
    for topic in watchlist.topics:
        feeds[f"topic-{topic.name}"] = (
            topic.title,
            published.feed_events(connection, topic=topic.name, most=MOST_ENTRIES),
        )
    for one in subscribers:
        feeds[f"subscriber-{one.name}"] = (one.title, told_events(journal, one.name))
    numbers = {event.nct_id for _, some in feeds.values() for event in some}
    trials = published.trials(connection, also=numbers)
    problems, made = [], Made()
    for name, (title, some) in feeds.items():
        try:
            content = feed(name, mark + title, some, trials, release.published_at, made)
        except Exception as error:  # noqa: BLE001  (one feed's trouble is that feed's: people are told all the same)
            problems.append(f"The feed {name} could not be made ({type(error).__name__}); its last one stands.")
        else:
            _write(folder / f"{name}.atom", content)
    try:
        _write(folder / calendar.NAME, calendar.readouts(connection))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problems.append(f"The calendar could not be made ({type(error).__name__}); its last one stands.")
    for path in (*folder.glob("topic-*.atom"), *folder.glob("subscriber-*.atom")):
        if path.stem not in feeds:
            disk.unlink(path)
    return problems


def _write(path: Path, content: bytes) -> None:
    """A feed that says what it said is not written again: its readers ask only for what changed."""
    if not (path.exists() and path.read_bytes() == content):
        disk.write_durably(path, content)


def told_events(journal: Journal, subscriber: str) -> list[Event]:
    """What a subscriber was told or is to be told, the newest first. A first fit is left out where another
    event of that night says it."""
    rows = journal.rows(
        "SELECT * FROM alert_events WHERE event_id IN (SELECT event_id FROM alerts WHERE "
        "subscriber = ? AND state <> 'seeded') "
        "ORDER BY observed_at DESC, occurred_on DESC, event_id LIMIT ?",
        [subscriber, 2 * MOST_ENTRIES],
    )
    found = [ledger.event_of(row) for row in rows]
    arrivals = {(e.nct_id, e.run_id) for e in found if e.event_type in ("registered", "entered_scope")}
    return [e for e in found if e.event_type != NEW_FOR_YOU or (e.nct_id, e.run_id) not in arrivals][:MOST_ENTRIES]


class Made(dict[str, tuple[Event, etree._Element]]):
    """Entries by event: most stand in several feeds."""

    def entry(self, event: Event, trials: Mapping[str, Trial]) -> etree._Element:
        """The entry of an event, a copy for each feed."""
        if event.event_id not in self or self[event.event_id][0] != event:
            self[event.event_id] = event, _entry(event, trials.get(event.nct_id))
        return deepcopy(self[event.event_id][1])


def feed(
    name: str, title: str, some: Sequence[Event], trials: Mapping[str, Trial], otherwise: datetime, made: Made
) -> bytes:
    """One feed as XML."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap=NAMES)
    _text(root, "id", _urn(f"feed:{name}"))
    _text(root, "title", line(title, 200))
    _text(root, "updated", _moment(max((event.observed_at for event in some), default=otherwise)))
    _text(etree.SubElement(root, f"{{{ATOM}}}author"), "name", AUTHOR)
    etree.SubElement(root, f"{{{ATOM}}}link", rel="self", type="application/atom+xml", href=f"{name}.atom")
    for event in some:
        root.append(made.entry(event, trials))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True))


def _entry(event: Event, trial: Trial | None) -> etree._Element:
    item = shown_item(Item(event.nct_id, trial, "changed", (), (event,), (), ()), Filter())
    is_ours = event.event_type == NEW_FOR_YOU
    entry = etree.Element(f"{{{ATOM}}}entry", nsmap=NAMES)
    _text(entry, "id", _urn(f"event:{event.event_id}"))
    _text(entry, "title", _title(event, item))
    _text(entry, "updated", _moment(event.observed_at))
    _text(entry, "published", _moment(event.observed_at))
    etree.SubElement(entry, f"{{{ATOM}}}link", rel="alternate", type="text/html", href=REGISTRY_PAGE + event.nct_id)
    etree.SubElement(entry, f"{{{ATOM}}}category", term=event.event_type)
    content = template("entry.html.j2").render(
        item=item,
        event=None if is_ours else shown_event(event),
        news=f"New for you: {line(event.summary)}" if is_ours else "",
    )
    _text(entry, "content", content).set("type", "html")
    return entry


def _title(event: Event, item: Shown) -> str:
    if event.event_type == "registered":
        return line(f"New: {item['title']} ({event.nct_id})", 250)
    if event.event_type == NEW_FOR_YOU:
        return line(f"New for you: {item['title']} ({event.nct_id}): {event.summary}", 250)
    return line(f"{event.nct_id}: {event.summary}", 250)


def _text(parent: etree._Element, name: str, text: str) -> etree._Element:
    child = etree.SubElement(parent, f"{{{ATOM}}}{name}")
    child.text = text
    return child


def _urn(name: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"cartrials:{name}").urn


def _moment(moment: datetime) -> str:
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"

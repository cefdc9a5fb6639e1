"""Shown items -> the parts of a message: HTML and plain text for mail, short text for chat, JSON for webhooks.

Everything from the registry is text: HTML is escaped by the template engine, and chat text can neither
mention people nor hide a link behind other words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from flows.alerts.ledger.news import CHANGED, FIRST_FITS, NEW, SECTIONS
from flows.alerts.messages.display import Shown
from flows.alerts.messages.wording import line
from warehouse.tables.history import MATERIALITIES

TEMPLATES = Path(__file__).with_name("templates")
SUBJECT_LIMIT = 150
NEWS_LIMIT, SHORTEST_TITLE = 90, 24  # characters of a subject: its news at most, its title at least
MOST_VALUES = 6  # values of one key that a mail names
SCHEMA = "cartrials.alert/1"
SECTION_TITLES = {NEW: "New trials", FIRST_FITS: "New for you", CHANGED: "Changes"}


@dataclass(frozen=True)
class Envelope:
    """What a message says beside its items."""

    subscriber: str
    title: str
    created_at: datetime
    data_of: str
    is_demo: bool
    max_items: int


def subject(items: Sequence[Shown], envelope: Envelope) -> str:
    """One line: the strongest news whole, of which trial, and how much else there is.

    Items stand with the heaviest first. Where the line would be too long its title is cut, never its news.
    """
    mark = "[demo] " if envelope.is_demo else ""
    one = items[0]
    said = _strongest(one)
    more = f" and {len(items) - 1} more: {headline(items)}" if len(items) > 1 else ""
    room = SUBJECT_LIMIT - len(f"{mark}{said}:  ({one['nct_id']}){more}")
    if room < SHORTEST_TITLE:
        return line(f"{mark}{said} ({one['nct_id']}){more}", SUBJECT_LIMIT)
    return line(f"{mark}{said}: {line(one['title'], room)} ({one['nct_id']}){more}", SUBJECT_LIMIT)


def _strongest(item: Shown) -> str:
    """What the heaviest event of an item says, or what brought it."""
    known = {NEW: "New trial", FIRST_FITS: "New for you", CHANGED: "Changed"}
    if item["section"] == CHANGED and item["events"]:
        heaviest = min(item["events"], key=lambda event: MATERIALITIES.index(event["materiality"]))
        return line(heaviest["summary"], NEWS_LIMIT) or known[CHANGED]
    return known.get(item["section"], "Newly tracked")


def headline(items: Sequence[Shown]) -> str:
    """How many of what: "3 new trials, 2 changed"."""
    count = {section: sum(item["section"] == section for item in items) for section in SECTIONS}
    words = {NEW: ("new trial", "new trials"), FIRST_FITS: ("trial new for you", "trials new for you"),
             CHANGED: ("trial changed", "trials changed")}  # fmt: skip
    parts = []
    for section in SECTIONS:
        one, several = words.get(section, ("older trial newly tracked", "older trials newly tracked"))
        if count[section]:
            parts.append(f"{count[section]} {one if count[section] == 1 else several}")
    return ", ".join(parts)


def mail_parts(items: Sequence[Shown], envelope: Envelope, waiting: int) -> dict[str, str]:
    """Plain text and HTML of a mail."""
    values = _values(items, envelope, waiting)
    return {"text": template("mail.txt.j2").render(values), "html": template("mail.html.j2").render(values)}


def chat_parts(items: Sequence[Shown], envelope: Envelope, waiting: int) -> dict[str, str]:
    """Short text for chat."""
    text = template("chat.txt.j2").render(_values(items, envelope, waiting)).strip()
    return {"text": chat_safe(text)}


def webhook_parts(items: Sequence[Shown], envelope: Envelope, waiting: int, message_id: str) -> dict[str, str]:
    """The JSON document of a webhook (webhook.schema.json), as it is signed and sent."""
    document = {
        "schema": SCHEMA,
        "kind": "alert",
        "message_id": message_id,
        "created_at": envelope.created_at.isoformat() + "Z",
        "subscriber": envelope.subscriber,
        "data_of": envelope.data_of,
        "is_demo": envelope.is_demo,
        "items": list(items),
        "waiting": waiting,
    }
    return {"json": json.dumps(document, ensure_ascii=False, allow_nan=False)}


def notice_json(kind: str, title: str, text: str, message_id: str, created_at: datetime) -> str:
    """The JSON document of a test or of a notice to the operator."""
    document = {"schema": SCHEMA, "kind": kind, "message_id": message_id, "created_at": created_at.isoformat() + "Z",
                "title": title, "text": text}  # fmt: skip
    return json.dumps(document, ensure_ascii=False)


def chat_safe(text: str) -> str:
    """Text that a chat shows as it is: nobody is mentioned, no word becomes a link to elsewhere."""
    text = re.sub(r"@(?=\w)", "@\u200b", text)
    text = re.sub(r"<(?=[!@#a-zA-Z/])", "<\u200b", text)
    return re.sub(r"\](?=\()", "]\u200b", text)


def _values(items: Sequence[Shown], envelope: Envelope, waiting: int) -> dict[str, Any]:
    entries = [{**item, **_lines(item), "events": [_unsaid(event) for event in item["events"]]} for item in items]
    sections = [
        {"name": SECTION_TITLES.get(name, "Older, newly tracked"), "entries": some}
        for name in SECTIONS
        if (some := [entry for entry in entries if entry["section"] == name])
    ]
    return {
        **asdict(envelope), "subject": subject(items, envelope), "headline": headline(items), "sections": sections,
        "waiting": waiting,
    }  # fmt: skip


def _unsaid(event: Shown) -> Shown:
    """An event without those changes whose old and new value its one line gives already."""
    said = event["summary"].casefold()
    changes = [
        change
        for change in event["changes"]
        if not all(value.casefold() in said or value == "not stated" for value in (change["old"], change["new"]))
    ]
    return {**event, "changes": changes}


def _lines(item: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of an item as lines of text."""
    start_type = {"ACTUAL": "", "ESTIMATED": " (planned)"}.get(item["start_date_type"] or "", "")
    enrolled = {"ACTUAL": " actual", "ESTIMATED": " planned"}.get(item["enrollment_type"] or "", "")
    targets = ", ".join(item["target_antigens"]) or "not stated"
    cells = ", ".join(item["cell_source"]) or "not stated"
    lines = [
        ("Status", item["status_text"]),
        ("Phase", item["phase"] or "not stated"),
        ("Diseases", ", ".join(item["diseases"])),
        ("Targets", targets),
        ("Cells", cells),
        ("Product", ", ".join(item["products"])),
        ("Start", f"{item['start_date']}{start_type}" if item["start_date"] else "not stated"),
        (
            "Enrolment",
            f"{item['enrollment_count']}{enrolled}" if item["enrollment_count"] is not None else "not stated",
        ),
    ]
    if not item["sites"]:
        lines.append(("Sites", f"{item['site_count']} elsewhere" if item["site_count"] else "none listed"))
    told = [event["summary"] for event in item["events"] if event["event_type"] != "registered"]
    facts = [
        item["phase"],
        item["status_text"],
        targets if item["target_antigens"] else None,
        item["sponsor"],
    ]
    places = ", ".join(dict.fromkeys(str(site["city"] or site["country"]) for site in item["sites"][:4]))
    return {
        "lines": [(label, text) for label, text in lines if text],
        "news_word": {NEW: "New", FIRST_FITS: "New for you"}.get(item["section"], "Newly tracked"),
        "site_lines": [_site_line(site) for site in item["sites"]],
        "why_lines": [_why_line(why) for why in item["why"]],
        "chat_lines": [
            *item["news"],
            *told[:3],
            " · ".join(str(fact) for fact in facts if fact),
            *([places] if places else []),
        ],
    }


def _site_line(site: Mapping[str, Any]) -> str:
    place = ", ".join(part for part in (site["city"], site["country"]) if part) or "place not stated"
    return f"{place}: {site['status_text']}" + (f" ({site['facility']})" if site["facility"] else "")


def _why_line(why: Mapping[str, Any]) -> str:
    quotes = [_quote(one) for one in why["evidence"]]
    said = f" ({', '.join(quote for quote in quotes if quote)})" if any(quotes) else ""
    return f"{why['filter'].replace('_', ' ')}: {_few(why['values'])}{said}"


def _few(values: Sequence[str]) -> str:
    more = f" and {len(values) - MOST_VALUES} more" if len(values) > MOST_VALUES else ""
    return ", ".join(values[:MOST_VALUES]) + more


def _quote(one: Mapping[str, Any]) -> str:
    if one["kind"] == "text" and one["text"]:
        return f"“{one['text']}” in {one['where']}"
    return {
        "product": "product list",
        "override": "decided by a reviewer",
        "structure": f"{one['where']}",
    }.get(one["kind"], "")


@cache
def template(name: str) -> Template:
    """A template of the folder; HTML is escaped."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=lambda name: bool(name and ".html" in name),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    return environment.get_template(name)

"""Atom feeds: RFC 4287, through a real parser, the change in the entry, the same ids whenever they are written."""

from __future__ import annotations

from pathlib import Path

import feedparser
import pytest
from lxml import etree

from tests.flows.alerts.made_up import changed, event, trial
from tests.flows.alerts.test_channels import HOSTILE

SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).with_name("atom.rng")))
SUBSCRIBERS = """
[[subscriber]]
name = "germany"
title = "Germany & <nowhere> else"
countries = ["Germany"]
"""


@pytest.fixture(scope="module")
def folder(module_office):
    """Feeds after two nights: a new trial whose title is hostile, a status that changed, a trial elsewhere."""
    place = module_office(SUBSCRIBERS)
    old = trial("NCT00000001")
    place.publish(1, [old], [event("NCT00000001", 1)])
    place.announce(1)
    fresh = trial("NCT00000002", first_night=2, brief_title=HOSTILE)
    french = trial("NCT00000003", first_night=2, topics=[], sites=[("France", "FR", "Lyon", "RECRUITING")])
    status = changed("NCT00000001", 2, "trials.overall_status", "NOT_YET_RECRUITING", "RECRUITING", "status_changed",
                     summary="Status not yet recruiting → recruiting")  # fmt: skip
    events = [event("NCT00000001", 1), event("NCT00000002", 2), event("NCT00000003", 2), status]
    place.publish(2, [old, fresh, french], events)
    place.announce(2)
    written = place.settings.home / "feeds"
    again = {path.name: path.read_bytes() for path in written.glob("*.atom")}
    place.announce(2)
    assert {path.name: path.read_bytes() for path in written.glob("*.atom")} == again
    return written


NAMES = ["new-trials", "all-events", "topic-sle", "subscriber-germany"]


def parsed(folder, name):
    found = feedparser.parse(str(folder / f"{name}.atom"))
    assert not found.bozo
    return found


def test_there_is_a_feed_for_new_trials_all_events_each_topic_and_each_subscriber(folder):
    assert sorted(path.stem for path in folder.glob("*.atom")) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_feeds_are_atom_as_rfc_4287_has_it(folder, name):
    document = etree.parse(folder / f"{name}.atom")
    assert SCHEMA.validate(document), SCHEMA.error_log.last_error
    ids = document.xpath("//a:id/text()", namespaces={"a": "http://www.w3.org/2005/Atom"})
    assert len(ids) == len(set(ids))


def test_the_schema_refuses_what_is_no_feed():
    assert not SCHEMA.validate(etree.fromstring('<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title></feed>'))


def test_each_feed_holds_what_it_is_named_for(folder):
    told = {name: [entry.link[-11:] for entry in parsed(folder, name).entries] for name in NAMES}
    assert sorted(told["new-trials"]) == ["NCT00000001", "NCT00000002", "NCT00000003"]
    assert sorted(told["all-events"]) == ["NCT00000001", "NCT00000001", "NCT00000002", "NCT00000003"]
    assert sorted(told["topic-sle"]) == ["NCT00000001", "NCT00000001", "NCT00000002"]
    assert sorted(told["subscriber-germany"]) == ["NCT00000001", "NCT00000002"]  # the first night was seeded


def test_the_change_itself_stands_in_the_entry(folder):
    entry = next(one for one in parsed(folder, "all-events").entries if one.tags[0].term == "status_changed")
    assert entry.title == "NCT00000001: Status not yet recruiting → recruiting"
    content = entry.content[0].value
    assert "not yet recruiting" in content
    assert "recruiting" in content
    assert entry.updated == "2026-09-02T03:00:00Z"


def test_what_the_registry_says_is_text_in_a_feed(folder):
    raw = (folder / "new-trials.atom").read_text()
    hostile = next(one for one in parsed(folder, "new-trials").entries if one.link.endswith("NCT00000002"))
    # feedparser cleans what it is given: the raw content must be escaped twice, once as HTML and once as XML.
    assert "&amp;lt;script&amp;gt;" in raw
    assert "<script" not in raw
    assert "\u202e" not in hostile.title
    assert parsed(folder, "subscriber-germany").feed.title == "Germany & <nowhere> else"


def test_the_feed_of_a_subscriber_who_is_no_more_is_removed(office):
    place = office(SUBSCRIBERS)
    place.publish(1, [trial("NCT00000001")], [event("NCT00000001", 1)])
    place.announce(1)
    place.settings.subscribers.write_text(SUBSCRIBERS.replace('"germany"', '"berlin"'))
    place.announce(1)
    assert sorted(path.name for path in (place.settings.home / "feeds").glob("subscriber-*")) == [
        "subscriber-berlin.atom"
    ]

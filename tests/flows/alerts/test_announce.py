"""From a published night to messages: once, in order, none lost."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest

from flows.alerts import announce as announcing
from flows.alerts import feeds
from flows.alerts.announce import deliver_all, subscribers_of
from flows.alerts.channels import delivery, mail
from flows.alerts.facts import Event
from flows.alerts.ledger import ledger
from flows.alerts.messages.display import _heaviest
from flows.alerts.messages.rendering import SUBJECT_LIMIT, Envelope, subject
from flows.alerts.subscribers.subscribers import SubscribersError
from tests.flows.alerts.conftest import one_reader
from tests.flows.alerts.made_up import changed, event, night, state, trial
from warehouse.querying.reading import published as opened

OLD = trial("NCT00000001", first_posted_date="2020-01-01")
NEW = trial("NCT00000002", first_night=2)


def two_nights(place, more_trials=(), more_events=()):
    """The first night, announced, and a second with one new trial, published."""
    place.publish(1, [OLD], [event("NCT00000001", 1)])
    place.announce(1)
    place.publish(2, [OLD, NEW, *more_trials], [event("NCT00000001", 1), event("NCT00000002", 2), *more_events])


def numbers(document):
    return [item["nct_id"] for item in document["items"]]


def test_the_first_night_is_seeded_and_nobody_is_told(office, webhook):
    place = office(one_reader(webhook.url))
    place.publish(1, [OLD], [event("NCT00000001", 1)])
    done = place.announce(1)
    assert (done.told, done.seeded, done.sent) == (0, 1, 0)
    assert webhook.tries == 0
    assert place.count("seeded") == 1


def test_a_new_trial_is_told_once_however_often_the_run_is_announced(office, webhook):
    place = office(one_reader(webhook.url))
    two_nights(place)
    assert [place.announce(2).sent for _ in range(3)] == [1, 0, 0]
    assert [numbers(document) for document in webhook.documents] == [["NCT00000002"]]
    assert webhook.documents[0]["items"][0]["news"] == ["newly registered"]


def test_a_night_that_was_not_announced_is_told_with_the_next(office, webhook):
    place = office(one_reader(webhook.url))
    two_nights(place)
    third = trial("NCT00000003", first_night=3)
    place.publish(3, [OLD, NEW, third], [event("NCT00000001", 1), event("NCT00000002", 2), event("NCT00000003", 3)])
    place.announce(3)
    assert numbers(webhook.documents[0]) == ["NCT00000003", "NCT00000002"]


def test_without_send_nothing_goes_and_the_next_run_delivers_it(office, webhook):
    place = office(one_reader(webhook.url))
    two_nights(place)
    done = place.announce(2, send=False)
    assert (done.told, done.sent, done.waiting, webhook.tries) == (2, 0, 2, 0)
    assert place.announce(2).sent == 1


def test_several_events_of_one_trial_are_one_item(office, webhook):
    place = office(one_reader(webhook.url))
    events = [
        changed("NCT00000001", 2, "trials.enrollment_count", 12, 40, "enrollment_changed"),
        changed("NCT00000001", 2, "trials.overall_status", "NOT_YET_RECRUITING", "RECRUITING", "status_changed"),
    ]
    two_nights(place, more_events=events)
    place.announce(2)
    item = next(item for item in webhook.documents[0]["items"] if item["nct_id"] == "NCT00000001")
    assert numbers(webhook.documents[0]) == ["NCT00000002", "NCT00000001"]
    assert {one["event_type"] for one in item["events"]} == {"enrollment_changed", "status_changed"}
    told = {change["field"]: (change["old"], change["new"]) for one in item["events"] for change in one["changes"]}
    assert told == {"enrolment": ("12", "40"), "status": ("not yet recruiting", "recruiting")}


def test_a_wrong_file_stops_before_anything_is_noted_or_sent(office, webhook):
    place = office(one_reader(webhook.url))
    two_nights(place)
    place.settings.subscribers.write_text('[[subscriber]]\nname = "reader"\nchannels = []\ndiseases = ["Lupsu"]\n')
    with pytest.raises(SubscribersError, match=r"subscribers.toml, line 4: diseases: 'Lupsu' is not known"):
        place.announce(2)
    assert webhook.tries == 0
    assert place.count("pending") == 0


def test_backfills_are_seeded(office, webhook):
    place = office(one_reader(webhook.url))
    two_nights(place)
    place.journal.add("runs", [{"run_id": f"{night(2):%Y%m%dT%H%M%SZ}-1", "kind": "backfill", "status": "published"}])
    done = place.announce(2)
    assert (done.told, done.seeded, webhook.tries) == (0, 1, 0)


def test_what_other_rules_alone_make_fit_is_seeded(office, webhook):
    place = office(one_reader(webhook.url))
    two_nights(place)
    place.announce(2)
    found = trial("NCT00000007", first_posted_date="2021-01-01")
    entered = event(
        "NCT00000007", 3, "entered_scope", details=json.dumps({"why": "rules changed", "old_scope": "out_of_scope"})
    )
    fresh = trial("NCT00000008", first_night=3)
    place.publish(
        3, [OLD, NEW, found, fresh], [event("NCT00000001", 1), entered, event("NCT00000008", 3)], rules="2-test"
    )
    place.announce(3)
    assert [numbers(document) for document in webhook.documents] == [["NCT00000002"], ["NCT00000008"]]


def test_a_new_subscriber_hears_of_what_comes_not_of_what_is_there(office, webhook):
    place = office(one_reader(webhook.url))
    two_nights(place)
    place.settings.subscribers.write_text(
        one_reader(webhook.url) + one_reader(webhook.url).replace('"reader"', '"second"')
    )
    place.announce(2)
    assert [(d["subscriber"], numbers(d)) for d in webhook.documents] == [
        ("reader", ["NCT00000002"]), ("second", ["NCT00000002"]),
    ]  # fmt: skip


def test_a_changed_filter_does_not_make_old_trials_news(office, webhook):
    place = office(one_reader(webhook.url, 'target_antigens = ["BCMA"]'))
    two_nights(place)
    place.settings.subscribers.write_text(one_reader(webhook.url, 'target_antigens = ["CD19"]'))
    place.announce(2)
    assert [numbers(document) for document in webhook.documents] == [["NCT00000002"]]


def test_a_trial_that_comes_to_fit_is_new_for_the_subscriber_once(office, webhook):
    place = office(one_reader(webhook.url, 'countries = ["Germany"]\nmateriality = ["high"]'))
    french = trial("NCT00000004", sites=[("France", "FR", "Lyon", "RECRUITING")])
    place.publish(1, [french], [event("NCT00000004", 1)])
    place.announce(1)
    now = trial("NCT00000004", sites=[*french["sites"], ("Germany", "DE", "Berlin", "RECRUITING")])
    site = changed(
        "NCT00000004", 2, "trial_sites.country[Germany]", None, {"sites": 1}, "sites_changed", materiality="low"
    )
    states = [state(french, night(1))]
    place.publish(2, [now], [event("NCT00000004", 1), site], states=states)
    place.announce(2)
    place.publish(3, [now], [event("NCT00000004", 1), site], states=states)
    place.announce(3)
    assert [numbers(document) for document in webhook.documents] == [["NCT00000004"]]
    item = webhook.documents[0]["items"][0]
    assert (item["section"], item["news"], item["events"]) == ("new for you", ["first site in Germany"], [])


def test_a_detail_that_makes_no_event_can_make_a_trial_fit(office, webhook):
    place = office(one_reader(webhook.url, 'countries = ["Germany"]\nsite_status = ["RECRUITING"]'))
    closed = trial(
        "NCT00000004", sites=[("Germany", "DE", "Berlin", "NOT_YET_RECRUITING"), ("France", "FR", "Lyon", "RECRUITING")]
    )
    place.publish(1, [closed], [event("NCT00000004", 1)])
    place.announce(1)
    place.publish(2, [trial("NCT00000004")], [event("NCT00000004", 1)], states=[state(closed, night(1))])
    place.announce(2)
    assert webhook.documents[0]["items"][0]["news"] == ["a site now recruiting in Germany"]


def test_a_change_that_takes_a_trial_out_of_the_filter_is_told_and_then_it_is_quiet(office, webhook):
    place = office(one_reader(webhook.url, 'status = ["RECRUITING"]'))
    place.publish(1, [OLD], [event("NCT00000001", 1)])
    place.announce(1)
    stopped = {**OLD, "overall_status": "TERMINATED"}
    first = changed("NCT00000001", 2, "trials.overall_status", "RECRUITING", "TERMINATED", "status_changed")
    later = changed("NCT00000001", 3, "trials.enrollment_count", 12, 3, "enrollment_changed")
    place.publish(2, [stopped], [event("NCT00000001", 1), first])
    place.announce(2)
    place.publish(3, [stopped], [event("NCT00000001", 1), first, later])
    place.announce(3)
    assert len(webhook.documents) == 1
    item = webhook.documents[0]["items"][0]
    assert (item["fits"], item["events"][0]["event_type"]) == (False, "status_changed")


def test_trials_of_long_ago_go_into_a_section_of_their_own_a_few_at_a_time(office, webhook):
    place = office(one_reader(webhook.url))
    found = [trial(f"NCT000001{n:02}", first_night=2, first_posted_date="1999-05-01") for n in range(25)]
    details = json.dumps({"why": "search widened", "old_scope": None})
    entered = [event(one["nct_id"], 2, "entered_scope", details=details) for one in found]
    two_nights(place, found, entered)
    place.announce(2)
    first = webhook.documents[0]
    assert [item["section"] for item in first["items"]] == ["new"] + ["older, newly tracked"] * 10
    assert first["waiting"] == 15
    assert first["items"][1]["news"] == ["registered 1999-05-01, found now: search widened"]
    for _ in range(3):
        place.announce(2, clock=night(5))
    told = [number for document in webhook.documents for number in numbers(document)]
    assert len(webhook.documents) == 3
    assert len(told) == len(set(told)) == 26


def test_out_of_scope_trials_are_told_to_nobody(office, webhook):
    place = office(one_reader(webhook.url))
    other = trial("NCT00000005", scope="out_of_scope")
    two_nights(place, [other], [event("NCT00000005", 2)])
    place.announce(2)
    assert numbers(webhook.documents[0]) == ["NCT00000002"]


def test_weekly_and_daily_wait_for_their_day(office, smtp):
    place = office(one_reader(smtp.url(), 'cadence = "weekly"').replace('webhook_secret = "${HOOK_SECRET}"', ""))
    two_nights(place)
    assert place.announce(2).sent == 0
    assert place.announce(2, clock=night(7)).sent == 0
    assert place.announce(2, clock=night(8) - timedelta(hours=2)).sent == 1
    assert len(smtp.box.mails) == 1


def test_a_clock_that_was_ahead_once_makes_no_weekly_reader_a_daily_one(office, smtp):
    place = office(one_reader(smtp.url(), 'cadence = "weekly"').replace('webhook_secret = "${HOOK_SECRET}"', ""))
    two_nights(place)
    assert place.announce(2, clock=night(2) + timedelta(days=40)).sent == 1
    trials, events, sent = [OLD, NEW], [event("NCT00000002", 2)], []
    for number in range(3, 18):
        trials.append(trial(f"NCT000002{number:02}", first_night=number))
        events.append(event(f"NCT000002{number:02}", number))
        place.publish(number, trials, events)
        sent += [number] * place.announce(number).sent
    assert sent == [8, 15]


def test_an_outage_of_thirty_days_ends_in_the_same_message_and_one_more(office, smtp, monkeypatch):
    place = office(one_reader(smtp.url()).replace('webhook_secret = "${HOOK_SECRET}"', ""))
    smtp.box.fault = "451"
    monkeypatch.setattr(delivery, "MOST_ATTEMPTS", 100)
    place.publish(1, [OLD], [event("NCT00000001", 1)])
    place.announce(1)
    trials, events = [OLD], [event("NCT00000001", 1)]
    for number in range(2, 30):
        if number % 3 == 2:
            trials.append(trial(f"NCT000002{number:02}", first_night=number))
            events.append(event(f"NCT000002{number:02}", number))
            place.publish(number, trials, events)
        place.announce(number)
    assert [state for state, _ in place.states()] == ["frozen"]
    assert 8 < smtp.box.tries < 28
    smtp.box.fault = None
    place.announce(29, clock=night(29) + timedelta(days=3))
    assert [state for state, _ in place.states()] == ["delivered", "delivered"]
    bodies = [mail.get_body(("plain",)).get_content() for mail in smtp.box.mails]
    assert "NCT00000202" in bodies[0]
    assert "NCT00000205" not in bodies[0]
    assert all(f"NCT000002{number:02}" in bodies[1] for number in range(5, 30, 3))
    assert "NCT00000202" not in bodies[1]


def test_a_dead_address_is_tried_a_few_times_then_parked_until_asked(office, smtp):
    place = office(one_reader(smtp.url()).replace('webhook_secret = "${HOOK_SECRET}"', ""))
    smtp.box.fault = "451"
    two_nights(place)
    for days in range(0, 105, 7):
        place.announce(2, clock=night(2) + timedelta(days=days))
    assert smtp.box.tries == delivery.MOST_ATTEMPTS
    assert place.states() == [("parked", "the mail server answered 451")]
    assert place.count("parked") == 2


def test_a_refusal_for_good_is_parked_at_once_and_says_nothing_of_the_address(office, smtp):
    place = office(one_reader(smtp.url(to="gone@example.org")).replace('webhook_secret = "${HOOK_SECRET}"', ""))
    smtp.box.fault = "rcpt 550"
    two_nights(place)
    done = place.announce(2)
    assert (done.parked, done.is_well) == (1, False)
    assert place.states() == [("parked", "the mail server refused the recipient (550)")]
    assert "gone" not in " ".join(done.problems)


@pytest.mark.parametrize("fault", ["451", "hang", "cut"])
def test_a_mail_that_may_not_have_arrived_is_sent_again_under_the_same_message_id(office, smtp, monkeypatch, fault):
    monkeypatch.setattr(mail, "TIMEOUT", 0.5)
    place = office(one_reader(smtp.url()).replace('webhook_secret = "${HOOK_SECRET}"', ""))
    two_nights(place)
    smtp.box.fault = fault
    assert place.announce(2).sent == 0
    smtp.box.fault = None
    third = trial("NCT00000003", first_night=3)
    place.publish(3, [OLD, NEW, third], [event("NCT00000001", 1), event("NCT00000002", 2), event("NCT00000003", 3)])
    assert place.announce(3).sent == 2
    ids = [mail["Message-ID"] for mail in smtp.box.mails]
    repeated = 1 if fault == "cut" else 0
    assert len(ids) == 2 + repeated
    assert len(set(ids)) == 2
    assert len({bytes(raw) for raw in smtp.box.raw}) == 2 if fault != "cut" else smtp.box.raw[0] == smtp.box.raw[1]


def test_a_channel_that_fails_keeps_nobody_else_waiting(office, webhook, smtp):
    broken = one_reader(smtp.url()).replace('"reader"', '"broken"').replace('webhook_secret = "${HOOK_SECRET}"', "")
    place = office(broken + one_reader(webhook.url))
    smtp.box.fault = "550"
    two_nights(place)
    done = place.announce(2)
    assert (done.sent, done.not_taken) == (1, 1)
    assert numbers(webhook.documents[0]) == ["NCT00000002"]


def test_3570_trials_new_at_once_come_in_messages_of_bounded_size_and_none_is_lost(office, webhook, smtp):
    mailed = one_reader(smtp.url()).replace('"reader"', '"mailed"').replace('webhook_secret = "${HOOK_SECRET}"', "")
    place = office(mailed + one_reader(webhook.url))
    many = [trial(f"NCT1000{n:04}", first_night=2, brief_title=f"Trial {n} " + "x" * 250) for n in range(3570)]
    two_nights(place, many, [event(one["nct_id"], 2) for one in many])
    place.announce(2)
    assert 1 <= len(webhook.documents[0]["items"]) <= 200
    with opened(place.settings.warehouse_path) as connection:
        for number in range(1, 30):
            round_ = delivery.Round(place.journal, night(3) + timedelta(hours=number))
            only = None if number < 4 else "reader"  # a few mails show what a hundred would
            assert deliver_all(round_, connection, subscribers_of(place.settings), only).problems == []
            if not ledger.pending(place.journal, "reader", "json"):
                break
    told = [number for document in webhook.documents for number in numbers(document)]
    assert len(told) == len(set(told)) == 3571
    assert max(map(len, webhook.bodies)) <= 1_000_000
    mails = [mail.get_body(("plain",)).get_content().split() for mail in smtp.box.mails]
    listed = [word for words in mails for word in words if re.fullmatch(r"NCT\d{8}", word)]
    left = {one.event.nct_id for one in ledger.pending(place.journal, "mailed", "mailto")}
    assert len(mails) == 4
    assert len(listed) == len(set(listed)) == 3571 - len(left)
    assert left.isdisjoint(listed)
    assert max(len(mail.get_body(("html",)).get_content().encode()) for mail in smtp.box.mails) <= 91_000
    assert max(len(raw) for raw in smtp.box.raw) < 300_000


def test_who_has_no_channel_reads_the_feed_and_nothing_waits(office):
    place = office('[[subscriber]]\nname = "feed-only"\n')
    two_nights(place)
    done = place.announce(2)
    assert (done.told, done.waiting) == (2, 0)
    assert "NCT00000002" in (place.settings.home / "feeds" / "subscriber-feed-only.atom").read_text()


CONTROLS = "RECRUITING\x0b\x1b[2J\x00\ufffe\u202e" + "x" * 1_000_000


def test_a_control_character_in_any_text_silences_nobody(office, webhook, smtp):
    """What a record says where a word belongs went into the feeds as it was, and they could not be written."""
    mailed = one_reader(smtp.url()).replace('name = "reader"', 'name = "mailed"')
    place = office(one_reader(webhook.url) + mailed.replace('webhook_secret = "${HOOK_SECRET}"', ""))
    spoilt = trial("NCT00000009", first_night=2, overall_status=CONTROLS, brief_title=CONTROLS, phase_label=CONTROLS,
                   lead_sponsor=CONTROLS)  # fmt: skip
    told = changed("NCT00000009", 2, "trials.overall_status", CONTROLS, "x\x01", "status_changed", summary=CONTROLS)
    two_nights(place, [spoilt], [event("NCT00000009", 2), told])
    announced = place.announce(2)
    assert announced.problems == () and announced.sent == 2
    (mail,) = smtp.box.mails
    parts = [mail.get_body((kind,)).get_content() for kind in ("plain", "html")]
    written = [path.read_text("utf-8") for path in (place.settings.home / "feeds").glob("*.atom")]
    said = json.dumps(webhook.documents, ensure_ascii=False)
    assert "NCT00000009" in said and any("NCT00000009" in feed for feed in written)
    assert all("NCT00000009" in part for part in parts)
    for text in (said, str(mail["Subject"]), *parts, *written):
        assert len(text) < 100_000 and not any(character in text for character in "\x0b\x1b\x00\ufffe\u202e")


def test_a_feed_that_cannot_be_made_is_told_and_the_others_are_written(office, webhook, monkeypatch):
    place = office(one_reader(webhook.url))
    two_nights(place)
    made = feeds.feed

    def stumbling(name, *rest):
        if name == "all-events":
            raise ValueError("made to stumble")
        return made(name, *rest)

    monkeypatch.setattr(feeds, "feed", stumbling)
    announced = place.announce(2)
    assert announced.problems == ("The feed all-events could not be made (ValueError); its last one stands.",)
    assert announced.sent == 1 and "NCT00000002" in (place.settings.home / "feeds/new-trials.atom").read_text("utf-8")


def test_a_message_that_cannot_be_made_is_its_channels_trouble_and_in_the_ledger(office, webhook, monkeypatch):
    other = one_reader(webhook.url).replace('name = "reader"', 'name = "other"')
    place = office(one_reader(webhook.url) + other)
    two_nights(place)
    made = announcing.compose

    def stumbling(subscriber, *rest):
        if subscriber.name == "reader":
            raise KeyError("made to stumble")
        return made(subscriber, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(announcing, "compose", stumbling)
        announced = place.announce(2)
    assert announced.sent == 1 and announced.not_taken == 1 and "no message could be made" in announced.problems[0]
    rows = place.journal.rows("SELECT error FROM alerts WHERE state = 'pending'")
    assert {row["error"] for row in rows} == {"no message could be made (KeyError)"}
    assert place.announce(2).sent == 1 and place.count("pending") == 0


def _two_places(office, webhook, filters: str) -> list[list[str]]:
    """What a reader hears of two trials known before, one of which gains a site in Spain, the other in Germany."""
    place = office(one_reader(webhook.url, filters))
    known = [trial(nct_id, sites=[("Germany", "DE", "Berlin", "RECRUITING"), ("Spain", "ES", "Cadiz", "RECRUITING")])
             for nct_id in ("NCT00000004", "NCT00000005")]  # fmt: skip
    place.publish(1, known, [event(one["nct_id"], 1) for one in known])
    place.announce(1)
    gains = [
        changed(
            nct_id, 2, f"trial_sites.country[{country}]", None, {"gained": ["B"]}, "sites_changed", materiality="low"
        )
        for nct_id, country in (("NCT00000004", "Spain"), ("NCT00000005", "Germany"))
    ]
    states = [state(one, night(1)) for one in known]
    place.publish(2, known, [*(event(one["nct_id"], 1) for one in known), *gains], states=states)
    place.announce(2)
    return [numbers(document) for document in webhook.documents]


@pytest.mark.parametrize(("filters", "expected"), [
    ("", []),
    ('diseases = ["SLE"]', []),
    ('countries = ["Germany"]', [["NCT00000005"]]),
    ('regions = ["Southern Europe"]', [["NCT00000004"]]),
    ('event_types = ["sites_changed"]', [["NCT00000005", "NCT00000004"]]),
])  # fmt: skip
def test_gained_sites_are_told_where_the_filter_asks_for_them(office, webhook, filters, expected):
    assert _two_places(office, webhook, filters) == expected


ENVELOPE = Envelope("reader", "Alerts", datetime(2026, 9, 2), "2026-09-01", is_demo=False, max_items=8)


def _item(nct_id, title, section, events):
    told = [{"materiality": weight, "summary": summary} for weight, summary in events]
    return {"nct_id": nct_id, "title": title, "section": section, "events": told}


def test_an_item_that_is_cut_keeps_its_heaviest_events():
    days = [datetime(2026, 9, day).date() for day in range(1, 21)]
    events = [Event(f"e{n}", "NCT00000004", None, "dates_changed", day, datetime(2026, 9, 21), "r", f"n{n}",
                    "high" if n == 19 else "low", {}) for n, day in enumerate(days)]  # fmt: skip
    kept = _heaviest(events, 12)
    assert (len(kept), kept[-1].event_id) == (12, "e19")
    assert [event.occurred_on for event in kept] == sorted(event.occurred_on for event in kept)


def test_a_subject_says_the_strongest_news_of_which_trial_and_how_much_more_there_is():
    weak = _item("NCT00000004", "A trial of cells", "changed", [("low", "Sites: 1 gained")])
    strong = _item(
        "NCT00000005", "Another trial " * 20, "changed", [("low", "Dates"), ("high", "Recruiting → Terminated")]
    )
    one = subject([weak], ENVELOPE)
    both = subject([strong, weak], ENVELOPE)
    assert one == "Sites: 1 gained: A trial of cells (NCT00000004)"
    assert both.startswith("Recruiting → Terminated: Another trial")
    assert "(NCT00000005) and 1 more: 2 trials changed" in both
    assert len(both) <= SUBJECT_LIMIT

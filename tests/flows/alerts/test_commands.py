"""`cartrials alerts`: what operators type, and what they read then."""

from __future__ import annotations

import json

import pytest

from flows.alerts.subscribers.subscribers import SubscribersError
from flows.cli.commands import alerts
from flows.errors import FOLLOW_UP_FAILED, Locked, SettingsError, UsageError
from tests.flows.alerts.conftest import one_reader
from tests.flows.alerts.made_up import changed, event, night, state, trial
from tests.flows.alerts.servers import Webhook

OLD, NEW = trial("NCT00000001"), trial("NCT00000002", first_night=2)


@pytest.fixture
def place(office, webhook):
    """Two nights published, the first announced."""
    place = office(one_reader(webhook.url))
    place.publish(1, [OLD], [event("NCT00000001", 1)])
    place.announce(1)
    place.publish(
        2, [OLD, NEW], [event("NCT00000001", 1), event("NCT00000002", 2)], states=[state(OLD, night(1))]
    )  # fmt: skip
    return place


def test_preview_shows_what_waits_and_sends_nothing(place, webhook, capsys):
    place.announce(2, send=False)
    assert alerts.show_preview(place.settings) == 0
    told = capsys.readouterr().out
    assert "reader (json): 1 trials" in told
    assert "NCT00000002" in told
    assert alerts.show_preview(place.settings, format="json") == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert json.loads(one["parts"]["json"])["items"][0]["nct_id"] == "NCT00000002"
    assert webhook.tries == 0
    assert place.count("pending") == 2


def test_preview_of_a_day_shows_what_would_have_gone_out_whatever_was_sent(place, capsys):
    place.announce(2)
    for _ in range(2):
        assert alerts.show_preview(place.settings, on="2026-09-02") == 0
        assert "Subject: New trial: CAR-T cells in lupus, NCT00000002" in capsys.readouterr().out
    alerts.show_preview(place.settings, on="2026-08-01")
    assert capsys.readouterr().out == "No run was published on 2026-08-01.\n"


def test_a_preview_shows_each_channel_that_a_subscriber_has_as_it_would_come_there(office, webhook, smtp, capsys):
    mailed = smtp.url("reader@example.org")
    other = f'[[subscriber]]\nname = "mailed"\nchannels = ["{mailed}"]\n[[subscriber]]\nname = "feed-only"\n'
    place = office(one_reader(webhook.url) + other)
    place.publish(1, [OLD], [event("NCT00000001", 1)])
    place.publish(2, [OLD, NEW], [event("NCT00000001", 1), event("NCT00000002", 2)], states=[state(OLD, night(1))])
    alerts.show_preview(place.settings, on="2026-09-02", format="json")
    shown = {one["channel"]: one["parts"] for one in json.loads(capsys.readouterr().out)}
    assert {channel: set(parts) for channel, parts in shown.items()} == {
        "json": {"json"}, "mailto": {"text", "html"}, "feed": {"text", "html"},
    }  # fmt: skip
    assert json.loads(shown["json"]["json"])["items"][0]["nct_id"] == "NCT00000002"
    alerts.show_preview(place.settings, on="2026-09-02", subscriber="mailed", format="html")
    assert capsys.readouterr().out.startswith("<!DOCTYPE html>")
    alerts.show_preview(place.settings)
    assert "--- feed-only (feed): nothing to tell [the feed is the only channel" in capsys.readouterr().out


def test_preview_of_an_earlier_day_tells_the_change_of_that_day(office, webhook, capsys):
    place = office(one_reader(webhook.url))
    first = changed("NCT00000001", 2, "trials.overall_status", "NOT_YET_RECRUITING", "RECRUITING", "status_changed")
    second = changed("NCT00000001", 3, "trials.enrollment_count", 12, 40, "enrollment_changed")
    states = [state(OLD, night(1)), state(OLD, night(2), 2), state(OLD, night(3), 3)]
    place.publish(3, [OLD], [event("NCT00000001", 1), first, second], states=states)
    alerts.show_preview(place.settings, on="2026-09-02")
    told = capsys.readouterr().out
    assert "status_changed" in told
    assert "enrollment_changed" not in told


def test_deliver_sends_what_is_due_and_says_5_when_something_was_not_taken(place, webhook, capsys):
    webhook.fault = 503
    assert alerts.deliver_pending(place.settings) == FOLLOW_UP_FAILED
    assert "reader/json: the webhook answered 503; it is tried again later." in capsys.readouterr().out
    webhook.fault = None
    assert alerts.deliver_pending(place.settings, now=True) == 0
    assert capsys.readouterr().out.startswith("1 messages delivered, 0 not taken, 0 alerts wait.")
    assert alerts.deliver_pending(place.settings) == 0
    assert len(webhook.documents) == 1


def test_what_is_parked_is_left_alone_until_asked(place, webhook, capsys):
    webhook.fault = 404
    place.announce(2)
    webhook.fault = None
    assert alerts.deliver_pending(place.settings, now=True) == 0
    assert webhook.documents == []
    assert alerts.deliver_pending(place.settings, parked=True) == 0
    assert len(webhook.documents) == 1


def test_history_tells_how_messages_fared(place, webhook, capsys):
    alerts.show_history(place.settings)
    assert "No message has been made yet." in capsys.readouterr().out
    webhook.fault = 404
    place.announce(2)
    alerts.show_history(place.settings, format="json")
    told = json.loads(capsys.readouterr().out)
    (message,) = told["messages"]
    assert (message["state"], message["error"], message["attempts"]) == ("parked", "the webhook answered 404", 1)
    assert {(one["state"], one["n"]) for one in told["alerts"]} == {("seeded", 1), ("parked", 2)}


def test_a_test_reaches_every_channel_and_the_operator(office, webhook, smtp, capsys):
    subscribers = one_reader(webhook.url).replace("channels = [", f'channels = ["{smtp.url()}", ')
    place = office(subscribers, operator=webhook.url)
    assert alerts.send_test(place.settings) == 0
    assert capsys.readouterr().out.splitlines() == ["ok   reader/mailto", "ok   reader/json", "ok   operator/json"]
    assert len(smtp.box.mails) == 1
    assert [document["kind"] for document in webhook.documents] == ["test", "test"]
    webhook.fault = 500
    assert alerts.send_test(place.settings, subscriber="reader") == 1
    assert "FAIL reader/json: the webhook answered 500" in capsys.readouterr().out


def test_seed_takes_what_is_there_as_known(place, webhook, capsys):
    assert alerts.seed_ledger(place.settings) == 0
    assert "Seeded 1 subscribers with 2 trials" in capsys.readouterr().out
    assert place.announce(2).sent == 0
    third = trial("NCT00000003", first_night=3)
    place.publish(3, [OLD, NEW, third], [event("NCT00000001", 1), event("NCT00000002", 2), event("NCT00000003", 3)])
    place.announce(3)
    assert [item["nct_id"] for item in webhook.documents[0]["items"]] == ["NCT00000003"]


def test_who_is_taken_out_of_the_file_hears_nothing_more(place, webhook):
    place.announce(2, send=False)
    place.settings.subscribers.write_text("")
    assert place.announce(2).sent == 0
    assert alerts.deliver_pending(place.settings, now=True, parked=True) == 0
    assert webhook.tries == 0


def test_what_is_parked_of_who_was_taken_out_of_the_file_is_over(office, webhook):
    with Webhook() as desk:
        place = office(one_reader(webhook.url), operator=desk.url)
        place.publish(1, [OLD], [event("NCT00000001", 1)])
        place.announce(1)
        place.publish(2, [OLD, NEW], [event("NCT00000001", 1), event("NCT00000002", 2)])
        webhook.fault = 404
        assert alerts.deliver_pending(place.settings) == FOLLOW_UP_FAILED
        place.settings.subscribers.write_text("")
        assert alerts.deliver_pending(place.settings) == 0
        assert [document["title"].split(":")[0] for document in desk.documents] == [
            "cartrials needs you",
            "cartrials is well again",
        ]


def test_a_fault_of_ours_in_one_channel_is_no_delivery(place, webhook):
    place.announce(2, send=False)
    webhook.fault = 503
    place.announce(2)
    with place.journal.connection:
        place.journal.connection.execute("UPDATE alert_messages SET body = '{}'")
    webhook.fault = None
    done = place.announce(2, clock=night(3))
    assert done.problems == ("reader/json: unexpected KeyError in the channel; it is tried again later.",)
    assert place.count("delivered") == 0


def test_what_cannot_be_done_is_said(place, webhook):
    with pytest.raises(SettingsError, match=r"no subscriber 'nobody'\. Subscribers: reader"):
        alerts.show_preview(place.settings, subscriber="nobody")
    with pytest.raises(UsageError, match="expected a date such as"):
        alerts.show_preview(place.settings, on="yesterday")
    with pytest.raises(UsageError, match="text, html, json"):
        alerts.show_preview(place.settings, format="xml")
    from flows.alerts.channels.delivery import delivering

    with delivering(place.settings.home), pytest.raises(Locked, match="Another process delivers alerts now"):
        alerts.deliver_pending(place.settings)
    place.settings.subscribers.write_text("[[subscriber]]\n")
    with pytest.raises(SubscribersError):
        alerts.deliver_pending(place.settings)
    assert webhook.tries == 0

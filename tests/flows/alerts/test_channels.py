"""Handing messages over: STARTTLS, signatures, what is tried again and what is not, hostile text."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, timedelta

import pytest

from flows.alerts.channels import delivery, mail
from flows.alerts.channels import send as channels
from flows.alerts.channels.errors import DeliveryFailed
from flows.alerts.channels.send import Frozen, send
from flows.alerts.subscribers.addresses import AddressError, address_of, read_address
from tests.flows.alerts.conftest import one_reader
from tests.flows.alerts.made_up import changed, event, night, trial
from tests.flows.alerts.servers import SmtpServer, certificate

FROZEN = Frozen("alert-1", "A subject", {"text": "plain", "html": "<p>page</p>"}, datetime(2026, 9, 2, 3))
HOSTILE = (
    '<script>alert(1)</script>\r\nBcc: all@example.org\n\nFrom here & "there" <img src=x onerror=alert(1)> '
    "\u202egnp.exe [here](http://evil.example) @channel <!everyone> {{ 7*7 }} \x00\x1b[31m"
)


def test_mail_goes_over_starttls_when_the_certificate_is_one_that_is_trusted(tmp_path, monkeypatch):
    trusted, tls = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with SmtpServer(tls) as server:
        send(address_of(server.url(mode="starttls")), FROZEN)
    assert server.box.used_tls == [True]
    (taken,) = server.box.mails
    assert taken["Message-ID"] == "<alert-1@example.com>"
    assert taken.get_body(("plain",)).get_content().strip() == "plain"
    assert taken.get_body(("html",)).get_content().strip() == "<p>page</p>"


def test_a_certificate_that_nobody_vouches_for_stops_the_mail(tmp_path, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    _, tls = certificate(tmp_path)
    with SmtpServer(tls) as server, pytest.raises(DeliveryFailed, match="certificate is not valid") as refused:
        send(address_of(server.url(mode="starttls")), FROZEN)
    assert refused.value.may_retry
    assert server.box.raw == []


def test_without_starttls_nothing_is_sent_in_the_clear(smtp):
    with pytest.raises(DeliveryFailed, match="offers no STARTTLS"):
        send(address_of(smtp.url(mode="starttls")), FROZEN)
    assert smtp.box.raw == []


def test_a_webhook_is_signed_over_its_bytes_and_carries_its_key(office, webhook):
    place = office(one_reader(webhook.url))
    publish_two(place, trial("NCT00000002", first_night=2))
    place.announce(2)
    (body,), (headers,) = webhook.bodies, webhook.headers
    wanted = "sha256=" + hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert headers["X-Cartrials-Signature"] == wanted
    assert headers["Idempotency-Key"] == json.loads(body)["message_id"]
    assert headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("fault", "state", "reason"),
    [
        (503, "frozen", "the webhook answered 503"),
        (429, "frozen", "the webhook answered 429"),
        (404, "parked", "the webhook answered 404"),
        (302, "parked", "the webhook answered 302"),  # a signed body is not carried elsewhere
        ("hang", "frozen", "the webhook did not answer in time"),
        ("cut", "frozen", "the webhook cannot be reached (ConnectionError)"),
    ],
)
def test_a_webhook_is_tried_again_when_that_may_help(office, webhook, monkeypatch, fault, state, reason):
    monkeypatch.setattr(channels, "WEBHOOK_TIMEOUT", (0.5, 0.5))
    place = office(one_reader(webhook.url))
    publish_two(place, trial("NCT00000002", first_night=2))
    webhook.fault = fault
    place.announce(2)
    assert place.states() == [(state, reason)]
    webhook.fault = None
    place.announce(2, clock=night(3))
    assert place.states()[0][0] == ("delivered" if state == "frozen" else "parked")
    assert len({(key["Idempotency-Key"], body) for key, body in zip(webhook.headers, webhook.bodies, strict=True)}) <= 1


def test_other_channels_go_through_apprise_and_hold_a_screen_of_text(office, webhook):
    webhook.answer = 200
    url = webhook.url.replace("json://", "ntfy://").replace("/hook", "/topic")
    place = office(f'[[subscriber]]\nname = "reader"\nchannels = ["{url}"]\n')
    publish_two(place, *(trial(f"NCT000001{n:02}", first_night=2, brief_title=HOSTILE) for n in range(30)))
    assert place.announce(2).sent == 1
    (body,) = webhook.bodies
    assert len(body) < 4096
    text = json.loads(body)["message"]
    assert "more wait and follow" in text
    for bait in ("@channel", "<!everyone", "](http", "<script", "\u202e", "\x1b"):
        assert bait not in text


def test_nothing_from_the_registry_gets_into_headers_or_markup(office, smtp):
    place = office(one_reader(smtp.url()).replace('webhook_secret = "${HOOK_SECRET}"', ""))
    site = ("Germany", "DE", HOSTILE, "RECRUITING")
    hostile = trial("NCT00000002", first_night=2, brief_title=HOSTILE, lead_sponsor=HOSTILE, sites=[site])
    altered = changed("NCT00000002", 2, f"trial_arms.label[{HOSTILE}]", HOSTILE, HOSTILE, "design_changed",
                      summary=HOSTILE)  # fmt: skip
    publish_two(place, hostile, more=[altered])
    assert place.announce(2).sent == 1
    (taken,), (raw,) = smtp.box.mails, smtp.box.raw
    assert taken["Bcc"] is None
    assert taken["To"] == "clinic@example.org"
    assert "\nBcc:" not in raw.split(b"\r\n\r\n")[0].decode()
    page = taken.get_body(("html",)).get_content()
    for bait in ("<script", "<img", "onerror=alert(1)>", "\u202e", "\x00", "\x1b"):
        assert bait not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7*7 }}" in page  # shown as it is, not rendered


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("gopher://example.org", "no address that Apprise knows"),
        ("mailto://example.org?from=a@example.org&to=b@example.org,c@example.org", "one recipient"),
        ("mailto://example.org?from=a@example.org&to=b@example.org&cc=c@example.org", "one recipient"),
        ("mailtos://user:secret@example.org?to=b@example.org", "holds a secret"),
        ("mailtos://user:${NO_SUCH}@example.org?to=b@example.org", "the environment has no NO_SUCH"),
    ],
)
def test_an_address_that_cannot_be_used_says_why_and_never_repeats_itself(given, problem):
    with pytest.raises(AddressError, match=problem) as wrong:
        read_address(given, {})
    assert "secret@" not in str(wrong.value)
    assert "example.org" not in str(wrong.value)


def test_a_secret_is_in_no_error_no_ledger_and_no_repr(office, monkeypatch):
    monkeypatch.setenv("MAIL_PASSWORD", "hunter2hunter2")
    monkeypatch.setattr(mail, "TIMEOUT", 0.5)
    place = office(
        '[[subscriber]]\nname = "reader"\n'
        'channels = ["mailtos://me:${MAIL_PASSWORD}@127.0.0.1:9?from=a@example.com&to=b@example.org&mode=starttls"]\n'
    )
    publish_two(place, trial("NCT00000002", first_night=2))
    done = place.announce(2)
    told = repr(done) + repr(place.journal.rows("SELECT * FROM alert_messages")) + repr(place.settings)
    assert "broke off or did not answer" in told
    assert "hunter2" not in told
    assert "b@example.org" not in told


def test_delays_grow_to_two_days():
    waits = [delivery.delay(attempts) for attempts in range(1, 9)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=15), timedelta(days=2))


def publish_two(place, *fresh, more=()):
    """The first night, announced; a second that brings `fresh`."""
    old = trial("NCT00000001")
    place.publish(1, [old], [event("NCT00000001", 1)])
    place.announce(1)
    events = [event("NCT00000001", 1), *(event(one["nct_id"], 2) for one in fresh), *more]
    place.publish(2, [old, *fresh], events)

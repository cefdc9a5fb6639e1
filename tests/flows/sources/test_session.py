"""The one polite session: what is asked again, what is not, how often, how long, how much."""

from __future__ import annotations

import dataclasses
import logging
import pickle
import re

import pytest

from flows.backfill import fetching
from flows.sources import clinicaltrials
from flows.sources.errors import Barred, Refused, SourceError, Unavailable, Unexpected, public_url, without_secrets
from flows.sources.session import RateLimit, RequestPolicy, Session, TooLarge
from tests.servers.ctgov import CtgovServer, Fault, html, study

CLOSED = "http://127.0.0.1:1/api/v2"  # nothing listens there


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.now = 100.0
        self.slept = []

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.slept.append(round(seconds, 3))
        self.now += seconds


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=429, times=2),
        Fault(status=500, times=2),
        Fault(status=503, times=2),
        Fault("reset", times=2),
        Fault("truncated", times=2),
        html(times=2),
        Fault(status=200, body=b'{"apiVersion": "2', times=2),
        Fault(status=404, body=b"<html>edge</html>", times=2),
        Fault(status=403, body=b"\n<HTML>Request blocked</HTML>", times=2),
        Fault(status=403, times=2),
    ],
    ids=["429", "500", "503", "reset", "truncated", "html", "cut JSON", "edge 404", "edge 403", "empty 403"],
)
def test_trouble_is_asked_again_until_it_passes(registry, fault):
    with CtgovServer() as server:
        server.faults = [dataclasses.replace(fault)]
        stamp = clinicaltrials.version(registry(server.url))
        assert stamp.data_timestamp == "2026-09-04T09:00:06"
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(status=503, times=99), "answered 503 Service Unavailable"),
        (Fault("reset", times=99), "broke the connection off"),
        (Fault("truncated", times=99), "broke"),
        (html(times=99), "a page of HTML"),
    ],
    ids=["503", "reset", "truncated", "html"],
)
def test_trouble_that_stays_is_unavailable_in_one_sentence(registry, fault, said):
    with CtgovServer() as server:
        server.faults = [dataclasses.replace(fault)]
        with pytest.raises(Unavailable) as caught:
            clinicaltrials.version(registry(server.url))
        assert len(server.requests) == 3
    message = str(caught.value)
    assert message.startswith("ClinicalTrials.gov ") and said in message and "(3 tries)" in message
    assert message.endswith("try again later") and "\n" not in message
    assert "/api/v2/version" in message


def test_a_source_that_cannot_be_reached_is_unavailable(registry):
    with pytest.raises(Unavailable, match="could not be reached"):
        clinicaltrials.version(registry(CLOSED))


def test_a_source_that_hangs_is_given_up(registry):
    with CtgovServer() as server:
        server.faults = [Fault("hang", times=9)]
        hurried = RequestPolicy(per_second=10_000, tries=2, delay=0, read_timeout=0.1)
        with pytest.raises(Unavailable, match="did not answer in time"):
            clinicaltrials.version(registry(server.url, hurried))
        assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 410])
def test_a_refusal_is_not_asked_again(registry, status):
    with CtgovServer() as server:
        server.faults = [Fault(status=status, body=b"Not like this", times=9)]
        with pytest.raises(Refused, match="Not like this"):
            clinicaltrials.version(registry(server.url))
        assert len(server.requests) == 1


@pytest.mark.parametrize(("body", "asked"), [(b"<html>no</html>", 3), (b'{"message":"Forbidden"}', 1)])
def test_a_403_that_lasts_says_what_to_change(registry, body, asked):
    with CtgovServer() as server:
        server.faults = [Fault(status=403, body=body, times=9)]
        with pytest.raises(Barred) as caught:
            clinicaltrials.version(registry(server.url))
        assert len(server.requests) == asked
    said = str(caught.value)
    assert "answered 403 Forbidden" in said and "\n" not in said and "<" not in said
    assert "CARTRIALS_CONTACT_EMAIL" in said and "User-Agent" in said and "another network" in said


def test_a_file_servers_edge_is_asked_again_too(monkeypatch):
    monkeypatch.setattr(fetching, "DELAY", 0)
    with CtgovServer() as server:
        server.faults = [Fault(status=403, body=b"<html>no</html>", times=2)]
        assert "apiVersion" in fetching.text_of(f"{server.url}/version")
        server.faults = [Fault(status=403, body=b"<html>no</html>", times=9)]
        with pytest.raises(Barred, match="another network"):
            fetching.text_of(f"{server.url}/version")
        assert len(server.requests) == 3 + fetching.TRIES


def test_the_delay_grows_up_to_its_cap(registry):
    clock = Clock()
    patient = RequestPolicy(per_second=10_000, tries=7, delay=2, longest_delay=20)
    with CtgovServer() as server:
        server.faults = [Fault(status=503, times=6)]
        clinicaltrials.version(registry(server.url, patient, clock=clock, sleep=clock.sleep))
    assert [slept for slept in clock.slept if slept >= 1] == [2, 4, 8, 16, 20, 20]


def test_retry_after_is_honoured(registry):
    clock = Clock()
    with CtgovServer() as server:
        server.faults = [Fault(status=429, headers={"Retry-After": "37"})]
        clinicaltrials.version(registry(server.url, clock=clock, sleep=clock.sleep))
    assert 37 in clock.slept


def test_a_retry_after_beyond_patience_ends_the_run(registry):
    clock = Clock()
    with CtgovServer() as server:
        server.faults = [Fault(status=503, headers={"Retry-After": "7200"}, times=9)]
        with pytest.raises(Unavailable, match="asks to wait 7200 seconds"):
            clinicaltrials.version(registry(server.url, clock=clock, sleep=clock.sleep))
        assert len(server.requests) == 1


def test_requests_keep_their_distance_retries_included():
    clock = Clock()
    limit = RateLimit(3, clock, clock.sleep)
    turns = []
    for _ in range(12):
        with limit.turn():
            turns.append(clock.now)
    assert max(sum(start <= at < start + 1 for at in turns) for start in turns) == 3


def test_the_registry_is_asked_once_a_second_also_when_it_is_in_trouble(registry):
    manners = RequestPolicy(per_second=1, tries=3, delay=0)
    clock = Clock()
    with CtgovServer() as server:
        server.faults = [Fault(status=503, times=2)]
        session = registry(server.url, manners, clock=clock, sleep=clock.sleep)
        clinicaltrials.version(session)
        clinicaltrials.version(session)
    assert [slept for slept in clock.slept if slept > 0.9] == [1.05, 1.05, 1.05]


def test_the_user_agent_names_tool_and_contact(registry):
    with CtgovServer() as server:
        clinicaltrials.version(registry(server.url))
        agent = server.requests[0].headers["User-Agent"]
    assert agent.startswith("cartrials/") and "somebody@example.org" in agent
    assert not re.search("mozilla|webkit|chrome|safari|gecko|edge", agent, re.IGNORECASE), "it is no browser"


def test_a_body_over_the_bound_is_refused_without_being_read(registry):
    with CtgovServer() as server:
        server.faults = [Fault("huge", times=9)]
        small = dataclasses.replace(RequestPolicy(per_second=10_000, delay=0), largest=1024 * 1024)
        with pytest.raises(TooLarge, match="more than 1 MB"):
            clinicaltrials.version(registry(server.url, small))
        assert len(server.requests) == 1


def test_an_announced_size_over_the_bound_is_refused(registry):
    with CtgovServer([study("NCT90000001", "x" * 4000)]) as server:
        small = dataclasses.replace(RequestPolicy(per_second=10_000, delay=0), largest=1000)
        with pytest.raises(TooLarge):
            clinicaltrials.study(registry(server.url, small), "NCT90000001")


def test_secrets_are_in_no_message_and_no_log(library, caplog):
    from flows.sources import pubmed
    from tests.servers.eutils import EutilsServer

    caplog.set_level(logging.DEBUG)
    echo = b'{"error":"API rate limit exceeded","api-key":"k3y0f7ests","count":"4","limit":"3"}'
    with EutilsServer() as server:
        leg = pubmed.Leg("words", "pubmed", (("term", "lupus"),))
        for fault in (
            Fault(status=429, body=echo, times=9),
            Fault(status=400, body=b"unknown api_key k3y0f7ests of somebody@example.org", times=9),
            Fault("reset", times=9),
        ):
            server.faults = [fault]
            with pytest.raises(SourceError) as caught:
                pubmed.search(library(server.url), leg)
            shown = f"{caught.value!s} {caught.value!r}"
            assert "k3y0f7ests" not in shown and "somebody" not in shown
            assert caught.value.__context__ is None or caught.value.__suppress_context__
        assert server.requests[0].parameters["api_key"] == "k3y0f7ests"
        assert server.requests[0].parameters["email"] == "somebody@example.org"
    assert "urllib3" in {record.name.split(".")[0] for record in caplog.records}
    assert "k3y0f7ests" not in caplog.text and "somebody" not in caplog.text


def test_a_shown_url_has_no_secrets_and_is_short():
    url = "https://me:pass@host/x?term=lupus&api_key=abc&email=a%40b.c&more=" + "y" * 500
    shown = public_url(url)
    assert shown.startswith("https://host/x?term=lupus&more=yyy") and len(shown) <= 160
    assert without_secrets('"api-key":"abc" api_key=abc&x=1') == '"api-key":"…" api_key=…&x=1'


def test_an_error_survives_pickling():
    error = pickle.loads(pickle.dumps(Unexpected("PubMed", "says no", "https://x", "leg a")))
    assert (error.source, error.reason, error.url, error.place) == ("PubMed", "says no", "https://x", "leg a")


def test_an_address_that_is_no_url_is_refused():
    with (
        Session("ClinicalTrials.gov", "not a url") as session,
        pytest.raises(Refused, match="not a url"),
    ):
        session.ask("/version", {}, lambda answer: answer)

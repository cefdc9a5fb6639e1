"""A server that drips a byte a second, wherever in its answer: given up when the deadline says, and asked no longer.

Every wait is bounded by what a setting says; a wait that began anew with each byte would end with the test's timeout.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from flows.alerts.channels.errors import DeliveryFailed
from flows.alerts.channels.mail import send_mail
from flows.alerts.channels.send import Frozen, send
from flows.alerts.operator import _heartbeat
from flows.alerts.subscribers.addresses import address_of
from flows.backfill import fetching
from flows.cli.commands import doctor
from flows.config.settings import load
from flows.orchestration.server import NoServer, Server
from flows.process.deadline import Deadline, Overdue, requests_session
from flows.runs.nightly import library_session_of, registry_session_of
from flows.sources.errors import Unavailable
from tests.flows.alerts.servers import SmtpServer, Webhook
from tests.flows.world import World, next_day
from tests.servers.loopback import HEADERS_OF, Fault, drip

WITHIN = 0.4  # seconds
FROZEN = Frozen("message", "A subject", {"text": "text", "json": "{}"}, datetime(2026, 9, 1))


class Dripping:
    """Drips `beginning`, and then a byte a second, at whoever connects; counts those who have gone."""

    def __init__(self, beginning: bytes) -> None:
        self.beginning = beginning
        self.closing = threading.Event()
        self.came, self.gone = threading.Semaphore(0), threading.Semaphore(0)

    def __enter__(self) -> Dripping:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.socket.close()

    def _serve(self) -> None:
        talks = []
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                break
            talks.append(threading.Thread(target=self._talk, args=(connection,)))
            talks[-1].start()
        for talk in talks:
            talk.join()

    def _talk(self, connection: socket.socket) -> None:
        self.came.release()
        with connection:
            drip(connection, self.beginning, self.closing)
        self.gone.release()


PLACES = {"headers": ("http", HEADERS_OF["drip headers"]), "body": ("http", HEADERS_OF["drip"]),
          "handshake": ("https", b"\x16\x03\x03\x40\x00")}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_an_exchange_that_drips_is_broken_off(place: str) -> None:
    scheme, beginning = PLACES[place]
    with Dripping(beginning) as server, requests_session() as session:
        with pytest.raises(Overdue, match=r"within 0\.4 seconds"), Deadline(WITHIN):
            session.get(f"{scheme}://127.0.0.1:{server.port}/", timeout=30)
        assert server.gone.acquire(timeout=30), "the connection is shut"


def test_a_connection_that_was_kept_is_under_the_deadline_of_its_exchange(world: World) -> None:
    with requests_session() as session:
        url = f"{world.registry.url}/version"
        for _ in range(2):
            with Deadline(30):
                assert session.get(url, timeout=30).status_code == 200
        world.registry.faults = [Fault("drip")]
        with pytest.raises(Overdue), Deadline(WITHIN):
            session.get(url, timeout=30)
    assert world.registry.connections_made == 1


def test_what_is_over_in_time_leaves_no_watchdog(world: World) -> None:
    before = threading.active_count()
    with requests_session() as session, Deadline(600):
        session.get(f"{world.registry.url}/version", timeout=30)
    assert not any(isinstance(one, threading.Timer) and not one.finished.is_set() for one in threading.enumerate())
    assert threading.active_count() <= before + 2  # the server's own


@pytest.mark.parametrize("kind", HEADERS_OF)
def test_a_source_that_drips_is_asked_again_and_then_unavailable(world: World, kind: str) -> None:
    next_day(world)
    world.registry.faults = [Fault(kind, on="/studies", times=99)]
    before = world.release()
    with pytest.raises(Unavailable, match=r"did not send its whole answer within 2 seconds \(3 tries\)"):
        world.night(answer_deadline=2, answer_timeout=30)
    assert sum("/studies" in path for path in world.registry.paths()) == 3
    assert world.release() == before


@pytest.mark.parametrize("kind", HEADERS_OF)
def test_a_source_that_drips_once_is_asked_again(world: World, kind: str) -> None:
    settings = world.settings(answer_deadline=WITHIN, answer_timeout=30)
    for server, session_of in ((world.registry, registry_session_of), (world.library, library_session_of)):
        server.faults = [Fault(kind)]
        with session_of(settings) as session:
            session.ask("/version" if server is world.registry else "/esearch.fcgi", {"db": "pubmed"}, lambda answer: 0)
        assert len(server.requests) == 2


@pytest.mark.parametrize("kind", HEADERS_OF)
def test_the_doctor_does_not_wait_for_a_source_that_drips(
    world: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "SOURCE_WITHIN", WITHIN)
    world.registry.faults = world.library.faults = [Fault(kind, times=99)]
    began = time.monotonic()
    found = list(doctor._sources(world.settings(tries=5, answer_timeout=30)))
    assert time.monotonic() - began < 60  # five tries of ten minutes for each, before
    assert [one.is_well for one in found] == [False, False]
    for one, server in zip(found, (world.registry, world.library), strict=True):
        assert "(2 tries)" in one.sentence
        assert len(server.requests) == doctor.SOURCE_TRIES


def test_the_deadline_of_answers_and_messages_can_be_set(world: World) -> None:
    assert (load().answer_deadline, load().delivery_deadline) == (600, 120)
    with registry_session_of(world.settings(answer_deadline=7)) as session:
        assert session.manners.answer_seconds == 7


def test_a_webhook_whose_headers_drip_has_not_taken_it() -> None:
    with Webhook(fault="drip headers") as hook:
        with pytest.raises(DeliveryFailed, match=r"did not answer within 0\.4 seconds") as caught:
            send(address_of(hook.url), FROZEN, None, WITHIN)
        assert caught.value.may_retry and hook.tries == 1


def test_a_service_of_apprise_that_drips_has_not_taken_it_and_its_process_is_ended() -> None:
    with Webhook(fault="drip") as hook:
        url = f"ntfy://127.0.0.1:{hook.server.server_address[1]}/topic"
        with pytest.raises(DeliveryFailed, match="ntfy did not answer within 3 seconds") as caught:
            send(address_of(url), FROZEN, None, 3)
        assert caught.value.may_retry and hook.tries == 1
        assert hook.gone.acquire(timeout=30), "whoever waited for the rest is gone"


def test_a_webhook_whose_body_drips_has_taken_it() -> None:
    with Webhook(fault="drip") as hook:
        send(address_of(hook.url), FROZEN, None, 30)
        assert hook.tries == 1


MAILS = {
    "insecure": ("mailto", b"220-"), "starttls": ("mailtos", b"220-"), "ssl": ("mailtos", b"\x16\x03\x03\x40\x00"),
}  # fmt: skip


@pytest.mark.parametrize("mode", MAILS)
def test_a_mail_server_that_drips_has_not_taken_it(mode: str) -> None:
    scheme, beginning = MAILS[mode]
    with Dripping(beginning) as server:
        url = f"{scheme}://127.0.0.1:{server.port}?from=a@example.com&to=b@example.org&mode={mode}"
        with pytest.raises(DeliveryFailed, match=r"did not take it within 0\.4 seconds") as caught:
            send(address_of(url), FROZEN, None, WITHIN)
        assert caught.value.may_retry and server.gone.acquire(timeout=30)


def test_a_mail_that_was_taken_stays_so_however_the_server_says_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.alerts.channels import mail

    monkeypatch.setattr(mail, "GOODBYE", WITHIN)
    with SmtpServer() as smtp:
        monkeypatch.setattr(type(smtp.controller.handler), "handle_QUIT", _never_says_goodbye, raising=False)
        plugin = address_of(smtp.url()).plugin()
        send_mail(plugin, mail.mail(plugin, "message", "A subject", FROZEN.parts, FROZEN.created_at), 30)
        assert len(smtp.box.raw) == 1


async def _never_says_goodbye(*_: Any) -> str:
    import asyncio

    await asyncio.sleep(60)
    return "221 Bye"


@pytest.fixture
def dripping() -> Iterator[Dripping]:
    with Dripping(HEADERS_OF["drip headers"]) as server:
        yield server


def test_a_heartbeat_that_drips_is_given_up(dripping: Dripping) -> None:
    settings = load(heartbeat_url=f"http://127.0.0.1:{dripping.port}/", delivery_deadline=WITHIN)
    assert _heartbeat(settings) is False


def test_a_prefect_server_that_drips_does_not_answer(dripping: Dripping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.orchestration.server.ANSWER_WITHIN", WITHIN)
    with pytest.raises(NoServer, match="does not answer"):
        Server(f"http://127.0.0.1:{dripping.port}/api", None, None).ready(1)


ASKS: dict[str, Callable[[str, Any], object]] = {
    "a list": lambda url, folder: fetching.text_of(url),
    "a file": lambda url, folder: fetching.download(url, folder / "file"),
}


@pytest.mark.parametrize("what", ASKS)
@pytest.mark.parametrize("beginning", HEADERS_OF.values(), ids=HEADERS_OF)
def test_a_file_server_that_drips_is_unavailable(
    what: str, beginning: bytes, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "WITHIN", WITHIN)
    monkeypatch.setattr(fetching, "DELAY", 0)
    with Dripping(beginning) as server, pytest.raises(Unavailable, match=r"did not give the file \(Overdue\)"):
        ASKS[what](f"http://127.0.0.1:{server.port}/file", tmp_path)

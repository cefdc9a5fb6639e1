"""Both sources in this process: real requests, retries and answers, without a socket.

`Sources.adapter` is what the product's requests leave by. The servers are those of the loopback tests; `Weather` is
what they do to a night beside answering.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from tests.servers.ctgov import CtgovServer, Fault
from tests.servers.eutils import EutilsServer
from tests.servers.loopback import LoopbackServer, Reply, Request

REGISTRY, LIBRARY = "http://registry.test", "http://library.test"


@dataclass
class Weather:
    """What goes wrong with the sources on a night: `kind` as below, `faults` of single answers.

    `lying`: a total that is one too high. `half`: only every second study comes. `moved_once`, `moved_twice`: the
    data stamp moves during the pull. `down`: no answer but 503. `refused`: 403. `twice`: a study stands twice.
    """

    kind: str = "calm"
    source: str = "ctgov"
    faults: list[Fault] = field(default_factory=list)


class Registry(CtgovServer):
    """ClinicalTrials.gov of a night."""

    weather = Weather()
    stamps_given = 0
    has_lied = False  # the weather has come down on a search
    withheld: Mapping[str, bytes] = {}
    hidden: frozenset[str] | set[str] = frozenset()  # the registry has them, and no search finds them

    def answer(self, request: Request) -> Reply:
        if request.path.endswith("/version"):
            return self._version(request)
        number = request.path.rpartition("/")[2]
        if number in self.withheld:
            return Reply(body=self.withheld[number])
        reply = super().answer(request)
        is_search = request.path.endswith("/studies") and "filter.ids" not in request.parameters
        if is_search and self.weather.kind == "lying":
            reply.body, self.has_lied = _with_total(reply.body, 1), True
        return reply

    def matching(self, given: dict[str, str]) -> list[Any]:
        found = super().matching(given)
        if "filter.ids" in given:
            return found
        found = [study for study in found if study.nct_id not in self.hidden]
        if self.weather.kind != "half":
            return found
        self.has_lied = True
        return found[::2]

    def _search(self, given: dict[str, str]) -> Reply:
        reply = super()._search(given)
        if self.weather.kind == "twice" and "filter.ids" not in given:
            reply.body = _first_twice(reply.body)
        return reply

    def _version(self, request: Request) -> Reply:
        stamp = self.data_timestamp
        self.stamps_given += 1
        self.has_lied = self.has_lied or (self.weather.kind == "moved_twice" and self.stamps_given == 3)
        moves = {"moved_once": (2,), "moved_twice": (2, 3)}.get(self.weather.kind, ())
        self.data_timestamp = f"{stamp}-{sum(self.stamps_given >= at for at in moves)}" if moves else stamp
        reply = super().answer(request)
        self.data_timestamp = stamp
        return reply


class Library(EutilsServer):
    """PubMed of a night."""


class Adapter(BaseAdapter):
    """A session's way out: to the server that has the address."""

    def __init__(self, servers: Mapping[str, LoopbackServer], weather: Weather) -> None:
        super().__init__()
        self.servers, self.weather = servers, weather

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        body = request.body or ""
        form = body.decode() if isinstance(body, bytes) else str(body)
        given = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(parse_qsl(form, keep_blank_values=True))
        base = f"{parts.scheme}://{parts.netloc}"
        asked = Request(0.0, str(request.method), parts.path, given, dict(request.headers), parts.path)
        return _response(request, self._reply(base, asked))

    def _reply(self, base: str, asked: Request) -> tuple[Reply, bool]:
        server = self.servers[base]
        is_its = (base == REGISTRY) == (self.weather.source == "ctgov")
        if is_its and self.weather.kind == "down":
            return Reply(503, b"down", "text/plain"), True
        if is_its and self.weather.kind == "refused":
            return Reply(403, b"no robots", "text/plain"), True
        fault = next((one for one in self.weather.faults if is_its and one.meets(asked)), None)
        if fault is None:
            return server.answer(asked), True
        if fault.kind == "reset":
            raise requests.ConnectionError("reset")
        if fault.kind == "truncated":
            return server.answer(asked), False
        return Reply(fault.status, fault.body, fault.content_type, fault.headers), True

    def close(self) -> None:
        """Nothing is held."""


class Sources:
    """The registry and the library, and the adapters that lead there."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.library = Library(limits=None)
        self.weather = Weather()

    def under(self, weather: Weather) -> None:
        """Tonight's weather."""
        self.weather = self.registry.weather = weather
        self.registry.stamps_given, self.registry.has_lied = 0, False

    def adapter(self) -> Adapter:
        return Adapter({REGISTRY: self.registry, LIBRARY: self.library}, self.weather)


def _response(request: requests.PreparedRequest, given: tuple[Reply, bool]) -> requests.Response:
    reply, is_whole = given
    body = reply.body if is_whole else reply.body[: len(reply.body) // 2]
    head = {"Content-Type": reply.content_type, "Content-Length": str(len(reply.body)), **reply.headers}
    found = requests.Response()
    found.status_code, found.request, found.url = reply.status, request, str(request.url)
    found.headers.update(head)
    found.raw = HTTPResponse(io.BytesIO(body), head, reply.status, preload_content=False, enforce_content_length=True)
    return found


def _with_total(body: bytes, more: int) -> bytes:
    head, mark, rest = body.partition(b'"totalCount":')
    if not mark:
        return body
    count, comma, rest = rest.partition(b",")
    return head + mark + str(int(count) + more).encode() + comma + rest


def _first_twice(body: bytes) -> bytes:
    head, mark, rest = body.partition(b'"studies":[\n')
    first, cut, others = rest.partition(b",\n")
    return head + mark + first + cut + first + cut + others if cut else body

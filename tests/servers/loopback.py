"""A threaded HTTP server on loopback that keeps what it was asked, and breaks on demand."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

HTML = b"<!DOCTYPE html><html><body><h1>Service maintenance</h1></body></html>"


HEADERS_OF = {"drip headers": b"HTTP/1.1 200 OK\r\nX-Drip: ", "drip": b"HTTP/1.1 200 OK\r\n\r\n"}


def drip(connection: socket.socket, beginning: bytes, closing: threading.Event) -> None:
    """`beginning`, and then a byte a second until the other end has had enough."""
    with suppress(OSError):
        connection.sendall(beginning)
        while not closing.wait(1):
            connection.sendall(b"x")


@dataclass(frozen=True)
class Request:
    """One request as it arrived; `at` in seconds of time.monotonic(), `parameters` of url and form."""

    at: float
    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    target: str


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Fault:
    """What to do instead of answering, `times` times, to requests whose path or parameters hold `on`.

    kind: `reply` (the given status, body and headers), `reset` (the connection breaks off), `truncated`
    (half of the true answer), `hang` (no answer until the client gives up), `huge` (a body that does not
    end, `size` bytes announced), `drip headers` and `drip` (a byte of headers or body a second, without an
    end). `skip` lets that many matching requests pass first.
    """

    kind: str = "reply"
    status: int = 503
    body: bytes = b""
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    on: str = ""
    times: int = 1
    skip: int = 0
    size: int = 200 * 1024 * 1024

    def meets(self, request: Request) -> bool:
        if self.times < 1 or (self.on and self.on not in f"{request.path}?{dict(request.parameters)}"):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


def html(**more: Any) -> Fault:
    """A page of HTML with status 200."""
    return Fault(status=200, body=HTML, content_type="text/html", **more)


class LoopbackServer:
    """Serves `answer(request)` while the `with` block lasts. Subclasses say what the answer is."""

    path = ""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.faults: list[Fault] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self.connections: set[socket.socket] = set()
        self.connections_made = 0

    def answer(self, request: Request) -> Reply:
        raise NotImplementedError

    @property
    def url(self) -> str:
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}{self.path}"

    def most_in_a_second(self) -> int:
        """The largest number of requests that arrived within any one second."""
        times = [request.at for request in self.requests]
        return max((sum(start <= at < start + 1 for at in times) for start in times), default=0)

    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    def __enter__(self) -> Self:
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._http.shutdown()
        # A connection that is kept alive would wait for its client, and be left open after the test.
        for connection in list(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._http.server_close()
        self._thread.join()

    def _fault_for(self, request: Request) -> Fault | None:
        with self._lock:
            self.requests.append(request)
            return next((fault for fault in self.faults if fault.meets(request)), None)


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64
    owner: LoopbackServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment: no 40 ms of delayed acknowledgement
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.owner.connections.add(self.connection)
        self.server.owner.connections_made += 1

    def finish(self) -> None:
        self.server.owner.connections.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _answer(self) -> None:
        at = time.monotonic()
        form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(self.path)
        parameters = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(
            parse_qsl(form, keep_blank_values=True)
        )
        owner = self.server.owner
        request = Request(at, self.command, parts.path, parameters, dict(self.headers), self.path)
        fault = owner._fault_for(request)
        if fault is None:
            self._send(owner.answer(request))
        elif fault.kind == "reply":
            self._send(Reply(fault.status, fault.body, fault.content_type, fault.headers))
        elif fault.kind == "truncated":
            self._send(owner.answer(request), whole=False)
        elif fault.kind == "huge":
            self._send_huge(fault.size)
        elif fault.kind.startswith("drip"):
            drip(self.connection, HEADERS_OF[fault.kind], owner._closing)
            self.close_connection = True
        elif fault.kind == "hang":
            owner._closing.wait(30)
            self.close_connection = True
        else:
            # Closing with unsent data and no linger makes a reset of it, not an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()

    def _send(self, reply: Reply, *, whole: bool = True) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body if whole else reply.body[: len(reply.body) // 2])
        self.wfile.flush()
        self.close_connection = self.close_connection or not whole

    def _send_huge(self, size: int) -> None:
        """A body without announced length that goes on; ends when the client has had enough."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        piece = b" " * 65536
        try:
            for _ in range(size // len(piece)):
                self.wfile.write(piece)
        except OSError:
            pass
        self.close_connection = True

"""One deadline over a whole exchange: connecting, the handshake, what is sent, headers and body.

`requests` has none: its timeouts begin anew with each byte that comes, so that a server which drips one a second
holds a run for ever. Here a watchdog shuts the sockets of an exchange that is not over in time, whatever it waits for.

    with Deadline(600), requests_session() as session:
        session.get(...)                                   Overdue after ten minutes at the latest
"""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_running: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class Overdue(OSError):
    """The exchange was not over in time, and was broken off."""


class Deadline:
    """So many seconds for what happens inside the `with` block on sockets that are `watched`.

    Overdue is raised at its end in place of whatever the shut sockets led to: a body that ends with its connection
    would look whole.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._is_over = False
        self._token: Token[Deadline | None] | None = None
        self._watchdog = threading.Timer(seconds, self._shut)
        self._watchdog.daemon = True

    def __enter__(self) -> Deadline:
        self._token = _running.set(self)
        self._watchdog.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._watchdog.cancel()
        if self._token is not None:
            _running.reset(self._token)
        with self._lock:
            is_over = self._is_over
            for one in self._sockets:
                one.close()
            self._sockets.clear()
        if is_over and (error is None or isinstance(error, Exception)):
            raise Overdue(f"not over within {self.seconds:g} seconds") from None

    def left(self, most: float) -> float:
        """How long a single wait may take: `most`, or what is left of the time."""
        return max(0.001, min(most, self._until - time.monotonic()))

    def watch(self, connected: socket.socket) -> None:
        """Have this socket shut when the time is over. Shutting a duplicate shuts it for every owner, under TLS too."""
        duplicate = socket.socket(fileno=os.dup(connected.fileno()))
        with self._lock:
            self._sockets.append(duplicate)
            if self._is_over:
                _shut(duplicate)

    def _shut(self) -> None:
        with self._lock:
            self._is_over = True
            for one in self._sockets:
                _shut(one)


def watched(connected: socket.socket) -> None:
    """Put a socket under the deadline that runs here, if one does."""
    deadline = _running.get()
    if deadline is not None and connected.fileno() >= 0:
        deadline.watch(connected)


def requests_session() -> requests.Session:
    """A session of requests whose sockets are under the deadline that runs when they are used."""
    session = requests.Session()
    session.mount("https://", _Adapter())
    session.mount("http://", _Adapter())
    return session


def _shut(one: socket.socket) -> None:
    with suppress(OSError):  # the other end was faster
        one.shutdown(socket.SHUT_RDWR)


class _Watched(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        watched(made)
        return made

    def request(self, *given: Any, **named: Any) -> None:
        if self.sock is not None:  # kept from an earlier exchange
            watched(self.sock)
        super().request(*given, **named)


class _WatchedTls(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, proxy: str, **named: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **named)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager

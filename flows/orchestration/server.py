"""A Prefect server of our own, where the operator has none: a child process that ends with this one.

Prefect would start one by itself, but it waits minutes for a server that has already died, writes its
log over the terminal, and runs no scheduler. Ours logs to `logs/prefect.log`, and what it lacks is said
in seconds.
"""

from __future__ import annotations

import atexit
import os
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from flows.errors import CartrialsError
from flows.process import children
from flows.process.deadline import Deadline, requests_session
from warehouse import disk

LOOK_AGAIN = 0.2  # seconds
ANSWER_WITHIN = 5  # seconds
GO_WITHIN = 10  # seconds
CONSOLE_LEVEL = "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"


class NoServer(CartrialsError):
    """Prefect's server is not there; the message says why and where its log is."""


def prepare(home: Path) -> None:
    """Before Prefect is imported: no telemetry, no noise, its files in the data folder.

    A run that Prefect itself started keeps Prefect's own settings: there the log belongs to its server.
    """
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    os.environ.setdefault(CONSOLE_LEVEL, "CRITICAL")  # of Prefect's lines on the terminal; its page has its own
    if "PREFECT_API_URL" not in os.environ:
        os.environ.setdefault("PREFECT_HOME", str((home / "prefect").absolute()))


def started(home: Path, *, with_scheduler: bool) -> Server:
    """A server that begins to start; `Server.ready` waits for it. The operator's own where there is one.

    Sets PREFECT_API_URL: call it before Prefect is imported, which then goes on side by side.
    """
    given = os.environ.get("PREFECT_API_URL")
    server = Server(given, None, None) if given else _child(home, with_scheduler=with_scheduler)
    os.environ["PREFECT_API_URL"] = server.url
    # Registered before Prefect registers what it still has to send at exit, so it runs after that.
    atexit.register(server.stop)
    return server


class Server:
    """A server at `url`; `process` is ours, None for one that somebody else runs."""

    def __init__(self, url: str, process: subprocess.Popen[bytes] | None, log: Path | None) -> None:
        self.url = url
        self.process = process
        self.log = log

    def ready(self, within: float) -> None:
        """Wait until it answers, `within` seconds at most. Raises NoServer, at once when it has ended."""
        until = time.monotonic() + within
        while not _answers(self.url):
            if self.process is None:
                raise NoServer(f"Prefect's server at {self.url} does not answer. Start it, or unset PREFECT_API_URL.")
            if self.process.poll() is not None:
                raise NoServer(f"Prefect's server ended as soon as it began; why is in {self.log}.")
            if time.monotonic() > until:
                self.stop()
                raise NoServer(f"Prefect's server did not start within {within:.0f} seconds; its log is {self.log}.")
            time.sleep(LOOK_AGAIN)

    def is_there(self) -> bool:
        """Whether it has not ended; of one that somebody else runs, nothing is known."""
        return self.process is None or self.process.poll() is None

    def stop(self) -> None:
        """End the server if it is ours."""
        if self.process is None:
            return
        self.process.terminate()  # one that has ended is left alone
        try:
            self.process.wait(GO_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()


def _child(home: Path, *, with_scheduler: bool) -> Server:
    port = _free_port()
    url = f"http://127.0.0.1:{port}/api"
    log = home / "logs" / "prefect.log"
    environment = {
        **os.environ, "PREFECT_API_URL": url, "PREFECT_UI_ENABLED": "0", "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
        "PREFECT__SERVER_FINAL": "1", CONSOLE_LEVEL: "NOTSET",
    }  # fmt: skip
    if not with_scheduler:
        environment["PREFECT__SERVER_EPHEMERAL"] = "1"
    spec = find_spec("prefect")
    assert spec is not None and spec.origin is not None
    arguments = [
        "--app-dir", str(Path(spec.origin).parents[1]), "--factory",
        "prefect.server.api.server:create_app", "--host", "127.0.0.1", "--port", str(port), "--log-level", "error",
    ]  # fmt: skip
    try:
        disk.make_folder(Path(environment["PREFECT_HOME"]))
        disk.make_folder(log.parent)
        with disk.opened(log) as written:
            process = children.start("uvicorn", arguments, environment=environment, output=written)
    except OSError as error:
        raise NoServer(f"Prefect's server could not be started ({error.strerror}: {error.filename}).") from error
    return Server(url, process, log)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        with (
            Deadline(ANSWER_WITHIN),
            requests_session() as session,
            session.get(f"{url}/health", timeout=ANSWER_WITHIN, stream=True) as answer,
        ):
            return answer.status_code < 500  # below that it is there, and perhaps wants to know who asks
    except (OSError, ValueError):  # requests raises both; an address that is none is a ValueError
        return False

"""A mail server and a web server in a process of their own that write down what they take, a line a message."""

from __future__ import annotations

import email
import json
import os
import threading
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

SUBSCRIBERS = """
[[subscriber]]
name = "reader"
channels = [
    "json://127.0.0.1:{web}/{to}",
    "mailto://127.0.0.1:{mail}?from=us@example.com&to={to}@example.org&mode=insecure",
]
webhook_secret = "${{KILLS_SECRET}}"
"""


@dataclass(frozen=True)
class Servers:
    """Where they listen, and the file in which they note `{"to", "channel", "message"}` before they say yes."""

    mail: int
    web: int
    noted: Path

    def subscribers(self, to: str) -> str:
        """The text of a file of subscribers whose one reader is called `to` here."""
        return SUBSCRIBERS.format(web=self.web, mail=self.mail, to=to)

    def taken(self, to: str, since: int) -> Counter[tuple[str, str]]:
        """How often each (channel, message) was taken for `to` after byte `since` of the notes."""
        with self.noted.open("rb") as notes:
            notes.seek(since)
            lines = [json.loads(line) for line in notes]
        return Counter((line["channel"], line["message"]) for line in lines if line["to"] == to)

    def size(self) -> int:
        return self.noted.stat().st_size


def serve(folder: Path) -> tuple[Servers, int]:
    """Start both in a forked process; where they are and its pid. It ends when it is terminated."""
    noted = folder / "taken.jsonl"
    noted.touch()
    os.environ["KILLS_SECRET"] = "s3cret"
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _listen(noted, writing)
    os.close(writing)
    with os.fdopen(reading) as ports:
        mail, web = json.loads(ports.readline())
    return Servers(mail, web, noted), child


def _listen(noted: Path, ready: int) -> None:
    notes, lock = noted.open("a", encoding="utf-8"), threading.Lock()

    def note(to: str, channel: str, message: str) -> None:
        with lock:
            notes.write(json.dumps({"to": to, "channel": channel, "message": message}) + "\n")
            notes.flush()

    class Mailbox:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            to = envelope.rcpt_tos[0].partition("@")[0]
            note(to, "mail", str(email.message_from_bytes(envelope.content)["Message-ID"]))
            return "250 OK"

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            note(self.path.strip("/"), "web", self.headers["Idempotency-Key"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    web = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    mail = Controller(Mailbox(), hostname="127.0.0.1", port=_free_port())
    mail.start()
    os.write(ready, (json.dumps([mail.port, web.server_address[1]]) + "\n").encode())
    os.close(ready)
    web.serve_forever()


def _free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port

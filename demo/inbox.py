"""A web server of this machine that takes the demo's webhooks: what a receiver has to do, in a few lines.

It checks the signature, keeps each message once by its idempotency key, and answers 204.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


class Inbox:
    """Takes webhooks while the `with` block lasts, and keeps them as files in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.secret = folder, secrets.token_hex(16)

    def __enter__(self) -> Inbox:
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(inbox.take(body, self.headers))
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """The demo's summary says what came."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def take(self, body: bytes, headers: Any) -> int:
        """Keep a signed message; the status to answer with."""
        wanted = "sha256=" + hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(wanted, headers.get("X-Cartrials-Signature", "")):
            return 401
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / f"{Path(headers['Idempotency-Key']).name}.json").write_bytes(body)
        return 204

"""A real SMTP and a real HTTP server on loopback that keep what they took, and fail on demand."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import socket
import ssl
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.servers.loopback import HEADERS_OF, drip


class Mailbox:
    """Keeps mails. `fault`: None, "451", "550" (after DATA), "rcpt 550", "hang", "cut" (takes it, never says so)."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.recipients: list[str] = []
        self.tries = 0
        self.fault: str | None = None
        self.used_tls: list[bool] = []

    @property
    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.raw]  # type: ignore[misc]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        self.tries += 1
        if self.fault == "rcpt 550":
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.fault == "hang":
            await asyncio.sleep(60)
        if self.fault in ("451", "550"):
            return f"{self.fault} not now"
        self.raw.append(envelope.content)
        self.recipients += envelope.rcpt_tos
        self.used_tls.append(session.ssl is not None)
        if self.fault == "cut":
            server.transport.abort()
        return "250 OK"


class SmtpServer:
    """A mail server on a free port while the `with` block lasts."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.box, self.tls = Mailbox(), tls

    def __enter__(self) -> SmtpServer:
        tls = self.tls

        class Server(Controller):
            def factory(self) -> SMTP:
                return SMTP(self.handler, tls_context=tls, require_starttls=tls is not None)

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.controller = Server(self.box, hostname="127.0.0.1", port=self.port)
        self.controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.controller.stop()

    def url(self, to: str = "clinic@example.org", host: str = "127.0.0.1", mode: str = "insecure") -> str:
        scheme = "mailto" if mode == "insecure" else "mailtos"
        return f"{scheme}://{host}:{self.port}?from=cartrials@example.com&to={to}&mode={mode}"


@dataclass
class Webhook:
    """A web server that takes JSON. `fault`: None, a status, "hang", "cut" (takes it, never says so), or a drip."""

    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    fault: int | str | None = None
    tries: int = 0
    answer: int = 204

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(body) for body in self.bodies if body]

    def __enter__(self) -> Webhook:
        hook = self
        self.closing = threading.Event()
        self.gone = threading.Semaphore(0)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                hook.tries += 1
                if hook.fault in HEADERS_OF:
                    drip(self.connection, HEADERS_OF[hook.fault], hook.closing)
                    hook.gone.release()
                    return
                if hook.fault == "hang":
                    hook.closing.wait(30)
                    return
                if isinstance(hook.fault, int):
                    self.send_response(hook.fault)
                    self.end_headers()
                    return
                hook.bodies.append(body)
                hook.headers.append(dict(self.headers))
                if hook.fault == "cut":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(hook.answer)
                self.end_headers()

            do_GET = do_POST

            def log_message(self, format: str, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A connection cut off is what some tests are about."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server.server_address[1]}/hook"


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for 127.0.0.1 that nobody else vouches for, and what a server needs to show it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return public, context

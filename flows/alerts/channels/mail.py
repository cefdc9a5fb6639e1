"""A mail over SMTP, to one recipient, under a Message-ID that stays the same for every try.

Taken is what the server answered with 250 to the end of the data. Anything else is not taken: 4xx and a
lost connection may be tried again, 5xx may not.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import Address as Mailbox
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any

from flows.alerts.channels.errors import DeliveryFailed
from flows.alerts.messages.wording import line
from flows.process.deadline import Deadline, Overdue, watched

TIMEOUT = 30  # seconds for each answer of the server
GOODBYE = 5  # seconds for the last one, which changes nothing


def send_mail(plugin: Any, message: EmailMessage, within: float) -> None:
    """Send one mail as Apprise's mail address `plugin` says, in `within` seconds. Raises DeliveryFailed."""
    try:
        with Deadline(within):
            server = _delivered(plugin, message)
    except Overdue:
        raise DeliveryFailed(f"the mail server did not take it within {within:g} seconds", may_retry=True) from None
    except smtplib.SMTPResponseException as error:
        may_retry = not 500 <= error.smtp_code < 600
        raise DeliveryFailed(f"the mail server answered {error.smtp_code}", may_retry=may_retry) from None
    except smtplib.SMTPRecipientsRefused as error:
        code = next((code for code, _ in error.recipients.values()), 0)
        raise DeliveryFailed(
            f"the mail server refused the recipient ({code})", may_retry=not 500 <= code < 600
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise DeliveryFailed(
            "the mail server offers no STARTTLS; nothing was sent without it", may_retry=True
        ) from None
    except ssl.SSLCertVerificationError:
        raise DeliveryFailed("the mail server's certificate is not valid", may_retry=True) from None
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryFailed(
            f"the mail server broke off or did not answer ({type(error).__name__})", may_retry=True
        ) from None
    # It was taken: how the server says goodbye does not matter.
    with suppress(smtplib.SMTPException, OSError), Deadline(GOODBYE):
        if server.sock is not None:
            watched(server.sock)
        server.quit()
    server.close()


def mail(plugin: Any, message_id: str, subject: str, parts: Mapping[str, str], created_at: datetime) -> EmailMessage:
    """The mail: plain text, and HTML where there is some. Line breaks cannot get into its headers."""
    message = EmailMessage(policy=SMTP)
    name, sender = plugin.from_addr
    message["From"] = _mailbox(name, sender)
    message["To"] = _mailbox(*plugin.targets[0])
    if plugin.reply_to:
        message["Reply-To"] = [_mailbox(None, one) for one in sorted(plugin.reply_to)]
    message["Subject"] = line(subject, 200)
    message["Date"] = format_datetime(created_at.replace(tzinfo=UTC))
    message["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
    message["Precedence"] = "bulk"
    message.set_content(parts["text"], cte="quoted-printable")
    if "html" in parts:
        message.add_alternative(parts["html"], subtype="html", cte="quoted-printable")
        message.set_boundary(f"part-{message_id}")  # not drawn anew for each try: a retry sends exactly this mail
    return message


class _Smtp(smtplib.SMTP):
    """Under the deadline that runs from its first byte on."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connected: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        watched(connected)
        return connected


class _SmtpTls(smtplib.SMTP_SSL, _Smtp):
    """The same under TLS: it wraps the socket that the class above has made."""


def _delivered(plugin: Any, message: EmailMessage) -> smtplib.SMTP:
    """The connection over which the server said that it took the mail."""
    context = ssl.create_default_context()
    if not plugin.verify_certificate:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    server = _connected(plugin, context)
    try:
        if plugin.secure_mode == "starttls":
            server.starttls(context=context)
        if plugin.user and plugin.password:
            server.login(plugin.user, plugin.password)
        # as_bytes, not send_message: that writes ">From" where a title begins with From.
        server.sendmail(plugin.from_addr[1], [plugin.targets[0][1]], message.as_bytes())
    except BaseException:
        server.close()
        raise
    return server


def _connected(plugin: Any, context: ssl.SSLContext) -> smtplib.SMTP:
    if plugin.secure_mode == "ssl":
        return _SmtpTls(plugin.smtp_host, plugin.port, timeout=TIMEOUT, context=context)
    return _Smtp(plugin.smtp_host, plugin.port, timeout=TIMEOUT)


def _mailbox(name: object, address: str) -> Mailbox:
    return Mailbox(display_name=line(name or "", 100), addr_spec=address)

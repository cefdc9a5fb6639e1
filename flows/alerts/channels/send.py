"""Channels: hand over one frozen message, or say why it was not taken.

    DeliveryFailed            what the channel said; `may_retry`: whether it may take the message another time

Apprise knows the addresses of all channels and sends to all but two. Mail goes through smtplib: Apprise
gives every mail a new Message-ID, makes the plain text itself, and answers only yes or no, where we must
tell "later" from "no such person". Webhooks go through requests: their body is what we sign.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

import requests

from flows.alerts.channels import chat
from flows.alerts.channels.errors import DeliveryFailed
from flows.alerts.channels.mail import mail, send_mail
from flows.alerts.messages.rendering import chat_safe, notice_json
from flows.alerts.subscribers.addresses import Address
from flows.process.deadline import Deadline, Overdue, requests_session

WITHIN = 120.0  # seconds for one message, where no setting says otherwise
WEBHOOK_TIMEOUT = (10, 30)  # seconds to connect, and between bytes of the answer
TRY_AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True)
class Frozen:
    """A frozen message as it is sent, every time the same."""

    message_id: str
    subject: str
    parts: Mapping[str, str]
    created_at: datetime


Sender = Callable[[Address, Frozen, str | None], None]


def send(
    address: Address, frozen: Frozen, secret: str | None = None, within: float = WITHIN,
    senders: Mapping[str, Sender] = MappingProxyType({}),
) -> None:  # fmt: skip
    """Hand a message over, in `within` seconds. Returns when the channel said that it took it; raises DeliveryFailed
    otherwise.

    `senders` stand in for those of their kind of channel.
    """
    if stand_in := senders.get(address.kind):
        stand_in(address, frozen, secret)
    else:
        SENDERS.get(address.kind, _chat)(address, frozen, secret, within)


def parts_of_notice(kind: str, of: str, subject: str, text: str, message_id: str, moment: datetime) -> dict[str, str]:
    """The parts of a short message that holds no items: a test, or a notice to the operator (`of`)."""
    if kind == "json":
        return {"json": notice_json(of, subject, text, message_id, moment)}
    return {"text": text if kind == "mailto" else chat_safe(text)}


def signature(body: bytes, secret: str) -> str:
    """What X-Cartrials-Signature holds: `sha256=` and the HMAC-SHA256 of the body, in hexadecimal."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _mail(address: Address, frozen: Frozen, _secret: str | None, within: float) -> None:
    message = mail(address.plugin(), frozen.message_id, frozen.subject, frozen.parts, frozen.created_at)
    send_mail(address.plugin(), message, within)


def _webhook(address: Address, frozen: Frozen, secret: str | None, within: float) -> None:
    plugin = address.plugin()
    body = frozen.parts["json"].encode()
    headers = {
        **plugin.headers, "Content-Type": "application/json; charset=utf-8", "User-Agent": "cartrials",
        "Idempotency-Key": frozen.message_id,
    }  # fmt: skip
    if secret:
        headers["X-Cartrials-Signature"] = signature(body, secret)
    port = f":{plugin.port}" if plugin.port else ""
    url = f"{'https' if plugin.secure else 'http'}://{plugin.host}{port}{plugin.fullpath or '/'}"
    try:
        with Deadline(within), requests_session() as session:
            answer = session.post(
                url,
                data=body,
                headers=headers,
                params=plugin.params,
                auth=(plugin.user, plugin.password or "") if plugin.user else None,
                verify=plugin.verify_certificate,
                timeout=WEBHOOK_TIMEOUT,
                allow_redirects=False,
                stream=True,
            )
            answer.close()
    except Overdue:
        raise DeliveryFailed(f"the webhook did not answer within {within:g} seconds", may_retry=True) from None
    except requests.exceptions.SSLError:
        raise DeliveryFailed("the webhook's certificate is not valid", may_retry=True) from None
    except requests.exceptions.Timeout:
        raise DeliveryFailed("the webhook did not answer in time", may_retry=True) from None
    except requests.exceptions.RequestException as error:
        raise DeliveryFailed(f"the webhook cannot be reached ({type(error).__name__})", may_retry=True) from None
    if not 200 <= answer.status_code < 300:
        may_retry = answer.status_code >= 500 or answer.status_code in TRY_AGAIN
        raise DeliveryFailed(f"the webhook answered {answer.status_code}", may_retry=may_retry)


def _chat(address: Address, frozen: Frozen, _secret: str | None, within: float) -> None:
    """Whatever else Apprise knows. It answers yes or no; a no may be a yes another time."""
    chat.notify(address.kind, address.url, frozen.subject, frozen.parts["text"], within)


SENDERS: Mapping[str, Callable[[Address, Frozen, str | None, float], None]] = {"mailto": _mail, "json": _webhook}

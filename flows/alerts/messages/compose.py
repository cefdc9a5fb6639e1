"""A message: which items it holds, and its parts, within what its channel takes. Pure.

It is made once and frozen: its id is the hash of its list, so that the same list is the same message.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.alerts.facts import Evidence
from flows.alerts.messages.display import Shown, shown_item
from flows.alerts.messages.items import Item, batch
from flows.alerts.messages.rendering import Envelope, chat_parts, mail_parts, subject, webhook_parts
from flows.alerts.subscribers.subscribers import Subscriber


@dataclass(frozen=True)
class Limits:
    """What a channel takes: items by default, bytes of each part at most."""

    items: int
    part_bytes: int


# Mail programs cut a page off at about 100 kB. Chats take a screen. A webhook takes what a server takes.
MAIL = Limits(50, 90_000)
CHAT = Limits(8, 3_500)
WEBHOOK = Limits(200, 1_000_000)


@dataclass(frozen=True)
class Message:
    """A message before it is frozen: `parts` are what is sent, `alert_ids` its list."""

    message_id: str
    subject: str
    parts: Mapping[str, str]
    alert_ids: tuple[str, ...]
    items: int

    @property
    def size(self) -> int:
        """Bytes of the parts."""
        return sum(len(part.encode()) for part in self.parts.values())

    @property
    def body(self) -> str:
        """The parts as the ledger keeps them."""
        return json.dumps(dict(self.parts), ensure_ascii=False)


def limits_of(kind: str, longest: int | None = None) -> Limits:
    """Limits of a kind of channel; `longest` is what the service itself takes, in characters."""
    known = {"mailto": MAIL, "json": WEBHOOK}.get(kind, CHAT)
    if known is CHAT and longest:
        # A character is up to four bytes; the service counts characters or bytes.
        return Limits(CHAT.items, min(CHAT.part_bytes, longest))
    return known


def compose(
    subscriber: Subscriber,
    channel: str,
    kind: str,
    ordered: Sequence[Item],
    evidence: Mapping[str, Sequence[Evidence]],
    envelope: Envelope,
    limits: Limits,
) -> Message | None:
    """The next message of a channel, of as many items as it takes; None when there is nothing to say."""
    chosen = batch(ordered, envelope.max_items)
    if not chosen:
        return None
    count, brief = len(chosen), False
    while True:
        some = chosen[:count]
        shown = [shown_item(item, subscriber.filter, evidence.get(item.nct_id, ()), brief=brief) for item in some]
        message = _message(subscriber, channel, kind, some, shown, len(ordered) - count, envelope)
        largest = max(len(part.encode()) for part in message.parts.values())
        if largest <= limits.part_bytes:
            return message
        if count > 1:  # sizes grow about evenly with items: few steps down
            count = max(1, min(count - 1, int(count * limits.part_bytes / largest)))
        elif not brief:
            brief = True
        else:
            return _cut(message, limits)


def _message(
    subscriber: Subscriber, channel: str, kind: str, items: Sequence[Item], shown: Sequence[Shown], waiting: int,
    envelope: Envelope,
) -> Message:  # fmt: skip
    alert_ids = tuple(one for item in items for one in item.alert_ids)
    digest = hashlib.sha256("\n".join((subscriber.name, channel, *sorted(alert_ids))).encode()).hexdigest()
    message_id = f"alert-{digest[:40]}"
    if kind == "mailto":
        parts = mail_parts(shown, envelope, waiting)
    elif kind == "json":
        parts = webhook_parts(shown, envelope, waiting, message_id)
    else:
        parts = chat_parts(shown, envelope, waiting)
    return Message(message_id, subject(shown, envelope), parts, alert_ids, len(items))


def _cut(message: Message, limits: Limits) -> Message:
    """The shortest form of one item is still too long, for a chat that takes a few hundred characters."""
    text = message.parts.get("text", "").encode()[: limits.part_bytes - 4].decode("utf-8", "ignore")
    return Message(
        message.message_id,
        message.subject,
        {**message.parts, "text": text + "…"},
        message.alert_ids,
        message.items,
    )

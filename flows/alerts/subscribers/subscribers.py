"""Subscribers: a TOML file of who is told what, how often and where. How to write one: docs/alerts.md.

Whatever is wrong with the file is said with its line before anything is sent. Secrets stand in the
environment: `${NAME}` in a channel is replaced when the file is read, and never shown.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.alerts.subscribers.addresses import Address, AddressError, read_address
from flows.alerts.subscribers.filters import Filter
from flows.alerts.subscribers.vocabulary import BY_NAME, KEYS, words_meant
from flows.config.toml_file import lines_of_keys
from transforms.written import NotReadable, read_text, read_toml
from warehouse.errors import FileError
from warehouse.querying.words import UnknownWord

CADENCES = ("at once", "daily", "weekly")
FEED = "feed"  # the channel of those who have no other: their feed
RESERVED = ("operator",)
MOST_ITEMS = 500

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_OWN_KEYS = ("name", "title", "channels", "cadence", "max_items", "new_for_you", "webhook_secret")


class SubscribersError(FileError):
    """The file of subscribers cannot be used: says the file, the line, and what is wrong there."""


@dataclass(frozen=True)
class Subscriber:
    """Who is told: `name` is the id in the ledger, `channels` are addresses by channel name."""

    name: str
    title: str
    channels: Mapping[str, Address] = field(repr=False)
    cadence: str = "at once"
    max_items: int | None = None
    new_for_you: bool = True
    filter: Filter = field(default_factory=Filter)
    webhook_secret: str | None = field(default=None, repr=False)

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Names the ledger knows channels by; a subscriber without any has its feed."""
        return tuple(self.channels) or (FEED,)

    @property
    def filter_sha256(self) -> str:
        """Changes when, and only when, what the subscriber asks of trials changes."""
        asked = {key: sorted(words) for key, words in self.filter.wanted.items() if BY_NAME[key].of == "trial"}
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def load_subscribers(
    path: Path | None, topics: Collection[str], environment: Mapping[str, str] | None = None
) -> tuple[Subscriber, ...]:
    """The subscribers of the file; none where there is no file. Raises SubscribersError with the line."""
    if path is None:
        return ()
    try:
        text = read_text(path)
        document = read_toml(text)
    except NotReadable as error:
        raise SubscribersError(path, error.line, error.problem) from None
    reader = _Reader(path, lines_of_keys(text), topics, os.environ if environment is None else environment)
    return reader.subscribers(document)


Place = tuple[str | int, ...]


@dataclass(frozen=True)
class _Reader:
    path: Path
    lines: Mapping[Place, int]
    topics: Collection[str]
    environment: Mapping[str, str] = field(repr=False)

    def fail(self, place: Place, problem: str) -> SubscribersError:
        while place and place not in self.lines:
            place = place[:-1]
        return SubscribersError(self.path, self.lines.get(place, 1), problem)

    def subscribers(self, document: dict[str, Any]) -> tuple[Subscriber, ...]:
        for key in document:
            if key != "subscriber":
                raise self.fail((key,), f"unknown key {key!r}, expected [[subscriber]] tables")
        tables = document.get("subscriber", [])
        if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
            raise self.fail(("subscriber",), "subscribers are written as [[subscriber]] tables")
        found: dict[str, Subscriber] = {}
        for number, table in enumerate(tables):
            one = self.subscriber(table, ("subscriber", number))
            if one.name in found:
                raise self.fail(("subscriber", number, "name"), f"the name {one.name!r} is used twice")
            found[one.name] = one
        return tuple(found.values())

    def subscriber(self, table: dict[str, Any], place: Place) -> Subscriber:
        for key in table:
            if key not in _OWN_KEYS and key not in BY_NAME:
                expected = ", ".join((*_OWN_KEYS, *BY_NAME))
                raise self.fail((*place, key), f"unknown key {key!r}, expected one of: {expected}")
        name = self.text(table, "name", place)
        if name is None or not _NAME.match(name) or name in RESERVED:
            wanted = "name must be lower-case letters, digits and hyphens, and not 'operator'"
            raise self.fail((*place, "name"), wanted)
        cadence = self.text(table, "cadence", place) or CADENCES[0]
        if cadence not in CADENCES:
            raise self.fail((*place, "cadence"), f"cadence is {cadence!r}, expected one of: {', '.join(CADENCES)}")
        secret = self.text(table, "webhook_secret", place)
        channels = self.channels(table, place)
        if any(address.kind == "json" for address in channels.values()) and not secret:
            at = (*place, "channels")
            raise self.fail(at, 'a webhook is signed: add webhook_secret = "${NAME}" beside its channel')
        return Subscriber(
            name=name, title=self.text(table, "title", place) or name, channels=channels, cadence=cadence,
            max_items=self.max_items(table, place), new_for_you=self.flag(table, "new_for_you", place),
            filter=Filter({key.name: self.words(table, key.name, place) for key in KEYS if key.name in table}),
            webhook_secret=self.secret(secret, place) if secret else None,
        )  # fmt: skip

    def channels(self, table: dict[str, Any], place: Place) -> dict[str, Address]:
        """Addresses by name: the kind of the channel, numbered where a subscriber has several of a kind."""
        at = (*place, "channels")
        found: dict[str, Address] = {}
        for given in self.list_of_texts(table, "channels", place):
            try:
                address = read_address(given, self.environment)
            except AddressError as error:
                raise self.fail(at, str(error)) from None
            count = 1 + sum(other.kind == address.kind for other in found.values())
            found[address.kind if count == 1 else f"{address.kind}-{count}"] = address
        return found

    def words(self, table: dict[str, Any], key: str, place: Place) -> tuple[str, ...]:
        given = self.list_of_texts(table, key, place)
        if not given:
            raise self.fail((*place, key), f"{key} is empty: leave it out to ask for anything")
        try:
            meant = (words_meant(BY_NAME[key], word, self.topics) for word in given)
            return tuple(dict.fromkeys(value for values in meant for value in values))
        except UnknownWord as error:
            raise self.fail((*place, key), str(error)) from None

    def list_of_texts(self, table: dict[str, Any], key: str, place: Place) -> list[str]:
        given = table.get(key, [])
        if not isinstance(given, list) or not all(isinstance(one, str) and one.strip() for one in given):
            raise self.fail((*place, key), f"{key} must be a list of texts in quotes")
        return [one.strip() for one in given]

    def text(self, table: dict[str, Any], key: str, place: Place) -> str | None:
        given = table.get(key)
        if given is None:
            return None
        if not isinstance(given, str) or not given.strip() or not given.isprintable():
            raise self.fail((*place, key), f"{key} must be a text of one line in quotes")
        return given.strip()

    def flag(self, table: dict[str, Any], key: str, place: Place) -> bool:
        given = table.get(key, True)
        if not isinstance(given, bool):
            raise self.fail((*place, key), f"{key} is {given!r}, expected true or false")
        return given

    def max_items(self, table: dict[str, Any], place: Place) -> int | None:
        given = table.get("max_items")
        if given is None:
            return None
        if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST_ITEMS:
            raise self.fail((*place, "max_items"), f"max_items is {given!r}, expected a number from 1 to {MOST_ITEMS}")
        return given

    def secret(self, given: str, place: Place) -> str:
        named = re.fullmatch(r"\$\{(\w+)\}", given)
        at = (*place, "webhook_secret")
        if not named:
            raise self.fail(at, 'webhook_secret must name a variable of the environment: "${NAME}"')
        if not self.environment.get(named[1]):
            raise self.fail(at, f"webhook_secret: the environment has no {named[1]}")
        return self.environment[named[1]]

"""Addresses of channels: Apprise URLs, secrets replaced from the environment, checked before anything is sent."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

# Apprise tells its own log what it sends where: an address may be a secret.
logging.getLogger("apprise").addHandler(logging.NullHandler())
logging.getLogger("apprise").propagate = False

_REFERENCE = re.compile(r"\$\{(\w+)\}")


class AddressError(ValueError):
    """A channel cannot be used; the message says why and never repeats the address."""


@dataclass(frozen=True)
class Address:
    """Where to send: `kind` is Apprise's name of the service (mailto, json, slack, ...)."""

    kind: str
    url: str = field(repr=False)

    def plugin(self) -> Any:
        """Apprise's object for the address. Raises AddressError when Apprise does not know it."""
        import apprise

        plugin = apprise.Apprise.instantiate(self.url, suppress_exceptions=True)
        if plugin is None:
            raise AddressError("a channel is no address that Apprise knows (mailtos://, jsons://, slack://, ...)")
        return plugin


def read_address(given: str, environment: Mapping[str, str]) -> Address:
    """An address from the file, `${NAME}` replaced. Raises AddressError."""
    return _examined(given, _with_secrets(given, environment))


@lru_cache(maxsize=1024)  # a night reads its subscribers several times, and Apprise makes an object each time
def _examined(given: str, url: str) -> Address:
    address = address_of(url)
    _holds_no_secret(given, address.plugin())
    return address


def address_of(url: str) -> Address:
    """An address as it is. Raises AddressError."""
    plugin = Address("unknown", url).plugin()
    _has_one_recipient(plugin)
    return Address(_kind(plugin), url)


def _with_secrets(given: str, environment: Mapping[str, str]) -> str:
    """The address with the values of the variables it names; escaped where they are only a part of it."""
    is_whole = _REFERENCE.fullmatch(given)

    def value(found: re.Match[str]) -> str:
        if not environment.get(found[1]):
            raise AddressError(f"a channel names ${{{found[1]}}}, but the environment has no {found[1]}")
        return environment[found[1]] if is_whole else quote(environment[found[1]], safe="")

    return _REFERENCE.sub(value, given)


def _holds_no_secret(given: str, plugin: Any) -> None:
    try:
        password = urlsplit(_REFERENCE.sub("reference", given)).password
        written = urlsplit(_REFERENCE.sub("", given)).password
    except ValueError:
        password = written = None
    required = [t for t in plugin.template_tokens.values() if t.get("private") and t.get("required")]
    if (password and written) or (required and not _REFERENCE.search(given)):
        raise AddressError("a channel holds a secret: put it into the environment and write ${NAME} in its place")


def _has_one_recipient(plugin: Any) -> None:
    """A message is taken or not by one recipient: one that fails must not repeat it for the others."""
    recipients = len(getattr(plugin, "targets", ())) if _kind(plugin) == "mailto" else len(plugin)
    if recipients != 1 or getattr(plugin, "cc", None) or getattr(plugin, "bcc", None):
        raise AddressError("a channel has one recipient: write one channel for each, without cc and bcc")


def _kind(plugin: Any) -> str:
    protocol = plugin.protocol or plugin.secure_protocol
    return str(protocol[0] if isinstance(protocol, tuple | list) else protocol)

"""What can go wrong when a source is asked.

    SourceError          which source, which url (without secrets), which leg or page
      Unavailable        try again later: timeouts, resets, 429, 5xx, bodies cut short, HTML with 200
      Refused            do not try again: the request, the file or its size is at fault
        Barred           the service's edge lets nobody in who asks like this, or from here
      Unexpected         answered, but not in the agreed shape

Each has already been tried as often as the facts about the source say is worth it. The message is one
sentence that a user understands; its parts stay on the error.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlsplit

from flows.process.terminal import escaped
from transforms.shown import shortened
from warehouse.errors import CartrialsError

SECRET_PARAMETERS = ("api_key", "api-key", "email")
LONGEST_URL = 160
LONGEST_QUOTE = 300

_SECRET_IN_TEXT = re.compile(r"""((?:api[_-]key|email)["']?\s*[=:]\s*["']?)[^\s"'&,}<>]+""", re.IGNORECASE)


class SourceError(CartrialsError):
    """Asking a source failed: `source`, `reason`, `url` without secrets, `place` (leg, page)."""

    advice = ""

    def __init__(self, source: str, reason: str, url: str = "", place: str = "") -> None:
        # All of them, so that the error survives pickling; escaped, since a source's own words are among them.
        super().__init__(*(escaped(part) for part in (source, reason, url, place)))
        self.source, self.reason, self.url, self.place = self.args

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.place, self.url) if part)
        return f"{self.source} {self.reason}" + (f" ({where})" if where else "") + self.advice


class Unavailable(SourceError):
    """The source cannot answer now; the same request may succeed later."""

    advice = "; try again later"
    may_retry = True


class Refused(SourceError):
    """The same request will fail again: it, or what it asks for, has to change."""


class Barred(Refused):
    """403: whoever asks has to change how, or from where."""

    advice = (
        "; it is whoever asks that is refused: set CARTRIALS_CONTACT_EMAIL, which our User-Agent names, see that no "
        "proxy puts another User-Agent in its place, or ask from another network"
    )


class Unexpected(SourceError):
    """The source answered in a shape that was not agreed; somebody has to look at it."""

    advice = "; the source may have changed: run `cartrials doctor`"


def without_secrets(text: str, secrets: tuple[str, ...] = ()) -> str:
    """`text` with each of `secrets`, and whatever stands after api_key or email, replaced by dots.

    The 429 body of the E-utilities echoes the key, and urllib3 logs whole paths with their query.
    """
    for secret in secrets:
        if secret:
            text = text.replace(secret, "…").replace(quote(secret, safe=""), "…")
    return _SECRET_IN_TEXT.sub(r"\1…", text)


def public_url(url: str) -> str:
    """`url` as it may be shown: no user or password, no secret parameters, readable, of bounded length."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    shown = "&".join(f"{name}={value}" for name, value in parse_qsl(parts.query) if name not in SECRET_PARAMETERS)
    text = f"{parts.scheme}://{host}{parts.path}" + (f"?{shown}" if shown else "")
    return shortened(text, LONGEST_URL)


def quoted(body: bytes, secrets: tuple[str, ...] = ()) -> str:
    """The source's own words for a message: one line, bounded, without secrets; markup is only named."""
    text = " ".join(body[: LONGEST_QUOTE * 4].decode("utf-8", "replace").split())
    if text[:1] == "<" and "<ERROR>" not in text:
        return "a page of HTML"
    text = without_secrets(text, secrets)
    return shortened(text, LONGEST_QUOTE)

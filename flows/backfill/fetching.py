"""Files over http: a list of them, and one at a time into a local file, whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

import requests
from urllib3.exceptions import HTTPError

from flows.process.deadline import Deadline, Overdue, requests_session
from flows.sources.errors import Barred, Refused, SourceError, Unavailable, public_url
from flows.sources.session import TROUBLED, is_edge, user_agent
from warehouse import disk

T = TypeVar("T")
NAME = "The file server"
CHUNK = 1 << 20
TRIES = 4
DELAY = 2.0  # seconds before the second try; doubles
TIMEOUT = (15.0, 90.0)  # seconds to connect, and between two pieces
WITHIN = 3600.0  # seconds for a whole file: one of PubMed's has 30 MB


def text_of(url: str) -> str:
    """A page as text. Raises SourceError."""
    return _tried(url, lambda response: response.text)


def text_or_none(url: str) -> str | None:
    """A page as text; None where the server has none of that name. Raises SourceError."""
    try:
        return text_of(url)
    except Refused as error:
        if "404" in error.reason:
            return None
        raise


def download(url: str, target: Path) -> None:
    """The file at `url` as `target`. Raises Unavailable where it does not arrive whole, Refused."""

    def save(response: requests.Response) -> None:
        size = 0
        with disk.opened(target) as file:
            # As sent: a gzip stays a gzip, and its length is the one announced.
            while chunk := response.raw.read(CHUNK, decode_content=False):
                file.write(chunk)
                size += len(chunk)
        announced = response.headers.get("Content-Length")
        if announced and int(announced) != size:
            raise requests.ConnectionError(f"{size} of {announced} bytes came")

    _tried(url, save)


def _tried(url: str, read: Callable[[requests.Response], T]) -> T:
    delay, reason = DELAY, ""
    then: type[SourceError] = Unavailable
    for attempt in range(TRIES):
        if attempt:
            time.sleep(delay)
            delay *= 2
        try:
            with (
                Deadline(WITHIN),
                requests_session() as session,
                session.get(url, headers={"User-Agent": user_agent(None)}, timeout=TIMEOUT, stream=True) as response,
            ):
                if response.ok:
                    return read(response)
                reason, then = _refusal(response, url)
        except (requests.RequestException, HTTPError, Overdue) as error:
            reason, then = f"did not give the file ({type(error).__name__})", Unavailable
    raise then(NAME, reason, public_url(url))


def _refusal(response: requests.Response, url: str) -> tuple[str, type[SourceError]]:
    """Why there is no file, and what that is where trying again does not help. Raises it where it will not."""
    status = response.status_code
    reason, is_barred = f"answered {status}", status == HTTPStatus.FORBIDDEN
    if status in TROUBLED:
        return reason, Unavailable
    if is_barred and is_edge(status, next(response.iter_content(CHUNK), b"")):
        return reason, Barred
    raise (Barred if is_barred else Refused)(NAME, reason, public_url(url))

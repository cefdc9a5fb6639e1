"""One polite HTTP session per source: its rate, its patience, its bounds.

urllib3's Retry is the policy (how many tries, Retry-After, growing delay), but the loop is here and not
inside urllib3: a retry made there would pass by the rate limit, and could not see that a body with
status 200 is a page of HTML, cut short, or an error message. So there is one budget for all trouble.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeVar

import requests
from requests.adapters import BaseAdapter
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util.retry import Retry

from flows.process.deadline import Deadline, Overdue, requests_session
from flows.sources.errors import Barred, Refused, SourceError, Unavailable, public_url, quoted, without_secrets

T = TypeVar("T")
MEGABYTE = 1024 * 1024
CHUNK = 64 * 1024
# Worth another try: too early, too many, trouble behind the service's edge.
TROUBLED = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})


@dataclass(frozen=True)
class RequestPolicy:
    """How a source is asked. Seconds, bytes; `tries` counts the first one too.

    `delay` is waited before the second try and doubles up to `longest_delay`; a Retry-After beyond
    `patience` ends the run instead. `largest` bounds one decoded answer, `answer_seconds` its arrival,
    from connecting to its last byte, however it comes.
    """

    per_second: float = 1.0
    tries: int = 5
    delay: float = 2.0
    longest_delay: float = 60.0
    patience: float = 300.0
    connect_timeout: float = 15.0
    read_timeout: float = 90.0
    answer_seconds: float = 600.0
    largest: int = 64 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer, to try `attempt` (from 1). `last_try`: another one will not be asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    seconds: float
    attempt: int
    last_try: bool


class RetryableAnswer(Exception):
    """Raised by a reader of an answer: the body shows that the source is in trouble, ask again.

    `then` is the error that the caller gets when trying again does not help.
    """

    def __init__(self, reason: str, then: type[SourceError] = Unavailable) -> None:
        super().__init__(reason)
        self.reason = reason
        self.then = then


class TooLarge(Refused):
    """The answer is over the bound; it was not read to its end."""


class _GrowingRetry(Retry):
    """urllib3's Retry, waiting also before the first retry, which urllib3 makes at once."""

    def get_backoff_time(self) -> float:
        return float(min(self.backoff_max, self.backoff_factor * 2 ** max(0, len(self.history) - 1)))


class RateLimit:
    """At most `per_second` requests in any second, as the source counts them; threads take turns.

    A request waits until an interval after the last one was *answered*: with the time between two
    sendings alone, a slow connection to the first would bring both close together at the other end.
    """

    MARGIN = 1.05  # clocks differ

    def __init__(self, per_second: float, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._interval = self.MARGIN / per_second
        self._clock = clock
        self._sleep = sleep
        self._free_at = float("-inf")
        self._turn = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        with self._turn:
            wait = self._free_at - self._clock()
            if wait > 0:
                self._sleep(wait)
            try:
                yield
            finally:
                self._free_at = self._clock() + self._interval


class Session:
    """Asks one source. `base` is its address without a slash at the end; `source` its name in messages.

    `adapter` makes what requests leave by, where it is not the network.
    """

    def __init__(
        self,
        source: str,
        base: str,
        *,
        contact: str | None = None,
        manners: RequestPolicy | None = None,
        parameters: Mapping[str, str] | None = None,
        secrets: tuple[str, ...] = (),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        adapter: Callable[[], BaseAdapter] | None = None,
    ) -> None:
        self.source = source
        self.base = base.rstrip("/")
        self.manners = manners or RequestPolicy()
        self.secrets = secrets
        self._parameters = dict(parameters or {})
        self._clock = clock
        self._sleep = sleep
        self._limit = RateLimit(self.manners.per_second, clock, sleep)
        self._http = requests_session()
        self._http.headers["User-Agent"] = user_agent(contact)
        if adapter is not None:
            for scheme in ("http://", "https://"):
                self._http.mount(scheme, adapter())

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    def ask(
        self,
        path: str,
        parameters: Mapping[str, str],
        read: Callable[[Answer], T],
        *,
        place: str = "",
        base: str | None = None,
        post: bool = False,
        accept: frozenset[int] = frozenset({200}),
    ) -> T:
        """What `read` makes of the answer to `path`, asked again while there is trouble.

        `read` gets answers whose status is in `accept`, and may raise Trouble, or a SourceError at once.
        Redirects are never followed: the registry's drop the query string.
        Raises Unavailable, Refused (also TooLarge) or Unexpected.
        """
        url = f"{base or self.base}{path}"
        parameters = {**parameters, **self._parameters}
        retry = _GrowingRetry(
            total=self.manners.tries - 1,
            backoff_factor=self.manners.delay,
            backoff_max=self.manners.longest_delay,
        )
        while True:
            asked_for: float | None = None
            try:
                attempt = len(retry.history) + 1
                answer = self._send(url, parameters, post=post, attempt=attempt, place=place)
                if answer.status in accept:
                    return read(answer)
                asked_for = self._wait_asked_for(answer, retry, place)
                trouble = self._trouble(answer, place)
            except RetryableAnswer as found:
                trouble = found
            try:
                retry = retry.increment("GET", public_url(url), error=HTTPError(trouble.reason))
            except MaxRetryError:
                reason = f"{trouble.reason} ({self.manners.tries} tries)"
                raise trouble.then(self.source, reason, self._shown(url, parameters, post), place) from None
            self._sleep(max(asked_for or 0.0, retry.get_backoff_time()))

    def _send(self, url: str, parameters: Mapping[str, str], *, post: bool, attempt: int, place: str) -> Answer:
        started = self._clock()
        try:
            with ExitStack() as exchange:
                with self._limit.turn():
                    deadline = exchange.enter_context(Deadline(self.manners.answer_seconds))
                    response = exchange.enter_context(self._http.request(
                        "POST" if post else "GET",
                        url,
                        params=None if post else parameters,
                        data=parameters if post else None,
                        timeout=(deadline.left(self.manners.connect_timeout), deadline.left(self.manners.read_timeout)),
                        stream=True,
                        allow_redirects=False,
                    ))  # fmt: skip
                body = self._body(response, self._shown(url, parameters, post), place)
        except Overdue:
            reason = f"did not send its whole answer within {self.manners.answer_seconds:g} seconds"
            raise RetryableAnswer(reason) from None
        except requests.exceptions.InvalidURL:
            raise Refused(self.source, "has an address that is not a url", public_url(url), place) from None
        except requests.Timeout:
            raise RetryableAnswer("did not answer in time") from None
        except requests.ConnectionError:
            raise RetryableAnswer("could not be reached, or broke the connection off") from None
        except (requests.RequestException, HTTPError):
            raise RetryableAnswer("sent an answer that broke off") from None
        return Answer(
            status=response.status_code,
            headers=response.headers,
            body=body,
            url=self._shown(url, parameters, post),
            seconds=self._clock() - started,
            attempt=attempt,
            last_try=attempt >= self.manners.tries,
        )

    def _body(self, response: requests.Response, url: str, place: str) -> bytes:
        """The whole decoded body; never holds more than the bound, however much is sent."""
        largest = self.manners.largest

        def too_large() -> TooLarge:
            # Made where it is raised: one that this frame held would in turn hold the frame, and so the chunks, while
            # less is asked for.
            reason = f"sent more than {largest // MEGABYTE or 1} MB at once, which is refused"
            return TooLarge(self.source, reason, url, place)

        announced = response.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced) > largest:
            raise too_large()
        chunks, size = [], 0
        for chunk in response.iter_content(CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > largest:
                raise too_large()
        return b"".join(chunks)

    def _trouble(self, answer: Answer, place: str) -> RetryableAnswer:
        """Why this status is worth another try. Raises Refused where it is not."""
        if answer.status in TROUBLED:
            return RetryableAnswer(f"answered {_status(answer.status)}")
        if answer.status == HTTPStatus.NOT_FOUND:
            # What really is absent has its own text and its own reader; this is the service's edge.
            return RetryableAnswer(f"answered {_status(404)} for an address it should have")
        words = quoted(answer.body, self.secrets)
        reason = f"answered {_status(answer.status)}" + (f": {words}" if words else "")
        if is_edge(answer.status, answer.body):
            return RetryableAnswer(reason, then=Barred)
        raise (Barred if answer.status == HTTPStatus.FORBIDDEN else Refused)(self.source, reason, answer.url, place)

    def _wait_asked_for(self, answer: Answer, retry: Retry, place: str) -> float | None:
        """Seconds that a Retry-After header asks for. Raises Unavailable when that is beyond patience."""
        header = answer.headers.get("Retry-After")
        try:
            seconds = retry.parse_retry_after(header) if header else None
        except HTTPError:
            return None
        if seconds is not None and seconds > self.manners.patience:
            reason = f"answered {_status(answer.status)} and asks to wait {seconds:.0f} seconds"
            raise Unavailable(self.source, reason, answer.url, place)
        return seconds

    def _shown(self, url: str, parameters: Mapping[str, str], post: bool) -> str:
        if not post:
            url = requests.Request("GET", url, params=parameters).prepare().url or url
        return without_secrets(public_url(url), self.secrets)


def is_edge(status: int, body: bytes) -> bool:
    """Whether the service's edge has refused whoever asks, rather than the service what was asked: 403 with HTML, or
    with nothing. A single one passes, as a 429 does.
    """
    return status == HTTPStatus.FORBIDDEN and body.lstrip()[:1] in (b"<", b"")


def user_agent(contact: str | None) -> str:
    """Names the tool and whom to write to: edges answer 403 to a library's own User-Agent, and to a program that calls
    itself a browser.
    """
    return f"cartrials/0.1 (trial registry tracker; contact: {contact or 'not given'})"


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


class _RedactingFilter(logging.Filter):
    """Takes keys and addresses out of urllib3's records, which hold the path with its query."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = without_secrets(record.getMessage()), None
        return True


for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_RedactingFilter())

"""Sessions that do not wait: tries and rules are the real ones, only seconds are not spent."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from flows.sources import clinicaltrials, pubmed
from flows.sources.session import RequestPolicy, Session

QUICK = RequestPolicy(per_second=10_000, tries=3, delay=0, read_timeout=2, connect_timeout=2)
SECRET_KEY = "k3y0f7ests"
CONTACT = "somebody@example.org"


@pytest.fixture
def registry() -> Iterator[Callable[..., Session]]:
    """registry(url) opens a session with a loopback registry."""
    opened: list[Session] = []

    def open_session(url: str, manners: RequestPolicy = QUICK, **options: object) -> Session:
        opened.append(clinicaltrials.session(url, contact=CONTACT, manners=manners, **options))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()


@pytest.fixture
def library() -> Iterator[Callable[..., Session]]:
    """library(url) opens a session with loopback E-utilities."""
    opened: list[Session] = []

    def open_session(url: str, manners: RequestPolicy = QUICK, **options: object) -> Session:
        opened.append(pubmed.session(url, contact=CONTACT, api_key=SECRET_KEY, manners=manners, **options))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()

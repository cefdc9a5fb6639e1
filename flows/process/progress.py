"""What a run is doing, for whoever watches: a line at each step. Nobody watches unless `watched`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_listener: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)


def tell(line: str) -> None:
    """Say what comes next, in a few words."""
    if listener := _listener.get():
        listener(line)


@contextmanager
def watched(listener: Callable[[str], None]) -> Iterator[None]:
    """`listener` hears every line told inside the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)

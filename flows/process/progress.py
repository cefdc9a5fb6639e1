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
    """`listener` hears every line told inside the block, beside who listens already."""
    outer = _listener.get()

    def both(line: str) -> None:
        if outer:
            outer(line)
        listener(line)

    token = _listener.set(both)
    try:
        yield
    finally:
        _listener.reset(token)

"""Being asked to stop: Ctrl-C, SIGTERM and SIGHUP end a command with a sentence, wherever it is.

The first request raises Stopped in the main thread, so that what is open is closed. A second one, or a command that
has not ended in `GRACE`, ends the process at once: what it left is what a kill leaves, and the next run mends that.
"""

from __future__ import annotations

import multiprocessing.resource_tracker
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from flows.errors import FOLLOW_UP_FAILED

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ONE_REQUEST = 1.0  # seconds: timeout(1) sends its signal to the process and then to its group
GRACE = 30.0  # seconds from the first request to the end


class Stopped(BaseException):
    """Somebody asked this process to end. No Exception: what mends and retries lets it pass."""


@dataclass
class _Facts:
    """What this process has been asked, and what it had done by then."""

    asked_at: float | None = None
    is_at_work: bool = False
    signal: str = ""
    published: str | None = None
    target: Path | None = None


_facts = _Facts()


def begin() -> None:
    """A command begins, which has published nothing yet: hear the signals from now on."""
    begin_work()
    _facts.is_at_work = False
    listen()


def begin_work() -> None:
    """Something that publishes begins, such as nights or a rebuild: what this process published before was not its."""
    _facts.published, _facts.target, _facts.is_at_work = None, None, True


def listen() -> None:
    """Hear the signals; one that whoever started this process has it ignore (nohup) stays ignored."""
    for number in SIGNALS:
        if signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, _asked)


def listen_again() -> None:
    """Prefect takes SIGTERM for itself when a flow begins: take it back in a process that listens."""
    if signal.getsignal(signal.SIGINT) is _asked or signal.getsignal(signal.SIGHUP) is _asked:
        listen()


def hold_back() -> None:
    """The signals wait from now on in this thread, and in the threads and processes that it starts.

    For a thread that runs code of others, which `Stopped` would tear at any line: who is asked is the main thread.
    """
    multiprocessing.resource_tracker.ensure_running()  # whose start would let the signals in again
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


@contextmanager
def heard() -> Iterator[None]:
    """Around our own code in a process that was started with the signals held back: one that waited comes now."""
    listen()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)


def note_published(run_id: str, target: Path) -> None:
    """From now on a stop is one after a publication."""
    _facts.published, _facts.target = run_id, target


def has_published(run_id: str, target: Path) -> bool:
    """Whether the last that this process published is that run, at `target`."""
    return (_facts.published, _facts.target) == (run_id, target)


def published_run() -> str | None:
    """The run that this process published last."""
    return _facts.published


def was_asked() -> bool:
    """Whether somebody has asked this process to end: then whatever is raised is what that broke off."""
    return _facts.asked_at is not None


def exit_code() -> int:
    """1, or 5 where something is published."""
    return FOLLOW_UP_FAILED if _facts.published else 1


def of_publication() -> str:
    """What is known of the release where something failed; nothing of what publishes none."""
    if _facts.published:
        return f"Run {_facts.published} was published before that; the next run does what is left."
    return "Nothing was published." if _facts.is_at_work else ""


def sentence() -> str:
    """What whoever asked reads."""
    if not _facts.is_at_work:
        return f"Stopped by {_facts.signal}."
    done = f"after run {_facts.published} was published" if _facts.published else "before anything was published"
    return f"Stopped by {_facts.signal} {done}; the next run does what is left."


def _asked(number: int, frame: FrameType | None) -> None:
    moment = time.monotonic()
    if _facts.asked_at is None:
        _facts.asked_at, _facts.signal = moment, signal.Signals(number).name
        last = threading.Timer(GRACE, _end_at_once)
        last.daemon = True
        last.start()
        raise Stopped(f"The process was stopped by {_facts.signal}.")
    if moment - _facts.asked_at > ONE_REQUEST:
        _end_at_once()


def _end_at_once() -> None:
    with suppress(OSError, ValueError, RuntimeError):  # a terminal that has gone, a line that was being written
        print(sentence(), file=sys.__stderr__, flush=True)
    os._exit(exit_code())

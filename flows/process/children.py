"""Processes that we start end with the one that started them, whatever ends it, SIGKILL too.

Each watches a pipe whose other end only its parent holds: the system closes that end when the parent dies. A
signal on the parent's death alone exists on Linux only, and comes when the thread that started the child ends.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import IO

STDIN = 0


def start(
    module: str, arguments: Sequence[str] = (), *, environment: Mapping[str, str] | None = None,
    output: IO[bytes] | int | None = None,
) -> subprocess.Popen[bytes]:  # fmt: skip
    """`python -m MODULE ARGUMENTS` as a child whose standard input is the pipe it watches; `output` takes both streams.

    In a session of its own: Ctrl-C is for this process, which then ends its child. Whoever ends the child closes
    `stdin`. Raises OSError.
    """
    return subprocess.Popen(
        [sys.executable, "-m", __name__, module, *arguments], env=environment, stdin=subprocess.PIPE, stdout=output,
        stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def end_with_stdin() -> None:
    """From now on this process ends as soon as its standard input does."""
    end_when(_stdin_ended)


def end_with_parent() -> None:
    """For processes of a pool, which would wait for work for ever.

    A signal to the whole process group, as Ctrl-C and timeout(1) send it, is for the parent to answer.
    """
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        end_when(parent.join)


def end_pool() -> None:
    """End the processes of this process's pools at once, whatever they are at."""
    for process in multiprocessing.active_children():
        process.kill()


def end_when(ended: Callable[[], object]) -> None:
    """End this process as soon as `ended` returns, which waits for that."""

    def wait() -> None:
        ended()
        os._exit(1)

    threading.Thread(target=wait, name="ends with its parent", daemon=True).start()


def _stdin_ended() -> None:
    while os.read(STDIN, 1024):
        pass  # nobody has anything to say: only the end counts


if __name__ == "__main__":
    end_with_stdin()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

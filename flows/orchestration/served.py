"""Runs that `serve` starts end with it, whatever ends it, SIGKILL too.

Prefect starts them and gives them streams of its own, so there is no pipe between: `serve` holds the lock of a file, a
run waits for it. The system frees it when the process that holds it is gone, and then the run ends.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flows.process.children import end_when
from warehouse import disk

HELD_BY = "CARTRIALS_SERVED_BY"  # names the file to the runs
PREFIX = "serve-"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """What is started from here on ends with this process, once it calls `end_with_server`."""
    disk.make_folder(folder)
    for left in disk.abandoned(folder, PREFIX):
        disk.unlink(left)
    path = folder / f"{PREFIX}{os.getpid()}.lock"
    with disk.opened(path) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        os.environ[HELD_BY] = str(path.absolute())
        try:
            yield
        finally:
            os.environ.pop(HELD_BY, None)
            disk.unlink(path)


def end_with_server() -> None:
    """From now on this process ends as soon as the `serve` that it was started for; for others nothing changes."""
    if path := os.environ.get(HELD_BY):
        end_when(lambda: _wait(Path(path)))


def _wait(path: Path) -> None:
    with suppress(FileNotFoundError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)

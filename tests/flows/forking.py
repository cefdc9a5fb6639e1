"""Processes forked from one that has imported everything once: fifty starts of Python would take longer than runs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

# What a run imports only when it comes to it: here once, or every child does (ten seconds of Great Expectations).
import expectations.sentences  # noqa: F401
import flows.report.build  # noqa: F401
from expectations import check, suites  # noqa: F401
from transforms import normalize
from transforms.follow import Record, Taken
from transforms.history.event import Context

LANES = 2  # as many at a time as two cores can serve


def warm(night: Path) -> None:
    """Compile the patterns of the profile here, once; else each child would. Starts no thread, which a fork must not
    meet.
    """
    studies = (night / "ctgov.jsonl").read_bytes().splitlines()
    context = Context(datetime(2026, 9, 1), "warm")
    records = [Record(None, (Taken(context, f"{number}"),)) for number in range(len(studies))]
    normalize.normalized("ctgov", records, lambda number: studies[int(number)], {})


def in_child(work: Callable[[], object]) -> int:
    """Do `work` in a forked process; its pid."""
    child = os.fork()
    if child:
        return child
    try:
        work()
        os._exit(0)
    except BaseException as error:  # noqa: BLE001  (a forked child must not return into its parent's code)
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)


def wait_for(child: int) -> None:
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"the run ended with {os.waitstatus_to_exitcode(status)}")

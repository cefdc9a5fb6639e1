"""The flow that `cartrials serve` serves: one night, in a process that Prefect's runner starts.

What it says is the log of `serve`. However it ends it says one sentence, and is a state on Prefect's page with the
same sentence; nothing is raised into Prefect, which would print what no operator can use.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Cancelled, Completed, Failed

from flows.cli.commands.nightly import summary
from flows.config.settings import load
from flows.errors import Held
from flows.nightly import night
from flows.orchestration.schedule import next_runs
from flows.orchestration.served import end_with_server
from flows.process import progress, stopping, terminal
from flows.process.stopping import Stopped
from flows.runs.run import Options, reason_of


@flow(name="nightly", persist_result=False)
def served_night() -> State[Any]:
    """A night as the settings say; the state has the sentence that the log has."""
    end_with_server()
    try:
        with stopping.heard(), terminal.shown(), progress.watched(say):
            return _night()
    except Stopped:
        return _stopped()
    except Exception as error:
        if stopping.was_asked():  # such as a query of DuckDB's, which a signal breaks off with an error of its own
            return _stopped()
        if os.environ.get("CARTRIALS_DEBUG"):
            raise
        what = "Held" if isinstance(error, Held) else "Failed"
        return Failed(message=_log(f"{what}: {reason_of(error)}", _next()))


def _night() -> State[Any]:
    settings = load()
    progress.tell("the night begins")
    reports = night(settings, Options())
    if not reports:
        return Completed(message=_log("Nothing to do: another night was made since this one was due.", _next()))
    first, *others = summary(settings, reports)
    return Completed(message=_log(first, *others, _next()))


def _stopped() -> State[Any]:
    return Cancelled(message=_log(stopping.sentence()))


def _next() -> str:
    return f"The next run is due at {next_runs(load())[0]:%Y-%m-%d %H:%M:%S %Z}."


def _log(first: str, *others: str) -> str:
    """Say lines in both logs; the first of them again."""
    for line in (first, *others):
        say(line)
        get_run_logger().info(line)
    return first


def say(line: str) -> None:
    """A line of the log of `serve`."""
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {terminal.escaped(line)}", flush=True)

"""`cartrials serve`: the nightly run on a schedule, one at a time, late runs not piled up.

Prefect's runner works in a thread of its own, in which no signal is heard: the main thread only waits, so that a stop
falls into no line of Prefect's or asyncio's. What is at work then is told to stop, and waited for.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import threading
import time
import warnings

from flows.config.settings import Settings
from flows.orchestration import served
from flows.orchestration.server import NoServer, Server, prepare, started
from flows.process import children, stopping
from flows.process.stopping import Stopped

LOOK_AGAIN = 0.2  # seconds
RUN_ENDS_WITHIN = 20  # seconds, of the 30 that a stopped process has; then it is killed, which the next run mends


def serve_nightly(settings: Settings) -> int:
    """Serve the nightly flow on its cron until stopped with Ctrl-C or SIGTERM.

    On the server of PREFECT_API_URL; without one, on a server of our own that lives as long as this
    process. Raises NoServer where neither answers: without a server there is no schedule.
    """
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO")  # what runs say is in their logs on Prefect's page
    os.environ.setdefault("PYTHONWARNINGS", "ignore")  # of the processes of runs, too
    # Runs are processes of their own, and may start in another folder.
    os.environ["CARTRIALS_HOME"] = str(settings.home.absolute())
    prepare(settings.home)
    with served.held(settings.home / "prefect"):
        return _serve(settings)


def _serve(settings: Settings) -> int:
    server = started(settings.home, with_scheduler=True)
    warnings.filterwarnings("ignore")
    try:
        from flows.orchestration.schedule import next_runs

        (due,) = next_runs(settings)
        server.ready(settings.prefect_patience)
        print(f"Serving the nightly run at '{settings.schedule}' ({settings.timezone}). Stop with Ctrl-C.", flush=True)
        print(f"The next run is due at {due:%Y-%m-%d %H:%M:%S}. Prefect's server answers at {server.url}.", flush=True)
        _until_stopped(_Serving(settings), server)
    except (KeyboardInterrupt, Stopped):
        pass
    finally:
        server.stop()
    print("Stopped. The schedule rests until `cartrials serve` runs again.")
    return 0


class _Serving(threading.Thread):
    """Prefect's runner at work; `error` is what ended it, None after `stop`."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(name="serves", daemon=True)
        self.settings = settings
        self.error: BaseException | None = None
        self.ended = threading.Event()  # `join` takes a thread for ended when a signal's exception breaks it off
        self.loop = asyncio.new_event_loop()
        self.task: asyncio.Task[None] | None = None

    def run(self) -> None:
        stopping.hold_back()
        try:
            self.task = self.loop.create_task(self._serve())
            self.loop.run_until_complete(self.task)
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001  (raised in the main thread)
            self.error = error
        finally:
            self.ended.set()

    def stop(self) -> None:
        """Begin nothing more, and end what is at work as SIGTERM does; returns when it has ended."""
        if self.ident is None:
            return
        told: set[int | None] = set()
        until = time.monotonic() + RUN_ENDS_WITHIN
        while not self.ended.is_set() or multiprocessing.active_children():
            if self.task is not None and None not in told:
                told.add(None)
                self.loop.call_soon_threadsafe(self.task.cancel)
            for run in multiprocessing.active_children():
                if run.pid not in told:  # a second request would end it at once
                    told.add(run.pid)
                    run.terminate()
            if time.monotonic() > until:
                children.end_pool()
            self.ended.wait(LOOK_AGAIN)

    async def _serve(self) -> None:
        from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
        from prefect.runner import Runner
        from prefect.schedules import Cron

        from flows.cli.commands.served import served_night

        _say_what_goes_wrong()
        runner = Runner(name="nightly", limit=1, pause_on_shutdown=False)
        await runner.aadd_flow(
            served_night,
            name="nightly",
            schedules=[Cron(self.settings.schedule, timezone=self.settings.timezone)],
            # Two nights at a time would wait for each other's lock; a night that is late is not made up for:
            # one brings everything that the missed ones would have (see `flows.nightly.is_overtaken`).
            concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        )
        await runner.start()


def _until_stopped(serving: _Serving, server: Server) -> None:
    """Returns never but by Stopped, when all that was at work has ended."""
    try:
        serving.start()
        while not serving.ended.wait(LOOK_AGAIN) and server.is_there():
            pass
    finally:
        serving.stop()
    if serving.error:
        raise serving.error
    raise NoServer(f"Prefect's server has ended; why is in {server.log}. Run `cartrials serve` again.")


def _say_what_goes_wrong() -> None:
    """What Prefect's runner warns of is a line, without a traceback."""
    lines = logging.StreamHandler()
    lines.setLevel(logging.WARNING)
    lines.setFormatter(_OneLine())
    logging.getLogger("prefect.runner").addHandler(lines)


class _OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return f"Prefect: {record.getMessage()}"

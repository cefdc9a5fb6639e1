"""`cartrials serve`: the nightly run on a schedule, one at a time, late runs not piled up."""

from __future__ import annotations

import os
import warnings

from flows.config.settings import Settings
from flows.orchestration import served
from flows.orchestration.server import prepare, started
from flows.process.stopping import Stopped


def serve_nightly(settings: Settings) -> int:
    """Serve the nightly flow on its cron until stopped with Ctrl-C or SIGTERM.

    On the server of PREFECT_API_URL; without one, on a server of our own that lives as long as this
    process. Raises NoServer where neither answers: without a server there is no schedule.
    """
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    # Runs are processes of their own, and may start in another folder.
    os.environ["CARTRIALS_HOME"] = str(settings.home.absolute())
    prepare(settings.home)
    with served.held(settings.home / "prefect"):
        return _serve(settings)


def _serve(settings: Settings) -> int:
    server = started(settings.home, with_scheduler=True)
    warnings.filterwarnings("ignore")
    try:
        from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
        from prefect.schedules import Cron

        from flows.nightly import nightly
        from flows.orchestration.schedule import next_runs

        (due,) = next_runs(settings)
        server.ready(settings.prefect_patience)
        print(f"Serving the nightly run at '{settings.schedule}' ({settings.timezone}). Stop with Ctrl-C.", flush=True)
        print(f"The next run is due at {due:%Y-%m-%d %H:%M:%S}. Prefect's server answers at {server.url}.", flush=True)
        nightly.serve(
            name="nightly",
            schedules=[Cron(settings.schedule, timezone=settings.timezone)],
            # Two nights at a time would wait for each other's lock; a night that is late is not made up for:
            # one brings everything that the missed ones would have (see `flows.nightly.is_overtaken`).
            global_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
            limit=1,
            pause_on_shutdown=False,
            print_starting_message=False,
        )
    except (KeyboardInterrupt, Stopped):
        pass
    finally:
        server.stop()
    print("Stopped. The schedule rests until `cartrials serve` runs again.")
    return 0

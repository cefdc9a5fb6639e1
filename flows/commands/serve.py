"""`cartrials serve`: the nightly run on a schedule, one at a time, late runs not piled up."""

from __future__ import annotations

import os

from flows.settings import Settings


def serve_nightly(settings: Settings) -> int:
    """Serve the nightly flow on its cron until stopped. Needs a Prefect server for a schedule that survives.

    Without PREFECT_API_URL Prefect starts a server of its own in this process; its schedule lives as
    long as the process does.
    """
    from flows.commands.nightly import quieten_prefect

    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    quieten_prefect(settings)
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.schedules import Cron

    from flows.nightly import nightly

    print(f"Serving the nightly run at '{settings.schedule}' ({settings.timezone}). Stop with Ctrl-C.", flush=True)
    nightly.serve(
        name="nightly",
        schedules=[Cron(settings.schedule, timezone=settings.timezone)],
        # Two nights at a time would wait for each other's lock; runs that are late are cancelled, not queued:
        # one night brings everything that the missed ones would have.
        global_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW),
        limit=1,
        pause_on_shutdown=False,
        print_starting_message=False,
    )
    return 0

"""When `serve` runs: the cron expression that is set, and the moments it gives."""

from __future__ import annotations

import asyncio
from datetime import datetime

from flows.config.settings import Settings
from flows.errors import SettingsError


def next_runs(settings: Settings, count: int = 1) -> list[datetime]:
    """When the next `count` runs are due, in the schedule's own time zone. Raises SettingsError for what is no cron."""
    from prefect.server.schemas.schedules import CronSchedule

    try:
        schedule = CronSchedule(cron=settings.schedule, timezone=settings.timezone)
        return list(asyncio.run(schedule.get_dates(count)))
    except ValueError as error:
        raise SettingsError(
            f"The setting CARTRIALS_SCHEDULE is {settings.schedule!r}, which gives no moment in time zone "
            f"{settings.timezone} ({error}); expected a cron expression such as '15 3 * * *'."
        ) from error

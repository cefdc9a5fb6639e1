"""The nightly flow for Prefect: the steps of `flows.runs.nightly`, each a task.

Only tasks that ask a source are tried again, and only for what may succeed the next time; a completed
task does not run again when the flow does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.tasks import exponential_backoff

from flows.config.settings import Settings, load
from flows.errors import CartrialsError
from flows.orchestration import artifacts, served
from flows.process import progress, stopping
from flows.runs import nightly as nights
from flows.runs.nightly import DIRECT, Steps
from flows.runs.run import Options, Report
from flows.storage.journal import Journal


def may_retry(_task: Any, _run: Any, state: Any) -> bool:
    """Try again only what may succeed the next time; a refused query stays refused."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, CartrialsError) and error.may_retry


UNCACHED: dict[str, Any] = {"cache_policy": NO_CACHE, "persist_result": False}
RETRY: dict[str, Any] = {
    "retries": 2, "retry_delay_seconds": exponential_backoff(backoff_factor=30), "retry_jitter_factor": 0.5,
    "retry_condition_fn": may_retry, **UNCACHED,
}  # fmt: skip

TASKS = Steps(
    pull_registry=task(name="pull ClinicalTrials.gov", **RETRY)(DIRECT.pull_registry),
    pull_papers=task(name="pull PubMed", **RETRY)(DIRECT.pull_papers),
    pull_cited_papers=task(name="pull papers that trials cite", **RETRY)(DIRECT.pull_cited_papers),
    pull_named_trials=task(name="pull trials that papers name", **RETRY)(DIRECT.pull_named_trials),
    pull_missing_trials=task(name="ask for missing trials", **RETRY)(DIRECT.pull_missing_trials),
    land_recording=task(name="land a recording", **UNCACHED)(DIRECT.land_recording),
    complete=task(name="keep, check, publish", **UNCACHED)(DIRECT.complete),
    announce=task(name="tell subscribers", **UNCACHED)(DIRECT.announce),
    write_report=task(name="write the report", **UNCACHED)(DIRECT.write_report),
)


@flow(name="nightly", persist_result=False, validate_parameters=False)
def nightly(settings: Settings | None = None, options: Options | None = None) -> list[Report]:
    """Pull both sources, keep what changed, publish, tell; the run's table becomes an artifact."""
    stopping.listen_again()
    served.end_with_server()
    return night(settings or load(), options or Options())


def night(settings: Settings, options: Options) -> list[Report]:
    """Inside a flow: what it does is told in the run's log on Prefect's page too, and its table becomes an artifact."""
    if is_overtaken(settings, flow_run.scheduled_start_time):
        return []
    with progress.watched(get_run_logger().info):
        reports = nights.run(settings, options, TASKS)
    artifacts.show(reports)
    return reports


def is_overtaken(settings: Settings, due: datetime | None) -> bool:
    """Whether a night that was due at `due` has been made since: a late run has nothing left to bring."""
    if due is None or not settings.journal_path.exists():
        return False
    with Journal(settings.journal_path, read_only=True) as journal:
        return bool(journal.rows(
            "SELECT 1 FROM runs WHERE source = 'live' AND status IN ('published', 'held') AND started_at > ?",
            [due.astimezone(UTC)],
        ))  # fmt: skip

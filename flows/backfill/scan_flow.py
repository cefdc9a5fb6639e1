"""The scan as a Prefect flow: imported only where it runs, for Prefect takes a second to import."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import as_completed
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from flows.backfill import scanning
from flows.backfill.partitions import Partition
from flows.backfill.runners import THREADS, Progress, Runner
from flows.backfill.scanning import Outcome, Rules
from flows.errors import CartrialsError, sentence_of
from flows.process.children import end_with_parent


def may_go_better(_task: Any, _run: Any, state: Any) -> bool:
    """A source that is away, a disk that is full for the moment: worth one more try."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, OSError) or (isinstance(error, CartrialsError) and error.may_retry)


scan = task(
    name="scan", task_run_name="scan {partition.name}", cache_policy=NO_CACHE, persist_result=False, retries=1,
    retry_delay_seconds=5, retry_condition_fn=may_go_better,
)(scanning.scan)  # fmt: skip

Found = Outcome | tuple[str, str]


@flow(name="scan", persist_result=False, validate_parameters=False)
def scan_all(partitions: Sequence[Partition], shelf_url: str, rules: Rules, progress: Progress) -> list[Found]:
    """One task a partition. What became of each: its outcome, or its name and why it was lost."""
    futures = {scan.submit(partition, shelf_url, rules): partition for partition in partitions}
    found: list[Found] = []
    for number, future in enumerate(as_completed(list(futures)), start=1):
        found.append(_found(future, futures[future]))
        progress(f"{number} of {len(partitions)}: {futures[future].name}")
    return found


def mapped(
    partitions: Sequence[Partition], shelf_url: str, rules: Rules, on: Runner, progress: Progress
) -> Iterator[Found]:
    """The scan on a runner. Raises whatever the runner breaks with."""
    yield from scan_all.with_options(task_runner=_task_runner(on))(partitions, shelf_url, rules, progress)


def _found(future: Any, partition: Partition) -> Found:
    try:
        value = future.result()
    except Exception as error:  # noqa: BLE001  (a lost worker, a cancelled future: another round)
        return partition.name, sentence_of(error)
    return value if isinstance(value, Outcome) else (partition.name, f"it ended with {value!r}")


def _task_runner(on: Runner) -> TaskRunner[Any]:
    if on.kind == "dask":
        from prefect_dask.task_runners import DaskTaskRunner

        return DaskTaskRunner(address=on.address)
    if on.kind == THREADS:
        return ThreadPoolTaskRunner(max_workers=on.workers)
    return ProcessPoolTaskRunner(max_workers=on.workers, initializer=end_with_parent)

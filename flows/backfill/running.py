"""All partitions of a scan on threads, local processes or a Dask cluster.

With a Prefect server (PREFECT_API_URL) each partition is one coarse Prefect task and the server shows how far
the scan is. Without one there is nobody to show it to: threads and processes are then Python's own pools, for
a server started for one command takes longer to start than many scans to run. A cluster needs the server.

A task never fails for what its input holds: such a partition is parked. What ends otherwise (a worker was
killed, the scheduler went away, a disk was full) is tried again in another round, and what is done is
skipped then, also by another command on another day.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from typing import Any

from flows.backfill import scanning
from flows.backfill.partitions import Partition
from flows.backfill.runners import HERE, THREADS, Progress, Runner, has_server
from flows.backfill.scanning import Outcome, Rules
from flows.errors import CartrialsError, SettingsError, sentence_of
from flows.process.children import end_pool, end_with_parent

ROUNDS = 3
DASK_PATIENCE = 30  # seconds for a scheduler to answer


class ScanBroken(CartrialsError):
    """A scan ended before its last partition; what is done stays done."""


def run(
    partitions: Sequence[Partition], shelf_url: str, rules: Rules, on: Runner, progress: Progress = lambda line: None
) -> list[Outcome]:
    """Every partition read, skipped or parked, in their order.

    Raises ScanBroken, with what is done kept, when some could not be worked on at all.
    """
    outcomes: dict[str, Outcome] = {}
    lost: dict[str, str] = {}
    for number in range(1, ROUNDS + 1):
        waiting = [partition for partition in partitions if partition.name not in outcomes]
        if not waiting:
            break
        if number > 1:
            progress(f"round {number}: {len(waiting)} partitions again ({_first(lost)})")
        lost = {}
        try:
            for done in _round(waiting, shelf_url, rules, on, progress):
                if isinstance(done, Outcome):
                    outcomes[done.partition.name] = done
                else:
                    lost[done[0]] = done[1]
        except _RunnerGone as error:
            lost = {partition.name: str(error) for partition in waiting if partition.name not in outcomes}
    if len(outcomes) < len(partitions):
        missing = [partition.name for partition in partitions if partition.name not in outcomes]
        raise ScanBroken(
            f"{len(missing)} of {len(partitions)} partitions gave no answer, {missing[0]} among them "
            f"({lost.get(missing[0], 'the runner ended')}). What is done is kept: mend that and run the same command "
            "again."
        )
    return [outcomes[partition.name] for partition in partitions]


def count_outcomes(outcomes: Sequence[Outcome]) -> str:
    """How many ended how, in a line."""
    counts = Counter(outcome.status for outcome in outcomes)
    return ", ".join(f"{counts[status]} {status}" for status in ("done", "skipped", "parked") if counts[status])


class _RunnerGone(Exception):
    """Nothing more will come of this round."""


def _round(partitions: Sequence[Partition], shelf_url: str, rules: Rules, on: Runner, progress: Progress) -> Any:
    """Outcomes as they come, and (name, why) of partitions that were lost."""
    if on.kind == HERE:
        for number, partition in enumerate(partitions, start=1):
            yield _tried_here(partition, shelf_url, rules)
            progress(f"{number} of {len(partitions)}")
        return
    if on.kind == "dask":
        _check_dask(on.address or "")
    try:
        if has_server():
            from flows.backfill.scan_flow import mapped

            yield from mapped(partitions, shelf_url, rules, on, progress)
        else:
            yield from _pooled(partitions, shelf_url, rules, on, progress)
    except CartrialsError:
        raise
    except Exception as error:  # whatever a cluster breaks with, what is done is done
        raise _RunnerGone(sentence_of(error)) from error


def _pooled(partitions: Sequence[Partition], shelf_url: str, rules: Rules, on: Runner, progress: Progress) -> Any:
    # spawn: a forked child would share threads of DuckDB and Arrow in an unknown state.
    pool: Executor = (
        ThreadPoolExecutor(on.workers)
        if on.kind == THREADS
        else ProcessPoolExecutor(
            on.workers, mp_context=multiprocessing.get_context("spawn"), initializer=end_with_parent
        )
    )
    with pool:
        futures = {pool.submit(scanning.scan, partition, shelf_url, rules): partition for partition in partitions}
        try:
            for number, future in enumerate(as_completed(futures), start=1):
                partition = futures[future]
                error = future.exception()
                yield (partition.name, sentence_of(error)) if error else future.result()
                progress(f"{number} of {len(partitions)}: {partition.name}")
        except BaseException:  # whoever stops a scan waits for none of its partitions
            pool.shutdown(wait=False, cancel_futures=True)
            end_pool()
            raise


def _tried_here(partition: Partition, shelf_url: str, rules: Rules) -> Outcome | tuple[str, str]:
    try:
        return scanning.scan(partition, shelf_url, rules)
    except Exception as error:  # noqa: BLE001  (another round, or named at the end)
        return partition.name, sentence_of(error)


def _check_dask(address: str) -> None:
    """Say in a sentence what is missing before Prefect does so in a page."""
    try:
        import distributed
        import prefect_dask  # noqa: F401
    except ImportError as error:
        raise SettingsError("A Dask cluster needs prefect-dask: install cartrials with its extra `scale`.") from error
    if not has_server():
        raise SettingsError(
            "Workers of a Dask cluster report to a Prefect server: start one with `prefect server start` and set "
            "PREFECT_API_URL, here and for the workers."
        )
    # What it logs of a lost connection is said here, in a sentence at the end.
    # Dask gives its loggers a level each, so that the one above them decides nothing.
    for name in [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "distributed"]:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        with distributed.Client(  # type: ignore[no-untyped-call]
            address, timeout=DASK_PATIENCE, set_as_default=False
        ) as client:
            if not client.scheduler_info()["workers"]:
                client.wait_for_workers(1, timeout=DASK_PATIENCE)
    except (OSError, TimeoutError) as error:
        raise _RunnerGone(f"the Dask scheduler {address} does not answer or has no worker") from error


def _first(lost: dict[str, str]) -> str:
    return next(iter(lost.values()), "the runner ended")

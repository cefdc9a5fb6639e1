"""What a scan works on: one process, threads, processes or a Dask cluster."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from flows.config.settings import RUNNERS, SCHEDULERS
from flows.errors import SettingsError

PROCESSES, THREADS, HERE = RUNNERS

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Runner:
    """On what to work: `kind` is here (one after the other, without Prefect), threads, processes or dask."""

    kind: str = PROCESSES
    workers: int = 2
    address: str | None = None

    def __str__(self) -> str:
        return f"Dask at {self.address}" if self.kind == "dask" else f"{self.workers} {self.kind}"


def runner(kind: str, workers: int, dask: str | None) -> Runner:
    """The runner that settings name. Raises SettingsError for another word or an address that is none."""
    if dask is not None:
        if not dask.startswith(SCHEDULERS):
            raise SettingsError(f"The Dask scheduler {dask!r} is no address; expected tcp://HOST:PORT.")
        return Runner("dask", workers, dask)
    if kind not in RUNNERS:
        raise SettingsError(
            f"The runner is {kind!r}; expected one of: {', '.join(RUNNERS)}, or --dask tcp://HOST:PORT."
        )
    return Runner(kind, workers)


def has_server() -> bool:
    """Whether a Prefect server is to be told."""
    return bool(os.environ.get("PREFECT_API_URL"))

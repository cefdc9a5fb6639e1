"""A real cluster on loopback: a Prefect server, a Dask scheduler, worker processes that can be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

STARTING = 480  # seconds that a busy machine may take to start a server
PRELOAD = "flows.backfill.scan_flow"  # imported at the start, not with the first partition
COMMAND = Path(sys.executable).with_name("cartrials")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_until(
    what: Callable[[], bool], seconds: float = STARTING, process: subprocess.Popen[bytes] | None = None
) -> None:
    """Poll until it is so; an error when the time is over or the process it depends on has ended."""
    until = time.monotonic() + seconds
    while not what():
        if process is not None and process.poll() is not None:
            raise AssertionError(f"{process.args} ended with {process.returncode}")
        if time.monotonic() > until:
            raise AssertionError(f"not so after {seconds} s")
        time.sleep(0.1)


class Cluster:
    """Started on entering; `folder` holds Prefect's data and every log."""

    def __init__(self, folder: Path, workers: int = 2) -> None:
        self.folder = folder
        self.prefect_port, self.dask_port = free_port(), free_port()
        self.number_of_workers = workers
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.dask_port}"

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            **os.environ, "PREFECT_API_URL": f"http://127.0.0.1:{self.prefect_port}/api",
            "PREFECT_HOME": str(self.folder / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1", "PREFECT_LOGGING_LEVEL": "CRITICAL",
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "3",
        }  # fmt: skip

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "prefect").mkdir(exist_ok=True)
        try:
            self.start_prefect()
            self.start_scheduler()
            for number in range(self.number_of_workers):
                self.start_worker(f"worker-{number}")
            health = f"http://127.0.0.1:{self.prefect_port}/api/health"
            wait_until(lambda: _answers(health), process=self.processes["prefect"])
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start_prefect(self) -> None:
        port = str(self.prefect_port)
        self._start("prefect", ["-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port, "--no-ui"])

    def start_scheduler(self) -> None:
        port = str(self.dask_port)
        self._start("scheduler", [
            "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard",
            "--preload", PRELOAD,
        ])  # fmt: skip

    def start_worker(self, name: str) -> None:
        # Without a nanny: a killed worker is gone, as when a machine goes.
        self._start(name, [
            "-m", "distributed.cli.dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
            "--preload", PRELOAD, "--name", name, "--death-timeout", str(STARTING),
            "--local-directory", str(self.folder / name),
        ])  # fmt: skip

    def kill(self, name: str) -> None:
        """SIGKILL, as the system does when memory runs out."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait()
        self.processes.clear()

    def command(self, *words: str, home: Path) -> subprocess.Popen[str]:
        """Start `cartrials …` against this cluster."""
        return subprocess.Popen(
            [COMMAND, *words], env={**self.environment, "CARTRIALS_HOME": str(home)}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.folder,
        )  # fmt: skip

    def _start(self, name: str, words: list[str]) -> None:
        log = (self.folder / f"{name}.log").open("wb")
        # A group of its own: Prefect's server has children, and they end with it.
        self.processes[name] = subprocess.Popen(
            [sys.executable, *words], env=dict(self.environment), stdout=log, stderr=subprocess.STDOUT, cwd=self.folder
        )
        log.close()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False

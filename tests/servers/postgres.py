"""A real PostgreSQL on loopback, from Debian's package, with its data in a folder of the test's."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
PASSWORD = "g3h31m"


class Postgres:
    """Started on entering; `catalogue` is what DuckDB attaches as the catalogue of a DuckLake."""

    def __init__(self) -> None:
        if not BINARIES:
            pytest.skip("needs PostgreSQL: apt-get install postgresql")
        self.bin = BINARIES[-1]
        # PostgreSQL refuses to run as root; pytest's own folders are closed to another user.
        self.user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]

    @property
    def catalogue(self) -> str:
        where = f"host=127.0.0.1 port={self.port} user=lake password={PASSWORD}"
        return f"ducklake:postgres:dbname=lake {where}"

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="cartrials-postgres-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, self.user)
        try:
            self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", "admin", "--no-sync")
            self.start()
            self.sql(f"CREATE ROLE lake LOGIN PASSWORD '{PASSWORD}'")
            self.sql("CREATE DATABASE lake OWNER lake")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (self.data / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} -c fsync=off"
        self._run("pg_ctl", "-D", str(self.data), "-o", options, "-l", str(self.folder / "log"), "-w", "start")

    def stop(self) -> None:
        """At once: connections break off, as when the machine restarts."""
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")

    def sql(self, statement: str) -> None:
        self._run(
            "psql", "-h", str(self.folder), "-p", str(self.port), "-U", "admin", "-d", "postgres", "-qc", statement
        )

    def _run(self, program: str, *words: str) -> None:
        command = [str(self.bin / program), *words]
        if os.geteuid() == 0:
            command = ["runuser", "-u", self.user, "--", *command]
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", timeout=120)
        if done.returncode:
            raise AssertionError(f"{program} failed: {done.stderr.decode(errors='replace')}")

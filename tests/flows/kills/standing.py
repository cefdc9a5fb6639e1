"""What stands in a data folder: what is published, what readers see, and which files nobody owns."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from flows.storage import owners

Published = tuple[dict[str, str], list[str]]  # fingerprints by table, events


@dataclass(frozen=True)
class Standing:
    """What a data folder and what was written beside it come to."""

    fingerprints: dict[str, str] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    unowned: list[str] = field(default_factory=list)
    bytes: int = 0
    beside: dict[str, str] = field(default_factory=dict)  # file beside the data folder -> SHA-256

    def differences(self, expected: Standing) -> Iterator[str]:
        """What is other than expected, in sentences."""
        names = {*self.fingerprints, *expected.fingerprints}
        changed = sorted(n for n in names if self.fingerprints.get(n) != expected.fingerprints.get(n))
        if changed:
            yield f"tables say something else: {', '.join(changed)}"
        if self.events != expected.events:
            yield f"{len(self.events)} events, {len(expected.events)} expected"
        if self.unowned:
            yield f"files that nobody owns: {', '.join(self.unowned)}"
        if self.bytes > 1.5 * expected.bytes:
            yield f"{self.bytes} bytes, {expected.bytes} expected"
        if self.beside != expected.beside:
            told = {*self.beside.items()} ^ {*expected.beside.items()}
            yield f"files beside differ: {', '.join(sorted({name for name, _ in told}))}"


def standing(home: Path, beside: Path, known: dict[str, Published]) -> Standing:
    """What stands now. `known` remembers what published files of the same bytes say. Raises RuntimeError."""
    stats = [path.stat() for path in home.rglob("*") if path.is_file()]
    published = home / "cartrials.duckdb"
    return Standing(
        *(remembered(published, known) if published.exists() else ({}, [])),
        [path.relative_to(home).as_posix() for path in owners.unowned_files(home)],
        sum({found.st_ino: found.st_blocks * 512 for found in stats}.values()),
        {path.relative_to(beside).as_posix(): digest_of(path)
         for path in sorted(beside.rglob("*")) if path.is_file()} if beside.exists() else {},
    )  # fmt: skip


def digest_of(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def remembered(published: Path, known: dict[str, Published]) -> Published:
    """What a published file says, read once for the same bytes, in a forked process."""
    digest = digest_of(published)
    if digest not in known:
        known[digest] = in_child(lambda: read(published))
    return known[digest]


def read(published: Path) -> Published:
    """Fingerprints by table, and the events, as a reader of the published file sees them."""
    import duckdb

    from warehouse.release.fingerprint import content_fingerprints

    with duckdb.connect(str(published), read_only=True) as warehouse:
        events = warehouse.execute("SELECT event_id FROM trial_events ORDER BY 1").fetchall()
        return dict(content_fingerprints(warehouse)), [event for (event,) in events]


@contextmanager
def silence() -> Iterator[None]:
    """What commands say goes nowhere: stdout is for the tries."""
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        yield


def in_child(ask: Callable[[], Any]) -> Any:
    """What `ask` gives, as JSON, from a forked process: DuckDB's threads must not meet a fork. Raises RuntimeError."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            try:
                with silence():
                    found = ask()
                json.dump({"found": found}, out)
            except BaseException as error:  # noqa: BLE001  (a forked child must not return into its parent's code)
                json.dump({"error": f"{type(error).__name__}: {error}"}, out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        found = json.load(told)
    os.waitpid(child, 0)
    if "error" in found:
        raise RuntimeError(found["error"])
    return found["found"]

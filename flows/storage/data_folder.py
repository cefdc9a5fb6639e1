"""A data folder being worked in: its lock, archive, journal and working database, opened together."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from flows.config.outside import REAL, Outside
from flows.config.settings import Settings
from flows.errors import HomeError, Locked
from flows.storage import owners
from flows.storage.archive import Archive
from flows.storage.held_seals import hold_seals
from flows.storage.journal import Journal
from flows.storage.manifests import Manifests
from flows.storage.restoring import refuse_unfinished
from transforms.profile.overrides import load_overrides
from transforms.reading import Overrides
from warehouse import disk
from warehouse.whole import naming_damage
from warehouse.work import Connection, open_work, told


@dataclass
class DataFolder:
    """Everything a run works with. Made by `opened`; one process at a time."""

    settings: Settings
    archive: Archive
    manifests: Manifests
    journal: Journal
    connection: Connection
    overrides: Overrides
    outside: Outside = REAL

    @property
    def releases(self) -> Path:
        return self.settings.home / "releases"


@contextmanager
def open_data_folder(
    settings: Settings, outside: Outside = REAL, *, work_path: Path | None = None, restoring: bool = False
) -> Iterator[DataFolder]:
    """The data folder, locked for this process; `work_path` for another working database than the usual,
    `restoring` for one that a restore is making whole.

    Raises Locked, HomeError, ArchiveError, JournalError, WarehouseError."""
    with ExitStack() as stack:
        stack.enter_context(run_lock(settings.home))
        if not restoring:
            refuse_unfinished(settings.home)
        owners.take_leftovers_away(settings.home)
        overrides = load_overrides(settings.overrides) if settings.overrides else {}
        archive = Archive(settings.archive_path)
        stack.callback(archive.close)
        journal = stack.enter_context(Journal(settings.journal_path))
        manifests = Manifests(settings.archive_path / "manifests")
        hold_seals(manifests, journal)
        connection = open_work(work_path or settings.work_path)
        stack.callback(connection.close)
        stack.enter_context(told(work_path or settings.work_path))
        stack.enter_context(naming_damage(work_path or settings.work_path, settings.warehouse_path))
        yield DataFolder(settings, archive, manifests, journal, connection, overrides, outside)


@contextmanager
def run_lock(home: Path, name: str = "run.lock", what: str = "run") -> Iterator[None]:
    """The lock of a data folder, held until the end; the system frees it when the process dies.

    Another `name` is another lock: a backfill reads for hours and nights must go on. Raises Locked
    when another process holds it, HomeError when the folder cannot be written.
    """
    try:
        disk.make_folder(home)
        lock = disk.opened(home / name, "a+b", buffering=0)
    except OSError as error:
        raise HomeError(
            f"The data folder {home} cannot be written ({error.strerror}). Set CARTRIALS_HOME to "
            "a folder that can, or mend its rights."
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Locked(
                f"Another {what} works in {home} (process {_holder(lock)}). Wait for it to end; "
                "`cartrials status` shows it."
            ) from error
        with suppress(OSError):  # who holds it is only told; without room, the run will say so itself
            disk.truncate(lock, 0)
            lock.write(str(os.getpid()).encode())
        yield
    finally:
        lock.close()


def is_at_work(home: Path) -> bool:
    """Whether a run holds the lock of `home`. Asked without keeping it: a night that begins now must find it free."""
    path = home / "run.lock"
    if not path.exists():
        return False
    with path.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _holder(lock: BinaryIO) -> str:
    return os.pread(lock.fileno(), 32, 0).decode("ascii", "replace").strip() or "unknown"


def archive_overrides(settings: Settings) -> str | None:
    """Keep the file of decisions in the archive, once per content; its SHA-256, None where there is no file."""
    if settings.overrides is None:
        return None
    content = settings.overrides.read_bytes()
    digest = sha256(content).hexdigest()
    kept = settings.archive_path / "overrides" / f"{digest}.csv"
    if not kept.exists():
        disk.write_durably(kept, content)
    return digest

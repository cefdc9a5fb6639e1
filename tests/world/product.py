"""All of the product that the world touches: a night, an acceptance, a rebuild, and the places where they can fail.

When the product moves, this list of imports moves with it; nothing else here knows it.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import duckdb

from expectations import gate
from flows.alerts.announce import subscribers_of
from flows.alerts.channels.errors import DeliveryFailed
from flows.alerts.ledger import ledger
from flows.config.outside import Outside
from flows.config.settings import Settings, load
from flows.errors import CartrialsError, Held
from flows.runs import accept as accepting
from flows.runs import lifecycle, nightly
from flows.runs import rebuild as rebuilding
from flows.runs.run import Options
from flows.sources.errors import SourceError
from tests.world.power import Unsynced
from warehouse import ddl, disk, work
from warehouse.errors import WarehouseError
from warehouse.release import file as release_file

__all__ = ["DeliveryFailed", "Outside", "Settings", "subscribers_of"]

KNOWN_ERRORS = (CartrialsError, SourceError, WarehouseError)
# What a disk that fails may raise through everything; the command turns it into a sentence.
DISK_ERRORS = (OSError, sqlite3.Error, duckdb.Error)

Watch = Callable[[str, bool], None]  # a boundary call, before it is made or (True) after


def settings(home: Path, **given: Any) -> Settings:
    """Settings of a world that loses no second and keeps few releases."""
    quick = {
        "tries": 3, "retry_delay": 0.01, "ctgov_per_second": 1e6, "pubmed_per_second": 1e6, "workers": 1,
        "keep_releases": 3, "contact_email": "somebody@example.org",
    }  # fmt: skip
    return load(home=home, **(quick | given))


def make_night(settings: Settings, outside: Outside, *, with_checks: bool, full: bool = False) -> str:
    """One live night: `published`, or `held`. Raises what the night raises."""
    check = {} if with_checks else {"check": _no_checks}
    steps = nightly.Steps(complete=partial(lifecycle.complete, **check), write_report=lambda _published, target: target)
    try:
        return nightly.run(settings, Options(full=full), steps, outside)[-1].status
    except Held:
        return "held"


def _no_checks(_frames: object, **_given: object) -> list[Any]:
    """Great Expectations takes longer than all else of a small night; a sample of nights has it."""
    return []


def accept(settings: Settings, outside: Outside) -> str:
    """Accept the held night."""
    return accepting.accept(settings, "last", "The registry says that it is so", outside).status


def rebuild(settings: Settings, outside: Outside) -> dict[str, tuple[str, str]]:
    """The tables that a rebuild makes otherwise: name -> fingerprint before and after."""
    found = rebuilding.rebuild(settings, outside=outside)
    return {name: (found.before[name], found.after[name]) for name in found.differing}


@contextmanager
def watched(watch: Watch, unsynced: Unsynced | None = None) -> Iterator[None]:
    """Every call by which the product changes something durable is told to `watch`, which may raise, and those of
    ours to `unsynced`.
    """
    before_system, before_connect = disk.system, sqlite3.connect
    before_transaction = work.transaction
    disk.system = _System(watch) if unsynced is None else _Noting(watch, unsynced)
    sqlite3.connect = partial(before_connect, factory=partial(_Journal, watch))  # type: ignore[assignment]
    _put(before_transaction, partial(_transaction, watch))
    try:
        yield
    finally:
        _put(work.transaction, before_transaction)
        sqlite3.connect, disk.system = before_connect, before_system


def _put(known: object, other: object) -> None:
    """Every module that has imported this function by name gets the other."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("flows", "warehouse")):
            for attribute, value in list(vars(module).items()):
                if value is known:
                    setattr(module, attribute, other)


@contextmanager
def _transaction(watch: Watch, connection: Any) -> Iterator[None]:
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
        watch("duckdb commit", False)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
    watch("duckdb commit", True)


class _Journal(sqlite3.Connection):
    def __init__(self, watch: Watch, *given: Any, **named: Any) -> None:
        self._watch = watch
        super().__init__(*given, **named)

    def commit(self) -> None:
        self._watch("sqlite commit", False)
        super().commit()
        self._watch("sqlite commit", True)

    def __exit__(self, kind: Any, error: Any, trace: Any) -> Any:
        if kind is None:
            try:
                self.commit()
            except BaseException:
                self.rollback()
                raise
            return False
        return super().__exit__(kind, error, trace)


class _System(disk.System):
    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def open(self, path: Path, mode: str, buffering: int = -1) -> BinaryIO:
        if mode == "rb":
            return super().open(path, mode, buffering)
        self._watch(f"open {path.name}", False)
        return _File(super().open(path, mode, buffering), self._watch)  # type: ignore[return-value]

    def sync(self, descriptor: int) -> None:
        self._watch("sync", False)  # tmpfs has nothing to sync, and a kill loses nothing that was written

    def rename(self, source: Path, target: Path) -> None:
        self._watch(f"rename {target.name}", False)
        super().rename(source, target)
        self._watch(f"rename {target.name}", True)

    def link(self, source: Path, target: Path) -> None:
        self._watch(f"link {target.name}", False)
        super().link(source, target)
        self._watch(f"link {target.name}", True)

    def unlink(self, path: Path) -> None:
        self._watch(f"unlink {path.name}", True)
        super().unlink(path)

    def make_folder(self, path: Path) -> None:
        self._watch(f"make {path.name}", False)
        super().make_folder(path)


class _Noting(_System):
    """The same, noting what no sync has reached."""

    def __init__(self, watch: Watch, unsynced: Unsynced) -> None:
        super().__init__(watch)
        self._unsynced = unsynced

    def open(self, path: Path, mode: str, buffering: int = -1) -> BinaryIO:
        if mode != "rb":
            self._unsynced.opens(path, mode)
        return super().open(path, mode, buffering)

    def sync(self, descriptor: int) -> None:
        super().sync(descriptor)
        self._unsynced.syncs(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self._watch(f"rename {target.name}", False)
        self._unsynced.renames(source, target)
        disk.System.rename(self, source, target)
        self._watch(f"rename {target.name}", True)

    def link(self, source: Path, target: Path) -> None:
        self._watch(f"link {target.name}", False)
        disk.System.link(self, source, target)
        self._unsynced.links(target)
        self._watch(f"link {target.name}", True)

    def unlink(self, path: Path) -> None:
        self._unsynced.unlinks(path)
        super().unlink(path)

    def make_folder(self, path: Path) -> None:
        super().make_folder(path)
        self._unsynced.makes_folder(path)


class _File:
    """A file whose writes can be cut in the middle."""

    def __init__(self, file: BinaryIO, watch: Watch) -> None:
        self._file, self._watch = file, watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def write(self, content: bytes) -> int:
        self._file.write(content[: len(content) // 2])
        self._file.flush()
        self._watch(f"write {Path(self._file.name).name}", False)
        return self._file.write(content[len(content) // 2 :])


# ---- what is broken on purpose, to try the judge ----


def _gate_believes_totals(patch: Any) -> None:
    """The gate takes whatever total the source says."""
    patch.setattr(gate, "_total", lambda subject, leg: gate._passed(subject, "The source gives as many as it counts"))


def _ledger_forgets(patch: Any) -> None:
    """A message that was taken stays in hand, and goes out again."""
    kept = ledger.set_message

    def forgetting(journal: Any, message_id: str, values: Any, alerts: Any) -> None:
        if values.get("state") != "delivered" or int(message_id[-2:], 16) % 5:
            kept(journal, message_id, values, alerts)

    patch.setattr(ledger, "set_message", forgetting)


def _past_is_first(patch: Any) -> None:
    """As of a day, the first state of each trial is given and not the last."""
    made = ddl.views_and_macros
    patch.setattr(ddl, "views_and_macros", lambda: [one.replace("max(state_no)", "min(state_no)") for one in made()])
    # Not cached: what is broken here is not to be remembered for whoever comes after.
    patch.setattr(release_file, "_made_by", release_file._made_by.__wrapped__)


def _rename_in_two(patch: Any) -> None:
    """A file that takes another's name takes that other away first."""
    replace = disk.replace

    def replacing(source: Path, target: Path) -> None:
        disk.unlink(target)
        replace(source, target)

    patch.setattr(disk, "replace", replacing)


BROKEN = {
    "gate": _gate_believes_totals, "ledger": _ledger_forgets, "as of": _past_is_first, "rename": _rename_in_two,
}  # fmt: skip

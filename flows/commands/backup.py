"""`cartrials backup` and `restore`: everything that cannot be had again, and back."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from flows.errors import CartrialsError, HomeError
from flows.rebuilding import rebuild
from flows.settings import Settings
from flows.workplace import run_lock

JOURNAL = "state.sqlite"
ARCHIVE = "archive"
SETTING_FILES = ("watchlist", "subscribers", "overrides")


def back_up(settings: Settings, directory: Path) -> int:
    """Copy archive, journal and the files that settings name into `directory`. Repeating it copies only what is new.

    The working database and the releases are left out: `restore` makes them again.
    """
    with run_lock(settings.home):
        if not settings.journal_path.exists():
            raise CartrialsError(f"There is nothing to back up in {settings.home}: no run has been made there.")
        try:
            directory.mkdir(parents=True, exist_ok=True)
            copied = _copy_new(settings.archive_path, directory / ARCHIVE)
            _copy_journal(settings.journal_path, directory / JOURNAL)
            for name in SETTING_FILES:
                path = getattr(settings, name)
                if path is not None and Path(path).exists():
                    shutil.copy2(path, directory / Path(path).name)
        except OSError as error:
            raise HomeError(
                f"The backup to {directory} failed ({error.strerror}). Make room or mend its rights and try again."
            ) from error
    print(f"Backed up to {directory}: the journal and {copied} new archive files.")
    return 0


def restore_from(settings: Settings, directory: Path) -> int:
    """Put a backup into an empty data folder and make the warehouse again from it."""
    if not (directory / JOURNAL).exists():
        raise CartrialsError(f"{directory} holds no backup: {JOURNAL} is missing.")
    if settings.journal_path.exists() or settings.archive_path.exists():
        raise CartrialsError(f"{settings.home} holds data already. Restore into an empty folder: set CARTRIALS_HOME.")
    with run_lock(settings.home):
        _copy_new(directory / ARCHIVE, settings.archive_path)
        _copy_journal(directory / JOURNAL, settings.journal_path)
    result = rebuild(settings)
    print(f"Restored from {directory} and rebuilt from {result.runs} runs: {settings.warehouse_path}")
    return 0


def _copy_new(source: Path, target: Path) -> int:
    """Copy what is not there yet. Packs and manifests never change once written; the index is made again."""
    copied = 0
    for path in sorted(source.rglob("*")):
        if path.is_dir() or path.suffix == ".part" or path.name.startswith("index.sqlite"):
            continue
        there = target / path.relative_to(source)
        if not there.exists() or there.stat().st_size != path.stat().st_size:
            there.parent.mkdir(parents=True, exist_ok=True)
            part = there.with_name(there.name + ".part")
            shutil.copy2(path, part)
            part.replace(there)
            copied += 1
    return copied


def _copy_journal(source: Path, target: Path) -> None:
    """A consistent copy of a SQLite file, also while somebody reads it."""
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    with sqlite3.connect(source) as journal, sqlite3.connect(part) as copy:
        journal.backup(copy)
    journal.close()
    copy.close()
    part.replace(target)

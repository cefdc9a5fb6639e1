"""Errors of a run, below the one tree of `warehouse.errors`, with the exit code that each one means.

CartrialsError            one sentence that says what is wrong and what to do (1)
  UsageError              what a person asked for or wrote is wrong: nothing was asked of anyone (2)
    SettingsError         a setting
  HomeError               the data folder cannot be used: disk, rights (1)
  ArchiveError            a record or manifest is missing, cut off or altered (1)
  JournalError            state.sqlite cannot be read (1)
  Locked                  another run works in this data folder (4)
  Held                    the gate held the run: the last release stands (3)
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from warehouse.errors import REFUSED, CartrialsError, UsageError, disk_error, disk_sentence

__all__ = [
    "FOLLOW_UP_FAILED", "ArchiveError", "CartrialsError", "Held", "HomeError", "JournalError", "Locked",
    "SettingsError", "UsageError", "home_error", "rights_error", "sentence_of",
]  # fmt: skip
FOLLOW_UP_FAILED = 5  # the exit code of what fails once a release is published: alerts, report, site


class SettingsError(UsageError):
    """A setting is wrong; the message names it and what was expected."""


class HomeError(CartrialsError):
    """The data folder cannot be written or read."""


class ArchiveError(CartrialsError):
    """The archive does not hold what its manifests say."""


class JournalError(CartrialsError):
    """The journal cannot be opened or is damaged."""


class Locked(CartrialsError):
    """Another run holds the lock of this data folder."""

    exit_code = 4
    may_retry = True


class Held(CartrialsError):
    """The gate held the run; nothing was published."""

    exit_code = 3


def home_error(place: Path | str, error: BaseException) -> HomeError | None:
    """What an operator is told where the disk, rights or another program are behind `error`: no file is damaged then,
    and nothing is to be restored. None where they are not."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if isinstance(error, sqlite3.Error) and code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return HomeError(f"Another program holds {place}. Close it and run again; nothing is lost.")
    said = disk_sentence(place, error)
    return HomeError(said) if said else None


def rights_error(place: Path | str, error: BaseException) -> HomeError | None:
    """The same for what is read: a disk that fails to give it back has lost it, rights that are missing have not."""
    failed = disk_error(error)
    return home_error(place, error) if failed is not None and failed.errno in REFUSED else None


def sentence_of(error: BaseException) -> str:
    """What a person reads of an error: its own sentence, the disk's, or for one that nobody foresaw its name."""
    text = str(error).strip()
    if isinstance(error, CartrialsError) and text:
        return text
    failed = error if isinstance(error, OSError) else disk_error(error)
    if failed is not None and failed.strerror:
        where = f": {failed.filename}" if failed.filename else ""
        return disk_sentence(failed.filename or "a file", failed) or f"{failed.strerror}{where}. Mend it and run again."
    first = text.splitlines()[0] if text else "no message"
    return f"Unexpected {type(error).__name__}: {first}. Run with --debug for the details."

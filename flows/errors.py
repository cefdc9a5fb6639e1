"""Errors of the flows, and the exit code each one means.

    CartrialsError            one sentence that says what is wrong and what to do
      SettingsError           a setting or file of settings is wrong: nothing was asked of anyone (2)
      HomeError               the data folder cannot be used: disk, rights (1)
      ArchiveError            a record or manifest is missing, cut off or altered (1)
      JournalError            state.sqlite cannot be read (1)
      Locked                  another run works in this data folder (4)
      Held                    the gate held the run: the last release stands (3)

`SourceError` (flows.sources.errors) and `WarehouseError` (warehouse) mean 1 as well.
"""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

FOLLOW_UP_FAILED = 5  # the exit code where nothing was raised: published, but alerts, report or site failed


class CartrialsError(Exception):
    """One sentence for the operator; `exit_code` is what the command ends with."""

    exit_code = 1


class SettingsError(CartrialsError):
    """A setting is wrong; the message names it and what was expected."""

    exit_code = 2


class HomeError(CartrialsError):
    """The data folder cannot be written or read."""


class ArchiveError(CartrialsError):
    """The archive does not hold what its manifests say."""


class JournalError(CartrialsError):
    """The journal cannot be opened or is damaged."""


class Locked(CartrialsError):
    """Another run holds the lock of this data folder."""

    exit_code = 4


class Held(CartrialsError):
    """The gate held the run; nothing was published."""

    exit_code = 3


def is_full(error: BaseException) -> bool:
    """Whether there was no room to write: the disk, a quota or a limit on the size of a file.

    SQLite tells a quota and a failing disk by one code.
    """
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_refused(error: BaseException) -> bool:
    """Whether the system lets this user not read or write: what is in the file is as it was."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return code in (sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH)
    return isinstance(error, OSError) and error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR)


def no_rights(place: Path | str, error: BaseException) -> HomeError:
    """What an operator is told then: nothing is lost, and nothing is to be restored."""
    return HomeError(
        f"{place} cannot be read or written by this user ({getattr(error, 'strerror', None) or error}). What is in it "
        "is untouched: mend the rights of it and of its folder, and run again; the last release stands."
    )


def is_busy(error: BaseException) -> bool:
    """Whether another program holds the SQLite file."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return isinstance(error, sqlite3.Error) and code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def held_by_another(place: Path | str) -> HomeError:
    """What an operator is told then."""
    return HomeError(f"Another program holds {place}. Close it and run again; nothing is lost.")


def no_room(place: Path | str) -> HomeError:
    """What an operator is told then."""
    return HomeError(
        f"There is no room to write {place}, or the disk fails. Make room and run again; the last release stands."
    )

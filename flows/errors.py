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

FOLLOW_UP_FAILED = 5  # the exit code where nothing was raised: published, but alerts or report failed


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


def no_room(place: Path | str) -> HomeError:
    """What an operator is told then."""
    return HomeError(
        f"There is no room to write {place}, or the disk fails. Make room and run again; the last release stands."
    )

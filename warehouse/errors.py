"""The one tree of errors, and the disk's own error behind any other.

    CartrialsError              one sentence that says what is wrong and what to do
      UsageError                what a person asked for or wrote is wrong (2)
        FileError               a file that a person wrote: which one, which line
      WarehouseError            a warehouse file cannot be used as it is (1)
        NotPublished            nothing has been published yet

Each package hangs its own below these, beside what raises them; `flows.errors` has those of a run. A class declares
the exit code of a command that ends with it, and whether the same may succeed later with nothing changed. What is none
of them (a ValueError of ours) is told on by whoever asked, and reaches nobody.
"""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

# What a disk, its room and its rights answer with. A connection that is refused is an OSError as well, and none of it.
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EISDIR)
OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENXIO, errno.ESTALE, *REFUSED)
OF_SQLITE = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,  # also of a quota
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_AUTH: errno.EACCES,
    sqlite3.SQLITE_CANTOPEN: errno.EACCES,
}
NO_ROOM_TO_DUCKDB = re.compile(r"could not write|max_temp_directory_size", re.IGNORECASE)


class CartrialsError(Exception):
    """One sentence for whoever asked. It claims what the place that raises it knows, and nothing else."""

    exit_code: ClassVar[int] = 1
    may_retry: bool = False


class UsageError(CartrialsError):
    """What a person asked for or wrote cannot be used; the message names it and says what is expected."""

    exit_code = 2


class FileError(UsageError):
    """A file that a person wrote cannot be used. `line` from 1; 0: the file as a whole."""

    def __init__(self, path: Path | str, line: int, problem: str) -> None:
        super().__init__(path, line, problem)
        self.path, self.line, self.problem = Path(path), line, problem

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.problem}" if self.line else f"{self.path}: {self.problem}"


class WarehouseError(CartrialsError):
    """A warehouse file cannot be used; the message says what to do."""


class NotPublished(WarehouseError):
    """There is no published file yet."""


def disk_sentence(place: Path | str, error: BaseException) -> str | None:
    """What a person is told where the disk is behind `error`; None where it is not."""
    failed = disk_error(error)
    if failed is None:
        return None
    if failed.errno in REFUSED:
        return (
            f"{place} cannot be read or written by this user ({failed.strerror}). What is in it is untouched: mend the "
            "rights of it and of its folder, and run again."
        )
    return f"There is no room to write {place}, or the disk fails ({failed.strerror}). Make room and run again."


def disk_error(error: BaseException) -> OSError | None:
    """What the disk said where it is behind `error`: that itself, or what it wraps, comes from or tells of.

    Libraries wrap it (xlsxwriter), give its words alone (DuckDB) or a code of their own (SQLite).
    """
    return next((found for one in _behind(error) if (found := _of_disk(one))), None)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """An error, those among its arguments, and those that it came from, each once."""
    waiting, met = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) not in met:
            met.add(id(one))
            yield one
            before = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
            waiting += [other for other in (*one.args, before) if isinstance(other, BaseException)]


def _of_disk(error: BaseException) -> OSError | None:
    if isinstance(error, OSError):
        return error if error.errno in OF_THE_DISK else None
    if isinstance(error, sqlite3.Error):
        number = OF_SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        return OSError(number, str(error)) if number else None
    import duckdb  # here, since commands that never touch a warehouse do without it

    if isinstance(error, duckdb.Error):
        said = str(error)
        number = next((number for number in OF_THE_DISK if os.strerror(number).lower() in said.lower()), None)
        number = number or (errno.ENOSPC if NO_ROOM_TO_DUCKDB.search(said) else None)
        return OSError(number, os.strerror(number)) if number else None
    return None

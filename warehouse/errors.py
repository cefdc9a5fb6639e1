"""Errors of the warehouse: one sentence that says what to do; and the disk's own error behind any other.

WarehouseError            the file cannot be used as it is
  NotPublished            nothing has been published yet
"""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator

# What a disk, its room and its rights answer with. A connection that is refused is an OSError as well, and none of it.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
OF_THE_DISK = (*NO_ROOM, *REFUSED, errno.EIO, errno.ENXIO, errno.ESTALE)
OF_SQLITE = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_PERM: errno.EACCES,
}


class WarehouseError(Exception):
    """A warehouse file cannot be used; the message says what to do."""


class NotPublished(WarehouseError):
    """There is no published file yet."""


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
        number = next((number for number in OF_THE_DISK if os.strerror(number) in str(error)), None)
        return OSError(number, os.strerror(number)) if number else None
    return None

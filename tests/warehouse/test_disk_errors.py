"""The disk's own error is found behind whatever a library makes of it, and what writes exports gives it on."""

from __future__ import annotations

import errno
import gc
import io
import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import duckdb
import pyarrow as pa
import pytest

from flows.cli import exit_code, sentence
from flows.process import stopping
from tests.flows.test_home_in_trouble import room_for_files_of
from warehouse import disk
from warehouse.errors import WarehouseError, disk_error
from warehouse.export import tabular
from warehouse.export.export import export
from warehouse.querying.reading import published

FAILING = (errno.EIO, errno.ENOSPC)
TABLE = pa.table({"number": range(20_000), "text": [f"{number * 7919:x}" for number in range(20_000)]})


class FailingDisk(disk.System):
    """Its `number`th write fails: once where the disk does, from then on where it is full."""

    def __init__(self, code: int, number: int) -> None:
        self.code, self.left = code, number

    def open(self, path: Path, mode: str, buffering: int = -1) -> BinaryIO:
        if "w" not in mode:
            return super().open(path, mode, buffering)
        return io.BufferedWriter(FailingFile(path, self))  # type: ignore[return-value]


class FailingFile(io.FileIO):
    def __init__(self, path: Path, failing: FailingDisk) -> None:
        super().__init__(path, "w")
        self.disk = failing

    def write(self, data: object) -> int:
        self.disk.left -= 1
        if self.disk.left == 0 or (self.disk.left < 0 and self.disk.code == errno.ENOSPC):
            raise OSError(self.disk.code, os.strerror(self.disk.code))
        return super().write(data)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", FAILING, ids=os.strerror)
@pytest.mark.parametrize("format_", tabular.FORMATS)
def test_whatever_writes_a_file_gives_the_disks_error_on(
    format_: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping.begin_work()  # what another test published is not this one's
    target, failed = tmp_path / f"out.{format_}", 0
    for number in (1, 2, 5, 9, 14, 20, 30, 50, 10_000):
        failing = FailingDisk(code, number)
        monkeypatch.setattr(disk, "system", failing)
        try:
            tabular.write_table(TABLE, format_, target)
        except Exception as error:  # noqa: BLE001  (which one is what is looked at)
            failed += 1
            found = disk_error(error)
            assert found is not None and (found.errno, found.filename) == (code, str(target))
            assert exit_code(error) == 1 and str(target) in sentence(error) and "Unexpected" not in sentence(error)
        else:
            assert failing.left > 0, "the disk's error was swallowed"
    assert failed


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # xlsxwriter's, of sheets that it did not end
@pytest.mark.parametrize("room", [0, 4_000, 100_000])
def test_the_temporary_files_of_a_workbook_are_on_a_disk_too(
    room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with room_for_files_of(room), pytest.raises(Exception) as raised:
        tabular.write_table(TABLE, "xlsx", io.BytesIO())
    found = disk_error(raised.value)
    assert found is not None and found.errno == errno.EFBIG and "There is no room" in sentence(raised.value)
    del raised, found
    gc.collect()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", FAILING, ids=os.strerror)
@pytest.mark.parametrize("number", [1, 30, 60, 90, 120])
def test_an_export_that_the_disk_fails_says_what_to_do(
    small_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, number: int
) -> None:
    failing = FailingDisk(code, number)
    monkeypatch.setattr(disk, "system", failing)
    with published(small_file) as connection, pytest.raises(WarehouseError, match="could not be written to") as raised:
        export(connection, tmp_path / "out")
    assert os.strerror(code) in str(raised.value) and failing.left <= 0
    assert list(tmp_path.iterdir()) == []


def wrapped(error: Exception) -> Exception:
    """As xlsxwriter does."""
    return ValueError(error)


def followed(error: Exception) -> Exception:
    try:
        try:
            raise error
        except Exception as first:
            raise RuntimeError("and then") from first
    except RuntimeError as second:
        return second


def during(error: Exception) -> Exception:
    try:
        try:
            raise error
        finally:
            raise KeyError("while that was handled")
    except KeyError as second:
        return second


def hidden(error: Exception) -> Exception:
    try:
        try:
            raise error
        except Exception:  # noqa: BLE001  (whatever it is)
            raise KeyError("that was seen to") from None
    except KeyError as second:
        return second


def of_sqlite(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize("wrap", [wrapped, followed, during], ids=lambda wrap: wrap.__name__)
@pytest.mark.parametrize(("error", "code"), [
    (OSError(errno.EIO, "Input/output error"), errno.EIO),
    (PermissionError(errno.EACCES, "Permission denied"), errno.EACCES),
    (of_sqlite(sqlite3.SQLITE_FULL), errno.ENOSPC),
    (of_sqlite(sqlite3.SQLITE_IOERR_WRITE), errno.EIO),
    (duckdb.IOException('IO Error: Could not write file "x": No space left on device'), errno.ENOSPC),
    (duckdb.FatalException('Original error: "Could not fsync file "x": Input/output error"'), errno.EIO),
], ids=repr)  # fmt: skip
def test_it_is_found_behind_what_wraps_it(error: Exception, code: int, wrap: Callable[[Exception], Exception]) -> None:
    for one in (error, wrap(error), wrap(wrap(error))):
        found = disk_error(one)
        assert found is not None and found.errno == code
        assert "Unexpected" not in sentence(one)
    assert disk_error(hidden(error)) is None


@pytest.mark.parametrize("error", [
    KeyError("x"), FileNotFoundError(errno.ENOENT, "No such file"), ConnectionResetError(errno.ECONNRESET, "reset"),
    of_sqlite(sqlite3.SQLITE_BUSY), duckdb.CatalogException("Table with name x does not exist"),
], ids=repr)  # fmt: skip
def test_what_is_not_the_disks_is_not_taken_for_it(error: Exception) -> None:
    assert disk_error(error) is None and disk_error(during(error)) is None
    assert sentence(during(error)).startswith("Unexpected KeyError")


def test_errors_that_come_from_each_other_end() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert disk_error(first) is None

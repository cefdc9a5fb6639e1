"""Every write of ours to the disk: nothing else in `flows` and `warehouse` renames, syncs, links, removes or copies.

What is said to be durable is there after a power cut, whole, under its name: content is synced before the name is
given, and the folder that holds the name after it. `system` is what all of it goes through; a test puts another in its
place that fails, fills up or dies at a chosen call. DuckDB, SQLite and Arrow write their own files.
"""

from __future__ import annotations

import errno
import glob
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from warehouse.errors import disk_error

CHUNK = 1 << 20  # bytes copied at a time
BESIDE_DUCKDB = (".wal", ".wal.checkpoint", ".wal.recovery")
BESIDE_SQLITE = ("-wal", "-shm", "-journal")
PART = ".part"  # ends the name of what is being written beside its place
UNSYNCED = (errno.EINVAL, errno.ENOTSUP)  # what a file system answers that has no folders to sync


class System:
    """What the operating system does for this module, one method a call. Each raises OSError."""

    def open(self, path: Path, mode: str, buffering: int = -1) -> BinaryIO:
        return cast(BinaryIO, path.open(mode, buffering))

    def sync(self, descriptor: int) -> None:
        os.fsync(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        source.replace(target)

    def link(self, source: Path, target: Path) -> None:
        target.hardlink_to(source)

    def unlink(self, path: Path) -> None:
        path.unlink()

    def truncate(self, file: BinaryIO, size: int) -> None:
        file.truncate(size)

    def make_folder(self, path: Path) -> None:
        path.mkdir()

    def remove_folder(self, path: Path) -> None:
        path.rmdir()


system = System()


def opened(path: Path, mode: str = "wb", buffering: int = -1) -> BinaryIO:
    """A file to write bytes to. Durable only once `sync` was called and its name was given by `replace`."""
    return system.open(path, mode, buffering)


def sync(file: BinaryIO) -> None:
    """What was written to an open file is on the disk."""
    file.flush()
    _sync(file.fileno(), file.name)


def sync_file(path: Path) -> None:
    """What somebody else wrote to a file, a library say, is on the disk."""
    with system.open(path, "rb") as file:
        _sync(file.fileno(), path)


def sync_folder(folder: Path) -> None:
    """The names in a folder are on the disk: those given, and that those taken away are gone."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _sync(descriptor, folder)
    except OSError as error:
        if error.errno not in UNSYNCED:
            raise
    finally:
        os.close(descriptor)


def _sync(descriptor: int, path: Path | str) -> None:
    with naming(path):
        system.sync(descriptor)


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """The system's own error of a write or a sync names no file: here it does."""
    try:
        yield
    except Exception as error:
        if failed := disk_error(error):
            failed.filename = failed.filename or str(path)
        raise


def write_durably(path: Path, content: bytes, *, part: Path | None = None) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut. Makes its folder.

    `part` is the name it is written under, where others may write the same file at the same time.
    """
    make_folder(path.parent)
    part = part or part_of(path)
    try:
        with opened(part) as file:
            file.write(content)
            sync(file)
        replace(part, path)
    except Exception:
        with suppress(OSError):
            unlink(part)
        raise


def part_of(path: Path) -> Path:
    """The name beside a file under which it is written."""
    return path.with_name(path.name + PART)


def replace(source: Path, target: Path) -> None:
    """Give a synced file another name, in place of what has it, and see the name onto the disk."""
    system.rename(source, target)
    sync_folder(target.parent)
    if source.parent != target.parent:
        sync_folder(source.parent)


def move(source: Path, target: Path) -> None:
    """Give a file another name, in place of what has it: for what can be made again, and is not said to be durable."""
    system.rename(source, target)


def link(source: Path, target: Path) -> None:
    """A second name for a file. Raises OSError where the file system has none, or the name is taken."""
    system.link(source, target)


def unlink(path: Path) -> None:
    """Take a file away, if it is there."""
    with suppress(FileNotFoundError):
        system.unlink(path)


def truncate(file: BinaryIO, size: int) -> None:
    """Cut an open file off at `size` bytes."""
    system.truncate(file, size)


def copy(source: Path, target: Path, *, seen: Callable[[bytes], object] = len, as_private: bool = False) -> None:
    """Copy a file's content to `target`, synced; the name is for the caller to give. `seen` is told every piece.

    `as_private`: with the source's mode, so that what nobody else may read stays so.
    """
    with source.open("rb") as given, opened(target) as made:
        if as_private:
            os.fchmod(made.fileno(), os.fstat(given.fileno()).st_mode & 0o777)
        while piece := given.read(CHUNK):
            seen(piece)
            made.write(piece)
        sync(made)


def copy_durably(source: Path, target: Path) -> None:
    """Copy a file, with its mode, so that it is there whole or not at all. Makes its folder."""
    make_folder(target.parent)
    part = part_of(target)
    try:
        copy(source, part, as_private=True)
        replace(part, target)
    except Exception:
        with suppress(OSError):
            unlink(part)
        raise


def make_folder(path: Path) -> None:
    """A folder, with those above it, each seen onto the disk in the one that holds it."""
    if path.is_dir():
        return
    make_folder(path.parent)
    try:
        system.make_folder(path)
    except FileExistsError:  # somebody else made it just now, or a file is in the way
        if not path.is_dir():
            raise
    sync_folder(path.parent)


def make_temporary_folder(beside: Path) -> Path:
    """A new folder for what `beside` is to hold, on the same disk: `.NAME-export-PROCESS-xxxxxxxx`.

    Those of processes that were killed are taken away.
    """
    make_folder(beside.parent)
    prefix = f".{beside.name}-export-"
    for left in abandoned(beside.parent, prefix):
        remove_tree(left)
    return Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir=beside.parent))


def abandoned(folder: Path, prefix: str) -> list[Path]:
    """What lies in a folder under names that are `prefix` and the number of a process, which is no more.

    In a container every process has the number of the one before: what bears ours is from before we began.
    """
    found = []
    for path in folder.glob(f"{glob.escape(prefix)}*"):
        number = re.match(r"[0-9]{1,9}(?![0-9])", path.name.removeprefix(prefix))
        if number and (int(number[0]) == os.getpid() or not _lives(int(number[0]))):
            found.append(path)
    return sorted(found)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # of another user
        return True
    return True


def remove_database(path: Path) -> None:
    """Take a DuckDB file away with all that DuckDB writes beside it."""
    unlink(path)
    remove_beside_database(path)


def remove_beside_database(path: Path) -> None:
    """Take away what DuckDB left beside a file: it would be replayed into the next that takes its name."""
    for ending in BESIDE_DUCKDB:
        unlink(path.with_name(path.name + ending))
    remove_tree(path.with_name(path.name + ".tmp"))


def remove_sqlite(path: Path) -> None:
    """Take a SQLite file away with all that SQLite writes beside it."""
    for ending in ("", *BESIDE_SQLITE):
        unlink(path.with_name(path.name + ending))


def remove_tree(folder: Path) -> None:
    """Take a folder away with all in it. What cannot be removed stays; the next run tries again."""
    if folder.is_dir() and not folder.is_symlink():
        with suppress(OSError):
            for path in sorted(folder.iterdir()):
                remove_tree(path)
            system.remove_folder(folder)
    else:
        with suppress(OSError):
            system.unlink(folder)

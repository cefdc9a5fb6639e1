"""Releases: a whole new file beside the old one, put in its place in one step.

The published file is written with storage version v1.0.0, so that DuckDB 1.1 and later open it. A
reader that holds the old file goes on reading it: the new one is another file that takes the name.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

from warehouse import disk
from warehouse.errors import WarehouseError
from warehouse.release import file, fingerprint
from warehouse.release.file import Journal, Written
from warehouse.work import Connection

KEEP_MARK = ".keep"


def publish(connection: Connection, journal: Journal, run_id: str, folder: Path, target: Path) -> Written:
    """Write the release of a run and put it at `target`; it stays as `folder/<run_id>.duckdb`.

    A release of that name that is marked keep stays as it was cited; a rebuild's is `<run_id>.2.duckdb` then. `journal`
    gives the rows of the journal's tables and of `release`, told the fingerprint. Raises WarehouseError when it cannot
    be written: with the old file untouched, or, where the disk fails after the new one has its name, saying so.
    """
    before = _identity(target)
    kept = _free(folder, run_id)
    part = kept.with_suffix(".part")
    try:
        disk.make_folder(folder)
        disk.remove_database(part)
        written = file.write_release(connection, part, journal)
        disk.sync_file(part)
        disk.remove_beside_database(kept)
        disk.replace(part, kept)
        _take_name(kept, target)
        file.note_written(connection, kept)
    except (duckdb.Error, OSError) as error:
        with suppress(OSError):
            disk.remove_database(part)
        why = str(error).splitlines()[0]
        if _identity(target) != before:
            raise WarehouseError(
                f"The release of run {run_id} is published, but the disk did not confirm that it will last ({why}). "
                "Look at the disk and run again."
            ) from error
        raise WarehouseError(
            f"The release could not be written to {folder} ({why}). The last release stands; "
            "make room or mend the folder's rights and run again."
        ) from error
    return written


def _identity(target: Path) -> int | None:
    """Which file has the name."""
    return target.stat().st_ino if target.exists() else None


def _free(folder: Path, run_id: str) -> Path:
    """The file of a run's release: the first that is not marked keep."""
    path = folder / f"{run_id}.duckdb"
    number = 1
    while path.with_suffix(KEEP_MARK).exists():
        number += 1
        path = folder / f"{run_id}.{number}.duckdb"
    return path


def _take_name(kept: Path, target: Path) -> None:
    """Put the release under the published name in one step; a hard link costs no second copy."""
    link = target.with_name(target.name + ".next")
    disk.unlink(link)
    try:
        disk.link(kept, link)
    except OSError:  # a file system without hard links
        disk.copy(kept, link)
    disk.remove_beside_database(target)  # somebody who opened the file for writing left it
    disk.replace(link, target)


def prune(folder: Path, keep: int, target: Path, runs: Sequence[str]) -> list[str]:
    """Remove the oldest releases beyond `keep`; those marked keep, and the published one, stay.

    `runs` are all there were, in the order they began: names tell the clock, which may have been wrong. What is of no
    such run goes first.
    """
    numbers = {run_id: number for number, run_id in enumerate(runs)}
    unmarked = [path for path in folder.glob("*.duckdb") if not path.with_suffix(KEEP_MARK).exists()]
    releases = sorted(unmarked, key=lambda path: (numbers.get(path.name.partition(".")[0], -1), path.name))
    removed = []
    for path in releases[: max(0, len(releases) - keep)]:
        if not (target.exists() and path.samefile(target)):
            with suppress(OSError):  # it stays until it can go; what was published is published
                disk.remove_database(path)
                removed.append(path.stem)
    return removed


def keep(folder: Path, run_id: str, target: Path | None = None) -> None:
    """Mark a release so that `prune` never removes it; where a run has several, the one that is published at `target`.

    Raises WarehouseError where it is not there.
    """
    release = folder / f"{run_id}.duckdb"
    if target is not None:
        of_run = [release, *sorted(folder.glob(f"{run_id}.*.duckdb"), key=lambda path: path.stat().st_mtime_ns)]
        there = [path for path in of_run if path.exists()]
        release = next((path for path in there if path.samefile(target)), (there or [release])[-1])
    if not release.exists():
        raise WarehouseError(f"{release} is not there, so it cannot be kept; copy the published file instead.")
    with disk.opened(release.with_suffix(KEEP_MARK), "ab") as mark:
        disk.sync(mark)
    disk.sync_folder(folder)


def published_fingerprints(target: Path) -> dict[str, str]:
    """Table -> fingerprint of the published file; empty when there is no readable one of this schema."""
    if not target.exists():
        return {}
    try:
        with duckdb.connect(str(target), read_only=True) as connection:
            return dict(fingerprint.content_fingerprints(connection))
    except duckdb.Error:
        return {}


def published_run(target: Path) -> str | None:
    """The run of the published file; None when there is no readable one."""
    if not target.exists():
        return None
    try:
        with duckdb.connect(str(target), read_only=True) as connection:
            row = connection.execute("SELECT run_id FROM release").fetchone()
    except duckdb.Error:
        return None
    return row[0] if row else None

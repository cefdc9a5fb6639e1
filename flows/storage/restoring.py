"""The mark of a restore that has not come to its end: until then the folder is no whole home, nothing works in it."""

from __future__ import annotations

from pathlib import Path

from flows.errors import HomeError
from warehouse import disk

MARK = "restore.unfinished"


def begin(home: Path, backup: Path) -> None:
    """Mark a home as being restored from a backup. Raises OSError."""
    disk.write_durably(home / MARK, str(backup).encode("utf-8", "surrogateescape"))


def end(home: Path) -> None:
    """The restore is whole."""
    disk.unlink(home / MARK)
    disk.sync_folder(home)


def backup_of(home: Path) -> str | None:
    """The backup from which a restore was begun and not ended; None where there is no such."""
    try:
        return (home / MARK).read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return None


def refuse_unfinished(home: Path) -> None:
    """Raises HomeError where a restore was cut off."""
    if backup_of(home) is not None:
        raise HomeError(sentence(home))


def sentence(home: Path) -> str:
    """What is wrong, and what to do."""
    backup = backup_of(home)
    return f"The restore of {home} from {backup} was cut off. Do it again: `cartrials restore {backup}`."

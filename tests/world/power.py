"""A power cut: the disk as it may lie after one, which has less on it than the product had written.

What a file says is on the disk once the file was synced, and a name once its folder was. `Unsynced` is told of every
write, rename, link and removal of ours, and of every sync. `cut` takes from a copy of the data folder what no sync
had reached: of each folder the last of its names, of each file the end of its content, as many as are drawn. What
DuckDB and SQLite write themselves is let be as it lies: their own protocols answer for it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

Undo = Callable[[Path], None]  # takes back, in a copy of the folder, what became of one name


@dataclass
class Unsynced:
    """What the disk has not been told to keep. `stash` is a folder on the same disk for what lost its name."""

    home: Path
    stash: Path
    names: dict[Path, list[Undo]] = field(default_factory=dict)  # folder -> what became of its names, in order
    synced: dict[Path, int] = field(default_factory=dict)  # file of ours -> bytes that were synced
    lost: list[str] = field(default_factory=list)

    def opens(self, path: Path, mode: str) -> None:
        """A file is about to be opened for writing."""
        if not path.exists():
            self._note(path, lambda copy: (copy / self._relative(path)).unlink(missing_ok=True))
        self.synced[path] = path.stat().st_size if path.exists() and "w" not in mode else 0

    def syncs(self, descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_dir():
            self.names.pop(path, None)
        elif path in self.synced:
            self.synced[path] = path.stat().st_size

    def renames(self, source: Path, target: Path) -> None:
        before, was, is_now = self._stashed(target), self._relative(source), self._relative(target)

        def undo(copy: Path) -> None:
            (copy / was).parent.mkdir(parents=True, exist_ok=True)
            if (copy / is_now).exists():
                (copy / is_now).rename(copy / was)
            _put_back(before, copy / is_now)

        self._note(target, undo)
        self.synced[target] = self.synced.pop(source, source.stat().st_size)

    def links(self, target: Path) -> None:
        self._note(target, lambda copy: (copy / self._relative(target)).unlink(missing_ok=True))

    def unlinks(self, path: Path) -> None:
        if path.exists():
            before = self._stashed(path)
            self._note(path, lambda copy: _put_back(before, copy / self._relative(path)))
            self.synced.pop(path, None)

    def makes_folder(self, path: Path) -> None:
        self._note(path, lambda copy: shutil.rmtree(copy / self._relative(path), ignore_errors=True))

    def cut(self, copy: Path, draw: Random) -> None:
        """Take from a copy of the data folder, as it lies, what a power cut may have taken."""
        for path, synced in self.synced.items():
            there = copy / self._relative(path)
            if there.is_file() and there.stat().st_size > synced:
                self._shorten(there, draw.randint(synced, there.stat().st_size))
        for folder in sorted(self.names, key=lambda one: -len(one.parts)):
            done = self.names[folder]
            for undo in reversed(done[draw.randint(0, len(done)) :]):
                undo(copy)

    def _shorten(self, path: Path, size: int) -> None:
        content = path.read_bytes()
        path.unlink()  # the file may have a second name
        path.write_bytes(content[:size])
        self.lost.append(f"the end of {path.name}")

    def _note(self, path: Path, undo: Undo) -> None:
        if path.is_relative_to(self.home):

            def taken_back(copy: Path) -> None:
                self.lost.append(f"a name: {self._relative(path)}")
                undo(copy)

            self.names.setdefault(path.parent, []).append(taken_back)

    def _relative(self, path: Path) -> Path:
        return path.relative_to(self.home) if path.is_relative_to(self.home) else Path(path.name)

    def _stashed(self, path: Path) -> Path | None:
        if not path.is_file():
            return None
        self.stash.mkdir(parents=True, exist_ok=True)
        kept = self.stash / f"{len(list(self.stash.iterdir()))}-{path.name}"
        os.link(path, kept)
        return kept


def _put_back(before: Path | None, path: Path) -> None:
    if before is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        os.link(before, path)

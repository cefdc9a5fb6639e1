"""A fault of a night: at a drawn call by which something becomes durable, the night dies or the disk fails.

A kill copies the data folder as it lies and lets the world go on from the copy: what the process did after that, it
did not do. So nothing of the product's own tidying counts.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import duckdb

from tests.world.power import Unsynced

# Written under another name and never altered: a second name will do.
UNALTERED = (".duckdb", ".zst", ".json", ".atom", ".ics")
RUN = re.compile(r"\d{8}T\d{6}Z-\d+")
ALTERED = ("work.duckdb", "work.rebuilt.duckdb")


class Killed(BaseException):
    """The process is dead; its folder was copied as it lay."""


@dataclass
class Fault:
    """`kind`: none, kill, power (a kill that loses what was not synced), or the name of an errno. It comes at the
    `at`-th call named `call`; an errno stays for `lasts` calls of whatever name.
    """

    home: Path
    kind: str = "none"
    call: str = ""
    at: int = 1
    lasts: int = 1
    calls: Counter[str] = field(default_factory=Counter)
    is_dead: bool = False
    met: str = ""
    draw: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        stash = self.home.with_name(self.home.name + ".stash")
        shutil.rmtree(stash, ignore_errors=True)
        self.unsynced = Unsynced(self.home, stash) if self.kind == "power" else None

    @property
    def copy(self) -> Path:
        return self.home.with_name(self.home.name + ".left")

    def watch(self, name: str, is_done: bool) -> None:
        """Told of every boundary call."""
        if self.is_dead:
            raise Killed(self.met)
        name = RUN.sub("RUN", name) + (" done" if is_done else "")
        self.calls[name] += 1
        is_here = name == self.call and self.calls[name] == self.at
        if self.kind == "none" or not (is_here or (self.met and self.lasts)):
            return
        if self.kind in ("kill", "power"):
            self.met, self.is_dead = name, True
            copy_home(self.home, self.copy)
            if self.unsynced:
                self.unsynced.cut(self.copy, self.draw)
            raise Killed(self.met)
        self.met = self.met or name
        self.lasts -= 1
        if not is_done:
            if name.startswith("sqlite"):
                raise sqlite3.OperationalError("database or disk is full")
            if name.startswith("duckdb"):
                raise duckdb.IOException("IO Error: Could not write file: No space left on device")
            number = getattr(errno, self.kind)
            raise OSError(number, os.strerror(number), name)

    def go_on(self) -> None:
        """After a kill: the world goes on from what was left."""
        if self.is_dead:
            shutil.rmtree(self.home)
            self.copy.mkdir(exist_ok=True)  # a power cut may have taken the name of the home itself
            self.copy.rename(self.home)


def copy_home(home: Path, target: Path) -> None:
    """The folder as it lies. Files that are never altered get a second name instead of a second copy."""
    for folder, _, names in os.walk(home):
        there = target / Path(folder).relative_to(home)
        there.mkdir(parents=True, exist_ok=True)
        for name in names:
            source = Path(folder) / name
            if name.endswith(UNALTERED) and name not in ALTERED:
                os.link(source, there / name)
            else:
                shutil.copy2(source, there / name)

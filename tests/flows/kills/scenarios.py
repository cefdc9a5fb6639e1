"""What is killed: each command that writes, from a beginning that was made once, and the run that comes next."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.cli.commands.alerts import deliver_pending
from flows.cli.commands.backup import back_up, restore_from
from flows.cli.commands.export import export_to
from flows.cli.commands.nightly import exit_code_of
from flows.cli.commands.rebuild import run_rebuild
from flows.config.settings import Settings, load
from flows.errors import CartrialsError, Held
from flows.runs import nightly as nights
from flows.runs.accept import accept
from flows.runs.run import Options

REASON = "They have left the registry"
# The report takes a quarter of a night; `second night` writes it, and so does every rebuild.
NO_REPORT = nights.Steps(write_report=lambda _published, target: target)


@dataclass(frozen=True)
class Ground:
    """Where a try happens: `home` is killed, `beside` takes what is written elsewhere, `nights` holds recordings."""

    folder: Path
    nights: Path
    watchlist: Path
    subscribers: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def beside(self) -> Path:
        return self.folder / "beside"

    def settings(self, **more: Any) -> Settings:
        return load(home=self.home, watchlist=self.watchlist, subscribers=self.subscribers, workers=1, **more)

    def night(self, recordings: str, *, report: bool = False, announce: bool = True, **more: Any) -> int:
        """The nights of a folder of recordings; the exit code."""
        options = Options(recorded=self.nights / recordings, announce=announce)
        steps = nights.DIRECT if report else NO_REPORT
        return exit_code_of(nights.run(self.settings(**more), options, steps))


Act = Callable[[Ground], int]


@dataclass(frozen=True)
class Scenario:
    """`work` is killed; then comes `again`. `begin` makes what both start from, out of nothing or of `after`."""

    work: Act
    again: Act
    begin: Act | None = None
    after: str | None = None


def first(ground: Ground) -> int:
    return ground.night("first")


def both(ground: Ground) -> int:
    return ground.night("both")


def accept_again(ground: Ground) -> int:
    """Who accepted and saw it die accepts again; where it is done already, the next night is an ordinary one."""
    try:
        return exit_code_of([accept(ground.settings(), "last", REASON)])
    except CartrialsError as error:
        if isinstance(error, Held):
            raise
        return ground.night("half")


def held(ground: Ground) -> int:
    try:
        ground.night("half")
    except Held:
        return 0
    raise AssertionError("half a registry was not held")


def night_or_accept(ground: Ground) -> int:
    """The next night finishes what was accepted, or is held again and then accepted."""
    try:
        return ground.night("half")
    except Held:
        return accept_again(ground)


def write_anew(ground: Ground) -> int:
    """Somebody has touched the release, so that the next is no copy of it; and only one is to be kept."""
    for release in (ground.home / "releases").glob("*.duckdb"):
        release.touch()
    return 0


def second_of_one(ground: Ground) -> int:
    return ground.night("both", keep_releases=1)


def export(ground: Ground) -> int:
    return export_to(ground.settings(), ground.beside / "export", keep=True)


def backup(ground: Ground) -> int:
    return back_up(ground.settings(), ground.beside / "backup")


def backed_up(ground: Ground) -> int:
    """A backup, and no data folder beside it."""
    code = back_up(ground.settings(), ground.folder / "backup")
    shutil.rmtree(ground.home)
    return code


def restore(ground: Ground) -> int:
    return restore_from(ground.settings(), ground.folder / "backup")


def restore_again(ground: Ground) -> int:
    """Where the restore had come far enough, the folder holds data already, and a night ends what is left."""
    try:
        return restore(ground)
    except CartrialsError as error:
        if "already" not in str(error):
            raise
        return both(ground)


SCENARIOS = {
    "first night": Scenario(first, both),
    "second night": Scenario(lambda g: g.night("both", report=True), both, after="first"),
    "written anew": Scenario(second_of_one, second_of_one, write_anew, "first"),
    "rebuild": Scenario(lambda g: run_rebuild(g.settings(), only_profiles=False), both, after="second"),
    "profiles": Scenario(lambda g: run_rebuild(g.settings(), only_profiles=True), both, after="second"),
    "backup": Scenario(backup, backup, after="second"),
    "restore": Scenario(restore, restore_again, backed_up, "second"),
    "export": Scenario(export, export, after="second"),
    "accept": Scenario(accept_again, accept_again, held, "first"),
    "accepted": Scenario(accept_again, night_or_accept, held, "first"),
    "delivery": Scenario(lambda g: deliver_pending(g.settings()), both,
                         lambda g: g.night("both", announce=False), "first"),
}  # fmt: skip
BEGINNINGS: dict[str, Act] = {"first": first, "second": both}


def copied(source: Path, target: Path) -> None:
    """A copy to the hard link and the nanosecond: a release is told from one that somebody touched by them."""
    shutil.rmtree(target, ignore_errors=True)
    if source.exists():
        subprocess.run(["cp", "-a", "--sparse=always", str(source), str(target)], check=True)

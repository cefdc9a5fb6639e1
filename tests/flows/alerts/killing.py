"""Announce the same night in one data folder after another, killed with SIGKILL at a named step, then again.

    python -m tests.flows.alerts.killing FOLDER

FOLDER holds `template/` (a data folder in which the first night has been announced and the second is
published), `settings/` and `moments.json`: a list of [name, step, count]. Each becomes a home of its own with
one subscriber called `name`, whose announcement is killed when `step` is reached for the `count`th time
(0: never, but two processes announce at once). A process of its own that imports everything once and forks:
sixty starts of Python would take longer than all the rest.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flows.alerts.announce import announce
from flows.alerts.subscribers.addresses import address_of
from flows.config.settings import Settings
from flows.storage.journal import Journal
from tests.flows.alerts.made_up import night, run_of


def main(folder: Path) -> None:
    for url in ("json://localhost", "mailto://localhost?from=a@example.com&to=b@example.com"):
        address_of(url)  # Apprise loads every one of its channels when it is first asked: once, before the forks
    for name, step, count in json.loads((folder / "moments.json").read_text()):
        home = folder / name
        shutil.copytree(folder / "template", home)
        text = (folder / "settings" / "subscribers.toml").read_text().replace("template", name)
        (folder / "settings" / f"{name}.toml").write_text(text)
        # The template's ledger knows the subscriber by another name.
        with sqlite3.connect(home / "state.sqlite") as journal:
            for table in ("alerts", "alert_told", "alert_subscribers"):
                journal.execute(f"UPDATE {table} SET subscriber = ?", [name])
        settings = Settings(
            home=home,
            watchlist=folder / "settings" / "watchlist.toml",
            subscribers=folder / "settings" / f"{name}.toml",
        )
        if count:
            ended = [wait(start(settings, killing_at(step, count)))]
        else:
            ended = [wait(child) for child in [start(settings), start(settings)]]
        again = wait(start(settings, clock=night(3)))
        print(json.dumps({"name": name, "ended": ended, "again": again, "states": states(home)}), flush=True)


def start(settings: Settings, step: Callable[[str], None] = lambda _: None, clock: datetime | None = None) -> int:
    """Announce the second night in a forked process; its pid."""
    child = os.fork()
    if child:
        return child
    try:
        with Journal(settings.journal_path) as journal:
            announce(
                settings,
                journal,
                settings.warehouse_path,
                run_of(2),
                clock or night(2),
                send=True,
                step=step,
            )
        os._exit(0)
    except BaseException as error:  # noqa: BLE001  (a forked child must not return into its parent's code)
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)


def killing_at(step: str, count: int) -> Callable[[str], None]:
    met: Counter[str] = Counter()

    def stepped(name: str) -> None:
        met[name] += 1
        if name == step and met[name] == count:
            os.kill(os.getpid(), signal.SIGKILL)

    return stepped


def wait(child: int) -> int:
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def states(home: Path) -> dict[str, dict[str, int]]:
    """How many alerts and messages there are in each state."""
    with sqlite3.connect(home / "state.sqlite") as journal:
        return {
            table: dict(journal.execute(f"SELECT state, count(*) FROM {table} GROUP BY 1").fetchall())
            for table in ("alerts", "alert_messages")
        }


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""A data folder with a journal, subscribers on loopback servers, and nights that are announced one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flows.alerts.announce import Announced, announce
from flows.config.settings import Settings
from flows.storage.journal import Journal
from tests.flows.alerts import made_up
from tests.flows.alerts.servers import SmtpServer, Webhook
from tests.records import one_leg_watchlist

WATCHLIST = one_leg_watchlist(leg="sle-words")


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    monkeypatch.setenv("HOOK_SECRET", "s3cret")
    with Webhook() as server:
        yield server


@dataclass
class Office:
    """A data folder under test."""

    settings: Settings
    journal: Journal

    def publish(self, number: int, trials: Any, events: Any, **more: Any) -> Path:
        return made_up.release(self.settings.warehouse_path, number, trials, events, **more)

    def announce(self, number: int, clock: datetime | None = None, **more: Any) -> Announced:
        options = {"send": True, **more}
        return announce(
            self.settings,
            self.journal,
            self.settings.warehouse_path,
            made_up.run_of(number),
            clock or made_up.night(number),
            **options,
        )

    def states(self) -> list[tuple[str, str]]:
        """(state of each message, its error), the oldest first."""
        return [
            (row["state"], row["error"]) for row in self.journal.rows("SELECT * FROM alert_messages ORDER BY rowid")
        ]

    def count(self, state: str) -> int:
        return int(self.journal.rows("SELECT count(*) AS n FROM alerts WHERE state = ?", [state])[0]["n"])


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Callable[..., Office]]:
    """office(toml) makes a data folder with these subscribers."""
    with offices(tmp_path) as make:
        yield make


@contextmanager
def offices(folder: Path) -> Iterator[Callable[..., Office]]:
    opened: list[Journal] = []

    def make(subscribers: str, **more: Any) -> Office:
        (folder / "watchlist.toml").write_text(WATCHLIST)
        (folder / "subscribers.toml").write_text(subscribers)
        settings = Settings(
            home=folder / "home",
            watchlist=folder / "watchlist.toml",
            subscribers=folder / "subscribers.toml",
            **more,
        )
        opened.append(Journal(settings.journal_path))
        return Office(settings, opened[-1])

    yield make
    for journal in opened:
        journal.connection.close()


@pytest.fixture(scope="module")
def module_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Office]]:
    """As `office`, once for all tests of a module that only look at what was done."""
    with offices(tmp_path_factory.mktemp("office")) as make:
        yield make


@pytest.fixture(scope="module")
def module_smtp() -> Iterator[SmtpServer]:
    with SmtpServer() as server:
        yield server


@pytest.fixture(scope="module")
def module_webhook() -> Iterator[Webhook]:
    with pytest.MonkeyPatch.context() as patch, Webhook() as server:
        patch.setenv("HOOK_SECRET", "s3cret")
        yield server


def one_reader(url: str, extra: str = "") -> str:
    """A subscriber who reads everything in one channel."""
    return f'[[subscriber]]\nname = "reader"\nchannels = ["{url}"]\nwebhook_secret = "${{HOOK_SECRET}}"\n{extra}\n'

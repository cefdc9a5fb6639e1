"""A small world for the nightly job: both sources on loopback, a watchlist, a data folder.

with World(folder) as world:
    world.night()
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import duckdb

from flows.config.settings import Settings, load
from flows.runs import nightly
from flows.runs.run import Options, Report
from flows.storage.journal import Journal
from tests import records
from tests.servers.ctgov import CtgovServer
from tests.servers.eutils import EutilsServer

KEY = "k3y0f7ests0n1y"
CONTACT = "somebody@example.org"
WATCHLIST = """
[[topic]]
name = "sle"
title = "Systemic lupus erythematosus"
diseases = ["SLE"]
sentinels = ["NCT90000001", "90000001"]
[[topic.leg]]
name = "lupus-words"
source = "ctgov"
"query.term" = "lupus"
[[topic.leg]]
name = "lupus-papers"
source = "pubmed"
term = "lupus[tiab]"
"""
STUDIES = 12
PAPERS = 4
# The report takes a quarter of a night; how it fares has tests of its own.
NO_REPORT = nightly.Steps(write_report=lambda _published, target: target)


def studies(count: int = STUDIES, **changes: Any) -> list[records.Study]:
    return [records.study(number, **changes) for number in range(1, count + 1)]


def papers(count: int = PAPERS) -> list[bytes]:
    return [records.paper(number) for number in range(1, count + 1)]


class World:
    """Both servers, and settings that lose no second. `again` is the data folder of an earlier world."""

    def __init__(self, folder: Path, *, again: Path | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.home = folder / "data"
        if again is not None:
            shutil.copytree(again, self.home)
        self.watchlist = folder / "watchlist.toml"
        self.watchlist.write_text(WATCHLIST, "utf-8")
        self.registry = CtgovServer(studies())
        self.library = EutilsServer(papers(), limits=None)

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._stack.enter_context(self.registry)
        self._stack.enter_context(self.library)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def given(self) -> dict[str, Any]:
        """What is set, by the names of the settings."""
        return {
            "home": self.home, "ctgov_url": self.registry.url, "pubmed_url": self.library.url,
            "watchlist": self.watchlist, "contact_email": CONTACT, "ncbi_api_key": KEY, "tries": 3, "retry_delay": 0.01,
            "answer_timeout": 0.5, "ctgov_per_second": 1000, "pubmed_per_second": 1000, "workers": 1,
        }  # fmt: skip

    def settings(self, **changes: Any) -> Settings:
        return load(**(self.given() | changes))

    def environment(self) -> dict[str, str]:
        """The same for a process of its own."""
        return {f"CARTRIALS_{name.upper()}": str(value) for name, value in self.given().items()}

    def night(self, options: Options | None = None, steps: nightly.Steps = NO_REPORT, **changes: Any) -> Report:
        """One live night, without Prefect, and without its report where `steps` does not say otherwise."""
        return nightly.run(self.settings(**changes), options or Options(), steps)[-1]

    def journal(self, query: str) -> list[dict[str, Any]]:
        with Journal(self.home / "state.sqlite", read_only=True) as journal:
            return journal.rows(query)

    def last_run(self) -> dict[str, Any]:
        return self.journal("SELECT * FROM runs ORDER BY started_at DESC, run_id DESC LIMIT 1")[0]

    def published(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home / "cartrials.duckdb"), read_only=True) as warehouse:
            return warehouse.execute(query).fetchall()

    def release(self) -> tuple[int, bytes]:
        """The published file as it stands: another inode or content is another release."""
        path = self.home / "cartrials.duckdb"
        return path.stat().st_ino, path.read_bytes()


def next_day(world: World, stamp: str = "2026-09-05T09:00:06") -> None:
    """The registry has reloaded: its data may have changed."""
    world.registry.data_timestamp = stamp


def changed(made: records.Study, **changes: Any) -> records.Study:
    """A study with other values below protocolSection (see tests.records.study)."""
    copy: records.Study = json.loads(json.dumps(made))
    for path, value in changes.items():
        records.changed(copy["protocolSection"], path.split("__"), value)
    return copy


def numbers(found: Iterable[records.Study]) -> set[str]:
    return {one["protocolSection"]["identificationModule"]["nctId"] for one in found}

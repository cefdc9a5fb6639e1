from __future__ import annotations

from pathlib import Path

import pytest

from flows.backfill import registry, running
from flows.backfill.runners import Runner
from flows.backfill.scanning import Rules
from flows.backfill.shelf import Shelf
from flows.sources import clinicaltrials
from flows.sources.errors import Unavailable
from flows.sources.session import RequestPolicy, Session
from tests.flows.backfill.made_up import other_study
from tests.servers.ctgov import CtgovServer

STUDIES = [other_study(number) for number in range(1, 6)]


def asking(server: CtgovServer) -> Session:
    return clinicaltrials.session(server.url, manners=RequestPolicy(per_second=1000, delay=0))


def test_pages_are_fetched_once_under_one_data_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clinicaltrials.pages, "__defaults__", (2,))
    shelf = Shelf(str(tmp_path), "ctgov")
    with CtgovServer(STUDIES) as server, asking(server) as session:
        parts = registry.fetched(shelf, session)
        assert [part.name for part in parts] == ["page-00001", "page-00002", "page-00003"]
        asked = len(server.requests)
        assert registry.fetched(shelf, session) == parts
        assert server.paths()[asked:] == ["/api/v2/version"]
        server.data_timestamp = "2026-09-05T09:00:00"
        assert registry.fetched(shelf, session) == parts
        assert len(server.requests) > asked + 3
    outcomes = running.run(parts, str(tmp_path), Rules(), Runner("here"))
    manifests = [shelf.done(outcome.partition.name) for outcome in outcomes]
    assert [manifest.records for manifest in manifests if manifest] == [2, 2, 1]


def test_a_registry_that_moves_while_it_is_read_is_read_again_and_then_left_for_later(tmp_path: Path) -> None:
    with CtgovServer(STUDIES) as server, asking(server) as session:
        stamps = iter(f"2026-09-0{day}T09:00:00" for day in range(1, 9))

        def moving(pages: int) -> None:
            server.data_timestamp = next(stamps)

        with pytest.raises(Unavailable, match="changed its data twice"):
            registry.fetched(Shelf(str(tmp_path), "ctgov"), session, lambda _line: moving(1))
    assert not (tmp_path / "ctgov" / "pages" / "fetched.json").exists()

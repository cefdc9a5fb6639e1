"""When the registry is not asked again, and when it is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flows.errors import Held
from flows.ingest import to_request
from flows.runs.run import Options
from flows.storage.data_folder import open_data_folder
from tests.flows.world import World, next_day, studies
from tests.servers.ctgov import CtgovServer
from tests.servers.loopback import Reply, Request


class ReloadingRegistry(CtgovServer):
    """Its data stamp goes on by one at each of these questions for it."""

    def __init__(self, stamps: list[str]) -> None:
        super().__init__(studies())
        self.stamps = stamps

    def answer(self, request: Request) -> Reply:
        if request.path.endswith("/version") and self.stamps:
            self.data_timestamp = self.stamps.pop(0)
        return super().answer(request)


def searches(world: World, since: int = 0) -> int:
    return world.registry.paths()[since:].count("/api/v2/studies")


def test_under_the_same_stamp_the_registry_is_not_searched_again(world: World) -> None:
    report = world.night()
    assert report.status == "published" and searches(world) == 0
    assert {m.leg: m.is_skipped for m in report.pulls if m.leg == "lupus-words"} == {"lupus-words": True}
    assert world.published("SELECT count(*) FROM trials WHERE registry_state = 'present'") == [(12,)]
    assert world.night(Options(full=True)).status == "published" and searches(world) == 1


def test_another_stamp_or_another_watchlist_is_pulled(world: World) -> None:
    text = world.watchlist.read_text("utf-8")
    world.watchlist.write_text(text.replace('"lupus"', '"lupus OR nephritis"'), "utf-8")
    world.night()
    assert searches(world) == 1
    next_day(world)
    world.night()
    assert searches(world) == 2


def test_a_registry_that_gives_no_stamp_is_always_pulled(tmp_path: Path) -> None:
    with World(tmp_path) as world:
        world.registry.data_timestamp = None  # nothing says that nothing changed
        assert [world.night().status for _ in range(2)] == ["published", "published"]
        assert searches(world) == 2


def test_nights_that_skip_do_not_count_as_pulls_for_ever(world: World) -> None:
    world.night()
    with open_data_folder(world.settings()) as place:
        last = to_request.last_pull(place, place.outside.clock() + timedelta(days=6, hours=23))
        assert last is not None and last.is_recent
        last = to_request.last_pull(place, place.outside.clock() + timedelta(days=7, minutes=1))
        assert last is not None and not last.is_recent


def test_a_stamp_that_moves_during_the_pull_has_it_done_once_more(tmp_path: Path) -> None:
    with World(tmp_path) as world, ReloadingRegistry(["monday", "tuesday", "tuesday"]) as registry:
        report = world.night(ctgov_url=registry.url)
        assert report.status == "published"
        assert registry.paths().count("/api/v2/studies") == 2
        assert world.published("SELECT data_stamp FROM release") == [("tuesday",)]


def test_a_stamp_that_moves_again_is_held(tmp_path: Path) -> None:
    with World(tmp_path) as world, ReloadingRegistry(["monday", "tuesday", "wednesday"]) as registry:
        with pytest.raises(Held, match="from tuesday to wednesday"):
            world.night(ctgov_url=registry.url)
        assert registry.paths().count("/api/v2/studies") == 2
        # The next night finds the stamp at rest, and pulls all the same: the last pull was not whole.
        assert world.night(ctgov_url=registry.url).status == "published"
        assert registry.paths().count("/api/v2/studies") == 3


def test_what_became_of_a_trial_stands_until_it_comes_back(world: World) -> None:
    """Removed stays removed on nights that do not ask, and is not told every night anew."""
    next_day(world)
    world.registry.serve(studies(11))
    state = "SELECT registry_state FROM trials WHERE nct_id = 'NCT90000012'"
    assert world.night().events == 1 and world.published(state) == [("removed",)]
    assert world.night().events == 0 and world.published(state) == [("removed",)]
    next_day(world, "2026-09-06T09:00:06")
    assert world.night().events == 0 and world.published(state) == [("removed",)]
    next_day(world, "2026-09-07T09:00:06")
    world.registry.serve(studies(12))
    assert world.night().events == 1 and world.published(state) == [("present",)]

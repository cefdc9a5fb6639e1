"""Nights that the gate holds, and what a person can do about them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flows.errors import CartrialsError, Held
from flows.runs import accept
from flows.runs.run import Options
from flows.sources.errors import Unexpected
from tests import records
from tests.flows.world import World, changed, next_day, papers, studies
from tests.servers.loopback import Fault


def page(listed: list[records.Study], total: int, token: str | None = None) -> Fault:
    """One answer of the registry to a search, whatever it holds."""
    body: dict[str, Any] = {"totalCount": total, "studies": listed}
    if token:
        body["nextPageToken"] = token
    return Fault(status=200, body=json.dumps(body).encode(), content_type="application/json", on="query.term")


def assert_held(world: World, before: object, *told: str) -> str:
    with pytest.raises(Held) as caught:
        world.night()
    said = str(caught.value)
    assert caught.value.exit_code == 3
    assert all(one in said for one in told), said
    assert "the last release stands" in said and "cartrials accept" in said
    assert world.release() == before
    last = world.last_run()
    assert last["status"] == "held" and last["reason"] in said
    return str(last["run_id"])


def test_a_source_without_records_is_held_and_can_be_accepted(world: World) -> None:
    before = world.release()
    next_day(world)
    world.registry.serve([])
    run_id = assert_held(world, before, "12 last time")
    failures = world.journal(
        f"SELECT check_name FROM quality_results WHERE run_id = '{run_id}' AND severity = 'critical' "
        "AND status = 'failed'"
    )
    assert {"check_name": "The source gives records"} in failures
    assert {"check_name": "The search finds every sentinel"} in failures

    report = accept.accept(world.settings(), "last", "The registry told us of it.")
    assert (report.run_id, report.status) == (run_id, "published")
    assert world.release() != before
    assert world.published("SELECT status, accepted_reason FROM runs WHERE accepted_reason IS NOT NULL") == [
        ("published", "The registry told us of it.")
    ]
    ((listed,),) = world.published("SELECT failures FROM acceptances")
    assert len(json.loads(listed)) == len(failures)
    with pytest.raises(CartrialsError, match="No run is held"):
        accept.accept(world.settings(), "last", "Again.")

    # Accepted is not complete: the registry is pulled anew though its stamp stands.
    asked = len(world.registry.requests)
    world.registry.serve(studies())
    assert world.night().status == "published"
    assert "/api/v2/studies" in world.registry.paths()[asked:]


def test_far_fewer_records_than_last_time_are_held_until_they_are_back(world: World) -> None:
    before = world.release()
    next_day(world)
    world.registry.serve(studies(7))
    held = assert_held(world, before, "7 records, 12 last time")
    world.registry.serve(studies())
    report = world.night()
    assert report.status == "published" and report.trials_changed == 0
    with pytest.raises(CartrialsError, match="newer and published"):
        accept.accept(world.settings(), held, "Too late.")


def test_one_trial_that_leaves_the_search_is_no_bad_night(world: World) -> None:
    next_day(world)
    world.registry.serve(studies(11))
    assert world.night().status == "published"
    assert world.published("SELECT nct_id FROM trials WHERE registry_state <> 'present'") == [("NCT90000012",)]


@pytest.mark.parametrize(("given", "total"), [(12, 20), (12, 11)])
def test_a_total_that_does_not_fit_is_held(world: World, given: int, total: int) -> None:
    before = world.release()
    next_day(world)
    world.registry.faults = [page(studies(given), total)]
    said = f"gave {given} records where the source counts {total}"
    assert_held(world, before, f"Leg lupus-words of ClinicalTrials.gov {said}")


def test_a_repeated_record_is_dropped_and_told(world: World) -> None:
    next_day(world)
    world.registry.faults = [page([*studies(), records.study(3)], 12)]
    report = world.night()
    assert report.status == "published"
    assert [(told.check_name, told.observed) for told in report.warnings] == [
        ("No record is given twice", "1 record came twice from leg lupus-words of ClinicalTrials.gov (pages: 1)")
    ]


def test_page_tokens_that_go_round_end_the_night(world: World) -> None:
    before = world.release()
    next_day(world)
    world.registry.faults = [page(studies(2), 12, token="round")] + [page(studies(2), 12, token="round")] * 3
    with pytest.raises(Unexpected, match=r"the same pages again and again .*leg lupus-words, page 2"):
        world.night()
    assert world.release() == before


def test_a_search_that_misses_a_sentinel_is_held(world: World) -> None:
    before = world.release()
    next_day(world)
    world.registry.serve(studies()[1:])
    assert_held(world, before, "1 of 1 sentinel was not found by leg lupus-words of ClinicalTrials.gov: NCT90000001")


def test_papers_that_are_counted_but_never_come_are_held(world: World) -> None:
    """PubMed names four papers and has only three of them, also when asked for the fourth by its number."""
    before = world.release()
    world.library.faults = [
        Fault(
            status=200, content_type="text/xml", on="efetch", times=99,
            body=b"<PubmedArticleSet>" + b"".join(papers(3)) + b"</PubmedArticleSet>",
        )
    ]  # fmt: skip
    assert_held(world, before, "Leg lupus-papers of PubMed gave 3 records where the source counts 4")


def test_columns_that_empty_are_held(new_world: World) -> None:
    """The registry renames a field: every record is there, and all of them say less."""
    many = studies(30)
    new_world.registry.serve(many)
    assert new_world.night().status == "published"
    before = new_world.release()
    next_day(new_world)
    new_world.registry.serve([changed(one, designModule__phases=None) for one in many])
    assert_held(new_world, before, "Columns of trials lost nearly all their values", "phases")


def test_a_held_run_is_accepted_for_the_failures_it_lists_and_no_others(world: World) -> None:
    before = world.release()
    next_day(world)
    world.registry.serve(studies(7))
    assert_held(world, before)
    watchlist = world.watchlist.read_text("utf-8")
    world.watchlist.write_text(watchlist.replace('"NCT90000001"', '"NCT90000001", "NCT90000099"'), "utf-8")
    with pytest.raises(Held, match="NCT90000099"):
        accept.accept(world.settings(), "last", "Seven are enough.")
    assert world.release() == before
    world.watchlist.write_text(watchlist, "utf-8")
    assert accept.accept(world.settings(), "last", "Seven are enough.").status == "published"


def test_a_dry_run_publishes_nothing_and_is_no_failure(world: World) -> None:
    before = world.release()
    next_day(world)
    world.registry.serve([*studies(), records.study(13)])
    report = world.night(Options(dry_run=True))
    assert (report.status, report.trials_new) == ("dry run", 1)
    assert world.release() == before and world.last_run()["status"] == "dry run"
    assert world.night().trials_new == 1

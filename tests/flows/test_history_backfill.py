"""`backfill history` against the registry's two undocumented endpoints, served on loopback."""

from __future__ import annotations

from typing import Any

import pytest

from flows.backfill.history import TRIALS_A_PART, Backfilled, backfill_history
from flows.errors import CartrialsError
from flows.runs.rebuild import rebuild
from flows.sources.errors import Unavailable, Unexpected
from flows.sources.spoiled import is_whole
from flows.sources.studies import received
from tests import mutations, records
from tests.flows.world import World, changed, next_day, studies
from tests.servers.ctgov import Fault

ONE = records.nct(1)
POSTED = "statusModule__lastUpdatePostDateStruct__date"


def version(day: str, number: int = 1, **changes: Any) -> dict[str, Any]:
    """A version as the history gives it: protocolSection only."""
    made = records.study(number, **{POSTED: day}, **changes)
    return {"protocolSection": made["protocolSection"]}


def past() -> list[dict[str, Any]]:
    """Three earlier versions of trial 1, and the one that the search brings."""
    return [
        version("2025-11-14", statusModule__overallStatus="NOT_YET_RECRUITING",
                designModule__enrollmentInfo={"count": 12, "type": "ESTIMATED"}),
        version("2025-12-01", statusModule__overallStatus="NOT_YET_RECRUITING"),
        version("2026-01-10"),
        {"protocolSection": studies(1)[0]["protocolSection"] | {}},
    ]  # fmt: skip


def backfilled(world: World, *nct_ids: str) -> Backfilled:
    return backfill_history(world.settings(), nct_ids)


def one_with_history(world: World) -> None:
    world.registry.history = {ONE: past()}


def test_earlier_versions_stand_before_the_one_observed(world: World) -> None:
    one_with_history(world)
    found = backfilled(world, ONE)
    assert (found.trials, found.versions, found.absent) == (1, 4, 0)
    versions = world.published(
        f"SELECT version, registry_version, origin, CAST(valid_from AS DATE)::VARCHAR FROM trial_versions "
        f"WHERE nct_id = '{ONE}' ORDER BY version"
    )
    assert versions == [
        (1, 0, "registry_history", "2025-11-14"),
        (2, 1, "registry_history", "2025-12-01"),
        (3, 2, "registry_history", "2026-01-10"),
        (4, 3, "observed", "2026-02-09"),
    ]


def test_the_past_is_known_from_the_backfill_on_and_not_before(world: World) -> None:
    one_with_history(world)
    first_seen = world.published("SELECT max(known_from) FROM trial_states")[0][0]
    backfilled(world, ONE)
    then = f"SELECT overall_status, enrollment_count FROM trials_as_of(DATE '2025-11-20') WHERE nct_id = '{ONE}'"
    assert world.published(then) == [("NOT_YET_RECRUITING", 12)]
    as_known = f"SELECT count(*) FROM trials_as_of(DATE '2025-11-20', known_at := TIMESTAMP '{first_seen}')"
    assert world.published(as_known) == [(0,)]
    assert world.published(f"SELECT target_antigens FROM profiles_as_of(DATE '2025-11-20') WHERE nct_id = '{ONE}'") == [
        (["CD19"],)
    ]


def test_what_changed_in_the_past_is_told_once_with_the_registrys_dates(world: World) -> None:
    one_with_history(world)
    found = backfilled(world, ONE)
    changes = world.published(
        "SELECT registry_date::VARCHAR, field_path, old_value, new_value, rule FROM trial_changes "
        "WHERE field_path NOT LIKE '%last_update%' ORDER BY registry_date, field_path"
    )
    assert changes == [
        ("2025-12-01", "trials.enrollment_count", "12", "24", "enrollment_planned_half"),
        ("2026-01-10", "trials.overall_status", '"NOT_YET_RECRUITING"', '"RECRUITING"', "status_first_recruiting"),
    ]
    events = world.published(
        f"SELECT event_type, occurred_on::VARCHAR, summary FROM trial_events WHERE run_id = '{found.run_id}' ORDER BY 2"
    )
    assert events == [
        ("enrollment_changed", "2025-12-01", "Enrolment 12 → 24"),
        ("status_changed", "2026-01-10", "Status not yet recruiting → recruiting"),
    ]
    assert found.events == 2
    again = backfilled(world, ONE)
    assert (again.versions, again.events) == (0, 0)


def test_nothing_else_of_the_release_changes(world: World) -> None:
    def content() -> list[tuple[Any, ...]]:
        return world.published("SELECT * EXCLUDE (run_id) FROM trials ORDER BY nct_id") + world.published(
            "SELECT * FROM registry_nights"
        )

    before = content()
    one_with_history(world)
    backfilled(world)
    assert content() == before


def test_terms_that_only_the_search_brings_are_no_change(new_world: World) -> None:
    """The registry's history carries no derivedSection: what is read from MeSH there has not come or gone."""
    silent = {
        "conditionsModule__conditions": ["A rare condition"], "conditionsModule__keywords": ["CAR-T"],
        "descriptionModule__briefSummary": "Participants receive autologous CD19 CAR-T cells.",
        "eligibilityModule__eligibilityCriteria": "Inclusion Criteria:\n\n* Adults",
        "identificationModule__briefTitle": "CD19 CAR-T cells in a rare condition",
    }  # fmt: skip
    with_terms = changed(studies(1)[0], **silent)
    with_terms["derivedSection"]["conditionBrowseModule"] = {"meshes": [{"id": "D009157", "term": "Myasthenia Gravis"}]}
    with_terms["protocolSection"]["contactsLocationsModule"]["locations"][0]["facility"] = "Clinic in Lupus Lane"
    new_world.registry.serve([with_terms, *studies()[1:]])
    new_world.night()
    read = new_world.published(f"SELECT diseases, scope FROM trials WHERE nct_id = '{ONE}'")
    assert read == [(["myasthenia gravis"], "in_scope")]
    earlier = changed(with_terms, statusModule__overallStatus="NOT_YET_RECRUITING", **{POSTED: "2026-01-10"})
    new_world.registry.history = {ONE: [{"protocolSection": earlier["protocolSection"]}]}
    found = backfilled(new_world, ONE)
    assert new_world.published(f"SELECT summary FROM trial_events WHERE run_id = '{found.run_id}'") == [
        ("Status not yet recruiting → recruiting",)
    ]


def test_nobody_is_told_and_the_next_night_goes_on(world: World) -> None:
    world.watchlist.with_name("subscribers.toml").write_text(
        '[[subscriber]]\nname = "ada"\ntopics = ["sle"]\n', "utf-8"
    )
    told = world.settings(subscribers=world.watchlist.with_name("subscribers.toml"))
    next_day(world)
    world.night(subscribers=told.subscribers)
    one_with_history(world)
    found = backfill_history(told, [ONE])
    next_day(world, "2026-09-06T09:00:06")
    report = world.night(subscribers=told.subscribers)
    assert (report.status, report.trials_new, report.trials_changed, report.events) == ("published", 0, 0, 0)
    # A subscriber without a channel reads the feed: there an alert that is told counts as delivered.
    of_backfill = world.published(
        "SELECT DISTINCT state FROM alerts JOIN trial_events USING (event_id) "
        f"WHERE trial_events.run_id = '{found.run_id}'"
    )
    assert set(of_backfill) <= {("seeded",)}
    assert world.published("SELECT count(*) FROM alerts WHERE state = 'pending'") == [(0,)]


def test_a_change_after_a_backfill_is_seen_as_any_other(world: World) -> None:
    one_with_history(world)
    backfilled(world, ONE)
    world.registry.serve([changed(studies()[0], statusModule__overallStatus="TERMINATED"), *studies()[1:]])
    next_day(world)
    report = world.night()
    assert (report.trials_changed, report.events) == (1, 1)
    assert world.published(f"SELECT max(version) FROM trial_versions WHERE nct_id = '{ONE}'") == [(5,)]


def test_a_backfill_is_rebuilt_to_the_same_fingerprints(world: World) -> None:
    one_with_history(world)
    backfilled(world, ONE)
    world.registry.serve([changed(studies()[0], statusModule__overallStatus="TERMINATED"), *studies()[1:]])
    next_day(world)
    world.night()
    result = rebuild(world.settings())
    assert result.before
    assert result.differing == []


def test_it_asks_once_for_each_version_and_says_who_asks(world: World) -> None:
    one_with_history(world)
    asked = len(world.registry.requests)
    backfilled(world, ONE)
    new = world.registry.requests[asked:]
    assert [request.path.removeprefix("/api/int/studies/") for request in new] == [
        ONE, *(f"{ONE}/history/{number}" for number in range(4))
    ]  # fmt: skip
    assert all(request.headers["User-Agent"].startswith("cartrials/") for request in new)


def test_a_backfill_that_was_stopped_goes_on_where_it_was(world: World) -> None:
    world.registry.history = {
        records.nct(n): [version("2025-12-01", n), version("2026-02-09", n)] for n in range(1, 25)
    }
    world.registry.serve(studies(24))
    next_day(world)
    world.night()
    stood = world.release()
    world.registry.faults = [Fault(status=503, on=f"{records.nct(TRIALS_A_PART + 1)}/history", times=99)]
    with pytest.raises(Unavailable, match="try again later"):
        backfilled(world)
    assert world.release() == stood
    assert world.last_run()["status"] == "failed"
    world.registry.faults = []
    asked = len(world.registry.requests)
    found = backfilled(world)
    assert (found.trials, found.versions) == (24, 48)
    fetched = [path for path in world.registry.paths()[asked:] if "/history/" in path]
    assert len(fetched) == 2 * (24 - TRIALS_A_PART)
    assert rebuild(world.settings()).differing == []


@pytest.mark.parametrize(
    ("on", "body"),
    [
        ("'history': 'true'", b'{"study":{},"versions":[]}'),
        ("'history': 'true'", b'{"history":{"changes":[{"version":0,"date":"some day"}]}}'),
        ("/history/", b'{"studyVersion":0,"record":{}}'),
        ("/history/", b'{"study":{"protocolSection":{"identificationModule":{"nctId":"NCT90000002"}}}}'),
        ("/history/", b'{"study":{"protocolSection":'),
        ("/history/0", b"[]"),
    ],
)
def test_another_shape_is_said_and_changes_nothing(world: World, on: str, body: bytes) -> None:
    one_with_history(world)
    stood = world.release()
    world.registry.faults = [Fault(status=200, body=body, content_type="application/json", on=on, times=99)]
    with pytest.raises(Unexpected, match="doctor"):
        backfilled(world, ONE)
    assert world.release() == stood
    assert world.last_run()["kind"] == "backfill"
    assert world.last_run()["status"] == "failed"


def test_a_history_with_holes_gives_what_is_there(world: World) -> None:
    versions: list[Any] = past()
    versions[1] = None
    world.registry.history = {ONE: versions}
    found = backfilled(world, ONE)
    assert (found.versions, found.absent) == (3, 1)
    assert world.published(
        f"SELECT list(registry_version ORDER BY version) FROM trial_versions WHERE nct_id = '{ONE}'"
    ) == [([0, 2, 3],)]


def test_a_version_that_cannot_be_read_waits_alone(world: World) -> None:
    """Also one that is whole JSON, and not of its form; it is asked for again, and waits no more when it is mended."""
    versions: list[Any] = past()
    spoiled = records.raw(versions[1]).replace(b'"briefTitle"', b'"acronym":NaN,"briefTitle"')
    nameless = records.raw(versions[2]).replace(ONE.encode(), b"none")
    world.registry.history = {ONE: [versions[0], spoiled, nameless, versions[3]]}
    found = backfilled(world, ONE)
    assert (found.versions, found.absent, found.unreadable) == (2, 0, 2)
    kept = (
        "SELECT list(registry_version ORDER BY version) FROM trial_versions "
        f"WHERE nct_id = '{ONE}' AND registry_version IS NOT NULL"
    )
    assert world.published(kept) == [([0, 3],)]
    waiting = "SELECT record_id, field_path, reason FROM quarantined_records WHERE resolved_run_id IS NULL ORDER BY 2"
    [first, second] = world.published(waiting)
    assert first[:2] == (ONE, "history/1") and "not JSON" in first[2]
    assert second[:2] == (ONE, "history/2") and second[2]
    assert rebuild(world.settings()).differing == []

    # The trial itself is read in each night, which says nothing of its past.
    world.registry.serve([changed(studies()[0], statusModule__overallStatus="TERMINATED"), *studies()[1:]])
    next_day(world)
    world.night()
    assert len(world.published(waiting)) == 2
    asked = len(world.registry.requests)
    again = backfilled(world, ONE)
    assert (again.versions, again.unreadable, again.fingerprint) == (0, 2, None)
    assert [path for path in world.registry.paths()[asked:] if "/history/" in path and "/3" in path] == []
    one_with_history(world)
    assert backfilled(world, ONE).versions == 2
    assert world.published(waiting) == [] and world.published(kept) == [([0, 1, 2, 3],)]


@pytest.mark.parametrize(
    "body",
    [
        b'{"study":{"protocolSection":{"identificationModule":{"nctId":"NCT90000002"}}}}',
        b'{"studyVersion":0,"record":{}}',
        b'{"study":{"protocolSection":{"identificationModule":{"nctId":"%s"}}' % ONE.encode(),
    ],
    ids=["of another trial", "of another shape", "without its last brackets"],
)
def test_an_answer_that_is_no_version_waits_alone(world: World, body: bytes) -> None:
    one_with_history(world)
    world.registry.faults = [Fault(status=200, body=body, content_type="application/json", on="/history/1", times=99)]
    found = backfilled(world, ONE)
    assert (found.versions, found.absent, found.unreadable) == (3, 0, 1)
    waiting = "SELECT record_id, field_path, reason FROM quarantined_records WHERE resolved_run_id IS NULL"
    assert world.published(waiting) == [(ONE, "history/1", "the answer is not a version of this study")]
    assert rebuild(world.settings()).differing == []
    world.registry.faults = []
    assert backfilled(world, ONE).versions == 1
    assert world.published(waiting) == []


def test_a_version_with_any_fault_harms_no_other(world: World) -> None:
    """Spoiled with a system: each is kept or waits, and the others of its trial and of other trials are kept."""
    draw = mutations.Draw(7)
    mutated = [_mutated(draw, n) for n in range(1, 17)]
    world.registry.serve(studies(16))
    next_day(world)
    world.night()
    world.registry.history = {
        records.nct(n): [version("2025-11-01", n), spoiled, version("2025-12-24", n)]
        for n, spoiled in enumerate(mutated, start=1)
    }
    found = backfilled(world)
    kept = world.published(
        "SELECT nct_id, list_filter(list(registry_version), lambda number: number <> 1) FROM trial_versions "
        "WHERE origin = 'registry_history' GROUP BY nct_id"
    )
    assert {nct_id: sorted(numbers) for nct_id, numbers in kept} == {records.nct(n): [0, 2] for n in range(1, 17)}
    assert found.unreadable > 0 and found.versions + found.unreadable == 48


def _mutated(draw: mutations.Draw, number: int) -> bytes:
    """A spoiled version that is still an object, and no other trial's: another answer is no version."""
    while True:
        made = mutations.study(draw, [version("2025-12-01", number)])
        if is_whole(made) and b'"protocolSection"' in made and received(made).record_id in (None, records.nct(number)):
            return made


def test_a_trial_without_a_history_changes_nothing(world: World) -> None:
    stood = world.release()
    found = backfilled(world, ONE)
    assert (found.versions, found.fingerprint) == (0, None)
    assert world.release() == stood
    assert world.last_run()["status"] == "unchanged"


def test_a_number_that_is_not_tracked_is_refused(world: World) -> None:
    with pytest.raises(CartrialsError, match="NCT99999999 is not a tracked trial"):
        backfilled(world, "NCT99999999")


def test_five_hundred_versions_of_one_trial(world: World) -> None:
    """Among them flips back and forth, and many on one day: order is the registry's, time never runs back."""
    count = 500
    world.registry.history = {ONE: [
        version(f"2025-{1 + n // 50:02d}-01", designModule__enrollmentInfo={"count": 10 + n % 2, "type": "ESTIMATED"})
        for n in range(count)
    ]}  # fmt: skip
    found = backfilled(world, ONE)
    assert found.versions == count
    [(versions, numbers, falls)] = world.published(
        f"""SELECT count(*), count(DISTINCT registry_version), count_if(valid_from < before)
            FROM (SELECT *, lag(valid_from) OVER (ORDER BY version) AS before
                  FROM trial_versions WHERE nct_id = '{ONE}')"""
    )
    assert (versions, numbers, falls) == (count + 1, count, 0)
    assert world.published(f"SELECT count(*) FROM trials_as_of(DATE '2025-06-01') WHERE nct_id = '{ONE}'") == [(1,)]

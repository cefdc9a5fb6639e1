"""Results come, are corrected, cannot be read and are taken back: tables, quarantine and rebuild, night by night."""

from __future__ import annotations

from flows.runs.rebuild import rebuild
from tests.flows.test_bad_records import quarantined
from tests.flows.world import World, next_day, studies
from tests.records import nct, with_results
from warehouse.release.publish import published_fingerprints

VALUE = "outcomeMeasuresModule__outcomeMeasures__0__classes__0__categories__0__measurements__0__value"
DEATHS = "adverseEventsModule__eventGroups__1__deathsNumAffected"


def counts(world: World) -> tuple[int, ...]:
    (row,) = world.published(
        "SELECT (SELECT count(*) FROM trial_results), (SELECT count(*) FROM trial_result_values), "
        "(SELECT count(*) FROM trial_adverse_events)"
    )
    return row


def test_results_come_are_corrected_and_are_taken_back(world: World) -> None:
    many = studies()
    assert counts(world) == (0, 0, 0)
    next_day(world)
    world.registry.serve([with_results(many[0]), *many[1:]])
    assert world.night().status == "published" and counts(world) == (1, 4, 3)
    assert world.published("SELECT DISTINCT nct_id FROM trial_result_groups") == [(nct(1),)]

    next_day(world, "2026-09-06T09:00:06")
    bad = with_results(many[0], **{VALUE: "<2", DEATHS: -1})
    world.registry.serve([bad, *many[1:]])
    assert world.night().status == "published" and counts(world) == (1, 4, 3)
    waiting = {field: raw for (record, field), raw in quarantined(world).items() if record == nct(1)}
    assert waiting == {"trial_result_values.value[1]": "<2", "trial_result_groups.deaths_n_affected[9]": "-1"}
    assert world.published("SELECT value_text, value FROM trial_result_values WHERE value_no = 1") == [("<2", None)]
    as_kept = published_fingerprints(world.home / "cartrials.duckdb")
    rebuild(world.settings())
    assert published_fingerprints(world.home / "cartrials.duckdb") == as_kept

    next_day(world, "2026-09-07T09:00:06")
    world.registry.serve(many)
    assert world.night().status == "published"
    assert counts(world) == (0, 0, 0) and quarantined(world) == {}

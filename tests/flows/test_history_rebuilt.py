"""A rebuild shapes every record before it keeps the first run: it must say what the nights said."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flows.backfill.history import HISTORY
from flows.config.settings import Settings, load
from flows.ingest.landing import Landing
from flows.load import sightings, workers
from flows.runs import lifecycle
from flows.runs.publish import publish
from flows.runs.rebuild import rebuild
from flows.runs.run import BACKFILL, Report
from flows.storage.data_folder import DataFolder, open_data_folder
from flows.storage.manifests import Manifest
from flows.storage.seal import REBUILD, Seal
from tests.flows.sealed_nights import Study, keep_nights, sealed
from tests.records import nct, raw, study
from transforms import reading
from transforms.content import content_sha256
from warehouse.tables.sources import CTGOV

POSTED = "statusModule__lastUpdatePostDateStruct__date"
COUNT = "designModule__enrollmentInfo__count"
SPONSOR = "sponsorCollaboratorsModule__leadSponsor__name"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(home=tmp_path / "data", workers=1)


def version(number: int, count: int, day: str = "2026-02-09", **more: Any) -> dict[str, Any]:
    return study(number, **{COUNT: count, POSTED: day, **more})


def unreadable(number: int) -> bytes:
    return raw(version(number, 99))[:-100]


def turned(made: dict[str, Any]) -> dict[str, Any]:
    """The same content in other bytes."""
    return dict(reversed(list(made.items())))


def renamed(day: str, name: str) -> list[Study]:
    """Three studies of one sponsor, who takes another name, and one that is handed to it."""
    return [
        *(version(number, 10, day, **{SPONSOR: f"{name} Therapeutics"}) for number in (11, 12, 13)),
        version(14, 10, day, **{SPONSOR: "Acme" if name == "Old" else "Beta"}),
    ]


NIGHTS: Sequence[tuple[str, list[Study]]] = (
    ("2026-02-10", [version(1, 10), version(2, 10), version(3, 10), unreadable(4), *renamed("2026-02-09", "Old")]),
    ("2026-02-11", [version(1, 20), version(2, 10), version(3, 11, descriptionModule__briefSummary="Other words."),
                    version(4, 5), *renamed("2026-02-11", "New")]),
    ("2026-02-12", [unreadable(1), turned(version(3, 11, descriptionModule__briefSummary="Other words.")),
                    unreadable(4), version(5, 1)]),
    ("2026-02-09T12:00", [version(1, 20), version(2, 30, "2026-02-11"), version(3, 10), version(4, 6), version(5, 2)]),
    ("2026-02-14", [version(1, 10), version(2, 30, "2026-02-11"), version(3, 12), version(4, 6), unreadable(5)]),
)  # fmt: skip


def nights_with_everything(settings: Settings) -> None:
    """Flips, bad records, a clock that went back, a run that asks no source, and a history read between nights."""
    with open_data_folder(settings) as place:
        for number, (moment, studies) in enumerate(NIGHTS):
            seal = with_topics(place, sealed(place, datetime.fromisoformat(moment), studies), number)
            lifecycle.keep_sealed(place, [seal])
            if number in (1, 3):
                lifecycle.keep_sealed(place, [read_again(place)])
            if number == 2:
                lifecycle.keep_sealed(place, [backfilled(place)])
        publish(place, seal, Report(seal.run_id, "published", seal.clock))


def with_topics(place: DataFolder, seal: Seal, number: int) -> Seal:
    """The watchlist gets another topic half-way."""
    topics = {"lupus": ["SLE"]} | ({"all": ["SLE", "lupus nephritis"]} if number > 2 else {})
    seal = replace(seal, topics=topics, watchlist_sha256=f"{len(topics)}")
    place.manifests.write_seal(seal)
    return seal


def read_again(place: DataFolder) -> Seal:
    last = place.manifests.sealed()[-1]
    seal = replace(last, run_id=f"{last.run_id}-again", number=last.number + 1, kind=REBUILD, manifests={})
    place.manifests.write_seal(seal)
    return seal


def backfilled(place: DataFolder, numbers: Sequence[int] = (1, 3)) -> Seal:
    last = place.manifests.sealed()[-1]
    run_id = f"{last.run_id}-history"
    versions = [
        (nct(number), at, day, raw({"protocolSection": version(number, count, day)["protocolSection"]}))
        for number in numbers
        for at, day, count in ((0, "2025-11-14", 3), (1, "2025-12-01", 4), (2, "2026-02-09", 10))
    ]
    with Landing(run_id, last.clock, place.archive).pack(CTGOV) as pack:
        pack.add_all([(content_sha256(CTGOV, content), nct_id, content) for nct_id, _, _, content in versions])
    place.manifests.write(Manifest(
        run_id, HISTORY, "part 1", last.clock_at,
        versions=tuple((nct_id, at, day, content_sha256(CTGOV, content)) for nct_id, at, day, content in versions),
    ))  # fmt: skip
    hashes = place.manifests.hashes(run_id)
    seal = replace(last, run_id=run_id, number=last.number + 1, kind=BACKFILL, manifests=hashes)
    place.manifests.write_seal(seal)
    return seal


@pytest.mark.parametrize(("large", "count"), [(1, 1), (workers.BATCH_SIZE, 1), (2, 2)])
def test_a_rebuild_says_what_the_nights_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, large: int, count: int
) -> None:
    monkeypatch.setattr(workers, "BATCH_SIZE", large)
    monkeypatch.setattr(workers, "LARGE_NIGHT", 1)
    monkeypatch.setattr(sightings, "LARGE", 1)
    nights_with_everything(settings)
    with open_data_folder(settings) as place:
        before = kept_for_the_next_night(place)
    result = rebuild(load(home=settings.home, workers=count))
    assert len(result.before) > 20
    assert result.differing == []
    with open_data_folder(settings) as place:
        assert kept_for_the_next_night(place) == before
        rules = place.connection.execute("SELECT rule, count(*) FROM trial_changes WHERE field_path = "
                                         "'trials.lead_sponsor' GROUP BY 1 ORDER BY 1").fetchall()  # fmt: skip
    assert [count for _, count in rules] == [1, 3]


def kept_for_the_next_night(place: DataFolder) -> list[Any]:
    """What no fingerprint holds: what the next night goes on from, and the runs that rows name."""
    return [
        place.connection.execute(query).fetchall()
        for query in (
            "FROM _sightings ORDER BY ALL", "FROM _records ORDER BY ALL", "FROM _kept ORDER BY ALL",
            "SELECT nct_id, run_id, topics FROM trials ORDER BY ALL",
            "SELECT nct_id, state_no, run_id, topics FROM trial_states ORDER BY ALL",
            "SELECT event_id, run_id FROM trial_events ORDER BY ALL",
            "SELECT change_id, run_id FROM trial_changes ORDER BY ALL",
        )
    ]  # fmt: skip


def test_what_a_history_tells_before_a_later_night_would_is_the_historys(settings: Settings) -> None:
    """Patients 4 -> 10 on 9 February: read in the registry's history, then seen once more as the record flips back."""
    seen = [("2026-02-10", 10, "2026-02-09"), ("2026-02-12", 4, "2026-02-08"), ("2026-02-14", 10, "2026-02-09")]
    with open_data_folder(settings) as place:
        for number, (moment, count, day) in enumerate(seen):
            seal = sealed(place, datetime.fromisoformat(moment), [version(1, count, day), version(2, number)])
            lifecycle.keep_sealed(place, [seal])
            if number == 1:
                history = backfilled(place, [1])
                lifecycle.keep_sealed(place, [history])
        publish(place, seal, Report(seal.run_id, "published", seal.clock))
    told = "SELECT run_id FROM trial_events WHERE event_type = 'enrollment_changed' AND occurred_on = '2026-02-09'"
    with open_data_folder(settings) as place:
        before = kept_for_the_next_night(place)
        assert place.connection.execute(told).fetchall() == [(history.run_id,)]
    assert rebuild(settings).differing == []
    with open_data_folder(settings) as place:
        assert kept_for_the_next_night(place) == before


def test_a_night_goes_on_from_a_rebuild(settings: Settings) -> None:
    nights_with_everything(settings)
    rebuild(settings)
    keep_nights(settings, [("2026-02-20", [version(1, 11, "2026-02-19"), version(3, 10)])])
    assert rebuild(settings).differing == []


def test_what_a_killed_rebuild_left_is_removed(settings: Settings) -> None:
    keep_nights(settings, [("2026-02-10", [version(1, 10)]), ("2026-02-11", [version(1, 20)])])
    for name in ("work.rebuilt.contents", "work.rebuilt.duckdb.tmp"):
        (settings.home / name).mkdir()
        (settings.home / name / "0.trials").write_bytes(b"half")
    assert rebuild(settings).differing == []
    assert not list(settings.home.glob("work.rebuilt*"))


def test_the_folder_of_a_rebuild_that_fails_is_removed(settings: Settings) -> None:
    keep_nights(settings, [("2026-02-10", [version(1, 10)]), ("2026-02-11", [version(1, 20)])])
    path = next((settings.archive_path / "manifests").glob("20260211*/ctgov.*.json"))
    path.write_text(json.dumps({}), "utf-8")
    with pytest.raises(Exception, match="altered after the run was sealed"):
        rebuild(settings)
    assert not (settings.home / "work.rebuilt.contents").exists()


def test_topics_are_those_of_the_last_run_also_where_no_record_was_read_again(settings: Settings) -> None:
    topics = "SELECT topics FROM trials UNION ALL SELECT topics FROM trial_states"
    studies = [version(1, 10)]
    with open_data_folder(settings) as place:
        for number, moment in enumerate(("2026-02-10", "2026-02-11")):
            seal = with_topics(place, sealed(place, datetime.fromisoformat(moment), studies), 2 + number)
            lifecycle.keep_sealed(place, [seal])
            publish(place, seal, Report(seal.run_id, "published", seal.clock))
        assert place.connection.execute(topics).fetchall() == [(["all", "lupus"],)] * 2
        assert place.connection.execute("SELECT count(*) FROM trial_versions").fetchall() == [(1,)]
    assert rebuild(settings).differing == []


def test_a_version_behind_one_that_waits_is_read_by_new_rules_too(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(reading, "profile_study", lambda study: reading.StudyProfile("out_of_scope", "none", {}))
        for module in ("flows.load.apply_run", "flows.load.plan"):
            earlier.setattr(f"{module}.rule_version", lambda: "earlier")
        keep_nights(settings, [("2026-02-10", [version(1, 10)]), ("2026-02-11", [unreadable(1)])])
    keep_nights(settings, [("2026-02-12", [unreadable(1)])])
    with open_data_folder(settings) as place:
        found = "SELECT is_stale, scope FROM trials UNION ALL SELECT is_stale, scope FROM trial_states"
        rows = place.connection.execute(f"SELECT DISTINCT scope FROM ({found})").fetchall()
        products = place.connection.execute("SELECT count(*) FROM car_t_products").fetchall()
    assert (rows, products) == ([("in_scope",)], [(1,)])
    rebuilt = rebuild(settings)
    assert [name for name in rebuilt.differing if name != "trial_events"] == []

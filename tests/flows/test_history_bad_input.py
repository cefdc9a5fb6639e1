"""History on bad input: clocks, holes, flips, and an archive that is not as it was."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.config.settings import Settings, load
from flows.errors import ArchiveError
from flows.runs.rebuild import rebuild
from tests.flows.sealed_nights import keep_nights
from tests.records import nct, raw, study
from transforms.history.materiality import CONDITIONS

POSTED = "statusModule__lastUpdatePostDateStruct__date"
COUNT = "designModule__enrollmentInfo__count"
ONE = nct(1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load(home=tmp_path / "data", workers=1)


def version(count: int, day: str = "2026-02-09", number: int = 1) -> dict[str, Any]:
    return study(number, **{COUNT: count, POSTED: day})


def published(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
        return warehouse.execute(query).fetchall()


def counts_of_versions(settings: Settings) -> list[int]:
    return [count for (count,) in published(settings, "SELECT enrollment_count FROM trial_states ORDER BY state_no")]


def test_two_versions_on_one_day(settings: Settings) -> None:
    keep_nights(settings, [
        ("2026-02-10T03:00", [version(10)]), ("2026-02-11T03:00", [version(20, "2026-02-10")]),
        ("2026-02-11T15:00", [version(30, "2026-02-10")]),
    ])  # fmt: skip
    assert counts_of_versions(settings) == [10, 20, 30]
    assert published(settings, "SELECT enrollment_count FROM trials_as_of(DATE '2026-02-10')") == [(20,)]
    assert published(settings, "SELECT enrollment_count FROM trials_as_of(DATE '2026-02-11')") == [(30,)]
    noon = "SELECT enrollment_count FROM trials_as_of(TIMESTAMP '2026-02-11 12:00:00')"
    assert published(settings, noon) == [(20,)]


def test_a_missed_day_leaves_one_change_with_the_registrys_date(settings: Settings) -> None:
    keep_nights(settings, [("2026-02-10", [version(10)]), ("2026-02-20", [version(30, "2026-02-15")])])
    assert published(settings, "SELECT old_value, new_value, registry_date::VARCHAR FROM trial_changes "
                     "WHERE field_path = 'trials.enrollment_count'") == [("10", "30", "2026-02-15")]  # fmt: skip
    assert published(settings, "SELECT enrollment_count FROM trials_as_of(DATE '2026-02-16')") == [(30,)]
    then = "SELECT enrollment_count FROM trials_as_of(DATE '2026-02-16', known_at := DATE '2026-02-16')"
    assert published(settings, then) == [(10,)]


def test_a_clock_that_went_backwards_leaves_the_order_of_the_manifests(settings: Settings) -> None:
    keep_nights(settings, [
        ("2026-02-10", [version(10)]), ("2026-03-10", [version(20)]), ("2026-02-12", [version(30)]),
    ])  # fmt: skip
    assert counts_of_versions(settings) == [10, 20, 30]
    known = [moment for (moment,) in published(settings, "SELECT known_from FROM trial_states ORDER BY state_no")]
    assert known == sorted(known)
    assert published(settings, "SELECT enrollment_count FROM trials") == [(30,)]
    assert rebuild(settings).differing == []


def test_a_record_that_flips_back_and_forth_is_a_version_each_time(settings: Settings) -> None:
    days = [f"2026-02-{day:02d}" for day in range(10, 20)]
    keep_nights(settings, [(day, [version(10 + number % 2, day)]) for number, day in enumerate(days)])
    assert counts_of_versions(settings) == [10, 11] * 5
    assert published(settings, "SELECT count(DISTINCT content_sha256) FROM trial_versions WHERE version > 2") == [(8,)]
    turns = published(settings, "SELECT count(*) FROM trial_events WHERE event_type = 'enrollment_changed'")
    assert turns == [(9,)]


def test_the_same_content_again_is_another_version(settings: Settings) -> None:
    a, b = version(10), version(11)
    keep_nights(settings, [("2026-02-10", [a]), ("2026-02-11", [b]), ("2026-02-12", [a]), ("2026-02-13", [a])])
    assert published(settings, "SELECT count(*), count(DISTINCT content_sha256) FROM trial_versions") == [(3, 2)]
    assert published(settings, "SELECT summary FROM trial_events WHERE event_type = 'enrollment_changed' "
                     "ORDER BY occurred_on") == [("Enrolment 10 → 11",), ("Enrolment 11 → 10",)]  # fmt: skip


def test_a_trial_that_returns_with_another_content_has_returned(settings: Settings) -> None:
    other = version(5, number=2)
    keep_nights(settings, [
        ("2026-02-10", [version(10), other]), ("2026-02-11", [other]),
        ("2026-02-12", [version(40, "2026-02-11"), other]),
    ])  # fmt: skip
    told = published(settings, f"SELECT event_type FROM trial_events WHERE nct_id = '{ONE}' ORDER BY observed_at, 1")
    assert told == [("registered",), ("left_search",), ("enrollment_changed",), ("returned",)]
    states = published(settings, f"SELECT registry_state, enrollment_count FROM trial_states WHERE nct_id = '{ONE}' "
                       "ORDER BY state_no")  # fmt: skip
    assert states == [("present", 10), ("left_search", 10), ("present", 40)]


def test_other_rules_do_not_bring_back_what_left_the_search(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = version(5, number=2)
    keep_nights(settings, [("2026-02-10", [version(10), other]), ("2026-02-11", [other])])
    for module in ("flows.load.apply_run", "flows.load.plan"):
        monkeypatch.setattr(f"{module}.rule_version", lambda: "other rules")
    keep_nights(settings, [("2026-02-12", [other])])
    assert published(
        settings, f"SELECT registry_state, last_seen_at::DATE::VARCHAR FROM trials WHERE nct_id = '{ONE}'"
    ) == [("left_search", "2026-02-10")]
    left = "SELECT count(*) FROM trial_events WHERE event_type IN ('left_search', 'returned')"
    assert published(settings, left) == [(1,)]


def test_a_record_that_changes_every_night_for_two_months(settings: Settings) -> None:
    nights = [(f"2026-{1 + n // 28:02d}-{1 + n % 28:02d}T{n % 24:02d}:00", [version(n)]) for n in range(60)]
    keep_nights(settings, nights)
    assert counts_of_versions(settings) == list(range(60))


def test_a_rebuild_keeps_whole_the_last_version_that_could_be_read(settings: Settings) -> None:
    unreadable = raw(version(30, "2026-02-12"))[:-100]
    other = version(5, number=2)
    keep_nights(settings, [
        ("2026-02-10", [version(10), other]), ("2026-02-11", [version(20, "2026-02-11"), other]),
        ("2026-02-12", [unreadable, other]),
    ])  # fmt: skip
    stale = f"SELECT enrollment_count, is_stale FROM trials WHERE nct_id = '{ONE}'"
    outcomes = f"SELECT count(*) FROM trial_outcomes WHERE nct_id = '{ONE}'"
    assert published(settings, stale) == [(20, True)]
    before = published(settings, outcomes)
    assert rebuild(settings).differing == []
    assert published(settings, stale) == [(20, True)]
    assert published(settings, outcomes) == before == [(3,)]


def test_rules_that_alter_history_are_listed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rebuild by other rules of materiality tells another history, and which."""
    keep_nights(settings, [("2026-02-10", [version(10)]), ("2026-02-11", [version(40, "2026-02-11")])])
    monkeypatch.setitem(CONDITIONS, "planned by half or more", lambda difference, facts: False)
    result = rebuild(settings)
    assert result.differing == ["trial_changes", "trial_events"]
    assert [str(one) for one in result.tables] == [
        "trial_changes: materiality differs in 1, rule differs in 1",
        "trial_events: details differs in 1, materiality differs in 1",
    ]
    assert result.events == ()


def test_an_event_that_a_rebuild_no_longer_tells_is_listed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_nights(settings, [("2026-02-10", [version(10)]), ("2026-02-11", [version(40, "2026-02-11")])])
    monkeypatch.setattr("transforms.follow.changes", lambda before, after: ())
    result = rebuild(settings)
    assert [str(one) for one in result.events] == [
        f"- 2026-02-11  {ONE}  enrollment_changed: Enrolment 10 → 40",
    ]
    assert published(settings, "SELECT count(*) FROM trial_events WHERE event_type = 'enrollment_changed'") == [(0,)]


def test_a_rebuild_in_another_time_zone_says_the_same(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_nights(settings, [("2026-02-10T23:30", [version(10)]), ("2026-02-11T00:30", [version(20, "2026-02-11")])])
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")  # fourteen hours ahead: another day
    time.tzset()
    try:
        result = rebuild(settings)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert result.before
    assert result.differing == []


def packs(settings: Settings) -> list[Path]:
    return sorted((settings.archive_path / "packs").glob("*.zst"))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def altered(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("damage", [cut, altered])
def test_a_damaged_archive_file_is_named_and_nothing_is_published(settings: Settings, damage: Any) -> None:
    keep_nights(settings, [("2026-02-10", [version(10)]), ("2026-02-11", [version(20)])])
    stood, worked = settings.warehouse_path.read_bytes(), settings.work_path.read_bytes()
    damage(packs(settings)[0])
    with pytest.raises(ArchiveError, match=rf"{packs(settings)[0].name}.*damaged.*Restore"):
        rebuild(settings)
    assert settings.warehouse_path.read_bytes() == stood
    assert settings.work_path.read_bytes() == worked


def test_a_manifest_that_names_a_missing_record_stops_the_run(settings: Settings) -> None:
    keep_nights(settings, [("2026-02-10", [version(10)]), ("2026-02-11", [version(20)])])
    stood = settings.warehouse_path.read_bytes()
    packs(settings)[1].unlink()
    (settings.archive_path / "index.sqlite").unlink()
    with pytest.raises(ArchiveError, match=r"holds no record .* though a manifest names it"):
        rebuild(settings)
    assert settings.warehouse_path.read_bytes() == stood


def test_an_altered_manifest_is_found_by_its_seal(settings: Settings) -> None:
    keep_nights(settings, [("2026-02-10", [version(10)]), ("2026-02-11", [version(20)])])
    path = next((settings.archive_path / "manifests").glob("20260211*/ctgov.*.json"))
    manifest = json.loads(path.read_text("utf-8"))
    manifest["records"] = []
    path.write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ArchiveError, match="altered after the run was sealed"):
        rebuild(settings)

"""Sightings of one trial -> versions and states in two times."""

from __future__ import annotations

import random
import time
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.history.rows import NCT
from transforms.history import Sighting, compact, timeline
from warehouse.schema import table


def night(day: str, content: str = "a", posted: str | None = "2026-01-05", *, hour: int = 6, **more) -> Sighting:
    return Sighting(
        datetime.fromisoformat(f"{day}T{hour:02}:00:00"), f"run-{day}", content * 64, content * 64,
        date.fromisoformat(posted) if posted else None, **more,
    )  # fmt: skip


def from_registry(number: int, content: str, posted: str, read: str = "2026-06-01") -> Sighting:
    return night(read, content, posted, origin="registry_history", registry_version=number)


def versions(sightings, history=()):
    return [
        (v["version"], v["content_sha256"][0], v["valid_from"].date().isoformat())
        for v in timeline(NCT, sightings, history).versions
    ]


def as_of(line, t: str, known_at: str = "2099-01-01"):
    """What the macros do, on rows: content and state at the end of day `t`, as known at the end of `known_at`."""
    moment, knowledge = (datetime.fromisoformat(f"{day}T23:59:59") for day in (t, known_at))
    chosen = [s for s in line.states if s["valid_from"] <= moment and s["known_from"] <= knowledge]
    return (chosen[-1]["content_sha256"][0], chosen[-1]["registry_state"]) if chosen else None


# --- versions ------------------------------------------------------------------------------------


def test_nights_that_say_the_same_are_one_version():
    line = timeline(NCT, [night("2026-03-01"), night("2026-03-02"), night("2026-03-03")])
    assert len(line.versions) == len(line.states) == 1
    assert line.states[0]["first_seen_at"] == datetime(2026, 3, 1, 6)
    assert line.states[0]["last_seen_at"] == datetime(2026, 3, 3, 6)


def test_a_b_a_are_three_versions():
    found = versions(
        [night("2026-03-01"), night("2026-03-02", "b", "2026-03-02"), night("2026-03-04", "a", "2026-03-04")]
    )
    assert found == [(1, "a", "2026-01-05"), (2, "b", "2026-03-02"), (3, "a", "2026-03-04")]


def test_a_version_begins_on_the_registrys_date_and_ends_with_the_next():
    line = timeline(NCT, [night("2026-03-01"), night("2026-03-09", "b", "2026-03-07")])
    first, second = line.versions
    assert (first["valid_from"], first["valid_to"]) == (datetime(2026, 1, 5), datetime(2026, 3, 7))
    assert (second["valid_from"], second["valid_to"]) == (datetime(2026, 3, 7), None)
    assert line.states[0]["known_to"] == line.states[1]["known_from"] == datetime(2026, 3, 9, 6)


@pytest.mark.parametrize("posted", ["2026-01-05", "2025-12-01", "2062-01-01", None])
def test_without_a_usable_new_date_a_version_begins_when_we_saw_it(posted):
    """A date that did not move, went backwards, lies in the future, or is missing."""
    line = timeline(NCT, [night("2026-03-01"), night("2026-03-09", "b", posted)])
    assert line.versions[1]["valid_from"] == datetime(2026, 3, 9, 6)


def test_two_versions_on_one_day_are_told_apart():
    found = timeline(NCT, [night("2026-03-01"), night("2026-03-01", "b", hour=18)])
    assert [v["valid_from"] for v in found.versions] == [datetime(2026, 1, 5), datetime(2026, 3, 1, 18)]
    assert as_of(found, "2026-03-01") == ("b", "present")


def test_two_updates_posted_on_one_day_keep_their_order():
    line = timeline(NCT, [night("2026-03-02", "a", "2026-03-02"), night("2026-03-02", "b", "2026-03-02", hour=20)])
    assert as_of(line, "2026-03-02") == ("b", "present")
    assert line.states[0]["valid_from"] <= line.states[1]["valid_from"]


def test_where_a_clock_went_backwards_the_manifests_rule():
    line = timeline(
        NCT,
        [night("2026-03-05"), night("2026-03-02", "b", "2026-03-01"), night("2026-03-06", "c", "2026-03-06")],
    )
    assert [v["content_sha256"][0] for v in line.versions] == ["a", "b", "c"]
    assert line.versions[1]["observed_at"] == datetime(2026, 3, 2, 6)
    known = [s["known_from"] for s in line.states]
    assert known == sorted(known)
    assert as_of(line, "2026-03-05", "2026-03-05") == ("b", "present")


# --- states --------------------------------------------------------------------------------------


def test_a_trial_that_leaves_and_returns_has_three_states_of_one_version():
    line = timeline(NCT, [night("2026-03-01"), night("2026-03-02", registry_state="left_search"), night("2026-03-05")])
    assert [(s["registry_state"], s["version"], s["state_no"]) for s in line.states] == [
        ("present", 1, 1), ("left_search", 1, 2), ("present", 1, 3),
    ]  # fmt: skip
    assert len(line.versions) == 1
    assert line.states[1]["last_seen_at"] == datetime(2026, 3, 1, 6)
    assert line.states[2]["first_seen_at"] == datetime(2026, 3, 1, 6)


def test_a_stale_record_is_a_state_of_its_last_good_version():
    line = timeline(
        NCT, [night("2026-03-01"), night("2026-03-02", is_stale=True), night("2026-03-03", "b", "2026-03-02")]
    )
    assert [(s["is_stale"], s["version"]) for s in line.states] == [(False, 1), (True, 1), (False, 2)]
    assert line.states[1]["last_seen_at"] == datetime(2026, 3, 2, 6)


def test_what_was_known_on_a_day_is_what_that_day_showed():
    nights = [night("2026-03-01"), night("2026-03-02"), night("2026-03-09", "b", "2026-03-03"),
              night("2026-03-10", "b", "2026-03-03", registry_state="removed")]  # fmt: skip
    line = timeline(NCT, nights)
    shown = {n.observed_at.date().isoformat(): (n.content_sha256[0], n.registry_state) for n in nights}
    assert {day: as_of(line, day, day) for day in shown} == shown
    assert as_of(line, "2026-03-05", "2026-03-05") == ("a", "present")  # a day without a night
    assert as_of(line, "2026-03-05") == ("b", "present")  # as known now
    assert as_of(line, "2026-02-28", "2026-02-28") is None


def test_states_are_rows_of_the_schema():
    line = timeline(NCT, [night("2026-03-01"), night("2026-03-02", "b", "2026-03-02")])
    rows = line.rows(
        lambda sha: {
            "trials": [{"nct_id": NCT, "brief_title": sha[0], "run_id": "x"}],
            "car_t_profiles": [{"nct_id": NCT, "target_antigens": []}] if sha[0] == "b" else [],
        }
    )
    assert [row["brief_title"] for row in rows["trial_states"]] == ["a", "b"]
    assert [row["state_no"] for row in rows["profile_states"]] == [2]
    for name, listed in rows.items():
        assert all(set(row) <= set(table(name).column_names) for row in listed)
    assert set(rows["trial_versions"][0]) == set(table("trial_versions").column_names)


# --- night after night, or all at once -----------------------------------------------------------

sightings = st.lists(
    st.tuples(
        st.integers(0, 40),
        st.sampled_from("ab"),
        st.integers(0, 30),
        st.sampled_from(["present", "left_search"]),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
).map(
    lambda many: [
        Sighting(
            datetime(2026, 3, 1, 6) + timedelta(days=day),
            "run",
            content * 64,
            content * 64,
            date(2026, 2, 15) + timedelta(days=posted),
            state,
            stale,
        )
        for day, content, posted, state, stale in many
    ]
)


@given(sightings)
def test_night_after_night_gives_what_all_at_once_gives(nights):
    kept: list[Sighting] = []
    for one in nights:
        kept = compact([*kept, one])
    assert kept == compact(nights)
    assert timeline(NCT, kept) == timeline(NCT, nights)


@given(sightings)
def test_states_follow_each_other_without_gap_or_overlap(nights):
    states = timeline(NCT, nights).states
    for before, after in pairwise(states):
        assert before["valid_from"] <= before["valid_to"] == after["valid_from"]
        assert before["known_from"] <= before["known_to"] == after["known_from"]
        assert after["version"] - before["version"] in (0, 1)
    assert states[-1]["valid_to"] is None
    assert states[-1]["known_to"] is None


# --- the registry's own history ------------------------------------------------------------------

OBSERVED = [night("2026-03-01", "c", "2026-02-10"), night("2026-03-20", "e", "2026-03-15")]


def test_earlier_versions_come_before_those_we_saw():
    history = [
        from_registry(0, "a", "2025-05-01"),
        from_registry(1, "b", "2025-11-01"),
        from_registry(2, "c", "2026-02-10"),
    ]
    line = timeline(NCT, OBSERVED, history)
    assert [(v["version"], v["registry_version"], v["origin"]) for v in line.versions] == [
        (1, 0, "registry_history"), (2, 1, "registry_history"), (3, 2, "observed"), (4, None, "observed"),
    ]  # fmt: skip
    assert as_of(line, "2025-12-01") == ("b", "present")
    assert as_of(line, "2025-12-01", "2026-05-01") is None  # not known before it was read
    assert line.states[0]["known_to"] == datetime(2026, 6, 1, 6)


def test_a_version_missed_between_two_nights_is_put_between_them():
    line = timeline(NCT, OBSERVED, [from_registry(3, "d", "2026-03-05"), from_registry(2, "c", "2026-02-10")])
    assert [v["content_sha256"][0] for v in line.versions] == ["c", "d", "e"]
    assert as_of(line, "2026-03-10") == ("d", "present")
    assert as_of(line, "2026-03-10", "2026-04-01") == ("c", "present")  # what we knew stays what we knew
    assert line.states[0]["known_to"] == datetime(2026, 3, 20, 6)


def test_a_version_after_the_last_we_saw_waits_for_the_search():
    newer = [from_registry(4, "f", "2026-05-30")]
    assert [v[1] for v in versions(OBSERVED, newer)] == ["c", "e"]
    line = timeline(NCT, [*OBSERVED, night("2026-06-05", "g", "2026-06-03")], newer)
    assert [v["content_sha256"][0] for v in line.versions] == ["c", "e", "f", "g"]
    assert as_of(line, "2026-06-02", "2026-06-02") == ("e", "present")  # that day showed e
    assert as_of(line, "2026-06-02") == ("f", "present")


def test_a_record_that_flipped_back_is_matched_with_its_own_version():
    history = [
        from_registry(0, "c", "2025-01-01"),
        from_registry(1, "d", "2025-06-01"),
        from_registry(2, "c", "2026-02-10"),
    ]
    line = timeline(NCT, OBSERVED, history)
    assert [(v["registry_version"], v["content_sha256"][0]) for v in line.versions] == [
        (0, "c"),
        (1, "d"),
        (2, "c"),
        (None, "e"),
    ]


def test_reading_the_history_again_changes_nothing():
    once = [from_registry(0, "a", "2025-05-01")]
    again = [*once, from_registry(0, "a", "2025-05-01", read="2026-08-01")]
    assert timeline(NCT, OBSERVED, once) == timeline(NCT, OBSERVED, again)


def test_history_with_holes_and_without_dates_is_read_as_far_as_it_goes():
    undated = Sighting(
        datetime(2026, 6, 1), "run", "x" * 64, "x" * 64, None, origin="registry_history", registry_version=1
    )
    line = timeline(NCT, OBSERVED, [from_registry(7, "b", "2025-11-01"), undated, from_registry(2, "a", "2025-05-01")])
    assert [v["registry_version"] for v in line.versions] == [2, 7, None, None]


def test_a_trial_that_left_keeps_the_version_we_saw():
    nights = [OBSERVED[0], night("2026-03-10", "c", "2026-02-10", registry_state="left_search"), OBSERVED[1]]
    line = timeline(NCT, nights, [from_registry(3, "d", "2026-03-05")])
    gone = next(s for s in line.states if s["registry_state"] == "left_search")
    assert line.versions[gone["version"] - 1]["content_sha256"][0] == "c"


def test_what_we_knew_then_does_not_depend_on_what_history_tells_later():
    rng = random.Random(7)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 60, 3)]
    nights = [
        night(day.isoformat(), rng.choice("abc"), (day - timedelta(days=rng.randint(0, 9))).isoformat()) for day in days
    ]
    history = [
        from_registry(n, rng.choice("xyz"), (date(2025, 12, 1) + timedelta(days=n * 7)).isoformat()) for n in range(12)
    ]
    alone, merged = timeline(NCT, nights), timeline(NCT, nights, history)
    for t in days:
        for known_at in days:
            if t <= known_at:
                assert as_of(alone, t.isoformat(), known_at.isoformat()) == as_of(
                    merged, t.isoformat(), known_at.isoformat()
                )


def test_500_versions_of_one_trial_take_no_time():
    start = date(2025, 1, 1)
    nights = [
        night((start + timedelta(days=n)).isoformat(), "ab"[n % 2], (start + timedelta(days=n)).isoformat())
        for n in range(500)
    ]
    history = [from_registry(n, "cd"[n % 2], (start + timedelta(days=n - 300)).isoformat()) for n in range(500)]
    began = time.perf_counter()
    line = timeline(NCT, nights, history)
    assert time.perf_counter() - began < 0.5
    assert len(line.versions) > 500

"""The macros on the states: a past day reads as that day's release."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

import duckdb
import pytest

from tests.transforms.history.rows import NCT
from transforms.history import Sighting, timeline
from warehouse import ddl
from warehouse.schema import table

NAMES = ("trial_states", "profile_states", "registry_nights", "trial_changes")
TRIALS = table("trials").column_names


@pytest.fixture
def warehouse():
    with duckdb.connect() as connection:
        for name in NAMES:
            connection.execute(ddl.create_table(table(name)))
        for path in sorted(ddl.MACROS.glob("*.sql")):
            connection.execute(path.read_text("utf-8"))
        yield connection


def trial(nct_id, content, clock, **given):
    """A row of trials as a release on the night `clock` shows it."""
    row = dict.fromkeys(TRIALS) | {
        "nct_id": nct_id, "brief_title": f"Title {content}", "url": "u", "scope": "in_scope", "scope_reason": "r",
        "registry_state": "present", "is_stale": False, "last_seen_at": clock, "content_sha256": content * 64,
    }  # fmt: skip
    return row | given


def insert(warehouse, name, rows):
    columns = table(name).column_names
    marks = ", ".join("?" for _ in columns)
    for row in rows:
        warehouse.execute(f"INSERT INTO {name} VALUES ({marks})", [row.get(column) for column in columns])


def test_every_day_reads_as_its_release(warehouse):
    """Replayed nights: trials come, change, leave, return, turn stale; each release is kept and compared."""
    plan = {  # night -> trial -> (content, posted, state, is_stale)
        "2026-03-01": {"NCT00000001": ("a", "2026-01-05", "present", False)},
        "2026-03-02": {
            "NCT00000001": ("a", "2026-01-05", "present", False),
            "NCT00000002": ("b", "2026-03-02", "present", False),
        },
        "2026-03-04": {
            "NCT00000001": ("c", "2026-03-03", "present", False),
            "NCT00000002": ("b", "2026-03-02", "left_search", False),
        },
        "2026-03-05": {
            "NCT00000001": ("c", "2026-03-03", "present", True),
            "NCT00000002": ("b", "2026-03-02", "left_search", False),
        },
        "2026-03-09": {
            "NCT00000001": ("a", "2026-03-03", "present", False),
            "NCT00000002": ("d", "2026-03-08", "present", False),
        },
    }
    sightings: dict[str, list[Sighting]] = {}
    releases: dict[str, dict[str, dict]] = {}
    showing: dict[str, dict] = {}
    for night, trials in plan.items():
        clock = datetime.fromisoformat(f"{night}T06:00:00")
        for nct_id, (content, posted, state, is_stale) in trials.items():
            before = showing.get(nct_id)
            sightings.setdefault(nct_id, []).append(
                Sighting(clock, f"run-{night}", content * 64, None, date.fromisoformat(posted), state, is_stale)
            )
            begins = before is None or (before["content_sha256"], before["registry_state"], before["is_stale"]) != (
                content * 64,
                state,
                is_stale,
            )
            showing[nct_id] = trial(
                nct_id,
                content,
                clock if state == "present" else before["last_seen_at"],
                registry_state=state,
                is_stale=is_stale,
                first_seen_at=before["first_seen_at"] if before else clock,
                run_id=f"run-{night}" if begins else before["run_id"],
            )
        releases[night] = dict(showing)
        insert(warehouse, "registry_nights", [{"night_at": clock, "run_id": "r"}])
    for nct_id, seen in sightings.items():
        rows = timeline(nct_id, seen).rows(lambda sha, nct_id=nct_id: {"trials": [trial(nct_id, sha[0], None)]})
        insert(warehouse, "trial_states", rows["trial_states"])
    for night, release in releases.items():
        found = warehouse.execute("FROM trials_as_of(?::DATE, known_at := ?::DATE) ORDER BY nct_id", [night, night])
        assert [column[0] for column in found.description] == list(TRIALS)
        assert [dict(zip(TRIALS, row, strict=True)) for row in found.fetchall()] == [
            release[key] for key in sorted(release)
        ]


def state(**given):
    row = trial(NCT, "a", datetime(2026, 3, 9, 6), first_seen_at=datetime(2026, 3, 1, 6), run_id="r")
    return (
        row
        | {
            "state_no": 1,
            "version": 1,
            "valid_from": datetime(2026, 1, 5),
            "known_from": datetime(2026, 3, 1, 6),
        }
        | given
    )


@pytest.mark.parametrize(
    ("t", "known_at", "count"),
    [
        ("DATE '2026-01-05'", "NULL", 1),
        ("DATE '2026-01-04'", "NULL", 0),
        ("TIMESTAMP '2026-01-05 00:00:00'", "NULL", 1),
        ("'2026-01-05'", "NULL", 1),
        ("DATE '2026-03-01'", "DATE '2026-03-01'", 1),
        ("DATE '2026-03-01'", "TIMESTAMP '2026-03-01 05:00:00'", 0),
        ("DATE '2026-03-01'", "'2026-02-28'", 0),
    ],
)
def test_a_day_is_the_end_of_that_day(warehouse, t, known_at, count):
    insert(warehouse, "trial_states", [state()])
    insert(warehouse, "profile_states", [state(target_antigens=[], constructs=[], products=[], rule_version="1")])
    for macro in ("trials_as_of", "profiles_as_of"):
        assert warehouse.execute(f"SELECT count(*) FROM {macro}({t}, known_at := {known_at})").fetchone() == (count,)


def test_a_version_without_a_profile_gives_none_whatever_came_before(warehouse):
    later = {
        "state_no": 2,
        "version": 2,
        "valid_from": datetime(2026, 3, 2),
        "known_from": datetime(2026, 3, 2, 6),
    }
    insert(warehouse, "trial_states", [state(), state(**later)])
    insert(warehouse, "profile_states", [state(target_antigens=[], constructs=[], products=[], rule_version="1")])
    count = "SELECT count(*) FROM profiles_as_of(?::DATE)"
    assert warehouse.execute(count, ["2026-03-01"]).fetchone() == (1,)
    assert warehouse.execute(count, ["2026-03-02"]).fetchone() == (0,)


def test_changes_between_two_days_are_those_of_the_later_release(warehouse):
    for day in (1, 2, 3):
        insert(
            warehouse,
            "trial_changes",
            [
                {
                    "change_id": str(day),
                    "nct_id": NCT,
                    "from_sha": "a",
                    "to_sha": "b",
                    "observed_at": datetime(2026, 3, day, 6),
                    "registry_date": date(2026, 3, day),
                    "field_path": "x",
                    "materiality": "low",
                    "rule": "wording",
                    "run_id": "r",
                }
            ],
        )
    found = warehouse.execute("SELECT change_id FROM changes_between(DATE '2026-03-01', DATE '2026-03-02')").fetchall()
    assert found == [("2",)]


def test_100_000_states_answer_at_once(warehouse):
    """10,000 trials with ten versions each, texts of ordinary length."""
    given = {"nct_id": "'NCT' || lpad((i // 10)::VARCHAR, 8, '0')", "state_no": "i % 10 + 1", "version": "i % 10 + 1",
             "valid_from": "TIMESTAMP '2025-01-01' + (i % 10) * INTERVAL 30 DAY",
             "known_from": "TIMESTAMP '2025-01-01 06:00:00' + (i % 10) * INTERVAL 30 DAY",
             "eligibility_criteria": "repeat('criterion ' || i // 10, 150)"}  # fmt: skip
    fill = {
        "VARCHAR": "'text ' || i % 97",
        "VARCHAR[]": "['x']",
        "INTEGER": "i % 50",
        "DOUBLE": "1.5",
        "BOOLEAN": "true",
        "DATE": "DATE '2025-01-01'",
        "TIMESTAMP": "TIMESTAMP '2025-12-01'",
    }
    columns = ", ".join(given.get(column.name, fill[column.type]) for column in table("trial_states").columns)
    warehouse.execute(f"INSERT INTO trial_states SELECT {columns} FROM range(100_000) numbers(i)")
    insert(
        warehouse,
        "registry_nights",
        [{"night_at": datetime(2025, 1, 1, 6) + timedelta(days=1), "run_id": "r"}],
    )
    took = []
    for _ in range(3):
        began = time.perf_counter()
        count = warehouse.execute(
            "SELECT count(*), count(brief_title), max(valid) FROM (SELECT *, length(eligibility_criteria) AS valid "
            "FROM trials_as_of(DATE '2025-06-01', known_at := DATE '2025-06-01'))"
        ).fetchone()
        took.append(time.perf_counter() - began)
    assert count is not None
    assert count[0] == 10_000
    assert min(took) < 0.3

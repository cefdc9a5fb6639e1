"""A chunk through the whole machinery."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from expectations.check import CheckContext, check
from expectations.results import CheckResult, verdict
from warehouse.columns import TEXT, Column, Table

ROOT = Path(__file__).resolve().parents[2]


def named(results: list[CheckResult], subject: str, check_name: str) -> CheckResult:
    (found,) = (each for each in results if (each.subject, each.check_name) == (subject, check_name))
    return found


def test_a_whole_chunk_passes(frames: Any, clock: datetime) -> None:
    tables = frames(
        trials=[{}],
        trial_conditions=[{"nct_id": "NCT90000001", "condition_no": 1, "condition": "lupus"}],
        car_t_evidence=[
            {"nct_id": "NCT90000001", "evidence_no": 1, "attribute": "scope", "value": "out_of_scope",
             "kind": "absence", "rule_id": "r", "rule_version": "1"}
        ],
    )  # fmt: skip
    results = check(tables, clock=clock)
    assert verdict(results).published
    assert {each.status for each in results} == {"passed", "not available"}
    assert {each.subject for each in results} == set(tables)
    assert {each.stage for each in results} == {"table"}


def test_failures_come_with_sentence_severity_and_every_failing_row(frames: Any, clock: datetime) -> None:
    rows = [{"nct_id": f"NCT9{n:07}", "overall_status": "WITHDRAWN", "enrollment_count": 5} for n in range(50)]
    result = named(check(frames(trials=rows), clock=clock), "trials", "A withdrawn trial enrolled nobody")
    assert (result.severity, result.status, result.failing_rows) == ("warning", "failed", 50)
    assert result.observed is not None and result.observed.endswith("(50 of 50 rows)")
    assert len(result.examples) == 20
    assert len(result.rows) == 50
    assert (result.rows[3].key, result.rows[3].column, result.rows[3].raw) == (
        ("NCT90000003",),
        "enrollment_count",
        "5",
    )


def test_a_check_that_breaks_is_counted_apart(clock: datetime) -> None:
    table = Table(
        "odd",
        "x",
        (Column("id", TEXT, "Id", nullable=False), Column("n", TEXT, "n", pattern="^(")),
        key=("id",),
    )
    results = check({"odd": pd.DataFrame({"id": ["a"], "n": ["b"]})}, clock=clock, tables=(table,))
    broken = named(results, "odd", "Values given are within their bounds, in form and not blank")
    assert (broken.status, broken.severity, broken.failing_rows) == ("raised", "warning", 0)
    assert "missing )" in str(broken.observed)
    assert Counter(each.status for each in results) == {"passed": 2, "raised": 1}


def test_what_a_sentence_needs_and_a_chunk_lacks_is_not_available(frames: Any, clock: datetime) -> None:
    results = check(frames(trials=[{}]), clock=clock)
    assert named(results, "trials", "Every scope has evidence").status == "not available"
    assert named(results, "trials", "A trial's topics are the watchlist's").status == "not available"
    known = check(frames(trials=[{"topics": ["sle"]}]), clock=clock, context=CheckContext(topics=frozenset({"sle"})))
    assert named(known, "trials", "A trial's topics are the watchlist's").status == "passed"


def test_empty_frames_and_no_frames_pass(frames: Any, clock: datetime) -> None:
    assert check({}, clock=clock) == []
    results = check(frames(trials=[], trial_sites=[]), clock=clock)
    assert {each.status for each in results} == {"passed", "not available"}


def test_the_clock_may_carry_a_zone(frames: Any) -> None:
    clock = datetime(2026, 7, 3, 0, 0, tzinfo=UTC)
    assert verdict(check(frames(trials=[{}]), clock=clock)).published
    earlier = datetime(2026, 7, 2, tzinfo=UTC)
    result = named(check(frames(trials=[{}]), clock=earlier), "trials",
                   "A trial was first seen no later than last seen, and neither after the run")  # fmt: skip
    assert result.holds


def test_frames_are_left_as_they_were(frames: Any, clock: datetime) -> None:
    tables = frames(trials=[{"minimum_age_years": -3.0}])
    before = {name: frame.copy() for name, frame in tables.items()}
    check(tables, clock=clock)
    for name, frame in tables.items():
        pd.testing.assert_frame_equal(frame, before[name])


def test_importing_the_package_is_cheap() -> None:
    names = ("check", "gate", "known_fields", "results")
    modules = ", ".join(f"expectations.{name}" for name in names)
    code = f"import sys, {modules}; print('great_expectations' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_checking_says_nothing_on_the_terminal(tmp_path: Path) -> None:
    code = """
import json
from datetime import datetime
import pandas as pd
from expectations.check import check
from warehouse.columns import TEXT, Column, Table
columns = (Column("id", TEXT, "Id", nullable=False), Column("n", TEXT, "n", pattern="^("))
table = Table("odd", "x", columns, key=("id",))
results = check({"odd": pd.DataFrame({"id": ["a"], "n": ["b"]})}, clock=datetime(2026, 7, 4), tables=(table,))
print(json.dumps(sorted(each.status for each in results)))
"""
    environment = {"HOME": str(tmp_path), "PATH": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (json.loads(done.stdout), done.stderr) == (["passed", "passed", "raised"], "")
    assert list(tmp_path.iterdir()) == []


def test_chunks_of_one_process_share_the_machinery_and_nothing_else(frames: Any, clock: datetime) -> None:
    wrong = frames(trials=[{"overall_status": "WITHDRAWN", "enrollment_count": 5}])
    for _ in range(2):
        assert named(check(wrong, clock=clock), "trials", "A withdrawn trial enrolled nobody").failing_rows == 1
        right = check(frames(trials=[{}]), clock=clock)
        assert named(right, "trials", "A withdrawn trial enrolled nobody").status == "passed"

from __future__ import annotations

import json
from datetime import date

import pytest

from expectations.results import Acceptance, CheckResult, FailingRow, accepted, combined, counted, verdict

SHRUNK = CheckResult("gate", "ctgov", "The source gives records", "critical", "failed", "no record at all")
BROKEN = CheckResult("table", "trials", "Each row has a key of its own", "critical", "raised", "boom")
TOLD = CheckResult("table", "trials", "A withdrawn trial enrolled nobody", "warning", "failed", "it did (1 of 9 rows)")
FINE = CheckResult("table", "trials", "Every scope has evidence", "critical", "passed")


def test_critical_failures_hold_the_run_and_warnings_do_not() -> None:
    assert verdict([TOLD, FINE]).published
    assert verdict([TOLD, FINE]).reason is None
    held = verdict([SHRUNK, TOLD, FINE])
    assert (held.published, held.failures, held.warnings) == (False, (SHRUNK,), (TOLD,))
    assert held.reason == "No record at all"


def test_a_critical_check_that_broke_holds_the_run() -> None:
    assert verdict([BROKEN]).failures == (BROKEN,)


def test_an_acceptance_publishes_for_exactly_the_failures_it_lists() -> None:
    acceptance = Acceptance.from_json(Acceptance.of([SHRUNK]).to_json())
    given = accepted([SHRUNK, TOLD], acceptance)
    assert given.published
    assert given.warnings == (TOLD, SHRUNK)
    assert accepted([SHRUNK, BROKEN], acceptance).failures == (BROKEN,)


def test_a_failure_that_has_changed_since_is_not_accepted() -> None:
    worse = CheckResult("gate", "ctgov", "The source gives records", "critical", "failed", "3 records")
    assert not accepted([worse], Acceptance.of([SHRUNK])).published


def test_an_acceptance_that_lists_nothing_readable_is_refused() -> None:
    with pytest.raises(ValueError, match="lists subject"):
        Acceptance.from_json('[{"check": "x"}]')


def test_chunks_combine_into_one_result_per_check() -> None:
    told = ("table", "trials", TOLD.check_name, "warning", "failed")
    second = CheckResult(*told, "it did (2 of 7 rows)", 2, (("NCT90000002",),))
    passed = CheckResult("table", "trials", TOLD.check_name, "warning", "passed")
    (one,) = combined([[TOLD], [passed], [second]])
    assert (one.status, one.failing_rows, one.examples) == ("failed", 2, (("NCT90000002",),))
    assert one.observed == "it did (3 of 16 rows)"
    assert one.sentence == "In trials, it did (3 of 16 rows)"
    declared = [CheckResult(*told, text, 1) for text in ("sex 'X' is new to us (1)", "sex 'Y' is new to us (1)")]
    assert combined([[one] for one in declared])[0].sentence.endswith("'X' is new to us (1); sex 'Y' is new to us (1)")
    assert [each.status for each in combined([[FINE], [FINE]])] == ["passed"]


def test_a_result_is_a_row_of_quality_results() -> None:
    row = FailingRow("trials", 0, ("NCT90000001",), "sex", "X", "is new")
    result = CheckResult("table", "t", "n", "info", "failed", "o", 1, (("NCT90000001", 2, date(2026, 7, 1)),), (row,))
    assert json.loads(result.row()["examples"]) == [["NCT90000001", 2, "2026-07-01"]]
    assert FINE.row()["examples"] is None


def test_counts_read_the_same_whatever_their_order() -> None:
    assert counted({"b": 1, "a": 1, "c": 3}) == counted({"c": 3, "a": 1, "b": 1}) == "c (3), a (1), b (1)"
    assert counted({str(n): 1 for n in range(20)}, limit=2) == "0 (1), 1 (1), and 18 more"

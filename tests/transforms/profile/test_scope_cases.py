"""Scope: what is treated and given, not a word anywhere."""

from __future__ import annotations

import pytest

from tests.transforms.profile.test_product_cases import evidence_holds
from tests.transforms.profile.written_study import cases, study
from transforms.profile import profile_study
from transforms.profile.products.scope import REASONS


@pytest.mark.parametrize("case", cases("scope"), ids=lambda case: case["why"])
def test_scope_and_its_reason_are_what_the_record_says(case: dict[str, str]) -> None:
    record = study(case["record"])
    profile = profile_study(record)
    assert (profile.scope, profile.scope_reason) == (case["scope"], case["reason"])
    assert profile.trial["scope"] == profile.scope
    assert evidence_holds(record, profile)


@pytest.mark.parametrize("case", cases("scope"), ids=lambda case: case["why"])
def test_every_scope_has_a_reason_in_the_evidence(case: dict[str, str]) -> None:
    rows = profile_study(study(case["record"])).rows["car_t_evidence"]
    assert any(row["attribute"] == "scope" and row["value"] == case["scope"] for row in rows)
    assert [row["evidence_no"] for row in rows] == list(range(1, len(rows) + 1))


def test_every_reason_is_reached_by_a_case() -> None:
    assert {case["reason"] for case in cases("scope")} == set(REASONS)

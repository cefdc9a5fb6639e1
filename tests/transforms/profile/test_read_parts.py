"""What the rules are said not to read makes no difference to any profile."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.records import study
from transforms.profile import profile_study
from transforms.profile.read_parts import read_parts, reads_the_same

DEMO = Path(__file__).resolve().parents[3] / "demo" / "recordings"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines() if line.startswith(b'{"proto')]


@pytest.mark.parametrize("night", sorted(path.name for path in DEMO.glob("2026-*")))
def test_the_profile_of_a_made_up_study_is_that_of_its_read_parts(night: str) -> None:
    studies = lines(DEMO / night / "ctgov.jsonl.gz")
    assert len(studies) > 100
    for one in studies:
        assert profile_study(read_parts(one)) == profile_study(one)


@pytest.mark.parametrize("name", ["studies", "autoimmune_car_t_2026-07-03"])
def test_the_profile_of_a_real_study_is_that_of_its_read_parts(shared: Path, name: str) -> None:
    for one in lines(shared / "registry" / "ctgov" / f"{name}.jsonl.gz"):
        assert profile_study(read_parts(one)) == profile_study(one)


@pytest.mark.parametrize(
    ("change", "is_read"),
    [
        ({"statusModule__overallStatus": "COMPLETED"}, False),
        ({"designModule__enrollmentInfo": {"count": 40}}, False),
        ({"contactsLocationsModule__locations": []}, False),
        ({"designModule__phases": ["PHASE3"]}, True),
        ({"descriptionModule__briefSummary": "Something else."}, True),
        ({"outcomesModule__primaryOutcomes": []}, True),
        ({"conditionsModule__conditions": ["Lupus Nephritis"]}, True),
    ],
)
def test_only_what_rules_read_asks_for_another_profile(change: dict[str, Any], is_read: bool) -> None:
    assert reads_the_same(study(), study(1, **change)) is not is_read


def test_what_is_no_study_reads_as_nothing() -> None:
    assert not reads_the_same(None, study())
    assert not reads_the_same(["a list"], ["a list"])

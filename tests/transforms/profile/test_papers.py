"""What papers are about, and what a paper is to a trial."""

from __future__ import annotations

from datetime import date

import pytest

from tests.transforms.profile.written_study import cases
from transforms.profile.paper_links import relation
from transforms.profile.papers import profile_paper


def listed(cell: str) -> list[str]:
    return [] if cell in ("", "-") else [part.strip() for part in cell.split(";")]


@pytest.mark.parametrize("case", cases("papers"), ids=lambda case: case["why"])
def test_a_paper_is_about_what_its_title_and_abstract_say(case: dict[str, str]) -> None:
    found = profile_paper(case["title"] or None, case["abstract"] or None, listed(case["mesh_terms"]), [])
    assert found["scope"] == case["scope"]
    assert found["target_antigens"] == listed(case["target_antigens"])
    if case["diseases"] != "*":
        assert found["diseases"] == listed(case["diseases"])


def test_a_paper_without_anything_is_out_of_scope() -> None:
    assert profile_paper(None) == {"scope": "out_of_scope", "diseases": [], "target_antigens": []}


def day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


@pytest.mark.parametrize("case", cases("paper_links"), ids=lambda case: case["why"])
def test_a_paper_is_to_a_trial_what_the_rule_says(case: dict[str, str]) -> None:
    found, reason = relation(
        link_source=case["link_source"],
        reference_type=case["reference_type"] or None,
        named_in=case["named_in"] or None,
        title=case["title"],
        publication_types=listed(case["publication_types"]),
        published=day(case["published"]),
        published_precision=case["precision"] or None,
        trial_start=day(case["trial_start"]),
    )
    assert found == case["relation"]
    assert reason

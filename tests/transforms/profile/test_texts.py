"""Texts of a study: folding keeps offsets, criteria are told apart, any shape is taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.profile.written_study import cases
from transforms.profile.reading.texts import SECTIONS, fold, prose, texts


def pieces(eligibility: str) -> dict[str, str]:
    study = {"protocolSection": {"eligibilityModule": {"eligibilityCriteria": eligibility}}}
    found: dict[str, str] = {}
    for text in texts(study):
        given_piece = text.text[text.start : text.start + len(text.folded)]
        assert fold(given_piece) == text.folded
        found[text.section] = found.get(text.section, "") + given_piece
    return found


@pytest.mark.parametrize("case", cases("criteria"), ids=lambda case: case["why"])
def test_inclusion_and_exclusion_are_told_apart(case: dict[str, str]) -> None:
    found = pieces(case["eligibility"].replace("\\n", "\n"))
    included, excluded = found.get("inclusion", ""), found.get("exclusion", "")
    assert case["included"] in included
    assert case["included"] not in excluded
    if case["excluded"] == "-":
        assert not excluded
    else:
        assert case["excluded"] in excluded
        assert case["excluded"] not in included


@given(st.text())
def test_folding_gives_one_code_point_for_each(words: str) -> None:
    assert len(fold(words)) == len(words)
    assert fold(fold(words)) == fold(words)


@pytest.mark.parametrize(("given_text", "folded"), [
    ("CAR\u2011T", "car-t"), ("ＣＡＲ－Ｔ", "car-t"), ("CAR\u00a0T", "car t"), ("САR-Т", "car-t"),
    ("γδ T", "γδ t"), ("Sjögren\u2019s", "sjogren's"), ("İ", "i"), ("10⁶", "106"), ("a\tb", "a b"),
])  # fmt: skip
def test_one_spelling_for_many(given_text: str, folded: str) -> None:
    assert fold(given_text) == folded


def test_texts_come_most_telling_first_with_their_paths() -> None:
    study = {"protocolSection": {
        "identificationModule": {"briefTitle": "T"},
        "armsInterventionsModule": {"interventions": [None, {"name": "N", "otherNames": ["O", 3]}],
                                    "armGroups": [{"label": "L"}]},
        "outcomesModule": {"primaryOutcomes": [{"measure": "M"}], "secondaryOutcomes": [{"measure": "S"}]},
        "conditionsModule": {"conditions": ["C"], "keywords": "no list"},
        "eligibilityModule": {"eligibilityCriteria": "Inclusion Criteria:\n* I"},
    }}  # fmt: skip
    found = texts(study)
    assert [text.field_path for text in found] == [
        "trial_interventions.name[2]", "trial_interventions.other_names[2][1]", "trial_arms.label[1]",
        "trials.brief_title", "trial_conditions.condition[1]", "trials.eligibility_criteria",
        "trial_outcomes.measure[1]", "trial_outcomes.measure[2]",
    ]  # fmt: skip
    ranks = [SECTIONS.index(text.section) for text in found]
    assert ranks == sorted(ranks)


ODD = {"armsInterventionsModule": "x", "eligibilityModule": {"eligibilityCriteria": 7},
       "outcomesModule": {"primaryOutcomes": [["x"]]}}  # fmt: skip


@pytest.mark.parametrize("broken", [{}, {"protocolSection": None}, {"protocolSection": []},
                                    {"protocolSection": ODD}])  # fmt: skip
def test_any_shape_is_taken(broken: dict[str, object]) -> None:
    assert texts(broken) == []
    assert prose(broken) == ""

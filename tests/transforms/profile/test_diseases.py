from __future__ import annotations

import pytest

from tests.transforms.profile.written_study import cases, expected_list, hold, study
from transforms.profile.reading import word_tree
from transforms.profile.reading.texts import fold, texts
from transforms.profile.reading.vocabulary import VocabularyError, rows
from transforms.profile.trial.diseases import NOT_A_DISEASE, _pattern, _terms, ancestors, catalogue, diseases


@pytest.mark.parametrize("case", cases("diseases"), ids=lambda case: case["why"] or case["record"])
def test_diseases_are_found_where_a_trial_says_whom_it_treats(case: dict[str, str]) -> None:
    found = diseases(texts(study(case["record"])), deep=case["deep"] == "1")
    assert sorted(found.diseases) == sorted(expected_list(case["diseases"]) or [])
    assert found.is_basket == (case["is_basket"] == "1")
    assert found.also_enrols == expected_list(case["also_enrols"])
    assert hold(case["record"], [*found.findings, *found.also_enrols_findings])
    assert {row["disease"] for row in found.rows} == set(found.diseases)


@pytest.mark.parametrize("row", rows("disease_terms", ("term", "label")), ids=lambda row: row["term"])
def test_every_term_of_the_vocabulary_reaches_its_disease(row: dict[str, str]) -> None:
    match = _pattern().search(fold(f"Cells in {row['term'].replace('*', '')}"))
    assert match
    assert word_tree.look_up(match.group(), _terms())[0] == row["label"]


def test_every_disease_has_a_term_or_a_form_that_has() -> None:
    labels = {label for label, _ in _terms().values()} - {NOT_A_DISEASE}
    covered = labels | {parent for label in labels for parent in ancestors(label)}
    assert set(catalogue()) == covered


def test_mesh_terms_count_when_no_word_does() -> None:
    found = diseases(texts(study("condition: Schaumberg's Unheard-of Illness")), ["D009157"])
    assert found.diseases == ["myasthenia gravis"]
    assert found.findings[0].kind == "structure"


def test_a_term_with_two_labels_is_an_error_that_names_the_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    from transforms.profile.reading.vocabulary import Row
    from transforms.profile.trial import diseases as module

    entries = [Row(2, {"term": "lupus", "label": "SLE", "guard": ""}),
               Row(3, {"term": "Lupus", "label": "GPA", "guard": ""})]  # fmt: skip
    monkeypatch.setattr(module, "rows", lambda name, columns: entries)
    monkeypatch.setattr(module, "catalogue", {"SLE": None, "GPA": None}.copy)
    module._terms.cache_clear()
    try:
        with pytest.raises(VocabularyError, match="line 3"):
            module._terms()
    finally:
        module._terms.cache_clear()


def test_a_text_of_a_megabyte_is_read_once() -> None:
    long = "lupus ra ss systemic sclerosis, " * 30_000
    found = diseases(texts(study(f"condition: Autoimmune Disease // summary: {long}")), deep=True)
    assert "SLE" in found.diseases

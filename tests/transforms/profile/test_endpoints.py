"""What outcomes measure, and when: trial_endpoints."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transforms.profile.written_study import cases, hold, study
from transforms.profile.endpoints.concepts import catalogue, mentions, without_broader
from transforms.profile.endpoints.endpoints import endpoints
from transforms.profile.reading.texts import fold, texts
from transforms.profile.reading.vocabulary import VocabularyError, rows
from warehouse.tables.field import COA_TYPES, DOMAINS, TRIAL_ENDPOINTS

SHORT = {"coa": "coa_type", "times": "times_months", "kind": "time_kind", "anchor": "time_anchor",
         "source": "time_source", "visit": "visit_month", "grade": "min_grade",
         "sustained": "sustained_days"}  # fmt: skip


def record(case: dict[str, str]) -> str:
    return f"condition: SLE // outcome: {case['measure']} | {case['time_frame']} | {case['description']}"


def written(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(f"{one:g}" if isinstance(one, float) else one for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize("case", cases("endpoints"), ids=lambda case: case["why"] or case["measure"])
def test_an_outcome_measures(case: dict[str, str]) -> None:
    given = study(record(case))
    found, findings = endpoints(given, texts(given), ["SLE", "lupus nephritis"])
    expected = [entry.partition(": ") for entry in case["expected"].split(" + ")]
    assert [str(row["concept"]) for row in found] == [concept for concept, _, _ in expected]
    for row, (_, _, told) in zip(found, expected, strict=True):
        for column, _, value in (part.partition("=") for part in told.split("; ")):
            assert written(row[SHORT.get(column, column)]) == value, column
    assert hold(record(case), findings)
    assert [(one.item_table, one.item_no) for one in findings] == [
        (TRIAL_ENDPOINTS.name, row["endpoint_no"]) for row in found]  # fmt: skip


def test_every_line_of_the_vocabulary_is_read_as_its_concept() -> None:
    unread = []
    for row in rows("endpoints", ("term", "label")):
        if not row["term"].startswith("~"):
            term = row["term"].removesuffix("*")
            found = [one.concept.name for one in without_broader(mentions(fold(f"participants: {term}")))]
            if found != [row["label"]]:
                unread.append((row["term"], row["label"], found))
    assert unread == []


def test_every_expression_of_the_vocabulary_has_a_case() -> None:
    lines = [row for row in rows("endpoints", ("term", "label", "why")) if row["term"].startswith("~")]
    read = {row["term"]: [one.concept.name for one in mentions(fold(row["why"]))] for row in lines}
    unread = [row["term"] for row in lines if read[row["term"]] != [row["label"]]]
    assert unread == []


def test_every_concept_is_written_somehow_and_has_words_of_the_contract() -> None:
    assert {row["label"] for row in rows("endpoints", ("term", "label"))} == set(catalogue())
    assert {one.domain for one in catalogue().values()} == set(DOMAINS)
    assert {one.coa_type for one in catalogue().values()} - {None} <= set(COA_TYPES)


def test_outcomes_of_odd_shapes_break_nothing() -> None:
    for module in (None, [], {"primaryOutcomes": {}}, {"primaryOutcomes": [None, 5, {"measure": ["x"]}]}):
        given = {"protocolSection": {"outcomesModule": module}}
        assert endpoints(given, texts(given), []) == ([], [])


def test_numbers_of_outcomes_count_those_that_cannot_be_read() -> None:
    module = {"primaryOutcomes": [None, {"measure": "Adverse events"}], "otherOutcomes": [{"measure": "SF-36"}]}
    given = {"protocolSection": {"outcomesModule": module}}
    found, _ = endpoints(given, texts(given), [])
    assert [(row["outcome_no"], row["outcome_type"], row["concept"]) for row in found] == [
        (2, "primary", "AE"), (3, "other", "SF-36")]  # fmt: skip


@pytest.mark.parametrize(("line", "says"), [
    ("x,y,,safety,,,", "twice"), ("x,,none,safety,,,", "agreed words"), ("x,,,safety,zz,,", "yields to"),
])  # fmt: skip
def test_a_wrong_line_of_the_instruments_is_named(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, line: str, says: str
) -> None:
    from transforms.profile.endpoints import concepts

    head = "concept,instrument,coa_type,domain,yields_to,better,disease"
    before = "x,,,safety,,,\n" if says == "twice" else ""
    (tmp_path / "instruments.csv").write_text(f"{head}\n{before}{line}\n")
    monkeypatch.setattr(concepts, "FOLDER", tmp_path)
    monkeypatch.setattr(concepts, "rows", lambda name, columns: rows(name, columns, tmp_path))
    with pytest.raises(VocabularyError, match=rf"instruments\.csv, line .*{says}"):
        catalogue.__wrapped__()

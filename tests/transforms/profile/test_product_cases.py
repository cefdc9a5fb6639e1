"""Products of a trial: which are distinct, what they bind, which cells, whose, and how the gene gets in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transforms.profile.written_study import cases, study
from transforms.profile import StudyProfile, profile_study
from transforms.profile.reading.texts import texts


def named(case: dict[str, str]) -> str:
    return case["why"] or case["record"]


def shown(row: dict[str, Any]) -> str:
    """ "BCMA/CD19 dual CAR-T autologous lentiviral", a dash for what is not stated."""
    values = ("/".join(row["target_antigens"]), row["construct"], row["cell_type"], row["cell_source"],
              row["gene_delivery"])  # fmt: skip
    return " ".join(value or "-" for value in values)


def evidence_holds(record: dict[str, Any], profile: StudyProfile) -> bool:
    """Whether every quoted word stands where its evidence says."""
    whole = {text.field_path: text.text for text in texts(record)}
    return all(
        whole[row["field_path"]][row["start_offset"] : row["end_offset"]] == row["matched_text"]
        for row in profile.rows["car_t_evidence"]
        if row["kind"] == "text"
    )


@pytest.mark.parametrize("case", cases("products"), ids=named)
def test_products_are_what_the_record_says(case: dict[str, str]) -> None:
    record = study(case["record"])
    profile = profile_study(record)
    assert profile.scope == "in_scope"
    expected = [" ".join(entry.split()) for entry in case["products"].split(";")]
    assert [shown(row) for row in profile.rows["car_t_products"]] == expected
    assert evidence_holds(record, profile)


@pytest.mark.parametrize("case", cases("products"), ids=named)
def test_every_value_of_a_product_has_its_reason(case: dict[str, str]) -> None:
    profile = profile_study(study(case["record"]))
    reasons = {(row["product_no"], row["attribute"], row["value"]) for row in profile.rows["car_t_evidence"]}
    for row in profile.rows["car_t_products"]:
        for attribute in ("product", "construct", "cell_type", "cell_source", "gene_delivery"):
            if row[attribute] is not None:
                assert (row["product_no"], attribute, row[attribute]) in reasons
        for antigen in row["target_antigens"]:
            assert (row["product_no"], "target_antigens", antigen) in reasons


def test_a_series_of_trials_points_to_a_product_that_the_record_does_not_name() -> None:
    record = "brief_title: KYSA-9: anti-CD19 CAR-T // condition: SLE // intervention: BIOLOGICAL | {} |"
    told = profile_study(study(record.format("anti-CD19 CAR-T cells"))).rows
    assert [row["product_key"] for row in told["car_t_products"]] == ["miv-cel"]
    pointed = {row["attribute"]: row for row in told["car_t_evidence"] if row["kind"] == "series"}
    assert pointed["product"]["stated_in"] == "the trial is called KYSA-9"
    assert str(pointed["product"]["url"]).startswith("https://clinicaltrials.gov/study/NCT")
    assert pointed["costimulatory_domain"]["value"] == "CD28"
    other = profile_study(study(record.format("QQX-102 CAR-T"))).rows
    assert [row["product_key"] for row in other["car_t_products"]] == [None]


@pytest.mark.parametrize(
    ("name", "product"),
    [
        ("High-dose CD19 CAR-T cell group", "CD19 CAR-T"),
        ("CD19 CAR-T single arm", "CD19 CAR-T"),
        ("Cohort 1: CD19-directed CAR-T cells", "CD19-directed CAR-T cells"),
        ("CD19 CAR-T with low dose decitabine", "CD19 CAR-T with low dose decitabine"),
    ],
)
def test_no_product_is_named_after_a_group_of_participants(name: str, product: str) -> None:
    found = profile_study(study(f"condition: SLE // intervention: BIOLOGICAL | {name}"))
    assert [row["product"] for row in found.rows["car_t_products"]] == [product]

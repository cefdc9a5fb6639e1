"""The papers that tie to trials, the odd forms, and what happens to papers on the third night."""

from __future__ import annotations

from typing import Any

import pytest

Articles = list[dict[str, Any]]


def databank(article: Any) -> list[str]:
    return [number.text for number in article.iter("AccessionNumber")]


def corrections(article: Any) -> list[tuple[str, str | None]]:
    return [(item.get("RefType"), item.findtext("PMID")) for item in article.iter("CommentsCorrections")]


def types(article: Any) -> set[str]:
    return {item.text for item in article.iter("PublicationType")}


@pytest.mark.parametrize(
    ("pmid", "trials"),
    [
        ("90000001", ["NCT90100001"]),
        ("90000004", ["NCT90100036"]),
        ("90000005", ["NCT90100012"]),
        ("90000007", ["NCT90100009"]),
        ("90000009", ["NCT90100001", "NCT90200001"]),
        ("90000019", ["NCT90100015"]),
        ("90000075", ["NCT90100004"]),
    ],
)
def test_registry_numbers(articles: Articles, studies: list[Any], pmid: str, trials: list[str]) -> None:
    assert databank(articles[2][pmid]) == trials
    assert set(trials) <= set(studies[2])


@pytest.mark.parametrize(
    ("pmid", "nct_id"),
    [("90000006", "NCT90100007"), ("90000010", "NCT90999999"), ("90000076", "NCT90100027")],
)
def test_numbers_named_only_in_the_abstract(articles: Articles, pmid: str, nct_id: str) -> None:
    article = articles[2][pmid]
    assert databank(article) == []
    assert nct_id in "".join(article.find(".//Abstract").itertext())


def test_new_papers_by_night(articles: Articles) -> None:
    first, second, third = (set(night) for night in articles)
    assert second - first == {"90000075", "90000076", "90000077", "90000078"}
    assert third - second == {"90000079", "90000080"}
    assert first <= second <= third


def test_third_night_brings_a_retraction_an_erratum_and_a_concern(articles: Articles) -> None:
    before, after = articles[1], articles[2]
    assert "Retracted Publication" in types(after["90000004"]) - types(before["90000004"])
    assert corrections(after["90000004"]) == [("RetractionIn", "90000079")]
    assert corrections(after["90000005"]) == [("ErratumIn", "90000080")]
    assert corrections(after["90000006"]) == [("ExpressionOfConcernIn", None)]
    assert all(corrections(before[pmid]) == [] for pmid in ("90000004", "90000005", "90000006"))
    assert corrections(after["90000079"]) == [("RetractionOf", "90000004")]


def test_odd_forms(articles: Articles) -> None:
    night = articles[0]
    assert night["90000012"].findtext(".//MedlineDate") == "2024 Nov-Dec"
    assert night["90000013"].findtext(".//Season") == "Winter"
    assert night["90000014"].findtext(".//VernacularTitle")
    assert night["90000015"].find(".//Abstract") is None
    assert night["90000016"].find(".//ArticleTitle/sup") is not None
    assert night["90000017"].find("*/PMID").get("Version") == "2"
    assert night["90000011"].findtext(".//CollectiveName")
    assert "Preprint" in types(night["90000018"])
    assert night["90000020"].tag == "PubmedBookArticle"


def test_references_of_trials_are_papers_that_are_there(articles: Articles, studies: list[Any]) -> None:
    cited = {
        reference["pmid"]: reference["type"]
        for record in studies[0].values()
        for reference in record["protocolSection"].get("referencesModule", {}).get("references", [])
    }
    assert set(cited) <= set(articles[0])
    assert set(cited.values()) == {"RESULT", "DERIVED", "BACKGROUND"}

"""Whatever bytes come: rows or a reason, never an exception."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from transforms.pubmed.rows import BrokenFile, citation_rows, file_rows
from transforms.shaped import Shaped
from warehouse.tables.papers import TABLES

FIXTURES = sorted((Path(__file__).parent / "fixtures" / "pubmed").glob("*.xml"))
RECORDS = [path.read_bytes() for path in FIXTURES]
COLUMNS = {table.name: set(table.column_names) for table in TABLES}
TAGS = (
    "PubmedArticle", "PubmedBookArticle", "DeleteCitation", "MedlineCitation", "BookDocument", "PMID",
    "Article", "Book", "Journal", "JournalIssue", "PubDate", "Year", "Month", "Day", "MedlineDate",
    "ArticleTitle", "Abstract", "AbstractText", "AuthorList", "Author", "LastName", "Identifier",
    "AffiliationInfo", "Affiliation", "DataBankList", "DataBank", "DataBankName", "AccessionNumberList",
    "AccessionNumber", "CommentsCorrectionsList", "CommentsCorrections", "PubmedData", "ArticleIdList",
    "ArticleId", "MeshHeadingList", "DescriptorName", "KeywordList", "Keyword", "Language",
    "PublicationTypeList", "PublicationType", "DateRevised", "i",
    "{http://www.w3.org/1998/Math/MathML}math", "{http://www.w3.org/1998/Math/MathML}annotation",
)  # fmt: skip
ATTRIBUTES = {"Version": "x", "RefType": "RetractionIn", "IdType": "doi", "Source": "ORCID", "Label": "A"}

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(result: Shaped) -> None:
    assert result.is_readable == bool(result.rows)
    for name, rows in result.rows.items():
        for row in rows:
            assert row["pmid"] == result.record_id
            assert row.keys() <= COLUMNS[name]


def check_file(raw: bytes) -> None:
    try:
        for result in file_rows(io.BytesIO(raw)):
            check(result)
    except BrokenFile as error:
        assert str(error)


@quick
@given(st.binary(max_size=400))
def test_random_bytes_are_answered(raw: bytes) -> None:
    check(citation_rows(raw))
    check_file(raw)


@quick
@given(st.sampled_from(RECORDS), st.data())
def test_a_record_cut_anywhere_is_answered(raw: bytes, data: st.DataObject) -> None:
    cut = raw[: data.draw(st.integers(0, len(raw) - 1))]
    check(citation_rows(cut))
    check_file(b"<PubmedArticleSet>" + cut)


@quick
@given(st.sampled_from(RECORDS), st.data())
def test_a_record_with_other_bytes_in_it_is_answered(raw: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(raw)))
    until = data.draw(st.integers(at, min(len(raw), at + 40)))
    spoiled = raw[:at] + data.draw(st.binary(max_size=20)) + raw[until:]
    check(citation_rows(spoiled))
    check_file(b"<PubmedArticleSet>" + spoiled + b"</PubmedArticleSet>")


def _element(tag: str, text: str, attributes: list[str], inside: list[etree._Element]) -> etree._Element:
    element = etree.Element(tag, {name: ATTRIBUTES[name] for name in attributes})
    element.text = text
    element.extend(inside)
    return element


def _elements(inside: st.SearchStrategy[list[etree._Element]]) -> st.SearchStrategy[etree._Element]:
    return st.builds(
        _element,
        st.sampled_from(TAGS),
        st.sampled_from(["", "2019", "Sep", "900000001", "NCT90000001", "10.5/x", "\u0669", "x\ty"]),
        st.lists(st.sampled_from(sorted(ATTRIBUTES)), max_size=2),
        inside,
    )


@quick
@given(st.recursive(_elements(st.just([])), lambda inner: _elements(st.lists(inner, max_size=6)), max_leaves=30))
def test_known_elements_in_wrong_places_are_answered(tree: etree._Element) -> None:
    root = etree.Element("PubmedArticle")
    citation = etree.SubElement(root, "MedlineCitation")
    etree.SubElement(citation, "PMID").text = "900000001"
    etree.SubElement(citation, "Article").append(tree)
    citation.append(_element(tree.tag, "", [], list(tree)))
    root.append(_element(tree.tag, "1", ["IdType"], []))
    check(citation_rows(etree.tostring(root)))
    check(citation_rows(etree.tostring(tree)))


@pytest.mark.parametrize("depth", [10, 200, 300, 5_000, 100_000])
def test_nesting_of_any_depth_is_answered(depth: int) -> None:
    title = b"<i>" * depth + b"deep" + b"</i>" * depth
    raw = RECORDS[FIXTURES.index(next(path for path in FIXTURES if path.stem == "no_article"))].replace(
        b"</MedlineCitation>",
        b"<Article><ArticleTitle>" + title + b"</ArticleTitle></Article></MedlineCitation>",
    )
    check(citation_rows(raw))
    check(citation_rows(b"<PubmedArticle>" * depth + b"</PubmedArticle>" * depth))
    check_file(b"<PubmedArticleSet>" + raw + b"</PubmedArticleSet>")

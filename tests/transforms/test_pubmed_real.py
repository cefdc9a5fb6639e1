"""Every real file: no PMID is lost, and what is read agrees with counts made another way."""

from __future__ import annotations

import gzip
import io
import re
from pathlib import Path

import pytest
from lxml import etree

from transforms.pubmed.rows import citation_rows, file_rows
from transforms.shaped import Shaped

REAL = Path(__file__).resolve().parents[2] / ".." / "shared" / "registry" / "pubmed"
FILES = sorted([*REAL.glob("odd/*"), *REAL.glob("articles/*")])

pytestmark = pytest.mark.skipif(not FILES, reason="real PubMed records (../shared/registry/pubmed) are absent")

OWN_PMID = re.compile(rb"<(?:MedlineCitation|BookDocument)\b[^>]*>\s*<PMID[^>]*>([0-9]+)<")
DELETED = re.compile(rb"<DeleteCitation>(.*?)</DeleteCitation>", re.S)
NCT = re.compile(r"NCT[0-9]{8}")


def content(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if path.suffix == ".gz" else raw


@pytest.fixture(scope="module")
def read() -> dict[Path, list[Shaped]]:
    found = {}
    for path in FILES:
        with path.open("rb") as stream:
            found[path] = list(file_rows(stream))
    return found


def test_every_pmid_of_every_file_is_read(read: dict[Path, list[Shaped]]) -> None:
    for path, shaped in read.items():
        raw = content(path)
        deleted = re.findall(rb"<PMID[^>]*>([0-9]+)<", b"".join(DELETED.findall(raw)))
        expected = [pmid.decode() for pmid in [*OWN_PMID.findall(raw), *deleted]]
        assert [each.record_id for each in shaped] == expected, path.name
        gone = [each.record_id for each in shaped if each.rows["publications"][0]["is_deleted"]]
        assert gone == [pmid.decode() for pmid in deleted]


def test_real_records_have_no_field_that_cannot_be_read(read: dict[Path, list[Shaped]]) -> None:
    problems = [(path.name, problem) for path, each in read.items() for one in each for problem in one.problems]
    assert problems == []


def test_counts_agree_with_xpath(read: dict[Path, list[Shaped]]) -> None:
    for path, shaped in read.items():
        tree = etree.fromstring(content(path), etree.XMLParser(resolve_entities=False))

        def count(xpath: str, tree: etree._Element = tree) -> int:
            return len(tree.xpath(f"//MedlineCitation{xpath}"))  # type: ignore[arg-type]

        articles = [one for one in shaped if "journal" in one.rows["publications"][0]]
        publications = [one.rows["publications"][0] for one in articles]
        authors = [row for one in articles for row in one.rows["publication_authors"]]
        corrections = [row for one in articles for row in one.rows["publication_corrections"]]
        assert len(authors) == count("/Article/AuthorList/Author[not(@ValidYN='N')]"), path.name
        assert sum(len(row.get("affiliations", ())) for row in authors) == count(
            "/Article/AuthorList/Author[not(@ValidYN='N')]/AffiliationInfo/Affiliation[normalize-space()]"
        ) + count("/Article/AuthorList/Author[not(@ValidYN='N')]/Affiliation[normalize-space()]")
        assert sum("collective_name" in row for row in authors) == count("/Article/AuthorList/Author/CollectiveName")
        assert sum("orcid" in row for row in authors) == count(
            "/Article/AuthorList/Author[not(@ValidYN='N')]/Identifier[@Source='ORCID']"
        )
        assert len(corrections) == count("/CommentsCorrectionsList/CommentsCorrections")
        assert sum(len(row.get("mesh_terms", ())) for row in publications) == count(
            "/MeshHeadingList/MeshHeading/DescriptorName"
        )
        assert sum("abstract" in row for row in publications) == count("/Article/Abstract[AbstractText]")
        assert sum("revised_date" in row for row in publications) == count("/DateRevised")
        assert all("publication_date" in row and "title" in row for row in publications)
        assert sum(row["is_retracted"] for row in publications) == count(
            "[CommentsCorrectionsList/CommentsCorrections/@RefType='RetractionIn'"
            " or Article/PublicationTypeList/PublicationType='Retracted Publication']"
        )
        own_doi = "../PubmedData/ArticleIdList/ArticleId[@IdType='doi']"
        elocation_doi = "Article/ELocationID[@EIdType='doi'][not(@ValidYN='N')]"
        assert sum("doi" in row for row in publications) == count(f"[{own_doi} or {elocation_doi}]")


def test_trial_numbers_agree_with_a_plain_search(read: dict[Path, list[Shaped]]) -> None:
    for path, shaped in read.items():
        tree = etree.fromstring(content(path), etree.XMLParser(resolve_entities=False))
        places = "//DataBankList//AccessionNumber | //Article/ArticleTitle | //Article/Abstract"
        texts = ["".join(map(str, element.itertext())) for element in tree.xpath(places)]  # type: ignore
        plain = {number for text in texts for number in NCT.findall(text)}
        rows = [row for one in shaped for row in one.rows["publication_trial_numbers"]]
        assert plain == {row["number"] for row in rows if row["registry"] == "ClinicalTrials.gov"}, path.name


def test_a_record_alone_gives_the_same_rows_as_in_its_file(read: dict[Path, list[Shaped]]) -> None:
    for path, shaped in read.items():
        tree = etree.parse(io.BytesIO(content(path)), etree.XMLParser(resolve_entities=False))
        records = list(tree.iter("PubmedArticle", "PubmedBookArticle"))
        alone = [citation_rows(etree.tostring(record, encoding="utf-8", with_tail=False)) for record in records]
        assert alone == shaped[: len(alone)], path.name

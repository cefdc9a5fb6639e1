"""One citation, and a file of them, to rows: each oddity of PubMed's records in an invented one."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any

import pytest

from transforms.pubmed import rows as pubmed
from transforms.pubmed.rows import BrokenFile, citation_rows, file_rows
from transforms.shaped import Problem, Shaped
from warehouse.tables.papers import TABLES

FIXTURES = Path(__file__).parent / "fixtures" / "pubmed"


def shaped(name: str) -> Shaped:
    return citation_rows((FIXTURES / f"{name}.xml").read_bytes())


def publication(name: str) -> dict[str, Any]:
    [row] = shaped(name).rows["publications"]
    return row


def wrapped(*records: str) -> bytes:
    return ("<PubmedArticleSet>" + "".join(records) + "</PubmedArticleSet>").encode()


def record(name: str) -> str:
    return (FIXTURES / f"{name}.xml").read_text(encoding="utf-8")


def test_a_full_article_fills_every_column_of_its_source() -> None:
    assert publication("every_field") == {
        "pmid": "900000001",
        "doi": "10.55555/own.1",
        "pmcid": "PMC99000001",
        "title": "An invented trial of invented cells.",
        "abstract": "Nothing here was ever given to anyone.",
        "journal": "Invented journal of cell therapy",
        "publication_date": "2031-01-05",
        "publication_types": ["Journal Article", "Clinical Trial, Phase II"],
        "is_retracted": False,
        "has_expression_of_concern": False,
        "mesh_terms": ["Humans", "Receptors, Chimeric Antigen"],
        "keywords": ["invented cells", "lupus nullius"],
        "language": "eng",
        "citation_status": "MEDLINE",
        "pmid_version": 1,
        "revised_date": "2031-03-04",
        "url": "https://pubmed.ncbi.nlm.nih.gov/900000001/",
        "is_deleted": False,
    }


def test_authors_come_with_all_their_affiliations() -> None:
    first, second = shaped("every_field").rows["publication_authors"]
    assert first == {
        "pmid": "900000001",
        "author_no": 1,
        "last_name": "Muster",
        "fore_name": "Maria A",
        "initials": "MA",
        "orcid": "0000-0001-0002-000X",
        "affiliations": ["First Made-up Hospital.", "Second Made-up Hospital."],
    }
    assert second == {"pmid": "900000001", "author_no": 2, "last_name": "Doe", "initials": "J"}


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.xml")), ids=lambda path: path.stem)
def test_rows_have_only_columns_of_the_schema_and_no_empty_values(path: Path) -> None:
    columns = {table.name: set(table.column_names) for table in TABLES}
    for name, rows in citation_rows(path.read_bytes()).rows.items():
        for row in rows:
            assert row.keys() <= columns[name]
            assert all(value is not None and value != "" and value != [] for value in row.values())


def test_identifiers_of_the_references_are_not_the_papers_own() -> None:
    row = publication("references_with_ids_of_their_own")
    assert row["pmid"] == "900000002"
    assert "doi" not in row
    assert "pmcid" not in row


def test_inline_tags_and_formulas_are_text() -> None:
    row = publication("inline_tags_and_mathml")
    assert row["title"] == "In vitro study of CD19+ cells in H2O & serum."
    assert row["abstract"] == "Counts were <5\u00a0%, see below."


def test_labelled_parts_of_an_abstract_stand_on_lines_of_their_own() -> None:
    assert publication("structured_abstract")["abstract"].splitlines() == [
        "BACKGROUND: Cells were invented.",
        "METHODS: They were counted.",
        "A part without a label of its own.",
        "Another one.",
    ]


def test_a_title_that_is_not_available_gives_way_to_the_vernacular_one() -> None:
    assert publication("vernacular_title")["title"] == "Erfundene Zellen und ihre Zählung."


def test_groups_are_authors_and_misprinted_names_are_not() -> None:
    result = shaped("authors_of_every_kind")
    authors = {row["author_no"]: row for row in result.rows["publication_authors"]}
    assert list(authors) == [2, 3, 4, 5, 6]
    assert authors[2]["orcid"] == "0000-0002-0000-0018"
    assert authors[3] == {
        "pmid": "900000006", "author_no": 3, "collective_name": "Invented Cells Study Group",
    }  # fmt: skip
    assert authors[4]["orcid"] == "0000-0002-0000-002X"
    assert "orcid" not in authors[5]
    assert authors[6]["affiliations"] == ["Hospital of the old form."]
    assert result.problems == (
        Problem("publication_authors.orcid[5]", "0000-0002-0000", "Not an ORCID iD"),
    )  # fmt: skip


def test_trial_numbers_are_kept_with_where_they_stand() -> None:
    result = shaped("trial_numbers_everywhere")
    rows = result.rows["publication_trial_numbers"]
    assert {(row["registry"], row["number"], row["named_in"]) for row in rows} == {
        ("ClinicalTrials.gov", "NCT90000001", "databank"),
        ("ClinicalTrials.gov", "NCT90000005", "databank"),
        ("ISRCTN", "ISRCTN00000000", "databank"),
        ("A registry of tomorrow", "T-1", "databank"),
        ("ClinicalTrials.gov", "NCT90000001", "title"),
        ("ClinicalTrials.gov", "NCT90000001", "abstract"),
        ("ClinicalTrials.gov", "NCT90000002", "abstract"),
        ("ClinicalTrials.gov", "NCT90000003", "abstract"),
    }
    assert len(rows) == 8
    assert [problem.raw_value for problem in result.problems] == ["to come"]


@pytest.mark.parametrize(
    ("name", "is_retracted", "has_expression_of_concern"),
    [
        ("retracted_by_a_notice", True, False),
        ("retracted_by_type", True, False),
        ("expression_of_concern", False, True),
        ("retraction_notice", False, False),
    ],
)
def test_retractions_and_concerns_are_read_from_types_and_notices(
    name: str, is_retracted: bool, has_expression_of_concern: bool
) -> None:
    row = publication(name)
    assert row["is_retracted"] is is_retracted
    assert row["has_expression_of_concern"] is has_expression_of_concern


def test_corrections_keep_their_place_and_the_unreadable_ones_are_named() -> None:
    result = shaped("retracted_by_a_notice")
    erratum, retraction, comment = result.rows["publication_corrections"]
    assert erratum["note"] == "A name"
    assert retraction == {
        "pmid": "900000008", "correction_no": 2, "ref_type": "RetractionIn", "ref_source": "Inv J. 2032;2:1",
        "ref_pmid": "900000080",
    }  # fmt: skip
    assert "ref_pmid" not in comment
    assert [problem.field_path for problem in result.problems] == [
        "publication_corrections.ref_pmid[3]",
        "publication_corrections.ref_type[4]",
    ]
    assert result.rows["publications"][0]["pmid_version"] == 2


def test_wrong_fields_are_named_and_the_record_is_kept() -> None:
    result = shaped("wrong_in_every_field")
    assert {problem.field_path: problem.raw_value for problem in result.problems} == {
        "publications.pmid_version": "first",
        "publications.revised_date": "2031 02 30",
        "publications.publication_date": "in due course",
        "publications.doi": "ask the authors",
        "publications.pmcid": "soon",
    }
    assert result.is_readable
    assert result.rows["publications"][0]["title"] == "A record kept in spite of its fields."


def test_a_chapter_is_dated_by_its_contribution_and_has_its_own_authors() -> None:
    result = shaped("book_chapter")
    [row] = result.rows["publications"]
    assert row["title"] == "The first chapter"
    assert row["publication_date"] == "2031-05-06"
    assert row["revised_date"] == "2032-01-02"
    assert row["doi"] == "10.55555/chapter"
    assert row["publication_types"] == ["Review"]
    assert row["keywords"] == ["chapters"]
    assert [author["last_name"] for author in result.rows["publication_authors"]] == ["Writer"]
    assert [number["number"] for number in result.rows["publication_trial_numbers"]] == ["NCT90000012"]


def test_a_book_has_its_title_and_its_editors() -> None:
    result = shaped("whole_book")
    assert result.rows["publications"][0]["title"] == "The Invented Book"
    assert result.rows["publications"][0]["publication_date"] == "1993-10"
    assert [author["last_name"] for author in result.rows["publication_authors"]] == ["Editor"]


def test_a_deletion_is_a_row_that_says_so() -> None:
    row = publication("deletion_of_one")
    assert row["pmid"] == "900000014"
    assert row["is_deleted"] is True
    assert row["is_retracted"] is False


@pytest.mark.parametrize(
    ("raw", "record_id", "said"),
    [
        (b"", None, "Not readable XML"),
        (b"Not Found", None, "Not readable XML"),
        (b"<html><body>busy</body></html>", None, "Not one citation: html"),
        (b"<eFetchResult><ERROR>Search Backend failed</ERROR></eFetchResult>", None, "Not one citation"),
        (b"<PubmedArticleSet></PubmedArticleSet>", None, "with 0"),
        (b"<PubmedArticle/>", None, "without MedlineCitation"),
        (b"<PubmedBookArticle/>", None, "without BookDocument"),
        (b"<DeleteCitation><PMID>1</PMID><PMID>2</PMID></DeleteCitation>", "1", "with 2"),
        (b"<PubmedArticle><MedlineCitation><PMID>900000001</PMID><Art", "900000001", "Not readable XML"),
        (b'<?xml version="1.0" encoding="klingon"?><PubmedArticle/>', None, "Not readable XML"),
    ],
)  # fmt: skip
def test_an_unreadable_record_is_one_problem_without_rows(raw: bytes, record_id: str | None, said: str) -> None:
    result = citation_rows(raw)
    [problem] = result.problems
    assert result.rows == {}
    assert result.record_id == record_id
    assert problem.field_path is None
    assert said in problem.reason
    assert not result.is_readable


@pytest.mark.parametrize(
    ("name", "record_id"),
    [("no_pmid", None), ("no_article", "900000016"), ("internal_entities", "900000015")],
)
def test_a_citation_without_its_core_is_unreadable(name: str, record_id: str | None) -> None:
    result = shaped(name)
    assert result.record_id == record_id
    assert result.rows == {}
    assert [problem.field_path for problem in result.problems] == [None]


def test_a_set_around_one_record_does_no_harm() -> None:
    assert citation_rows(wrapped(record("every_field"))) == shaped("every_field")
    assert not citation_rows(wrapped(record("every_field"), record("whole_book"))).is_readable


@pytest.mark.parametrize("form", ["SYSTEM", "PUBLIC"])
def test_no_dtd_is_ever_opened(form: str, tmp_path: Path) -> None:
    dtd = tmp_path / "trap.dtd"
    dtd.write_text('<!ENTITY leak "leaked"><!ATTLIST PMID Version CDATA "7">')
    public = '"-//X" ' if form == "PUBLIC" else ""
    raw = f'<!DOCTYPE PubmedArticle {form} {public}"{dtd.as_uri()}">' + record("every_field").replace(
        '<PMID Version="1">', "<PMID>"
    )
    [row] = citation_rows(raw.encode()).rows["publications"]
    assert "pmid_version" not in row
    leaking = raw.replace("An invented trial", "&leak;")
    assert "leaked" not in str(citation_rows(leaking.encode()))


def test_a_file_named_by_an_entity_is_never_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret words")
    for declaration, use in (
        (f'<!ENTITY x SYSTEM "{secret.as_uri()}">', "&x;"),
        (f'<!ENTITY % x SYSTEM "{secret.as_uri()}"> %x;', ""),
    ):
        body = record("every_field").replace("An invented trial", use)
        result = citation_rows(f"<!DOCTYPE PubmedArticle [{declaration}]>{body}".encode())
        assert "secret words" not in str(result)
        assert not result.is_readable


def test_expanding_entities_are_refused_at_once() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE PubmedArticle [<!ENTITY e0 "lol">{entities}]>'
    body = record("every_field")
    for spiked in (
        body.replace("An invented trial", "&e11;"),
        body.replace('Status="MEDLINE"', 'Status="&e11;"'),
    ):
        assert citation_rows((bomb + spiked).encode()).rows == {}


def test_a_record_beyond_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pubmed, "MAX_RECORD_BYTES", 1000)
    result = shaped("every_field")
    assert result.rows == {}
    assert result.record_id == "900000001"
    with pytest.raises(BrokenFile, match="1000 bytes"):
        list(file_rows(io.BytesIO(b"<PubmedArticleSet>" + b"x" * 1001)))


@pytest.mark.parametrize("chunk", [1, 7, 100, 2**20])
@pytest.mark.parametrize("is_gzipped", [False, True])
def test_a_file_gives_every_record_whatever_the_chunks(
    chunk: int, is_gzipped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pubmed, "_CHUNK", chunk)
    raw = (FIXTURES / "set_with_deletions.xml").read_bytes()
    rows = list(file_rows(io.BytesIO(gzip.compress(raw) if is_gzipped else raw)))
    assert [each.record_id for each in rows] == [f"9000000{n}" for n in (20, 21, 22, 23, 24)]
    assert [each.rows["publications"][0]["is_deleted"] for each in rows] == [False, False, False, True, True]
    assert rows[0].rows["publications"][0]["title"] == "Größe A."


def test_a_file_and_a_single_record_give_the_same_rows() -> None:
    names = ("every_field", "trial_numbers_everywhere", "book_chapter", "no_pmid", "wrong_in_every_field")
    from_file = list(file_rows(io.BytesIO(wrapped(*map(record, names)))))
    assert [each.rows for each in from_file] == [shaped(name).rows for name in names]
    assert [each.problems for each in from_file][-1] == shaped(names[-1]).problems


def test_gzip_members_joined_end_to_end_are_one_file() -> None:
    raw = (FIXTURES / "set_with_deletions.xml").read_bytes()
    joined = gzip.compress(raw[:400]) + gzip.compress(raw[400:]) + b"\0" * 512
    assert len(list(file_rows(io.BytesIO(joined)))) == 5


def test_a_file_in_another_encoding_is_read_as_it_declares() -> None:
    raw = record("set_with_deletions").replace('encoding="utf-8"', 'encoding="iso-8859-1"').encode("iso-8859-1")
    first = next(file_rows(io.BytesIO(raw)))
    assert first.rows["publications"][0]["title"] == "Größe A."


def _broken_files() -> dict[str, bytes]:
    raw = (FIXTURES / "set_with_deletions.xml").read_bytes()
    bomb = b'<!DOCTYPE PubmedArticleSet [<!ENTITY a "b">]>'
    return {
        "empty": b"",
        "truncated": raw[:-30],
        "cut in a record": raw[:600],
        "truncated gzip": gzip.compress(raw)[:-9],
        "damaged gzip": gzip.compress(raw)[:60] + b"\0\0\0\0" + gzip.compress(raw)[64:],
        "mismatched tags": raw.replace(b"B.</ArticleTitle>", b"B.</Title>"),
        "text after the set": raw + b"<html/>",
        "a page instead": b"<html><body>503</body></html>",
        "an error instead": b"<eFetchResult><ERROR>no</ERROR></eFetchResult>",
        "a record in a comment": wrapped("<!-- ", record("no_article"), " -->"),
        "entities": bomb + wrapped(record("no_article")),
        "utf-16": raw.decode().replace("utf-8", "utf-16").encode("utf-16"),
        "unknown encoding": raw.replace(b'"utf-8"', b'"klingon"'),
    }


@pytest.mark.parametrize(("kind", "raw"), _broken_files().items())
def test_a_broken_file_says_so_instead_of_ending_early(kind: str, raw: bytes) -> None:
    with pytest.raises(BrokenFile):
        list(file_rows(io.BytesIO(raw)))


def test_an_empty_set_is_a_whole_file_without_records() -> None:
    assert list(file_rows(io.BytesIO(b'<?xml version="1.0" ?><PubmedArticleSet></PubmedArticleSet>'))) == []

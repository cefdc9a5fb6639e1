"""One PubMed citation, as a parsed element, to rows of `publications` and the tables beside it.

Written from NLM's DTD (pubmed_250101) and the records themselves. Articles and books differ in
where things stand; both end in `_shaped`.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from transforms.pubmed import lists as pubmed_lists
from transforms.pubmed.dates import earliest, partial_date
from transforms.pubmed.text import (
    Parts,
    abstract_text,
    children,
    children_texts,
    doi_of,
    excerpt,
    first_parts,
    first_text,
    inner_text,
    inner_texts,
    parts,
    pmcid_of,
    pmid_of,
    source,
)
from transforms.shaped import Problem, Rows, Shaped, unreadable

Row = dict[str, Any]

_NO_TITLE = ("[not available]", "[not available].", "not available", "not available.")
_RETRACTED_TYPE = "Retracted Publication"
_RETRACTING = ("RetractionIn", "RetractedandRepublishedIn")
_CONCERN = "ExpressionOfConcernIn"


def article(record: etree._Element) -> Shaped:
    """A `PubmedArticle` element to rows."""
    top = parts(record)
    if not (citations := top.get("MedlineCitation")):
        return unreadable(None, source(record), "A PubmedArticle without MedlineCitation")
    citation = parts(citations[0])
    pmid, version = _identity(citation)
    if pmid is None:
        return unreadable(None, source(record), "A citation without a valid PMID")
    if not (articles := citation.get("Article")):
        return unreadable(pmid, source(record), "A citation without Article")
    problems: list[Problem] = []
    art = parts(articles[0])
    journal = first_parts(art, "Journal")
    dates = art.get("ArticleDate", []) + first_parts(journal, "JournalIssue").get("PubDate", [])
    row: Row = {
        "title": _title(art.get("ArticleTitle"), art.get("VernacularTitle")),
        "journal": first_text(journal, "Title") or first_text(journal, "ISOAbbreviation")
        or first_text(first_parts(citation, "MedlineJournalInfo"), "MedlineTA"),
        "publication_date": _date("publication_date", dates, problems),
        "publication_types": children_texts(art, "PublicationTypeList", "PublicationType"),
        "citation_status": citations[0].get("Status"),
        "mesh_terms": inner_texts(
            name for each in citation.get("MeshHeadingList", ()) for name in each.iter("DescriptorName")
        ),
        "pmid_version": _version(version, problems),
    }  # fmt: skip
    article_ids = children(first_parts(top, "PubmedData"), "ArticleIdList")
    _add_identifiers(row, article_ids, art.get("ELocationID", []), problems)
    _add_common(row, citation, art, problems)
    authors = pubmed_lists.authors(pmid, children(art, "AuthorList"), problems)
    corrections = pubmed_lists.corrections(pmid, children(citation, "CommentsCorrectionsList"), problems)
    databanks = children(art, "DataBankList")
    return _shaped(pmid, row, authors, corrections, databanks, problems)


def book(record: etree._Element) -> Shaped:
    """A `PubmedBookArticle` element (a book, or a chapter of one) to rows; a book has no journal.

    A chapter's date is that of its contribution: its book may have begun years before it.
    """
    top = parts(record)
    if not (documents := top.get("BookDocument")):
        return unreadable(None, source(record), "A PubmedBookArticle without BookDocument")
    document = parts(documents[0])
    pmid, version = _identity(document)
    if pmid is None:
        return unreadable(None, source(record), "A book without a valid PMID")
    problems: list[Problem] = []
    volume = first_parts(document, "Book")
    dates = document.get("ContributionDate") or volume.get("PubDate", [])
    row: Row = {
        "title": _title(document.get("ArticleTitle"), document.get("VernacularTitle"))
        or _title(volume.get("BookTitle"), None),
        "publication_date": _date("publication_date", dates, problems),
        "publication_types": inner_texts(document.get("PublicationType", ())),
        "pmid_version": _version(version, problems),
    }
    identifiers = children(document, "ArticleIdList") + children(first_parts(top, "PubmedBookData"), "ArticleIdList")
    _add_identifiers(row, identifiers, [], problems)
    _add_common(row, document, document, problems)
    lists = document.get("AuthorList", []) + volume.get("AuthorList", [])
    # Editors count as authors only of a book that names no authors.
    lists.sort(key=lambda each: each.get("Type") == "editors")
    authors = pubmed_lists.authors(pmid, list(lists[0]) if lists else [], problems)
    return _shaped(pmid, row, authors, [], [], problems)


def deletion(pmid_element: etree._Element) -> Shaped:
    """One PMID of a `DeleteCitation` (or `DeleteDocument`) element: a row that says it is deleted."""
    pmid, version = _identity({"PMID": [pmid_element]})
    if pmid is None:
        return unreadable(None, source(pmid_element), "A deletion without a valid PMID")
    problems: list[Problem] = []
    row = {"pmid_version": _version(version, problems), "is_deleted": True}
    return _shaped(pmid, row, [], [], [], problems)


def _shaped(
    pmid: str, row: Row, authors: list[Row], corrections: list[Row], databanks: list[etree._Element],
    problems: list[Problem],
) -> Shaped:  # fmt: skip
    ref_types = {each["ref_type"] for each in corrections}
    is_of_retracted_type = _RETRACTED_TYPE in row.get("publication_types", ())
    row |= {
        "is_retracted": is_of_retracted_type or not ref_types.isdisjoint(_RETRACTING),
        "has_expression_of_concern": _CONCERN in ref_types,
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
        "is_deleted": row.get("is_deleted", False),
    }
    given = {"pmid": pmid} | {name: value for name, value in row.items() if value is not None and value != []}
    rows: Rows = {
        "publications": [given],
        "publication_authors": authors,
        "publication_corrections": corrections,
        "publication_trial_numbers": pubmed_lists.trial_numbers(given, databanks, problems),
    }
    return Shaped(pmid, rows, tuple(problems))


def _identity(holder: Parts) -> tuple[str | None, str | None]:
    """PMID and its version as given, from the children of a citation."""
    if not (elements := holder.get("PMID")):
        return None, None
    return pmid_of(inner_text(elements[0]) or ""), elements[0].get("Version")


def _version(given: str | None, problems: list[Problem]) -> int | None:
    if given is None:
        return None
    if given.isascii() and given.isdigit() and len(given) <= 6 and int(given) >= 1:
        return int(given)
    problems.append(Problem("publications.pmid_version", excerpt(given), "Not a version number"))
    return None


def _add_common(row: Row, citation: Parts, art: Parts, problems: list[Problem]) -> None:
    """What articles and books say in the same words."""
    abstracts = art.get("Abstract")
    # Of a paper in several languages the first, which is the one PubMed's own formats lead with.
    languages = inner_texts(art.get("Language", ()))
    row |= {
        "abstract": abstract_text(abstracts[0]) if abstracts else None,
        "language": languages[0] if languages else None,
        "keywords": children_texts(citation, "KeywordList", "Keyword"),
        "revised_date": _date("revised_date", citation.get("DateRevised", []), problems),
    }


def _title(titles: list[etree._Element] | None, vernacular: list[etree._Element] | None) -> str | None:
    """The title; the one in the paper's own language where PubMed has none in English."""
    for element in (titles or [])[:1] + (vernacular or [])[:1]:
        text = inner_text(element)
        if text and text.lower() not in _NO_TITLE:
            return text
    return None


def _date(column: str, elements: list[etree._Element], problems: list[Problem]) -> str | None:
    dates = []
    for element in elements:
        given = {part.tag: text for part in element if (text := (part.text or "").strip())}
        if not given:
            continue
        if date := partial_date(given):
            dates.append(date)
        else:
            raw_value = excerpt(" ".join(given.values()))
            problems.append(Problem(f"publications.{column}", raw_value, "Not a date of PubMed's forms"))
    return dates[0] if len(dates) == 1 else earliest(dates)


def _add_identifiers(
    row: Row, article_ids: list[etree._Element], locations: list[etree._Element], problems: list[Problem]
) -> None:
    """DOI and PMC id. Those of the references stand deeper and are not the paper's own."""
    given: dict[str, list[str]] = {"doi": [], "pmc": [], "pmcid": []}
    for element in article_ids:
        kind = element.get("IdType")
        if kind in given and (text := inner_text(element)):
            given[kind].append(text)
    for element in locations:
        is_valid_doi = element.get("EIdType") == "doi" and element.get("ValidYN") != "N"
        if is_valid_doi and (text := inner_text(element)):
            given["doi"].append(text)
    for column, candidates, read in (
        ("doi", given["doi"], doi_of),
        ("pmcid", given["pmc"] + given["pmcid"], pmcid_of),
    ):
        row[column] = next((found for each in candidates if (found := read(each))), None)
        if candidates and row[column] is None:
            reason = f"Not a {column.upper()}"
            problems.append(Problem(f"publications.{column}", excerpt(candidates[0]), reason))

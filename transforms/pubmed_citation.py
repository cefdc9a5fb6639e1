"""One PubMed citation, as a parsed element, to rows of `publications` and the tables beside it.

Written from NLM's DTD (pubmed_250101) and the records themselves. Articles and books differ in
where things stand; both end in `_shaped`.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from transforms.pubmed_dates import earliest, partial_date
from transforms.pubmed_text import (
    Parts,
    abstract_text,
    doi_of,
    excerpt,
    inner_text,
    inner_texts,
    nct_numbers,
    orcid_of,
    parts,
    pmcid_of,
    pmid_of,
)
from transforms.shaped import Problem, Rows, Shaped, unreadable

Row = dict[str, Any]

CLINICALTRIALS = "ClinicalTrials.gov"
# Databanks of sequences, structures and files in NLM's list of MEDLINE databank sources. Any other
# databank is taken for a trial registry, so that a new registry is not lost.
_NO_TRIALS = frozenset(
    ("bioproject", "dbgap", "dbsnp", "dbvar", "dryad", "figshare", "gdb", "genbank", "geo", "omim", "pdb", "pir",
     "pubchem-bioassay", "pubchem-compound", "pubchem-substance", "refseq", "snp", "sra", "swissprot", "unimes",
     "uniparc", "uniprotkb", "uniref")
)  # fmt: skip
_NO_TITLE = ("[not available]", "[not available].", "not available", "not available.")
_RETRACTED_TYPE = "Retracted Publication"
_RETRACTING = ("RetractionIn", "RetractedandRepublishedIn")
_CONCERN = "ExpressionOfConcernIn"
_AUTHOR_COLUMNS = {
    "LastName": "last_name",
    "ForeName": "fore_name",
    "Initials": "initials",
    "CollectiveName": "collective_name",
}


def article(record: etree._Element) -> Shaped:
    """A `PubmedArticle` element to rows."""
    top = parts(record)
    if not (citations := top.get("MedlineCitation")):
        return unreadable(None, _source(record), "A PubmedArticle without MedlineCitation")
    citation = parts(citations[0])
    pmid, version = _identity(citation)
    if pmid is None:
        return unreadable(None, _source(record), "A citation without a valid PMID")
    if not (articles := citation.get("Article")):
        return unreadable(pmid, _source(record), "A citation without Article")
    problems: list[Problem] = []
    art = parts(articles[0])
    journal = _first_parts(art, "Journal")
    data = _first_parts(top, "PubmedData")
    issue = _first_parts(journal, "JournalIssue")
    row: Row = {
        "title": _title(art.get("ArticleTitle"), art.get("VernacularTitle")),
        "journal": _text(journal, "Title") or _text(journal, "ISOAbbreviation")
        or _text(_first_parts(citation, "MedlineJournalInfo"), "MedlineTA"),
        "publication_date": _date("publication_date", art.get("ArticleDate", []) + issue.get("PubDate", []), problems),
        "publication_types": _children_texts(art, "PublicationTypeList", "PublicationType"),
        "citation_status": citations[0].get("Status"),
        "mesh_terms": [
            name
            for headings in citation.get("MeshHeadingList", ())
            for heading in headings
            for name in inner_texts(heading.iterchildren("DescriptorName"))
        ],
        "pmid_version": _version(version, problems),
    }  # fmt: skip
    _add_identifiers(row, _children(data, "ArticleIdList"), art.get("ELocationID", []), problems)
    _add_common(row, citation, art, problems)
    authors = _authors(pmid, _children(art, "AuthorList"), problems)
    corrections = _corrections(pmid, _children(citation, "CommentsCorrectionsList"), problems)
    databanks = _children(art, "DataBankList")
    return _shaped(pmid, row, authors, corrections, databanks, problems)


def book(record: etree._Element) -> Shaped:
    """A `PubmedBookArticle` element (a book, or a chapter of one) to rows; a book has no journal.

    A chapter's date is that of its contribution: its book may have begun years before it.
    """
    top = parts(record)
    if not (documents := top.get("BookDocument")):
        return unreadable(None, _source(record), "A PubmedBookArticle without BookDocument")
    document = parts(documents[0])
    pmid, version = _identity(document)
    if pmid is None:
        return unreadable(None, _source(record), "A book without a valid PMID")
    problems: list[Problem] = []
    volume = _first_parts(document, "Book")
    dates = document.get("ContributionDate") or volume.get("PubDate", [])
    row: Row = {
        "title": _title(document.get("ArticleTitle"), document.get("VernacularTitle"))
        or _title(volume.get("BookTitle"), None),
        "publication_date": _date("publication_date", dates, problems),
        "publication_types": inner_texts(document.get("PublicationType", ())),
        "pmid_version": _version(version, problems),
    }
    identifiers = _children(document, "ArticleIdList") + _children(
        _first_parts(top, "PubmedBookData"), "ArticleIdList"
    )
    _add_identifiers(row, identifiers, [], problems)
    _add_common(row, document, document, problems)
    lists = document.get("AuthorList", []) + volume.get("AuthorList", [])
    # Editors count as authors only of a book that names no authors.
    lists.sort(key=lambda each: each.get("Type") == "editors")
    authors = _authors(pmid, list(lists[0]) if lists else [], problems)
    return _shaped(pmid, row, authors, [], [], problems)


def deletion(pmid_element: etree._Element) -> Shaped:
    """One PMID of a `DeleteCitation` (or `DeleteDocument`) element: a row that says it is deleted."""
    pmid, version = _identity({"PMID": [pmid_element]})
    if pmid is None:
        return unreadable(None, _source(pmid_element), "A deletion without a valid PMID")
    problems: list[Problem] = []
    row = {"pmid_version": _version(version, problems), "is_deleted": True}
    return _shaped(pmid, row, [], [], [], problems)


def _shaped(
    pmid: str, row: Row, authors: list[Row], corrections: list[Row], databanks: list[etree._Element],
    problems: list[Problem],
) -> Shaped:  # fmt: skip
    ref_types = {each["ref_type"] for each in corrections}
    row |= {
        "is_retracted": _RETRACTED_TYPE in row.get("publication_types", ()) or not ref_types.isdisjoint(_RETRACTING),
        "has_expression_of_concern": _CONCERN in ref_types,
        "url": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/",
        "is_deleted": row.get("is_deleted", False),
    }  # fmt: skip
    given = {"pmid": pmid} | {name: value for name, value in row.items() if value is not None and value != []}
    rows: Rows = {
        "publications": [given],
        "publication_authors": authors,
        "publication_corrections": corrections,
        "publication_trial_numbers": _trial_numbers(given, databanks, problems),
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
        "keywords": _children_texts(citation, "KeywordList", "Keyword"),
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
            problems.append(Problem(f"publications.{column}", raw_value, "Not a date that PubMed's forms allow"))
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
        if element.get("EIdType") == "doi" and element.get("ValidYN") != "N" and (text := inner_text(element)):
            given["doi"].append(text)
    for column, candidates, read in (
        ("doi", given["doi"], doi_of),
        ("pmcid", given["pmc"] + given["pmcid"], pmcid_of),
    ):
        row[column] = next((found for each in candidates if (found := read(each))), None)
        if candidates and row[column] is None:
            problems.append(Problem(f"publications.{column}", excerpt(candidates[0]), f"Not a {column.upper()}"))


def _authors(pmid: str, elements: list[etree._Element], problems: list[Problem]) -> list[Row]:
    """Rows of authors. A name marked invalid is the misprinted form of one that is there as well."""
    rows = []
    for author_no, author in enumerate(elements, 1):
        if author.tag != "Author" or author.get("ValidYN") == "N":
            continue
        row: Row = {"pmid": pmid, "author_no": author_no}
        affiliations = []
        for part in author:
            tag = part.tag
            if tag in _AUTHOR_COLUMNS:
                if text := inner_text(part):
                    row[_AUTHOR_COLUMNS[tag]] = text
            elif tag == "AffiliationInfo":
                affiliations += inner_texts(part.iterchildren("Affiliation"))
            elif tag == "Affiliation":  # where it stood until 2014
                affiliations += inner_texts((part,))
            elif tag == "Identifier" and part.get("Source") == "ORCID" and (text := inner_text(part)):
                row["orcid"] = orcid_of(text)
                if row["orcid"] is None:
                    del row["orcid"]
                    path = f"publication_authors.orcid[{author_no}]"
                    problems.append(Problem(path, excerpt(text), "Not an ORCID iD"))
        if affiliations:
            row["affiliations"] = affiliations
        rows.append(row)
    return rows


def _corrections(pmid: str, elements: list[etree._Element], problems: list[Problem]) -> list[Row]:
    rows = []
    for correction_no, element in enumerate(elements, 1):
        path = f"publication_corrections.{{}}[{correction_no}]"
        if not (ref_type := element.get("RefType")):
            problems.append(Problem(path.format("ref_type"), _source(element), "A correction without RefType"))
            continue
        row: Row = {"pmid": pmid, "correction_no": correction_no, "ref_type": ref_type}
        inside = parts(element)
        for column, tag in (("ref_source", "RefSource"), ("ref_pmid", "PMID"), ("note", "Note")):
            if text := _text(inside, tag):
                row[column] = text
        if "ref_pmid" in row and not pmid_of(row["ref_pmid"]):
            problems.append(Problem(path.format("ref_pmid"), excerpt(row.pop("ref_pmid")), "Not a PMID"))
        rows.append(row)
    return rows


def _trial_numbers(row: Row, databanks: list[etree._Element], problems: list[Problem]) -> list[Row]:
    """The trials that a paper names: in its databank list, in its title, in its abstract."""
    found: dict[tuple[str, str, str], None] = {}
    for databank_no, databank in enumerate(databanks, 1):
        bank = parts(databank)
        registry = _text(bank, "DataBankName")
        if registry is None or registry.lower() in _NO_TRIALS:
            continue
        for given in _children_texts(bank, "AccessionNumberList", "AccessionNumber"):
            numbers = nct_numbers(given) if registry == CLINICALTRIALS else [given.upper()]
            for number in numbers:
                found[registry, number, "databank"] = None
            if not numbers:
                path = f"publication_trial_numbers.number[{databank_no}]"
                problems.append(Problem(path, excerpt(given), "Not a ClinicalTrials.gov number"))
    for column in ("title", "abstract"):
        for number in nct_numbers(row.get(column, "")):
            found[CLINICALTRIALS, number, column] = None
    return [
        {"pmid": row["pmid"], "registry": registry, "number": number, "named_in": named_in}
        for registry, number, named_in in found
    ]


def _first_parts(holder: Parts, tag: str) -> Parts:
    return parts(holder[tag][0]) if tag in holder else {}


def _children(holder: Parts, tag: str) -> list[etree._Element]:
    return [child for element in holder.get(tag, ()) for child in element]


def _children_texts(holder: Parts, tag: str, child_tag: str) -> list[str]:
    return inner_texts(child for element in holder.get(tag, ()) for child in element.iterchildren(child_tag))


def _text(holder: Parts, tag: str) -> str | None:
    return inner_text(holder[tag][0]) if tag in holder else None


def _source(element: etree._Element) -> str:
    return excerpt(etree.tostring(element, encoding="utf-8", with_tail=False))

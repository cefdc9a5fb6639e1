"""The lists in a PubMed citation to rows: its authors, its corrections, the trials that it names."""

from __future__ import annotations

from typing import Any

from lxml import etree

from transforms.nct import numbers_in
from transforms.pubmed.text import children_texts, excerpt, first_text, inner_text, orcid_of, parts, pmid_of, source
from transforms.shaped import Problem

Row = dict[str, Any]

CLINICALTRIALS = "ClinicalTrials.gov"
# Databanks of sequences, structures and files in NLM's list of MEDLINE databank sources. Any other
# databank is taken for a trial registry, so that a new registry is not lost.
_NO_TRIALS = frozenset(
    ("bioproject", "dbgap", "dbsnp", "dbvar", "dryad", "figshare", "gdb", "genbank", "geo", "omim", "pdb",
     "pir", "pubchem-bioassay", "pubchem-compound", "pubchem-substance", "refseq", "snp", "sra", "swissprot",
     "unimes", "uniparc", "uniprotkb", "uniref")
)  # fmt: skip
_AUTHOR_COLUMNS = {
    "LastName": "last_name",
    "ForeName": "fore_name",
    "Initials": "initials",
    "CollectiveName": "collective_name",
}


def authors(pmid: str, elements: list[etree._Element], problems: list[Problem]) -> list[Row]:
    """Rows of authors. A name marked invalid is the misprinted form of one that is there as well."""
    rows = []
    for author_no, author in enumerate(elements, 1):
        if author.tag != "Author" or author.get("ValidYN") == "N":
            continue
        row: Row = {"pmid": pmid, "author_no": author_no}
        affiliations: list[str | None] = []
        for part in author:
            tag = part.tag
            if tag in _AUTHOR_COLUMNS:
                if text := inner_text(part):
                    row[_AUTHOR_COLUMNS[tag]] = text
            elif tag == "AffiliationInfo":
                affiliations += [inner_text(each) for each in part if each.tag == "Affiliation"]
            elif tag == "Affiliation":  # where it stood until 2014
                affiliations.append(inner_text(part))
            elif tag == "Identifier" and part.get("Source") == "ORCID" and (text := inner_text(part)):
                if orcid := orcid_of(text):
                    row["orcid"] = orcid
                else:
                    path = f"publication_authors.orcid[{author_no}]"
                    problems.append(Problem(path, excerpt(text), "Not an ORCID iD"))
        if given := [affiliation for affiliation in affiliations if affiliation]:
            row["affiliations"] = given
        rows.append(row)
    return rows


def corrections(pmid: str, elements: list[etree._Element], problems: list[Problem]) -> list[Row]:
    """Rows of the corrections, retractions, concerns and comments tied to a citation."""
    rows = []
    for correction_no, element in enumerate(elements, 1):
        path = f"publication_corrections.{{}}[{correction_no}]"
        if not (ref_type := element.get("RefType")):
            reason = "A correction without RefType"
            problems.append(Problem(path.format("ref_type"), source(element), reason))
            continue
        row: Row = {"pmid": pmid, "correction_no": correction_no, "ref_type": ref_type}
        inside = parts(element)
        for column, tag in (("ref_source", "RefSource"), ("ref_pmid", "PMID"), ("note", "Note")):
            if text := first_text(inside, tag):
                row[column] = text
        if "ref_pmid" in row and not pmid_of(row["ref_pmid"]):
            problems.append(Problem(path.format("ref_pmid"), excerpt(row.pop("ref_pmid")), "Not a PMID"))
        rows.append(row)
    return rows


def trial_numbers(row: Row, databanks: list[etree._Element], problems: list[Problem]) -> list[Row]:
    """The trials that a paper names: in its databank list, in its title, in its abstract."""
    found: dict[tuple[str, str, str], None] = {}
    for databank_no, databank in enumerate(databanks, 1):
        bank = parts(databank)
        registry = first_text(bank, "DataBankName")
        if registry is None or registry.lower() in _NO_TRIALS:
            continue
        for given in children_texts(bank, "AccessionNumberList", "AccessionNumber"):
            numbers = numbers_in(given) if registry == CLINICALTRIALS else [given.upper()]
            for number in numbers:
                found[registry, number, "databank"] = None
            if not numbers:
                path = f"publication_trial_numbers.number[{databank_no}]"
                problems.append(Problem(path, excerpt(given), "Not a ClinicalTrials.gov number"))
    for column in ("title", "abstract"):
        for number in numbers_in(row.get(column, "")):
            found[CLINICALTRIALS, number, column] = None
    return [
        {"pmid": row["pmid"], "registry": registry, "number": number, "named_in": named_in}
        for registry, number, named_in in found
    ]

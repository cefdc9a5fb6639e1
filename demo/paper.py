"""What a made-up paper is to say, and how PubMed's EFetch would serve it."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

from demo.draws import Draw

JOURNALS = {
    "rheum": ("Journal of Imaginary Rheumatology", "J Imag Rheumatol", "9999-0001", "999000001"),
    "cells": ("Example Annals of Cell Therapy", "Ex Ann Cell Ther", "9999-0002", "999000002"),
    "immuno": ("Placeholder Reviews in Immunology", "Placeh Rev Immunol", "9999-0003", "999000003"),
    "neuro": ("Made-Up Neurology", "Made-Up Neurol", "9999-0004", "999000004"),
    "blood": ("The Imaginary Blood Journal", "Imag Blood J", "9999-0005", "999000005"),
    "kidney": ("Example Kidney Letters", "Ex Kidney Lett", "9999-0006", "999000006"),
    "general": ("Norland Medical Gazette", "Norland Med Gaz", "9999-0007", "999000007"),
}
AUTHORS = (
    ("Mustermann", "Erika", "E"),
    ("Zhang", "San", "S"),
    ("Li", "Si", "S"),
    ("Roe", "Jane", "J"),
    ("Doe", "John", "J"),
    ("Untel", "Jean", "J"),
    ("Rossi-Esempio", "Mario", "M"),
    ("Hong", "Gil-dong", "G"),
    ("Major", "Mary", "M"),
    ("Wang", "Wu", "W"),
    ("Placeholder", "Ünal", "Ü"),
    ("O'Example", "Niamh", "N"),
)
TYPES = {
    "Journal Article": "D016428",
    "Clinical Trial, Phase I": "D017426",
    "Clinical Trial, Phase II": "D017427",
    "Review": "D016454",
    "Case Reports": "D002363",
    "Letter": "D016422",
    "Editorial": "D016421",
    "Preprint": "D000076942",
    "Clinical Trial Protocol": "D000078325",
    "Systematic Review": "D000078182",
    "Retracted Publication": "D016441",
    "Retraction of Publication": "D016440",
    "Published Erratum": "D016425",
    "Expression of Concern": "D000075742",
    "Randomized Controlled Trial": "D016449",
    "Comment": "D016420",
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
HEADER = (
    '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC '
    '"-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
)


@dataclass(frozen=True, slots=True)
class Paper:
    """Texts are XML already: `<i>` and `&amp;` stand as they are to be served."""

    pmid: str
    title: str
    abstract: tuple[tuple[str, str], ...] | str  # (label, text) pairs, or one text; empty: none
    day: str  # YYYY-MM-DD, YYYY-MM, YYYY, 'Winter 2023' or a MedlineDate such as '2024 Nov-Dec'
    journal: str = "rheum"
    types: tuple[str, ...] = ("Journal Article",)
    trials: tuple[str, ...] = ()  # registry numbers in DataBankList
    mesh: tuple[tuple[str, str], ...] = ()
    keywords: tuple[str, ...] = ()
    corrections: tuple[tuple[str, str | None], ...] = ()  # (RefType, PMID or None)
    collective: str | None = None
    vernacular: str | None = None
    language: str = "eng"
    version: int = 1
    book: bool = False
    shows: str = ""
    night: int = 1


def publication_date(day: str) -> str:
    """The content of PubDate for one of the forms PubMed uses."""
    parts = day.split("-")
    if day[:4].isdigit() and " " not in day:
        given = f"<Year>{parts[0]}</Year>"
        given += f"<Month>{MONTHS[int(parts[1]) - 1]}</Month>" if len(parts) > 1 else ""
        return given + (f"<Day>{parts[2]}</Day>" if len(parts) > 2 else "")
    season, _, year = day.partition(" ")
    if year.isdigit():
        return f"<Year>{year}</Year><Season>{season}</Season>"
    return f"<MedlineDate>{day}</MedlineDate>"


def authors(paper: Paper, draw: Draw) -> str:
    names = []
    for last, fore, initials in draw.some(AUTHORS, draw.number(2, 6)):
        orcid = f"0000-0009-{draw.number(1000, 9999)}-{draw.number(1000, 9999)}" if draw.chance(0.2) else None
        identifier = f'<Identifier Source="ORCID">{orcid}</Identifier>' if orcid else ""
        names.append(
            f'<Author ValidYN="Y"><LastName>{escape(last)}</LastName><ForeName>{fore}</ForeName>'
            f"<Initials>{initials}</Initials>{identifier}<AffiliationInfo>"
            "<Affiliation>Example University, Norland.</Affiliation></AffiliationInfo></Author>"
        )
    if paper.collective:
        names.append(f'<Author ValidYN="Y"><CollectiveName>{paper.collective}</CollectiveName></Author>')
    return f'<AuthorList CompleteYN="Y">{"".join(names)}</AuthorList>'


def abstract(paper: Paper) -> str:
    if not paper.abstract:
        return ""
    if isinstance(paper.abstract, str):
        return f"<Abstract><AbstractText>{paper.abstract}</AbstractText></Abstract>"
    parts = (
        f'<AbstractText Label="{label}" NlmCategory="{label}">{text}</AbstractText>' for label, text in paper.abstract
    )
    return f"<Abstract>{''.join(parts)}</Abstract>"


def databanks(paper: Paper) -> str:
    if not paper.trials:
        return ""
    numbers = "".join(f"<AccessionNumber>{nct_id}</AccessionNumber>" for nct_id in paper.trials)
    return (
        '<DataBankList CompleteYN="Y"><DataBank><DataBankName>ClinicalTrials.gov</DataBankName>'
        f"<AccessionNumberList>{numbers}</AccessionNumberList></DataBank></DataBankList>"
    )


def corrections(paper: Paper, source: str) -> str:
    if not paper.corrections:
        return ""
    listed = "".join(
        f'<CommentsCorrections RefType="{kind}"><RefSource>{source}. 2026</RefSource>'
        + (f'<PMID Version="1">{pmid}</PMID>' if pmid else "")
        + "</CommentsCorrections>"
        for kind, pmid in paper.corrections
    )
    return f"<CommentsCorrectionsList>{listed}</CommentsCorrectionsList>"


def article(paper: Paper) -> str:
    """One PubmedArticle (or PubmedBookArticle) on a line of its own."""
    draw = Draw("paper", paper.pmid)
    if paper.book:
        return book(paper, draw)
    title, short, issn, nlm = JOURNALS[paper.journal]
    year = next(word for word in paper.day.replace("-", " ").split() if word.isdigit() and len(word) == 4)
    status = "MEDLINE" if paper.mesh else "Publisher"
    types = "".join(f'<PublicationType UI="{TYPES[name]}">{name}</PublicationType>' for name in paper.types)
    mesh = "".join(
        f'<MeshHeading><DescriptorName UI="{number}" MajorTopicYN="N">{term}</DescriptorName></MeshHeading>'
        for number, term in paper.mesh
    )
    keywords = "".join(f'<Keyword MajorTopicYN="N">{word}</Keyword>' for word in paper.keywords)
    doi = f"10.99999/demo.{paper.pmid}"
    ids = f'<ArticleId IdType="pubmed">{paper.pmid}</ArticleId><ArticleId IdType="doi">{doi}</ArticleId>'
    if draw.chance(0.4):
        ids += f'<ArticleId IdType="pmc">PMC99{paper.pmid[-6:]}</ArticleId>'
    vernacular = f"<VernacularTitle>{paper.vernacular}</VernacularTitle>" if paper.vernacular else ""
    return (
        f'<PubmedArticle><MedlineCitation Status="{status}" Owner="NLM">'
        f'<PMID Version="{paper.version}">{paper.pmid}</PMID>'
        f"<DateRevised><Year>2026</Year><Month>08</Month><Day>30</Day></DateRevised>"
        f'<Article PubModel="Print-Electronic"><Journal><ISSN IssnType="Electronic">{issn}</ISSN>'
        f'<JournalIssue CitedMedium="Internet"><Volume>{int(year) - 2010}</Volume>'
        f"<Issue>{draw.number(1, 12)}</Issue>"
        f"<PubDate>{publication_date(paper.day)}</PubDate></JournalIssue><Title>{title}</Title>"
        f"<ISOAbbreviation>{short}</ISOAbbreviation></Journal><ArticleTitle>{paper.title}</ArticleTitle>"
        f"<Pagination><StartPage>{draw.number(1, 900)}</StartPage></Pagination>"
        f'<ELocationID EIdType="doi" ValidYN="Y">{doi}</ELocationID>{abstract(paper)}{authors(paper, draw)}'
        f"<Language>{paper.language}</Language>{databanks(paper)}<PublicationTypeList>{types}</PublicationTypeList>"
        f"{vernacular}</Article><MedlineJournalInfo><Country>Norland</Country><MedlineTA>{short}</MedlineTA>"
        f"<NlmUniqueID>{nlm}</NlmUniqueID><ISSNLinking>{issn}</ISSNLinking></MedlineJournalInfo>"
        f"{corrections(paper, short)}"
        + (f"<MeshHeadingList>{mesh}</MeshHeadingList>" if mesh else "")
        + (f'<KeywordList Owner="NOTNLM">{keywords}</KeywordList>' if keywords else "")
        + f"</MedlineCitation><PubmedData><PublicationStatus>ppublish</PublicationStatus><ArticleIdList>{ids}"
        "</ArticleIdList></PubmedData></PubmedArticle>"
    )


def book(paper: Paper, draw: Draw) -> str:
    return (
        f'<PubmedBookArticle><BookDocument><PMID Version="1">{paper.pmid}</PMID><ArticleIdList>'
        f'<ArticleId IdType="bookaccession">NBK999{paper.pmid[-3:]}</ArticleId></ArticleIdList>'
        "<Book><Publisher><PublisherName>Imaginary Press</PublisherName></Publisher>"
        "<BookTitle>The Made-Up Book of Cell Therapy</BookTitle>"
        f"<PubDate>{publication_date(paper.day)}</PubDate></Book><ArticleTitle>{paper.title}</ArticleTitle>"
        f"<Language>{paper.language}</Language>{authors(paper, draw)}"
        f'<PublicationType UI="{TYPES["Review"]}">Review</PublicationType>{abstract(paper)}</BookDocument>'
        "<PubmedBookData><PublicationStatus>ppublish</PublicationStatus><ArticleIdList>"
        f'<ArticleId IdType="pubmed">{paper.pmid}</ArticleId>'
        "</ArticleIdList></PubmedBookData></PubmedBookArticle>"
    )


def article_set(papers: list[Paper]) -> str:
    return HEADER + "\n".join(article(paper) for paper in papers) + "\n</PubmedArticleSet>\n"

"""Papers: what PubMed says of each citation, and how papers and trials are tied."""

from __future__ import annotations

from warehouse.columns import BOOLEAN, INTEGER, TEXT, TEXTS, TIMESTAMP, Column, Reference, Table, registry_date
from warehouse.tables.registrations import NCT_PATTERN, SCOPES

PMID_PATTERN = "^[0-9]{1,9}$"
LINK_SOURCES = ("registry_reference", "pubmed_databank", "pubmed_text")
PAPER_RELATIONS = ("reports", "protocol", "background", "unclear")

OF_PAPER = (Reference(("pmid",), "publications", ("pmid",)),)


def pmid() -> Column:
    return Column("pmid", TEXT, "PubMed id", nullable=False, pattern=PMID_PATTERN, source="MedlineCitation/PMID")


PUBLICATIONS = Table(
    "publications",
    "One row per PubMed citation, as it stands now",
    (
        pmid(),
        Column("doi", TEXT, "DOI, lower case", source="PubmedData/ArticleIdList | Article/ELocationID"),
        Column("pmcid", TEXT, "PubMed Central id", pattern="^PMC[0-9]+", source="PubmedData/ArticleIdList"),
        Column("title", TEXT, "Title, inline markup taken as text", source="Article/ArticleTitle"),
        Column("abstract", TEXT, "Abstract; labelled parts on lines of their own", source="Article/Abstract"),
        Column("journal", TEXT, "Journal", source="Article/Journal/Title"),
        *registry_date(
            "publication_date",
            "Earliest of electronic and issue date; a season or a span of months is its first month",
            "Article/ArticleDate | Article/Journal/JournalIssue/PubDate",
        ),
        Column("publication_types", TEXTS, "Types as PubMed names them", source="Article/PublicationTypeList"),
        Column("is_retracted", BOOLEAN, "Retracted, by type or by a notice", nullable=False),
        Column("has_expression_of_concern", BOOLEAN, "An expression of concern points at it", nullable=False),
        Column("mesh_terms", TEXTS, "MeSH headings; none yet on new records", source="MedlineCitation/MeshHeadingList"),
        Column("keywords", TEXTS, "Authors' keywords", source="MedlineCitation/KeywordList"),
        Column("language", TEXT, "Language code as given", source="Article/Language"),
        Column("citation_status", TEXT, "PubMed's processing status", source="MedlineCitation/@Status"),
        Column("pmid_version", INTEGER, "Version of the citation", minimum=1, source="MedlineCitation/PMID/@Version"),
        *registry_date("revised_date", "When NLM last revised the citation", "MedlineCitation/DateRevised"),
        Column("scope", TEXT, "Whether it is about CAR cells in immune-mediated disease", nullable=False, words=SCOPES),
        Column("diseases", TEXTS, "Canonical diseases it is about, sorted"),
        Column("target_antigens", TEXTS, "Target antigens it names as the CAR's, sorted"),
        Column("topics", TEXTS, "Watchlist topics"),
        Column("url", TEXT, "PubMed's page", nullable=False),
        Column("is_deleted", BOOLEAN, "PubMed has withdrawn the citation (DeleteCitation)", nullable=False),
        Column(
            "is_stale", BOOLEAN, "Its newest version is in quarantine; these are its last good facts", nullable=False
        ),
        Column("first_seen_at", TIMESTAMP, "When we first saw it", nullable=False),
        Column("last_seen_at", TIMESTAMP, "When PubMed last gave it to us", nullable=False),
        Column("content_sha256", TEXT, "Hash of the citation as received", nullable=False, pattern="^[0-9a-f]{64}$"),
        Column("run_id", TEXT, "Run that wrote this row", nullable=False, bookkeeping=True),
    ),
    key=("pmid",),
)

PUBLICATION_AUTHORS = Table(
    "publication_authors",
    "One row per author, in order; groups are authors too",
    (
        pmid(),
        Column("author_no", INTEGER, "Place in the list, from 1", nullable=False, minimum=1),
        Column("last_name", TEXT, "Family name", source="AuthorList/Author/LastName"),
        Column("fore_name", TEXT, "Given names", source="AuthorList/Author/ForeName"),
        Column("initials", TEXT, "Initials", source="AuthorList/Author/Initials"),
        Column("collective_name", TEXT, "Name of a group author", source="AuthorList/Author/CollectiveName"),
        Column(
            "orcid",
            TEXT,
            "ORCID iD, sixteen characters in four groups",
            pattern=r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$",
            source="AuthorList/Author/Identifier",
        ),
        Column("affiliations", TEXTS, "Affiliations as given", source="AuthorList/Author/AffiliationInfo/Affiliation"),
    ),
    key=("pmid", "author_no"),
    references=OF_PAPER,
)

PUBLICATION_CORRECTIONS = Table(
    "publication_corrections",
    "One row per correction, retraction, concern or comment tied to a citation",
    (
        pmid(),
        Column("correction_no", INTEGER, "Place in the list, from 1", nullable=False, minimum=1),
        Column(
            "ref_type",
            TEXT,
            "How it is tied, PubMed's word",
            nullable=False,
            source="CommentsCorrections/@RefType",
            registry_words=(
                "AssociatedDataset",
                "AssociatedPublication",
                "CommentIn",
                "CommentOn",
                "CorrectedandRepublishedIn",
                "CorrectedandRepublishedFrom",
                "ErratumIn",
                "ErratumFor",
                "ExpressionOfConcernIn",
                "ExpressionOfConcernFor",
                "OriginalReportIn",
                "ReprintIn",
                "ReprintOf",
                "RepublishedFrom",
                "RepublishedIn",
                "RetractedandRepublishedIn",
                "RetractedandRepublishedFrom",
                "RetractionIn",
                "RetractionOf",
                "SummaryForPatientsIn",
                "UpdateIn",
                "UpdateOf",
                "Cites",
            ),
        ),
        Column("ref_source", TEXT, "Where it stands, as given", source="CommentsCorrections/RefSource"),
        Column("ref_pmid", TEXT, "PMID of the other paper", pattern=PMID_PATTERN, source="CommentsCorrections/PMID"),
        Column("note", TEXT, "Note", source="CommentsCorrections/Note"),
    ),
    key=("pmid", "correction_no"),
    references=OF_PAPER,
)

PUBLICATION_TRIAL_NUMBERS = Table(
    "publication_trial_numbers",
    "One row per trial number that a paper names, and where",
    (
        pmid(),
        Column(
            "registry",
            TEXT,
            "Registry, as PubMed names the databank, or ClinicalTrials.gov for one read from text",
            nullable=False,
        ),
        Column("number", TEXT, "The number, upper case", nullable=False),
        Column("named_in", TEXT, "Where it stands", nullable=False, words=("databank", "title", "abstract")),
    ),
    key=("pmid", "registry", "number", "named_in"),
    references=OF_PAPER,
)

PUBLICATION_SEARCH_HITS = Table(
    "publication_search_hits",
    "One row per search leg that ever found a paper",
    (
        pmid(),
        Column(
            "leg", TEXT, "Search leg of the watchlist; `recorded`; `cited by trial`; `whole pubmed`", nullable=False
        ),
        Column("first_seen_at", TIMESTAMP, "When this leg first found it", nullable=False),
        Column("last_seen_at", TIMESTAMP, "When this leg last found it", nullable=False),
    ),
    key=("pmid", "leg"),
    references=OF_PAPER,
)

TRIAL_PUBLICATIONS = Table(
    "trial_publications",
    "One row per tie between a trial and a paper, and who states it",
    (
        Column(
            "nct_id", TEXT, "The trial, as named; it may be one we do not hold", nullable=False, pattern=NCT_PATTERN
        ),
        Column("pmid", TEXT, "The paper, as named; it may be one we do not hold", nullable=False, pattern=PMID_PATTERN),
        Column("link_source", TEXT, "Who ties them", nullable=False, words=LINK_SOURCES),
        Column("reference_type", TEXT, "The registry's type of reference, for registry_reference"),
        Column(
            "relation",
            TEXT,
            "What the paper is to the trial; only reports makes a published event",
            nullable=False,
            words=PAPER_RELATIONS,
        ),
        Column("relation_reason", TEXT, "Code of the rule that decided relation", nullable=False),
    ),
    key=("nct_id", "pmid", "link_source"),
)

TABLES = (
    PUBLICATIONS,
    PUBLICATION_AUTHORS,
    PUBLICATION_CORRECTIONS,
    PUBLICATION_TRIAL_NUMBERS,
    PUBLICATION_SEARCH_HITS,
    TRIAL_PUBLICATIONS,
)

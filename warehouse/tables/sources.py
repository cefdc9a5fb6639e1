"""What each source is, declared once: a source is registered by its line in SOURCES.

From it follow the words of the columns that name a source, what a leg of the watchlist may ask, what a sentinel looks
like, which files are its recordings, where its records and hits are kept, and what people read of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from warehouse.tables import results

CTGOV, PUBMED = "ctgov", "pubmed"  # in the archive, in manifests, in quarantine


@dataclass(frozen=True)
class Source:
    """A source of records. `tables` are filled from one record each, the first with one row per record."""

    title: str  # as people know it
    records: str  # what its records are called: many
    record_id: str  # an expression that a whole record id fits
    id_is: str  # what an id is, for whoever wrote one that is none
    tables: tuple[str, ...]
    hits: str  # table of which leg found which record
    files: tuple[str, ...]  # endings of its recordings and files
    parameters: frozenset[str]  # what a leg may set; paging, order and format belong to the client
    longest_query: int  # characters
    whole_leg: str  # the leg of a backfill that reads all of it
    newest: str  # SQL: of two records with one id, the newer one has the greater
    # Where what knows its records is found, as `pkgutil.resolve_name` reads it: packages that may not import each other
    # meet here by name.
    follower: str  # transforms: what it makes of a record's contents, called with the reviewers' decisions
    reader: str  # flows: path of a recording -> its records
    compression: int = 1  # of zstd, in the archive

    @property
    def main(self) -> str:
        """The table with one row per record, which holds the hash of its content."""
        return self.tables[0]

    def has_id(self, given: str) -> bool:
        """Whether a text has the form of an id of this source."""
        return re.fullmatch(self.record_id, given) is not None


REGISTRY = Source(
    title="ClinicalTrials.gov",
    records="trials",
    record_id=r"NCT\d{8}",
    id_is="an NCT number (NCT and 8 digits)",
    tables=(
        "trials", "trial_conditions", "trial_diseases", "trial_arms", "trial_interventions", "trial_arm_interventions",
        "trial_outcomes", "trial_sites", "trial_collaborators", "trial_keywords", "trial_secondary_ids",
        "trial_references", "trial_relations", "car_t_products", "trial_doses", "car_t_profiles", "car_t_evidence",
        "trial_endpoints", "trial_criteria", "trial_conditioning", *(result.name for result in results.TABLES),
    ),
    hits="trial_search_hits",
    files=(".jsonl", ".jsonl.gz"),
    parameters=frozenset({
        "query.cond", "query.term", "query.intr", "query.titles", "query.outc", "query.spons", "query.lead", "query.id",
        "query.patient", "query.locn", "filter.advanced", "filter.overallStatus", "filter.ids", "aggFilters",
    }),
    whole_leg="whole registry",
    longest_query=4_000,  # a longer url is answered with a page of HTML
    newest="row(coalesce(last_update_posted_date, DATE '0001-01-01'), _partition, _record_no)",
    follower="transforms.follow:Registry",
    reader="flows.sources.recorded:studies",
)  # fmt: skip
LIBRARY = Source(
    title="PubMed",
    records="papers",
    record_id=r"[1-9]\d{0,7}",
    id_is="a PMID",
    tables=("publications", "publication_authors", "publication_corrections", "publication_trial_numbers"),
    hits="publication_search_hits",
    files=(".xml", ".xml.gz"),
    parameters=frozenset({"term", "datetype", "mindate", "maxdate"}),
    whole_leg="whole PubMed",
    longest_query=20_000,  # terms are sent by POST
    newest="row(coalesce(pmid_version, 0), _partition, _record_no)",  # where versions are equal, NLM's later file
    follower="transforms.follow:Library",
    reader="flows.sources.recorded:articles",
    compression=3,  # halves the bytes of level 1 on XML; on studies it saves a fortieth and takes twice as long
)
SOURCES: Mapping[str, Source] = {CTGOV: REGISTRY, PUBMED: LIBRARY}

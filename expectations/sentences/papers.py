"""Papers, and what ties them to trials."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from expectations.chunk import Chunk, Mask
from expectations.columns import among, first_day, is_in, is_null, keys, last_day, lists, moments, true
from expectations.facts import Sentence, WarningSentence, Wrong

# Issues are dated ahead of their day, by up to a year for a volume.
AHEAD = np.timedelta64(366, "D")
# PubMed's oldest citations are of the 1780s.
OLDEST = np.datetime64("1780-01-01")


class ExpectPublicationDatesToBePlausible(WarningSentence):
    description: str = "A paper is dated after 1780 and at most a year ahead"
    fault = "a paper is dated before 1780 or more than a year ahead"
    reads = ("publications: publication_date",)
    at_fault = "publication_date"
    is_bad_field = True

    def wrong(self, chunk: Chunk) -> Wrong:
        dated = first_day(chunk, "publications", "publication_date")
        return (dated < OLDEST) | (dated > chunk.moment + AHEAD)


class ExpectNearlyAllPapersToHaveATitle(Sentence):
    """All of 163 real citations have one; a citation that PubMed withdrew is a number, marked deleted."""

    description: str = "Nearly all papers have a title"
    fault = "many papers have no title"
    reads = ("publications: title is_deleted",)
    at_fault = "title"
    tolerated = 0.02
    odd_records = 2

    def wrong(self, chunk: Chunk) -> Wrong:
        return is_null(chunk.array("publications", "title")) & ~true(chunk.array("publications", "is_deleted"))


class ExpectRetractedPapersToSaySo(Sentence):
    description: str = "A paper that a retraction notice points at is marked retracted"
    fault = "a paper that a retraction notice points at is not marked retracted"
    reads = ("publications: pmid is_retracted", "publication_corrections: pmid ref_type")
    at_fault = "is_retracted"

    def wrong(self, chunk: Chunk) -> Wrong:
        return _pointed_at(chunk, ["RetractionIn"]) & ~true(chunk.array("publications", "is_retracted"))


class ExpectConcernsToBeMarked(Sentence):
    description: str = "A paper that an expression of concern points at is marked so"
    fault = "a paper that an expression of concern points at is not marked so"
    reads = ("publications: pmid has_expression_of_concern", "publication_corrections: pmid ref_type")
    at_fault = "has_expression_of_concern"

    def wrong(self, chunk: Chunk) -> Wrong:
        marked = true(chunk.array("publications", "has_expression_of_concern"))
        return _pointed_at(chunk, ["ExpressionOfConcernIn"]) & ~marked


class ExpectAuthorsToHaveAName(WarningSentence):
    description: str = "An author has a family name or is a group"
    fault = "an author has no family name and is no group"
    reads = ("publication_authors: last_name collective_name",)
    at_fault = "last_name"

    def wrong(self, chunk: Chunk) -> Wrong:
        authors = chunk["publication_authors"]
        return authors["last_name"].isna() & authors["collective_name"].isna()


class ExpectLinkedNumbersToStandInThePaper(Sentence):
    description: str = "A tie read from a paper has the trial's number in that paper, in the place it names"
    fault = "a tie read from a paper lacks the trial's number in the place that it names"
    reads = (
        "trial_publications: nct_id pmid link_source",
        "publications: pmid",
        "publication_trial_numbers: pmid number named_in",
    )
    at_fault = "link_source"

    def wrong(self, chunk: Chunk) -> Wrong:
        named = chunk.array("publication_trial_numbers", "named_in")
        source = chunk.array("trial_publications", "link_source")
        tied = keys(chunk, "trial_publications", ("pmid", "nct_id"))
        wrong = np.zeros(len(tied), dtype=bool)
        for link_source, places in (
            ("pubmed_databank", ["databank"]),
            ("pubmed_text", ["title", "abstract"]),
        ):
            numbers = keys(chunk, "publication_trial_numbers", ("pmid", "number"), is_in(named, places))
            wrong |= is_in(source, [link_source]) & ~among(tied, numbers)
        # A tie may be to a paper of an earlier night, whose numbers are not in the chunk.
        return wrong & among(chunk.array("trial_publications", "pmid"), chunk.array("publications", "pmid"))


class ExpectReportsToBeEarned(Sentence):
    """Only `reports` makes a `published` event: a background reference must never become one."""

    description: str = "A reference reports a trial only as DERIVED, or as RESULT; background never does"
    fault = "a reference reports a trial and is neither DERIVED nor RESULT, or is background"
    reads = ("trial_publications: link_source reference_type relation",)
    at_fault = "relation"

    def wrong(self, chunk: Chunk) -> Wrong:
        ties = chunk["trial_publications"]
        earned = ties["reference_type"].isin(("DERIVED", "RESULT"))
        return (ties["relation"] == "reports") & (ties["link_source"] == "registry_reference") & ~earned


class ExpectResultsAfterTheStart(Sentence):
    description: str = "A RESULT reference that reports a trial is dated after the trial's start"
    fault = "a RESULT reference that reports a trial is dated before the trial's start"
    reads = (
        "trial_publications: nct_id pmid reference_type relation",
        "trials: nct_id start_date",
        "publications: pmid publication_date publication_date_precision",
    )
    at_fault = "relation"

    def wrong(self, chunk: Chunk) -> Wrong:
        starts = dict(zip(_texts(chunk, "trials", "nct_id"), first_day(chunk, "trials", "start_date"), strict=True))
        dated = last_day(chunk, "publications", "publication_date")
        dates = dict(zip(_texts(chunk, "publications", "pmid"), dated, strict=True))
        never = np.datetime64("NaT")
        ids = zip(
            _texts(chunk, "trial_publications", "nct_id"),
            _texts(chunk, "trial_publications", "pmid"),
            strict=True,
        )
        early = np.array([bool(dates.get(pmid, never) < starts.get(nct_id, never)) for nct_id, pmid in ids])
        ties = chunk["trial_publications"]
        by_type = (ties["reference_type"] == "RESULT") & (ties["relation"] == "reports")
        return early & np.asarray(by_type.fillna(False), dtype=bool) & ~_read_from_paper(chunk)


class ExpectPapersFirstSeenNotAfterLastSeen(Sentence):
    description: str = "A paper was first seen no later than last seen, and neither after the run"
    fault = "a paper was first seen after it was last seen, or seen after the run"
    reads = ("publications: first_seen_at last_seen_at",)
    at_fault = "last_seen_at"

    def wrong(self, chunk: Chunk) -> Wrong:
        first, last = (moments(chunk, "publications", name) for name in ("first_seen_at", "last_seen_at"))
        return (first > last) | (last > chunk.moment)


class ExpectTopicsOfPapersToBeOnTheWatchlist(Sentence):
    description: str = "A paper's topics are the watchlist's"
    fault = "a paper has a topic that the watchlist has not"
    reads = ("publications: topics",)
    at_fault = "topics"
    needs_topics = True

    def wrong(self, chunk: Chunk) -> Wrong:
        known = chunk.context.topics or frozenset()
        return np.array([not known.issuperset(topics or ()) for topics in lists(chunk, "publications", "topics")])


def _pointed_at(chunk: Chunk, ref_types: list[str]) -> Mask:
    """Papers with a correction of one of these types."""
    wanted = is_in(chunk.array("publication_corrections", "ref_type"), ref_types)
    return among(chunk.array("publications", "pmid"), keys(chunk, "publication_corrections", ("pmid",), wanted))


def _read_from_paper(chunk: Chunk) -> Mask:
    """Ties that the paper itself states: its own number makes it a report whatever its date."""
    return ~is_in(chunk.array("trial_publications", "link_source"), ["registry_reference"])


def _texts(chunk: Chunk, table: str, name: str) -> list[str]:
    listed: list[str] = pc.fill_null(chunk.array(table, name), "").to_pylist()
    return listed


SENTENCES: tuple[type[Sentence], ...] = (
    ExpectPublicationDatesToBePlausible,
    ExpectNearlyAllPapersToHaveATitle,
    ExpectRetractedPapersToSaySo,
    ExpectConcernsToBeMarked,
    ExpectAuthorsToHaveAName,
    ExpectLinkedNumbersToStandInThePaper,
    ExpectReportsToBeEarned,
    ExpectResultsAfterTheStart,
    ExpectPapersFirstSeenNotAfterLastSeen,
    ExpectTopicsOfPapersToBeOnTheWatchlist,
)

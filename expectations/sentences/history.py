"""History: spans of time that fit together, changes that change something, events with a reason."""

from __future__ import annotations

import numpy as np

from expectations.chunk import Chunk, Mask
from expectations.columns import among, first_day, is_in, is_null, keys, moments
from expectations.facts import Sentence, WarningSentence, Wrong

# The registry's dates are days of the US east coast, our moments UTC; a clock may be a day ahead.
ONE_DAY = np.timedelta64(1, "D")
EVENTS_OF_PAPERS = ("published", "corrected", "concern_raised", "retracted")


class ExpectVersionsToFollowOneAnother(Sentence):
    description: str = "A version ends no earlier than it begins, and the next begins where it ends or later"
    fault = "a version ends before it begins, or after the next has begun"
    reads = ("trial_versions: nct_id version valid_from valid_to",)
    at_fault = "valid_to"

    def wrong(self, chunk: Chunk) -> Wrong:
        return _overlapping(chunk, "trial_versions", "version")


class ExpectStatesToFollowOneAnother(Sentence):
    description: str = "A state ends no earlier than it begins, and the next begins where it ends or later"
    fault = "a state ends before it begins, or after the next has begun"
    reads = ("trial_states: nct_id state_no valid_from valid_to",)
    at_fault = "valid_to"

    def wrong(self, chunk: Chunk) -> Wrong:
        return _overlapping(chunk, "trial_states", "state_no")


class ExpectEndsToBeKnownTogether(Sentence):
    description: str = "A state that has ended ended in both times, and was known before it was known to have ended"
    fault = "a state has ended in one time alone, or was known only after it was known to have ended"
    reads = ("trial_states: valid_to known_from known_to",)
    at_fault = "known_to"

    def wrong(self, chunk: Chunk) -> Wrong:
        states = chunk["trial_states"]
        backwards = moments(chunk, "trial_states", "known_from") > moments(chunk, "trial_states", "known_to")
        return (states["valid_to"].isna() != states["known_to"].isna()) | backwards


class ExpectChangesToChangeSomething(Sentence):
    description: str = "A change has another value after than before"
    fault = "a change has the same value before and after"
    reads = ("trial_changes: old_value new_value",)
    at_fault = "new_value"

    def wrong(self, chunk: Chunk) -> Wrong:
        changes = chunk["trial_changes"]
        neither = changes["old_value"].isna() & changes["new_value"].isna()
        return neither | (changes["old_value"] == changes["new_value"]).fillna(False)


class ExpectChangesToNameTheirEvent(Sentence):
    description: str = "An event that a change names exists"
    fault = "a change names an event that does not exist"
    reads = ("trial_changes: event_id", "trial_events: event_id")
    at_fault = "event_id"

    def wrong(self, chunk: Chunk) -> Wrong:
        named = chunk.array("trial_changes", "event_id")
        return ~is_null(named) & ~among(named, chunk.array("trial_events", "event_id"))


class ExpectEventsNotSeenBeforeTheyHappened(WarningSentence):
    description: str = "An event happened before it was seen"
    fault = "an event was seen before it happened"
    reads = ("trial_events: occurred_on observed_at",)
    at_fault = "occurred_on"

    def wrong(self, chunk: Chunk) -> Wrong:
        occurred = first_day(chunk, "trial_events", "occurred_on")
        return occurred > moments(chunk, "trial_events", "observed_at") + ONE_DAY


class ExpectEventsOfPapersToNameThePaper(Sentence):
    description: str = "An event of a paper names the paper, and no other does"
    fault = "an event of a paper names no paper, or another event names one"
    reads = ("trial_events: event_type pmid",)
    at_fault = "pmid"

    def wrong(self, chunk: Chunk) -> Wrong:
        return is_in(chunk.array("trial_events", "event_type"), EVENTS_OF_PAPERS) == is_null(
            chunk.array("trial_events", "pmid")
        )


class ExpectPublishedEventsToHaveAReport(Sentence):
    """A background reference told as news is the fault that readers forgive least."""

    description: str = "A published event is of a paper that reports the trial"
    fault = "a published event is of a paper that does not report the trial"
    reads = ("trial_events: nct_id pmid event_type", "trial_publications: nct_id pmid relation")
    at_fault = "event_type"

    def wrong(self, chunk: Chunk) -> Wrong:
        reports = is_in(chunk.array("trial_publications", "relation"), ["reports"])
        reported = keys(chunk, "trial_publications", ("nct_id", "pmid"), reports)
        published = is_in(chunk.array("trial_events", "event_type"), ["published"])
        return published & ~among(keys(chunk, "trial_events", ("nct_id", "pmid")), reported)


def _overlapping(chunk: Chunk, table: str, number: str) -> Mask:
    """Rows that end before they begin, or after the next of the same trial begins."""
    spans = chunk[table][["nct_id", number]].copy()
    spans["begins"] = moments(chunk, table, "valid_from")
    spans["ends"] = moments(chunk, table, "valid_to")
    spans["row"] = np.arange(len(spans))
    spans = spans.sort_values(["nct_id", number])
    same_trial = (spans["nct_id"] == spans["nct_id"].shift(-1)).fillna(False).to_numpy(dtype=bool)
    begins, ends = spans["begins"].to_numpy(), spans["ends"].to_numpy()
    following = spans["begins"].shift(-1).to_numpy()
    wrong = np.zeros(len(spans), dtype=bool)
    wrong[spans["row"].to_numpy()] = (ends < begins) | (same_trial & ((ends > following) | np.isnat(ends)))
    return wrong


SENTENCES: tuple[type[Sentence], ...] = (
    ExpectVersionsToFollowOneAnother,
    ExpectStatesToFollowOneAnother,
    ExpectEndsToBeKnownTogether,
    ExpectChangesToChangeSomething,
    ExpectChangesToNameTheirEvent,
    ExpectEventsNotSeenBeforeTheyHappened,
    ExpectEventsOfPapersToNameThePaper,
    ExpectPublishedEventsToHaveAReport,
)

"""When things happened: dates of a registration that cannot be, and moments of ours."""

from __future__ import annotations

import numpy as np

from expectations.chunk import Chunk
from expectations.columns import first_day, is_in, last_day, moments
from expectations.facts import Sentence, WarningSentence, Wrong

ACTUAL_DATES = ("start_date", "primary_completion_date", "completion_date")
POSTED_DATES = ("first_posted_date", "last_update_posted_date", "results_first_posted_date")

# A sponsor in Auckland enters today's date while our clock, UTC, still says yesterday.
ONE_DAY = np.timedelta64(1, "D")

# The registry opened to the public on 2000-02-29; records carried over from the lists of the National
# Institutes of Health bear posting dates from September 1999.
FIRST_RECORDS = np.datetime64("1999-09-01")


class ExpectCompletionNotBeforeStart(WarningSentence):
    description: str = "A study completes no earlier than it starts"
    fault = "a study completes before it starts"
    reads = ("trials: start_date completion_date completion_date_precision",)
    at_fault = "completion_date"

    def wrong(self, chunk: Chunk) -> Wrong:
        return last_day(chunk, "trials", "completion_date") < first_day(chunk, "trials", "start_date")


class ExpectPrimaryCompletionNotAfterCompletion(WarningSentence):
    description: str = "The last data for the primary outcome come no later than the last data of the study"
    fault = "the last data for the primary outcome come after the last data of the study"
    reads = ("trials: primary_completion_date completion_date completion_date_precision",)
    at_fault = "primary_completion_date"

    def wrong(self, chunk: Chunk) -> Wrong:
        return first_day(chunk, "trials", "primary_completion_date") > last_day(chunk, "trials", "completion_date")


class ExpectActualDatesNotInTheFuture(WarningSentence):
    description: str = "A date of type ACTUAL has come"
    fault = "a date of type ACTUAL lies in the future"
    reads = ("trials: " + " ".join(f"{name} {name}_type" for name in ACTUAL_DATES),)

    def wrong(self, chunk: Chunk) -> Wrong:
        wrong = np.zeros(chunk.rows("trials"), dtype=bool)
        for name in ACTUAL_DATES:
            actual = is_in(chunk.array("trials", f"{name}_type"), ["ACTUAL"])
            wrong |= actual & (first_day(chunk, "trials", name) > chunk.moment + ONE_DAY)
        return wrong


class ExpectPostedDatesNotInTheFuture(WarningSentence):
    description: str = "What is public was posted"
    fault = "a date of posting lies in the future"
    reads = ("trials: " + " ".join(POSTED_DATES),)

    def wrong(self, chunk: Chunk) -> Wrong:
        late = chunk.moment + ONE_DAY
        return np.logical_or.reduce([first_day(chunk, "trials", name) > late for name in POSTED_DATES])


class ExpectFirstPostedNotBeforeRegistryExisted(WarningSentence):
    description: str = "No registration was posted before the registry existed"
    fault = "a registration was posted before the registry existed"
    reads = ("trials: first_posted_date",)
    at_fault = "first_posted_date"
    is_bad_field = True

    def wrong(self, chunk: Chunk) -> Wrong:
        return first_day(chunk, "trials", "first_posted_date") < FIRST_RECORDS


class ExpectRegistrationsToBePostedOnceSubmitted(WarningSentence):
    description: str = "A registration is posted no earlier than it was submitted"
    fault = "a registration was posted before it was submitted"
    reads = ("trials: first_submitted_date first_posted_date first_posted_date_precision",)
    at_fault = "first_posted_date"

    def wrong(self, chunk: Chunk) -> Wrong:
        return last_day(chunk, "trials", "first_posted_date") < first_day(chunk, "trials", "first_submitted_date")


class ExpectFirstSeenNotAfterLastSeen(Sentence):
    description: str = "A trial was first seen no later than last seen, and neither after the run"
    fault = "a trial was first seen after it was last seen, or seen after the run"
    reads = ("trials: first_seen_at last_seen_at",)
    at_fault = "last_seen_at"

    def wrong(self, chunk: Chunk) -> Wrong:
        first, last = moments(chunk, "trials", "first_seen_at"), moments(chunk, "trials", "last_seen_at")
        return (first > last) | (last > chunk.moment)


SENTENCES: tuple[type[Sentence], ...] = (
    ExpectCompletionNotBeforeStart,
    ExpectPrimaryCompletionNotAfterCompletion,
    ExpectActualDatesNotInTheFuture,
    ExpectPostedDatesNotInTheFuture,
    ExpectFirstPostedNotBeforeRegistryExisted,
    ExpectRegistrationsToBePostedOnceSubmitted,
    ExpectFirstSeenNotAfterLastSeen,
)

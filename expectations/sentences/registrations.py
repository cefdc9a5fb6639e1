"""What a registration may not say, and what must not get lost on its way from the record."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc

from expectations.chunk import Chunk, Hit, Mask
from expectations.columns import (
    among,
    counts,
    is_empty,
    is_in,
    is_null,
    keys,
    lists,
    scalars,
    sets,
    true,
)
from expectations.facts import Sentence, WarningSentence, Wrong

# Without these a record does not say what it is.
TELLING = ("brief_title", "overall_status", "study_type", "lead_sponsor")


class ExpectPostedResultsToHaveADate(WarningSentence):
    description: str = "Results are posted where they have a date of posting, and only there"
    fault = "results are posted without a date of posting, or have one and are not posted"
    reads = ("trials: has_results results_first_posted_date",)
    at_fault = "has_results"

    def wrong(self, chunk: Chunk) -> Wrong:
        return true(chunk.array("trials", "has_results")) == is_null(chunk.array("trials", "results_first_posted_date"))


class ExpectPostedResultsToHaveASection(WarningSentence):
    """Not on the registry's side alone: a section under another name is rows that nobody misses."""

    description: str = "A trial with posted results has a results section, and one without has none"
    fault = "a trial has posted results without a section of them, or a section that is not posted"
    reads = ("trials: nct_id has_results", "trial_results: nct_id")
    at_fault = "has_results"

    def wrong(self, chunk: Chunk) -> Wrong:
        has_section = among(chunk.array("trials", "nct_id"), chunk.array("trial_results", "nct_id"))
        return true(chunk.array("trials", "has_results")) != has_section


class ExpectNoMoreAffectedThanAtRisk(WarningSentence):
    """As posted: which of the two is wrong is not known, and both are kept (0 of 28,335 real rows)."""

    description: str = "No more participants have an adverse event than were at risk of it"
    fault = "more participants have an adverse event than were at risk of it"
    reads = ("trial_adverse_events: n_affected n_at_risk",)
    at_fault = "n_affected"

    def wrong(self, chunk: Chunk) -> Wrong:
        return chunk["trial_adverse_events"]["n_affected"] > chunk["trial_adverse_events"]["n_at_risk"]


class ExpectWithdrawnTrialsToEnrolNobody(WarningSentence):
    description: str = "A withdrawn trial enrolled nobody"
    fault = "a withdrawn trial enrolled somebody"
    reads = ("trials: overall_status enrollment_count",)
    at_fault = "enrollment_count"

    def wrong(self, chunk: Chunk) -> Wrong:
        trials = chunk["trials"]
        return (trials["overall_status"] == "WITHDRAWN") & (trials["enrollment_count"] > 0)


class ExpectLastKnownStatusOnlyWhereStatusIsUnknown(WarningSentence):
    description: str = "Only a trial whose status the registry turned UNKNOWN has a last known status"
    fault = "a trial whose status is not UNKNOWN has a last known status"
    reads = ("trials: overall_status last_known_status",)
    at_fault = "last_known_status"

    def wrong(self, chunk: Chunk) -> Wrong:
        trials = chunk["trials"]
        return trials["last_known_status"].notna() & (trials["overall_status"] != "UNKNOWN")


class ExpectObservationalStudiesToHaveNoPhase(WarningSentence):
    description: str = "Observational studies and expanded access have no phase"
    fault = "an observational study or expanded access has a phase"
    reads = ("trials: study_type phases",)
    at_fault = "phases"

    def wrong(self, chunk: Chunk) -> Wrong:
        unphased = is_in(chunk.array("trials", "study_type"), ["OBSERVATIONAL", "EXPANDED_ACCESS"])
        return unphased & ~is_empty(chunk.array("trials", "phases"))


class ExpectInterventionalStudiesToHaveAPhase(WarningSentence):
    """[NA] is a phase given; an absent one is a field that went missing (0 of 3,400 real records)."""

    description: str = "Interventional studies have a phase, if only NA"
    fault = "an interventional study has no phase, not even NA"
    reads = ("trials: study_type phases",)
    at_fault = "phases"

    def wrong(self, chunk: Chunk) -> Wrong:
        return is_in(chunk.array("trials", "study_type"), ["INTERVENTIONAL"]) & is_empty(
            chunk.array("trials", "phases")
        )


class ExpectPhasesToBeLabelled(Sentence):
    description: str = "A phase has a label where it is given, and only there"
    fault = "a phase has no label, or a label no phase"
    reads = ("trials: phases phase_label",)
    at_fault = "phase_label"

    def wrong(self, chunk: Chunk) -> Wrong:
        return is_empty(chunk.array("trials", "phases")) != is_null(chunk.array("trials", "phase_label"))


class ExpectMinimumAgeNotAboveMaximumAge(WarningSentence):
    description: str = "The youngest age is not above the oldest"
    fault = "the youngest age is above the oldest"
    reads = ("trials: minimum_age_years maximum_age_years",)
    at_fault = "minimum_age_years"

    def wrong(self, chunk: Chunk) -> Wrong:
        return chunk["trials"]["minimum_age_years"] > chunk["trials"]["maximum_age_years"]


class ExpectNearlyAllTrialsToSayWhatTheyAre(Sentence):
    """Catches a field that was renamed at the source, on the first night as on any other.

    None of 3,452 real records lacks one of these. One or two in a batch may be odd records; three, and
    more than two in a hundred, are a pattern. A withheld record has almost no content and does not count.
    """

    description: str = "Nearly all trials have a title, a status, a type of study and a lead sponsor"
    fault = "many trials lack a title, a status, a type of study or a lead sponsor"
    reads = (f"trials: {' '.join(TELLING)} registry_state",)
    tolerated = 0.02
    odd_records = 2

    def wrong(self, chunk: Chunk) -> Wrong:
        return np.logical_or.reduce([self._missing(chunk, name) for name in TELLING])

    def hits(self, chunk: Chunk) -> list[Hit]:
        by_column = ((name, self._missing(chunk, name)) for name in TELLING)
        return [
            hit for name, missing in by_column for hit in self.beyond_odd_records(chunk, missing, f"no {name}", name)
        ]

    def _missing(self, chunk: Chunk, name: str) -> Mask:
        withheld = is_in(chunk.array("trials", "overall_status"), ["WITHHELD"])
        withheld |= is_in(chunk.array("trials", "registry_state"), ["withheld"])
        return is_null(chunk.array("trials", name)) & ~withheld


class ExpectNearlyAllTrialsToNameACondition(Sentence):
    """2 of 3,452 real records name none; three, and more than two in a hundred, are lost conditions."""

    description: str = "Nearly all trials name a condition"
    fault = "many trials name no condition"
    reads = ("trials: nct_id overall_status", "trial_conditions: nct_id")
    tolerated = 0.02
    odd_records = 2

    def wrong(self, chunk: Chunk) -> Wrong:
        named = pc.is_in(chunk.array("trials", "nct_id"), value_set=chunk.array("trial_conditions", "nct_id"))
        return ~np.asarray(named, dtype=bool) & ~is_in(chunk.array("trials", "overall_status"), ["WITHHELD"])


class ExpectSiteCountToBeTheSites(Sentence):
    description: str = "A trial counts the sites that it lists"
    fault = "a trial counts other sites than it lists"
    reads = ("trials: nct_id site_count", "trial_sites: nct_id")
    at_fault = "site_count"

    def wrong(self, chunk: Chunk) -> Wrong:
        listed = counts(chunk, "trial_sites")
        given = zip(scalars(chunk, "trials", "nct_id"), scalars(chunk, "trials", "site_count"), strict=True)
        return np.array([count is not None and count != listed.get(nct_id, 0) for nct_id, count in given])


class ExpectCountriesToBeThoseOfTheSites(Sentence):
    description: str = "A trial's countries are those of its sites, each once, in order"
    fault = "a trial's countries are not those of its sites, each once, in order"
    reads = ("trials: nct_id countries", "trial_sites: nct_id country")
    at_fault = "countries"

    def wrong(self, chunk: Chunk) -> Wrong:
        of_sites = sets(chunk, "trial_sites", "country")
        given = zip(scalars(chunk, "trials", "nct_id"), lists(chunk, "trials", "countries"), strict=True)
        return np.array([(named or []) != sorted(of_sites.get(nct_id, ())) for nct_id, named in given])


class ExpectEveryCountryToHaveACode(WarningSentence):
    """Former states have none and are told, as a new spelling of the registry's is."""

    description: str = "Every country has an ISO code"
    fault = "a country has no ISO code"
    reads = ("trial_sites: country country_code",)

    def wrong(self, chunk: Chunk) -> Wrong:
        return is_null(chunk.array("trial_sites", "country_code")) & ~is_null(chunk.array("trial_sites", "country"))

    def hits(self, chunk: Chunk) -> list[Hit]:
        wrong = self.wrong(chunk)
        countries = chunk.array("trial_sites", "country")
        named = sorted({countries[int(position)].as_py() for position in np.flatnonzero(wrong)})
        return [
            Hit(np.flatnonzero(wrong & is_in(countries, [name])), f"{name!r} has no code", "country") for name in named
        ]


class ExpectCoordinatesToBeAPlace(WarningSentence):
    description: str = "A site has both coordinates or none, and none lies at 0, 0 in the Gulf of Guinea"
    fault = "a site has one coordinate alone, or lies at 0, 0 in the Gulf of Guinea"
    reads = ("trial_sites: latitude longitude",)
    at_fault = "latitude"
    is_bad_field = True

    def wrong(self, chunk: Chunk) -> Wrong:
        latitude, longitude = (chunk["trial_sites"][name] for name in ("latitude", "longitude"))
        nowhere = ((latitude == 0) & (longitude == 0)).fillna(False)
        return nowhere | (latitude.isna() != longitude.isna())


class ExpectArmsToNameTheirInterventions(WarningSentence):
    """Arms list interventions by name; a name that is none of the trial's leaves the arm without it."""

    description: str = "An arm that names interventions is tied to as many"
    fault = "an arm names more or fewer interventions than it is tied to"
    reads = (
        "trial_arms: nct_id arm_no intervention_names",
        "trial_arm_interventions: nct_id arm_no intervention_no",
    )
    at_fault = "intervention_names"

    def wrong(self, chunk: Chunk) -> Wrong:
        tied = pc.value_counts(keys(chunk, "trial_arm_interventions", ("nct_id", "arm_no")))
        ties = dict(zip(tied.field("values").to_pylist(), tied.field("counts").to_pylist(), strict=True))
        arms = keys(chunk, "trial_arms", ("nct_id", "arm_no")).to_pylist()
        named = lists(chunk, "trial_arms", "intervention_names")
        return np.array([len(set(names or ())) > ties.get(arm, 0) for arm, names in zip(arms, named, strict=True)])


class ExpectTopicsToBeOnTheWatchlist(Sentence):
    description: str = "A trial's topics are the watchlist's"
    fault = "a trial has a topic that the watchlist has not"
    reads = ("trials: topics",)
    at_fault = "topics"
    needs_topics = True

    def wrong(self, chunk: Chunk) -> Wrong:
        known = chunk.context.topics or frozenset()
        return np.array([not known.issuperset(topics or ()) for topics in lists(chunk, "trials", "topics")])


SENTENCES: tuple[type[Sentence], ...] = (
    ExpectPostedResultsToHaveADate,
    ExpectPostedResultsToHaveASection,
    ExpectNoMoreAffectedThanAtRisk,
    ExpectWithdrawnTrialsToEnrolNobody,
    ExpectLastKnownStatusOnlyWhereStatusIsUnknown,
    ExpectObservationalStudiesToHaveNoPhase,
    ExpectInterventionalStudiesToHaveAPhase,
    ExpectPhasesToBeLabelled,
    ExpectMinimumAgeNotAboveMaximumAge,
    ExpectNearlyAllTrialsToSayWhatTheyAre,
    ExpectNearlyAllTrialsToNameACondition,
    ExpectSiteCountToBeTheSites,
    ExpectCountriesToBeThoseOfTheSites,
    ExpectEveryCountryToHaveACode,
    ExpectCoordinatesToBeAPlace,
    ExpectArmsToNameTheirInterventions,
    ExpectTopicsToBeOnTheWatchlist,
)

"""Each sentence of the field with a frame that keeps it and one that does not."""

# Cases read as tables.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest

from expectations.chunk import CheckContext, Chunk
from expectations.results import FAILED, sentence_of
from warehouse.schema import TABLES, table

Tables = Mapping[str, Sequence[Mapping[str, Any]]]

ONE, TWO = "NCT90000001", "NCT90000002"
DAY, MONTH, YEAR = "day", "month", "year"


@dataclass(frozen=True)
class Case:
    """`holds` and `fails` hold rows by table; in `fails` the rows at `wrong` are the wrong ones."""

    sentence: str
    holds: Tables
    fails: Tables
    wrong: tuple[int, ...] = (0,)


def trials(*rows: Mapping[str, Any], **more: Sequence[Mapping[str, Any]]) -> Tables:
    return {"trials": [{"nct_id": f"NCT9000000{n}", **row} for n, row in enumerate(rows, 1)], **more}


def evidence(**row: Any) -> dict[str, Any]:
    return {"nct_id": ONE, "evidence_no": 1, "kind": "structure", "rule_id": "r", "rule_version": "1", **row}


def quote(path: str, words: str, start: int, **row: Any) -> dict[str, Any]:
    place = {
        "field_path": path,
        "matched_text": words,
        "start_offset": start,
        "end_offset": start + len(words),
    }
    return evidence(**{"attribute": "scope", "value": "in_scope", "kind": "text", **place, **row})


def tie(**row: Any) -> dict[str, Any]:
    return {"nct_id": ONE, "pmid": "1", "link_source": "registry_reference", "relation_reason": "r", **row}


def state(number: int, begins: int, ends: int | None, **row: Any) -> dict[str, Any]:
    span = {"valid_from": datetime(2026, 1, begins), "valid_to": datetime(2026, 1, ends) if ends else None}
    known = {"known_from": span["valid_from"], "known_to": span["valid_to"]}
    return {"nct_id": ONE, "state_no": number, "version": number, **span, **known, **row}


PROFILE = {"nct_id": ONE, "target_antigens": ["CD19"]}
PRODUCT = {"nct_id": ONE, "product_no": 1, "product": "a CAR", "target_antigens": ["CD19"]}
ARM = {"nct_id": ONE, "arm_no": 1, "intervention_names": ["Drug: A", "Drug: B"]}
ABSTRACT_NUMBER = {"pmid": "1", "registry": "ClinicalTrials.gov", "number": ONE, "named_in": "abstract"}
EVENT = {"event_id": "a", "nct_id": ONE, "pmid": "1", "event_type": "published",
         "occurred_on": date(2026, 7, 1), "observed_at": datetime(2026, 7, 2)}  # fmt: skip

CASES = (
    Case("ExpectCompletionNotBeforeStart",
         # A month contains its days: 2026-05-20 is no later than May 2026.
         trials({"start_date": date(2026, 5, 20), "completion_date": date(2026, 5, 1), "completion_date_precision": MONTH},
                {"start_date": date(2026, 5, 20), "completion_date": date(2026, 1, 1), "completion_date_precision": YEAR}, {}),
         trials({"start_date": date(2026, 5, 20), "completion_date": date(2026, 5, 1), "completion_date_precision": DAY}, {})),
    Case("ExpectPrimaryCompletionNotAfterCompletion",
         trials({"primary_completion_date": date(2026, 5, 20), "completion_date": date(2026, 5, 1), "completion_date_precision": MONTH}),
         trials({}, {"primary_completion_date": date(2026, 6, 1), "completion_date": date(2026, 5, 1), "completion_date_precision": MONTH}),
         (1,)),
    Case("ExpectActualDatesNotInTheFuture",
         trials({"start_date": date(2027, 1, 1), "start_date_type": "ESTIMATED"}, {"start_date": date(2026, 7, 5), "start_date_type": "ACTUAL"}),
         trials({"completion_date": date(2027, 1, 1), "completion_date_type": "ACTUAL"})),
    Case("ExpectPostedDatesNotInTheFuture",
         trials({"last_update_posted_date": date(2026, 7, 4)}),
         trials({"last_update_posted_date": date(2026, 8, 1)})),
    Case("ExpectFirstPostedNotBeforeRegistryExisted",
         trials({"first_posted_date": date(1999, 11, 4)}), trials({"first_posted_date": date(1970, 1, 1)})),
    Case("ExpectRegistrationsToBePostedOnceSubmitted",
         trials({"first_submitted_date": date(2026, 5, 2), "first_posted_date": date(2026, 5, 2), "first_posted_date_precision": DAY}),
         trials({"first_submitted_date": date(2026, 5, 2), "first_posted_date": date(2026, 5, 1), "first_posted_date_precision": DAY})),
    Case("ExpectPostedResultsToHaveADate",
         trials({"has_results": True, "results_first_posted_date": date(2026, 5, 1)}, {"has_results": False}),
         trials({"has_results": True}, {"has_results": False, "results_first_posted_date": date(2026, 5, 1)}), (0, 1)),
    Case("ExpectPostedResultsToHaveASection",
         trials({"has_results": True}, {"has_results": False}, {}, trial_results=[{"nct_id": ONE}]),
         trials({"has_results": True}, {"has_results": False}, {"has_results": False},
                trial_results=[{"nct_id": TWO}]), (0, 1)),
    Case("ExpectNoMoreAffectedThanAtRisk",
         {"trial_adverse_events": [{"n_affected": 2, "n_at_risk": 2}, {"n_affected": None, "n_at_risk": 2}]},
         {"trial_adverse_events": [{"n_affected": 3, "n_at_risk": 2}, {"n_affected": 1}]}),
    Case("ExpectWithdrawnTrialsToEnrolNobody",
         trials({"overall_status": "WITHDRAWN", "enrollment_count": 0}, {"overall_status": "COMPLETED", "enrollment_count": 9}),
         trials({"overall_status": "WITHDRAWN", "enrollment_count": 9}, {"overall_status": "WITHDRAWN"})),
    Case("ExpectLastKnownStatusOnlyWhereStatusIsUnknown",
         trials({"overall_status": "UNKNOWN", "last_known_status": "RECRUITING"}, {}),
         trials({"overall_status": "COMPLETED", "last_known_status": "RECRUITING"})),
    Case("ExpectObservationalStudiesToHaveNoPhase",
         trials({"study_type": "OBSERVATIONAL", "phases": None}, {"study_type": "INTERVENTIONAL"}),
         trials({"study_type": "OBSERVATIONAL", "phases": ["NA"]}, {"study_type": "EXPANDED_ACCESS"}), (0, 1)),
    Case("ExpectInterventionalStudiesToHaveAPhase",
         trials({"phases": ["NA"]}), trials({"phases": None}, {"phases": []}), (0, 1)),
    Case("ExpectPhasesToBeLabelled",
         trials({"phases": ["PHASE2"], "phase_label": "Phase 2"}, {"phases": None, "phase_label": None}),
         trials({"phases": ["PHASE2"], "phase_label": None}, {"phases": None, "phase_label": "Phase 2"}), (0, 1)),
    Case("ExpectMinimumAgeNotAboveMaximumAge",
         trials({"minimum_age_years": 18.0, "maximum_age_years": 65.0}, {"minimum_age_years": 18.0}),
         trials({"minimum_age_years": 65.0, "maximum_age_years": 18.0})),
    Case("ExpectNearlyAllTrialsToSayWhatTheyAre",
         # Two odd records are no pattern; a withheld one has no content at all.
         trials({"brief_title": None}, {"brief_title": None}, {"overall_status": "WITHHELD", "brief_title": None, "lead_sponsor": None}),
         trials({"brief_title": None}, {"brief_title": None}, {"brief_title": None}), (0, 1, 2)),
    Case("ExpectNearlyAllTrialsToNameACondition",
         trials({}, {}, {}, trial_conditions=[{"nct_id": ONE, "condition_no": 1, "condition": "lupus"}]),
         trials({}, {}, {}, {}, trial_conditions=[{"nct_id": ONE, "condition_no": 1, "condition": "lupus"}]), (1, 2, 3)),
    Case("ExpectSiteCountToBeTheSites",
         trials({"site_count": 1}, {"site_count": 0}, trial_sites=[{"nct_id": ONE, "site_no": 1}]),
         trials({"site_count": 2}, {"site_count": 1}, trial_sites=[{"nct_id": ONE, "site_no": 1}]), (0, 1)),
    Case("ExpectCountriesToBeThoseOfTheSites",
         trials({"countries": ["China", "Spain"]}, {"countries": None},
                trial_sites=[{"nct_id": ONE, "site_no": n, "country": c} for n, c in ((1, "Spain"), (2, "China"), (3, "Spain"))]),
         trials({"countries": ["Spain"]}, {"countries": ["Spain"]},
                trial_sites=[{"nct_id": ONE, "site_no": n, "country": c} for n, c in ((1, "Spain"), (2, "China"))]), (0, 1)),
    Case("ExpectEveryCountryToHaveACode",
         {"trial_sites": [{"nct_id": ONE, "site_no": 1, "country": "Spain", "country_code": "ES"}, {"nct_id": ONE, "site_no": 2}]},
         {"trial_sites": [{"nct_id": ONE, "site_no": 1, "country": "Ruritania"}]}),
    Case("ExpectCoordinatesToBeAPlace",
         {"trial_sites": [{"nct_id": ONE, "site_no": 1, "latitude": 0.0, "longitude": 37.0}, {"nct_id": ONE, "site_no": 2}]},
         {"trial_sites": [{"nct_id": ONE, "site_no": 1, "latitude": 0.0, "longitude": 0.0},
                          {"nct_id": ONE, "site_no": 2, "latitude": 41.4}]}, (0, 1)),
    Case("ExpectArmsToNameTheirInterventions",
         {"trial_arms": [ARM], "trial_arm_interventions": [{"nct_id": ONE, "arm_no": 1, "intervention_no": n} for n in (1, 2)]},
         {"trial_arms": [ARM], "trial_arm_interventions": [{"nct_id": ONE, "arm_no": 1, "intervention_no": 1}]}),
    Case("ExpectFirstSeenNotAfterLastSeen",
         trials({}),
         trials({"first_seen_at": datetime(2026, 7, 4)}, {"last_seen_at": datetime(2026, 7, 9)}), (0, 1)),
    Case("ExpectTopicsToBeOnTheWatchlist", trials({"topics": ["sle"]}, {}), trials({"topics": ["sle", "gout"]})),
    Case("ExpectInScopeTrialsToHaveDiseases",
         trials({"scope": "in_scope", "diseases": ["SLE"]}, {"scope": "in_scope", "is_basket": True}, {"scope": "out_of_scope"}),
         trials({"scope": "in_scope"}, {"scope": "in_scope", "diseases": [], "is_basket": False}), (0, 1)),
    Case("ExpectDiseasesToBeThoseOfItsRows",
         trials({"diseases": ["SLE", "lupus nephritis"]},
                trial_diseases=[{"nct_id": ONE, "disease": d} for d in ("lupus nephritis", "SLE")]),
         trials({"diseases": ["lupus nephritis", "SLE"]}, {"diseases": ["SLE"]},
                trial_diseases=[{"nct_id": ONE, "disease": d} for d in ("lupus nephritis", "SLE")]), (0, 1)),
    Case("ExpectLupusNephritisToCountAsSLE",
         trials({"diseases": ["SLE", "lupus nephritis"]}, {"diseases": ["SLE"]}, {}), trials({"diseases": ["lupus nephritis"]})),
    Case("ExpectDiseasesToCountAsTheirParentsToo",
         {"trial_diseases": [{"nct_id": ONE, "disease": "SLE"}, {"nct_id": ONE, "disease": "lupus nephritis", "parent_disease": "SLE"}]},
         {"trial_diseases": [{"nct_id": ONE, "disease": "lupus nephritis", "parent_disease": "SLE"}, {"nct_id": TWO, "disease": "SLE"}]}),
    Case("ExpectProfilesWhereCellsAreGivenOrFollowed",
         trials({"scope": "in_scope"}, {"scope": "out_of_scope"}, car_t_profiles=[PROFILE]),
         trials({"scope": "out_of_scope"}, {"scope": "follow_up"}, car_t_profiles=[PROFILE]), (0, 1)),
    Case("ExpectInScopeTrialsToGiveAProduct",
         trials({"scope": "in_scope"}, {"scope": "follow_up"}, car_t_products=[PRODUCT]),
         trials({"scope": "in_scope"}, {"scope": "in_scope"}, car_t_products=[PRODUCT]), (1,)),
    Case("ExpectRolesOnlyWhereCellsAreGivenOrFollowed",
         trials({"scope": "in_scope"}, {}, trial_arm_interventions=[{"nct_id": ONE, "role": "car product"}, {"nct_id": TWO}]),
         trials({"scope": "out_of_scope"}, trial_arm_interventions=[{"nct_id": ONE, "role": "car product"}])),
    Case("ExpectConstructsToFitTheirTargets",
         {"car_t_products": [{**PRODUCT, "construct": "single"}, {**PRODUCT, "construct": "dual", "target_antigens": []}]},
         {"car_t_products": [{**PRODUCT, "construct": "dual"}, {**PRODUCT, "construct": "single", "target_antigens": ["BCMA", "CD19"]}]},
         (0, 1)),
    Case("ExpectDeliveryInsideTheBodyToMeanInVivo",
         {"car_t_products": [{**PRODUCT, "gene_delivery": "mRNA-LNP", "cell_source": "in vivo"},
                             {**PRODUCT, "gene_delivery": "lentiviral"}, {**PRODUCT, "cell_source": "in vivo"}]},
         {"car_t_products": [{**PRODUCT, "gene_delivery": "mRNA-LNP", "cell_source": "autologous"},
                             {**PRODUCT, "gene_delivery": "lentiviral", "cell_source": "in vivo"},
                             {**PRODUCT, "gene_delivery": "mRNA-LNP"}]}, (0, 1, 2)),
    Case("ExpectTargetsToBeTheUnionOfItsProducts",
         {"car_t_profiles": [{**PROFILE, "target_antigens": ["BCMA", "CD19"]}],
          "car_t_products": [PRODUCT, {**PRODUCT, "product_no": 2, "target_antigens": ["BCMA"]}]},
         {"car_t_profiles": [{**PROFILE, "target_antigens": ["CD19", "BCMA"]}, {**PROFILE, "nct_id": TWO}],
          "car_t_products": [PRODUCT, {**PRODUCT, "product_no": 2, "target_antigens": ["BCMA"]}]}, (0, 1)),
    Case("ExpectCellsToBeThoseOfItsProducts",
         {"car_t_profiles": [{**PROFILE, "cell_type": "several", "cell_source": "autologous"}],
          "car_t_products": [{**PRODUCT, "cell_type": "CAR-T", "cell_source": "autologous"},
                             {**PRODUCT, "product_no": 2, "cell_type": "CAR-NK"}]},
         {"car_t_profiles": [{**PROFILE, "cell_source": "autologous"}, {**PROFILE, "nct_id": TWO, "cell_type": "several"}],
          "car_t_products": [{**PRODUCT, "cell_source": "allogeneic"}, {**PRODUCT, "nct_id": TWO, "cell_type": "CAR-T"}]}, (0, 1)),
    Case("ExpectComparatorToBeTheStrongest",
         {"car_t_profiles": [{**PROFILE, "comparator": "placebo", "comparators": ["none", "placebo"]}, {**PROFILE, "nct_id": TWO}]},
         {"car_t_profiles": [{**PROFILE, "comparator": "none", "comparators": ["none", "placebo"]}, {**PROFILE, "comparator": "none"}]},
         (0, 1)),
    Case("ExpectDosesToBePossible",
         {"trial_doses": [{"nct_id": ONE, "dose": 1e6, "unit": "cells/kg"}, {"nct_id": ONE, "dose": 2.0, "unit": "mg"}, {"nct_id": ONE}]},
         {"trial_doses": [{"nct_id": ONE, "dose": 106.0, "unit": "cells/kg"}, {"nct_id": ONE, "dose": 1e60, "unit": "cells"}]}, (0, 1)),
    Case("ExpectFollowUpToEndWithinTwentyYears",
         {"car_t_profiles": [{**PROFILE, "follow_up_months": 180.0}]}, {"car_t_profiles": [{**PROFILE, "follow_up_months": 1800.0}]}),
    Case("ExpectSteroidCeilingsToBePossible",
         {"car_t_profiles": [{**PROFILE, "max_prednisone_mg_per_day": 10.0}]},
         {"car_t_profiles": [{**PROFILE, "max_prednisone_mg_per_day": 1000.0}]}),
    Case("ExpectEveryScopeToHaveEvidence",
         trials({"scope": "out_of_scope"}, car_t_evidence=[evidence(attribute="scope", value="out_of_scope")]),
         trials({"scope": "in_scope"}, {}, car_t_evidence=[evidence(attribute="scope", value="out_of_scope")]), (0, 1)),
    Case("ExpectEveryProductValueToHaveEvidence",
         {"car_t_products": [PRODUCT], "car_t_evidence": [evidence(attribute="target_antigens", value="CD19", product_no=1)]},
         {"car_t_products": [{**PRODUCT, "target_antigens": ["BCMA", "CD19"]}, {**PRODUCT, "product_no": 2}],
          "car_t_evidence": [evidence(attribute="target_antigens", value="CD19", product_no=1)]}, (0, 1)),
    Case("ExpectEveryProfileValueToHaveEvidence",
         {"car_t_profiles": [{**PROFILE, "lymphodepletion": ["none"], "follow_up_months": 24.0}],
          "car_t_evidence": [evidence(attribute="lymphodepletion", value="none"), evidence(attribute="follow_up_months", value="24")]},
         {"car_t_profiles": [{**PROFILE, "lymphodepletion": ["none"]}, {**PROFILE, "nct_id": TWO, "control_crossover": True}],
          "car_t_evidence": [evidence(attribute="comparators", value="none")]}, (0, 1)),
    Case("ExpectEveryEndpointToHaveItsWords",
         {"trial_endpoints": [{"nct_id": ONE, "endpoint_no": 1}],
          "car_t_evidence": [evidence(attribute="a", item_table="trial_endpoints", item_no=1)]},
         {"trial_endpoints": [{"nct_id": ONE, "endpoint_no": 1}, {"nct_id": ONE, "endpoint_no": 2}],
          "car_t_evidence": [evidence(attribute="a", item_table="trial_endpoints", item_no=1),
                             evidence(attribute="a", item_table="another", item_no=2)]}, (1,)),
    Case("ExpectEveryCriterionToHaveItsWords",
         {"trial_criteria": [{"nct_id": ONE, "criterion_no": 1}],
          "car_t_evidence": [evidence(attribute="a", item_table="trial_criteria", item_no=1)]},
         {"trial_criteria": [{"nct_id": ONE, "criterion_no": 1}, {"nct_id": ONE, "criterion_no": 2}],
          "car_t_evidence": [evidence(attribute="a", item_table="trial_criteria", item_no=1),
                             evidence(attribute="a", item_table="another", item_no=2)]}, (1,)),
    Case("ExpectEveryConditioningAgentToHaveItsWords",
         {"trial_conditioning": [{"nct_id": ONE, "conditioning_no": 1}],
          "car_t_evidence": [evidence(attribute="a", item_table="trial_conditioning", item_no=1)]},
         {"trial_conditioning": [{"nct_id": ONE, "conditioning_no": 1}, {"nct_id": ONE, "conditioning_no": 2}],
          "car_t_evidence": [evidence(attribute="a", item_table="trial_conditioning", item_no=1),
                             evidence(attribute="a", item_table="another", item_no=2)]}, (1,)),
    Case("ExpectOnlyQuotesToHaveOffsets",
         {"car_t_evidence": [quote("trials.brief_title", "CAR", 0), evidence(attribute="scope", value="in_scope")]},
         {"car_t_evidence": [quote("trials.brief_title", "CAR", 0, end_offset=None), quote("trials.brief_title", "", 4),
                             evidence(attribute="scope", value="in_scope", start_offset=0)]}, (0, 1, 2)),
    Case("ExpectEvidenceTextToStandWhereItSays",
         {"trials": [{"nct_id": ONE, "brief_title": "𝛾δ CAR cells"}],
          "trial_interventions": [{"nct_id": ONE, "intervention_no": 2, "name": "KX1", "other_names": ["A", "CAR B"]}],
          "car_t_evidence": [quote("trials.brief_title", "CAR", 3), quote("trial_interventions.name[2]", "KX", 0),
                             quote("trial_interventions.other_names[2][2]", "CAR", 0), quote("trial_arms.label[1]", "not here", 0)]},
         {"trials": [{"nct_id": ONE, "brief_title": "𝛾δ CAR cells"}],
          "trial_interventions": [{"nct_id": ONE, "intervention_no": 2, "name": "KX1"}],
          "car_t_evidence": [quote("trials.brief_title", "CAR", 4), quote("trial_interventions.name[1]", "KX", 0),
                             quote("trials.mood", "CAR", 0), quote("somewhere", "CAR", 0)]}, (0, 1, 2, 3)),
    Case("ExpectSilenceNeverToMeanAutologous",
         {"car_t_evidence": [evidence(attribute="cell_source", value="autologous", kind="product"),
                             evidence(attribute="cell_source", value="not stated", kind="absence")]},
         {"car_t_evidence": [evidence(attribute="cell_source", value="autologous", kind="absence")]}),
    Case("ExpectPublicationDatesToBePlausible",
         {"publications": [{"publication_date": date(2027, 1, 1)}, {}]},
         {"publications": [{"publication_date": date(2206, 1, 1)}, {"publication_date": date(1026, 1, 1)}]}, (0, 1)),
    Case("ExpectNearlyAllPapersToHaveATitle",
         {"publications": [{"title": None}, {"title": None, "is_deleted": True}, {"title": None}]},
         {"publications": [{"title": None}, {"title": None}, {"title": None}]}, (0, 1, 2)),
    Case("ExpectRetractedPapersToSaySo",
         {"publications": [{"pmid": "1", "is_retracted": True}, {"pmid": "2"}],
          "publication_corrections": [{"pmid": "1", "ref_type": "RetractionIn"}, {"pmid": "2", "ref_type": "RetractionOf"}]},
         {"publications": [{"pmid": "1"}], "publication_corrections": [{"pmid": "1", "ref_type": "RetractionIn"}]}),
    Case("ExpectConcernsToBeMarked",
         {"publications": [{"pmid": "1", "has_expression_of_concern": True}],
          "publication_corrections": [{"pmid": "1", "ref_type": "ExpressionOfConcernIn"}]},
         {"publications": [{"pmid": "1"}], "publication_corrections": [{"pmid": "1", "ref_type": "ExpressionOfConcernIn"}]}),
    Case("ExpectAuthorsToHaveAName",
         {"publication_authors": [{"pmid": "1", "author_no": 1, "last_name": "Roe"}, {"pmid": "1", "author_no": 2, "collective_name": "Group"}]},
         {"publication_authors": [{"pmid": "1", "author_no": 1, "initials": "A"}]}),
    Case("ExpectLinkedNumbersToStandInThePaper",
         {"trial_publications": [tie(link_source="pubmed_text"), tie(pmid="9", link_source="pubmed_text"), tie()],
          "publications": [{"pmid": "1"}], "publication_trial_numbers": [ABSTRACT_NUMBER]},
         {"trial_publications": [tie(link_source="pubmed_databank"), tie(nct_id=TWO, link_source="pubmed_text")],
          "publications": [{"pmid": "1"}], "publication_trial_numbers": [ABSTRACT_NUMBER]}, (0, 1)),
    Case("ExpectReportsToBeEarned",
         {"trial_publications": [tie(relation="reports", reference_type="DERIVED"), tie(relation="background", reference_type="BACKGROUND"),
                                 tie(relation="reports", link_source="pubmed_databank")]},
         {"trial_publications": [tie(relation="reports", reference_type="BACKGROUND"), tie(relation="reports")]}, (0, 1)),
    Case("ExpectResultsAfterTheStart",
         trials({"start_date": date(2026, 5, 1)},
                publications=[{"pmid": "1", "publication_date": date(2026, 1, 1), "publication_date_precision": YEAR}],
                trial_publications=[tie(relation="reports", reference_type="RESULT")]),
         trials({"start_date": date(2026, 5, 1)},
                publications=[{"pmid": "1", "publication_date": date(2024, 1, 1), "publication_date_precision": DAY}],
                trial_publications=[tie(relation="reports", reference_type="RESULT"), tie(relation="background", reference_type="RESULT")])),
    Case("ExpectPapersFirstSeenNotAfterLastSeen",
         {"publications": [{}]}, {"publications": [{"first_seen_at": datetime(2026, 7, 4)}]}),
    Case("ExpectTopicsOfPapersToBeOnTheWatchlist",
         {"publications": [{"topics": ["sle"]}, {}]}, {"publications": [{"topics": ["gout"]}]}),
    Case("ExpectVersionsToFollowOneAnother",
         {"trial_versions": [state(2, 5, None), state(1, 1, 5), {**state(3, 1, None), "nct_id": TWO}]},
         {"trial_versions": [state(1, 9, 5), state(2, 10, 12), state(3, 11, None)]}, (0, 1)),
    Case("ExpectStatesToFollowOneAnother",
         {"trial_states": [state(1, 1, 5), state(2, 5, None)]},
         {"trial_states": [state(1, 1, None), state(2, 5, None)]}),
    Case("ExpectEndsToBeKnownTogether",
         {"trial_states": [state(1, 1, 5), state(2, 5, None)]},
         {"trial_states": [state(1, 1, 5, known_to=None), state(2, 5, 9, known_from=datetime(2026, 2, 1))]}, (0, 1)),
    Case("ExpectChangesToChangeSomething",
         {"trial_changes": [{"old_value": "1", "new_value": "2"}, {"new_value": "2"}]},
         {"trial_changes": [{"old_value": "2", "new_value": "2"}, {}]}, (0, 1)),
    Case("ExpectChangesToNameTheirEvent",
         {"trial_changes": [{"event_id": "a"}, {}], "trial_events": [EVENT]},
         {"trial_changes": [{"event_id": "b"}], "trial_events": [EVENT]}),
    Case("ExpectEventsNotSeenBeforeTheyHappened",
         {"trial_events": [EVENT]}, {"trial_events": [{**EVENT, "occurred_on": date(2027, 1, 1)}]}),
    Case("ExpectEventsOfPapersToNameThePaper",
         {"trial_events": [EVENT, {**EVENT, "pmid": None, "event_type": "registered"}]},
         {"trial_events": [{**EVENT, "pmid": None}, {**EVENT, "event_type": "registered"}]}, (0, 1)),
    Case("ExpectPublishedEventsToHaveAReport",
         {"trial_events": [EVENT, {**EVENT, "event_type": "retracted", "pmid": "2"}], "trial_publications": [tie(relation="reports")]},
         {"trial_events": [EVENT], "trial_publications": [tie(relation="background")]}),
)  # fmt: skip


def failing(case: Case, tables: Tables, frames: Any, clock: datetime) -> list[int]:
    """Positions of the rows that the sentence finds wrong, in order."""
    from expectations.sentences import SENTENCES

    sentence = next(each for each in SENTENCES if each.__name__ == case.sentence)()
    chunk = Chunk(frames(**tables), TABLES, clock, CheckContext(topics=frozenset({"sle"})))
    held = {(name, column) for name in tables for column in chunk.columns(name)}
    assert sentence.needed() <= held
    hits = sentence.hits(chunk)
    if hits:  # people are told what is wrong, not what should be true
        said = sentence_of("table", sentence.subject, sentence.sentence, FAILED, sentence.says(chunk, hits))
        assert said.startswith(f"In {sentence.subject}, {sentence.fault}") and sentence.sentence not in said
    return sorted({int(position) for hit in hits for position in hit.positions})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sentence)
def test_a_sentence_holds_where_it_should(case: Case, frames: Any, clock: datetime) -> None:
    assert failing(case, case.holds, frames, clock) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sentence)
def test_a_sentence_finds_the_wrong_rows(case: Case, frames: Any, clock: datetime) -> None:
    assert failing(case, case.fails, frames, clock) == list(case.wrong)


def test_every_sentence_has_a_case_and_a_case_only_once() -> None:
    from expectations.sentences import SENTENCES

    assert sorted(case.sentence for case in CASES) == sorted(each.__name__ for each in SENTENCES)


def test_every_sentence_begins_with_expect_and_says_what_must_be_true() -> None:
    from expectations.sentences import SENTENCES

    said = [str(each().description) for each in SENTENCES]
    assert all(each.__name__.startswith("Expect") for each in SENTENCES)
    assert len(set(zip(said, (each().subject for each in SENTENCES), strict=True))) == len(SENTENCES)
    assert all(sentence and not sentence.endswith(".") for sentence in said)


def test_every_sentence_reads_declared_columns() -> None:
    from expectations.sentences import SENTENCES

    for each in SENTENCES:
        sentence = each()
        assert all(column in table(name).column_names for name, column in sentence.needed())
        assert sentence.at_fault is None or sentence.at_fault in table(sentence.subject).column_names


def test_a_country_without_a_code_is_named(frames: Any, clock: datetime) -> None:
    from expectations.sentences.registrations import ExpectEveryCountryToHaveACode

    rows = [{"nct_id": ONE, "site_no": n, "country": "Ruritania"} for n in (1, 2)]
    chunk = Chunk(frames(trial_sites=rows), TABLES, clock)
    sentence = ExpectEveryCountryToHaveACode()
    assert "'Ruritania' has no code" in sentence.says(chunk, sentence.hits(chunk))

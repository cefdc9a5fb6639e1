"""What was seen in participants: the results section of a trial as posted, one table per list.

Groups are never pooled, nothing is computed. Numbers stand beside the text that they were read from; where a text is no
number ("NA", "<1") the number is NULL. Other adverse events are posted only above a threshold of frequency: an event
that is not listed is not zero, and none has a grade.
"""

from __future__ import annotations

from warehouse.columns import BOOLEAN, FLOAT, INTEGER, TEXT, TEXTS, Column, Reference, Table, registry_date
from warehouse.tables.registrations import OF_TRIAL, item_no, nct_id

RESULT_MODULES = ("participant_flow", "baseline", "outcome", "adverse_events")
FLOW_KINDS = ("milestone", "withdrawal")
P_OPERATORS = ("=", "<", "<=", ">", ">=")
PARAM_TYPES = (
    "GEOMETRIC_MEAN", "GEOMETRIC_LEAST_SQUARES_MEAN", "LEAST_SQUARES_MEAN", "LOG_MEAN", "MEAN", "MEDIAN", "NUMBER",
    "COUNT_OF_PARTICIPANTS", "COUNT_OF_UNITS",
)  # fmt: skip
DISPERSION_TYPES = (
    "NA", "STANDARD_DEVIATION", "STANDARD_ERROR", "INTER_QUARTILE_RANGE", "FULL_RANGE", "CONFIDENCE_80",
    "CONFIDENCE_90", "CONFIDENCE_95", "CONFIDENCE_975", "CONFIDENCE_99", "CONFIDENCE_OTHER", "GEOMETRIC_COEFFICIENT",
)  # fmt: skip
HYPOTHESES = (
    "SUPERIORITY", "NON_INFERIORITY", "EQUIVALENCE", "OTHER", "NON_INFERIORITY_OR_EQUIVALENCE", "SUPERIORITY_OR_OTHER",
    "NON_INFERIORITY_OR_EQUIVALENCE_LEGACY", "SUPERIORITY_OR_OTHER_LEGACY",
)  # fmt: skip

FLOW = "/resultsSection.participantFlowModule"
BASELINE = "/resultsSection.baselineCharacteristicsModule"
OUTCOMES = "/resultsSection.outcomeMeasuresModule.outcomeMeasures"
EVENTS = "/resultsSection.adverseEventsModule"

OF_RESULTS = (Reference(("nct_id",), "trial_results", ("nct_id",)),)
OF_MEASURE = (Reference(("nct_id", "result_no"), "trial_result_measures", ("nct_id", "result_no")),)


def _row_no(name: str) -> Column:
    return Column(name, INTEGER, "Number of the row in the trial, from 1", nullable=False, minimum=1)


def _group(source: str) -> tuple[Column, ...]:
    return (
        Column("group_no", INTEGER, "Row of trial_result_groups; NULL where the id names none"),
        Column("group_id", TEXT, "Id of the group, the module's or the measure's own: OG000 of two measures are two",
               source=source),
    )  # fmt: skip


def _number(name: str, comment: str, source: str) -> tuple[Column, ...]:
    return (
        Column(f"{name}_text", TEXT, f"{comment}, as given", source=source),
        Column(name, FLOAT, f"{comment}: the number read from {name}_text; NULL where that is none, such as NA or <1"),
    )


def _count(name: str, comment: str, source: str) -> tuple[Column, ...]:
    return (
        Column(f"{name}_text", TEXT, f"{comment}, as given", source=source),
        Column(name, INTEGER, f"{comment}; NULL where {name}_text is no number", minimum=0),
    )


def _affected(of: str, what: str) -> tuple[Column, ...]:
    return (
        Column(f"{of}_n_affected", INTEGER, f"{what}; NULL: not told, never zero", minimum=0,
               source=f"{EVENTS}.eventGroups.{of}NumAffected"),
        Column(f"{of}_n_at_risk", INTEGER, f"Participants among whom {of}_n_affected was counted", minimum=0,
               source=f"{EVENTS}.eventGroups.{of}NumAtRisk"),
    )  # fmt: skip


def _measured(source: str) -> tuple[Column, ...]:
    """What a measurement says, in either module."""
    of_class, category = f"{source}.classes", f"{source}.classes.categories"
    given = f"{category}.measurements"
    return (
        item_no("class_no", "class"),
        Column("class", TEXT, "Class (a row of the posted table, a visit); NULL where there is one without a title",
               source=f"{of_class}.title"),
        item_no("category_no", "category"),
        Column("category", TEXT, "Category; NULL where there is one without a title", source=f"{category}.title"),
        *_group(f"{given}.groupId"),
        *_number("value", "Value of this group", f"{given}.value"),
        *_number("lower", "Lower end of the dispersion", f"{given}.lowerLimit"),
        *_number("upper", "Upper end of the dispersion", f"{given}.upperLimit"),
        *_number("spread", "Dispersion where it is one number", f"{given}.spread"),
        Column("comment", TEXT, "The sponsor's words on this value: why it is NA", source=f"{given}.comment"),
        Column("denominator", INTEGER, "How many of the group were analysed: for the class where told, else for the "
               "measure; NULL not told", minimum=0),
        Column("denominator_unit", TEXT, "What the denominator counts: Participants, or units such as eyes"),
    )  # fmt: skip


TRIAL_RESULTS = Table(
    "trial_results",
    "One row per trial whose record has a results section. Other adverse events are posted only above "
    "frequency_threshold: absent is not zero; no event has a grade",
    (
        nct_id(),
        Column("recruitment_details", TEXT, "How participants were recruited", source=f"{FLOW}.recruitmentDetails"),
        Column("pre_assignment_details", TEXT, "What happened before groups were assigned",
               source=f"{FLOW}.preAssignmentDetails"),
        Column("flow_unit", TEXT, "What the flow counts besides participants", source=f"{FLOW}.typeUnitsAnalyzed"),
        Column("baseline_population_text", TEXT, "Who was analysed at baseline",
               source=f"{BASELINE}.populationDescription"),
        Column("adverse_events_time_frame", TEXT, "Over what time adverse events were collected",
               source=f"{EVENTS}.timeFrame"),
        Column("adverse_events_description", TEXT, "How they were collected", source=f"{EVENTS}.description"),
        Column("frequency_threshold_text", TEXT, "Threshold as given", source=f"{EVENTS}.frequencyThreshold"),
        Column("frequency_threshold", FLOAT, "Percent that an event which is not serious must exceed in some group to "
               "be posted: one that is not listed is not zero", minimum=0, maximum=100),
        Column("mortality_comment", TEXT, "The sponsor's words on deaths", source=f"{EVENTS}.allCauseMortalityComment"),
        Column("limitations", TEXT, "Limitations and caveats that the sponsor names",
               source="/resultsSection.moreInfoModule.limitationsAndCaveats.description"),
    ),
    key=("nct_id",), references=OF_TRIAL,
)  # fmt: skip

TRIAL_RESULT_GROUPS = Table(
    "trial_result_groups",
    "One row per group of a module, and of each outcome measure: the same participants may be in several; never pooled",
    (
        nct_id(),
        _row_no("group_no"),
        Column("module", TEXT, "Part of the results that lists it", nullable=False, words=RESULT_MODULES),
        Column("result_no", INTEGER, "Outcome measure that lists it; NULL in the other modules", minimum=1),
        Column("group_id", TEXT, "Id in its module or measure; NULL where none was given",
               source=f"{OUTCOMES}.groups.id"),
        Column("title", TEXT, "Title", source=f"{OUTCOMES}.groups.title"),
        Column("description", TEXT, "Description", source=f"{OUTCOMES}.groups.description"),
        Column("n_participants", INTEGER, "Participants analysed, of baseline and outcome measures; NULL not told",
               minimum=0),
        Column("denominator", INTEGER, "What values of the group are counted against: participants, or the units of "
               "denominator_unit", minimum=0),
        Column("denominator_unit", TEXT, "What denominator counts"),
        *_affected("deaths", "Participants who died, of whatever cause"),
        *_affected("serious", "Participants with a serious adverse event"),
        *_affected("other", "Participants with another event above the threshold"),
    ),
    key=("nct_id", "group_no"), references=OF_RESULTS,
)  # fmt: skip

TRIAL_RESULT_FLOW = Table(
    "trial_result_flow",
    "One row per period, milestone or reason of withdrawal, and group of the participant flow",
    (
        nct_id(),
        _row_no("flow_no"),
        item_no("period_no", "period"),
        Column("period", TEXT, "Title of the period", source=f"{FLOW}.periods.title"),
        Column("kind", TEXT, "milestone: reached it; withdrawal: left for this reason", nullable=False,
               words=FLOW_KINDS),
        Column("type", TEXT, "Milestone or reason, as given: STARTED, COMPLETED, Adverse Event, ...",
               source=f"{FLOW}.periods.milestones.type"),
        Column("type_comment", TEXT, "The sponsor's words on it", source=f"{FLOW}.periods.milestones.comment"),
        *_group(f"{FLOW}.periods.milestones.achievements.groupId"),
        *_count("n_participants", "Participants", f"{FLOW}.periods.milestones.achievements.numSubjects"),
        *_count("n_units", "Units other than participants", f"{FLOW}.periods.milestones.achievements.numUnits"),
        Column("comment", TEXT, "The sponsor's words on this number",
               source=f"{FLOW}.periods.milestones.achievements.comment"),
    ),
    key=("nct_id", "flow_no"), references=OF_RESULTS,
)  # fmt: skip

TRIAL_RESULT_BASELINE = Table(
    "trial_result_baseline",
    "One row per baseline measure, class, category and group",
    (
        nct_id(),
        _row_no("baseline_no"),
        item_no("measure_no", "measure"),
        Column("title", TEXT, "What is measured", source=f"{BASELINE}.measures.title"),
        Column("description", TEXT, "How", source=f"{BASELINE}.measures.description"),
        Column("population_text", TEXT, "In whom, where not in all",
               source=f"{BASELINE}.measures.populationDescription"),
        Column("param_type", TEXT, "What value is: a count, a mean, ...", registry_words=PARAM_TYPES,
               source=f"{BASELINE}.measures.paramType"),
        Column("dispersion_type", TEXT, "What lower and upper, or spread, are", registry_words=DISPERSION_TYPES,
               source=f"{BASELINE}.measures.dispersionType"),
        Column("unit", TEXT, "Unit of value, as written", source=f"{BASELINE}.measures.unitOfMeasure"),
        *_measured(f"{BASELINE}.measures"),
    ),
    key=("nct_id", "baseline_no"), references=OF_RESULTS,
)  # fmt: skip

TRIAL_RESULT_MEASURES = Table(
    "trial_result_measures",
    "One row per outcome measure of the results, posted or to be posted",
    (
        nct_id(),
        item_no("result_no", "measure"),
        Column("outcome_no", INTEGER, "Declared outcome of the same title, of several the one of the same type and "
               "time frame; else NULL", minimum=1),
        Column("type", TEXT, "Type", registry_words=("PRIMARY", "SECONDARY", "OTHER_PRE_SPECIFIED", "POST_HOC"),
               source=f"{OUTCOMES}.type"),
        Column("title", TEXT, "What is measured", source=f"{OUTCOMES}.title"),
        Column("description", TEXT, "How", source=f"{OUTCOMES}.description"),
        Column("time_frame", TEXT, "When", source=f"{OUTCOMES}.timeFrame"),
        Column("population_text", TEXT, "In whom, in the sponsor's words", source=f"{OUTCOMES}.populationDescription"),
        Column("param_type", TEXT, "What values are: counts, means, ...", registry_words=PARAM_TYPES,
               source=f"{OUTCOMES}.paramType"),
        Column("dispersion_type", TEXT, "What lower and upper, or spread, are, as written",
               source=f"{OUTCOMES}.dispersionType"),
        Column("unit", TEXT, "Unit of values, as written", source=f"{OUTCOMES}.unitOfMeasure"),
        Column("denominator_unit", TEXT, "Unit that was analysed where it is not participants",
               source=f"{OUTCOMES}.denomUnitsSelected"),
        Column("reporting_status", TEXT, "NOT_POSTED: announced, without values yet",
               registry_words=("POSTED", "NOT_POSTED"), source=f"{OUTCOMES}.reportingStatus"),
        *registry_date("anticipated_posting_date", "When values are announced for",
                       f"{OUTCOMES}.anticipatedPostingDate"),
    ),
    key=("nct_id", "result_no"),
    references=(*OF_RESULTS, Reference(("nct_id", "outcome_no"), "trial_outcomes", ("nct_id", "outcome_no"))),
)  # fmt: skip

TRIAL_RESULT_VALUES = Table(
    "trial_result_values",
    "One row per outcome measure, class, category and group: a value as posted, with its own denominator",
    (nct_id(), _row_no("value_no"), item_no("result_no", "measure"), *_measured(OUTCOMES)),
    key=("nct_id", "value_no"), references=OF_MEASURE,
)  # fmt: skip

TRIAL_RESULT_ANALYSES = Table(
    "trial_result_analyses",
    "One row per statistical analysis of an outcome measure",
    (
        nct_id(),
        _row_no("analysis_no"),
        item_no("result_no", "measure"),
        Column("group_ids", TEXTS, "Ids of the groups compared, the measure's own",
               source=f"{OUTCOMES}.analyses.groupIds"),
        Column("group_description", TEXT, "What is compared", source=f"{OUTCOMES}.analyses.groupDescription"),
        Column("param_type", TEXT, "What is estimated, as written", source=f"{OUTCOMES}.analyses.paramType"),
        *_number("param_value", "Estimate", f"{OUTCOMES}.analyses.paramValue"),
        Column("dispersion_type", TEXT, "What dispersion_value is",
               registry_words=("STANDARD_DEVIATION", "STANDARD_ERROR_OF_MEAN"),
               source=f"{OUTCOMES}.analyses.dispersionType"),
        *_number("dispersion_value", "Dispersion of the estimate", f"{OUTCOMES}.analyses.dispersionValue"),
        Column("statistical_method", TEXT, "Method", source=f"{OUTCOMES}.analyses.statisticalMethod"),
        Column("statistical_comment", TEXT, "The sponsor's words on it",
               source=f"{OUTCOMES}.analyses.statisticalComment"),
        Column("p_value_text", TEXT, "P value as given", source=f"{OUTCOMES}.analyses.pValue"),
        Column("p_value_operator", TEXT, "How p_value compares: of <0.001 it is <; = where a number alone is given",
               words=P_OPERATORS),
        Column("p_value", FLOAT, "The number in p_value_text, to be read with p_value_operator", minimum=0, maximum=1),
        Column("p_value_comment", TEXT, "The sponsor's words on it", source=f"{OUTCOMES}.analyses.pValueComment"),
        Column("ci_percent", FLOAT, "Level of the confidence interval, percent", minimum=0, maximum=100,
               source=f"{OUTCOMES}.analyses.ciPctValue"),
        Column("ci_sides", TEXT, "Sides of the interval", registry_words=("ONE_SIDED", "TWO_SIDED"),
               source=f"{OUTCOMES}.analyses.ciNumSides"),
        *_number("ci_lower", "Lower end of the interval", f"{OUTCOMES}.analyses.ciLowerLimit"),
        *_number("ci_upper", "Upper end of the interval", f"{OUTCOMES}.analyses.ciUpperLimit"),
        Column("ci_lower_comment", TEXT, "The sponsor's words on it",
               source=f"{OUTCOMES}.analyses.ciLowerLimitComment"),
        Column("ci_upper_comment", TEXT, "The sponsor's words on it",
               source=f"{OUTCOMES}.analyses.ciUpperLimitComment"),
        Column("estimate_comment", TEXT, "The sponsor's words on the estimate",
               source=f"{OUTCOMES}.analyses.estimateComment"),
        Column("tested_non_inferiority", BOOLEAN, "Whether non-inferiority was tested, in older records",
               source=f"{OUTCOMES}.analyses.testedNonInferiority"),
        Column("non_inferiority_type", TEXT, "What kind of hypothesis",
               source=f"{OUTCOMES}.analyses.nonInferiorityType",
               registry_words=HYPOTHESES),
        Column("non_inferiority_comment", TEXT, "The sponsor's words on it",
               source=f"{OUTCOMES}.analyses.nonInferiorityComment"),
        Column("other_analysis_description", TEXT, "An analysis that is no test, in the sponsor's words",
               source=f"{OUTCOMES}.analyses.otherAnalysisDescription"),
    ),
    key=("nct_id", "analysis_no"), references=OF_MEASURE,
)  # fmt: skip

TRIAL_ADVERSE_EVENTS = Table(
    "trial_adverse_events",
    "One row per listed adverse event and group, serious ones first. Events that are not serious are listed only above "
    "frequency_threshold: absent is not zero; no event has a grade",
    (
        nct_id(),
        _row_no("event_no"),
        Column("term_no", INTEGER, "Listed event, from 1: a term may be listed twice", nullable=False, minimum=1),
        *_group(f"{EVENTS}.seriousEvents.stats.groupId"),
        Column("organ_system", TEXT, "Organ system", source=f"{EVENTS}.seriousEvents.organSystem"),
        Column("term", TEXT, "Event as termed by the sponsor", source=f"{EVENTS}.seriousEvents.term"),
        Column("vocabulary", TEXT, "Vocabulary of the term, as written: MedDRA 24.0, CTCAE (4.0), ...",
               source=f"{EVENTS}.seriousEvents.sourceVocabulary"),
        Column("is_serious", BOOLEAN, "Listed among the serious events; serious is not severe", nullable=False),
        Column("assessment_type", TEXT, "Whether participants were asked",
               registry_words=("SYSTEMATIC_ASSESSMENT", "NON_SYSTEMATIC_ASSESSMENT"),
               source=f"{EVENTS}.seriousEvents.assessmentType"),
        Column("n_affected", INTEGER, "Participants of the group with the event; NULL not told, which is not zero",
               minimum=0, source=f"{EVENTS}.seriousEvents.stats.numAffected"),
        Column("n_at_risk", INTEGER, "Participants of the group who were at risk of it", minimum=0,
               source=f"{EVENTS}.seriousEvents.stats.numAtRisk"),
        Column("n_events", INTEGER, "Events counted, of one participant perhaps several; NULL not told", minimum=0,
               source=f"{EVENTS}.seriousEvents.stats.numEvents"),
        Column("notes", TEXT, "The sponsor's words on the event", source=f"{EVENTS}.seriousEvents.notes"),
        Column("time_frame", TEXT, "Over what time events were collected, the trial's", source=f"{EVENTS}.timeFrame"),
        Column("frequency_threshold", FLOAT, "Percent that the event had to exceed in some group to be listed; NULL "
               "for serious events, for which there is none", minimum=0, maximum=100),
    ),
    key=("nct_id", "event_no"), references=OF_RESULTS,
)  # fmt: skip

TABLES = (
    TRIAL_RESULTS, TRIAL_RESULT_GROUPS, TRIAL_RESULT_FLOW, TRIAL_RESULT_BASELINE, TRIAL_RESULT_MEASURES,
    TRIAL_RESULT_VALUES, TRIAL_RESULT_ANALYSES, TRIAL_ADVERSE_EVENTS,
)  # fmt: skip

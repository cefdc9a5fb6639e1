"""What the field tabulates: endpoints, who may enter, how participants are prepared.

Rows exist for trials whose scope is in_scope or follow_up. The words of each row stand in car_t_evidence under
`item_table`, `item_no`. Numbers of rows are for joining within a release; changes match rows by what they say.
"""

from __future__ import annotations

from warehouse.columns import BOOLEAN, FLOAT, FLOATS, INTEGER, TEXT, TEXTS, Column, Reference, Table
from warehouse.tables.registrations import OF_TRIAL, nct_id

OUTCOME_TYPES = ("primary", "secondary", "other")
COA_TYPES = ("PRO", "ClinRO", "ObsRO", "PerfO")
DOMAINS = ("efficacy", "safety", "pk_pd", "feasibility")
ENDPOINT_ROLES = ("measured", "component", "definition")
METRICS = ("level", "change", "percent change", "proportion", "incidence", "rate", "time to event")
OPERATORS = (">=", ">", "<=", "<", "=")
TIME_KINDS = ("at", "through")
TIME_ANCHORS = ("infusion", "enrolment", "randomisation")
TIME_SOURCES = ("measure", "description", "time_frame")
# The visits that landscapes count by; a time within a tenth of one belongs to it.
VISIT_MONTHS = (1, 3, 6, 12, 18, 24, 36, 60, 120, 180)

TRIAL_ENDPOINTS = Table(
    "trial_endpoints",
    "One row per concept, part and cohort of an outcome; an outcome that names no concept has one row",
    (
        nct_id(),
        Column("endpoint_no", INTEGER, "Number of the row in the trial, from 1", nullable=False, minimum=1),
        Column("outcome_type", TEXT, "primary, secondary or other", nullable=False, words=OUTCOME_TYPES),
        Column("outcome_no", INTEGER, "Outcome of trial_outcomes that it is read from", nullable=False, minimum=1),
        Column("concept", TEXT, "What is measured, by endpoints.csv; NULL: the outcome names nothing known"),
        Column("instrument", TEXT, "Instrument or definition that it is measured by; NULL not told"),
        Column(
            "coa_type",
            TEXT,
            "Who tells it: patient (PRO), clinician (ClinRO), observer (ObsRO), a task performed (PerfO)",
            words=COA_TYPES,
        ),
        Column("domain", TEXT, "What it is about; NULL not told", words=DOMAINS),
        Column(
            "role",
            TEXT,
            "measured: counted as such; component, definition: part of how another is defined",
            nullable=False,
            words=ENDPOINT_ROLES,
        ),
        Column("metric", TEXT, "How it is counted; NULL not told", words=METRICS),
        Column("operator", TEXT, "How the threshold compares", words=OPERATORS),
        Column("threshold", FLOAT, "Number that decides, such as 4 points of improvement"),
        Column("unit", TEXT, "Unit of threshold, as written"),
        Column("min_grade", INTEGER, "Lowest grade of an event that counts", minimum=1, maximum=5),
        Column("sustained_days", FLOAT, "How long it must last, days", minimum=0),
        Column("versus", TEXT, "What it is compared with, in the record's words"),
        Column("part", TEXT, "Part of the study: Phase 1, Part A, ..., as written"),
        Column("cohorts", TEXTS, "Cohorts it is measured in, as written; NULL: not told apart"),
        Column("diseases", TEXTS, "Diseases it is measured in; NULL: not told apart"),
        Column("times_months", FLOATS, "When, months from the anchor, ascending; NULL not stated"),
        Column("time_kind", TEXT, "at: at these times; through: until then", words=TIME_KINDS),
        Column("time_anchor", TEXT, "What the times count from; NULL not told", words=TIME_ANCHORS),
        Column("time_source", TEXT, "Field of the outcome that tells the time", words=TIME_SOURCES),
        Column(
            "visit_month",
            INTEGER,
            "The last time as a usual visit: 1, 3, 6, 12, 18, 24, 36, 60, 120 or 180 within a tenth, else NULL",
        ),
    ),
    key=("nct_id", "endpoint_no"),
    references=(*OF_TRIAL, Reference(("nct_id", "outcome_no"), "trial_outcomes", ("nct_id", "outcome_no"))),
)

SIDES = ("inclusion", "exclusion")
CRITERION_KINDS = (
    "age", "disease_activity", "disease_class", "disease_duration", "organ_involvement", "biopsy", "biomarker",
    "failed_therapies", "required_autoantibody", "organ_function", "haematology", "performance", "body_size",
    "stable_background", "steroid_limit", "washout", "prior_treatment", "transplant", "malignancy_history", "infection",
    "cns", "pregnancy", "contraception", "vaccine",
)  # fmt: skip
DAYS_RULES = ("longer", "shorter")
RELATIVE_TO = (
    "screening", "baseline", "enrolment", "randomisation", "leukapheresis", "lymphodepletion", "infusion", "last dose",
    "end of study",
)  # fmt: skip
SEXES = ("women", "men")

TRIAL_CRITERIA = Table(
    "trial_criteria",
    "One row per thing that a criterion asks for or refuses, statement by statement of the eligibility text",
    (
        nct_id(),
        Column("criterion_no", INTEGER, "Number of the row in the trial, from 1", nullable=False, minimum=1),
        Column("item_no", INTEGER, "Numbered item of the text, counted on its side", nullable=False, minimum=1),
        Column("alternative_no", INTEGER, "Which of several choices; rows of one choice hold together", minimum=1),
        Column("side", TEXT, "Side of the text", nullable=False, words=SIDES),
        Column("kind", TEXT, "What it is about", nullable=False, words=CRITERION_KINDS),
        Column("subject", TEXT, "What is asked for, as named: SLEDAI, SLEDAI-2K, rituximab, anti-dsDNA, ..."),
        Column("subject_family", TEXT, "What several ways of measuring have in common: SLEDAI, renal function"),
        Column("subject_class", TEXT, "Class of a drug: anti-CD20, biologic, calcineurin inhibitor, ..."),
        Column("operator", TEXT, "Comparison as written, on its side", words=OPERATORS),
        Column("value", FLOAT, "Number as written"),
        Column("unit", TEXT, "Unit as written"),
        Column("eligible_min", FLOAT, "Lowest value that may enter, whichever side said it; NULL no floor"),
        Column("min_inclusive", BOOLEAN, "Whether eligible_min itself may enter"),
        Column("eligible_max", FLOAT, "Highest value that may enter, whichever side said it; NULL no ceiling"),
        Column("max_inclusive", BOOLEAN, "Whether eligible_max itself may enter"),
        Column("unit_canonical", TEXT, "Unit in UCUM"),
        Column("class_values", TEXTS, "Classes that are meant (MGFA II, III), or the treatments that failed"),
        Column("days", FLOAT, "How long, days: since a drug, of treatment, of contraception", minimum=0),
        Column("days_operator", TEXT, "How days compare", words=OPERATORS),
        Column("half_lives", FLOAT, "How long, half-lives of the drug", minimum=0),
        Column("days_rule", TEXT, "Which of days and half_lives counts; NULL not told", words=DAYS_RULES),
        Column("relative_to", TEXT, "What days count to or from; NULL not told", words=RELATIVE_TO),
        Column("is_lifetime", BOOLEAN, "Ever, whatever the time; NULL where a time is told or none"),
        Column("sex", TEXT, "For whom; NULL for both", words=SEXES),
        Column("cohorts", TEXTS, "Cohorts it is for, as written; NULL for all"),
        Column("diseases", TEXTS, "Diseases it is for; NULL for all"),
        Column("exception_text", TEXT, "What is excepted, in the record's words"),
        Column("is_conditional", BOOLEAN, "Holds only on a condition or as one of several choices: no floor",
        nullable=False),
    ),
    key=("nct_id", "criterion_no"), references=OF_TRIAL,
)  # fmt: skip

CONDITIONING_ROLES = ("lymphodepleting", "supportive")
REQUIREMENTS = ("required", "optional", "if needed", "some cohorts")

TRIAL_CONDITIONING = Table(
    "trial_conditioning",
    "One row per agent that prepares for the cells or is given beside; another dose of an agent is another regimen",
    (
        nct_id(),
        Column("conditioning_no", INTEGER, "Number of the row in the trial, from 1", nullable=False, minimum=1),
        Column("regimen_no", INTEGER, "Regimen of the trial, from 1", nullable=False, minimum=1),
        Column("agent", TEXT, "Agent; unspecified where preparation is told without one", nullable=False),
        Column("product_no", INTEGER, "Product that it prepares for; NULL not told apart", minimum=1),
        Column("role", TEXT, "What it is for", nullable=False, words=CONDITIONING_ROLES),
        Column("dose_min", FLOAT, "Lowest dose; NULL not stated", minimum=0),
        Column("dose_max", FLOAT, "Highest dose; NULL not stated", minimum=0),
        Column("unit", TEXT, "Unit of the dose: mg/m2/day where a day is told, mg/m2, mg/kg/day, mg, ..."),
        Column("first_day", INTEGER, "First day, counted from the infusion: -5"),
        Column("last_day", INTEGER, "Last day"),
        Column("n_doses", INTEGER, "Number of daily doses", minimum=1),
        Column("total_dose", FLOAT, "Total dose, only where the record states it as such", minimum=0),
        Column("requirement", TEXT, "Whether all get it", nullable=False, words=REQUIREMENTS),
        Column("adjustable_for", TEXT, "What the dose may be adjusted for, in the record's words"),
        Column("arm_labels", TEXTS, "Arms that get it; NULL not told apart"),
    ),
    key=("nct_id", "conditioning_no"), references=OF_TRIAL,
)  # fmt: skip

TABLES = (TRIAL_ENDPOINTS, TRIAL_CRITERIA, TRIAL_CONDITIONING)

"""What the field tabulates: endpoints, who may enter, how participants are prepared.

Rows exist for trials whose scope is in_scope or follow_up. The words of each row stand in car_t_evidence under
`item_table`, `item_no`. Numbers of rows are for joining within a release; changes match rows by what they say.
"""

from __future__ import annotations

from warehouse.columns import FLOAT, FLOATS, INTEGER, TEXT, TEXTS, Column, Reference, Table
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

TABLES = (TRIAL_ENDPOINTS,)

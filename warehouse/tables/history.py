"""History: versions, states in two times, changes and events.

**Two times, one row per state.** A state is a span in which the registry gave one version of a trial
in one `registry_state`, and we could read it (`is_stale` false) or could not. `trial_states` holds one
full row for each, numbered `state_no` in the registry's order, and never a second row for the same
state: ten versions are ten rows.

- `valid_from`, `valid_to`: the registry's time, as known now. A version begins on its
  `last_update_posted_date` where that moved, otherwise when we first saw it. It never begins before the
  version it follows, nor after we knew it.
- `known_from`: when we learned of the state. Of what we observed it never runs backwards along `state_no`:
  where a clock did, the order of manifests rules. `known_to`: when we learned that it had ended. Both ends
  are NULL for the state a trial is in now.

`trials_as_of(t, known_at)` takes of each trial the highest `state_no` among the states known by `known_at`
that had begun by `t`. So a version that `backfill history` finds years later changes what we know now of
that time, and not what we knew then.

**What a state carries**: every column of `trials`, so that a past row reads as the row of that day's
release. Three columns are not part of the content: `registry_state` and `is_stale` begin a state of their
own when they change; `last_seen_at` grows every night and would make a state each night, so a state keeps
the last night it was seen on, and the macro cuts that to the last night known at `known_at`
(`registry_nights`). `run_id` is the run that began the state. Derived columns follow today's rules: what
rules of a past day showed is in that day's release.

Columns are those of `trials` and `car_t_profiles`; they are not listed a second time.
"""

from __future__ import annotations

from warehouse.columns import DATE, INTEGER, TEXT, TIMESTAMP, Column, Reference, Table
from warehouse.tables.papers import PMID_PATTERN
from warehouse.tables.profiles import CAR_T_PROFILES
from warehouse.tables.registrations import OF_TRIAL, TRIALS, nct_id

ORIGINS = ("observed", "registry_history")
MATERIALITIES = ("high", "medium", "low")
EVENT_TYPES = (
    "registered", "entered_scope", "left_scope", "status_changed", "enrollment_changed", "dates_changed",
    "design_changed", "outcomes_changed", "eligibility_changed", "diseases_changed", "product_changed",
    "sites_changed", "sponsor_changed", "results_posted", "left_search", "returned", "alias", "withheld",
    "removed", "published", "corrected", "concern_raised", "retracted",
)  # fmt: skip

SHA256 = "^[0-9a-f]{64}$"

VALIDITY = (
    Column("valid_from", TIMESTAMP, "When the registry began to say so, as known now", nullable=False),
    Column("valid_to", TIMESTAMP, "When the registry said something else; NULL while it says so"),
)
STATE = (
    Column(
        "state_no",
        INTEGER,
        "Number of the state in the trial, from 1, in the registry's order",
        nullable=False,
        minimum=1,
    ),
    Column("version", INTEGER, "Version of the record (trial_versions)", nullable=False, minimum=1),
)
TWO_TIMES = (
    *VALIDITY,
    Column("known_from", TIMESTAMP, "When we learned of it", nullable=False),
    Column("known_to", TIMESTAMP, "When we learned that it had ended; NULL while it has not"),
)  # fmt: skip
# What a state adds to a row of trials or car_t_profiles.
STATE_COLUMNS = tuple(column.name for column in (*STATE, *TWO_TIMES))
OF_VERSION = Reference(("nct_id", "version"), "trial_versions", ("nct_id", "version"))

TRIAL_VERSIONS = Table(
    "trial_versions",
    "One row per version of a trial's record, in the registry's order; the same content again later is a version again",
    (
        nct_id(),
        Column("version", INTEGER, "Number of the version, from 1, as known now", nullable=False, minimum=1),
        Column(
            "registry_version",
            INTEGER,
            "The registry's own number of it, from 0; NULL where its history was not read",
            minimum=0,
        ),
        *VALIDITY,
        Column("registry_date", DATE, "The date the registry gives it: last update posted, or first posted"),
        Column("observed_at", TIMESTAMP, "When we first received it", nullable=False),
        Column(
            "content_sha256",
            TEXT,
            "Hash of the record as received, without versionHolder",
            nullable=False,
            pattern=SHA256,
        ),
        Column("protocol_sha256", TEXT, "Hash of its protocolSection, by which origins are matched", pattern=SHA256),
        Column(
            "origin",
            TEXT,
            "observed: received from the search; registry_history: read later from the registry's history, "
            "protocolSection only",
            nullable=False,
            words=ORIGINS,
        ),
        Column("run_id", TEXT, "Run that received it", nullable=False, bookkeeping=True),
    ),
    key=("nct_id", "version"),
    references=OF_TRIAL,
)

TRIAL_STATES = Table(
    "trial_states",
    "One row per state of a trial: a version, or the same version in another registry_state or staleness",
    (*TRIALS.columns, *STATE, *TWO_TIMES),
    key=("nct_id", "state_no"),
    references=(*OF_TRIAL, OF_VERSION),
)

PROFILE_STATES = Table(
    "profile_states",
    "One row per state of a trial that has a profile, by today's rules",
    (*CAR_T_PROFILES.columns, *STATE, *TWO_TIMES),
    key=("nct_id", "state_no"),
    references=(*OF_TRIAL, Reference(("nct_id", "state_no"), "trial_states", ("nct_id", "state_no"))),
)

REGISTRY_NIGHTS = Table(
    "registry_nights",
    "One row per night whose pull of ClinicalTrials.gov was kept; cuts last_seen_at to a past day",
    (
        Column("night_at", TIMESTAMP, "The run's moment", nullable=False),
        Column("run_id", TEXT, "Run that pulled", nullable=False, bookkeeping=True),
    ),
    key=("night_at",),
)  # fmt: skip

TRIAL_CHANGES = Table(
    "trial_changes",
    "One row per field, or item of a list, that differs between two consecutive versions",
    (
        Column(
            "change_id", TEXT, "Hash of trial, versions' hashes, field, values and date", nullable=False, pattern=SHA256
        ),
        nct_id(),
        Column("from_sha", TEXT, "content_sha256 of the version before", nullable=False, pattern=SHA256),
        Column("to_sha", TEXT, "content_sha256 of the version after", nullable=False, pattern=SHA256),
        Column("observed_at", TIMESTAMP, "When we received the version after", nullable=False),
        Column(
            "registry_date",
            DATE,
            "The registry's date of the version after; the day we saw it where that did not move",
            nullable=False,
        ),
        Column("field_path", TEXT, "table.column, and in brackets the item by what it is called", nullable=False),
        Column("old_value", TEXT, "Value before, as JSON; NULL when there was none"),
        Column("new_value", TEXT, "Value after, as JSON; NULL when there is none"),
        Column(
            "materiality",
            TEXT,
            "How much it matters (transforms/history/materiality.csv)",
            nullable=False,
            words=MATERIALITIES,
        ),
        Column("rule", TEXT, "Rule of that table which decided", nullable=False),
        Column("event_id", TEXT, "Event that tells of it; NULL for wording that makes none", pattern=SHA256),
        Column("run_id", TEXT, "Run that received the version after", nullable=False, bookkeeping=True),
    ),
    key=("change_id",),
    references=OF_TRIAL,
)

TRIAL_EVENTS = Table(
    "trial_events",
    "One row per thing that happened to a trial",
    (
        Column(
            "event_id",
            TEXT,
            "Hash of trial, type, what it was before and after, and the registry's date",
            nullable=False,
            pattern=SHA256,
        ),
        nct_id(),
        Column("pmid", TEXT, "Paper, for events of papers", pattern=PMID_PATTERN),
        Column("event_type", TEXT, "What kind of thing", nullable=False, words=EVENT_TYPES),
        Column(
            "occurred_on", DATE, "The registry's date; the day we saw it where the registry gives none", nullable=False
        ),
        Column("observed_at", TIMESTAMP, "When we saw it", nullable=False),
        Column("run_id", TEXT, "Run that saw it", nullable=False, bookkeeping=True),
        Column("summary", TEXT, "One line of plain English", nullable=False),
        Column("details", TEXT, "What changed, as JSON", nullable=False),
        Column("materiality", TEXT, "The highest of its changes", nullable=False, words=MATERIALITIES),
    ),
    key=("event_id",),
)

TABLES = (TRIAL_VERSIONS, TRIAL_STATES, PROFILE_STATES, REGISTRY_NIGHTS, TRIAL_CHANGES, TRIAL_EVENTS)

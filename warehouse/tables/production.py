"""How it was made: the journal, copied into the published file at each release, and what the release is."""

from __future__ import annotations

from warehouse.columns import BIGINT, BOOLEAN, FLOAT, INTEGER, TEXT, TIMESTAMP, Column, Table
from warehouse.tables.sources import SOURCES

RUN_STATUSES = ("running", "published", "unchanged", "held", "failed", "killed", "dry run")
RUN_KINDS = ("nightly", "backfill", "accepted", "rebuild")
SEVERITIES = ("critical", "warning", "info")

RUNS = Table(
    "runs",
    "One row per run that began",
    (
        Column("run_id", TEXT, "Run", nullable=False),
        Column("kind", TEXT, "What kind of run", nullable=False, words=RUN_KINDS),
        Column("source", TEXT, "live, or the recordings it read", nullable=False),
        Column("clock_at", TIMESTAMP, "The run's moment: when it began, or the night of the recording", nullable=False),
        Column("started_at", TIMESTAMP, "When the process began it", nullable=False),
        Column("finished_at", TIMESTAMP, "When it ended; NULL while it works or when it was killed"),
        Column("status", TEXT, "How it ended", nullable=False, words=RUN_STATUSES),
        Column("reason", TEXT, "Why it was held or failed, in a sentence"),
        Column("accepted_reason", TEXT, "Why a person published it although the gate held it"),
        Column("code_version", TEXT, "Version of cartrials", nullable=False),
        Column("rule_version", TEXT, "Version of rules and vocabulary"),
        Column("watchlist_sha256", TEXT, "Hash of the watchlist searched"),
        Column("data_stamp", TEXT, "The registry's own dataTimestamp"),
        Column("fingerprint", TEXT, "Fingerprint of the content tables as published"),
        Column("trials_new", INTEGER, "Trials first seen", minimum=0),
        Column("trials_changed", INTEGER, "Trials whose content changed", minimum=0),
        Column("papers_new", INTEGER, "Papers first seen", minimum=0),
        Column("papers_changed", INTEGER, "Papers whose content changed", minimum=0),
        Column("records_quarantined", INTEGER, "Quarantine rows written", minimum=0),
    ),
    key=("run_id",), origin="journal",
)  # fmt: skip

SOURCE_PULLS = Table(
    "source_pulls",
    "One row per search leg of a run",
    (
        Column("run_id", TEXT, "Run", nullable=False),
        Column("source", TEXT, " or ".join(SOURCES), nullable=False, words=tuple(SOURCES)),
        Column("leg", TEXT, "Leg of the watchlist", nullable=False),
        Column("query", TEXT, "The query as sent, without secrets"),
        Column("records", INTEGER, "Records received, repeats dropped", nullable=False, minimum=0),
        Column("repeats", INTEGER, "Records received again within the leg", minimum=0),
        Column("total_reported", INTEGER, "Total the source itself gave; NULL when it gives none", minimum=0),
        Column("pages", INTEGER, "Pages or batches", minimum=0),
        Column("bytes", BIGINT, "Bytes received", minimum=0),
        Column("seconds", FLOAT, "Seconds it took", minimum=0),
        Column("data_stamp", TEXT, "The source's data stamp during the pull"),
        Column("dropped", TEXT, "Phrases of the query that the source did not search for, one a line"),
        Column("is_skipped", BOOLEAN, "Not pulled: the data stamp had not moved since a complete pull", nullable=False),
    ),
    key=("run_id", "source", "leg"), origin="journal",
)  # fmt: skip

QUALITY_RESULTS = Table(
    "quality_results",
    "One row per check of a run",
    (
        Column("run_id", TEXT, "Run", nullable=False),
        Column("check_no", INTEGER, "Order of the check within the run", nullable=False, minimum=1),
        Column(
            "stage",
            TEXT,
            "gate: the pull as a whole; table: rows of one table",
            nullable=False,
            words=("gate", "table"),
        ),
        Column("subject", TEXT, "Table or leg", nullable=False),
        Column("check_name", TEXT, "What must be true, as a sentence", nullable=False),
        Column(
            "severity", TEXT, "critical holds the run; warning is told; info is kept", nullable=False, words=SEVERITIES
        ),
        Column(
            "status",
            TEXT,
            "passed, failed, or raised (the check itself broke)",
            nullable=False,
            words=("passed", "failed", "raised", "not available"),
        ),
        Column("observed", TEXT, "What was found"),
        Column("failing_rows", INTEGER, "Rows that fail", minimum=0),
        Column("examples", TEXT, "Keys of failing rows, at most twenty, as JSON"),
    ),
    key=("run_id", "check_no"),
    origin="journal",
)

QUARANTINED_RECORDS = Table(
    "quarantined_records",
    "One row per field, or per record, that could not be read",
    (
        Column("quarantine_id", TEXT, "Hash of source, record, field, payload and raw value", nullable=False),
        Column("source", TEXT, " or ".join(SOURCES), nullable=False, words=tuple(SOURCES)),
        Column("record_id", TEXT, "NCT number or PMID; NULL when it could not be read"),
        Column(
            "field_path",
            TEXT,
            "Field that could not be read; NULL: the whole record; history/N: its version N in the registry's history",
        ),
        Column("raw_value", TEXT, "What stood there, cut at 500 characters"),
        Column("reason", TEXT, "Why, in a sentence", nullable=False),
        Column("payload_sha256", TEXT, "The record as received, in the archive", nullable=False),
        Column("run_id", TEXT, "Run that found it", nullable=False),
        Column("resolved_run_id", TEXT, "Run in which it was read after all, or replaced by a good version"),
    ),
    key=("quarantine_id",),
    origin="journal",
)

ACCEPTANCES = Table(
    "acceptances",
    "One row per held run that a person published",
    (
        Column("run_id", TEXT, "Run", nullable=False),
        Column("accepted_at", TIMESTAMP, "When", nullable=False),
        Column("reason", TEXT, "Why", nullable=False),
        Column("failures", TEXT, "The failed checks that were accepted, as JSON", nullable=False),
    ),
    key=("run_id",), origin="journal",
)  # fmt: skip

ALERTS = Table(
    "alerts",
    "One row per event, subscriber and channel; no address",
    (
        Column("alert_id", TEXT, "Alert", nullable=False),
        Column("event_id", TEXT, "Event it tells of", nullable=False),
        Column("subscriber", TEXT, "Subscriber's id", nullable=False),
        Column("channel", TEXT, "Kind of channel, such as mailto or json", nullable=False),
        Column("message_id", TEXT, "Message that carried it"),
        Column("state", TEXT, "pending, delivered, parked, seeded (known before), withheld (one of a mass of removals)",
               nullable=False, words=("pending", "delivered", "parked", "seeded", "withheld")),
        Column("attempts", INTEGER, "Times it was tried", nullable=False, minimum=0),
        Column("created_at", TIMESTAMP, "When it was noted", nullable=False),
        Column("delivered_at", TIMESTAMP, "When the channel took it"),
        Column("error", TEXT, "Last error, without secrets; of what is withheld, why"),
    ),
    key=("alert_id",), origin="journal",
)  # fmt: skip

RELEASE = Table(
    "release",
    "One row: what this file is",
    (
        Column("run_id", TEXT, "Run that made it", nullable=False),
        Column("published_at", TIMESTAMP, "The run's moment", nullable=False),
        Column("data_stamp", TEXT, "The registry's own dataTimestamp"),
        Column("schema_version", INTEGER, "Version of the schema", nullable=False),
        Column("rule_version", TEXT, "Version of rules and vocabulary", nullable=False),
        Column("code_version", TEXT, "Version of cartrials", nullable=False),
        Column("fingerprint", TEXT, "SHA-256 over the content tables", nullable=False),
        Column("is_demo", BOOLEAN, "Made-up records", nullable=False),
    ),
    key=("run_id",), origin="journal",
)  # fmt: skip

TABLES = (RUNS, SOURCE_PULLS, QUALITY_RESULTS, QUARANTINED_RECORDS, ACCEPTANCES, ALERTS, RELEASE)

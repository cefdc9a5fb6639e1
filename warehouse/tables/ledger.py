"""Tables of the journal that the alert ledger needs beside the published `alerts`. Not published: they hold
messages and what each subscriber was told.
"""

from __future__ import annotations

from warehouse.columns import BOOLEAN, DATE, INTEGER, TEXT, TIMESTAMP, Column, Table

ALERT_EVENTS = Table(
    "alert_events",
    "One row per event that a subscriber is told of, kept as it was: a rebuild may judge otherwise later",
    (
        Column(
            "event_id", TEXT, "Event of trial_events, or our own of a trial that first fits a filter", nullable=False
        ),
        Column("nct_id", TEXT, "Trial", nullable=False),
        Column("pmid", TEXT, "Paper"),
        Column("event_type", TEXT, "Type of trial_events, or new_for_you", nullable=False),
        Column("occurred_on", DATE, "The registry's date", nullable=False),
        Column("observed_at", TIMESTAMP, "When we saw it", nullable=False),
        Column("run_id", TEXT, "Run that saw it", nullable=False),
        Column("summary", TEXT, "One line", nullable=False),
        Column("materiality", TEXT, "high, medium or low", nullable=False),
        Column("details", TEXT, "What changed, as JSON", nullable=False),
    ),
    key=("event_id",),
    origin="journal",
)

ALERT_MESSAGES = Table(
    "alert_messages",
    "One row per message, frozen with its body before it is first sent; a retry sends exactly this",
    (
        Column("message_id", TEXT, "Message-ID and idempotency key, without its domain", nullable=False),
        Column("subscriber", TEXT, "Subscriber, or operator", nullable=False),
        Column("channel", TEXT, "Channel of the subscriber", nullable=False),
        Column("created_at", TIMESTAMP, "When it was frozen, by the run's clock", nullable=False),
        Column("state", TEXT, "frozen; sending: handed over, answer not known; delivered; parked", nullable=False,
               words=("frozen", "sending", "delivered", "parked")),
        Column("attempts", INTEGER, "Times it was tried", nullable=False, minimum=0),
        Column("next_try_at", TIMESTAMP, "Not before then"),
        Column("delivered_at", TIMESTAMP, "When the channel took it"),
        Column("items", INTEGER, "Trials in it", nullable=False, minimum=0),
        Column("bytes", INTEGER, "Size of its body", nullable=False, minimum=0),
        Column("subject", TEXT, "Subject", nullable=False),
        Column("body", TEXT, "Its parts, as JSON; NULL once it was delivered long ago"),
        Column("error", TEXT, "Last error, without secrets"),
    ),
    key=("message_id",), origin="journal",
)  # fmt: skip

ALERT_TOLD = Table(
    "alert_told",
    "One row per subscriber and trial that ever fitted the filter: who was told of what, once",
    (
        Column("subscriber", TEXT, "Subscriber", nullable=False),
        Column("nct_id", TEXT, "Trial", nullable=False),
        Column("told_at", TIMESTAMP, "When it was noted", nullable=False),
        Column("how", TEXT, "told, or seeded: known before, not told", nullable=False, words=("told", "seeded")),
        Column("fits", BOOLEAN, "Whether it still fitted when last looked at", nullable=False),
    ),
    key=("subscriber", "nct_id"), origin="journal",
)  # fmt: skip

ALERT_RUNS = Table(
    "alert_runs",
    "One row per run whose events have been noted for everybody",
    (
        Column("run_id", TEXT, "Run", nullable=False),
        Column("noted_at", TIMESTAMP, "When, by the run's clock", nullable=False),
        Column("how", TEXT, "told or seeded", nullable=False, words=("told", "seeded")),
        Column("rule_version", TEXT, "Rules of the release at that time"),
        Column("topics_sha256", TEXT, "Hash of the watchlist's topics at that time"),
    ),
    key=("run_id",), origin="journal",
)  # fmt: skip

ALERT_SUBSCRIBERS = Table(
    "alert_subscribers",
    "One row per subscriber ever noted",
    (
        Column("subscriber", TEXT, "Subscriber", nullable=False),
        Column("since", TIMESTAMP, "When first noted", nullable=False),
        Column("filter_sha256", TEXT, "Hash of the filter last noted", nullable=False),
    ),
    key=("subscriber",), origin="journal",
)  # fmt: skip

ALERT_INCIDENTS = Table(
    "alert_incidents",
    "One row per trouble that the operator may have to know of",
    (
        Column("incident", TEXT, "run, age, stamp, or parked:subscriber/channel", nullable=False),
        Column("began_at", TIMESTAMP, "When it began", nullable=False),
        Column("failures", INTEGER, "Times it was met", nullable=False, minimum=1),
        Column("last_run_id", TEXT, "Run that met it last"),
        Column("sentence", TEXT, "What is wrong", nullable=False),
        Column("told_at", TIMESTAMP, "When the operator was told; NULL: not yet"),
        Column("ended_at", TIMESTAMP, "When it was over; NULL while it lasts"),
        Column("end_told_at", TIMESTAMP, "When the operator was told that it is over"),
    ),
    key=("incident", "began_at"), origin="journal",
)  # fmt: skip

LEDGER_TABLES = (ALERT_EVENTS, ALERT_MESSAGES, ALERT_TOLD, ALERT_RUNS, ALERT_SUBSCRIBERS, ALERT_INCIDENTS)

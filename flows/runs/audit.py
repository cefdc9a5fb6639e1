"""What a run leaves in the journal beside its own row: pulls, checks, and what waits in quarantine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.results import FAILED, INFO, PASSED, WARNING, CheckResult, Verdict
from flows.load.run_state import Kept
from flows.storage.data_folder import DataFolder
from flows.storage.journal import Journal
from flows.storage.manifests import Manifest
from flows.storage.seal import Seal
from transforms.shaped import Problem
from warehouse.tables.sources import CTGOV

if TYPE_CHECKING:
    from flows.runs.run import Report, Run

HISTORY_FIELD = "history/"  # and the number: an earlier version of a registration as a whole
CONTACT = "The sources have an address to write to"
NO_CONTACT = (
    "No contact address is set: both sources ask for one, to write to before they refuse us; set "
    "CARTRIALS_CONTACT_EMAIL"
)


def note_quality(
    place: DataFolder, run: Run, seal: Seal, manifests: Sequence[Manifest], kept: Kept, results: Sequence[CheckResult],
    report: Report, decided: Verdict,
) -> None:  # fmt: skip
    """Write down how the pull went, what was checked and what waits in quarantine, whatever the verdict."""
    journal = place.journal
    journal.add_many("source_pulls", [
        {"run_id": run.run_id, "source": m.source, "leg": m.leg, "query": m.query, "records": len(m.records),
         "repeats": m.repeats, "total_reported": m.total_reported, "pages": m.pages, "bytes": m.bytes,
         "seconds": m.seconds, "data_stamp": m.data_stamp, "dropped": "\n".join(m.dropped) or None,
         "is_skipped": m.is_skipped}
        for m in manifests
    ])  # fmt: skip
    journal.add_many("quality_results", [
        {"run_id": run.run_id, "check_no": number, **result.row()} for number, result in enumerate(results, start=1)
    ])  # fmt: skip
    _note_quarantine(place, run.run_id, kept)
    journal.update(
        "runs",
        {"run_id": run.run_id},
        {
            "watchlist_sha256": seal.watchlist_sha256,
            "data_stamp": seal.data_stamp,
            "trials_new": report.trials_new,
            "trials_changed": report.trials_changed,
            "papers_new": report.papers_new,
            "papers_changed": report.papers_changed,
            "records_quarantined": report.quarantined,
        },
    )
    report.failures, report.warnings = decided.failures, decided.warnings


def note_damaged_release(journal: Journal, report: Report, damaged: Path) -> None:
    """Say that the release before was no longer what had been written: the new one was not begun as its copy."""
    found = CheckResult(
        "gate", f"releases/{damaged.name}", "The release before is as it was written", WARNING, FAILED,
        f"the release before, releases/{damaged.name}, is not as it was written, though nobody seems to have written "
        "in it: the disk may be failing. The new release was written anew",
    )  # fmt: skip
    (last,) = journal.rows("SELECT max(check_no) AS no FROM quality_results WHERE run_id = ?", [report.run_id])
    number = 1 + (last["no"] or 0)
    journal.add("quality_results", [{"run_id": report.run_id, "check_no": number, **found.row()}])
    report.warnings = (*report.warnings, found)


def phrases_told(journal: Journal) -> dict[str, frozenset[str]]:
    """Source and leg -> the phrases that published runs said were not searched for: these are told of."""
    told: dict[str, set[str]] = {}
    for row in journal.rows(
        "SELECT DISTINCT source, leg, dropped FROM source_pulls WHERE dropped IS NOT NULL "
        "AND run_id IN (SELECT run_id FROM runs WHERE status = 'published')"
    ):
        told.setdefault(f"{row['source']} {row['leg']}", set()).update(row["dropped"].split("\n"))
    return {subject: frozenset(phrases) for subject, phrases in told.items()}


def contact_result(place: DataFolder, run: Run) -> list[CheckResult]:
    """A live night without a contact address is a note, until a published night of this home has said so."""
    if run.source != "live" or place.settings.contact_email:
        return []
    told = place.journal.rows(
        "SELECT 1 FROM quality_results JOIN runs USING (run_id) WHERE check_name = ? "
        "AND quality_results.status = 'failed' AND runs.status = 'published' LIMIT 1", [CONTACT],
    )  # fmt: skip
    if told:
        return [CheckResult("gate", "settings", CONTACT, INFO, PASSED, "there is none, told before")]
    return [CheckResult("gate", "settings", CONTACT, WARNING, FAILED, NO_CONTACT)]


def _note_quarantine(place: DataFolder, run_id: str, kept: Kept) -> None:
    """Quarantine rows of this run; earlier ones that are settled this time are resolved."""
    rows = [_quarantine_row(run_id, *problem) for problem in kept.problems]
    open_now = {row["quarantine_id"] for row in rows}
    for row in place.journal.rows(
        "SELECT quarantine_id, source, record_id, field_path, payload_sha256 FROM quarantined_records "
        "WHERE resolved_run_id IS NULL"
    ):
        if row["quarantine_id"] not in open_now and _is_settled(kept, row):
            place.journal.update(
                "quarantined_records", {"quarantine_id": row["quarantine_id"]}, {"resolved_run_id": run_id}
            )
    place.journal.add_many("quarantined_records", rows)


def note_version(place: DataFolder, run_id: str, version: tuple[str, int, str], problem: Problem | None) -> None:
    """An earlier version of a registration waits in quarantine because of `problem`, or waits no more.

    `version`: NCT number, the registry's number of the version, content hash.
    """
    nct_id, number, payload = version
    where = f"{HISTORY_FIELD}{number}"
    place.journal.update(
        "quarantined_records",
        {"source": CTGOV, "record_id": nct_id, "field_path": where},
        {"resolved_run_id": run_id},
    )
    if problem:
        row = _quarantine_row(run_id, CTGOV, nct_id, payload, Problem(where, problem.raw_value, problem.reason))
        place.journal.add("quarantined_records", [row])


def _quarantine_row(run_id: str, source: str, record_id: str | None, payload: str, problem: Problem) -> dict[str, Any]:
    parts = (source, record_id, problem.field_path, problem.raw_value, payload)
    return {
        "quarantine_id": sha256(json.dumps(parts).encode()).hexdigest(), "source": source, "record_id": record_id,
        "field_path": problem.field_path, "raw_value": problem.raw_value, "reason": problem.reason,
        "payload_sha256": payload, "run_id": run_id, "resolved_run_id": None,
    }  # fmt: skip


def _is_settled(kept: Kept, row: Mapping[str, Any]) -> bool:
    """Whether the record could be read this time, or came without the copy that could not."""
    source, record_id = row["source"], row["record_id"]
    if (row["field_path"] or "").startswith(HISTORY_FIELD):
        return False  # an earlier version: only a backfill reads it again
    if record_id in kept.readable[source]:
        return True
    content = kept.brought.get(source, {}).get(record_id)
    return row["field_path"] is None and content is not None and content != row["payload_sha256"]

"""One night: what was pulled is kept, checked, sealed and published, or held with its reason.

    begin -> (pull) -> keep and check, in one transaction -> gate -> seal -> commit -> publish

The seal is the moment from which a run counts. Killed before it, a run changes nothing; killed after
it, the next run finishes it from the archive (`finish_pending`).
"""

from __future__ import annotations

import importlib.metadata
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from expectations.results import CheckResult, Verdict, verdict
from flows import chronicle
from flows.checking import Checker, before, gate_results
from flows.errors import Held
from flows.keep import Kept, keep_run, product_frame
from flows.manifests import HELD, Manifest, Seal
from flows.pull import Stamps
from flows.watchlist import Watchlist
from flows.workplace import Workplace
from transforms.frames import typed
from transforms.profile import rule_version
from warehouse import releases, work
from warehouse.schema import SCHEMA_VERSION, table

if TYPE_CHECKING:
    from flows.alerts.announce import Announced

CODE_VERSION = importlib.metadata.version("cartrials")


@dataclass(frozen=True)
class Run:
    """A run that has begun: its id, its moment, what it reads."""

    run_id: str
    clock: datetime
    kind: str
    source: str


@dataclass
class Report:
    """How a night ended, for the summary and for those who are told."""

    run_id: str
    status: str
    clock: datetime
    trials_new: int = 0
    trials_changed: int = 0
    papers_new: int = 0
    papers_changed: int = 0
    quarantined: int = 0
    events: int = 0
    fingerprint: str | None = None
    reason: str | None = None
    failures: tuple[CheckResult, ...] = ()
    warnings: tuple[CheckResult, ...] = ()
    pulls: tuple[Manifest, ...] = field(default=(), repr=False)
    announced: Announced | None = None
    problems: tuple[str, ...] = ()  # of what followed the publication: alerts, report


def begin(place: Workplace, *, clock: datetime, source: str, kind: str = "nightly") -> Run:
    """Note in the journal that a run begins."""
    stamp = f"{clock:%Y%m%dT%H%M%SZ}"
    tries = place.journal.rows("SELECT count(*) AS n FROM runs WHERE run_id LIKE ?", [f"{stamp}-%"])[0]["n"]
    run = Run(f"{stamp}-{tries + 1}", clock, kind, source)
    place.journal.add("runs", [{
        "run_id": run.run_id, "kind": kind, "source": source, "clock_at": clock, "started_at": now(),
        "status": "running", "code_version": CODE_VERSION, "rule_version": rule_version(),
    }])  # fmt: skip
    return run


def complete(
    place: Workplace, run: Run, seal: Seal, manifests: Sequence[Manifest], watchlist: Watchlist, *,
    stamps: Stamps | None = None, dry_run: bool = False,
) -> Report:  # fmt: skip
    """Keep, check, seal and publish a pulled run. Raises Held when the gate says no; nothing is published then."""
    checker = checker_of(seal)
    stood = before(place.connection)
    last = last_manifests(place)
    report = Report(run.run_id, "published", run.clock, pulls=tuple(manifests))
    try:
        with work.transaction(place.connection):
            kept = _keep(place, seal, manifests, checker, report)
            results = (
                gate_results(place.connection, place.archive, watchlist, manifests, last, stood, kept, checker, stamps)
                + checker.results()
            )
            decided = verdict(results)
            _note_quality(place, run, seal, manifests, kept, results, report, decided)
            if not decided.published:
                raise _held(place, seal, decided, report)
            if dry_run:
                raise _DryRun
            place.manifests.write_seal(seal)
            _mark_kept(place, seal)
    except _DryRun:
        report.status = "dry run"
        place.journal.update(
            "runs",
            {"run_id": run.run_id},
            {"status": "failed", "finished_at": now(), "reason": "A dry run publishes nothing."},
        )
        return report
    publish(place, seal, report)
    return report


def checker_of(seal: Seal) -> Checker:
    return Checker(seal.clock, frozenset(seal.topics), product_frame())


def last_manifests(place: Workplace) -> list[Manifest]:
    """What the night before pulled: what tonight's pull is held against. A backfill is no pull of a night."""
    sealed = [seal for seal in place.manifests.sealed() if seal.kind != "backfill"]
    return place.manifests.of_run(sealed[-1].run_id) if sealed else []


class _DryRun(Exception):
    """Everything was done but nothing is to be kept."""


@contextmanager
def noting_failure(place: Workplace, run: Run) -> Iterator[None]:
    """Whatever ends a run is written down with its reason before it goes on up."""
    try:
        yield
    except Held:
        raise
    except BaseException as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        place.journal.update(
            "runs", {"run_id": run.run_id}, {"status": "failed", "finished_at": now(), "reason": reason}
        )
        raise


def seal_of(place: Workplace, run: Run, watchlist: Watchlist, data_stamp: str | None, *, is_demo: bool = False) -> Seal:
    """What this run will be remembered by, once the gate has let it through."""
    sealed = place.manifests.sealed()
    overrides = place.settings.overrides
    return Seal(
        run_id=run.run_id,
        number=1 + max((seal.number for seal in sealed), default=0),
        kind=run.kind,
        source=run.source,
        clock_at=run.clock.isoformat(),
        watchlist_sha256=watchlist.sha256,
        topics={topic.name: list(topic.diseases) for topic in watchlist.topics},
        manifests=place.manifests.hashes(run.run_id),
        data_stamp=data_stamp,
        overrides_sha256=sha256(overrides.read_bytes()).hexdigest() if overrides else None,
        is_demo=is_demo,
    )


def finish_pending(place: Workplace, watchlist: Watchlist) -> list[Report]:
    """Finish what a killed run left: keep sealed runs that are not in the working database, publish the last."""
    for row in place.journal.rows("SELECT run_id FROM runs WHERE status = 'running'"):
        if place.manifests.seal(row["run_id"]) is None:
            place.journal.update(
                "runs",
                row,
                {"status": "killed", "reason": "The process ended before the run was sealed; it changed nothing."},
            )
    reports = [keep_sealed(place, seal, check=True) for seal in unkept(place)]
    last = place.connection.execute("SELECT run_id FROM _kept ORDER BY number DESC LIMIT 1").fetchone()
    if last and releases.published_run(place.settings.warehouse_path) != last[0]:
        seal = place.manifests.seal(last[0])
        if seal is not None:
            report = reports[-1] if reports else Report(last[0], "published", seal.clock)
            publish(place, seal, report)
            return reports or [report]
    return reports


def unkept(place: Workplace) -> list[Seal]:
    """Sealed runs that the working database does not hold yet, in order."""
    kept = {number for (number,) in place.connection.execute("SELECT number FROM _kept").fetchall()}
    return [seal for seal in place.manifests.sealed() if seal.number not in kept]


def keep_sealed(place: Workplace, seal: Seal, *, check: bool) -> Report:
    """Keep a sealed run again from the archive. Raises ArchiveError, with nothing changed, when it is damaged."""
    manifests = place.manifests.of_run(seal.run_id)
    report = Report(seal.run_id, "published", seal.clock, pulls=tuple(manifests))
    with work.transaction(place.connection):
        _keep(place, seal, manifests, checker_of(seal) if check else None, report)
        _mark_kept(place, seal)
    return report


def publish(place: Workplace, seal: Seal, report: Report) -> None:
    """Publish what the working database holds, as the release of this run."""
    finished = {"status": "published", "finished_at": now()}
    place.journal.update("runs", {"run_id": seal.run_id}, finished)
    report.fingerprint = releases.content_fingerprint(place.connection)
    release = {
        "run_id": seal.run_id,
        "published_at": seal.clock,
        "data_stamp": seal.data_stamp,
        "schema_version": SCHEMA_VERSION,
        "rule_version": rule_version(),
        "code_version": CODE_VERSION,
        "fingerprint": report.fingerprint,
        "is_demo": seal.is_demo,
    }
    place.journal.update("runs", {"run_id": seal.run_id}, {"fingerprint": report.fingerprint})
    journal = {**place.journal.frames(), "release": typed(table("release"), [release]).frame}
    target = place.settings.warehouse_path
    releases.publish(place.connection, journal, seal.run_id, place.releases, target)
    releases.prune(place.releases, place.settings.keep_releases, target)


def _keep(place: Workplace, seal: Seal, manifests: Sequence[Manifest], checker: Checker | None, report: Report) -> Kept:
    kept = keep_run(
        place.connection, place.archive, seal, manifests, overrides=place.overrides, workers=place.settings.workers,
        check=checker,
    )  # fmt: skip
    report.events = chronicle.write(place.connection, kept, manifests)
    report.trials_new, report.trials_changed = len(kept.new["ctgov"]), len(kept.changed["ctgov"])
    report.papers_new, report.papers_changed = len(kept.new["pubmed"]), len(kept.changed["pubmed"])
    report.quarantined = len(kept.problems)
    return kept


def _mark_kept(place: Workplace, seal: Seal) -> None:
    place.connection.execute(
        "INSERT OR REPLACE INTO _kept VALUES (?, ?, ?, ?, ?)",
        [seal.number, seal.run_id, seal.clock, rule_version(), seal.watchlist_sha256],
    )


def _held(place: Workplace, seal: Seal, decided: Verdict, report: Report) -> Held:
    place.manifests.write_seal(seal, HELD)
    first = decided.failures[0]
    more = f" and {len(decided.failures) - 1} more" if len(decided.failures) > 1 else ""
    reason = f"{first.check_name} ({first.subject}: {first.observed}){more}"
    place.journal.update("runs", {"run_id": seal.run_id}, {"status": "held", "finished_at": now(), "reason": reason})
    report.status, report.reason = "held", reason
    return Held(
        f"Run {seal.run_id} was held, the last release stands: {reason}. Look with `cartrials status`; "
        f"publish it all the same with `cartrials accept {seal.run_id} --reason …`."
    )


def _note_quality(
    place: Workplace, run: Run, seal: Seal, manifests: Sequence[Manifest], kept: Kept, results: Sequence[CheckResult],
    report: Report, decided: Verdict,
) -> None:  # fmt: skip
    """Write down how the pull went, what was checked and what waits in quarantine, whatever the verdict."""
    journal = place.journal
    journal.add_many("source_pulls", [
        {"run_id": run.run_id, "source": m.source, "leg": m.leg, "query": m.query, "records": len(m.records),
         "repeats": m.repeats, "total_reported": m.total_reported, "pages": m.pages, "bytes": m.bytes,
         "seconds": m.seconds, "data_stamp": m.data_stamp, "is_skipped": m.is_skipped}
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


def _note_quarantine(place: Workplace, run_id: str, kept: Kept) -> None:
    """Quarantine rows of this run; earlier ones of records that could be read this time are resolved."""
    rows = []
    for source, record_id, payload, problem in kept.problems:
        parts = (source, record_id, problem.field_path, problem.raw_value, payload)
        rows.append({
            "quarantine_id": sha256(json.dumps(parts).encode()).hexdigest(), "source": source, "record_id": record_id,
            "field_path": problem.field_path, "raw_value": problem.raw_value, "reason": problem.reason,
            "payload_sha256": payload, "run_id": run_id, "resolved_run_id": None,
        })  # fmt: skip
    open_now = {row["quarantine_id"] for row in rows}
    read_again = {(source, record_id) for source, ids in kept.readable.items() for record_id in ids}
    for row in place.journal.rows(
        "SELECT quarantine_id, source, record_id FROM quarantined_records WHERE resolved_run_id IS NULL"
    ):
        if row["quarantine_id"] not in open_now and (row["source"], row["record_id"]) in read_again:
            place.journal.update(
                "quarantined_records", {"quarantine_id": row["quarantine_id"]}, {"resolved_run_id": run_id}
            )
    place.journal.add_many("quarantined_records", rows)


def now() -> datetime:
    """The moment, UTC without zone."""
    return datetime.now(UTC).replace(tzinfo=None)

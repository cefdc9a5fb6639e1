"""One night: what was pulled is kept, checked, sealed and published, or held with its reason.

    begin -> (pull) -> keep and check, in one transaction -> gate -> seal -> commit -> publish

The seal is the moment from which a run counts. Killed before it, a run changes nothing; killed after
it, the next run finishes it from the archive (`flows.pending`).
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.check import check as check_rows
from expectations.results import Acceptance, CheckResult, Verdict, accepted, verdict
from flows import chronicle, decisions, histories, memory, progress, stopping
from flows.checking import Checker, RowCheck, before, gate_results
from flows.errors import Held, HomeError, JournalError
from flows.held_seals import hold_seals
from flows.keep import keep_run, product_frame
from flows.kept import Kept, Replay
from flows.manifests import HELD, REBUILD, Manifest, Seal
from flows.pull import Stamps
from flows.quality import note_quality, phrases_told
from flows.watchlist import Watchlist
from flows.workplace import Workplace
from transforms.frames import typed
from transforms.profile import rule_version
from warehouse import releases, work
from warehouse.schema import SCHEMA_VERSION, table
from warehouse.whole import naming_damage

if TYPE_CHECKING:
    import pyarrow as pa

    from flows.alerts.announce import Announced

BACKFILL = "backfill"  # kind of a run that reads what was there before; no night
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
    run = Run(_new_id(place, clock), clock, kind, source)
    place.journal.add("runs", [row_of(run, "running", place.outside.clock())])
    return run


def _new_id(place: Workplace, clock: datetime) -> str:
    """An id that neither the journal nor, where the journal was lost, the archive knows."""
    stamp = f"{clock:%Y%m%dT%H%M%SZ}"
    taken = {row["run_id"] for row in place.journal.rows("SELECT run_id FROM runs WHERE run_id LIKE ?", [f"{stamp}-%"])}
    for number in count(1):
        run_id = f"{stamp}-{number}"
        if run_id not in taken and not place.manifests.has(run_id) and not place.archive.has_packs(run_id):
            return run_id
    raise AssertionError


def row_of(run: Run, status: str, started_at: datetime) -> dict[str, Any]:
    return {
        "run_id": run.run_id, "kind": run.kind, "source": run.source, "clock_at": run.clock, "started_at": started_at,
        "status": status, "code_version": CODE_VERSION, "rule_version": rule_version(),
    }  # fmt: skip


def complete(
    place: Workplace, run: Run, seal: Seal, manifests: Sequence[Manifest], watchlist: Watchlist, *,
    stamps: Stamps | None = None, dry_run: bool = False, acceptance: Acceptance | None = None,
    check: RowCheck = check_rows, before_sealing: Callable[[], None] = lambda: None,
) -> Report:  # fmt: skip
    """Keep, check, seal and publish a pulled run. Raises Held when the gate says no; nothing is published then.

    `acceptance` are failures that a person has accepted: those, and no others, hold the run no more. `check` looks at
    the rows of each chunk. `before_sealing` is called when everything is kept and checked, and nothing is done yet.
    A dry run of an acceptance leaves the run held.
    """
    progress.tell("keeping and checking")
    checker = Checker(seal.clock, frozenset(seal.topics), product_frame(), place.connection, check)
    stood = before(place.connection, phrases_told(place.journal))
    last = [] if seal.asks_no_source else last_manifests(place)
    report = Report(run.run_id, "published", run.clock, pulls=tuple(manifests))
    try:
        with work.transaction(place.connection):
            kept = _keep(place, seal, manifests, checker, report)
            results = (
                gate_results(place.connection, place.archive, watchlist, manifests, last, stood, kept, checker, stamps)
                + checker.results()
            )
            decided = accepted(results, acceptance) if acceptance else verdict(results)
            note_quality(place, run, seal, manifests, kept, results, report, decided)
            if not decided.published:
                raise _held(place, seal, decided, report)
            before_sealing()
            if dry_run:
                raise _DryRun
            place.manifests.write_seal(seal)
            _mark_kept(place, seal)
    except _DryRun:
        report.status = "dry run"
        if acceptance:
            return report
        place.journal.update(
            "runs",
            {"run_id": run.run_id},
            {"status": "dry run", "finished_at": place.outside.clock(), "reason": "A dry run publishes nothing."},
        )
        return report
    publish(place, seal, report)
    return report


def last_manifests(place: Workplace) -> list[Manifest]:
    """What the night before pulled: what tonight's pull is held against. Other kinds of runs are no nights."""
    sealed = [seal for seal in place.manifests.sealed() if seal.kind not in (BACKFILL, REBUILD)]
    return place.manifests.of_run(sealed[-1].run_id) if sealed else []


class _DryRun(Exception):
    """Everything was done but nothing is to be kept."""


@contextmanager
def noting_failure(place: Workplace, run: Run) -> Iterator[None]:
    """Whatever ends a run is written down with its reason before it goes on up."""
    try:
        with naming_damage(place.settings.work_path, place.settings.warehouse_path):
            yield
    except Held:
        raise
    except BaseException as error:
        # Stopped while it was telling of it, a published run is published all the same.
        if not stopping.has_published(run.run_id, place.settings.warehouse_path):
            # Of a run that was stopped the next one tells, as of any that was killed.
            status = "failed" if isinstance(error, Exception) and not stopping.was_asked() else "killed"
            # Where the journal cannot be written either, what ended the run is what must be heard of.
            with suppress(JournalError, HomeError):
                ended = {"status": status, "finished_at": place.outside.clock(), "reason": reason_of(error)}
                place.journal.update("runs", {"run_id": run.run_id}, ended)
        raise


def reason_of(error: BaseException) -> str:
    if stopping.was_asked():
        return stopping.sentence()
    if not isinstance(error, Exception):
        return f"The process was stopped ({type(error).__name__})."
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def seal_of(place: Workplace, run: Run, watchlist: Watchlist, data_stamp: str | None, *, is_demo: bool = False) -> Seal:
    """What this run will be remembered by, once the gate has let it through."""
    sealed = place.manifests.sealed()
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
        overrides_sha256=decisions.archived(place.settings),
        is_demo=is_demo,
    )


def keep_sealed(place: Workplace, seal: Seal, replay: Replay | None = None) -> Report:
    """Keep a sealed run again from the archive: it has been checked, or accepted, before it was sealed.

    `replay` where it is one of a rebuild. Raises ArchiveError, with nothing changed, when the archive is damaged.
    """
    manifests = place.manifests.of_run(seal.run_id)
    report = Report(seal.run_id, "published", seal.clock, pulls=tuple(manifests))
    with work.transaction(place.connection):
        _keep(place, seal, manifests, None, report, replay)
        _mark_kept(place, seal)
    return report


def publish(place: Workplace, seal: Seal, report: Report) -> None:
    """Publish what the working database holds, as the release of this run.

    The journal says so once it is true; its copy in the release is written as it will be.
    """
    progress.tell("publishing")
    memory.give_back()
    said: dict[str, Any] = {}

    def journal(fingerprint: str) -> dict[str, pa.Table]:
        said.update(as_published(place, seal, fingerprint))
        release = {
            "run_id": seal.run_id,
            "published_at": seal.clock,
            "data_stamp": seal.data_stamp,
            "schema_version": SCHEMA_VERSION,
            "rule_version": rule_version(),
            "code_version": CODE_VERSION,
            "fingerprint": fingerprint,
            "is_demo": seal.is_demo,
        }
        return {
            **place.journal.tables(runs={seal.run_id: said}),
            "release": typed(table("release"), [release]).arrow,
        }

    target = place.settings.warehouse_path
    with _noting_publication(target, seal.run_id):
        report.fingerprint = releases.publish(place.connection, journal, seal.run_id, place.releases, target)
    place.journal.update("runs", {"run_id": seal.run_id}, said)
    hold_seals(place.manifests, place.journal)
    releases.prune(place.releases, place.settings.keep_releases, target)


@contextmanager
def _noting_publication(target: Path, run_id: str) -> Iterator[None]:
    """Around a publication: however it ends, it is one as soon as another file has the name."""
    before = target.stat().st_ino if target.exists() else None
    try:
        yield
    finally:
        if target.exists() and target.stat().st_ino != before:
            stopping.note_published(run_id, target)


def as_published(place: Workplace, seal: Seal, fingerprint: str) -> dict[str, Any]:
    """What the journal says of a run from its publication on. A rebuild does not move when it ended; why it was
    held stays, why a try of it failed does not."""
    rows = place.journal.rows("SELECT status, finished_at, reason FROM runs WHERE run_id = ?", [seal.run_id])
    before = rows[0] if rows else {"status": None, "finished_at": None, "reason": None}
    return {
        "status": "published",
        "finished_at": before["finished_at"] if before["status"] == "published" else place.outside.clock(),
        "reason": before["reason"] if before["status"] in ("published", "held") else None,
        "fingerprint": fingerprint,
    }


def _keep(
    place: Workplace, seal: Seal, manifests: Sequence[Manifest], checker: Checker | None, report: Report,
    replay: Replay | None = None,
) -> Kept:  # fmt: skip
    kept = keep_run(
        place.connection, place.archive, seal, manifests, overrides=place.overrides, workers=place.settings.workers,
        check=checker, replay=replay,
    )  # fmt: skip
    report.events = chronicle.write(place.connection, kept, manifests)
    report.events += histories.write(
        place.connection, place.archive, kept, manifests, place.overrides, place.settings.workers
    )
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
    ended = {"status": "held", "finished_at": place.outside.clock(), "reason": reason}
    place.journal.update("runs", {"run_id": seal.run_id}, ended)
    report.status, report.reason = "held", reason
    return Held(
        f"Run {seal.run_id} was held, the last release stands: {reason}. Look with `cartrials status`; "
        f"publish it all the same with `cartrials accept {seal.run_id} --reason …`."
    )

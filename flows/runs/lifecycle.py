"""One night: what was pulled is kept, checked, sealed and published, or held with its reason.

    begin -> (pull) -> keep and check, in one transaction -> gate -> seal -> commit -> publish

The seal is the moment from which a run counts. Killed before it, a run changes nothing; killed after
it, the next run finishes it from the archive (`flows.runs.recover`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from expectations.check import check as check_rows
from expectations.results import Acceptance, Verdict, accepted, verdict
from flows.config.watchlist import Watchlist
from flows.errors import Held, HomeError, JournalError
from flows.load.load import load, product_frame
from flows.load.run_state import Kept
from flows.load.validate import Checker, RowCheck, before, gate_results
from flows.process import progress, stopping
from flows.runs.audit import contact_result, note_quality, phrases_told
from flows.runs.publish import publish
from flows.runs.run import BACKFILL, Report, Run, reason_of, row_of
from flows.sources.legs import Stamps
from flows.storage.data_folder import DataFolder, archive_overrides
from flows.storage.manifests import HELD, Manifest
from flows.storage.seal import REBUILD, Seal
from warehouse import work
from warehouse.tables.sources import CTGOV, PUBMED
from warehouse.whole import naming_damage

if TYPE_CHECKING:
    pass


def begin(place: DataFolder, *, clock: datetime, source: str, kind: str = "nightly") -> Run:
    """Note in the journal that a run begins."""
    run = Run(_new_id(place, clock), clock, kind, source)
    place.journal.add("runs", [row_of(run, "running", place.outside.clock())])
    return run


def _new_id(place: DataFolder, clock: datetime) -> str:
    """An id that neither the journal nor, where the journal was lost, the archive knows."""
    stamp = f"{clock:%Y%m%dT%H%M%SZ}"
    taken = {row["run_id"] for row in place.journal.rows("SELECT run_id FROM runs WHERE run_id LIKE ?", [f"{stamp}-%"])}
    for number in count(1):
        run_id = f"{stamp}-{number}"
        if run_id not in taken and not place.manifests.has(run_id) and not place.archive.has_packs(run_id):
            return run_id
    raise AssertionError


def complete(
    place: DataFolder, run: Run, seal: Seal, manifests: Sequence[Manifest], watchlist: Watchlist, *,
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
            [kept] = load(place, [seal], manifests_of=lambda _seal: manifests, check=checker)
            _note_counts(report, kept)
            results = (
                gate_results(place.connection, place.archive, watchlist, manifests, last, stood, kept, checker, stamps)
                + checker.results()
                + contact_result(place, run)
            )
            decided = accepted(results, acceptance) if acceptance else verdict(results)
            note_quality(place, run, seal, manifests, kept, results, report, decided)
            if not decided.published:
                raise _held(place, seal, decided, report)
            before_sealing()
            if dry_run:
                raise _DryRun
            place.manifests.write_seal(seal)
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


def last_manifests(place: DataFolder) -> list[Manifest]:
    """What the night before pulled: what tonight's pull is held against. Other kinds of runs are no nights."""
    sealed = [seal for seal in place.manifests.sealed() if seal.kind not in (BACKFILL, REBUILD)]
    return place.manifests.of_run(sealed[-1].run_id) if sealed else []


class _DryRun(Exception):
    """Everything was done but nothing is to be kept."""


@contextmanager
def noting_failure(place: DataFolder, run: Run) -> Iterator[None]:
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


def seal_of(
    place: DataFolder, run: Run, watchlist: Watchlist, data_stamp: str | None, *, is_demo: bool = False
) -> Seal:
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
        overrides_sha256=archive_overrides(place.settings),
        is_demo=is_demo,
    )


def keep_sealed(place: DataFolder, seals: Sequence[Seal]) -> list[Report]:
    """Keep sealed runs from the archive, in order: each was checked, or accepted, before it was sealed.

    Raises ArchiveError, with nothing changed, when the archive is damaged.
    """
    if not seals:
        return []
    with work.transaction(place.connection):
        runs = load(place, seals)
    return [_report_of(place, kept) for kept in runs]


def _report_of(place: DataFolder, kept: Kept) -> Report:
    seal = kept.seal
    report = Report(seal.run_id, "published", seal.clock, pulls=tuple(place.manifests.of_run(seal.run_id)))
    _note_counts(report, kept)
    return report


def _note_counts(report: Report, kept: Kept) -> None:
    report.events = kept.events
    report.trials_new, report.trials_changed = len(kept.new[CTGOV]), len(kept.changed[CTGOV])
    report.papers_new, report.papers_changed = len(kept.new[PUBMED]), len(kept.changed[PUBMED])
    report.quarantined = len(kept.problems)


def _held(place: DataFolder, seal: Seal, decided: Verdict, report: Report) -> Held:
    place.manifests.write_seal(seal, HELD)
    reason = decided.reason or ""
    ended = {"status": "held", "finished_at": place.outside.clock(), "reason": reason}
    place.journal.update("runs", {"run_id": seal.run_id}, ended)
    report.status, report.reason = "held", reason
    return Held(
        f"Run {seal.run_id} was held, the last release stands: {reason}. Look with `cartrials status`; "
        f"publish it all the same with `cartrials accept {seal.run_id} --reason …`."
    )

"""What earlier runs left: killed ones are finished or written off, failed starts are written down."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from flows.config.outside import Outside
from flows.config.settings import Settings
from flows.errors import ArchiveError, HomeError, JournalError
from flows.runs import lifecycle
from flows.runs.publish import as_published, publish
from flows.runs.run import Report, Run, reason_of, row_of
from flows.storage.data_folder import DataFolder
from flows.storage.journal import Journal
from flows.storage.seal import Seal
from warehouse.release.digests import content_fingerprint
from warehouse.release.publish import published_run


def finish(place: DataFolder) -> list[Report]:
    """Finish what a killed run left: keep sealed runs that are not in the working database, publish the last.

    Raises ArchiveError when the archive lacks the seal of a run that is in the working database.
    """
    for row in place.journal.rows("SELECT run_id FROM runs WHERE status = 'running'"):
        if place.manifests.seal(row["run_id"]) is None:
            place.journal.update(
                "runs",
                row,
                {"status": "killed", "reason": "The process ended before the run was sealed; it changed nothing."},
            )
    _hold_against_archive(place)
    place.manifests.check_in_turn()
    reports = lifecycle.keep_sealed(place, unkept(place))
    last = place.connection.execute("SELECT run_id FROM _kept ORDER BY number DESC LIMIT 1").fetchone()
    seal = place.manifests.seal(last[0]) if last else None
    if seal is None:
        return reports
    if published_run(place.settings.warehouse_path) != seal.run_id:
        report = reports[-1] if reports else Report(seal.run_id, "published", seal.clock)
        publish(place, seal, report)
        return reports or [report]
    if place.journal.rows("SELECT 1 FROM runs WHERE run_id = ? AND status <> 'published'", [seal.run_id]):
        # Killed after the file took its name, before the journal heard of it.
        said = as_published(place, seal, content_fingerprint(place.connection))
        place.journal.update("runs", {"run_id": seal.run_id}, said)
    return reports


def _hold_against_archive(place: DataFolder) -> None:
    """Everything in the working database is a function of the archive: a run that is there must be sealed here."""
    for (run_id,) in place.connection.execute("SELECT run_id FROM _kept ORDER BY number DESC").fetchall():
        if not place.manifests.is_sealed(run_id):
            raise ArchiveError(
                f"The seal of run {run_id} is missing from the archive though the run was published. Restore "
                f"archive/manifests/{run_id} from a backup."
            )


def unkept(place: DataFolder) -> list[Seal]:
    """Sealed runs that the working database does not hold yet, in order."""
    kept = {number for (number,) in place.connection.execute("SELECT number FROM _kept").fetchall()}
    return [seal for seal in place.manifests.sealed() if seal.number not in kept]


def note_failed_start(settings: Settings, outside: Outside, source: str, error: BaseException, began: datetime) -> None:
    """A run that failed before it could begin is a failed run all the same, for `status` and whoever is told."""
    if not settings.journal_path.exists():
        return
    with suppress(JournalError, HomeError), Journal(settings.journal_path) as journal:
        if journal.rows("SELECT 1 FROM runs WHERE started_at >= ? OR finished_at >= ?", [began, began]):
            return
        run = Run(f"{began:%Y%m%dT%H%M%S.%fZ}-0", began, "nightly", source)
        ended = outside.clock()
        row = row_of(run, "failed", ended) | {"finished_at": ended, "reason": reason_of(error)}
        journal.add("runs", [row])

"""Publishing what the working database holds, as the release of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.process import progress, stopping
from flows.runs.audit import note_damaged_release
from flows.runs.run import CODE_VERSION, Report
from flows.storage import memory
from flows.storage.data_folder import DataFolder
from flows.storage.held_seals import hold_seals
from flows.storage.seal import Seal
from transforms.frames import typed
from transforms.profile import rule_version
from warehouse.release import publish as releases
from warehouse.schema import SCHEMA_VERSION, table

if TYPE_CHECKING:
    import pyarrow as pa


def publish(place: DataFolder, seal: Seal, report: Report) -> None:
    """Publish what the working database holds, as the release of this run.

    The journal says so once it is true; its copy in the release is written as it will be.
    """
    progress.tell("publishing")
    memory.release_memory()
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
        written = releases.publish(place.connection, journal, seal.run_id, place.releases, target)
    report.fingerprint = written.fingerprint
    place.journal.update("runs", {"run_id": seal.run_id}, said)
    if written.damaged:
        note_damaged_release(place.journal, report, written.damaged)
    hold_seals(place.manifests, place.journal)
    runs = [row["run_id"] for row in place.journal.rows("SELECT run_id FROM runs ORDER BY rowid")]
    releases.prune(place.releases, place.settings.keep_releases, target, runs)


@contextmanager
def _noting_publication(target: Path, run_id: str) -> Iterator[None]:
    """Around a publication: however it ends, it is one as soon as another file has the name."""
    before = target.stat().st_ino if target.exists() else None
    try:
        yield
    finally:
        if target.exists() and target.stat().st_ino != before:
            stopping.note_published(run_id, target)


def as_published(place: DataFolder, seal: Seal, fingerprint: str) -> dict[str, Any]:
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

"""Recorded nights as a source: a folder a night, or an archive that cartrials itself wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flows.ingest.landing import Landing
from flows.sources import recorded
from flows.sources.legs import HISTORY, RECORDED
from flows.sources.recorded import Night
from flows.sources.records import Page, Received
from flows.storage.archive import Archive
from flows.storage.manifests import Manifest, Manifests
from flows.storage.seal import Seal
from warehouse.tables.sources import SOURCES


@dataclass(frozen=True)
class Recording:
    """One recorded night: its moment, and where its records are."""

    clock: datetime
    night: Night | None = None
    archive_root: Path | None = None
    seal: Seal | None = None

    def land(self, landing: Landing) -> list[Manifest]:
        """Land the night's records; an archive's legs, totals and absences are taken over as they were."""
        if self.night is not None:
            return [self._leg(landing, source) for source in SOURCES if self.night.files[source]]
        return list(self._replayed(landing))

    def _leg(self, landing: Landing, source: str) -> Manifest:
        assert self.night is not None
        with landing.pack(source) as pack:
            return landing.land(recorded.pages(self.night, source), pack, source=source, leg=RECORDED)

    def _replayed(self, landing: Landing) -> Iterator[Manifest]:
        assert self.archive_root is not None and self.seal is not None
        archive = Archive(self.archive_root)
        try:
            for number, manifest in enumerate(Manifests(self.archive_root / "manifests").of_run(self.seal.run_id)):
                with landing.pack(manifest.source, f"-{number}") as pack:
                    yield landing.land(
                        _archived_pages(archive, manifest), pack, source=manifest.source, leg=manifest.leg,
                        query=manifest.query, data_stamp=manifest.data_stamp, absences=manifest.absences,
                    )  # fmt: skip
        finally:
            archive.close()


def nights(folder: Path, after: datetime | None = None) -> list[Recording]:
    """The recorded nights of `folder`, in order, later than `after`. Raises Refused when there is none at all."""
    if (folder / "manifests").is_dir():
        seals = Manifests(folder / "manifests").sealed()
        found = [Recording(seal.clock, archive_root=folder, seal=seal) for seal in seals if seal.source != HISTORY]
    else:
        found = [Recording(night.clock.replace(tzinfo=None), night=night) for night in recorded.nights(folder)]
    return [recording for recording in found if after is None or recording.clock > after]


def _archived_pages(archive: Archive, manifest: Manifest) -> Iterator[Page]:
    total = manifest.total_reported
    copies: dict[str | None, list[str]] = {}
    for named, content, *_ in manifest.copies:
        copies.setdefault(named, []).append(content)
    if not manifest.records:
        yield Page((), total=total, deleted=manifest.deleted, asked=manifest.ids_asked)
    for number, (record_id, sha256) in enumerate(manifest.records, start=1):
        raws = [archive.read(one) for one in (*copies.get(record_id, ()), sha256)]
        first = number == 1
        yield Page(
            tuple(Received(manifest.source, record_id, raw) for raw in raws), total=total if first else None,
            size=sum(map(len, raws)), deleted=manifest.deleted if first else (),
            asked=manifest.ids_asked if first else (),
        )  # fmt: skip

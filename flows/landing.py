"""Landing: what a source gives goes into the archive as received, and into the manifest of its leg."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flows import shaping
from flows.archive import Archive, Pack
from flows.manifests import Manifest
from flows.sources.records import Page
from transforms.content import content_sha256


@dataclass
class Landing:
    """One run's way into the archive. `current` maps record ids of each source to their current content."""

    run_id: str
    clock: datetime
    archive: Archive
    current: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def pack(self, source: str, part: str = "") -> Pack:
        return self.archive.pack(f"{self.run_id}{part}", source)

    def land(
        self, pages: Iterable[Page], pack: Pack, *, source: str, leg: str, query: str | None = None,
        data_stamp: str | None = None, absences: Mapping[str, str] | None = None,
    ) -> Manifest:  # fmt: skip
        """Land all pages of a leg; returns its manifest. Repeats within the leg are counted and dropped.

        The manifest is written when the run is complete: a leg that is pulled again replaces it.
        """
        started = time.monotonic()
        current = self.current.get(source, {})
        records: list[tuple[str | None, str]] = []
        seen: set[str] = set()
        asked: list[str] = []
        absent: list[str] = []
        deleted: list[str] = []
        total, repeats, size, count, landed = None, 0, 0, 0, 0
        for page in pages:
            count += 1
            size += page.size
            total = page.total if page.total is not None else total
            asked += page.asked
            absent += page.absent
            deleted += page.deleted
            new: list[tuple[str, str | None, bytes]] = []
            for record in page.records:
                if record.record_id in seen:
                    repeats += 1
                    continue
                sha256 = content_sha256(source, record.raw)
                if record.record_id is not None:
                    seen.add(record.record_id)
                if record.record_id is None or current.get(record.record_id) != sha256:
                    new.append((sha256, record.record_id, record.raw))
                records.append((record.record_id, sha256))
            pack.add_all(new)
            landed += len(new)
            if landed >= shaping.LARGE_NIGHT:
                shaping.get_ready()
        return Manifest(
            run_id=self.run_id,
            source=source,
            leg=leg,
            started_at=self.clock.isoformat(),
            query=query,
            total_reported=total,
            data_stamp=data_stamp,
            repeats=repeats,
            pages=count,
            bytes=size,
            seconds=round(time.monotonic() - started, 3),
            ids_asked=tuple(asked),
            ids_absent=tuple(absent),
            records=tuple(records),
            absences=dict(absences or {}),
            deleted=tuple(deleted),
        )

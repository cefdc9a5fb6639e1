"""Landing: what a source gives goes into the archive as received, and into the manifest of its leg."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flows.load import workers
from flows.sources.records import Page, Received
from flows.sources.stamps import UNSTAMPED, Stamp, stamp_and_withheld
from flows.storage.archive import Archive, Pack
from flows.storage.manifests import Manifest
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
        """Land all pages of a leg; returns its manifest. Of two copies in the leg the newer counts, if it can be read:
        that is chosen when the run is kept, from all of them.

        The manifest is written when the run is complete: a leg that is pulled again replaces it.
        """
        started = time.monotonic()
        current = self.current.get(source, {})
        leg_of = _Leg(source)
        asked: list[str] = []
        absent: list[str] = []
        deleted: list[str] = []
        dropped: dict[str, None] = {}
        total, size, count, landed = None, 0, 0, 0
        for page in pages:
            count += 1
            size += page.size
            total = page.total if page.total is not None else total
            asked += page.asked
            absent += page.absent
            deleted += page.deleted
            dropped |= dict.fromkeys(page.dropped)
            new = [
                (sha256, record.record_id, record.raw)
                for record in page.records
                if (sha256 := leg_of.take(record)) is not None
                and (record.record_id is None or current.get(record.record_id) != sha256)
            ]
            pack.add_all(new)
            landed += len(new)
            if landed >= workers.LARGE_NIGHT:
                workers.get_ready()
        return Manifest(
            run_id=self.run_id,
            source=source,
            leg=leg,
            started_at=self.clock.isoformat(),
            query=query,
            total_reported=total,
            data_stamp=data_stamp,
            repeats=leg_of.repeats,
            pages=count,
            bytes=size,
            seconds=round(time.monotonic() - started, 3),
            ids_asked=tuple(asked),
            ids_absent=tuple(absent),
            records=tuple(leg_of.records),
            absences=dict(absences or {}),
            deleted=tuple(deleted),
            stamps={record_id: stamp.text for record_id, stamp in leg_of.stamps.items() if stamp != UNSTAMPED},
            copies=tuple(leg_of.copies),
            withheld=tuple(sorted(leg_of.withheld)),
            dropped=tuple(dropped),
        )


@dataclass
class _Leg:
    """The records of one leg as they come, each once; beside them further copies of these, in the same order."""

    source: str
    records: list[tuple[str | None, str]] = field(default_factory=list)
    stamps: dict[str, Stamp] = field(default_factory=dict)
    withheld: set[str] = field(default_factory=set)
    copies: list[tuple[str, str, str, bool]] = field(default_factory=list)
    repeats: int = 0
    _places: dict[str, int] = field(default_factory=dict)

    def take(self, record: Received) -> str | None:
        """The content hash of a record; None where the same content is there already."""
        sha256 = content_sha256(self.source, record.raw)
        record_id = record.record_id
        if record_id is None:
            self.records.append((None, sha256))
            return sha256
        stamp, is_stub = stamp_and_withheld(self.source, record.raw)
        place = self._places.setdefault(record_id, len(self.records))
        if place == len(self.records):
            self.records.append((record_id, sha256))
        else:
            self.repeats += 1
            before = self.records[place][1]
            if before == sha256:
                return None
            if stamp.is_older_than(self.stamps[record_id]):
                self.copies.append((record_id, sha256, stamp.text, is_stub))
                return sha256
            self.copies.append((record_id, before, self.stamps[record_id].text, record_id in self.withheld))
            self.records[place] = (record_id, sha256)
        self.stamps[record_id] = stamp
        self.withheld.discard(record_id)
        if is_stub:
            self.withheld.add(record_id)
        return sha256

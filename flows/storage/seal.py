"""The seal of a run: the moment from which it counts, and what it is remembered by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

REBUILD = "rebuild"  # kind of a run that asks no source: every record is read again as it was last received


@dataclass(frozen=True)
class Seal:
    """What a run was, beyond its manifests: enough to keep it again exactly as it was kept.

    `clock_at` is the run's moment, ISO, UTC. `topics` maps watchlist topics to their diseases.
    `manifests` are file names with their SHA-256, so that an altered manifest is found. `before` is the digest of the
    seal before it (None: the first), `digest` its own; neither in a seal from before the chain.
    """

    run_id: str
    number: int
    kind: str
    source: str
    clock_at: str
    watchlist_sha256: str
    topics: dict[str, list[str]]
    manifests: dict[str, str]
    data_stamp: str | None = None
    overrides_sha256: str | None = None
    is_demo: bool = False
    before: str | None = None
    digest: str | None = None

    @property
    def clock(self) -> datetime:
        return datetime.fromisoformat(self.clock_at)

    @property
    def asks_no_source(self) -> bool:
        return self.kind == REBUILD

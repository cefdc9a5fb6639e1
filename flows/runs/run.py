"""A run: its id and moment, what was asked of it, and how it ended."""

from __future__ import annotations

import importlib.metadata
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.results import CheckResult
from flows.errors import sentence_of
from flows.process import stopping
from flows.storage.manifests import Manifest
from transforms.profile import rule_version

if TYPE_CHECKING:
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


def row_of(run: Run, status: str, started_at: datetime) -> dict[str, Any]:
    return {
        "run_id": run.run_id, "kind": run.kind, "source": run.source, "clock_at": run.clock, "started_at": started_at,
        "status": status, "code_version": CODE_VERSION, "rule_version": rule_version(),
    }  # fmt: skip


def reason_of(error: BaseException) -> str:
    if stopping.was_asked():
        return stopping.sentence()
    if not isinstance(error, Exception):
        return f"The process was stopped ({type(error).__name__})."
    return sentence_of(error).splitlines()[0]


@dataclass(frozen=True)
class Options:
    """What a person may ask of a run."""

    recorded: Path | None = None
    full: bool = False
    announce: bool = True
    dry_run: bool = False
    is_demo: bool = False

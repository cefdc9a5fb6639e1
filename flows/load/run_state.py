"""What applying a run did, and what it works on: shared by those who keep its rows and tell what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from flows.storage.seal import Seal
from transforms.history.event import Context, Event
from transforms.shaped import Problem, Rows
from warehouse.schema import TABLES
from warehouse.tables.sources import SOURCES

Frames = dict[str, pd.DataFrame]
TABLES_OF = {name: tuple(t for t in TABLES if t.name in source.tables) for name, source in SOURCES.items()}
Check = Callable[[Frames], None]


@dataclass
class Kept:
    """A run of a load: what it brings, as the plan found it, and what applying it did; for gate, journal and events."""

    seal: Seal
    context: Context
    # What the plan found.
    new: dict[str, list[str]] = field(default_factory=lambda: {source: [] for source in SOURCES})
    changed: dict[str, list[str]] = field(default_factory=lambda: {source: [] for source in SOURCES})
    older: dict[str, tuple[str, ...]] = field(default_factory=dict)  # records of which an older copy came
    withheld: dict[str, frozenset[str]] = field(default_factory=dict)  # known records of which a stub only came
    brought: dict[str, dict[str, str]] = field(default_factory=dict)  # records that came, and the content that stands
    rules_changed: bool = False  # every record is read again
    decided_anew: frozenset[str] = frozenset()  # trials on which reviewers decided otherwise: these are read again
    scopes_before: dict[str, str] = field(default_factory=dict)  # of trials that are read again
    # What normalizing found.
    problems: list[tuple[str, str | None, str, Problem]] = field(default_factory=list)  # source, record, sha, problem
    of_sponsors: list[Event] = field(default_factory=list)  # events of those that only the whole run can judge
    # What applying it found.
    readable: dict[str, set[str]] = field(default_factory=lambda: {source: set() for source in SOURCES})
    stale: dict[str, set[str]] = field(default_factory=lambda: {source: set() for source in SOURCES})
    versions: dict[str, str | None] = field(default_factory=dict)  # trials with a new version -> its protocol_sha256
    papers_before: dict[str, Rows] = field(default_factory=dict)  # of papers read anew
    events: int = 0

    def reads_again(self, nct_id: str) -> bool:
        """Whether the trial is read again though its record may say the same."""
        return self.rules_changed or nct_id in self.decided_anew

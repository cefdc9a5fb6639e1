"""What applying a run did, and what it works on: shared by those who keep its rows and tell what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

from flows.storage.seal import Seal
from transforms.history.event import Context, Event
from transforms.shaped import Problem, Rows
from warehouse.schema import TABLES
from warehouse.tables import results

Frames = dict[str, pd.DataFrame]
OF_TRIALS = tuple(t for t in TABLES if t.name in (
    "trials", "trial_conditions", "trial_diseases", "trial_arms", "trial_interventions", "trial_arm_interventions",
    "trial_outcomes", "trial_sites", "trial_collaborators", "trial_keywords", "trial_secondary_ids", "trial_references",
    "trial_relations", "car_t_products", "trial_doses", "car_t_profiles", "car_t_evidence",
    "trial_endpoints", "trial_criteria", "trial_conditioning", *(result.name for result in results.TABLES),
))  # fmt: skip
OF_PAPERS = tuple(t for t in TABLES if t.name in (
    "publications", "publication_authors", "publication_corrections", "publication_trial_numbers",
))  # fmt: skip
TABLES_OF = {"ctgov": OF_TRIALS, "pubmed": OF_PAPERS}
SOURCES = tuple(TABLES_OF)
Check = Callable[[Frames], None]


@dataclass
class Kept:
    """A run of a load: what it brings, as the plan found it, and what applying it did; for gate, journal and events."""

    seal: Seal
    context: Context
    # What the plan found.
    new: dict[str, list[str]] = field(default_factory=lambda: {"ctgov": [], "pubmed": []})
    changed: dict[str, list[str]] = field(default_factory=lambda: {"ctgov": [], "pubmed": []})
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
    readable: dict[str, set[str]] = field(default_factory=lambda: {"ctgov": set(), "pubmed": set()})
    stale: dict[str, set[str]] = field(default_factory=lambda: {"ctgov": set(), "pubmed": set()})
    versions: dict[str, str | None] = field(default_factory=dict)  # trials with a new version -> its protocol_sha256
    papers_before: dict[str, Rows] = field(default_factory=dict)  # of papers read anew
    events: int = 0

    def reads_again(self, nct_id: str) -> bool:
        """Whether the trial is read again though its record may say the same."""
        return self.rules_changed or nct_id in self.decided_anew

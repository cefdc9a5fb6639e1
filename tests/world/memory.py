"""What a tracker that lost and invented nothing would know: built from the truth alone, one published night at a time.

Written from docs/history.md and docs/night.md. Nothing of the product is imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from tests.world.facts import Paper, Trial
from tests.world.story import Sight

GIVEN = ("present", "left_search")
NEWS_DAYS = 30
FATES = ("corrected", "retracted")  # of papers


@dataclass(frozen=True)
class Seen:
    """A state of a trial as it was learned; `trial` is the last version that was given."""

    run_id: str
    observed_at: datetime
    known_from: datetime
    valid_from: datetime
    state: str
    trial: Trial


@dataclass(frozen=True)
class Told:
    """An event that must be there. `before` and `after` tell two of one day apart."""

    nct_id: str
    event_type: str
    before: object
    after: object
    occurred_on: date


@dataclass(frozen=True)
class Happened:
    """Where and when an event was first seen."""

    run_id: str
    observed_at: datetime


@dataclass
class Memory:
    """Lines of trials, papers, and events; `unsure` are trials of which the documents do not say enough."""

    lines: dict[str, list[Seen]] = field(default_factory=dict)
    papers: dict[str, Paper] = field(default_factory=dict)
    ties: set[tuple[str, str]] = field(default_factory=set)
    events: dict[Told, Happened] = field(default_factory=dict)
    may_be: set[tuple[str, str]] = field(default_factory=set)  # (trial, type of event) that may or may not be told
    unsure: set[str] = field(default_factory=set)
    nights: list[tuple[str, datetime]] = field(default_factory=list)

    def apply(self, run_id: str, clock: datetime, sights: Mapping[str, Sight], papers: Mapping[str, Paper]) -> None:
        """One published night: what the sources said on it."""
        last = self.nights[-1][1].date() if self.nights else None
        for nct_id, sight in sights.items():
            line = self.lines.get(nct_id)
            if line is None:
                if sight.state == "present":
                    self._first(run_id, clock, sight, last)
                elif sight.state == "left_search":
                    self.unsure.add(nct_id)
            else:
                self._again(run_id, clock, sight, line)
        self._papers(run_id, clock, papers)
        self.nights.append((run_id, clock))

    def _first(self, run_id: str, clock: datetime, sight: Sight, last: date | None) -> None:
        trial = sight.trial
        posted = datetime.combine(trial.updated, time.min)
        self.lines[trial.nct_id] = [Seen(run_id, clock, clock, min(posted, clock), "present", trial)]
        is_news = last is None or trial.first_posted >= last - timedelta(days=NEWS_DAYS)
        if is_news or not trial.gives_cells:
            self._tell(run_id, clock, Told(trial.nct_id, "registered", None, trial.nct_id, trial.first_posted))
        else:
            self.may_be.add((trial.nct_id, "entered_scope"))

    def _again(self, run_id: str, clock: datetime, sight: Sight, line: list[Seen]) -> None:
        before = line[-1]
        trial = sight.trial if sight.state in GIVEN else before.trial
        if (sight.state, trial) == (before.state, before.trial):
            return
        known_from = max(clock, before.known_from)
        valid_from = known_from
        if trial != before.trial:
            posted = datetime.combine(trial.updated, time.min)
            if trial.updated != before.trial.updated and before.valid_from <= posted <= known_from:
                valid_from = posted
        line.append(Seen(run_id, clock, known_from, valid_from, sight.state, trial))
        for told in self._turns(clock, before, line[-1]):
            self._tell(run_id, clock, told)

    def _turns(self, clock: datetime, before: Seen, now: Seen) -> Iterator[Told]:
        nct_id, today = now.trial.nct_id, clock.date()
        if now.state != before.state:
            word = "returned" if now.state == "present" else now.state
            yield Told(nct_id, word, before.state, now.state, today)
        old, new = before.trial, now.trial
        if old == new:
            return
        day = new.updated if new.updated != old.updated and new.updated <= today else today
        for event_type, name in (
            ("status_changed", "status"), ("enrollment_changed", "enrollment"), ("sponsor_changed", "sponsor"),
            ("sites_changed", "countries"), ("dates_changed", "completion"), ("diseases_changed", "disease"),
        ):  # fmt: skip
            was, is_now = (None if value == "many" else value for value in (getattr(old, name), getattr(new, name)))
            if was != is_now:
                yield Told(nct_id, event_type, was, is_now, day)
        if old.gives_cells != new.gives_cells:
            yield Told(nct_id, "entered_scope" if new.gives_cells else "left_scope", old.gives_cells, None, day)
            self.may_be |= {(nct_id, "product_changed"), (nct_id, "design_changed"), (nct_id, "diseases_changed")}
        elif new.gives_cells and old.target != new.target:
            yield Told(nct_id, "product_changed", old.target, new.target, day)

    def _papers(self, run_id: str, clock: datetime, papers: Mapping[str, Paper]) -> None:
        """What happened to papers, for every trial in scope that names them or that they name."""
        ties = {(paper.names, pmid) for pmid, paper in papers.items() if paper.names}
        ties |= {(nct_id, pmid) for nct_id, line in self.lines.items() for pmid in line[-1].trial.cites}
        for nct_id, pmid in sorted(ties):
            self._of_tie(run_id, clock, nct_id, papers[pmid])
        # A tie that is dropped and comes back may tell again what happened meanwhile, or what happened before.
        for nct_id, _ in self.ties - ties:
            self.may_be |= {(nct_id, word) for word in FATES}
        self.ties |= ties
        self.papers.update(papers)

    def _of_tie(self, run_id: str, clock: datetime, nct_id: str, paper: Paper) -> None:
        line = self.lines.get(nct_id)
        if line is None or not line[-1].trial.gives_cells:
            # Whether a paper is told of a trial that is not in scope just now, the documents leave open.
            self.may_be |= {(nct_id, word) for word in ("published", *FATES)}
            return
        is_new = (nct_id, paper.pmid) not in self.ties
        if is_new and paper.names == nct_id:
            self._tell(run_id, clock, Told(nct_id, "published", None, paper.pmid, paper.published))
        before = None if is_new else self.papers[paper.pmid]
        for word in FATES:
            if getattr(paper, f"is_{word}") and not (before and getattr(before, f"is_{word}")):
                self._tell(run_id, clock, Told(nct_id, word, paper.pmid, True, paper.revised))

    def _tell(self, run_id: str, clock: datetime, told: Told) -> None:
        """The same turn on the same registry date is the same event, whenever it is seen again."""
        self.events.setdefault(told, Happened(run_id, clock))

    # ---- what it answers ----

    def now(self) -> dict[str, Seen]:
        return {nct_id: line[-1] for nct_id, line in self.lines.items() if nct_id not in self.unsure}

    def as_of(self, at: datetime, known_at: datetime) -> dict[str, Seen]:
        """Of each trial the last state that was known by `known_at` and had begun by `at`."""
        found = {}
        for nct_id, line in self.lines.items():
            then = [seen for seen in line if seen.valid_from <= at and seen.known_from <= known_at]
            if then and nct_id not in self.unsure:
                found[nct_id] = then[-1]
        return found

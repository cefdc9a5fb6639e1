"""What happens in the world: trials and papers by day, the clock of our machine, the weather at the sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.servers.loopback import Fault, html
from tests.world import facts
from tests.world.facts import Paper, Trial, edited
from tests.world.registry import Sources, Weather

MOST_TRIALS, FEWEST_TRIALS = 20, 12
BERLIN = ZoneInfo("Europe/Berlin")


@dataclass(frozen=True)
class Sight:
    """What the sources say of a trial on a night. `trial` is its newest version."""

    state: str
    trial: Trial


@dataclass
class Story:
    """The world's own truth; `live_a_day` moves it on, `serve` puts it into the sources."""

    draw: Random
    day: date = date(2027, 2, 20)
    trials: dict[str, Trial] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    canonical: dict[str, str] = field(default_factory=dict)
    former: dict[str, list[Trial]] = field(default_factory=dict)
    papers: dict[str, Paper] = field(default_factory=dict)
    stamp: str = ""
    next_trial: int = 1
    next_paper: int = 1

    def begin(self) -> None:
        for _ in range(FEWEST_TRIALS):
            self._born()
        for _ in range(3):
            self._published()
        self.stamp = f"{self.day}T09:00:00"

    def live_a_day(self) -> None:
        """A day passes. On some the registry reloads, with what its sponsors and PubMed's authors did meanwhile."""
        self.day += timedelta(days=1)
        if self.draw.random() < 0.3:
            return
        self.stamp = f"{self.day}T09:00:00"
        for _ in range(self.draw.choice((0, 0, 1, 1, 2, 3))):
            self.draw.choice(HAPPENINGS)(self)

    def sights(self) -> dict[str, Sight]:
        """What the sources say of every trial they ever gave."""
        return {nct_id: Sight(self.states[nct_id], trial) for nct_id, trial in self.trials.items()}

    def serve(self, sources: Sources) -> None:
        there = ("present", "left_search")
        served = [trial for nct_id, trial in self.trials.items() if self.states[nct_id] in there]
        sources.registry.serve([facts.study(trial, self.stamp[:10]) for trial in served])
        sources.registry.hidden = {n for n, state in self.states.items() if state == "left_search"}
        sources.registry.aliases = {n: self.canonical[n] for n, state in self.states.items() if state == "alias"}
        sources.registry.withheld = {
            n: facts.stub(self.trials[n]) for n, state in self.states.items() if state == "withheld"
        }
        sources.registry.data_timestamp = self.stamp
        sources.library.serve([facts.article(paper) for paper in self.papers.values()])

    # ---- what may happen ----

    def _some(self, *states: str) -> str | None:
        """A trial in one of these states; never the sentinel."""
        found = [n for n in self.trials if self.states[n] in (states or ("present",))][1:]
        return self.draw.choice(found) if found else None

    def _born(self) -> None:
        present = [n for n, state in self.states.items() if state == "present"]
        if len(present) >= MOST_TRIALS:
            return
        draw, day = self.draw, self.day
        posted = day - timedelta(days=draw.choice((0, 1, 3, 200)))
        disease = "SLE" if self.next_trial == 1 else draw.choice(list(facts.DISEASES))
        trial = Trial(
            self.next_trial, posted, posted, disease=disease,
            status=draw.choice(facts.STATUSES), enrollment=draw.randint(6, 90), sponsor=draw.choice(facts.SPONSORS),
            countries=tuple(sorted(draw.sample(list(facts.COUNTRIES), draw.randint(1, 3)))),
            target=draw.choice(facts.TARGETS), gives_cells=self.next_trial == 1 or draw.random() < 0.85,
        )  # fmt: skip
        self.next_trial += 1
        self.trials[trial.nct_id], self.states[trial.nct_id] = trial, "present"

    def _edit(self) -> None:
        nct_id = self._some("present", "present", "left_search")
        if nct_id is None:
            return
        trial = self.trials[nct_id]
        changes = self._changes(trial)
        self.former.setdefault(nct_id, []).append(trial)
        day = trial.updated if self.draw.random() < 0.1 else self.day  # some edits come without a new day
        self.trials[nct_id] = edited(trial, day, **changes, words=trial.words + (self.draw.random() < 0.2))

    def _changes(self, trial: Trial) -> dict[str, object]:
        draw = self.draw
        codes = list(facts.COUNTRIES)
        what = draw.choice(("status", "enrollment", "sponsor", "countries", "target", "completion", "disease", "words",
                            "gives_cells", "enrollment"))  # fmt: skip
        values: dict[str, Callable[[], object]] = {
            "status": lambda: draw.choice(facts.STATUSES),
            "enrollment": lambda: draw.randint(6, 90),
            "sponsor": lambda: draw.choice(facts.SPONSORS),
            "countries": lambda: tuple(sorted(draw.sample(codes, draw.randint(1, 3)))),
            "target": lambda: draw.choice(facts.TARGETS),
            "completion": lambda: date(2031 + draw.randint(0, 5), draw.randint(1, 12), draw.randint(1, 28)),
            "disease": lambda: draw.choice(list(facts.DISEASES)),
            "gives_cells": lambda: not trial.gives_cells,
        }
        return {what: values[what]()} if what != "words" else {}

    def _flip_back(self) -> None:
        nct_id = self._some()
        if nct_id and self.former.get(nct_id):
            earlier = self.draw.choice(self.former[nct_id])
            self.former[nct_id].append(self.trials[nct_id])
            self.trials[nct_id] = earlier if self.draw.random() < 0.5 else replace(earlier, updated=self.day)

    def _spoil(self) -> None:
        """A version with something in it that makes no sense, or that is new to us."""
        nct_id = self._some()
        if nct_id is None:
            return
        trial = self.trials[nct_id]
        self.former.setdefault(nct_id, []).append(trial)
        kind = self.draw.choice(("field", "many", "PAUSED"))
        if kind == "many":
            self.trials[nct_id] = edited(trial, self.day, enrollment="many")
        elif kind == "PAUSED":
            self.trials[nct_id] = edited(trial, self.day, status="PAUSED")
        else:
            self.trials[nct_id] = edited(trial, self.day, has_new_field=True)

    def _mend(self) -> None:
        for nct_id, trial in self.trials.items():
            if trial.has_new_field or trial.enrollment == "many":
                self.trials[nct_id] = edited(trial, self.day, has_new_field=False, enrollment=33)
                return

    def _go(self) -> None:
        nct_id = self._some()
        here = [n for n, state in self.states.items() if state == "present"]
        if nct_id is None or len(here) <= FEWEST_TRIALS - 2:
            return
        state = self.draw.choice(("left_search", "left_search", "alias", "withheld", "removed"))
        if state == "alias":
            self.canonical[nct_id] = self.draw.choice([n for n in here if n != nct_id])
        self.states[nct_id] = state

    def _return(self) -> None:
        nct_id = self._some("left_search", "alias", "withheld", "removed")
        if nct_id is not None and self.states.get(nct_id) != "present":
            self.states[nct_id] = "present"

    def _published(self) -> None:
        named = self._some("present")
        is_told = named and self.trials[named].gives_cells and self.draw.random() < 0.7
        paper = Paper(self.next_paper, named if is_told else None, self.day - timedelta(days=2), self.day)
        self.next_paper += 1
        self.papers[paper.pmid] = paper

    def _revise(self) -> None:
        pmid = self.draw.choice(list(self.papers))
        paper = self.papers[pmid]
        change: dict[str, object] = self.draw.choice((
            {"words": paper.words + 1}, {"is_corrected": True}, {"is_retracted": True},
        ))  # fmt: skip
        self.papers[pmid] = replace(paper, revised=self.day, **change)  # type: ignore[arg-type]

    def _cite(self) -> None:
        nct_id = self._some()
        if nct_id:
            trial = self.trials[nct_id]
            self.former.setdefault(nct_id, []).append(trial)
            self.trials[nct_id] = edited(trial, self.day, cites=(self.draw.choice(list(self.papers)),))


HAPPENINGS: tuple[Callable[[Story], None], ...] = (
    Story._born, Story._edit, Story._edit, Story._edit, Story._edit, Story._edit, Story._flip_back, Story._spoil,
    Story._mend, Story._mend, Story._go, Story._return, Story._return, Story._published, Story._revise, Story._cite,
)  # fmt: skip


def clock_of(day: date, draw: Random) -> datetime:
    """When our machine says that it is: 03:15 in Berlin, and now and then hours, days or a month beside it."""
    local = datetime(day.year, day.month, day.day, 3, 15, tzinfo=BERLIN) + timedelta(seconds=draw.randint(0, 600))
    wrong = draw.random()
    if wrong < 0.01:
        local -= timedelta(days=draw.choice((1, 2, 30)))
    elif wrong < 0.02:
        local -= timedelta(hours=draw.randint(1, 20))
    elif wrong < 0.023:
        local += timedelta(days=40)
    return local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def weather_of(draw: Random) -> Weather:
    """Most nights are calm, or the trouble passes while we ask again."""
    source = draw.choice(("ctgov", "pubmed"))
    luck = draw.random()
    if luck < 0.62:
        return Weather()
    if luck < 0.80:
        kind = draw.choice(("429", "500", "reset", "truncated", "html"))
        one = {
            "429": Fault(status=429, headers={"Retry-After": "1"}), "500": Fault(status=500), "reset": Fault("reset"),
            "truncated": Fault("truncated"), "html": html(),
        }[kind]  # fmt: skip
        one.skip = draw.randint(0, 3)
        return Weather(source=source, faults=[one])
    if luck < 0.86:
        return Weather(draw.choice(("down", "refused")), source)
    return Weather(draw.choice(("lying", "lying", "half", "moved_once", "moved_twice", "twice")))

"""Everything that the report shows, read from the published file in one go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flows.report import flow, reading, trends, words
from flows.report.dossier import Dossier, dossiers
from flows.report.figure import Figure, Table, table
from flows.report.reading import Row
from warehouse.emptied import Emptied, emptied
from warehouse.querying import named
from warehouse.querying.reading import Connection

ARRIVALS = frozenset({"registered", "entered_scope"})
NEWS_DAYS = 7  # as sql/news.sql has them
NEWS_SHOWN = 40  # events told at once; the rest unfolds


@dataclass(frozen=True)
class Contents:
    """The parts of the report, in the order of the page."""

    release: Row
    headline: Row
    news: Sequence[Row]
    figures: Mapping[str, Sequence[Figure]]
    tables: Sequence[Table]
    dossiers: Sequence[Dossier]
    lanes: Sequence[flow.Lane]
    last_run: Row
    pulls: Sequence[Row]
    checks: Sequence[Row]
    quarantine: Sequence[Row]
    methods: Row
    emptied: Emptied  # named query -> what no trial in scope gives of what it reads

    @property
    def today(self) -> date | None:
        """The day of the release."""
        return self.release["published_at"].date() if self.release else None

    @property
    def main_news(self) -> Sequence[Row]:
        """What matters most, trials that came first, at most NEWS_SHOWN; all where nothing is of high materiality."""
        high = [event for event in self.news if event["materiality"] == "high"] or self.news
        return sorted(high, key=lambda event: event["event_type"] not in ARRIVALS)[:NEWS_SHOWN]

    @property
    def arrived(self) -> set[str]:
        """Trials that this week brought."""
        return {event["nct_id"] for event in self.news if event["event_type"] in ARRIVALS}

    @property
    def news_counts(self) -> str:
        """ "3 trials, 12 changes and papers"."""
        others = sum(event["event_type"] not in ARRIVALS for event in self.news)
        told = [words.counted(len(self.arrived), "trial")] if self.arrived else []
        told += [words.counted(others, "change or paper", "changes and papers")] if others else []
        return ", ".join(told)

    @property
    def week(self) -> str:
        """The days that "this week" means: "28 August to 3 September 2026"."""
        first = self.today - timedelta(days=NEWS_DAYS - 1) if self.today else None
        return f"{words.long_date(first)} to {words.long_date(self.today)}" if first and self.today else ""

    @property
    def other_news(self) -> Sequence[Row]:
        shown = {event["event_id"] for event in self.main_news}
        return [event for event in self.news if event["event_id"] not in shown]

    @property
    def all_emptied(self) -> Sequence[str]:
        return list(dict.fromkeys(sentence for told in self.emptied.values() for sentence in told))

    @property
    def check_counts(self) -> Mapping[str, int]:
        """How many checks passed, failed, were not available …"""
        return Counter(check["status"] for check in self.checks)


def read_contents(connection: Connection) -> Contents:
    """Read the published file. An empty one gives empty parts."""
    release = reading.one(connection, "release")
    last_run = reading.one(connection, "last_run")
    of_run = {"run_id": last_run.get("run_id")}
    answers = {name: reading.trend(connection, name) for name in (*trends.CHARTED, *trends.LISTED)}
    chosen = [row["nct_id"] for row in reading.rows(connection, "chosen")]
    methods = named.run(connection, "methods").to_pylist()
    return Contents(
        release=release,
        headline=reading.one(connection, "headline"),
        news=reading.rows(connection, "news"),
        figures=trends.figures(answers, release["published_at"].date() if release else None),
        tables=[table(name, answers[name]) for name in trends.LISTED],
        dossiers=dossiers(connection, chosen),
        lanes=flow.lanes(reading.trend(connection, "prisma_flow")),
        last_run=last_run,
        pulls=reading.rows(connection, "pulls", **of_run),
        checks=reading.rows(connection, "checks", **of_run),
        quarantine=reading.rows(connection, "quarantine"),
        methods=methods[0] if methods else {},
        emptied=emptied(connection, named.queries().values()),
    )


# ---- the trial table ----


def facets(listed: Sequence[Dossier]) -> dict[str, dict[str, list[int]]]:
    """Facet -> value as shown -> places of its trials in the list; values by how many trials they have."""
    found: dict[str, dict[str, list[int]]] = {name: {} for name in FACETS}
    for place, dossier in enumerate(listed):
        for name, values in facet_values(dossier.row).items():
            for value in values or [words.NOT_STATED]:
                found[name].setdefault(value, []).append(place)
    return {name: dict(sorted(of.items(), key=lambda pair: (-len(pair[1]), pair[0]))) for name, of in found.items()}


FACETS = {
    "disease": "Disease",
    "target": "Target",
    "source": "Cell source",
    "cell": "Cell type",
    "phase": "Phase",
    "status": "Status",
    "country": "Country",
    "sponsor": "Sponsor",
}


def facet_values(row: Row) -> dict[str, list[Any]]:
    """What the table can be filtered by. A trial may have several values of one facet."""
    return {
        "disease": row["diseases"] or [],
        "target": row["target_antigens"] or [],
        "source": [row["cell_source"]] if row["cell_source"] else [],
        "cell": [row["cell_type"]] if row["cell_type"] else [],
        "phase": [row["phase_label"]] if row["phase_label"] else [],
        "status": [words.status(row["overall_status"])],
        "country": row["countries"] or [],
        "sponsor": [row["sponsor_type"]] if row["sponsor_type"] else [],
    }

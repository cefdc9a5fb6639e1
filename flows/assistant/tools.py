"""What an assistant may ask of the published file. Each function opens it anew, read-only, and reads within limits."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from flows.alerts.ledger import published
from flows.assistant.answers import MOST_ROWS, Answer, Found, Page, answer
from flows.report.dossier import dossiers, trials_now
from flows.report.plain import plain
from transforms.nct import number_of
from transforms.synonyms import synonyms
from warehouse.columns import Table
from warehouse.emptied import emptied
from warehouse.errors import CartrialsError, UsageError
from warehouse.querying import citing, confined, cross, named, search, told
from warehouse.querying.confined import Limits
from warehouse.querying.named import Filters, Query
from warehouse.querying.reading import Connection, open_published
from warehouse.querying.statements import StatementError
from warehouse.schema import TABLES

LIMITS = Limits(seconds=20, megabytes=256)
MOST_NEWS = 2_000
OF_A_TRIAL = ("evidence", "sites", "history", "papers", "doses")
AS_OF = """
SELECT t.*, p.* EXCLUDE (nct_id)
FROM trials_as_of(CAST($day AS DATE), known_at := CAST($known AS DATE)) AS t
LEFT JOIN profiles_as_of(CAST($day AS DATE), known_at := CAST($known AS DATE)) AS p USING (nct_id)
WHERE t.nct_id = $trial
"""
News = Literal["events", "changes"]


class NotAnswered(UsageError):
    """A question that cannot be answered as asked; the message says what to do."""


@dataclass(frozen=True)
class Wanted:
    """Which trials: words by facet, dates of registration or of what happened."""

    words: Mapping[str, Sequence[str]]
    since: str | None = None
    until: str | None = None

    @property
    def filters(self) -> Filters:
        return Filters(self.words, self.since, self.until, synonyms())


@dataclass(frozen=True)
class Tools:
    """The questions, of the file at `path`."""

    path: Path
    limits: Limits = LIMITS

    def find_trials(self, wanted: Wanted, page: Page) -> Answer:
        """Trials that match every facet, the newest registration first."""
        return self.named_query("trials", wanted, page)

    def named_query(self, name: str, wanted: Wanted, page: Page) -> Answer:
        """The answer to a named query."""
        return self._answered(named.query(name), wanted, page)

    def cross(self, by: str, against: str, wanted: Wanted, page: Page) -> Answer:
        """One facet counted against another."""
        return self._answered(cross.cross(by, against), wanted, page)

    def _answered(self, asked: Query, wanted: Wanted, page: Page) -> Answer:
        with self._opened() as connection:
            rows = named.answered(connection, asked, wanted.filters).to_pylist()
            missing = emptied(connection, [asked]).get(asked.name, ())
            notes = [*told.sentences(connection, wanted.filters, asked), *missing]
            found = Found(rows, f"{asked.title}: {asked.grain}. Counts {asked.counts}.", notes)
            return answer(found, page, citing.release(connection))

    def list_queries(self, page: Page) -> Answer:
        """Every named query with what a row is and what can narrow it."""
        rows = [
            {"name": one.name, "title": one.title, "grain": one.grain, "reason": one.reason,
             "filters": [facet.name for facet in one.facets]}
            for one in named.queries().values()
        ]  # fmt: skip
        return self._of_release(Found(rows, "Named queries; `named_query` answers one."), page)

    def search_text(self, words: str, page: Page) -> Answer:
        """Trials and papers whose texts hold the words, best first."""
        with self._opened() as connection:
            found = search.search(connection, [words], limit=MOST_ROWS)
            rows = [vars(hit) for hit in found.hits]
            counts = f"Records that hold the words, the best {MOST_ROWS} at most."
            return answer(Found(rows, counts, found.notes), page, citing.release(connection))

    def show_trial(self, nct_id: str, parts: Sequence[str]) -> Answer:
        """One trial: facts and profile, and the parts asked for."""
        number = _number(nct_id)
        with self._opened() as connection:
            number = trials_now(connection, [number]).get(number, number)
            found = [plain(dossier) for dossier in dossiers(connection, [number])]
            if not found:
                raise NotAnswered(f"{number} is not in the published file: no search found it. Try search_text.")
            left = [part for part in OF_A_TRIAL if part not in parts]
            rows = [{name: value for name, value in found[0].items() if name not in left}]
            notes = [f"Not asked for: {', '.join(left)} (parameter `parts`)."] if left else []
            return answer(Found(rows, "One trial as registered now.", notes), Page(), citing.release(connection))

    def what_changed(self, kind: News, wanted: Wanted, nct_id: str | None, page: Page) -> Answer:
        """Events, or changes field by field, the newest first."""
        number = _number(nct_id) if nct_id else None
        first, last = named.days_of(wanted.filters)
        with self._opened() as connection:
            rows = published.rows(
                connection, f"list_{kind}", since=first, until=last and last + timedelta(days=1), most=MOST_NEWS,
                trial=number, trials=named.trials_matching(connection, wanted.filters), materiality=None,
                **({"types": None} if kind == "events" else {}),
            )  # fmt: skip
            notes = told.sentences(connection, wanted.filters)
            notes += [f"Only the newest {MOST_NEWS} were read: ask for fewer days."] if len(rows) == MOST_NEWS else []
            counts = "What we saw between the days given, both included, the newest first."
            return answer(Found(rows, counts, notes), page, citing.release(connection))

    def as_of(self, nct_id: str, day: str, known_at: str | None) -> Answer:
        """What the registry said of a trial at the end of a day; with `known_at`, as we knew it then."""
        number, until = _number(nct_id), _day("day", day)
        known = _day("known_at", known_at) if known_at else None
        with self._opened() as connection:
            rows = (
                connection.execute(AS_OF, {"day": until, "known": known, "trial": number}).to_arrow_table().to_pylist()
            )
            notes = []
            if not rows:
                since = "SELECT min(valid_from), min(known_from) FROM trial_states WHERE nct_id = ?"
                first = connection.execute(since, [number]).fetchone()
                if not first or not first[0]:
                    raise NotAnswered(f"{number} is not in the published file: no search found it.")
                notes = [f"Nothing: its first version is of {first[0]:%Y-%m-%d}, and was known on {first[1]:%Y-%m-%d}."]
            counts = f"The registration as of {until}" + (f", as known on {known}." if known else ", as known now.")
            return answer(Found(rows, counts, notes), Page(), citing.release(connection))

    def describe(self, table: str | None, page: Page) -> Answer:
        """Tables with what a row is, or the columns of one."""
        if table is None:
            rows = [{"table": one.name, "one row per": one.grain, "columns": len(one.columns)} for one in TABLES]
            return self._of_release(Found(rows, "Tables; name one for its columns. View car_t_trials joins trials "
                                          "in scope with their profiles."), page)  # fmt: skip
        of = {one.name: one for one in TABLES}
        if table not in of:
            raise NotAnswered(f"There is no table {table!r}. Tables: {', '.join(of)}.")
        return self._of_release(Found(_columns(of[table]), f"Columns of {table}: {of[table].grain}."), page)

    def sql(self, statement: str, page: Page) -> Answer:
        """One reading statement, answered by a process of its own within limits of time and memory."""
        try:
            table = confined.answer(self.path, statement, self.limits)
        except StatementError as error:
            sentence = str(error).split(", or allow more")[0].rstrip(".")
            raise NotAnswered(f"{sentence}. `dictionary` tells tables and columns.") from error
        names = _told_apart(table.column_names)
        shown = table.slice(page.offset, page.size)
        columns = [column.to_pylist() for column in shown.columns]
        rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
        return self._of_release(Found(rows, "The answer to the statement.", n_rows=table.num_rows), page)

    def _of_release(self, found: Found, page: Page) -> Answer:
        with self._opened() as connection:
            return answer(found, page, citing.release(connection))

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        """The published file, interrupted when the time of one question is over."""
        connection = open_published(self.path, megabytes=self.limits.megabytes)
        watch = threading.Timer(self.limits.seconds, connection.interrupt)
        watch.start()
        try:
            yield connection
        finally:
            watch.cancel()
            connection.close()


REFUSALS = (CartrialsError, ValueError, OverflowError)


def _columns(table: Table) -> list[dict[str, Any]]:
    return [{"column": one.name, "type": one.type, "may be NULL": one.nullable, "meaning": one.comment}
            for one in table.columns]  # fmt: skip


def _told_apart(names: Sequence[str]) -> list[str]:
    """Names of columns; one that stands twice has its place behind it."""
    return [name if names.index(name) == place else f"{name}_{place + 1}" for place, name in enumerate(names)]


def _number(given: str) -> str:
    number = number_of(given)
    if number is None:
        raise NotAnswered(f"{given!r} is no NCT number; expected NCT and eight digits. find_trials lists numbers.")
    return number


def _day(name: str, given: str) -> str:
    try:
        _, last = named.days_of(Filters(until=given))
    except named.QueryError as error:
        raise NotAnswered(str(error).replace("--until", name, 1)) from None
    if last is None:
        raise NotAnswered(f"{name} is empty; expected a date as YYYY-MM-DD.")
    return last.isoformat()

"""Named trend queries: one SQL file each, whose header says what a row is and how it counts.

    -- title: ...          -- narrows: tables that a filter narrows, or nothing
    -- grain: ...          -- dates: the date of each of them that --since and --until look at
    -- reason: ...         -- columns:
    -- counts: ...         --   name: what it holds
    -- rests_on: tables that the rules read for what it counts, where its SQL does not name them
    -- keeps: facet and column of which only rows that it was narrowed to are kept, where trials have several values

A file is one SELECT that begins with WITH. The published file has each as view `trend_NAME`. A view
takes no parameters, so a filtered query runs the same SELECT behind one more CTE of the narrowed
table's own name: `WITH car_t_trials AS (SELECT * FROM main.car_t_trials AS t WHERE ...), ...`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.ddl import QUERIES
from warehouse.errors import UsageError
from warehouse.querying.facets import BY_NAME, FACETS, NOT_STATED, Facet
from warehouse.querying.reading import Connection
from warehouse.querying.spellings import in_figures, iso_country, told_apart
from warehouse.querying.words import Meaning, SeveralMeanings, Synonyms, UnknownWord, known, nearest

NOTHING = "nothing"
OF_PAPERS = "publications"
GIVEN_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


class QueryError(UsageError):
    """A query, a filter or its value that is not known; the message names the nearest."""


@dataclass(frozen=True)
class Query:
    """One named query. `narrows` and `dates` belong together, table by table; both empty: no filter."""

    name: str
    title: str
    grain: str
    reason: str
    counts: str
    narrows: tuple[str, ...]
    dates: tuple[str, ...]
    columns: Mapping[str, str] = field(hash=False)
    sql: str = field(repr=False)
    rests_on: tuple[str, ...] = ()
    keeps: str | None = None

    @property
    def facets(self) -> tuple[Facet, ...]:
        """The facets that it can be narrowed by."""
        if not self.narrows:
            return ()
        return tuple(facet for facet in FACETS if facet.in_papers or OF_PAPERS not in self.narrows)


@dataclass(frozen=True)
class Filters:
    """What to count: any of the words of each facet, all facets together.

    Dates as YYYY, YYYY-MM or YYYY-MM-DD, both inclusive. `synonyms`: what people say beside the words of the file.
    """

    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    since: str | None = None
    until: str | None = None
    synonyms: Synonyms = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        return any(self.words.values()) or bool(self.since or self.until)


EVERYTHING = Filters()


@cache
def queries() -> Mapping[str, Query]:
    """All named queries by name, in alphabetical order."""
    return {path.stem: read_query(path.stem, path.read_text("utf-8")) for path in sorted(QUERIES.glob("*.sql"))}


def query(name: str) -> Query:
    """The query called `name`; `trend_` before it and hyphens in it are forgiven. Raises QueryError."""
    wanted = name.strip().lower().replace("-", "_").removeprefix("trend_")
    if wanted not in queries():
        raise QueryError(
            f"There is no query {name!r}. {nearest(wanted, queries().keys())} `cartrials query --list` names all."
        )
    return queries()[wanted]


def run(connection: Connection, name: str, filters: Filters = EVERYTHING) -> pa.Table:
    """The answer to a named query as an Arrow table. Raises QueryError."""
    return answered(connection, query(name), filters)


def answered(connection: Connection, asked: Query, filters: Filters = EVERYTHING) -> pa.Table:
    """The answer to a query, also one that is written when it is asked. Raises QueryError."""
    sql, parameters = statement(connection, asked, filters)
    answer = connection.execute(sql, parameters).to_arrow_table()
    if asked.keeps is None or not filters.words.get(asked.keeps):
        return answer
    kept = _with_forms(connection, values_of(meanings(connection, filters, asked))[asked.keeps])
    return answer.filter(pc.is_in(answer[asked.keeps], pa.array(kept, pa.string())))


def _with_forms(connection: Connection, diseases: Sequence[str]) -> list[str]:
    """`diseases` and the diseases of the file that are forms of one of them."""
    found = set(diseases)
    pairs = connection.execute("SELECT DISTINCT disease, parent_disease FROM trial_diseases").fetchall()
    while more := {disease for disease, parent in pairs if parent in found} - found:
        found |= more
    return sorted(found)


def statement(connection: Connection, asked: Query, filters: Filters = EVERYTHING) -> tuple[str, list[Any]]:
    """The SQL of a query behind its filters, and the parameters to bind. Raises QueryError.

    The connection is asked which words the file knows.
    """
    if not filters:
        return asked.sql, []
    if not asked.narrows:
        raise QueryError(f"{asked.name} tells of the release as a whole and takes no filter.")
    meant = values_of(meanings(connection, filters, asked))
    since, until = days_of(filters)
    ctes: list[str] = []
    parameters: list[Any] = []
    for table, dated in zip(asked.narrows, asked.dates, strict=True):
        conditions, bound = matching(meant, table)
        parameters += bound
        for sign, day in ((">=", since), ("<=", until)):
            if day is not None:
                conditions.append(f"t.{dated} {sign} ?")
                parameters.append(day)
        ctes.append(f"{table} AS (SELECT t.* FROM main.{table} AS t WHERE {' AND '.join(conditions)})")
    return f"WITH {', '.join(ctes)}, {asked.sql.removeprefix('WITH ')}", parameters


def meanings(connection: Connection, filters: Filters, asked: Query | None = None) -> tuple[Meaning, ...]:
    """What each word of the filters means, of a query or of trials. Raises QueryError naming the nearest words."""
    found = []
    for name, words in filters.words.items():
        if words:
            facet = _facet(asked, name)
            knows = known(facet.name, _said(connection, facet, filters.synonyms), is_names=facet.is_names)
            for word in words:
                try:
                    found.append(iso_country(facet, word) or knows.meaning(in_figures(facet, word)))
                except SeveralMeanings as error:
                    raise QueryError(str(error)) from None
                except UnknownWord as error:
                    several = told_apart(facet, knows, word)
                    raise QueryError(f"{error}{several or _elsewhere(connection, facet, word)}") from None
    return tuple(found)


def values_of(meant: Sequence[Meaning]) -> dict[str, list[str]]:
    """Facet -> all values taken for its words."""
    found: dict[str, set[str]] = {}
    for one in meant:
        found.setdefault(one.facet, set()).update(one.values)
    return {facet: sorted(values) for facet, values in found.items()}


def matching(meant: Mapping[str, list[str]], table: str = "trials") -> tuple[list[str], list[Any]]:
    """Conditions on the rows of `table` (alias t) that match every facet, and what they bind."""
    conditions: list[str] = []
    parameters: list[Any] = []
    for name, values in meant.items():
        condition, bound = _condition(BY_NAME[name], values, table)
        conditions.append(condition)
        parameters += bound
    return conditions, parameters


def trials_matching(connection: Connection, filters: Filters) -> list[str] | None:
    """NCT numbers of all trials of the file that match the facets, whatever the dates; None where none is given."""
    if not any(filters.words.values()):
        return None
    conditions, parameters = matching(values_of(meanings(connection, filters)))
    rows = connection.execute(f"SELECT nct_id FROM trials AS t WHERE {' AND '.join(conditions)}", parameters).fetchall()
    return sorted(nct_id for (nct_id,) in rows)


def days_of(filters: Filters) -> tuple[date | None, date | None]:
    """The first and the last day asked for. Raises QueryError."""
    since, until = _since(filters.since), _until(filters.until)
    if since and until and since > until:
        raise QueryError(f"--since {filters.since} lies after --until {filters.until}; swap the two.")
    return since, until


def _said(connection: Connection, facet: Facet, synonyms: Synonyms) -> Iterator[tuple[str | None, str | None]]:
    """Pairs of (word, value meant): of the file, of the facet itself, of the vocabulary."""
    rows: list[tuple[Any, ...]] = connection.execute(facet.said).fetchall()
    yield from ((row[0], row[-1]) for row in rows)
    yield from ((word, word) for word in (*facet.words, NOT_STATED))
    for word, values in synonyms.get(facet.name, {}).items():
        yield from ((word, value) for value in values)


def filters_that_know(connection: Connection, word: str, synonyms: Synonyms, but: Facet | None = None) -> list[Facet]:
    """The facets that know a word, or a part of a name."""
    able = []
    for facet in FACETS:
        if facet is not but:
            try:
                known(facet.name, _said(connection, facet, synonyms), is_names=True).meaning(word)
            except UnknownWord:
                continue
            able.append(facet)
    return able


def _elsewhere(connection: Connection, facet: Facet, word: str) -> str:
    """The filters that know a word which this one does not."""
    able = [other.option for other in filters_that_know(connection, word, {}, facet)]
    return f" {' and '.join(able)} {'knows' if len(able) == 1 else 'know'} it." if able else ""


def read_query(name: str, text: str) -> Query:
    """A query from the text of its file. Raises ValueError naming what its header lacks."""
    header: dict[str, str] = {}
    columns: dict[str, str] = {}
    lines = text.splitlines()
    key = ""
    for line in lines:
        if not line.startswith("--"):
            break
        if "columns" in header and (found := re.match(r"--   (\w+): (.+)", line)):
            key = found[1]
            columns[key] = found[2]
        elif found := re.match(r"-- (\w+):\s*(.*)", line):
            key = found[1]
            header[key] = found[2]
        elif key in columns:
            columns[key] += " " + line.strip("- ")
        else:
            header[key] += " " + line.strip("- ")
    missing = {"title", "grain", "reason", "counts", "narrows", "columns"} - header.keys()
    sql = "\n".join(line for line in lines if not line.startswith("--")).strip()
    if missing or not columns or not sql.startswith("WITH "):
        lacks = ", ".join(sorted(missing)) or "its columns, or a WITH at its beginning"
        raise ValueError(f"queries/{name}.sql lacks {lacks}")
    narrows = () if header["narrows"] == NOTHING else tuple(header["narrows"].split(", "))
    dates = tuple(header["dates"].split(", ")) if "dates" in header else ()
    return Query(
        name,
        header["title"],
        header["grain"],
        header["reason"],
        header["counts"],
        narrows,
        dates,
        columns,
        sql,
        tuple(header["rests_on"].split(", ")) if "rests_on" in header else (),
        header.get("keeps"),
    )


def _facet(asked: Query | None, name: str) -> Facet:
    if name not in BY_NAME:
        raise QueryError(f"There is no filter {name!r}. {nearest(name, BY_NAME.keys())}")
    if asked is not None and BY_NAME[name] not in asked.facets:
        able = ", ".join(facet.option for facet in asked.facets)
        what = name.replace("_", " ")
        raise QueryError(f"{asked.name} counts papers, which have no {what}. It can be narrowed by {able}.")
    return BY_NAME[name]


def _condition(facet: Facet, values: list[str], table: str) -> tuple[str, list[Any]]:
    """The condition for any of `values`, and what it binds."""
    stated = [value for value in values if value != NOT_STATED]
    if table == OF_PAPERS:
        matches, not_stated = (
            f"list_has_any(t.{facet.in_papers}, ?)",
            f"coalesce(len(t.{facet.in_papers}), 0) = 0",
        )
    else:
        matches, not_stated = facet.of_trials, facet.not_stated or "false"
    parts = ([f"coalesce({matches}, false)"] if stated else []) + ([not_stated] if len(stated) < len(values) else [])
    return f"({' OR '.join(parts)})", [stated] if stated else []


def _since(given: str | None) -> date | None:
    return _parsed("--since", given)[0] if given else None


def _until(given: str | None) -> date | None:
    return _parsed("--until", given)[1] if given else None


def _parsed(option: str, given: str) -> tuple[date, date]:
    """First and last day of what was given. Raises QueryError."""
    found = GIVEN_DATE.fullmatch(given.strip())
    try:
        if found:
            year, month, day = (int(part) if part else None for part in found.groups())
            first = date(year or 0, month or 1, day or 1)
            if day:
                return first, first
            following = date(first.year + (1 if not month or month == 12 else 0), (month or 0) % 12 + 1, 1)
            return first, following - timedelta(days=1)
    except (ValueError, OverflowError):
        pass
    raise QueryError(f"{option} is {given!r}; expected a date as YYYY, YYYY-MM or YYYY-MM-DD.")

"""Named trend queries: one SQL file each, whose header says what a row is and how it counts.

    -- title: ...          -- narrows: tables that a filter narrows, or nothing
    -- grain: ...          -- dates: the date of each of them that --since and --until look at
    -- reason: ...         -- columns:
    -- counts: ...         --   name: what it holds
    -- rests_on: tables that the rules read for what it counts, where its SQL does not name them

A file is one SELECT that begins with WITH. The published file has each as view `trend_NAME`. A view
takes no parameters, so a filtered query runs the same SELECT behind one more CTE of the narrowed
table's own name: `WITH car_t_trials AS (SELECT * FROM main.car_t_trials AS t WHERE ...), ...`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

import pyarrow as pa

from warehouse.ddl import QUERIES
from warehouse.querying.facets import BY_NAME, FACETS, NOT_STATED, Facet
from warehouse.querying.reading import Connection

NOTHING = "nothing"
OF_PAPERS = "publications"
NEAREST, CLOSE = 4, -0.6  # how many words an error names, and how alike they are to be (difflib's ratio, negative)
GIVEN_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


class QueryError(ValueError):
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

    @property
    def facets(self) -> tuple[Facet, ...]:
        """The facets that it can be narrowed by."""
        if not self.narrows:
            return ()
        return tuple(facet for facet in FACETS if facet.in_papers or OF_PAPERS not in self.narrows)


@dataclass(frozen=True)
class Filters:
    """What to count: any of the words of each facet, all facets together.

    Dates as YYYY, YYYY-MM or YYYY-MM-DD, both inclusive.
    """

    words: Mapping[str, Sequence[str]] = field(default_factory=dict)
    since: str | None = None
    until: str | None = None

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
            f"There is no query {name!r}. {_nearest(wanted, queries())} `cartrials query --list` names all."
        )
    return queries()[wanted]


def run(connection: Connection, name: str, filters: Filters = EVERYTHING) -> pa.Table:
    """The answer to a named query as an Arrow table. Raises QueryError."""
    sql, parameters = statement(connection, query(name), filters)
    return connection.execute(sql, parameters).to_arrow_table()


def statement(connection: Connection, asked: Query, filters: Filters = EVERYTHING) -> tuple[str, list[Any]]:
    """The SQL of a query behind its filters, and the parameters to bind. Raises QueryError.

    The connection is asked which words the file knows.
    """
    if not filters:
        return asked.sql, []
    if not asked.narrows:
        raise QueryError(f"{asked.name} tells of the release as a whole and takes no filter.")
    meant = {name: resolve(connection, _facet(asked, name), words) for name, words in filters.words.items() if words}
    since, until = _since(filters.since), _until(filters.until)
    ctes: list[str] = []
    parameters: list[Any] = []
    for table, dated in zip(asked.narrows, asked.dates, strict=True):
        conditions = []
        for name, values in meant.items():
            condition, bound = _condition(BY_NAME[name], values, table)
            conditions.append(condition)
            parameters += bound
        for sign, day in ((">=", since), ("<=", until)):
            if day is not None:
                conditions.append(f"t.{dated} {sign} ?")
                parameters.append(day)
        ctes.append(f"{table} AS (SELECT t.* FROM main.{table} AS t WHERE {' AND '.join(conditions)})")
    return f"WITH {', '.join(ctes)}, {asked.sql.removeprefix('WITH ')}", parameters


def resolve(connection: Connection, facet: Facet, words: Sequence[str]) -> list[str]:
    """The values that the words of a user mean. Raises QueryError naming the nearest words."""
    known: dict[str, set[str]] = {}
    spelled: dict[str, str] = {}
    rows: list[tuple[Any, ...]] = connection.execute(facet.said).fetchall()
    for row in [*rows, *((word, word) for word in (*facet.words, NOT_STATED))]:
        word, value = row[0], row[-1]
        if word is not None and value is not None:
            known.setdefault(folded(word), set()).add(value)
            spelled.setdefault(folded(word), word)
    values: set[str] = set()
    for word in words:
        found = known.get(folded(word)) or _iso_country(facet, word)
        if not found:
            name = facet.name.replace("_", " ")
            raise QueryError(f"No {name} is called {word!r} here. {_nearest(folded(word), spelled)}")
        values |= found
    return sorted(values)


def folded(word: str) -> str:
    """A word without case, accents, spaces and signs."""
    plain = unicodedata.normalize("NFKD", word).casefold()
    return "".join(sign for sign in plain if sign.isalnum())


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
    )


def _facet(asked: Query, name: str) -> Facet:
    if name not in BY_NAME:
        raise QueryError(f"There is no filter {name!r}. {_nearest(name, BY_NAME)}")
    if BY_NAME[name] not in asked.facets:
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


def _iso_country(facet: Facet, word: str) -> set[str]:
    """A country of the world that has no site here: a filter for it is right and finds nothing."""
    if facet.name != "country":
        return set()
    import pycountry

    try:
        return {pycountry.countries.lookup(word).alpha_2}
    except LookupError:
        return set()


def _nearest(word: str, known: Mapping[str, Any] | Iterable[str]) -> str:
    """`Nearest: ...` in the words of those who know, by the whole of each or by one word of it."""
    names = {name: known[name] if isinstance(known, Mapping) else name for name in known}
    spelled = {name: text if isinstance(text, str) else name for name, text in names.items()}

    def closeness(name: str) -> float:
        parts = {name, *map(folded, re.split(r"[\W_]+", spelled[name]))}
        return max(difflib.SequenceMatcher(None, part, word).ratio() for part in parts)

    nearest = sorted((-closeness(name), name) for name in spelled)[:NEAREST]
    close = [spelled[name] for distance, name in nearest if distance <= CLOSE] or [spelled[name] for _, name in nearest]
    return f"Nearest: {', '.join(close)}." if close else "The file knows none."


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

"""What a run received and what the last release held: the values that the gate compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import pandas as pd


@dataclass(frozen=True)
class LegPull:
    """One search leg of a pull, or one list of ids fetched.

    `records`: received, repeats within the leg dropped. `total_reported`: the source's own count, None
    where it gives none (recordings). `is_search`: a search leg of the watchlist, not a list of ids.
    `ids_asked`: ids requested by name, None where there were none; PubMed's searches are fetched by id
    too. `ids_absent`: ids that the source itself says it does not have. `ids_got`: ids received.
    `stamp_before`, `stamp_after`: the source's data stamp around the pull. `dropped`: phrases of the query that the
    source did not search for; `alternatives`: those of them without which it finds no more.
    """

    source: str
    leg: str
    records: int
    repeats: int = 0
    total_reported: int | None = None
    pages: int = 0
    ids_asked: frozenset[str] | None = None
    ids_got: frozenset[str] | None = None
    ids_absent: frozenset[str] = frozenset()
    stamp_before: str | None = None
    stamp_after: str | None = None
    is_skipped: bool = False
    is_search: bool = True
    dropped: tuple[str, ...] = ()
    alternatives: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Topic:
    """A topic of the watchlist on one source: its legs, and the known records they must find together."""

    name: str
    source: str
    legs: tuple[str, ...]
    sentinels: tuple[str, ...]


@dataclass(frozen=True)
class Pull:
    """Everything one run received. `distinct`: source -> records, each counted once over all legs.

    `new_fields`: path -> records that have it (`expectations.known_fields.new_fields`). `older`: source -> records of
    which a copy came that is older than the one that counts.
    """

    legs: tuple[LegPull, ...]
    distinct: Mapping[str, int]
    topics: tuple[Topic, ...] = ()
    new_fields: Mapping[str, int] = field(default_factory=dict)
    older: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Fill:
    """How many rows a column has, and how many of them hold a value."""

    rows: int
    filled: int

    def __add__(self, other: Fill) -> Fill:
        return Fill(self.rows + other.rows, self.filled + other.filled)


# (table, column) -> its fill.
Fills: TypeAlias = Mapping[tuple[str, str], Fill]


@dataclass(frozen=True)
class PreviousRelease:
    """What the last release held. Leave out legs whose query has changed since: they count something else.

    `dropped`: phrases that each leg's search was made without then. `told`: those that people were ever told of.
    """

    legs: Mapping[tuple[str, str], int] = field(default_factory=dict)
    distinct: Mapping[str, int] = field(default_factory=dict)
    tables: Mapping[str, int] = field(default_factory=dict)
    fills: Fills = field(default_factory=dict)
    dropped: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    told: Mapping[str, frozenset[str]] = field(default_factory=dict)


def fills(frames: Mapping[str, pd.DataFrame]) -> dict[tuple[str, str], Fill]:
    """How far the columns of these frames are filled; add them up over the chunks of a run."""
    return {
        (table, str(column)): Fill(len(frame), int(filled))
        for table, frame in frames.items()
        for column, filled in frame.count().items()
    }


def added(one: Fills, other: Fills) -> dict[tuple[str, str], Fill]:
    """Two chunks' fills as those of both."""
    nothing = Fill(0, 0)
    return {place: one.get(place, nothing) + other.get(place, nothing) for place in {**one, **other}}

"""The watchlist: what is searched, and which known records each search must find.

A TOML file becomes frozen dataclasses; whatever is wrong with it is said with the line of the file,
before any request is made. How to write one: docs/watchlist.md.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

SHIPPED = Path(__file__).with_name("watchlist.toml")
CTGOV = "ctgov"
PUBMED = "pubmed"

# What a leg may set, by source. Paging, order and format belong to the client.
PARAMETERS: Mapping[str, frozenset[str]] = {
    CTGOV: frozenset(
        f"query.{area}"
        for area in ("cond", "term", "intr", "titles", "outc", "spons", "lead", "id", "patient", "locn")
    )
    | {"filter.advanced", "filter.overallStatus", "filter.ids", "aggFilters"},
    PUBMED: frozenset({"term", "datetype", "mindate", "maxdate"}),
}
# The registry answers a too long url with a page of HTML; PubMed's terms are sent by POST.
LONGEST_QUERY = {CTGOV: 4000, PUBMED: 20000}

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_NCT = re.compile(r"NCT\d{8}\Z")
_PMID = re.compile(r"[1-9]\d{0,7}\Z")
_ONLY_NCT_IDS = re.compile(r"[\s,]*(?:NCT\d{1,8}[\s,]*)+\Z", re.IGNORECASE)
_HANGING_OPERATOR = re.compile(r"(?:^|\()\s*(?:AND|OR)\b|\b(?:AND|OR|NOT)\s*(?:$|\))|\(\s*\)")
_CURLY_QUOTES = re.compile("[“”„«»]")


class WatchlistError(ValueError):
    """The watchlist cannot be used: says the file, the line, and what is wrong there."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(path, line, problem)
        self.path = path
        self.line = line
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.problem}"


@dataclass(frozen=True)
class Leg:
    """One search of one source. `parameters` are the source's own, in the order of the file."""

    name: str
    source: str
    parameters: tuple[tuple[str, str], ...]
    topic: str = ""

    @property
    def query(self) -> str:
        """The search as one line, for manifests and messages."""
        return " & ".join(f"{name}={value}" for name, value in self.parameters)


@dataclass(frozen=True)
class Topic:
    """A subject: the canonical diseases that put a trial or a paper in it, its searches, its sentinels."""

    name: str
    title: str
    diseases: tuple[str, ...]
    legs: tuple[Leg, ...]
    sentinels: tuple[str, ...]

    def sentinels_of(self, source: str) -> tuple[str, ...]:
        """Records of `source` that this topic's legs on it must find between them."""
        form = _NCT if source == CTGOV else _PMID
        return tuple(sentinel for sentinel in self.sentinels if form.match(sentinel))


@dataclass(frozen=True)
class Watchlist:
    """Topics in the order of the file. `sha256` changes when, and only when, what is searched changes."""

    topics: tuple[Topic, ...]
    sha256: str

    def legs(self, source: str | None = None) -> tuple[Leg, ...]:
        return tuple(
            leg for topic in self.topics for leg in topic.legs if source is None or leg.source == source
        )

    def sentinels(self, source: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for topic in self.topics for one in topic.sentinels_of(source)))

    def topics_of(self, diseases: Iterator[str] | tuple[str, ...] | list[str]) -> tuple[str, ...]:
        """Names of the topics that any of `diseases` belongs to, in the order of the watchlist."""
        found = set(diseases)
        return tuple(topic.name for topic in self.topics if found & set(topic.diseases))

"""The watchlist: what is searched, and which known records each search must find.

A TOML file becomes frozen dataclasses; whatever is wrong with it is said with the line of the file,
before any request is made. How to write one: docs/watchlist.md.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flows.config.toml_file import Place, lines_of_keys
from transforms.written import NotReadable, read_text, read_toml
from warehouse.errors import FileError
from warehouse.tables.sources import SOURCES

SHIPPED = Path(__file__).with_name("watchlist.toml")

# Legs that the pipeline itself names.
RESERVED = {"recorded": "recordings", "by-id": "records fetched by their number"}

_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_ONLY_NCT_IDS = re.compile(r"[\s,]*(?:NCT\d{1,8}[\s,]*)+\Z", re.IGNORECASE)
_DATE = re.compile(r"\d{4}(?:/(?:0[1-9]|1[0-2])(?:/(?:0[1-9]|[12]\d|3[01]))?)?\Z")
_HANGING_OPERATOR = re.compile(r"(?:^|\()\s*(?:AND|OR)\b|\b(?:AND|OR|NOT)\s*(?:$|\))|\(\s*\)")
_CURLY_QUOTES = re.compile("[“”„«»]")


class WatchlistError(FileError):
    """The watchlist cannot be used: says the file, the line, and what is wrong there."""


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
        return tuple(sentinel for sentinel in self.sentinels if SOURCES[source].has_id(sentinel))


@dataclass(frozen=True)
class Watchlist:
    """Topics in the order of the file. `sha256` changes when, and only when, what is searched changes."""

    topics: tuple[Topic, ...]
    sha256: str

    def legs(self, source: str | None = None) -> tuple[Leg, ...]:
        return tuple(leg for topic in self.topics for leg in topic.legs if source is None or leg.source == source)

    def sentinels(self, source: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for topic in self.topics for one in topic.sentinels_of(source)))


def load(path: Path = SHIPPED) -> Watchlist:
    """The watchlist in the TOML file at `path`. Raises WatchlistError naming the line at fault."""
    try:
        text = read_text(path)
        document = read_toml(text)
    except NotReadable as error:
        raise WatchlistError(path, error.line, error.problem) from None
    return _Reader(path, text).watchlist(document)


class _Reader:
    """Reads the parsed document and can say on which line of the file each key stands."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.lines = lines_of_keys(text)
        self.words_of: dict[str, str] = {}

    def fail(self, place: Place, problem: str) -> WatchlistError:
        while place and place not in self.lines:
            place = place[:-1]
        return WatchlistError(self.path, self.lines.get(place, 1), problem)

    def watchlist(self, document: dict[str, Any]) -> Watchlist:
        self.only_known(document, {"topic", "words"}, ())
        self.learn_words(document.get("words", {}))
        tables = self.tables(document, "topic", ())
        topics = tuple(self.topic(table, ("topic", number)) for number, table in enumerate(tables))
        self.no_name_twice([(topic.name, ("topic", number)) for number, topic in enumerate(topics)], "topic")
        legs = [
            (leg.name, ("topic", number, "leg", position))
            for number, topic in enumerate(topics)
            for position, leg in enumerate(topic.legs)
        ]
        if not legs:
            raise self.fail((), "there is no [[topic.leg]]: nothing would be searched")
        self.no_name_twice(legs, "leg")
        searched = sorted((leg.name, leg.source, leg.parameters) for topic in topics for leg in topic.legs)
        return Watchlist(topics, hashlib.sha256(repr(searched).encode()).hexdigest())

    def topic(self, table: dict[str, Any], place: Place) -> Topic:
        self.only_known(table, {"name", "title", "diseases", "sentinels", "leg"}, place)
        name = self.name(table, place, "topic")
        topic = Topic(
            name=name,
            title=self.words(table.get("title"), (*place, "title")),
            diseases=self.list_of_words(table, "diseases", place),
            legs=tuple(
                self.leg(leg, (*place, "leg", number), name)
                for number, leg in enumerate(self.tables(table, "leg", place))
            ),
            sentinels=self.list_of_words(table, "sentinels", place),
        )
        for sentinel in topic.sentinels:
            if not any(source.has_id(sentinel) for source in SOURCES.values()):
                able = " nor ".join(source.id_is for source in SOURCES.values())
                problem = f"the sentinel {sentinel!r} is neither {able}"
                raise self.fail((*place, "sentinels"), problem)
        for source in SOURCES:
            if topic.sentinels_of(source) and not any(leg.source == source for leg in topic.legs):
                problem = f"topic {name!r} has sentinels in {source} but no leg that could find them"
                raise self.fail((*place, "sentinels"), problem)
        return topic

    def leg(self, table: dict[str, Any], place: Place, topic: str) -> Leg:
        name = self.name(table, place, "leg")
        if name in RESERVED:
            raise self.fail((*place, "name"), f"the leg name {name!r} is reserved for {RESERVED[name]}")
        source = self.words(table.get("source"), (*place, "source"))
        if source not in SOURCES:
            raise self.fail((*place, "source"), f"source is {source!r}, expected one of: {', '.join(SOURCES)}")
        parameters: dict[str, str] = {}
        for key, value in table.items():
            if key in ("name", "source"):
                continue
            # query.cond without quotes is TOML for a table `query` with the key `cond`: both are meant.
            pairs = (
                [(f"{key}.{part}", one) for part, one in value.items()] if isinstance(value, dict) else [(key, value)]
            )
            for parameter, one in pairs:
                at = (*place, parameter)
                if parameter not in SOURCES[source].parameters:
                    known = ", ".join(sorted(SOURCES[source].parameters))
                    raise self.fail(at, f"unknown key {parameter!r} in a {source} leg, expected: {known}")
                parameters[parameter] = self.expression(one, at)
        if ("mindate" in parameters) != ("maxdate" in parameters):
            raise self.fail(place, f"leg {name!r} has one of mindate and maxdate: PubMed takes both or none")
        if not parameters:
            raise self.fail(place, f"leg {name!r} searches for nothing")
        if (size := len(urlencode(parameters))) > SOURCES[source].longest_query:
            raise self.fail(
                place,
                f"leg {name!r} is {size} characters long, at most {SOURCES[source].longest_query}: make two of it",
            )
        return Leg(name, source, tuple(parameters.items()), topic)

    def learn_words(self, table: Any) -> None:
        if not isinstance(table, dict):
            raise self.fail(("words",), "words must be written as a [words] table")
        for name, value in table.items():
            self.words_of[name] = self.expression(value, ("words", name))

    def expression(self, value: Any, place: Place) -> str:
        def named(found: re.Match[str]) -> str:
            if found[1] not in self.words_of:
                raise self.fail(place, f"{place[-1]}: {found[0]} is not among the [words] above it")
            return f"({self.words_of[found[1]]})"

        text = " ".join(re.sub(r"\{([^{}]*)\}", named, self.words(value, place)).split())
        if problem := faults_of_expression(text):
            raise self.fail(place, f"{place[-1]}: {problem}")
        if place[-1] in ("mindate", "maxdate") and not _DATE.match(text):
            raise self.fail(place, f"{place[-1]} is {text!r}, expected YYYY, YYYY/MM or YYYY/MM/DD")
        if place[-1] == "datetype" and text not in ("edat", "mdat", "pdat"):
            raise self.fail(place, f"datetype is {text!r}, expected one of: edat, mdat, pdat")
        if str(place[-1]).startswith("query.") and _ONLY_NCT_IDS.match(text):
            # The registry turns such a query into a look-up by id, and every filter is ignored.
            raise self.fail(place, f"{place[-1]} holds nothing but NCT numbers: use filter.ids")
        return text

    def only_known(self, table: dict[str, Any], known: set[str], place: Place) -> None:
        for key in table:
            if key not in known:
                expected = ", ".join(sorted(known))
                raise self.fail((*place, key), f"unknown key {key!r}, expected: {expected}")

    def tables(self, table: dict[str, Any], key: str, place: Place) -> list[dict[str, Any]]:
        found = table.get(key, [])
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise self.fail((*place, key), f"{key} must be written as [[...{key}]] tables")
        return found

    def name(self, table: dict[str, Any], place: Place, what: str) -> str:
        name = self.words(table.get("name"), (*place, "name"))
        if not _NAME.match(name):
            raise self.fail(
                (*place, "name"), f"the {what} name {name!r} must be lower-case letters, digits and hyphens"
            )
        return name

    def words(self, value: Any, place: Place) -> str:
        if value is None:
            raise self.fail(place, f"{place[-1]} is missing")
        if not isinstance(value, str) or not value.strip():
            raise self.fail(place, f"{place[-1]} is {value!r}, expected text in quotes")
        return value.strip()

    def list_of_words(self, table: dict[str, Any], key: str, place: Place) -> tuple[str, ...]:
        found = table.get(key, [])
        if not isinstance(found, list):
            raise self.fail((*place, key), f"{key} is {found!r}, expected a list of texts")
        return tuple(self.words(one, (*place, key)) for one in found)

    def no_name_twice(self, named: Sequence[tuple[str, Place]], what: str) -> None:
        seen: set[str] = set()
        for name, place in named:
            if name in seen:
                raise self.fail((*place, "name"), f"the {what} name {name!r} is used twice")
            seen.add(name)


def faults_of_expression(text: str) -> str | None:
    """What is wrong with a search expression (Essie or PubMed), or None.

    Only what either source would silently read as something else: brackets and quotes that do not
    close, curly quotes, an operator without one of its sides, empty brackets.
    """
    if found := _CURLY_QUOTES.search(text):
        return f'{found[0]} is not a quotation mark to the source, write "'
    pairs = {")": "(", "]": "["}
    open_brackets: list[str] = []
    outside: list[str] = []
    in_quotes = False
    for character in text:
        if character == '"':
            in_quotes = not in_quotes
        if in_quotes:
            continue
        outside.append("x" if character == '"' else character)
        if character in "([":
            open_brackets.append(character)
        elif character in pairs and (not open_brackets or open_brackets.pop() != pairs[character]):
            return f"a {character} without its {pairs[character]}"
    if in_quotes:
        return 'a quotation mark " that is not closed'
    if open_brackets:
        return f"a {open_brackets[-1]} that is not closed"
    if found := _HANGING_OPERATOR.search("".join(outside)):
        return f"nothing beside {found[0].strip()!r}"
    return None

"""Loads the vocabulary files, `vocabulary/*.csv`, that a clinician can edit, and checks them.

A term file has at least the columns `term,label`. A term is written as the record writes it, in any
case; a space matches one to three spaces or hyphens, a hyphen matches none as well (`car-t` is also
found in `CART` and `CAR T`), and its ends are word ends (also beside digits, so `cd19` is not found
in `cd190`). A term that begins with `~` is a regular expression and taken as it stands.

VocabularyError   the file and line, and what to do about it
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from transforms.profile.reading import word_tree
from transforms.profile.reading.texts import fold
from warehouse.errors import FileError

FOLDER = Path(__file__).parent / "vocabulary"


class VocabularyError(FileError):
    """A vocabulary file cannot be used: put it right and try again."""


@dataclass(frozen=True)
class Row:
    """One line of a vocabulary file: its line number and its cells, stripped."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]


def rows(name: str, columns: tuple[str, ...], folder: Path | None = None) -> list[Row]:
    """The rows of `name`.csv, every one of `columns` present. Raises VocabularyError."""
    path = (folder or FOLDER) / f"{name}.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        missing = [column for column in columns if column not in header]
        if missing:
            raise VocabularyError(path, 1, f"add the column {missing[0]!r}")
        found = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                problem = f"has {len(cells)} cells; the header has {len(header)}"
                raise VocabularyError(path, reader.line_num, problem)
            found.append(Row(reader.line_num, dict(zip(header, (c.strip() for c in cells), strict=True))))
    return found


@dataclass(frozen=True)
class Terms:
    """The terms of one file compiled into one expression. `label_of` is by folded term."""

    name: str
    pattern: re.Pattern[str]
    labels: tuple[str, ...]
    entries: tuple[Row, ...]

    def matches(self, folded: str) -> Iterator[tuple[int, int, str]]:
        """(start, end, label) of each term in a folded text, left to right, longest term first."""
        for match in self.pattern.finditer(folded):
            yield match.start(), match.end(), self.label(match)

    def search(self, folded: str) -> tuple[int, int, str] | None:
        """The first of `matches`."""
        match = self.pattern.search(folded)
        return None if match is None else (match.start(), match.end(), self.label(match))

    def label(self, match: re.Match[str]) -> str:
        index = match.lastindex
        assert index is not None
        return self.labels[index - 1]

    def row(self, match: re.Match[str]) -> Row:
        """The line of the file whose term matched."""
        assert match.lastindex is not None
        return self.entries[match.lastindex - 1]


def expression(term: str) -> str:
    """The regular expression of one term, on folded text."""
    if term.startswith("~"):
        return term[1:]
    folded = fold(term)
    words = [re.escape(word) for word in re.split(r"[ \-]+", folded) if word]
    gaps = re.findall(r"(?<=[^ \-])[ \-]+(?=[^ \-])", folded)
    joints = [r"[ \-]{0,3}" if "-" in gap else r"[ \-]{1,3}" for gap in gaps]
    body = words[0] + "".join(joint + word for joint, word in zip(joints, words[1:], strict=True))
    before = r"(?<![^\W_])" if folded[:1].isalnum() else ""
    after = r"(?![^\W_])" if folded[-1:].isalnum() else ""
    return f"{before}{body}{after}"


def compiled(name: str, entries: list[Row], path: Path, *, keep_order: bool = False) -> Terms:
    """`entries` (columns term, label) as Terms, longest term first unless `keep_order`.

    Raises VocabularyError for a term with two labels, an empty label, a wrong expression.
    """
    labels: dict[str, tuple[str, int]] = {}
    for entry in entries:
        term, label = entry["term"], entry["label"]
        if not term:
            raise VocabularyError(path, entry.line, "the term is empty; write one or delete the line")
        if not label:
            raise VocabularyError(path, entry.line, f"the term {term!r} has an empty label; write one")
        key = term if term.startswith("~") else word_tree.key(fold(term))
        if key in labels:
            other, line = labels[key]
            problem = f"the term {term!r} has two labels, {other!r} on line {line} and {label!r}"
            if other == label:
                problem = f"the term {term!r} stands on line {line} already"
            raise VocabularyError(path, entry.line, f"{problem}; keep one")
        labels[key] = (label, entry.line)
    ordered = entries if keep_order else sorted(entries, key=lambda e: (-len(e["term"]), e["term"]))
    for entry in ordered:
        try:
            group_count = re.compile(expression(entry["term"])).groups
        except re.error as error:
            problem = f"the expression {entry['term']!r} is wrong: {error}"
            raise VocabularyError(path, entry.line, problem) from error
        if group_count:
            raise VocabularyError(path, entry.line, f"write (?: instead of ( in {entry['term']!r}")
    pattern = re.compile("|".join(f"({expression(e['term'])})" for e in ordered) or r"(?!)")
    return Terms(name, pattern, tuple(e["label"] for e in ordered), tuple(ordered))


@dataclass(frozen=True)
class WordList:
    """The plain terms of one file in one expression that shares beginnings (transforms.profile.reading.word_tree).

    Reads a text about ten times as fast as Terms; a term may end in * but is no expression.
    """

    pattern: re.Pattern[str]
    rows: Mapping[str, Row]

    def matches(self, folded: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, Row]]:
        """(start, end, line of the file) of each term in folded[start:end], left to right."""
        for match in self.pattern.finditer(folded, start, len(folded) if end is None else end):
            yield match.start(), match.end(), word_tree.look_up(match.group(), self.rows)

    def search(self, folded: str, start: int = 0, end: int | None = None) -> tuple[int, int, Row] | None:
        """The first of `matches`."""
        return next(self.matches(folded, start, end), None)


def word_list(name: str, entries: list[Row] | None = None) -> WordList:
    """`name`.csv (or some of its lines) as a WordList. Raises VocabularyError as `terms` does."""
    chosen = rows(name, ("term", "label")) if entries is None else entries
    compiled(name, chosen, FOLDER / f"{name}.csv")  # checks the lines
    known = {word_tree.key(fold(entry["term"])): entry for entry in chosen}
    return WordList(word_tree.compiled(fold(entry["term"]) for entry in chosen), known)


@cache
def terms(name: str) -> Terms:
    """The terms of `name`.csv, checked and compiled once."""
    return compiled(name, rows(name, ("term", "label")), FOLDER / f"{name}.csv")


def digest() -> str:
    """Hash of all vocabulary files: changes when any of them does."""
    content = hashlib.sha256()
    for path in sorted(FOLDER.glob("*.csv")):
        content.update(path.name.encode())
        content.update(path.read_bytes())
    return content.hexdigest()[:12]

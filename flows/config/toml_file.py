"""Where in a TOML file something stands: the line of every header and key."""

from __future__ import annotations

import re

Place = tuple[str | int, ...]


def lines_of_keys(text: str) -> dict[Place, int]:
    """Line (from 1) of every table header and key of a TOML text, by its path: ('topic', 0, 'name')."""
    lines: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    closing: str | None = None  # the quotes that end the multi-line text we are in
    for number, line in enumerate(text.splitlines(), start=1):
        if closing:
            closing = None if closing in line else closing
            continue
        if header := re.match(r"\s*\[\[\s*([\w.\-]+)\s*\]\]", line):
            table = _array_table(header[1].split("."), counts)
            lines[table] = number
        elif header := re.match(r"\s*\[\s*([\w.\-]+)\s*\]", line):
            table = tuple(header[1].split("."))
            lines[table] = number
        elif key := re.match(r"""\s*["']?([\w.\-]+)["']?\s*=(.*)""", line):
            lines.setdefault((*table, key[1]), number)
            for quotes in ('"' * 3, "'" * 3):
                if key[2].count(quotes) % 2:
                    closing = quotes
    return lines


def _array_table(names: list[str], counts: dict[Place, int]) -> Place:
    """The path of the array table that `[[names]]` opens: its outer tables are the newest ones."""
    place: Place = ()
    for name in names[:-1]:
        place = (*place, name)
        if place in counts:
            place = (*place, counts[place])
    place = (*place, names[-1])
    counts[place] = counts.get(place, -1) + 1
    return (*place, counts[place])

"""Which columns of an answer are shown: those asked for, or on a terminal those that it has room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.errors import UsageError
from warehouse.querying.words import folded, nearest

FOLDED_AT = 32  # characters; a longer cell is folded rather than that its column is left out
GAP = 2
LEAST = 2  # columns that are shown however narrow the terminal is


class UnknownColumn(UsageError):
    """A column that the answer does not have; the message names the nearest."""


@dataclass(frozen=True)
class Choice:
    """`names` as a user lists them; `is_wide`: all, whatever the width."""

    names: Sequence[str] = ()
    is_wide: bool = False


def chosen(choice: Choice, columns: Sequence[str]) -> list[str]:
    """The columns asked for, in the order asked; all where none is. Raises UnknownColumn."""
    known = {folded(name): name for name in columns}
    wanted = [name.strip() for given in choice.names for name in given.split(",") if name.strip()]
    for name in wanted:
        if folded(name) not in known:
            raise UnknownColumn(f"There is no column {name!r}. {nearest(folded(name), known)}")
    return list(dict.fromkeys(known[folded(name)] for name in wanted)) or list(columns)


def fitting(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Places of the columns that fit side by side in `width` characters: the first ones go before later ones."""
    room = width
    found: list[int] = []
    for place, name in enumerate(columns):
        needs = max([len(name), *(min(len(row[place]), FOLDED_AT) for row in rows)]) + (GAP if found else 0)
        if needs <= room or len(found) < LEAST:
            found.append(place)
            room -= needs
    return found


def left_out(columns: Sequence[str], shown: Sequence[int]) -> str:
    """A sentence on the columns that are not shown; empty where all are."""
    missing = [name for place, name in enumerate(columns) if place not in shown]
    if not missing:
        return ""
    return f"Not shown for want of room: {', '.join(missing)}. --wide shows all, --columns NAME,NAME those you name."

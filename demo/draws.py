"""Seeded draws that give the same answer on every Python version.

Only `random.Random.random()` is promised to repeat across versions, so every draw is made from it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TypeVar

T = TypeVar("T")

SEED = "made-up recordings, 2026"


class Draw:
    """Draws for one record: seeded by its id, so that adding a record moves no other."""

    def __init__(self, *names: str) -> None:
        self._next = random.Random(":".join((SEED, *names))).random

    def number(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._next() * (high - low + 1))

    def chance(self, share: float) -> bool:
        return self._next() < share

    def one(self, of: Sequence[T]) -> T:
        return of[int(self._next() * len(of))]

    def some(self, of: Sequence[T], count: int) -> list[T]:
        """`count` different items in drawn order; all of them when there are fewer."""
        left = list(of)
        taken: list[T] = []
        while left and len(taken) < count:
            taken.append(left.pop(int(self._next() * len(left))))
        return taken

    def by_weight(self, weights: Mapping[T, float]) -> T:
        at = self._next() * sum(weights.values())
        for item, weight in weights.items():
            at -= weight
            if at < 0:
                return item
        return list(weights)[-1]

    def day(self, first: str, last: str) -> str:
        """A day from `first` to `last` (YYYY-MM-DD), both included."""
        start, end = date.fromisoformat(first), date.fromisoformat(last)
        return (start + timedelta(days=self.number(0, (end - start).days))).isoformat()


def days_later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def months_later(day: str, months: int) -> str:
    """The first of the month that lies `months` after `day`, as YYYY-MM."""
    year, month = int(day[:4]), int(day[5:7]) - 1 + months
    return f"{year + month // 12:04d}-{month % 12 + 1:02d}"

"""How many rows are made of one results section, so that none takes the memory of a night.

The largest sections of the registry have some tens of thousands of rows. What lies beyond the bounds is in the
archive as received, and is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

MOST_ROWS = 200_000  # of one record, all tables of its results together
MOST_CHARACTERS = 200_000_000  # of texts that rows repeat


class Budget(msgspec.Struct):
    """Rows and characters that may still be made of a record, and the rows left out."""

    rows: int = msgspec.field(default_factory=lambda: MOST_ROWS)
    characters: int = msgspec.field(default_factory=lambda: MOST_CHARACTERS)
    left_out: int = 0

    def take(self, items: Sequence[T], shared: dict[str, Any]) -> Sequence[T]:
        """Those of `items` that rows may be made of, where each repeats the texts of `shared`."""
        each = sum(len(text) for text in shared.values() if isinstance(text, str))
        wanted = len(items)
        taken = min(wanted, self.rows, self.characters // each if each else wanted)
        self.rows -= taken
        self.characters -= taken * each
        self.left_out += wanted - taken
        return items if taken == wanted else items[:taken]

"""Which columns are compared between two versions of a trial, and how a value reads.

Compared is what the record itself says: the columns that name a `source` in the schema. What we
compute from them (labels, codes, counts) would only say the same change twice. A source outside
`protocolSection` begins with a slash: the registry's own history does not carry it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from warehouse.schema import table

Row = Mapping[str, Any]

WORDS = re.compile(r"\w+")
GIVEN_LENGTH = {"day": 10, "month": 7, "year": 4}
KEY_LIMIT = 120  # characters of an item's name in a field path

# Profile columns that repeat what car_t_products or another column of the profile says.
REPEATED_IN_PROFILE = (
    "nct_id", "target_antigens", "constructs", "cell_type", "cell_source", "products", "comparator",
    "rule_version",
)  # fmt: skip


@cache
def compared_columns(table_name: str, only_protocol: bool = False) -> tuple[str, ...]:
    """Columns of `table_name` that the record gives, without the trial's number."""
    return tuple(
        column.name
        for column in table(table_name).columns
        if column.source and column.name != "nct_id" and not (only_protocol and column.source.startswith("/"))
    )


PROFILE_COLUMNS = tuple(name for name in table("car_t_profiles").column_names if name not in REPEATED_IN_PROFILE)


def value(row: Row, column: str) -> Any:
    """A value as compared: a blank text and an empty list are absent, a date reads as it was given.

    A row from a transform holds "2026-05"; a typed row holds 2026-05-01 and its precision. Both read
    "2026-05", so that the two kinds can be compared.
    """
    found = row.get(column)
    if isinstance(found, date):
        precision = row.get(f"{column}_precision")
        return found.isoformat()[: GIVEN_LENGTH.get(precision or "day", 10)]
    if isinstance(found, str):
        return found.strip() or None
    if isinstance(found, list) and not found:
        return None
    return found


def words(given: object) -> str:
    """A text as its words: case, white space and punctuation say nothing about which item it is."""
    return " ".join(WORDS.findall(given.casefold())) if isinstance(given, str) else str(given or "")


def item_key(*names: object) -> str:
    """What an item is called in a field path: its first given name, shortened."""
    name = next((" ".join(str(name).split()) for name in names if name), "unnamed")
    return name if len(name) <= KEY_LIMIT else name[: KEY_LIMIT - 1] + "…"

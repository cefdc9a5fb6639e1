"""What a table and a column are: the words in which `warehouse/tables/` declares the schema.

DDL, comments, the data dictionary, the Great Expectations suites, the Arrow types of a frame and
the fingerprint all read these declarations. Nothing else lists columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

# The DuckDB types in use. Lists are written as DuckDB writes them.
TEXT = "VARCHAR"
TEXTS = "VARCHAR[]"
FLOATS = "DOUBLE[]"
INTEGER = "INTEGER"
BIGINT = "BIGINT"
FLOAT = "DOUBLE"
BOOLEAN = "BOOLEAN"
DATE = "DATE"
TIMESTAMP = "TIMESTAMP"  # UTC, without zone

ARROW_TYPES = {
    TEXT: pa.string(),
    TEXTS: pa.list_(pa.string()),
    FLOATS: pa.list_(pa.float64()),
    INTEGER: pa.int32(),
    BIGINT: pa.int64(),
    FLOAT: pa.float64(),
    BOOLEAN: pa.bool_(),
    DATE: pa.date32(),
    TIMESTAMP: pa.timestamp("us"),
}

PRECISIONS = ("day", "month", "year")


@dataclass(frozen=True)
class Column:
    """One column of one table.

    `words` is the closed vocabulary of our own words: another value is our fault and critical.
    `registry_words` are the source's words as known today: another value is kept and warned about.
    `source` is the path in the source's record, for the dictionary and for quarantine.
    `bookkeeping` columns say which try wrote the row (run_id); they are left out of fingerprints.
    """

    name: str
    type: str
    comment: str
    nullable: bool = True
    words: tuple[str, ...] = ()
    registry_words: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    source: str | None = None
    bookkeeping: bool = False

    @property
    def is_list(self) -> bool:
        return self.type.endswith("[]")


@dataclass(frozen=True)
class Reference:
    """`columns` of this table name a row of `table` by its key; critical when they do not."""

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One table: what a row is (`grain`), its columns in order, its key.

    `origin` says who writes it: `content` tables are a function of the archive, the overrides and
    the rules and can be rebuilt; `journal` tables are copied from state.sqlite at each release.
    """

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    references: tuple[Reference, ...] = ()
    origin: str = "content"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column called `name`. Raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")


def registry_date(name: str, comment: str, source: str, *, typed: bool = False) -> tuple[Column, ...]:
    """A registry date: the first day of what was given, how much was given, and its type if it has one.

    `x_date DATE`, `x_date_precision` (day, month, year) and, where `typed`, `x_date_type`
    (ACTUAL, ESTIMATED). Nothing is imputed: "2026-05" is 2026-05-01 with precision month.
    """
    columns = [
        Column(name, DATE, comment, source=source, minimum=None),
        Column(f"{name}_precision", TEXT, f"How much of {name} was given", words=PRECISIONS),
    ]
    if typed:
        columns.append(
            Column(
                f"{name}_type",
                TEXT,
                f"Whether {name} is ACTUAL or ESTIMATED, as given",
                registry_words=("ACTUAL", "ESTIMATED"),
                source=source.rsplit(".", 1)[0] + ".type",
            )
        )
    return tuple(columns)

"""The frames that are checked together, typed by the schema, and what a check may know beside them.

No Great Expectations here. A chunk holds some thousand trials with all their tables; rows that lie
outside it (papers of earlier nights, the product list) are given as keys in the context.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from expectations.results import FailingRow
from warehouse.columns import ARROW_TYPES, Column, Table

Mask = npt.NDArray[np.bool_]

# Raw values are kept to this length, as in quarantined_records.
RAW_LENGTH = 500


@dataclass(frozen=True)
class CheckContext:
    """What is known beside the frames.

    `keys`: table -> frame with at least its key columns, for rows that exist outside the chunk.
    `topics`: names of the watchlist's topics; None where there is no watchlist.
    `filled_later`: columns that a later step fills in every table, not yet checked here.
    """

    keys: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    topics: frozenset[str] | None = None
    filled_later: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hit:
    """Rows that break one rule: their positions, the column at fault and why, in a few words."""

    positions: npt.NDArray[np.intp]
    reason: str
    column: str | None = None
    is_bad_field: bool = False


class WrongType(TypeError):
    """A column of a frame does not hold what its declaration says, and cannot be read as that."""


class Chunk:
    """Frames by table name, for one round of checks. `tables` are the declarations they follow."""

    def __init__(
        self,
        frames: Mapping[str, pd.DataFrame],
        tables: Iterable[Table],
        clock: datetime,
        context: CheckContext | None = None,
    ) -> None:
        self.tables = {table.name: table for table in tables}
        self.clock = clock
        self.context = context or CheckContext()
        self.found: dict[int, list[Hit]] = {}
        self._frames = dict(frames)
        self._typed: dict[str, pd.DataFrame] = {}
        self._arrays: dict[tuple[str, str], pa.Array] = {}

    def __contains__(self, table: str) -> bool:
        return table in self._frames

    def __getitem__(self, table: str) -> pd.DataFrame:
        """The frame of `table`, each declared column with its Arrow type. Raises WrongType, KeyError."""
        if table not in self._typed:
            frame = self._frames[table]
            declared = (column for column in self.tables[table].columns if column.name in frame)
            strangers = [column for column in declared if not _is_typed(frame[column.name], column)]
            if strangers:
                typed = {
                    column.name: pd.Series(
                        pd.array(self.array(table, column.name), dtype=_dtype(column)), index=frame.index
                    )
                    for column in strangers
                }
                frame = frame.assign(**typed)
            self._typed[table] = frame
        return self._typed[table]

    def has(self, table: str, columns: Iterable[str]) -> bool:
        return table in self._frames and set(columns) <= set(self._frames[table].columns)

    def columns(self, table: str) -> list[str]:
        return list(self._frames[table].columns)

    def rows(self, table: str) -> int:
        return len(self._frames[table])

    def array(self, table: str, column: str) -> pa.Array:
        """One column as one Arrow array of its declared type. Raises WrongType, KeyError."""
        place = (table, column)
        if place not in self._arrays:
            self._arrays[place] = _array(self._frames[table][column], self.tables[table].column(column))
        return self._arrays[place]

    @property
    def moment(self) -> np.datetime64:
        """The run's clock, UTC."""
        utc = self.clock.astimezone(UTC).replace(tzinfo=None) if self.clock.tzinfo else self.clock
        return np.datetime64(utc, "us")

    def clear(self) -> None:
        """Let go of the frames: an execution engine keeps its last batch until the next."""
        self._frames, self._typed, self._arrays = {}, {}, {}

    def failing_rows(self, table: str, hits: Sequence[Hit]) -> Iterator[FailingRow]:
        """Every failing row with its key and the raw value at fault, hit by hit."""
        frame = self._frames[table]
        key_columns = [name for name in self.tables[table].key if name in frame]
        for hit in hits:
            part = frame.iloc[hit.positions]
            listed = [part[name].tolist() for name in key_columns]
            keys = list(zip(*listed, strict=True)) if listed else [()] * len(part)
            known = hit.column is not None and hit.column in frame
            raws = [_raw(value) for value in part[hit.column]] if known else [None] * len(part)
            for position, key, raw in zip(hit.positions.tolist(), keys, raws, strict=True):
                plain = tuple(None if part is pd.NA else part for part in key)
                yield FailingRow(table, position, plain, hit.column, raw, hit.reason, hit.is_bad_field)


def _dtype(column: Column) -> pd.ArrowDtype:
    return pd.ArrowDtype(ARROW_TYPES[column.type])


def _is_typed(series: pd.Series, column: Column) -> bool:
    return bool(series.dtype == _dtype(column))


def _array(series: pd.Series, column: Column) -> pa.Array:
    arrow_type = ARROW_TYPES[column.type]
    try:
        array = pa.array(series, from_pandas=True)
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        return array if array.type == arrow_type else array.cast(arrow_type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, TypeError, ValueError) as error:
        raise WrongType(f"{column.name} holds something else than {column.type}") from error


def _raw(value: Any) -> str | None:
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    return str(value)[:RAW_LENGTH]

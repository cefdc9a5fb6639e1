"""Columns of a chunk as sentences want them: first and last possible days, counts and sets by trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from expectations.chunk import Chunk, Mask
from expectations.rules import UNIT_SEPARATOR

Days = npt.NDArray[np.datetime64]


def first_day(chunk: Chunk, table: str, name: str) -> Days:
    """The first day that a registry date can mean; NaT where there is none."""
    return np.asarray(chunk.array(table, name).to_numpy(zero_copy_only=False), dtype="datetime64[D]")


def last_day(chunk: Chunk, table: str, name: str) -> Days:
    """The last day that a registry date can mean: the end of its month or year where no day is given."""
    first = first_day(chunk, table, name)
    precision = chunk.array(table, f"{name}_precision")
    month_end = (first.astype("datetime64[M]") + 1).astype("datetime64[D]") - 1
    year_end = (first.astype("datetime64[Y]") + 1).astype("datetime64[D]") - 1
    return np.where(is_in(precision, ["year"]), year_end, np.where(is_in(precision, ["month"]), month_end, first))


def moments(chunk: Chunk, table: str, name: str) -> Days:
    return np.asarray(chunk.array(table, name).to_numpy(zero_copy_only=False), dtype="datetime64[us]")


def scalars(chunk: Chunk, table: str, name: str) -> list[Any]:
    listed: list[Any] = chunk.array(table, name).to_pylist()
    return listed


def is_in(values: pa.Array, words: Sequence[str]) -> Mask:
    """True where the value is one of `words`; NULL is not."""
    return _mask(pc.is_in(values, value_set=pa.array(words, pa.string())))


def is_null(values: pa.Array) -> Mask:
    return _mask(pc.is_null(values))


def is_empty(values: pa.Array) -> Mask:
    """True for a list without entries, and for NULL."""
    return _mask(pc.fill_null(pc.equal(pc.list_value_length(values), 0), True))


def true(values: pa.Array) -> Mask:
    return _mask(pc.fill_null(values, False))


def keys(chunk: Chunk, table: str, names: Sequence[str], where: Mask | None = None) -> pa.Array:
    """The named columns of each row as one text; NULL where one of them is."""
    parts = [chunk.array(table, name).cast(pa.string()) for name in names]
    joined = parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, UNIT_SEPARATOR)
    return joined if where is None else joined.filter(pa.array(where))


def among(values: pa.Array, known: pa.Array) -> Mask:
    return _mask(pc.is_in(values, value_set=known))


def counts(chunk: Chunk, table: str, name: str = "nct_id") -> dict[Any, int]:
    """Rows by the value of a column."""
    counted = pc.value_counts(chunk.array(table, name))
    return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))


def sets(chunk: Chunk, table: str, name: str, by: str = "nct_id") -> dict[Any, set[str]]:
    """The distinct values of a column, by trial; list columns give their entries."""
    owners, values = chunk.array(table, by), chunk.array(table, name)
    if pa.types.is_list(values.type):
        owners, values = owners.take(pc.list_parent_indices(values)), pc.list_flatten(values)
    pairs = pa.table({"owner": owners, "value": values}).group_by(["owner", "value"], use_threads=False).aggregate([])
    gathered: dict[Any, set[str]] = {}
    for owner, value in zip(pairs["owner"].to_pylist(), pairs["value"].to_pylist(), strict=True):
        if value is not None:
            gathered.setdefault(owner, set()).add(value)
    return gathered


def lists(chunk: Chunk, table: str, name: str) -> list[list[str] | None]:
    listed: list[list[str] | None] = chunk.array(table, name).to_pylist()
    return listed


def _mask(mask: pa.Array) -> Mask:
    return np.asarray(mask.to_numpy(zero_copy_only=False), dtype=bool)

"""The rules that a declaration makes for the rows of its table, checked on whole Arrow columns.

Each function takes a chunk and a table and gives the rows that break a rule. No Great Expectations
here: `expectations.suites` states these as expectations.

Who is at fault decides what follows. A value that the source gave and that makes no sense is a bad
field: people are told, the row stays. A key, a required column or one of our own words that is wrong
is our fault: no row can be trusted, the run is held.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from expectations.chunk import Chunk, Hit, WrongType
from expectations.results import counted
from warehouse import columns as types
from warehouse.columns import PRECISIONS, Column, Reference, Table

# Unknown words that are named one by one: each is looked for in all rows, and one record may hold thousands.
MOST_WORDS = 50
# These repeat every row of another table; the repeated columns are checked there.
REPEATS = {"trial_states": "trials", "profile_states": "car_t_profiles"}

# Joins the parts of a key. It cannot stand in a registry's text.
UNIT_SEPARATOR = "\x1f"


def own_columns(table: Table, chunk: Chunk) -> Iterator[Column]:
    """The columns of `table` that are checked in it: not those filled later, not repeated ones."""
    repeated = chunk.tables.get(REPEATS.get(table.name, ""))
    elsewhere = set(repeated.column_names) if repeated else set()
    for column in table.columns:
        if column.name in chunk.context.filled_later:
            continue
        if column.name not in elsewhere or column.name in table.key:
            yield column


def duplicate_keys(chunk: Chunk, table: Table) -> list[Hit]:
    """Rows whose key another row has as well, every one of them."""
    parts = [chunk.array(table.name, name) for name in table.key]
    keys = _joined(parts)
    if pc.count_distinct(keys, mode="all").as_py() == len(keys):
        return []
    repeated = chunk[table.name].duplicated(subset=list(table.key), keep=False)
    return _hits(np.asarray(repeated, dtype=bool), f"another row has the same {', '.join(table.key)}")


def broken_rules(chunk: Chunk, table: Table) -> list[Hit]:
    """What must hold in every row: columns there, required values, our own words, bounds of required ones."""
    hits: list[Hit] = []
    for column in own_columns(table, chunk):
        values = _values(chunk, table, column, hits)
        if values is None:
            continue
        if not column.nullable:
            hits += _hits(_mask(pc.is_null(values)), f"{column.name} is required", column.name)
            hits += _out_of_bounds(values, column)
        if column.words:
            hits += _unknown_words(values, column, column.words, "is none of our words")
    return hits


def bad_fields(chunk: Chunk, table: Table) -> list[Hit]:
    """Values of nullable columns that make no sense: out of bounds, of the wrong form, blank."""
    hits: list[Hit] = []
    for column in own_columns(table, chunk):
        if column.nullable and _can_make_no_sense(column):
            values = _values(chunk, table, column, None)
            if values is not None and values.null_count < len(values):
                hits += _out_of_bounds(values, column)
    return hits


def unknown_registry_words(chunk: Chunk, table: Table) -> list[Hit]:
    """Values outside the source's vocabulary as known today. They are kept as given."""
    hits: list[Hit] = []
    for column in own_columns(table, chunk):
        values = _values(chunk, table, column, None) if column.registry_words else None
        if values is not None:
            hits += _unknown_words(values, column, column.registry_words, "is new to us")
    return hits


def dangling(chunk: Chunk, table: Table, reference: Reference) -> list[Hit]:
    """Rows that name a row of another table which is neither in the chunk nor known outside it."""
    here = [chunk.array(table.name, name) for name in reference.columns]
    named = _joined(here)
    missing = pc.and_(pc.is_valid(named), pc.invert(pc.is_in(named, value_set=_known_keys(chunk, reference))))
    return _hits(_mask(missing), f"no such row in {reference.table}", reference.columns[-1])


def dates_without_precision(chunk: Chunk, table: Table) -> list[Hit]:
    """Registry dates whose precision is missing, or that go beyond it: nothing is imputed."""
    hits: list[Hit] = []
    for column in dated_columns(table):
        days = chunk.array(table.name, column.name)
        precision = chunk.array(table.name, f"{column.name}_precision")
        hits += _hits(
            _mask(pc.xor(pc.is_null(days), pc.is_null(precision))),
            "date and precision go together",
            column.name,
        )
        coarse = pc.is_in(precision, value_set=pa.array(PRECISIONS[1:]))
        beyond = pc.and_(coarse, pc.not_equal(pc.day(days), 1))
        yearly = pc.and_(pc.equal(precision, PRECISIONS[2]), pc.not_equal(pc.month(days), 1))
        hits += _hits(_mask(pc.or_kleene(beyond, yearly)), "the day is finer than its precision", column.name)
    return hits


def dated_columns(table: Table) -> list[Column]:
    """The registry dates of a table: those with a precision beside them."""
    names = set(table.column_names)
    return [column for column in table.columns if f"{column.name}_precision" in names]


def observed(chunk: Chunk, table: str, hits: list[Hit]) -> str:
    """What was found, for people: `overall_status 'PAUSED' is new to us (3)`; the same for the same rows."""
    counts: dict[str, int] = {}
    for hit in hits:
        said = f"{hit.column}: {hit.reason}" if hit.column and hit.column not in hit.reason else hit.reason
        counts[said] = counts.get(said, 0) + (len(hit.positions) or chunk.rows(table))
    return counted(counts)


def _values(chunk: Chunk, table: Table, column: Column, faults: list[Hit] | None) -> pa.Array | None:
    """The column's values; None, and a fault for all rows, where it is missing or of another type."""
    reason = f"{column.name} is missing"
    if chunk.has(table.name, [column.name]):
        try:
            return chunk.array(table.name, column.name)
        except WrongType as error:
            reason = str(error)
    if faults is not None:
        faults.append(Hit(np.arange(chunk.rows(table.name)), reason, column.name))
    return None


def _can_make_no_sense(column: Column) -> bool:
    return bool(
        column.pattern
        or column.minimum is not None
        or column.maximum is not None
        or column.type in (types.TEXT, types.FLOAT)
    )


def _out_of_bounds(values: pa.Array, column: Column) -> list[Hit]:
    """Below the minimum, above the maximum, not a number, not in the declared form, blank."""
    hits: list[Hit] = []
    name, bad = column.name, column.nullable
    items, parents = _items(values)
    if column.pattern:
        matches = pc.match_substring_regex(items, column.pattern)
        hits += _hits(_of_rows(pc.invert(matches), parents, len(values)), f"{name} has another form", name, bad)
    elif column.type in (types.TEXT, types.TEXTS):
        blank = pc.or_(pc.equal(pc.binary_length(items), 0), pc.utf8_is_space(items))
        hits += _hits(_of_rows(blank, parents, len(values)), f"{name} is blank, absent is NULL", name, bad)
    if column.minimum is not None:
        low = pc.less(items, column.minimum)
        hits += _hits(_of_rows(low, parents, len(values)), f"{name} is below {column.minimum:g}", name, bad)
    if column.maximum is not None:
        high = pc.greater(items, column.maximum)
        hits += _hits(_of_rows(high, parents, len(values)), f"{name} is above {column.maximum:g}", name, bad)
    if column.type == types.FLOAT:
        odd = pc.invert(pc.is_finite(items))
        hits += _hits(_mask(odd), f"{name} is no finite number", name, bad)
    return hits


def _unknown_words(values: pa.Array, column: Column, words: tuple[str, ...], why: str) -> list[Hit]:
    """One hit per unknown word, so that the result names it."""
    items, parents = _items(values)
    unknown = pc.and_(pc.is_valid(items), pc.invert(pc.is_in(items, value_set=pa.array(words, pa.string()))))
    hits: list[Hit] = []
    words_found = sorted(pc.unique(items.filter(unknown)).to_pylist())
    for word in words_found[:MOST_WORDS]:
        rows = _of_rows(pc.and_(unknown, pc.equal(items, word)), parents, len(values))
        hits += _hits(rows, f"{column.name} {word[:80]!r} {why}", column.name)
    if rest := words_found[MOST_WORDS:]:
        rows = _of_rows(pc.is_in(items, value_set=pa.array(rest, pa.string())), parents, len(values))
        hits += _hits(rows, f"{column.name}: {len(rest):,} more words, each {why}", column.name)
    return hits


def _items(values: pa.Array) -> tuple[pa.Array, pa.Array | None]:
    """The entries of a list column and the row of each; a plain column as it is."""
    if not pa.types.is_list(values.type):
        return values, None
    return pc.list_flatten(values), pc.list_parent_indices(values)


def _of_rows(mask: pa.Array, parents: pa.Array | None, rows: int) -> npt.NDArray[np.bool_]:
    if parents is None:
        return _mask(mask)
    of_rows = np.zeros(rows, dtype=bool)
    of_rows[np.asarray(parents)[_mask(mask)]] = True
    return of_rows


def _mask(mask: pa.Array) -> npt.NDArray[np.bool_]:
    return np.asarray(pc.fill_null(mask, False).to_numpy(zero_copy_only=False), dtype=bool)


def _hits(mask: npt.NDArray[np.bool_], reason: str, column: str | None = None, is_bad_field: bool = False) -> list[Hit]:
    positions = np.flatnonzero(mask)
    return [Hit(positions, reason, column, is_bad_field)] if len(positions) else []


def _joined(parts: list[pa.Array]) -> pa.Array:
    """The parts of a key as one array; NULL where a part is."""
    if len(parts) == 1:
        return parts[0]
    return pc.binary_join_element_wise(*(part.cast(pa.string()) for part in parts), UNIT_SEPARATOR)


def _known_keys(chunk: Chunk, reference: Reference) -> pa.Array:
    known = []
    if reference.table in chunk:
        known.append(_joined([chunk.array(reference.table, name) for name in reference.to]))
    if reference.table in chunk.context.keys:
        outside = Chunk(chunk.context.keys, [chunk.tables[reference.table]], chunk.clock)
        known.append(_joined([outside.array(reference.table, name) for name in reference.to]))
    return pa.concat_arrays(known) if known else pa.array([], pa.string())

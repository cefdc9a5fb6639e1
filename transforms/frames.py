"""Rows -> tables typed by the schema; what cannot be typed becomes NULL and a named problem.

One place turns given values into typed ones, whatever table they are for: texts that are blank are
absent, "2026-05" is 2026-05-01 with precision month, a number must be one. Tables have exactly the
schema's columns in the schema's order, as Arrow or as the Arrow-backed pandas frame of it, so that
expectations and DuckDB see the same types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from transforms.dates import registry_date
from transforms.shaped import Problem, Rows, start_of
from warehouse import columns as types
from warehouse.columns import ARROW_TYPES, Column, Table
from warehouse.schema import table as declared_table

if TYPE_CHECKING:
    import pandas as pd

REASONS = {
    types.TEXT: "a text was expected",
    types.TEXTS: "a list of texts was expected",
    types.FLOATS: "a list of numbers was expected",
    types.INTEGER: "a whole number was expected",
    types.BIGINT: "a whole number was expected",
    types.FLOAT: "a number was expected",
    types.BOOLEAN: "true or false was expected",
    types.DATE: "a date that there is, of the years 1000 to 2999, was expected as YYYY-MM-DD, YYYY-MM or YYYY",
    types.TIMESTAMP: "a moment was expected",
}
# Values of these Python types need no further look before they are read one by one.
READ_AS_GIVEN = {types.TEXT: str, types.DATE: str, types.BOOLEAN: bool, types.FLOAT: float}
# Types of given values that Arrow would take for something else, and how a column of only these is read:
# true for the number 1, the number 2026 for the 2026th day after 1970. A date given as text is a text first.
KINDS: Mapping[str, Mapping[frozenset[type], pa.DataType]] = {
    types.DATE: {frozenset(): pa.date32(), frozenset({str}): pa.string(), frozenset({date}): pa.date32()},
    types.INTEGER: {frozenset(): pa.int32(), frozenset({int}): pa.int32()},
    types.BIGINT: {frozenset(): pa.int64(), frozenset({int}): pa.int64()},
    types.FLOAT: {frozenset(): pa.float64(), frozenset({float}): pa.float64(), frozenset({int}): pa.float64(),
                  frozenset({int, float}): pa.float64()},
}  # fmt: skip
# What a list of ours holds; of numbers only what rules made, never what a source gave.
LIST_ITEMS: Mapping[str, type] = {types.TEXTS: str, types.FLOATS: float}
UNFIT = (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError, ValueError)
INTEGER_BOUNDS = {types.INTEGER: 2**31 - 1, types.BIGINT: 2**63 - 1}


class BadValue(msgspec.Struct, frozen=True):
    """One value of one row that has not the type its column declares."""

    row: int
    column: str
    raw_value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Typed:
    """Rows by the schema, as an Arrow table, and the values that had to be left out of it."""

    arrow: pa.Table
    bad_values: tuple[BadValue, ...]

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as an Arrow-backed pandas frame."""
        import pandas as pd  # takes a second to import: processes that only shape do without

        frame: pd.DataFrame = self.arrow.to_pandas(types_mapper=pd.ArrowDtype)
        return frame


def typed(table: Table, rows: Sequence[Mapping[str, Any]], constants: Mapping[str, Any] | None = None) -> Typed:
    """`rows` with the columns of `table`, in order. `constants` fill whole columns.

    A registry date is given as a text under `x_date`; its `x_date_precision` is made here.
    """
    constants = constants or {}
    arrays: dict[str, pa.Array] = {}
    bad: list[BadValue] = []
    given = _as_given(tuple(column for column in table.columns if column.name not in constants), rows)
    for column in table.columns:
        if column.name in constants:
            arrays[column.name] = pa.repeat(pa.scalar(constants[column.name], ARROW_TYPES[column.type]), len(rows))
            continue
        if column.name in arrays:  # the precision of a date, made together with it
            continue
        array = given.get(column.name)
        if array is not None and column.type == types.DATE and pa.types.is_string(array.type):
            arrays[column.name], arrays[f"{column.name}_precision"] = _dates_of_texts(column, array, bad)
        elif array is not None:
            arrays[column.name] = _within(column, _without_blanks(column, array), bad)
        else:
            values = [row.get(column.name) for row in rows]
            # Arrow takes the number 2026 for the 2026th day after 1970: whatever is no day is read as given text.
            if column.type == types.DATE and any(value is not None and not isinstance(value, date) for value in values):
                arrays[column.name], arrays[f"{column.name}_precision"] = _dates(column, values, bad)
            else:
                arrays[column.name] = _within(column, _array(column, values, bad), bad)
    names = list(table.column_names)
    return Typed(pa.table([arrays[name] for name in names], names=names), tuple(bad))


def _as_given(columns: tuple[Column, ...], rows: Sequence[Mapping[str, Any]]) -> dict[str, pa.Array]:
    """The columns whose values all have the type that Arrow wants: read together, without a look at each value.

    None of them where one value of one row has another type; those columns are then read one by one.
    """
    fields = []
    for column in columns:
        kinds = _kinds(column.name, rows) if column.type in KINDS else None
        arrow_type = ARROW_TYPES[column.type] if kinds is None else KINDS[column.type].get(kinds)
        if arrow_type is not None:
            fields.append(pa.field(column.name, arrow_type))
    try:
        return dict(zip((field.name for field in fields), pa.array(rows, pa.struct(fields)).flatten(), strict=True))
    except UNFIT:
        return {}


def _kinds(name: str, rows: Sequence[Mapping[str, Any]]) -> frozenset[type]:
    """The types of the values of a column, without None."""
    return frozenset(map(type, [row.get(name) for row in rows])) - {type(None)}


def readable(rows: Rows) -> Rows:
    """Rows as they are, but for values that have not their column's type: what `typed` would leave out.

    For what reads single rows before they are frames: a list where a name belongs must break nothing.
    Dates stay as given.
    """
    return {name: [_readable_row(name, row) for row in listed] for name, listed in rows.items()}


@cache
def _columns_of(table_name: str) -> tuple[Mapping[str, Column], Mapping[str, type | None]]:
    columns = {column.name: column for column in declared_table(table_name).columns}
    return columns, {name: READ_AS_GIVEN.get(column.type) for name, column in columns.items()}


def _readable_row(table_name: str, row: dict[str, Any]) -> dict[str, Any]:
    columns, given_types = _columns_of(table_name)
    # Most values are texts or absent: a look at the type of each, and a closer one at the others.
    others = [
        name for name, value in row.items()
        if value is not None and type(value) is not given_types[name] and not _fits(columns[name], value)
    ]  # fmt: skip
    return row | {name: _coerced(columns[name], 0, row[name], []) for name in others} if others else row


def _fits(column: Column, value: Any) -> bool:
    """Whether a value that is no text has its column's type as it stands."""
    if type(value) is list:
        of = LIST_ITEMS.get(column.type)
        return of is not None and {of}.issuperset(map(type, value))
    return type(value) is int and abs(value) <= INTEGER_BOUNDS.get(column.type, -1)


def _array(column: Column, values: list[Any], bad: list[BadValue]) -> pa.Array:
    """The values as Arrow has them; value by value only where some value has another type."""
    arrow_type = ARROW_TYPES[column.type]
    try:
        array = pa.array(values, arrow_type)
    except UNFIT:
        array = pa.array([_coerced(column, n, value, bad) for n, value in enumerate(values)], arrow_type)
    else:
        # Arrow takes true for the number 1.
        is_number = column.type in INTEGER_BOUNDS or column.type == types.FLOAT
        if is_number and any(isinstance(value, bool) for value in values):
            array = pa.array([_coerced(column, n, value, bad) for n, value in enumerate(values)], arrow_type)
    return _without_blanks(column, array)


def _without_blanks(column: Column, array: pa.Array) -> pa.Array:
    """Blank texts, and empty lists where a NULL is allowed, are absent."""
    if array.null_count == len(array):
        return array
    if column.type == types.TEXT:
        blanks = [pc.equal(array, _scalar("", pa.string())), pc.utf8_is_space(array)]
    elif column.is_list and column.nullable:
        blanks = [pc.equal(pc.list_value_length(array), _scalar(0, pa.int32()))]
    else:
        return array
    for blank in blanks:
        if blank.true_count:
            array = pc.if_else(blank, _scalar(None, array.type), array)
    return array


def _within(column: Column, array: pa.Array, bad: list[BadValue]) -> pa.Array:
    """Values outside the column's bounds or form become NULL and bad values, where a NULL is allowed.

    Where it is not, they stay: the expectations hold the run rather than lose the row's meaning.
    """
    if not column.nullable or array.null_count == len(array):
        return array
    wrong = []
    if column.minimum is not None:
        wrong.append(pc.less(array, _scalar(column.minimum, array.type)))
    if column.maximum is not None:
        wrong.append(pc.greater(array, _scalar(column.maximum, array.type)))
    if column.pattern is not None:
        wrong.append(pc.invert(pc.match_substring_regex(array, column.pattern)))
    for found in wrong:
        if found.true_count:
            for row in pc.indices_nonzero(found).to_pylist():
                bad.append(BadValue(row, column.name, start_of(array[row].as_py()), _bounds(column)))
            array = pc.if_else(pc.fill_null(found, False), _scalar(None, array.type), array)
    return array


@cache
def _scalar(value: float | str | None, arrow_type: pa.DataType) -> pa.Scalar:
    """Made once: Arrow takes longer to make a scalar than to compare a column with it."""
    return pa.scalar(value, arrow_type)


def _bounds(column: Column) -> str:
    if column.pattern is not None:
        return f"a text of the form {column.pattern} was expected"
    if column.maximum is None:
        return f"a number from {column.minimum:g} was expected"
    return f"a number from {column.minimum:g} to {column.maximum:g} was expected"


def _coerced(column: Column, row: int, value: Any, bad: list[BadValue]) -> Any:
    """`value` if it has the column's type (digits in a text count as a number), else None and a bad value."""
    if value is None:
        return None
    if column.type == types.TEXT and isinstance(value, str):
        # A lone surrogate cannot be stored as UTF-8 anywhere; the text around it can.
        return value.encode("utf-8", "replace").decode("utf-8")
    if column.is_list and isinstance(value, list) and all(isinstance(item, LIST_ITEMS[column.type]) for item in value):
        return value
    if column.type in INTEGER_BOUNDS and (number := _whole_number(value)) is not None:
        if abs(number) <= INTEGER_BOUNDS[column.type]:
            return number
    elif column.type == types.FLOAT and (given := _number(value)) is not None:
        return given
    elif (column.type == types.BOOLEAN and isinstance(value, bool)) or (
        column.type in (types.DATE, types.TIMESTAMP) and isinstance(value, date | datetime)
    ):
        return value
    bad.append(BadValue(row, column.name, start_of(value), REASONS[column.type]))
    return None


def _number(value: Any) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:  # a whole number of more than 308 digits
        return None


def _whole_number(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        return int(value)
    return None


def _dates(column: Column, values: list[Any], bad: list[BadValue]) -> tuple[pa.Array, pa.Array]:
    """First day of what was given, and how much was given. Nothing beyond that is imputed."""
    days: list[date | None] = []
    precisions: list[str | None] = []
    for row, value in enumerate(values):
        given = registry_date(value) if isinstance(value, str) else None
        if given is None and value is not None and value != "":
            bad.append(BadValue(row, column.name, start_of(value), REASONS[types.DATE]))
        days.append(given.day if given else None)
        precisions.append(given.precision if given else None)
    return pa.array(days, pa.date32()), pa.array(precisions, pa.string())


def _dates_of_texts(column: Column, texts: pa.Array, bad: list[BadValue]) -> tuple[pa.Array, pa.Array]:
    """`_dates` of a column of texts: each text is read once, however many rows have it."""
    encoded = texts.dictionary_encode()
    values = encoded.dictionary.to_pylist()
    unread: list[BadValue] = []
    days, precisions = _dates(column, values, unread)
    if unread:
        wrong = {found.row: found for found in unread}
        for row, index in enumerate(encoded.indices.to_pylist()):
            if found := wrong.get(index):
                bad.append(BadValue(row, column.name, found.raw_value, found.reason))
    return days.take(encoded.indices), precisions.take(encoded.indices)


def problems_of(
    table: Table, rows: Sequence[Mapping[str, Any]], bad_values: Sequence[BadValue]
) -> list[tuple[str, Problem]]:
    """Bad values as problems of their records: (record id, problem naming `table.column[n]`)."""
    item = next((name for name in table.key if name.endswith("_no")), None)
    record = table.key[0]
    found = []
    for bad in bad_values:
        row = rows[bad.row]
        place = f"[{row[item]}]" if item and item in row else ""
        found.append((str(row.get(record)), Problem(f"{table.name}.{bad.column}{place}", bad.raw_value, bad.reason)))
    return found


def merged(many: Sequence[Rows]) -> Rows:
    """Rows of many records as one batch: table -> all rows, in order."""
    batch: Rows = {}
    for rows in many:
        for name, listed in rows.items():
            batch.setdefault(name, []).extend(listed)
    return batch

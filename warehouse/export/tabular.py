"""Tables to files: CSV that no spreadsheet runs, JSON, Parquet, and XLSX with typed columns.

A table is an Arrow table, or a reader of batches where it is too large to hold. Values keep their
types where the format has them; in text, dates are ISO, moments are UTC, lists are joined.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

import pyarrow as pa

from warehouse import disk
from warehouse.errors import UsageError

FORMATS = ("csv", "json", "parquet", "xlsx")
BINARY = frozenset({"parquet", "xlsx"})
LIST_SEPARATOR = "; "
# A cell that begins so is a formula to a spreadsheet, also in full width; titles from the registry may.
FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
# What programs drop before they look: blanks, line ends, and characters that nobody sees.
UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp", "Zs"})
CSV_QUOTED = re.compile(r'[",\r\n]')
BATCH = 5_000

# Limits of Excel, by its specification.
XLSX_ROWS = 1_048_575  # beside the header
XLSX_TEXT = 32_767
XLSX_ESCAPED = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")  # written as _xHHHH_
XLSX_LONGEST_ESCAPE = 7
XLSX_SHEET_NAME = 31
XLSX_FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a day that never was
XLSX_INTEGER = 2**53
XLSX_WIDEST = 60


class TooLarge(UsageError):
    """A table does not fit the format; the message names one that it fits."""


def write_table(table: Any, format_: str, target: Path | IO[bytes]) -> None:
    """Write `table` (pa.Table or pa.RecordBatchReader) to a path or a binary stream in one of FORMATS."""
    if isinstance(target, Path):
        with disk.naming(target), disk.opened(target) as stream:
            write_table(table, format_, stream)
        return
    if format_ == "parquet":
        write_parquet(table, target)
    elif format_ == "xlsx":
        write_xlsx({"result": table}, target)
    elif format_ == "json":
        for line in json_lines(table):
            target.write(line.encode("utf-8"))
    elif format_ == "csv":
        for line in csv_lines(table):
            target.write(line.encode("utf-8"))
    else:
        raise ValueError(f"{format_!r} is no format; expected {', '.join(FORMATS)}")


def csv_lines(table: Any, *, list_separator: str | None = LIST_SEPARATOR) -> Iterator[str]:
    """The table as CSV, a row at a time, header first, line ends \\n; None writes lists as JSON arrays."""
    yield _csv_line([safe_cell(name) for name in table.schema.names])
    for row in rows(table):
        yield _csv_line([_csv_cell(value, list_separator) for value in row])


def safe_cell(text: str) -> str:
    """A text that a spreadsheet shows and never runs: an apostrophe before what would begin a formula.

    Also where that stands behind blanks, line ends or invisible characters. A text that begins with a tab or a
    return is guarded whatever follows.
    """
    if not text or text[0].isalnum():  # nearly every text
        return text
    seen = next((c for c in text if unicodedata.category(c) not in UNSEEN), "")
    return f"'{text}" if seen in FORMULA_STARTS or text[0] in "\t\r" else text


def json_lines(table: Any) -> Iterator[str]:
    """The table as one JSON array of objects, an object a line. NaN and infinity are null."""
    names = table.schema.names
    yield "["
    before = "\n"
    for row in rows(table):
        yield before + json.dumps(dict(zip(names, map(_json_value, row), strict=True)), ensure_ascii=False)
        before = ",\n"
    yield "\n]\n"


def write_parquet(table: Any, target: IO[bytes], about: Mapping[str, str] | None = None) -> None:
    """The table as Parquet; `about` becomes metadata of the file."""
    import pyarrow.parquet as pq

    schema = table.schema.with_metadata({**(table.schema.metadata or {}), **dict(about)}) if about else table.schema
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in _batches(table):
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))


def write_xlsx(
    sheets: Mapping[str, Any], target: IO[bytes], *, created: datetime | None = None, title: str | None = None
) -> None:
    """One workbook, a sheet for each table: typed columns, header frozen, filters. Raises TooLarge.

    Texts stay as they are: a cell of text is never run. One of more than 32,767 characters is cut and
    says so. `created` makes the same tables the same bytes.
    """
    import xlsxwriter

    options = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    made = _Workbook()
    with TemporaryDirectory() as folder, xlsxwriter.Workbook(made, {
        **options, "constant_memory": True, "tmpdir": folder,
    }) as book:  # fmt: skip
        properties: dict[str, Any] = {"created": created or datetime(2000, 1, 1)}
        book.set_properties(properties | ({"title": title} if title else {}))
        formats = {
            "header": book.add_format({"bold": True, "bottom": 1}),
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        }
        for name, table in sheets.items():
            _write_sheet(book.add_worksheet(name[:XLSX_SHEET_NAME]), table, formats)
    target.write(made.getbuffer())


class _Workbook(BytesIO):
    """A workbook is made in memory, and open until the end: where making it failed, zipfile ends it once more when it
    is collected, and Python would print what goes wrong then."""

    def close(self) -> None:
        pass


def rows(table: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a table or reader as tuples of Python values."""
    for batch in _batches(table):
        columns = [column.to_pylist() for column in batch.columns]
        if columns:
            yield from zip(*columns, strict=True)


def text(value: Any, list_separator: str | None = LIST_SEPARATOR) -> str:
    """A value as text: empty for NULL alone, NaN as such, ISO dates, true and false, entries of lists joined."""
    if value is None:
        return ""
    if isinstance(value, float) and math.isnan(value):
        return "NaN"
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list) and list_separator is not None:
        return list_separator.join(text(entry) for entry in value)
    if isinstance(value, list | dict):
        return json.dumps(_json_value(value), ensure_ascii=False)
    return str(value)


def _batches(table: Any) -> Iterable[Any]:
    yield from table.to_batches(max_chunksize=BATCH) if isinstance(table, pa.Table) else table


def _csv_line(cells: list[str]) -> str:
    """One line of CSV. Python's csv leaves a lone \\r bare when lines end in \\n; readers then see two lines."""
    quoted = [f'"{cell.replace(chr(34), chr(34) * 2)}"' if CSV_QUOTED.search(cell) else cell for cell in cells]
    return ",".join(quoted if quoted != [""] else ['""']) + "\n"


def _csv_cell(value: Any, list_separator: str | None) -> str:
    if isinstance(value, int | float | Decimal | date) or value is None:
        return text(value)  # numbers untouched: -5 is a number
    return safe_cell(text(value, list_separator))


def _json_value(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_json_value(entry) for entry in value]
    if isinstance(value, dict):
        return {str(key): _json_value(entry) for key, entry in value.items()}
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if value is None or isinstance(value, str | int | bool):
        return value
    return text(value)


def _write_sheet(sheet: Any, table: Any, formats: Mapping[str, Any]) -> None:
    names = table.schema.names
    widths = [len(name) for name in names]
    for column, name in enumerate(names):
        sheet.write_string(0, column, name, formats["header"])
    count = 0
    for count, row in enumerate(rows(table), start=1):
        if count > XLSX_ROWS:
            raise TooLarge(f"XLSX holds {XLSX_ROWS:,} rows and this table has more. Take parquet or csv instead.")
        for column, value in enumerate(row):
            _write_cell(sheet, count, column, value, formats)
            if count <= 200:
                widths[column] = max(widths[column], len(text(value)))
    for column, width in enumerate(widths):
        sheet.set_column(column, column, min(width + 2, XLSX_WIDEST))
    sheet.freeze_panes(1, 0)
    if names:
        sheet.autofilter(0, 0, count, len(names) - 1)


def _write_cell(sheet: Any, row: int, column: int, value: Any, formats: Mapping[str, Any]) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, int | float | Decimal) and abs(float(value)) < XLSX_INTEGER:
        sheet.write_number(row, column, value)
    elif isinstance(value, datetime) and value.date() >= XLSX_FIRST_DAY:
        sheet.write_datetime(row, column, value.replace(tzinfo=None), formats["moment"])
    elif isinstance(value, date) and not isinstance(value, datetime) and value >= XLSX_FIRST_DAY:
        sheet.write_datetime(row, column, value, formats["date"])
    else:
        sheet.write_string(row, column, _fitting(text(value)))


def _fitting(cell: str) -> str:
    """A text that a cell of Excel holds; one that is too long ends in how much was cut.

    Its length counts as it is written: a control character as seven (_x0001_), and so what reads like that.
    """
    if len(cell) * XLSX_LONGEST_ESCAPE <= XLSX_TEXT or _written(cell) <= XLSX_TEXT:
        return cell
    note = f" … [cut: {len(cell):,} characters in all]"
    kept = cell[:XLSX_TEXT]
    while (over := _written(kept) - (XLSX_TEXT - len(note))) > 0:
        kept = kept[: -max(1, over // XLSX_LONGEST_ESCAPE)]
    return kept + note


def _written(cell: str) -> int:
    """UTF-16 units of a text as a workbook holds it."""
    units = len(cell.encode("utf-16-le", "surrogatepass")) // 2
    return units + (XLSX_LONGEST_ESCAPE - 1) * len(XLSX_ESCAPED.findall(cell))

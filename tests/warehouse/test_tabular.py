"""Tables to files: every odd value comes out as it went in, and nothing of it is run."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from lxml import etree

from tests.warehouse.made_up import ODD_TITLES
from warehouse.export import tabular

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ODD = pa.table(
    {
        "title": ODD_TITLES,
        "=name": [["=1", "b; c"]] * len(ODD_TITLES),
        "number": [-5] * len(ODD_TITLES),
        "day": [date(2026, 9, 1)] * len(ODD_TITLES),
    }
)
ABSENT = pa.table(
    {
        "text": pa.array([None, ""], pa.string()),
        "number": pa.array([None, float("nan")], pa.float64()),
        "list": pa.array([None, []], pa.list_(pa.string())),
        "flag": pa.array([None, True], pa.bool_()),
    }
)


def written(table: pa.Table, format_: str) -> bytes:
    stream = io.BytesIO()
    tabular.write_table(table, format_, stream)
    return stream.getvalue()


def test_csv_reads_back_whatever_stands_in_a_cell() -> None:
    found = list(csv.reader(io.StringIO(written(ODD, "csv").decode("utf-8"), newline="")))
    assert found[0] == ["title", "'=name", "number", "day"]
    assert [row[0].removeprefix("'") for row in found[1:]] == ODD_TITLES
    assert {tuple(row[1:]) for row in found[1:]} == {("'=1; b; c", "-5", "2026-09-01")}


def test_csv_cells_that_would_be_formulas_have_an_apostrophe() -> None:
    for sign in ("=1+1", "+1", "-1", "@x", "\tx", "\rx", '=HYPERLINK("http://example.org")'):
        assert tabular.safe_cell(sign) == f"'{sign}"
    assert tabular.safe_cell("CD19 = a target") == "CD19 = a target"


def test_a_lone_carriage_return_does_not_break_a_line() -> None:
    lines = list(tabular.csv_lines(pa.table({"a": ["one\rtwo", "three"], "b": ["x", "y"]})))
    assert lines == ["a,b\n", '"one\rtwo",x\n', "three,y\n"]


def test_json_reads_back_as_it_is() -> None:
    found = json.loads(written(ODD, "json"))
    assert [row["title"] for row in found] == ODD_TITLES
    assert found[0]["=name"] == ["=1", "b; c"] and found[0]["day"] == "2026-09-01"


def test_parquet_reads_back_as_it_is() -> None:
    assert pq.read_table(io.BytesIO(written(ODD, "parquet"))).equals(ODD)


def test_a_workbook_keeps_texts_and_types_and_has_no_formula() -> None:
    with zipfile.ZipFile(io.BytesIO(written(ODD, "xlsx"))) as book:
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert next(sheet.iter(f"{MAIN}f"), None) is None
    rows = [list(row) for row in sheet.iter(f"{MAIN}row")][1:]
    assert [row[0].get("t") for row in rows] == ["inlineStr"] * len(ODD_TITLES)
    assert "".join(rows[1][0].itertext()) == "=1+1 cells"
    assert [float("".join(row[2].itertext())) for row in rows] == [-5.0] * len(ODD_TITLES)
    assert sheet.find(f"{MAIN}autoFilter").get("ref") == f"A1:D{len(ODD_TITLES) + 1}"


def test_absent_is_empty_in_text_and_null_in_json() -> None:
    assert written(ABSENT, "csv").decode().splitlines()[1:] == [",,,", ",NaN,,true"]
    assert json.loads(written(ABSENT, "json")) == [
        {"text": None, "number": None, "list": None, "flag": None},
        {"text": "", "number": None, "list": [], "flag": True},
    ]


@pytest.mark.parametrize("format_", tabular.FORMATS)
def test_a_table_without_rows_has_its_header(format_: str) -> None:
    empty = ODD.slice(0, 0)
    assert written(empty, format_)
    if format_ == "csv":
        assert written(empty, "csv").decode() == "title,'=name,number,day\n"
    if format_ == "json":
        assert json.loads(written(empty, "json")) == []


def test_a_text_too_long_for_a_cell_of_excel_says_that_it_is_cut() -> None:
    with zipfile.ZipFile(io.BytesIO(written(pa.table({"a": ["🧬" * 40_000]}), "xlsx"))) as book:
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    cell = "".join(list(sheet.iter(f"{MAIN}row"))[1].itertext())
    assert cell.endswith("[cut: 40,000 characters in all]")
    assert len(cell.encode("utf-16-le")) // 2 <= tabular.XLSX_TEXT


@pytest.mark.parametrize("text", ["\x01" * 20_000, "_x0041_" * 6_000, "a\x0b\ufffe_x0001_🧬" * 4_000, "\r" * 5_000])
def test_a_text_fits_a_cell_of_excel_as_it_is_written(text: str) -> None:
    """A control character is written as seven characters, and Excel repairs a workbook with a longer cell."""
    with zipfile.ZipFile(io.BytesIO(written(pa.table({"a": [text]}), "xlsx"))) as book:
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    cell = "".join(list(sheet.iter(f"{MAIN}row"))[1].itertext())
    assert len(cell.encode("utf-16-le")) // 2 <= tabular.XLSX_TEXT
    assert cell.endswith("characters in all]")


@pytest.mark.parametrize("before", ["", " ", "\n", "\r\n", "\t", "\u00a0", "\u200b", "\ufeff", "\x00", " \n\u2060"])
@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1"])
def test_a_formula_is_guarded_whatever_nobody_sees_before_it(before: str, start: str) -> None:
    assert tabular.safe_cell(before + start) == f"'{before}{start}"
    is_guarded = before.startswith(("\t", "\r"))
    assert tabular.safe_cell(f"{before}a{start}") == ("'" if is_guarded else "") + f"{before}a{start}"


def test_a_day_before_excel_counts_days_is_text() -> None:
    with zipfile.ZipFile(io.BytesIO(written(pa.table({"a": [date(1899, 1, 1)]}), "xlsx"))) as book:
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert "".join(list(sheet.iter(f"{MAIN}row"))[1].itertext()) == "1899-01-01"


def test_moments_decimals_and_nested_values_have_a_text() -> None:
    assert tabular.text(datetime(2026, 9, 1, 3, 15)) == "2026-09-01T03:15:00"
    assert tabular.text(Decimal("1.50")) == "1.50"
    assert tabular.text({"a": [1, None]}) == '{"a": [1, null]}'
    assert tabular.text(["a", None, True]) == "a; ; true"
    assert tabular.text(b"\x00\xff") == "00ff"


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="'docx' is no format; expected csv, json, parquet, xlsx"):
        written(ODD, "docx")

"""The published file is opened, or refused with what to do."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from tests.warehouse import made_up
from warehouse.errors import NotPublished, WarehouseError
from warehouse.reading import open_published, published
from warehouse.schema import SCHEMA_VERSION


def release(rows: made_up.Rows) -> made_up.Rows:
    return {"release": rows["release"]}


def test_before_the_first_release(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match=r"Nothing has been published yet: .* Run `cartrials nightly` first\."):
        open_published(tmp_path / "cartrials.duckdb")


def test_a_warehouse_of_yesterdays_schema_says_what_makes_it_anew(small_rows: made_up.Rows, tmp_path: Path) -> None:
    path = made_up.build(tmp_path / "old.duckdb", release(small_rows), schema_version=SCHEMA_VERSION - 1)
    with pytest.raises(WarehouseError, match=rf"has schema {SCHEMA_VERSION - 1}.* Run `cartrials rebuild`: it makes"):
        open_published(path)


def test_a_warehouse_of_tomorrows_schema_asks_for_tomorrows_version(small_rows: made_up.Rows, tmp_path: Path) -> None:
    path = made_up.build(tmp_path / "new.duckdb", release(small_rows), schema_version=SCHEMA_VERSION + 1)
    with pytest.raises(WarehouseError, match=rf"has schema {SCHEMA_VERSION + 1}.* Install the version of cartrials"):
        open_published(path)


def test_another_duckdb_file_is_no_warehouse(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "mine.duckdb")) as connection:
        connection.execute("CREATE TABLE mine AS SELECT 1 AS n")
    with pytest.raises(WarehouseError, match=r"is a DuckDB file, but no published warehouse\. Set CARTRIALS_HOME"):
        open_published(tmp_path / "mine.duckdb")


@pytest.mark.parametrize("content", [b"", b"not a database", b"\0" * 20_000])
def test_what_is_no_database_is_told_as_such(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cartrials.duckdb"
    path.write_bytes(content)
    with pytest.raises(WarehouseError, match=str(path)):
        open_published(path)


def test_a_file_cut_off_is_told_as_such(empty_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "cartrials.duckdb"
    content = empty_file.read_bytes()
    path.write_bytes(content[: len(content) // 3])
    with pytest.raises(WarehouseError, match=r"cannot be read as a published warehouse .* Run `cartrials rebuild`"):
        open_published(path)


def test_two_readers_and_a_new_release_do_not_disturb_each_other(small_rows: made_up.Rows, tmp_path: Path) -> None:
    path = made_up.build(tmp_path / "cartrials.duckdb", release(small_rows))
    with published(path) as first, published(path) as second:
        made_up.build(tmp_path / "next.duckdb", release(small_rows)).replace(path)
        for reader in (first, second):
            assert reader.execute("SELECT count(*) FROM release").fetchone() == (1,)

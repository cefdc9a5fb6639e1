"""The published file is opened, or refused with what to do."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import duckdb
import pytest

from flows.cli.commands import query, show
from flows.config.settings import load
from flows.report.build import build_report
from tests.warehouse import made_up
from warehouse.errors import NotPublished, WarehouseError
from warehouse.querying.reading import open_published, published
from warehouse.schema import SCHEMA_VERSION, TABLES

# Of every column by name and type; a change of it raises SCHEMA_VERSION, and both are written here.
COLUMNS_OF = (7, "4cfd33380f52a4a5")


def release(rows: made_up.Rows) -> made_up.Rows:
    return {"release": rows["release"]}


def test_before_the_first_release(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match=r"Nothing has been published yet: .* Run `cartrials nightly` first\."):
        open_published(tmp_path / "cartrials.duckdb")


def test_a_warehouse_of_yesterdays_schema_says_what_makes_it_anew(small_rows: made_up.Rows, tmp_path: Path) -> None:
    path = made_up.build(tmp_path / "old.duckdb", release(small_rows), schema_version=SCHEMA_VERSION - 1)
    with pytest.raises(WarehouseError, match=rf"has schema {SCHEMA_VERSION - 1}.* Run `cartrials rebuild`: it makes"):
        open_published(path)


def test_a_change_of_columns_raises_the_version_of_the_schema() -> None:
    columns = "\n".join(f"{one.name}.{column.name} {column.type}" for one in TABLES for column in one.columns)
    assert (SCHEMA_VERSION, sha256(columns.encode()).hexdigest()[:16]) == COLUMNS_OF


def test_a_file_from_before_a_column_is_told_as_such_by_every_question(
    small_rows: made_up.Rows, tmp_path: Path
) -> None:
    """Files of schema 1 have neither `former_nct_ids` nor `dropped`: no question may end in DuckDB's own error."""
    settings = load(home=tmp_path)
    with duckdb.connect(str(made_up.build(settings.warehouse_path, release(small_rows), schema_version=1))) as file:
        views = file.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        for (view,) in views:
            file.execute(f"DROP VIEW {view}")
        file.execute("ALTER TABLE trials DROP COLUMN former_nct_ids")
        file.execute("ALTER TABLE source_pulls DROP COLUMN dropped")
    asked = (
        lambda: show.show_trials(settings, ["NCT90000001"], as_json=False),
        lambda: query.run_search(settings, ["lupus"]),
        lambda: query.run_query(settings, "by_status"), lambda: query.run_sql(settings, "SELECT 1"),
        lambda: build_report(settings.warehouse_path, tmp_path / "index.html"),
    )  # fmt: skip
    for question in asked:
        with pytest.raises(WarehouseError, match=r"has schema 1, .* Run `cartrials rebuild`"):
            question()


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

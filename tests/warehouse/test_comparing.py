"""What a rebuilt database says otherwise than the published file, for any table and any file."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.warehouse import made_up
from warehouse import work
from warehouse.release.comparing import beside, differences, table_differences
from warehouse.work import CONTENT_TABLES

NAMES = [declared.name for declared in CONTENT_TABLES]


def test_every_table_is_compared_also_one_whose_columns_are_its_key(small_file: Path, tmp_path: Path) -> None:
    with work.open_work(tmp_path / "work.duckdb") as connection, beside(connection, small_file):
        found = {difference.table: difference for difference in table_differences(connection, NAMES)}
    assert set(found) == set(NAMES)
    assert found["trials"].gone > 0 and found["trials"].new == 0
    assert any(not [c for c in t.columns if c.name not in t.key and not c.bookkeeping] for t in CONTENT_TABLES)


def test_a_file_that_lacks_a_column_is_compared_by_the_others_and_one_that_lacks_a_table_is_told(
    tmp_path: Path,
) -> None:
    path = tmp_path / "published.duckdb"
    with work.open_work(path) as older:
        made_up.make_tables_of_views(older)
        older.execute("ALTER TABLE trials DROP COLUMN brief_title")
    with work.open_work(tmp_path / "work.duckdb") as connection, beside(connection, path):
        tables, events, trouble = differences(connection, ["trials"])
        assert (len(tables), events, trouble) == (1, [], None)
    with duckdb.connect(str(path)) as older:
        older.execute("DROP TABLE trials")
    with work.open_work(tmp_path / "work.duckdb") as connection, beside(connection, path):
        tables, events, trouble = differences(connection, ["trials"])
        assert (tables, events) == ([], []) and trouble and "trials" in trouble

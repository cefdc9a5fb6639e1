"""Every table, column, view, query and macro is described, in docs/dictionary.md and in the file itself."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from warehouse.ddl import MACROS
from warehouse.querying import named
from warehouse.querying.facets import FACETS
from warehouse.querying.reading import Connection
from warehouse.release import comments, dictionary
from warehouse.schema import TABLES


def test_the_dictionary_is_current() -> None:
    assert dictionary.TARGET.read_text("utf-8") == dictionary.markdown(), (
        "stale: run `python -m warehouse.release.dictionary` and commit docs/dictionary.md"
    )


def test_the_dictionary_has_every_table_column_query_filter_and_macro() -> None:
    told = dictionary.markdown()
    for declared in TABLES:
        assert f"### {declared.name}\n" in told
        for column in declared.columns:
            assert f"| {column.name} | {column.type} |" in told
    for asked in named.queries().values():
        assert f"### trend_{asked.name}: " in told
        assert all(f"| {name} | " in told for name in asked.columns)
    assert all(f"| {facet.option} |" in told for facet in FACETS)
    assert all(f"### {path.stem} (macro)" in told for path in MACROS.glob("*.sql"))


@pytest.mark.parametrize("declared", TABLES, ids=lambda declared: declared.name)
def test_every_table_and_column_is_described(declared: object) -> None:
    assert declared.grain.startswith("One row")  # type: ignore[attr-defined]
    for column in declared.columns:  # type: ignore[attr-defined]
        assert column.comment.strip(), column.name


def test_a_column_without_a_comment_would_be_seen(small: Connection) -> None:
    """Nothing in the file is undescribed: asked of the file, not of the schema."""
    for kind in ("tables", "views"):
        of_it = f"SELECT {kind[:-1]}_name FROM duckdb_{kind}() WHERE coalesce(comment, '') = '' AND NOT internal"
        assert small.execute(of_it).fetchall() == []
    columns = "SELECT table_name, column_name FROM duckdb_columns() WHERE coalesce(comment, '') = '' AND NOT internal"
    assert small.execute(columns).fetchall() == []
    macros = """
        SELECT function_name FROM duckdb_functions()
        WHERE NOT internal AND function_type LIKE '%macro' AND coalesce(comment, '') = ''
    """
    assert small.execute(macros).fetchall() == []


def test_what_the_file_says_of_a_view_is_what_its_header_says(small: Connection) -> None:
    row = small.execute("SELECT comment FROM duckdb_views() WHERE view_name = 'trend_by_target'").fetchone()
    assert row and row[0].startswith("Products by target antigen. One row per target antigen")
    row = small.execute(
        "SELECT comment FROM duckdb_columns() WHERE table_name = 'car_t_trials' AND column_name = 'lymphodepletion'"
    ).fetchone()
    assert row and row[0] == comments.columns_of_view("car_t_trials")["lymphodepletion"]


def test_comments_name_only_columns_that_are_there(empty_file: Path) -> None:
    with duckdb.connect(str(empty_file), read_only=True) as connection:
        for name in ("car_t_trials", "trial_texts"):
            columns = [row[0] for row in connection.execute(f"DESCRIBE {name}").fetchall()]
            assert set(comments.columns_of_view(name)) == set(columns)

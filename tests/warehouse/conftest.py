"""A small made-up warehouse, an empty one, and the tables of the small one as pandas frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.warehouse import made_up
from warehouse.reading import Connection, open_published
from warehouse.schema import TABLES


@pytest.fixture(scope="session")
def small_rows() -> made_up.Rows:
    return made_up.rows(240)


@pytest.fixture(scope="session")
def small_file(small_rows: made_up.Rows, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up.build(tmp_path_factory.mktemp("small") / "cartrials.duckdb", small_rows)


@pytest.fixture(scope="session")
def empty_file(small_rows: made_up.Rows, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of a night on which the search found nothing."""
    production = {"release": small_rows["release"]}
    return made_up.build(tmp_path_factory.mktemp("empty") / "cartrials.duckdb", production)


@pytest.fixture
def small(small_file: Path) -> Iterator[Connection]:
    connection = open_published(small_file)
    yield connection
    connection.close()


@pytest.fixture
def empty(empty_file: Path) -> Iterator[Connection]:
    connection = open_published(empty_file)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def frames(small_rows: made_up.Rows) -> dict[str, pd.DataFrame]:
    """The rows that were put in, without any SQL: what totals are held against."""
    return {
        table.name: pd.DataFrame(small_rows[table.name], columns=list(table.column_names)).astype(object)
        for table in TABLES
    }

"""Warehouses to ask: a small made-up one, an empty one, and one of real records where they are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from flows.runs.run import Options
from tests.once import once
from tests.warehouse import made_up
from warehouse.querying.reading import Connection, open_published
from warehouse.schema import TABLES

REAL = (
    Path(__file__).resolve().parents[2]
    / ".."
    / "shared"
    / "registry"
    / "ctgov"
    / "autoimmune_car_t_2026-07-03.jsonl.gz"
)


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
def real_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The registrations of one day, as the nightly run publishes them."""
    if not REAL.exists():
        pytest.skip("real registrations (../shared/registry/ctgov) are absent")
    return once(tmp_path_factory, "real", a_real_night) / "home" / "cartrials.duckdb"


def a_real_night(folder: Path) -> None:
    from flows.config.settings import load
    from flows.runs import nightly

    night = folder / "recorded" / "2026-07-03"
    night.mkdir(parents=True)
    (night / "ctgov.jsonl.gz").symlink_to(REAL)
    nightly.run(load(home=folder / "home"), Options(folder / "recorded", announce=False))


@pytest.fixture(scope="session", params=["made up", "real"])
def filled_file(request: pytest.FixtureRequest) -> Path:
    """Both warehouses in turn."""
    path: Path = request.getfixturevalue("small_file" if request.param == "made up" else "real_file")
    return path


@pytest.fixture
def filled(filled_file: Path) -> Iterator[Connection]:
    connection = open_published(filled_file)
    yield connection
    connection.close()


@pytest.fixture(scope="session")
def frames(filled_file: Path) -> dict[str, pd.DataFrame]:
    """The tables of the same warehouse as they are, absent values None: what totals are held against."""
    return frames_of(filled_file)


@pytest.fixture(scope="session")
def small_frames(small_file: Path) -> dict[str, pd.DataFrame]:
    """The tables of the made-up warehouse."""
    return frames_of(small_file)


def frames_of(path: Path) -> dict[str, pd.DataFrame]:
    """Table -> its rows, values as Python has them."""
    found = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for table in TABLES:
            rows = connection.execute(f"SELECT {', '.join(table.column_names)} FROM {table.name}").fetchall()
            found[table.name] = pd.DataFrame(rows, columns=list(table.column_names), dtype=object)
    return found

"""Sites of made-up, odd and empty warehouses, and the browser of the report's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.site.build import build_site
from flows.site.contents import Site, read_site
from tests.flows.report.conftest import empty_file, odd_file, reader, small_file
from warehouse.querying.reading import published

__all__ = ["empty_file", "odd_file", "reader", "small_file"]


@pytest.fixture(scope="session")
def small_site(small_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of 240 made-up trials, with every oddity of tests.warehouse.made_up."""
    return build_site(small_file, tmp_path_factory.mktemp("site") / "out").folder


@pytest.fixture(scope="session")
def small_read(small_file: Path) -> Site:
    with published(small_file) as connection:
        return read_site(connection)


@pytest.fixture(scope="session")
def odd_site(odd_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of one real night of records that are hard to show, with its feeds."""
    folder = tmp_path_factory.mktemp("odd-site") / "out"
    return build_site(odd_file, folder, odd_file.parent / "feeds").folder


@pytest.fixture(scope="session")
def demo_site(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of three nights, with changes."""
    return build_site(demo_home / "cartrials.duckdb", tmp_path_factory.mktemp("demo-site") / "out").folder


@pytest.fixture(scope="session")
def empty_site(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(empty_file, tmp_path_factory.mktemp("empty-site") / "out").folder

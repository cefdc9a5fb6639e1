"""Worlds of the nightly job. A night costs a second or two: one is made and copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.runs.nightly import DIRECT
from tests.flows.world import World
from tests.once import once


@pytest.fixture(scope="session")
def published_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which one night has been published. Copy it, do not change it."""
    return once(tmp_path_factory, "published", a_published_night) / "data"


def a_published_night(folder: Path) -> None:
    with World(folder) as world:
        report = world.night(steps=DIRECT)
        assert (report.status, report.problems) == ("published", ())


@pytest.fixture
def world(tmp_path: Path, published_home: Path) -> Iterator[World]:
    """Both sources, and a data folder with one published night."""
    with World(tmp_path / "world", again=published_home) as made:
        yield made


@pytest.fixture
def new_world(tmp_path: Path) -> Iterator[World]:
    """Both sources, and no data folder yet."""
    with World(tmp_path / "world") as made:
        yield made

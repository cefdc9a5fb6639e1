"""The published file opens in every DuckDB that analysts have, answers the same, and while a night runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.runs.run import Options
from tests import records
from tests.warehouse import nights_elsewhere, reading_elsewhere

VERSIONS = ("1.1.3", "1.5.5", "2.0.0")
DEMO = Path(__file__).resolve().parents[2] / "demo"
PROGRAM = reading_elsewhere.__file__
WATCHLIST = """
[[topic]]
name = "sle"
title = "Lupus"
diseases = ["SLE"]
sentinels = ["NCT90000001"]

[[topic.leg]]
name = "sle-words"
source = "ctgov"
"query.cond" = "lupus"
"""
NO_INDEX = ("Failed to fetch", "error sending request", "dns error", "Could not connect", "No solution found")


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder with the DuckDB of a version. Skips where no package index can be reached."""
    folders: dict[str, Path] = {}

    def install(version: str) -> Path:
        if version not in folders:
            folder = tmp_path_factory.mktemp(f"duckdb-{version}")
            uv = Path(sys.executable).with_name("uv")
            asked = [uv, "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--target", folder]
            done = subprocess.run(
                [*asked, "--python", sys.executable, f"duckdb=={version}"], capture_output=True, text=True, timeout=240
            )
            if done.returncode and any(sign in done.stderr for sign in NO_INDEX):
                pytest.skip(f"needs duckdb {version} from a package index")
            assert done.returncode == 0, done.stderr
            folders[version] = folder
        return folders[version]

    return install


def started(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.Popen(
        [sys.executable, PROGRAM, *map(str, arguments)], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def told(program: subprocess.Popen[str]) -> dict[str, Any]:
    out, errors = program.communicate(timeout=120)
    assert program.returncode == 0, errors
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.fixture(scope="session")
def expected(small_file: Path) -> dict[str, Any]:
    """The answers of the DuckDB that this project is locked to."""
    found: dict[str, Any] = json.loads(json.dumps(reading_elsewhere.answers(str(small_file), "directly"), default=str))
    return found


def test_nights_and_a_rebuild_on_the_next_duckdb_in_another_zone_give_the_same_fingerprints(
    demo_home: Path, tmp_path: Path, installed: Callable[[str], Path]
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed("2.0.0")), "TZ": "Pacific/Auckland"}
    program = subprocess.Popen(
        [sys.executable, nights_elsewhere.__file__, DEMO, tmp_path / "home"], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with duckdb.connect(str(demo_home / "cartrials.duckdb"), read_only=True) as here:
        expected = [row[0] for row in here.execute("SELECT fingerprint FROM runs ORDER BY clock_at").fetchall()]
    assert told(program) == {"version": "2.0.0", "nights": expected, "changed by the rebuild": []}


@pytest.mark.parametrize("how", ["directly", "attached"])
@pytest.mark.parametrize("version", VERSIONS)
def test_every_view_trend_and_macro_answers_the_same(
    version: str, how: str, small_file: Path, expected: dict[str, Any], installed: Callable[[str], Path]
) -> None:
    found = told(started(installed(version), "answers", small_file, how))
    assert found.pop("version") == version
    for name, answer in expected.items():
        if name != "version":
            assert found[name] == answer, name
    assert sum(len(answer) for name, answer in found.items() if name.startswith("trend_")) > 500


def test_the_file_is_of_the_storage_version_that_the_oldest_reads(small_file: Path) -> None:
    with duckdb.connect(str(small_file), read_only=True) as connection:
        (tags,) = connection.execute("SELECT tags FROM duckdb_databases() WHERE NOT internal").fetchall()[0]
    assert "v1.0.0" in str(tags)


def test_readers_of_every_version_are_not_disturbed_by_a_night(
    home: Path, tmp_path: Path, installed: Callable[[str], Path]
) -> None:
    from flows.config.settings import load
    from flows.runs import nightly

    recorded = records.record_night(tmp_path / "recorded", "2026-03-01", [records.study(1)])
    watchlist = tmp_path / "watchlist.toml"
    watchlist.write_text(WATCHLIST)
    settings = load(home=home, watchlist=watchlist)
    nightly.run(settings, Options(recorded=recorded))
    stop = tmp_path / "stop"
    ready = {version: tmp_path / f"ready-{version}" for version in VERSIONS}
    readers = [
        started(installed(version), "again", settings.warehouse_path, ready[version], stop) for version in VERSIONS
    ]
    try:
        deadline = time.monotonic() + 60
        while not all(path.exists() for path in ready.values()):
            assert time.monotonic() < deadline and all(one.poll() is None for one in readers)
            time.sleep(0.05)
        records.record_night(recorded, "2026-03-02", [records.study(1), records.study(2)])
        nightly.run(settings, Options(recorded=recorded))
        for path in ready.values():
            path.unlink()
        while not all(path.exists() for path in ready.values()):
            assert time.monotonic() < deadline + 120 and all(one.poll() is None for one in readers)
            time.sleep(0.05)
    finally:
        stop.touch()
        found = [told(reader) for reader in readers]
    for one in found:
        assert [run[:8] for run in one["runs"]] == ["20260301", "20260302"], one

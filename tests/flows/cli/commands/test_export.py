"""`cartrials export`: which release, which day, and what a wrong word is answered with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from flows.cli.commands.export import export_to, kept_release
from flows.config.settings import Settings, load
from flows.errors import UsageError
from warehouse.errors import NotPublished


@pytest.fixture(scope="module")
def settings(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The published file and the releases of the demo, in a folder that may be written."""
    home = tmp_path_factory.mktemp("export") / "data"
    shutil.copytree(demo_home / "releases", home / "releases")
    shutil.copy(demo_home / "cartrials.duckdb", home)
    return load(home=home)


def told(folder: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((folder / "datapackage.json").read_text("utf-8"))["cartrials"]
    return found


def test_the_published_release_is_exported(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export_to(settings, tmp_path / "out") == 0
    assert "tables of release 20260903T000000Z-1" in capsys.readouterr().out
    assert told(tmp_path / "out")["data_date"] == "2026-09-03"
    assert told(tmp_path / "out")["is_demo"] == "true"


@pytest.mark.parametrize("asked", ["20260901T000000Z-1", "2026-09-01"])
def test_a_kept_release_by_run_or_day(settings: Settings, tmp_path: Path, asked: str) -> None:
    export_to(settings, tmp_path / "out", release=asked)
    assert told(tmp_path / "out")["run_id"] == "20260901T000000Z-1"


def test_as_of_a_day_knows_what_the_release_of_that_day_held(settings: Settings, tmp_path: Path) -> None:
    """The demo's nights are contiguous: the state at the end of a night is what that night's release shows."""
    export_to(settings, tmp_path / "as_of", as_of="2026-09-01", known_at="2026-09-01")
    export_to(settings, tmp_path / "release", release="2026-09-01")
    as_of, release = (tmp_path / name / "csv" / "trials.csv" for name in ("as_of", "release"))
    assert as_of.read_bytes() == release.read_bytes()


def test_a_release_that_is_cited_is_kept_for_good(settings: Settings, tmp_path: Path) -> None:
    export_to(settings, tmp_path / "out", release="2026-09-02", keep=True)
    assert (settings.home / "releases" / "20260902T000000Z-1.keep").exists()


def test_an_unknown_release_names_those_that_are_kept(settings: Settings) -> None:
    with pytest.raises(UsageError, match=r"There is no release '2020-01-01'. Kept are 3, the latest: 20260901T0"):
        kept_release(settings.home / "releases", "2020-01-01")


def test_before_the_first_night_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds none\. Run `cartrials nightly` first"):
        kept_release(tmp_path / "releases", "2020-01-01")
    with pytest.raises(NotPublished):
        export_to(load(home=tmp_path / "home"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"as_of": "last week"}, r"--as-of: 'last week' is no date; expected YYYY-MM-DD"),
        ({"known_at": "2026-09-01"}, "give --as-of too"),
        ({"as_of": "2026-09-01", "known_at": "1"}, "--known-at: '1' is no date"),
    ],
)
def test_a_wrong_day_is_told(settings: Settings, tmp_path: Path, given: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        export_to(settings, tmp_path / "out", **given)  # type: ignore[arg-type]


def test_a_file_is_no_folder(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(UsageError, match="is a file; name a folder"):
        export_to(settings, tmp_path / "out")

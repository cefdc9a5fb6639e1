"""`cartrials site DIR`: which release, where, and what a wrong place is answered with."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from flows.cli.commands.site import write_site
from flows.config.settings import Settings, load
from flows.errors import SettingsError, UsageError
from tests.flows.cli.commands.test_running import run
from warehouse.errors import NotPublished


@pytest.fixture(scope="module")
def settings(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The published file, the releases and the feeds of the demo."""
    home = tmp_path_factory.mktemp("site") / "data"
    for name in ("releases", "feeds"):
        shutil.copytree(demo_home / name, home / name)
    shutil.copy(demo_home / "cartrials.duckdb", home)
    return load(home=home)


def release_of(folder: Path) -> str:
    return str(json.loads((folder / "site.json").read_text("utf-8"))["release"])


def test_the_published_release_with_its_feeds(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARTRIALS_HOME", str(settings.home))
    assert run(monkeypatch, "site", str(tmp_path / "out")) == 0
    assert "index.html" in capsys.readouterr().out
    assert release_of(tmp_path / "out") == "20260903T000000Z-1"
    assert (tmp_path / "out" / "feeds" / "new-trials.atom").exists()
    assert "Nothing may be cited" in (tmp_path / "out" / "index.html").read_text("utf-8")


def test_a_kept_release_without_feeds(settings: Settings, tmp_path: Path) -> None:
    write_site(settings, tmp_path / "out", "2026-09-01")
    assert release_of(tmp_path / "out") == "20260901T000000Z-1"
    assert not (tmp_path / "out" / "feeds").exists()


def test_a_release_gives_the_same_files_again(settings: Settings, tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        write_site(settings, tmp_path / name)
        contents.append(
            {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        )
    assert contents[0] == contents[1]


def test_places_that_are_refused_are_as_they_were(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    before = sorted(settings.home.rglob("*"))
    for folder, error in ((tmp_path, "no site of ours"), (settings.home / "site", "lies in the data folder")):
        with pytest.raises(SettingsError, match=error):
            write_site(settings, folder)
    with pytest.raises(UsageError, match="There is no release"):
        write_site(settings, tmp_path / "out", "2020-01-01")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert sorted(settings.home.rglob("*")) == before


def test_nothing_published_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match="Run `cartrials nightly` first"):
        write_site(load(home=tmp_path / "data"), tmp_path / "out")
    assert not (tmp_path / "out").exists()

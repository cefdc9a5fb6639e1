"""Each release writes its site where the settings name a folder; one that fails holds up nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli.commands.nightly import exit_code_of
from flows.config.settings import Settings, load
from flows.errors import SettingsError
from flows.runs import nightly, notify
from flows.runs.run import Options
from tests.flows.report.conftest import WATCHLIST
from tests.records import nct, record_night, study


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "watchlist.toml").write_text(WATCHLIST, "utf-8")
    return load(home=tmp_path / "home", watchlist=tmp_path / "watchlist.toml", site=tmp_path / "public")


def test_each_release_writes_its_site_with_its_feeds_and_outlives_one_that_fails(
    settings: Settings, tmp_path: Path
) -> None:
    public = tmp_path / "public"
    recorded = record_night(tmp_path / "recorded", "2026-02-10", [study(1)])
    first = nightly.run(settings, Options(recorded))
    assert exit_code_of(first) == 0 and first[-1].problems == ()
    assert (public / "trials" / f"{nct(1)}.html").exists() and (public / "feeds" / "new-trials.atom").exists()

    record_night(recorded, "2026-02-11", [study(1), study(2)])
    nightly.run(settings, Options(recorded))
    assert (public / "trials" / f"{nct(2)}.html").exists()
    written = (public / "site.json").read_bytes()

    # Somebody puts a file of their own where the next page belongs.
    (public / "trials" / f"{nct(3)}.html").write_text("mine", "utf-8")
    record_night(recorded, "2026-02-12", [study(1), study(2), study(3)])
    third = nightly.run(settings, Options(recorded))
    assert third[-1].status == "published" and exit_code_of(third) == 5
    (problem,) = third[-1].problems
    assert problem.startswith("The site failed: ") and "is not of the site" in problem
    assert (public / "site.json").read_bytes() == written

    (public / "trials" / f"{nct(3)}.html").unlink()
    assert notify.report_again(settings) == ()
    assert json.loads((public / "site.json").read_bytes())["release"] == third[-1].run_id


def test_a_site_in_the_data_folder_is_refused_before_anything_is_asked(settings: Settings, tmp_path: Path) -> None:
    wrong = load(home=settings.home, watchlist=settings.watchlist, site=settings.home / "site")
    recorded = record_night(tmp_path / "recorded", "2026-02-10", [study(1)])
    with pytest.raises(SettingsError, match="lies in the data folder"):
        nightly.run(wrong, Options(recorded))
    assert not settings.warehouse_path.exists()

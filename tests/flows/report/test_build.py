"""The report is written whole or not at all, and a night outlives a report that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.cli.commands.nightly import exit_code_of
from flows.cli.commands.report import write_report
from flows.config.settings import load
from flows.report.build import build_report
from flows.runs import nightly, notify
from flows.runs.run import Options, Report
from tests.flows.report.conftest import WATCHLIST
from tests.records import record_night, study
from tests.warehouse import made_up
from warehouse import disk
from warehouse.errors import NotPublished, WarehouseError


def test_a_report_replaces_the_one_before_and_leaves_nothing_beside(small_file: Path, tmp_path: Path) -> None:
    target = tmp_path / "report" / "index.html"
    target.parent.mkdir()
    target.write_text("yesterday's", "utf-8")
    build_report(small_file, target)
    assert target.read_text("utf-8").startswith("<!doctype html>")
    assert [path.name for path in target.parent.iterdir()] == ["index.html"]


def test_the_same_release_makes_the_same_report(small_file: Path, small_page: Path, tmp_path: Path) -> None:
    assert build_report(small_file, tmp_path / "again.html").read_bytes() == small_page.read_bytes()


def test_where_it_fails_yesterdays_stays(small_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "index.html"
    target.write_text("yesterday's", "utf-8")

    def no_space(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(disk.system, "sync", no_space)
    with pytest.raises(OSError, match="No space left"):
        build_report(small_file, target)
    assert target.read_text("utf-8") == "yesterday's"
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]


def test_nothing_published_or_of_another_schema_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match="Run `cartrials nightly` first"):
        build_report(tmp_path / "none.duckdb", tmp_path / "index.html")
    old = made_up.build(tmp_path / "old.duckdb", {"release": made_up.rows(0)["release"]}, schema_version=0)
    with pytest.raises(WarehouseError, match="schema"):
        build_report(old, tmp_path / "index.html")
    assert not (tmp_path / "index.html").exists()


def test_the_command_writes_where_it_is_told(
    small_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "cartrials.duckdb").symlink_to(small_file)
    settings = load(home=home)
    assert write_report(settings) == 0
    assert str(home / "report" / "index.html") in capsys.readouterr().out
    assert write_report(settings, tmp_path / "elsewhere.html") == 0
    assert (tmp_path / "elsewhere.html").stat().st_size > 100_000


def test_a_night_writes_the_report_and_outlives_one_that_fails(tmp_path: Path) -> None:
    (tmp_path / "watchlist.toml").write_text(WATCHLIST, "utf-8")
    settings = load(home=tmp_path / "home", watchlist=tmp_path / "watchlist.toml")
    recorded = record_night(tmp_path / "recorded", "2026-02-10", [study(1)])
    first = nightly.run(settings, Options(recorded, announce=False))
    written = settings.report_path.read_text("utf-8")
    assert "As registered on 10 February 2026." in written
    assert exit_code_of(first) == 0

    def broken(warehouse: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device", str(target))

    record_night(recorded, "2026-02-11", [study(1), study(2)])
    second = nightly.run(settings, Options(recorded, announce=False), nightly.Steps(write_report=broken))
    assert second[-1].status == "published"
    assert "The report failed" in second[-1].problems[0]
    assert exit_code_of(second) == 5
    assert settings.report_path.read_text("utf-8") == written


def test_nights_that_end_badly_still_leave_the_report_of_what_was_published(tmp_path: Path, small_file: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "cartrials.duckdb").symlink_to(small_file)
    settings = load(home=home)
    reports: list[Report] = []
    with pytest.raises(RuntimeError), notify.writing_report(settings, reports, build_report):
        reports.append(Report("run-1", "published", made_up.TODAY))
        raise RuntimeError("the second night broke")
    assert settings.report_path.exists()
    assert reports[0].problems == ()

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.cli.commands.scan import Asked, scan_pubmed, scan_registry
from flows.config.settings import Settings, load
from flows.errors import CartrialsError, Locked
from flows.runs import nightly
from flows.runs.rebuild import rebuild
from flows.runs.run import Options
from flows.storage.data_folder import run_lock
from tests.flows.backfill.made_up import other_study, pubmed_file, registry_zip
from tests.records import nct, one_leg_watchlist, paper, pmid, raw, record_night, study

HERE = Asked(runner="here")
WATCHLIST = one_leg_watchlist(leg="words")


@pytest.fixture(scope="module")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tracker after one recorded night with trials 1 and 2 and paper 1. Copy it, do not change it."""
    folder = tmp_path_factory.mktemp("tracked")
    (folder / "watchlist.toml").write_text(WATCHLIST)
    given = load(home=folder / "data", watchlist=folder / "watchlist.toml")
    nightly.run(given, Options(recorded=recordings(folder, "2026-03-01")))
    return folder


@pytest.fixture
def settings(tmp_path: Path, tracked: Path) -> Settings:
    shutil.copytree(tracked / "data", tmp_path / "data")
    return load(home=tmp_path / "data", watchlist=tracked / "watchlist.toml")


def recordings(tmp_path: Path, night: str) -> Path:
    studies = [study(1), study(2, statusModule__overallStatus="COMPLETED")]
    return record_night(tmp_path / "nights", night, studies, [paper(1)])


def asked(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as warehouse:
        return warehouse.execute(sql).fetchall()


def whole_registry(tmp_path: Path) -> str:
    """Trials 1, 2 (as it stood before it was completed), 3, which no search found, and one of another kind."""
    return str(registry_zip(tmp_path / "all.zip", [raw(study(1)), raw(study(2)), raw(study(3)), other_study(4)]))


def test_trials_that_no_search_found_enter_as_a_leg_of_their_own(settings: Settings, tmp_path: Path) -> None:
    scan_registry(settings, whole_registry(tmp_path), HERE, 2)
    assert asked(settings, "SELECT nct_id FROM trials ORDER BY 1") == [(nct(1),), (nct(2),), (nct(3),)]
    legs = asked(settings, "SELECT nct_id FROM trial_search_hits WHERE leg = 'whole registry' ORDER BY 1")
    assert legs == [(nct(1),), (nct(2),), (nct(3),)]
    assert asked(settings, "SELECT DISTINCT registry_state FROM trials") == [("present",)]
    [(nct_id, words)] = asked(settings, "SELECT nct_id, words FROM trend_missed_by_search")
    assert nct_id == nct(3)
    assert {"car t cells", "systemic lupus erythematosus"} <= set(words)
    measured = asked(settings, "SELECT leg, measured_recall_percent, n_whole_registry FROM trend_recall_by_leg")
    assert set(measured) == {("recorded", 66.7, 3), ("whole registry", None, 3)}


def test_an_older_scan_does_not_replace_what_a_night_brought(settings: Settings, tmp_path: Path) -> None:
    scan_registry(settings, whole_registry(tmp_path), HERE)
    assert asked(settings, f"SELECT overall_status FROM trials WHERE nct_id = '{nct(2)}'") == [("COMPLETED",)]
    assert asked(settings, f"SELECT count(*) FROM trial_versions WHERE nct_id = '{nct(2)}'") == [(1,)]


def test_rebuild_replays_what_a_backfill_brought(settings: Settings, tmp_path: Path) -> None:
    scan_registry(settings, whole_registry(tmp_path), HERE)
    result = rebuild(settings)
    assert result.runs == 2
    assert result.differing == []


def test_the_next_night_is_held_against_the_night_before(settings: Settings, tmp_path: Path) -> None:
    scan_registry(settings, whole_registry(tmp_path), HERE)
    [report] = nightly.run(settings, Options(recorded=recordings(tmp_path, "2026-03-02")))
    assert (report.status, report.trials_new, report.trials_changed) == ("published", 0, 0)
    assert asked(settings, f"SELECT registry_state FROM trials WHERE nct_id = '{nct(3)}'") == [("present",)]


def test_doing_it_again_brings_nothing_new(settings: Settings, tmp_path: Path) -> None:
    scan_registry(settings, whole_registry(tmp_path), HERE)
    before = asked(settings, "SELECT nct_id, content_sha256, first_seen_at FROM trials ORDER BY ALL")
    events = asked(settings, "SELECT event_id FROM trial_events ORDER BY 1")
    scan_registry(settings, whole_registry(tmp_path), HERE)
    assert asked(settings, "SELECT nct_id, content_sha256, first_seen_at FROM trials ORDER BY ALL") == before
    assert asked(settings, "SELECT event_id FROM trial_events ORDER BY 1") == events


def test_papers_enter_and_withdrawn_ones_are_marked(settings: Settings, tmp_path: Path) -> None:
    pubmed_file(tmp_path / "in" / "pubmed26n0001.xml.gz", [paper(1), paper(2), paper(3, "Rice", "A plant.")])
    pubmed_file(tmp_path / "in" / "pubmed26n0002.xml.gz", [], deleted=[1])
    scan_pubmed(settings, [str(tmp_path / "in")], HERE)
    found = asked(settings, "SELECT pmid, is_deleted FROM publications ORDER BY 1")
    assert found == [(pmid(1), True), (pmid(2), False)]
    legs = asked(settings, "SELECT pmid FROM publication_search_hits WHERE leg = 'whole PubMed'")
    assert legs == [(pmid(2),)]


def test_nothing_enters_while_an_input_is_parked_unless_a_person_says_so(settings: Settings, tmp_path: Path) -> None:
    pubmed_file(tmp_path / "in" / "pubmed26n0001.xml.gz", [paper(2)])
    (tmp_path / "in" / "pubmed26n0002.xml.gz").write_bytes(b"\x1f\x8b")
    with pytest.raises(CartrialsError, match="1 of 2 inputs are parked, pubmed26n0002"):
        scan_pubmed(settings, [str(tmp_path / "in")], HERE)
    assert asked(settings, "SELECT pmid FROM publications") == [(pmid(1),)]
    scan_pubmed(settings, [str(tmp_path / "in")], Asked(runner="here", without_parked=True))
    assert asked(settings, "SELECT pmid FROM publications ORDER BY 1") == [(pmid(1),), (pmid(2),)]


def test_two_backfills_of_one_source_do_not_work_at_the_same_time(settings: Settings, tmp_path: Path) -> None:
    with (
        run_lock(settings.home, "backfill-ctgov.lock"),
        pytest.raises(Locked, match="Another backfill of this source"),
    ):
        scan_registry(settings, whole_registry(tmp_path), HERE)


def test_a_night_may_run_while_a_backfill_reads(settings: Settings, tmp_path: Path) -> None:
    with run_lock(settings.home, "backfill-ctgov.lock"):
        [report] = nightly.run(settings, Options(recorded=recordings(tmp_path, "2026-03-02")))
    assert report.status == "published"

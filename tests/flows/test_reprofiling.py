"""Profiles done again from the archive after the vocabulary or a decision changed; decisions through nights."""

from __future__ import annotations

import csv
import gc
import shutil
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.cli.commands.rebuild import run_rebuild
from flows.config.settings import Settings
from flows.errors import CartrialsError
from flows.runs import nightly
from flows.runs.rebuild import rebuild
from flows.runs.reprofile import Difference, reprofile
from flows.runs.run import Options
from tests.flows.world import NO_REPORT
from tests.records import nct, paper, pmid, record_night, study
from transforms.profile import study as profiled
from transforms.profile.reading import vocabulary
from transforms.profile.reading.vocabulary import VocabularyError

HEADER = "nct_id,attribute,value,who,when,reason\n"


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    watchlist = tmp_path / "watchlist.toml"
    watchlist.write_text(
        '[[topic]]\nname = "sle"\ntitle = "SLE"\ndiseases = ["SLE"]\n'
        '[[topic.leg]]\nname = "lupus"\nsource = "ctgov"\n"query.cond" = "lupus"\n'
    )
    return Settings(home=tmp_path / "data", watchlist=watchlist, workers=1)


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the vocabulary that a test may edit as a clinician would."""
    folder = tmp_path / "vocabulary"
    shutil.copytree(vocabulary.FOLDER, folder)
    monkeypatch.setattr(vocabulary, "FOLDER", folder)
    forget_vocabulary()
    yield folder
    forget_vocabulary()


def night(settings: Settings, recordings: Path, date: str, *studies: Any, papers: list[bytes] | None = None) -> None:
    record_night(recordings, date, list(studies), papers or [])
    nightly.run(settings, Options(recorded=recordings), NO_REPORT)


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def decide(tmp_path: Path, settings: Settings, *lines: str) -> Settings:
    path = tmp_path / "overrides.csv"
    path.write_text(HEADER + "".join(f"{line},A. Reader,2026-05-04,read the protocol\n" for line in lines), "utf-8")
    return settings.model_copy(update={"overrides": path})


def code_only(number: int, code: str) -> dict[str, Any]:
    """A trial in lupus of something that no word calls a CAR."""
    return study(
        number, f"{code} in Lupus", armsInterventionsModule__interventions=[{"name": code}],
        armsInterventionsModule__armGroups=None, conditionsModule__keywords=None,
        descriptionModule__briefSummary="An injection.",
    )  # fmt: skip


def test_a_new_product_brings_a_trial_into_scope(
    settings: Settings, recordings: Path, words: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night(settings, recordings, "2026-03-01", study(1), code_only(2, "QQX-77"), papers=[paper(1)])
    night(settings, recordings, "2026-03-02", code_only(2, "QQX-77"), papers=[paper(1)])
    before = profiled.rule_version()
    add_line(words / "products.csv", product_key="qqx-77", names="qqx-cel", codes="QQX-77", target_antigens="CD19",
             construct="single", cell_type="CAR-T", target_antigens_stated_in="sponsor web page",
             cell_type_stated_in="sponsor web page")  # fmt: skip
    forget_vocabulary()
    assert run_rebuild(settings, only_profiles=True) == 0
    told = capsys.readouterr().out
    assert f"{nct(2)}  scope: out_of_scope → in_scope" in told
    assert f"{nct(2)}  target_antigens: not stated → CD19" in told
    assert nct(1) not in told
    assert f"rules {before} → {profiled.rule_version()}" in told
    assert "1 trial(s) and 0 paper(s) changed" in told
    assert rows(settings, f"SELECT scope FROM trials WHERE nct_id = '{nct(2)}'") == [("in_scope",)]
    [(why, day)] = rows(
        settings, "SELECT details->>'why', observed_at FROM trial_events WHERE event_type = 'entered_scope'"
    )
    assert (why, day) == ("rules changed", datetime(2026, 3, 2, 0, 0, 1))
    assert rows(settings, "SELECT count(DISTINCT rule_version) FROM car_t_evidence") == [(1,)]


def add_line(path: Path, **cells: str) -> None:
    """Add a line to a vocabulary file, as a clinician would."""
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow([cells.get(name, "") for name in header])


def forget_vocabulary() -> None:
    """What was read of the vocabulary, as a new process would find it."""
    for one in gc.get_objects():
        if type(one).__name__ == "_lru_cache_wrapper" and getattr(one, "__module__", "").startswith(
            "transforms.profile"
        ):
            one.cache_clear()


def test_with_the_same_rules_nothing_changes_and_nothing_is_lost(
    settings: Settings, recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night(settings, recordings, "2026-03-01", study(1), study(2), papers=[paper(1)])
    night(settings, recordings, "2026-03-02", study(1), papers=[paper(1)])
    tables = ("trials", "car_t_profiles", "car_t_products", "car_t_evidence", "trial_events", "trial_versions",
              "trial_states", "profile_states", "publications", "registry_nights")  # fmt: skip
    stood = {name: without_runs(settings, name) for name in tables}
    assert run_rebuild(settings, only_profiles=True) == 0
    assert "nothing changed" in capsys.readouterr().out
    for name, before in stood.items():
        assert without_runs(settings, name) == before, name
    assert rows(settings, "SELECT kind, source FROM runs ORDER BY started_at DESC LIMIT 1") == [("rebuild", "archive")]


def without_runs(settings: Settings, name: str) -> list[tuple[Any, ...]]:
    """The rows of a table but for the run that wrote them."""
    columns = [row[0] for row in rows(settings, f"DESCRIBE {name}") if row[0] != "run_id"]
    return rows(settings, f"SELECT {', '.join(columns)} FROM {name} ORDER BY ALL")


def test_the_next_night_is_held_against_the_last_pull(settings: Settings, recordings: Path) -> None:
    some = [study(number) for number in range(1, 31)]
    night(settings, recordings, "2026-03-01", *some)
    reprofile(settings)
    with pytest.raises(CartrialsError, match="found 3 records, 30 last time"):
        night(settings, recordings, "2026-03-02", *some[:3])


def test_before_the_first_night_there_is_nothing_to_do_again(settings: Settings) -> None:
    with pytest.raises(CartrialsError, match="cartrials nightly"):
        reprofile(settings)


def test_papers_are_read_again_too(settings: Settings, recordings: Path, words: Path) -> None:
    night(
        settings, recordings, "2026-03-01", study(1), papers=[paper(1, "CD19 CAR-T cells in quuxitis", "It was safe.")]
    )
    assert rows(settings, "SELECT scope FROM publications") == [("out_of_scope",)]
    add_line(words / "disease_terms.csv", term="quuxitis", label="SLE")
    forget_vocabulary()
    assert Difference(pmid(1), "scope", "out_of_scope", "in_scope") in reprofile(settings).differences


# ---- decisions ----


def test_a_decision_wins_in_the_next_night_though_the_record_says_the_same(
    tmp_path: Path, settings: Settings, recordings: Path
) -> None:
    night(settings, recordings, "2026-03-01", study(1), study(2))
    decided = decide(tmp_path, settings, f"{nct(1)},cell_source,allogeneic", f"{nct(2)},scope,out_of_scope")
    night(decided, recordings, "2026-03-02", study(1), study(2))
    assert rows(decided, "SELECT nct_id, cell_source FROM car_t_profiles") == [(nct(1), "allogeneic")]
    assert rows(decided, "SELECT value, stated_in FROM car_t_evidence WHERE kind = 'override' ORDER BY value") == [
        ("allogeneic", "A. Reader, 2026-05-04: read the protocol"),
        ("out_of_scope", "A. Reader, 2026-05-04: read the protocol"),
    ]
    assert rows(decided, "SELECT nct_id, details->>'why' FROM trial_events WHERE event_type = 'left_scope'") == [
        (nct(2), "decided by a reviewer")
    ]
    assert rows(decided, f"SELECT cell_source FROM profile_states WHERE nct_id = '{nct(1)}'") == [("allogeneic",)]


def test_a_withdrawn_decision_gives_the_word_back_to_the_rules(
    tmp_path: Path, settings: Settings, recordings: Path
) -> None:
    night(decide(tmp_path, settings, f"{nct(1)},scope,out_of_scope"), recordings, "2026-03-01", study(1))
    assert rows(settings, "SELECT scope FROM trials") == [("out_of_scope",)]
    night(decide(tmp_path, settings), recordings, "2026-03-02", study(1))
    assert rows(settings, "SELECT scope FROM trials") == [("in_scope",)]
    assert rows(settings, "SELECT count(*) FROM car_t_evidence WHERE kind = 'override'") == [(0,)]


def test_decisions_are_archived_and_a_rebuild_keeps_them(tmp_path: Path, settings: Settings, recordings: Path) -> None:
    decided = decide(tmp_path, settings, f"{nct(1)},cell_source,allogeneic")
    night(decided, recordings, "2026-03-01", study(1))
    content = decided.overrides.read_bytes() if decided.overrides else b""
    kept = decided.archive_path / "overrides" / f"{sha256(content).hexdigest()}.csv"
    assert kept.read_bytes() == content
    assert rebuild(decided).differing == []
    assert rows(decided, "SELECT cell_source FROM car_t_profiles") == [("allogeneic",)]


def test_a_decision_counts_at_once_when_profiles_are_done_again(
    tmp_path: Path, settings: Settings, recordings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    night(settings, recordings, "2026-03-01", study(1))
    assert run_rebuild(decide(tmp_path, settings, f"{nct(1)},follow_up_months,180"), only_profiles=True) == 0
    assert f"{nct(1)}  follow_up_months: 12.0 → 180.0" in capsys.readouterr().out


def test_a_trial_that_left_the_search_stays_away_when_read_again(
    tmp_path: Path, settings: Settings, recordings: Path
) -> None:
    some = [study(number) for number in range(1, 13)]
    night(settings, recordings, "2026-03-01", *some)
    night(settings, recordings, "2026-03-02", *some[1:])
    gone = f"SELECT registry_state, last_seen_at FROM trials WHERE nct_id = '{nct(1)}'"
    stood = rows(settings, gone)
    assert stood == [("left_search", datetime(2026, 3, 1))]
    night(decide(tmp_path, settings, f"{nct(1)},cell_source,allogeneic"), recordings, "2026-03-03", *some[1:])
    assert rows(settings, gone) == stood
    assert rows(settings, "SELECT count(*) FROM trial_events WHERE event_type = 'left_search'") == [(1,)]


def test_a_trial_that_comes_back_with_another_text_has_returned(settings: Settings, recordings: Path) -> None:
    some = [study(number) for number in range(1, 13)]
    night(settings, recordings, "2026-03-01", *some)
    night(settings, recordings, "2026-03-02", *some[1:])
    night(settings, recordings, "2026-03-03", study(1, "Another title: CD19 CAR-T Cells in Lupus"), *some[1:])
    assert rows(settings, f"SELECT registry_state FROM trials WHERE nct_id = '{nct(1)}'") == [("present",)]
    assert rows(
        settings, f"SELECT event_type FROM trial_events WHERE nct_id = '{nct(1)}' AND event_type = 'returned'"
    ) == [("returned",)]


def test_a_missing_file_of_decisions_stops_the_night(tmp_path: Path, settings: Settings, recordings: Path) -> None:
    with pytest.raises(VocabularyError, match="there is no such file"):
        night(settings.model_copy(update={"overrides": tmp_path / "none.csv"}), recordings, "2026-03-01", study(1))

"""A defined cohort: tables on a day, what was excluded and why, and each difference with the trials that make it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli.commands.cohort import count_cohort, read_definition
from flows.config.settings import Settings, load
from flows.errors import UsageError
from tests.warehouse import made_up
from tests.warehouse.conftest import frames_of
from tests.warehouse.counting import Frames, counted, entries, tally, word
from warehouse.querying.reading import published


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("cohort")
    made_up.build(home / "cartrials.duckdb", made_up.rows(120))
    return load(home=home)


@pytest.fixture(scope="module")
def frames(settings: Settings) -> Frames:
    return frames_of(settings.warehouse_path)


def count(settings: Settings, file: Path, capsys: pytest.CaptureFixture[str], **switches: bool) -> dict:
    capsys.readouterr()
    assert count_cohort(settings, file, switches, as_json=True) == 0
    return json.loads(capsys.readouterr().out)


def sizes(told: dict, table: str) -> dict[str, int]:
    return {cell["value"]: len(cell["trials"]) for cell in told["tables"][table] if cell["trials"]}


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "cohort.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_tables_count_the_trials_of_the_definition(
    settings: Settings, frames: Frames, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = count(settings, written(tmp_path, '[filters]\ndisease = ["lupus"]\n'), capsys)
    lupus = counted(frames)
    lupus = lupus[[("SLE" in entries(listed)) for listed in lupus["diseases"]]]
    assert told["trials"] == sorted(lupus["nct_id"])
    assert "Disease 'lupus' is SLE here." in told["notes"] and told["citation"]
    assert sizes(told, "status") == tally(map(word, lupus["overall_status"]))
    assert sizes(told, "sponsor_type") == tally(map(word, lupus["sponsor_type"]))
    single = lupus[[not basket for basket in lupus["is_basket"]]]
    assert sizes(told, "disease") == {"SLE": len(single), "basket": len(lupus) - len(single)}


def test_exclusions_have_reasons_and_differences_their_trials(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = count(settings, written(tmp_path, ""), capsys)
    first = whole["trials"][0]
    n = sizes(whole, "status")["RECRUITING"]
    text = f"""title = "Held"
[[exclude]]
trial = "{first}"
reason = "it was counted twice"
[[published]]
table = "status"
value = "RECRUITING"
n = {n + 7}
[[published]]
table = "status"
value = "NEVER_SEEN"
n = 2
"""
    file = written(tmp_path, text)
    told = count(settings, file, capsys)
    assert told["excluded"] == {first: "it was counted twice"} and first not in told["trials"]
    count_cohort(settings, file, {}, as_json=False)
    shown = " ".join(capsys.readouterr().out.split())
    left = sizes(told, "status")["RECRUITING"]
    assert f"RECRUITING: {left - n - 7:+} against the published {n + 7}; counted: NCT" in shown
    assert "NEVER_SEEN: -2 against the published 2; counted: none" in shown
    assert f"{first} is excluded: it was counted twice" in shown


def test_two_switches_say_what_they_do(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, "")
    plain = count(settings, file, capsys)
    source, phase = sizes(plain, "cell_source"), sizes(plain, "phase")
    turned = count(settings, file, capsys, not_stated_is_autologous=True, na_is_phase_1=True)
    assert sizes(turned, "cell_source")["autologous"] == source["autologous"] + source["not stated"]
    assert sum(sizes(turned, "phase").values()) == sum(phase.values())
    assert sizes(turned, "phase")["Phase 1"] > phase.get("Phase 1", 0)
    assert "A phase that does not apply (NA) counts as Phase 1, as the definition asks." in turned["notes"]


def test_the_registry_of_a_day(settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, "day = 2024-06-01\n[filters]\ncountry = ['Germany']\n")
    told = count(settings, file, capsys)
    with published(settings.warehouse_path) as connection:
        rows = connection.execute(
            "SELECT nct_id FROM trials_as_of(DATE '2024-06-01') WHERE scope = 'in_scope'"
            " AND study_type = 'INTERVENTIONAL' AND registry_state IN ('present', 'left_search')"
            " AND nct_id IN (SELECT nct_id FROM trial_sites WHERE country_code = 'DE') ORDER BY nct_id"
        ).fetchall()
    assert told["trials"] == [nct_id for (nct_id,) in rows] != []
    assert "Filters by country match what is registered now, not on 2024-06-01." in told["notes"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("titel = 'x'", r"unknown key 'titel'\. Nearest: title"),
        ("[filters]\ndesease = ['SLE']", "filters: there is no 'desease'"),
        ("[filters]\ndisease = ['lupas']", "Nearest: lupus"),
        ("day = '2026-04-25'", "day is '2026-04-25'; expected a day without quotes"),
        ("[[exclude]]\ntrial = 'NCT00000001'", "expected a trial and a reason"),
        ("[[published]]\ntable = 'phases'\nvalue = 'x'\nn = 1", r"expected table \(one of start_year"),
        ("na_is_phase_1 = 1", "expected true or false"),
        ("day = ", "line 1"),
    ],
)
def test_what_is_wrong_is_said(settings: Settings, tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        count_cohort(settings, written(tmp_path, text), {}, as_json=True)


def test_the_definition_of_the_docs_is_read(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[4] / "docs" / "cohorts.md").read_text("utf-8")
    definition = read_definition(written(tmp_path, page.split("```toml\n")[1].split("```")[0]))
    assert definition.day and definition.excluded and definition.published and definition.filters

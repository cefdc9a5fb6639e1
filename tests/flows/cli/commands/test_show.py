"""`cartrials show`: one trial on a terminal and as JSON, from a warehouse that a night published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from flows.cli.commands.show import show_trials
from flows.config.settings import Settings
from flows.errors import UsageError
from flows.runs import nightly
from flows.runs.run import Options
from tests.records import nct, paper, pmid, record_night, study
from warehouse.errors import NotPublished

TWO_SITES = [
    {"facility": "A", "city": "Berlin", "country": "Germany"},
    {"facility": "B", "city": "Erlangen", "country": "Germany"},
]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two nights: a trial with doses, sites, a paper and a status change; one that leaves; one out of scope."""
    folder = tmp_path_factory.mktemp("show")
    told: dict[str, Any] = {
        "contactsLocationsModule__locations": TWO_SITES,
        "armsInterventionsModule__armGroups__0__description": "One infusion of 1x10^6 cells/kg after fludarabine.",
        "armsInterventionsModule__interventions__0__description": "Autologous CD19 CAR-T cells\x1b[31m [once].",
    }
    drug = study(3, "Belimumab in Lupus", armsInterventionsModule__interventions=[{"name": "Belimumab"}],
                 armsInterventionsModule__armGroups=None, conditionsModule__keywords=None,
                 descriptionModule__briefSummary="A drug.")  # fmt: skip
    reported = paper(1, abstract=f"Six people were treated ({nct(1)}).", databank=nct(1))
    recordings = folder / "recordings"
    record_night(recordings, "2026-03-01", [study(1, **told), study(2), drug], [reported])
    changed = study(1, **told, statusModule__overallStatus="COMPLETED",
                    statusModule__lastUpdatePostDateStruct={"date": "2026-03-02"})  # fmt: skip
    record_night(recordings, "2026-03-02", [changed, drug], [reported])
    watchlist = folder / "watchlist.toml"
    watchlist.write_text(
        '[[topic]]\nname = "sle"\ntitle = "SLE"\ndiseases = ["SLE"]\n'
        '[[topic.leg]]\nname = "lupus"\nsource = "ctgov"\n"query.cond" = "lupus"\n'
    )
    chosen = Settings(home=folder / "data", watchlist=watchlist)
    nightly.run(chosen, Options(recorded=recordings))
    return chosen


def shown(settings: Settings, capsys: pytest.CaptureFixture[str], *nct_ids: str) -> str:
    assert show_trials(settings, nct_ids, as_json=False) == 0
    return capsys.readouterr().out


def test_a_value_stands_with_the_words_that_decided(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(settings, capsys, nct(1))
    assert "Cell source" in told
    assert "intervention 1, description: " in told
    assert "«Autologous»" in told
    assert "[cell_source.autologous]" in told


def test_all_parts_are_shown(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(settings, capsys, nct(1).lower())
    for part in (
        f"{nct(1)}  MU-1 CD19 CAR-T Cells in Lupus", f"https://clinicaltrials.gov/study/{nct(1)}", "Completed",
        "The trial", "Doses\n", "1x10^6 cells/kg", "Germany: 2 sites (Berlin, Erlangen)",
        f"PMID {pmid(1)} (reports): CAR-T cells in lupus, part 1", "Journal of Made-up Medicine. 2026-01",
        "History\n", "2026-03-02",
    ):  # fmt: skip
        assert part in told, part


def test_silence_is_said(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(settings, capsys, nct(1))
    [line] = [line for line in told.splitlines() if "Other immunosuppression" in line]
    assert line.split() == ["Other", "immunosuppression", "not", "stated"]


def test_nothing_in_a_record_moves_the_terminal(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(settings, capsys, nct(1))
    assert "\x1b" not in told
    assert "[31m [once]." in told  # and square brackets are no markup


def test_a_trial_that_left_the_search_says_so(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No longer found by the search." in shown(settings, capsys, nct(2))


def test_a_trial_out_of_scope_says_why(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(settings, capsys, nct(3))
    assert "Out of scope: nothing in the record names CAR cells" in told
    assert "Target antigens" not in told


def test_several_trials_come_in_the_order_asked(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    told = shown(settings, capsys, nct(3), nct(1), nct(3))
    assert told.index(f"{nct(3)}  ") < told.index(f"{nct(1)}  ")
    assert told.count(f"{nct(3)}  ") == 1


def test_json_holds_the_columns_and_every_reason(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert show_trials(settings, [nct(1)], as_json=True) == 0
    [told] = json.loads(capsys.readouterr().out)
    assert (told["nct_id"], told["cell_source"], told["target_antigens"]) == (nct(1), "autologous", ["CD19"])
    assert (told["start_date"], told["start_date_precision"]) == ("2026-01-01", "month")
    assert [dose["dose_text"] for dose in told["doses"]] == ["1x10^6 cells/kg"]
    assert [paper["relation"] for paper in told["papers"]] == ["reports"]
    reasons = {
        (attribute["attribute"], reason["matched_text"])
        for part in told["evidence"] for attribute in part["attributes"]
        for value in attribute["values"] for reason in value["reasons"]
    }  # fmt: skip
    assert ("cell_source", "Autologous") in reasons


def test_an_unknown_trial_is_named_and_the_others_are_shown(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show_trials(settings, [nct(77), nct(1)], as_json=False) == 1
    told = capsys.readouterr()
    assert f"{nct(1)}  MU-1" in told.out
    assert told.err.startswith(f"{nct(77)} is not in the published warehouse")


def test_what_is_no_number_is_a_usage_error(settings: Settings) -> None:
    with pytest.raises(UsageError, match="'lupus' is no NCT number") as error:
        show_trials(settings, ["lupus"], as_json=False)
    assert error.value.exit_code == 2


def test_before_the_first_release_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotPublished, match="cartrials nightly"):
        show_trials(Settings(home=tmp_path), [nct(1)], as_json=False)

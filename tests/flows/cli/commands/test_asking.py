"""`cartrials query`, `events` and `changes`, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from tests.warehouse import made_up
from warehouse.querying import facet_names
from warehouse.querying.facets import FACETS


@pytest.mark.parametrize("command", ["query", "events", "changes"])
def test_help_tells_what_every_facet_narrows_to(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "300", "TERMINAL_WIDTH": "300"})
    assert shown.exit_code == 0
    for facet in FACETS:
        assert facet.option in shown.output.split()
        assert " ".join(facet.help.split()) in " ".join(shown.output.split())


def test_a_facet_has_a_name_that_help_tells_and_no_name_is_without_a_facet() -> None:
    assert [facet.name for facet in FACETS] == list(facet_names.HELP)


def test_version_is_told() -> None:
    assert CliRunner().invoke(app, ["--version"]).output.startswith("cartrials 0.")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asking")
    made_up.build(folder / "cartrials.duckdb", made_up.rows(40))
    return folder


def asked(home: Path, *words: str) -> list[dict[str, str]]:
    answer = CliRunner().invoke(app, [*words, "--format", "json", "--limit", "5000"], env={"CARTRIALS_HOME": str(home)})
    assert answer.exit_code == 0, answer.output
    found: list[dict[str, str]] = json.loads(answer.stdout)
    return found


@pytest.mark.parametrize("command", ["events"])
def test_news_of_the_trials_that_match_every_facet_between_two_days(home: Path, command: str) -> None:
    whole = asked(home, command)
    lupus = asked(home, command, "--disease", "lupus")
    listed = CliRunner().invoke(
        app,
        ["sql", "SELECT nct_id FROM trials WHERE list_contains(diseases, 'SLE')", "--format", "json"],
        env={"CARTRIALS_HOME": str(home)},
    )
    of_lupus = {row["nct_id"] for row in json.loads(listed.stdout)}
    assert lupus == [row for row in whole if row["nct_id"] in of_lupus] != []
    days = sorted({row["observed_at"][:10] for row in whole})
    first, last = days[0], days[len(days) // 2]
    expected = [row for row in whole if first <= row["observed_at"][:10] <= last]
    assert asked(home, command, "--since", first, "--until", last) == expected
    refused = CliRunner().invoke(app, [command, "--disease", "lupas"], env={"CARTRIALS_HOME": str(home)})
    assert "Nearest: lupus" in str(refused.exception)


@pytest.mark.parametrize("command", ["events", "changes"])
def test_what_cannot_be_asked_is_refused_rather_than_answered_with_nothing(home: Path, command: str) -> None:
    environment = {"CARTRIALS_HOME": str(home)}
    for words, says in (
        (["--trial", "KYV-101"], "--trial is 'KYV-101'; expected NCT and eight digits."),
        (["--trial", ""], "--trial is ''; expected"),
        (["--since", "2026-07", "--until", "2026-01"], "--since 2026-07 lies after --until 2026-01; swap the two."),
    ):
        assert says in str(CliRunner().invoke(app, [command, *words], env=environment).exception)
    empty = CliRunner().invoke(app, [command, "--trial", "NCT99999998"], env=environment)
    assert empty.exit_code == 0 and empty.stdout.endswith(" that fits.\n")

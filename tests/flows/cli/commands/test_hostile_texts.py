"""Texts that want to harm whoever is shown them, through every command that shows texts.

Commands come from the parser itself: a new one is tried without a word here, and one that needs arguments is named.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
import typer

from flows.cli import app
from flows.report.build import build_report
from tests.flows.cli.commands.test_running import run
from tests.warehouse import made_up

WORD = "w" * 1_000_000
HOSTILE = f"\x1b]0;owned\x07\x1b[2J=cmd()\u202etxt.exe\x00\x9b31m <script>alert(1)</script> {WORD}"
NCT = made_up.nct(1)
# What a command needs to be given; every other is tried as it is.
GIVEN: dict[str, list[str]] = {
    "show": [NCT], "query": ["trials"], "sql": ["SELECT * FROM car_t_trials"], "search": ["lupus"],
    "alerts preview": [], "alerts history": [],
}  # fmt: skip
# They ask the network, write, or serve; what they print of records is printed by those above.
OTHERS = {
    "nightly", "accept", "rebuild", "backup", "restore", "serve", "doctor", "export", "publish", "report", "site",
    "backfill history", "backfill registry", "backfill pubmed", "alerts deliver", "alerts test", "alerts seed",
}  # fmt: skip
MOST_SHOWN = 1_000_000  # characters of all that a command prints of some thirty such trials


def commands() -> list[str]:
    group = typer.main.get_command(app)
    found: list[str] = []
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        found += [f"{name} {inner}" for inner in command.commands] if hasattr(command, "commands") else [name]
    return [name for name in found if name not in OTHERS]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published file in which every text of some trials is hostile."""
    home = tmp_path_factory.mktemp("hostile")
    made = made_up.rows(4)
    for name in ("brief_title", "official_title", "why_stopped", "brief_summary", "lead_sponsor", "acronym"):
        for trial in made["trials"]:
            trial[name] = f"lupus {HOSTILE}"
    for table, column in (("trial_conditions", "condition"), ("trial_sites", "city"), ("publications", "title"),
                          ("trial_events", "summary"), ("quarantined_records", "raw_value")):  # fmt: skip
        for row in made.get(table, []):
            row[column] = HOSTILE
    made_up.build(home / "cartrials.duckdb", made)
    return home


@pytest.mark.parametrize("command", commands())
def test_nothing_that_is_shown_has_an_effect_or_no_end(
    home: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARTRIALS_HOME", str(home))
    run(monkeypatch, *command.split(), *GIVEN.get(command, []))
    said = "".join(capsys.readouterr())
    assert said and not {"\x1b", "\x00", "\x07", "\x9b", "\u202e"} & set(said)
    assert len(said) < MOST_SHOWN


def test_the_report_has_no_effect_and_an_end(home: Path) -> None:
    page = build_report(home / "cartrials.duckdb", home / "report.html").read_text("utf-8")
    assert not {"\x1b", "\x00", "\x07", "\x9b", "\u202e"} & set(page)
    assert "<script>alert" not in page
    assert len(page) < 2_000_000


def test_what_programs_read_is_whole(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CARTRIALS_HOME", str(home))
    statement = "SELECT brief_title FROM trials ORDER BY nct_id LIMIT 1"
    run(monkeypatch, "sql", statement, "--format", "json")
    with duckdb.connect(str(home / "cartrials.duckdb"), read_only=True) as opened:
        (kept,) = opened.execute(statement).fetchone() or ("",)
    assert len(kept) > len(WORD)
    assert len(json.loads(capsys.readouterr().out)[0]["brief_title"]) == len(kept)

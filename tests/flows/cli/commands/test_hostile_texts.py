"""Texts that want to harm whoever is shown them, through every command that shows texts.

Commands come from the parser itself: a new one is tried without a word here, and one that needs arguments is named.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import duckdb
import pytest
import typer

from flows.cli import app
from flows.report.build import build_report
from tests.flows.cli.commands.test_running import given, run  # noqa: F401  (a fixture)
from tests.flows.conftest import published_home, world  # noqa: F401  (fixtures)
from tests.flows.world import World, next_day, studies
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


JOURNAL = {
    "runs": ("reason", "data_stamp"),
    "quality_results": ("observed", "examples", "subject"),
    "quarantined_records": ("record_id", "field_path", "raw_value", "reason"),
    "alert_messages": ("error", "subject", "channel"),
    "alerts": ("error",),
}


@pytest.fixture
def nights(given: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> World:  # noqa: F811
    """A home with a night, alerts and a held run, in whose journal every text that came from outside is hostile."""
    people = given.home.parent / "subscribers.toml"
    channel = 'channels = ["json://127.0.0.1:9/news"]\nwebhook_secret = "${HOOK}"\n'
    people.write_text(f'[[subscriber]]\nname = "ada"\n{channel}', "utf-8")
    monkeypatch.setenv("HOOK", "a secret of more than sixteen characters")
    monkeypatch.setenv("CARTRIALS_SUBSCRIBERS", str(people))
    next_day(given)
    given.registry.serve(studies(14))
    given.night(subscribers=people)
    run(monkeypatch, "alerts", "deliver", "--now")
    capsys.readouterr()
    with sqlite3.connect(given.home / "state.sqlite") as journal:
        journal.execute(
            "INSERT INTO quarantined_records "
            "SELECT 'q', 'ctgov', 'r', NULL, 'v', 'w', 'p', run_id, NULL FROM runs LIMIT 1"
        )
        journal.execute("UPDATE runs SET status = 'held' WHERE started_at = (SELECT max(started_at) FROM runs)")
        journal.execute("UPDATE quality_results SET status = 'failed'")
        for table, columns in JOURNAL.items():
            assert journal.execute(f"SELECT count(*) FROM {table}").fetchone() > (0,), table
            for column in columns:
                journal.execute(f"UPDATE {table} SET {column} = ?", [HOSTILE])
    return given


@pytest.mark.parametrize("command", ["status", "alerts history", "alerts preview"])
def test_texts_of_the_journal_have_no_effect_and_an_end(
    nights: World, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, *command.split())
    said = "".join(capsys.readouterr())
    assert "Traceback" not in said and "Unexpected" not in said
    assert not {"\x1b", "\x00", "\x07", "\x9b", "\u202e"} & set(said)
    assert WORD[:5_001] not in said and len(said) < MOST_SHOWN

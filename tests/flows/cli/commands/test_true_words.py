"""What an operator reads is true and is a sentence, whatever the terminal, the settings and the files are."""

# ruff: noqa: F811  (fixtures are imported by their names)

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.cli.commands import rebuild
from flows.runs import notify
from tests.flows.cli.commands.test_running import given, run  # noqa: F401  (a fixture)
from tests.flows.conftest import published_home, world  # noqa: F401  (fixtures)
from tests.flows.world import World, next_day, studies
from warehouse.release import publish

COMMAND = Path(sys.executable).with_name("cartrials")


def break_down(*_: object, **__: object) -> None:
    raise ZeroDivisionError("nobody foresaw this")


def test_what_ends_a_night_after_it_published_does_not_say_that_nothing_was(
    given: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    next_day(given)
    before = given.release()
    monkeypatch.setattr(notify, "follow_up", break_down)
    assert run(monkeypatch, "nightly") == 5
    told = capsys.readouterr().err
    run_id = given.last_run()["run_id"]
    assert (
        f"Unexpected ZeroDivisionError: nobody foresaw this. Run with --debug for the details. Run {run_id} was" in told
    )
    assert "Nothing was published" not in told
    assert given.release()[0] != before[0]


def test_what_ends_a_night_before_it_published_says_so(
    given: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    next_day(given)
    before = given.release()
    monkeypatch.setattr(publish, "publish", break_down)
    assert run(monkeypatch, "nightly") == 1
    assert "nobody foresaw this. Run with --debug for the details. Nothing was published." in capsys.readouterr().err
    assert given.release() == before


@pytest.mark.parametrize(
    ("words", "breaks"),
    [
        (("accept", "last", "--reason", "x"), (notify, "follow_up")),
        (("rebuild",), (rebuild, "write_report_again")),
        (("rebuild", "--profiles"), (rebuild, "write_report_again")),
    ],
)
def test_other_commands_that_publish_say_what_they_did(
    given: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...], breaks: tuple[Any, str],
) -> None:  # fmt: skip
    next_day(given)
    given.registry.serve(studies(6))
    assert run(monkeypatch, "nightly") == 3
    monkeypatch.setattr(*breaks, break_down)
    assert run(monkeypatch, *words) == 5
    assert " was published before that" in capsys.readouterr().err


DEEP = "a = " + "[" * 10_000 + "]" * 10_000
LONG = "a = " + "9" * 5_000
NONSENSE: dict[str, Callable[[Path], object]] = {
    "a folder": lambda path: path.mkdir(),
    "bytes": lambda path: path.write_bytes(bytes(range(256)) * 40),
    "a pipe": lambda path: os.mkfifo(path),
    "NUL": lambda path: path.write_text("\0" * 100),
    "deep": lambda path: path.write_text(DEEP),
    "a long number": lambda path: path.write_text(LONG),
    "a table that is a number": lambda path: path.write_text("topic = 1\nsubscriber = 1\n"),
    "latin-1": lambda path: path.write_bytes("# für\n".encode("latin-1")),
    "UTF-16": lambda path: path.write_bytes("name = 'a'".encode("utf-16")),
    "one endless line": lambda path: path.write_text("x" * 200_000),
    "huge": lambda path: path.write_bytes(b"# \n" * 6_000_000),
    "a loop": lambda path: path.symlink_to(path),
}
FILES = ("CARTRIALS_WATCHLIST", "CARTRIALS_SUBSCRIBERS", "CARTRIALS_OVERRIDES", "cartrials.toml")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_file_of_nonsense_is_a_sentence_and_2(
    given: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    name: str, nonsense: str, tmp_path: Path,
) -> None:  # fmt: skip
    path = Path(name) if name.endswith(".toml") else tmp_path / "written.toml"
    NONSENSE[nonsense](path)
    if not name.endswith(".toml"):
        monkeypatch.setenv(name, str(path))
    assert run(monkeypatch, "nightly") == 2
    told = capsys.readouterr().err.splitlines()
    # Before it, the run may have said that it begins, and that Prefect is not there.
    assert path.name in told[-1] and not any("Unexpected" in line or path.name in line for line in told[:-1]), told
    assert "Unexpected" not in told[-1] and len(told[-1]) < 1000
    assert given.registry.requests == []


def test_a_file_with_the_mark_of_windows_is_read(
    given: World,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    mark = "\ufeff"
    given.watchlist.write_text(mark + given.watchlist.read_text("utf-8"), "utf-8")
    subscribers, overrides = tmp_path / "subscribers.toml", tmp_path / "overrides.csv"
    subscribers.write_text(f'{mark}[[subscriber]]\nname = "all"\n', "utf-8")
    overrides.write_text(f"{mark}nct_id,attribute,value,who,when,reason\n", "utf-8")
    Path("cartrials.toml").write_text(f"{mark}subscribers = '{subscribers}'\noverrides = '{overrides}'\n", "utf-8")
    next_day(given)
    assert run(monkeypatch, "nightly") == 0


SETTINGS = {
    "CARTRIALS_CTGOV_URL": ("http://[::1", "http://", "http://a b/", "https://host:port/", "nonsense", "//x", "http://\x01"),
    "CARTRIALS_PUBMED_URL": ("http://[::1", "file:///etc/passwd"),
    "CARTRIALS_HEARTBEAT_URL": ("nonsense", "http://[", "ftp://x", "https://"),
    "CARTRIALS_MAX_AGE_HOURS": ("nan", "inf", "1e999", "-1", "9" * 5000),
    "CARTRIALS_RETRY_DELAY": ("inf", "nan", "x"),
    "CARTRIALS_ANSWER_TIMEOUT": ("0", "inf"),
    "CARTRIALS_KEEP_RELEASES": ("0", "1.5", "9" * 5000),
    "CARTRIALS_TIMEZONE": ("../../etc/passwd", "x" * 5000, "Europe/"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, some in SETTINGS.items() for value in some])
def test_a_setting_of_nonsense_is_a_sentence_and_2(
    given: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert run(monkeypatch, "nightly") == 2
    told = capsys.readouterr().err
    assert name in told and "Unexpected" not in told and len(told.splitlines()) == 1, told
    assert given.registry.requests == []


@pytest.mark.parametrize("value", ["nonsense", "mailto://[", "json://"])
def test_an_operator_of_nonsense_is_2_and_no_request_is_made(
    given: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str
) -> None:
    monkeypatch.setenv("CARTRIALS_OPERATOR", value)
    assert run(monkeypatch, "nightly") == 2
    told = capsys.readouterr().err
    assert "The setting CARTRIALS_OPERATOR is wrong" in told and "Unexpected" not in told, told
    assert given.registry.requests == []


def test_a_variable_that_is_set_to_nothing_is_not_set(
    given: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("CARTRIALS_OPERATOR", "CARTRIALS_SUBSCRIBERS", "CARTRIALS_HEARTBEAT_URL", "CARTRIALS_OVERRIDES"):
        monkeypatch.setenv(name, "")
    assert run(monkeypatch, "status") == 0


def test_the_doctor_looks_at_all_that_can_stop_a_night_or_leave_it_unheard(
    given: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("CARTRIALS_CONTACT_EMAIL", raising=False)
    assert run(monkeypatch, "doctor", "--offline") == 0
    told = capsys.readouterr().out
    for about in ("subscribers", "operator", "heartbeat", "contact address"):
        assert f"note {about}: " in told
    assert "ok   schedule of serve: '15 3 * * *' (UTC), next at " in told
    subscribers = tmp_path / "subscribers.toml"
    subscribers.write_text('[[subscriber]]\nname = "all"\nchannels = ["nonsense"]\n')
    for name, value in (("SUBSCRIBERS", str(subscribers)), ("OPERATOR", "nonsense"), ("SCHEDULE", "99 3 * * *")):
        monkeypatch.setenv(f"CARTRIALS_{name}", value)
    assert run(monkeypatch, "doctor", "--offline") == 1
    told = capsys.readouterr().out
    for about in ("subscribers", "operator", "schedule of serve"):
        assert f"FAIL {about}: " in told


ENCODINGS = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "C": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
}
QUESTIONS = (
    ("status",), ("status", "--json"), ("sql", "SELECT chr(382) || chr(31995) AS t"), ("search", "lupus"),
    ("query", "--list"), ("show", "NCT90000001"), ("show", "NCT90000001", "--json"), ("events",), ("changes",),
    ("doctor", "--offline"), ("query", "by_status"), ("alerts", "history"), ("alerts", "preview"),
)  # fmt: skip


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_terminal_that_is_not_utf_8_is_answered(
    world: World,
    encoding: str,
) -> None:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    subscribers = world.home.parent / "subscribers.toml"
    subscribers.write_text('[[subscriber]]\nname = "all"\ntitle = "Ärzte — 系統"\n', "utf-8")
    given = {**plain, **world.environment(), **ENCODINGS[encoding], "CARTRIALS_SUBSCRIBERS": str(subscribers)}
    for words in QUESTIONS:
        ended = subprocess.run([COMMAND, *words], env=given, capture_output=True, check=False, cwd=world.home.parent)
        assert ended.returncode in (0, 1), (words, ended.stderr)
        assert b"Unexpected" not in ended.stderr and b"Traceback" not in ended.stderr, (words, ended.stderr)
        if "--json" in words:
            json.loads(ended.stdout.decode("ascii"))


def test_a_word_that_is_not_utf_8_is_a_sentence(world: World) -> None:
    given = os.environ | world.environment()
    asked = {(b"search", b"f\xfcr"): 0, (b"sql", b"SELECT 'f\xfcr'"): 2, (b"show", b"\xff"): 2, (b"query", b"\xff"): 2}
    for words, code in asked.items():
        ended = subprocess.run([os.fsencode(COMMAND), *words], env=given, capture_output=True, check=False)
        assert (ended.returncode, b"Unexpected" in ended.stderr) == (code, False), (words, ended.stderr)

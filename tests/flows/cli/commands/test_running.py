"""The operator's commands: exit codes, sentences, and what they never say."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from flows import cli
from tests import records
from tests.flows.conftest import published_home, world  # noqa: F401  (fixtures)
from tests.flows.world import CONTACT, KEY, World, next_day, studies
from tests.servers.loopback import Fault


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    """A command as the operator gives it; its exit code."""
    monkeypatch.setattr(sys, "argv", ["cartrials", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    code = ended.value.code
    return code if isinstance(code, int) else int(code is not None)


@pytest.fixture
def given(world: World, monkeypatch: pytest.MonkeyPatch) -> World:  # noqa: F811
    """The world's settings in the environment, and a Prefect server that is not there: the steps are the same."""
    for name, value in world.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.chdir(world.home.parent)
    return world


WRONG_SETTINGS = {
    "CARTRIALS_TIMEZONE": ("Mars/Olympus", "CARTRIALS_TIMEZONE is wrong: expected a time zone"),
    "CARTRIALS_CTGOV_URL": ("ftp://nowhere", "CARTRIALS_CTGOV_URL is wrong: expected a URL"),
    "CARTRIALS_MAX_AGE_HOURS": ("soon", "CARTRIALS_MAX_AGE_HOURS is wrong"),
    "CARTRIALS_TRIES": ("0", "CARTRIALS_TRIES is wrong"),
    "CARTRIALS_WATCHLIST": ("nowhere.toml", "nowhere.toml, line 1: cannot be read"),
}


@pytest.mark.parametrize("name", WRONG_SETTINGS)
def test_a_wrong_setting_is_2_before_any_request(
    given: World, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    value, told = WRONG_SETTINGS[name]
    monkeypatch.setenv(name, value)
    assert run(monkeypatch, "nightly") == 2
    assert told in capsys.readouterr().err
    assert given.registry.requests == given.library.requests == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"query.term" = "lupus"', '"query.trem" = "lupus"', "line 10: unknown key 'query.trem'"),
        ('"query.term" = "lupus"', '"query.term" = "(lupus"', "line 10: query.term: a ( that is not closed"),
        ('term = "lupus[tiab]"', 'term = "lupus[tiab"', "line 14: term: a [ that is not closed"),
        ("[[topic]]", "[[topic]", "is not TOML"),
    ],
)
def test_a_mistake_in_the_watchlist_is_2_before_any_request_with_its_line(
    given: World, old: str, new: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = given.watchlist.read_text("utf-8")
    assert old in text
    given.watchlist.write_text(text.replace(old, new, 1), "utf-8")
    assert run(monkeypatch, "nightly") == 2
    assert told in capsys.readouterr().err
    assert given.registry.requests == given.library.requests == []


def test_an_unknown_setting_in_the_file_is_named_and_doctor_lists_those_there_are(
    given: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("cartrials.toml").write_text('hoem = "data"\n')
    assert run(monkeypatch, "status") == 2
    assert "'hoem' that is not known. `cartrials doctor --settings` names all" in capsys.readouterr().err
    Path("cartrials.toml").unlink()
    assert run(monkeypatch, "doctor", "--settings") == 0
    listed = capsys.readouterr().out
    assert "CARTRIALS_HOME" in listed and "(Folder of all data)" in listed and KEY not in listed


def test_exit_codes_of_a_night(
    given: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "nightly") == 0
    next_day(given)
    given.registry.serve(studies(5))
    assert run(monkeypatch, "nightly") == 3
    assert "was held, the last release stands" in capsys.readouterr().err
    assert run(monkeypatch, "status", "--json") == 1
    status = json.loads(capsys.readouterr().out)
    assert status["held"] and status["last_failed"] and not status["is_well"]
    assert run(monkeypatch, "accept", "last", "--reason", "Looked at it.") == 0
    capsys.readouterr()
    assert run(monkeypatch, "status", "--json") == 0
    assert json.loads(capsys.readouterr().out)["is_well"]
    given.registry.faults = [Fault(status=503, times=99)]
    assert run(monkeypatch, "nightly") == 1
    told = capsys.readouterr().err
    assert "ClinicalTrials.gov answered 503" in told and "Traceback" not in told
    assert run(monkeypatch, "status") == 1


def test_a_reader_that_holds_the_published_file_open_neither_blocks_nor_breaks(given: World) -> None:
    """A reader is another process, as an analyst's notebook is."""
    program = (
        "import duckdb, sys\n"
        f"held = duckdb.connect({str(given.home / 'cartrials.duckdb')!r}, read_only=True)\n"
        "print(held.execute('SELECT count(*) FROM trials').fetchone()[0], flush=True)\n"
        "sys.stdin.readline()\n"
        "print(held.execute('SELECT count(*) FROM trials').fetchone()[0], flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin is not None and reader.stdout is not None
        assert reader.stdout.readline() == "12\n"
        next_day(given)
        given.registry.serve([*studies(), records.study(13)])
        assert given.night().status == "published"
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "12\n"
    assert given.published("SELECT count(*) FROM trials") == [(13,)]


PASSWORD = "smtpPassw0rd"
SECRETS = (KEY, PASSWORD, "heartbeat-t0ken", "basicPassw0rd", CONTACT)


def test_secrets_are_nowhere(
    given: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """A good night, a failed and a held one, everything said about them, and every file of the data folder."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("CARTRIALS_OPERATOR", f"json://operator:{PASSWORD}@127.0.0.1:9/told")
    monkeypatch.setenv("CARTRIALS_HEARTBEAT_URL", "http://127.0.0.1:9/ping/heartbeat-t0ken")
    echo = b'{"error":"API rate limit exceeded","api-key":"%s","count":"11","limit":"10"}' % KEY.encode()
    run(monkeypatch, "nightly", "--full")
    given.library.faults = [Fault(status=429, body=echo, times=99)]
    assert run(monkeypatch, "nightly") == 1
    given.library.faults = [Fault(status=400, body=echo, times=99)]
    assert run(monkeypatch, "nightly") == 1
    given.library.faults = []
    next_day(given)
    given.registry.serve([])
    assert run(monkeypatch, "nightly") == 3
    monkeypatch.setenv("CARTRIALS_CTGOV_URL", "http://me:basicPassw0rd@127.0.0.1:9/api/v2")
    assert run(monkeypatch, "nightly") == 1
    run(monkeypatch, "status", "--json")
    run(monkeypatch, "status")
    run(monkeypatch, "doctor")
    said = capsys.readouterr()
    assert any(KEY in str(dict(request.parameters)) for request in given.library.requests), "the key was really used"

    places = {"the terminal": said.out + said.err, "the log": caplog.text}
    for path in given.home.rglob("*"):
        if path.is_file():
            places[str(path)] = path.read_bytes().decode("latin-1")
    for path in given.home.rglob("*.duckdb"):
        with duckdb.connect(str(path), read_only=True) as database:
            for (table,) in database.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                places[f"{path}: {table}"] = str(database.execute(f'SELECT * FROM "{table}"').fetchall())
    assert len(places) > 50
    # Whom to write to is no secret at home, where a person set it; it is not for errors and logs.
    at_home = {"the terminal": (CONTACT,)}
    found = {
        (place, secret)
        for place, text in places.items()
        for secret in SECRETS
        if secret in text and secret not in at_home.get(place, ())
    }
    assert found == set()

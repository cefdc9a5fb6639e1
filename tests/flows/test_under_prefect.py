"""The night as an operator starts it: a process of its own, on a real Prefect server or without one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from flows.cli.commands.nightly import run_nightly
from flows.orchestration.server import NoServer, Server
from flows.storage.journal import Journal
from tests import records
from tests.flows.world import World, papers, studies

COMMAND = Path(sys.executable).with_name("cartrials")
PATIENCE = 240  # seconds: Prefect's server may take a minute to start where much else runs


def environment(world: World, **more: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "CARTRIALS_"))}
    return {**plain, **world.environment(), "CARTRIALS_PREFECT_PATIENCE": str(PATIENCE), **more}


def nightly(world: World, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "nightly", *words], env=environment(world, **more), capture_output=True, text=True, check=False,
        timeout=280, cwd=world.home.parent,
    )  # fmt: skip


def published(home: Path) -> list[dict[str, Any]]:
    if not (home / "cartrials.duckdb").exists():
        return []
    with Journal(home / "state.sqlite", read_only=True) as journal:
        return journal.rows("SELECT * FROM runs WHERE status = 'published' ORDER BY started_at")


def test_a_run_says_what_it_does_and_nothing_else(new_world: World, tmp_path: Path) -> None:
    recordings = records.record_night(tmp_path / "recordings", "2026-09-01", studies(3), papers(2))
    ended = nightly(new_world, "--source", f"recorded:{recordings}", DO_NOT_TRACK="1")
    assert ended.returncode == 0, ended.stderr
    told = [line.split(" ", 1)[1] for line in ended.stderr.splitlines()]
    assert told == [
        "nightly run begins",
        "night of 2026-09-01: reading the recording",
        "keeping and checking",
        "publishing",
        "nightly run ends",
    ]
    first, *others = ended.stdout.splitlines()
    assert first.startswith("2026-09-01 published: 3 new trials, 0 changed; 2 new papers, 0 changed;")
    assert f"Published {new_world.home / 'cartrials.duckdb'}" in others
    assert any(line.startswith("  fingerprint ") for line in others)
    assert "Traceback" not in ended.stdout and "prefect" not in ended.stdout.lower()
    assert (new_world.home / "prefect").is_dir(), "it ran on a Prefect server of its own"


def test_without_a_prefect_server_the_night_is_made_all_the_same(
    new_world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert run_nightly(new_world.settings(), None, full=False, announce=True, dry_run=False) == 0
    told = capsys.readouterr().err
    assert "Prefect's server at http://127.0.0.1:9/api does not answer" in told
    assert "The run goes on without Prefect." in told
    assert len(published(new_world.home)) == 1


def child(program: str, folder: Path) -> Server:
    """A server that is none: it never answers."""
    process = subprocess.Popen([sys.executable, "-c", program])
    return Server("http://127.0.0.1:9/api", process, folder / "prefect.log")


def test_a_prefect_server_that_dies_is_given_up_at_once(tmp_path: Path) -> None:
    with pytest.raises(NoServer, match=r"ended as soon as it began; why is in .*prefect\.log"):
        child("raise SystemExit(3)", tmp_path).ready(PATIENCE)


def test_a_prefect_server_that_does_not_start_is_given_up_and_ended(tmp_path: Path) -> None:
    server = child("import time; time.sleep(300)", tmp_path)
    with pytest.raises(NoServer, match="did not start within 0 seconds"):
        server.ready(0.1)
    assert server.process is not None and server.process.poll() is not None


def test_a_late_night_has_nothing_to_bring_once_another_was_made(world: World) -> None:
    from flows.nightly import is_overtaken

    made = datetime.fromisoformat(world.last_run()["started_at"]).replace(tzinfo=UTC)
    assert is_overtaken(world.settings(), made - timedelta(hours=8))
    assert not is_overtaken(world.settings(), made + timedelta(seconds=1))
    assert not is_overtaken(world.settings(home=world.home / "nowhere"), made)


def lines_of_runs(server: str) -> set[str]:
    """What the logs of runs on Prefect's page say."""
    answer = requests.post(f"{server}/logs/filter", json={"limit": 200}, timeout=60)
    return {line["message"] for line in answer.json()}


@pytest.mark.timeout(900)
def test_a_night_starts_by_its_schedule_and_serving_ends_cleanly(new_world: World) -> None:
    """Every twenty seconds instead of every night, on the server that `serve` starts."""
    given = environment(
        new_world, CARTRIALS_SCHEDULE="* * * * * */20", CARTRIALS_TIMEZONE="Europe/Berlin",
        PREFECT_RUNNER_POLL_FREQUENCY="2",
    )  # fmt: skip
    log = new_world.home.parent / "serve.log"
    with log.open("w") as written:
        serving = subprocess.Popen(
            [COMMAND, "serve"], env=given, stdout=written, stderr=subprocess.PIPE, text=True, cwd=log.parent
        )
    told: set[str] = set()
    try:
        until = time.monotonic() + 2 * PATIENCE
        ended = re.compile(r" published: .*The next run is due at", re.DOTALL)
        while not (ended.search(log.read_text()) and "asking PubMed" in told):
            assert serving.poll() is None and time.monotonic() < until, log.read_text()
            server = re.search(r"server answers at (\S+)\.$", log.read_text(), re.MULTILINE)
            if server and published(new_world.home):
                told = lines_of_runs(server[1])
            time.sleep(0.5)
        runs = published(new_world.home)
        serving.send_signal(signal.SIGINT)
        _, complaints = serving.communicate(timeout=90)
    finally:
        serving.kill()
        serving.wait()
    said = log.read_text()
    assert runs[0]["source"] == "live", said
    assert serving.returncode == 0, complaints
    assert "at '* * * * * */20' (Europe/Berlin)" in said and "Stopped." in said
    assert complaints == "", "sentences only, and those in the log"
    for line in ("the night begins", "published: 12 new trials", "The next run is due at"):
        assert line in said
    assert new_world.published("SELECT count(*) FROM trials") == [(12,)]

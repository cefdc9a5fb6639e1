"""A flow run that is late: on a real Prefect server, in a process of its own, as `serve` runs it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.flows.test_under_prefect import PATIENCE, environment
from tests.flows.world import World

ROOT = Path(__file__).resolve().parents[2]
# Runs the flow as one that was due at the given moment, and prints how many nights it made.
LATE = f"""
import sys
from datetime import datetime
from flows.orchestration.server import prepare, started
from flows.config.settings import load

settings = load()
prepare(settings.home)
server = started(settings.home, with_scheduler=False)
from prefect.client.orchestration import get_client
from prefect.flow_engine import run_flow
from prefect.states import Scheduled
from flows.nightly import nightly

server.ready({PATIENCE})
with get_client(sync_client=True) as client:
    late = client.create_flow_run(nightly, state=Scheduled(scheduled_time=datetime.fromisoformat(sys.argv[1])))
print(len(run_flow(nightly, flow_run=late)))
"""


@pytest.mark.timeout(400)
def test_a_late_run_makes_no_night_and_asks_nobody_once_a_later_night_was_made(world: World) -> None:
    before, last = world.release(), world.last_run()
    made = datetime.fromisoformat(last["started_at"]).replace(tzinfo=UTC)
    due = made - timedelta(hours=8)
    ended = subprocess.run(
        [sys.executable, "-c", LATE, due.isoformat()],
        env=environment(world), cwd=ROOT, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert ended.stdout.splitlines() == ["0"], ended.stderr
    assert world.registry.requests == [] and world.library.requests == []
    assert world.release() == before and world.last_run() == last

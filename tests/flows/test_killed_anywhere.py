"""Whatever writes into a data folder, killed or failed wherever it writes: the next run ends as if nothing had been."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.kills.tracing import REFUSED

ROOT = Path(__file__).resolve().parents[2]
# Every run of CI kills fifty at drawn moments and half as many at drawn calls; a developer's minute allows fewer,
# others each time. No two runs draw the same.
KILLS = int(os.environ.get("CARTRIALS_KILLS", "6"))
ASKED = {"--moments": KILLS, "--calls": KILLS // 2, "--errors": KILLS // 5}


@pytest.mark.timeout(3000)
def test_what_is_killed_or_fails_anywhere_is_mended_by_the_next_run(tmp_path: Path) -> None:
    options = [str(word) for pair in ASKED.items() for word in pair]
    seed = str(int.from_bytes(os.urandom(4), "big"))
    command = [sys.executable, "-m", "tests.flows.kills", str(tmp_path / "tries"), *options, "--seed", seed]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if ended.returncode == REFUSED:
        pytest.skip(ended.stderr.strip())
    tries = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(tries) == sum(ASKED.values()), f"seed {seed}: {ended.stderr[-2000:]}"
    assert [one for one in tries if one["complaints"]] == [], f"seed {seed}"
    assert ended.returncode == 0, f"seed {seed}: {ended.stderr[-2000:]}"

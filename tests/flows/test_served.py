"""A run that `serve` started ends with it, though nothing but a file is between them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flows.orchestration import served

SERVING = """
import subprocess, sys, time
from pathlib import Path
from flows.orchestration.served import held
with held(Path(sys.argv[1])):
    running = subprocess.Popen([sys.executable, "-c", sys.argv[2]], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               start_new_session=True)
    print(running.stdout.readline().decode(), end="", flush=True)
    time.sleep(600)
"""
RUNNING = """
import os, time
from flows.orchestration.served import end_with_server
end_with_server()
print(os.getpid(), flush=True)
time.sleep(600)
"""
ENDED = 20  # seconds that a process may take to be gone, on a busy machine


def test_a_run_ends_when_what_serves_it_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SERVING, str(tmp_path), RUNNING], stdout=subprocess.PIPE, text=True
    ) as serving:
        assert serving.stdout
        run = serving.stdout.readline().strip()
        (lock,) = tmp_path.iterdir()
        serving.kill()
    assert subprocess.run(["tail", f"--pid={run}", "-f", "/dev/null"], timeout=ENDED, check=False).returncode == 0
    with served.held(tmp_path):
        assert lock not in list(tmp_path.iterdir())  # what the killed one left
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_starts_too_late_ends_at_once(tmp_path: Path) -> None:
    left = tmp_path / "serve-1.lock"
    for there in (True, False):
        left.touch() if there else left.unlink()
        gone = subprocess.run(
            [sys.executable, "-c", RUNNING], env={served.HELD_BY: str(left)}, timeout=ENDED, check=False
        )  # fmt: skip
        assert gone.returncode == 1

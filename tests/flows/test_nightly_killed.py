"""kill -9 at random moments of a recorded run, then a new run: as if nothing had happened."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "demo" / "recordings"
# Every run of CI kills fifty; a developer's few seconds allow fewer, at other moments each time.
MOMENTS = int(os.environ.get("CARTRIALS_KILLS", "6"))
STUDIES = 25  # a night: enough for changes, arrivals and departures


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Two made-up nights, cut to a few studies that change between them, with a few papers."""
    folder = tmp_path / "recordings"
    for night in ("2026-09-01", "2026-09-02"):
        target = folder / night
        target.mkdir(parents=True)
        lines = gzip.decompress((DEMO / night / "ctgov.jsonl.gz").read_bytes()).splitlines()
        chosen = [line for line in lines if b'"nctId":"NCT9010' in line or b'"nctId": "NCT9010' in line]
        (target / "ctgov.jsonl").write_bytes(b"\n".join(chosen[:STUDIES]))
    return folder


@pytest.mark.timeout(3000)
def test_a_killed_run_changes_nothing_that_the_next_does_not_mend(recordings: Path, tmp_path: Path) -> None:
    watchlist = tmp_path / "watchlist.toml"
    watchlist.write_text(
        '[[topic]]\nname = "sle"\ntitle = "SLE"\ndiseases = ["SLE"]\n'
        '[[topic.leg]]\nname = "lupus"\nsource = "ctgov"\n"query.cond" = "lupus"\n'
    )
    seed = str(int.from_bytes(os.urandom(4), "big"))
    ended = subprocess.run(
        [sys.executable, "-m", "tests.flows.killing", str(recordings), str(tmp_path / "homes"), str(MOMENTS), seed],
        cwd=ROOT,
        env={**os.environ, "CARTRIALS_WATCHLIST": str(watchlist)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"seed {seed}: {ended.stderr[-2000:]}"
    undisturbed, *killed = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(killed) == MOMENTS
    assert undisturbed["published"] == 2
    for stands in killed:
        told = f"seed {seed}, killed at {stands['moment']:.3f} of {undisturbed['duration']:.3f} s"
        assert stands["fingerprints"] == undisturbed["fingerprints"], told
        assert stands["events"] == undisturbed["events"], told
        assert len(set(stands["events"])) == len(stands["events"]), told

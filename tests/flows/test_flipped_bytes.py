"""A byte that a disk flips, in any file of a home: harmless, or named with what to do, and mended by doing it."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "demo" / "recordings"
# Every run of CI flips fifty; a developer's few seconds allow fewer, at other places each time.
FLIPS = int(os.environ.get("CARTRIALS_FLIPS", "4"))
STUDIES = 25  # a night: enough for changes, arrivals and departures
TO_DO = re.compile(r"Restore|restore|`cartrials (rebuild|nightly|doctor)|opy it back|again")


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Three made-up nights, cut to a few studies that change between them."""
    folder = tmp_path / "recordings"
    for night in ("2026-09-01", "2026-09-02", "2026-09-03"):
        (folder / night).mkdir(parents=True)
        lines = gzip.decompress((DEMO / night / "ctgov.jsonl.gz").read_bytes()).splitlines()
        chosen = [line for line in lines if b'"nctId":"NCT9010' in line or b'"nctId": "NCT9010' in line]
        (folder / night / "ctgov.jsonl").write_bytes(b"\n".join(chosen[:STUDIES]))
    return folder


@pytest.mark.timeout(7000)
def test_a_flipped_byte_is_harmless_or_named(recordings: Path, tmp_path: Path) -> None:
    watchlist = tmp_path / "watchlist.toml"
    watchlist.write_text(
        '[[topic]]\nname = "sle"\ntitle = "SLE"\ndiseases = ["SLE"]\n'
        '[[topic.leg]]\nname = "lupus"\nsource = "ctgov"\n"query.cond" = "lupus"\n'
    )
    seed = str(int.from_bytes(os.urandom(4), "big"))
    ended = subprocess.run(
        [sys.executable, "-m", "tests.flows.flipping", str(recordings), str(tmp_path / "homes"), str(FLIPS), seed],
        cwd=ROOT, env={**os.environ, "CARTRIALS_WATCHLIST": str(watchlist)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, f"seed {seed}: {ended.stderr[-2000:]}"
    undisturbed, *flipped = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]
    assert len(flipped) == FLIPS and undisturbed["damages"] == []
    wrong = [f"seed {seed}: {one['file']} at {one['at']}, bit {one['bit']}: {what}"
             for one in flipped for what in wrongs(one, undisturbed)]  # fmt: skip
    assert not wrong, "\n".join(wrong)


def wrongs(one: dict[str, Any], undisturbed: dict[str, Any]) -> list[str]:
    """What is not as it should be after one flip."""
    sentences = [*one["damages"], *one["problems"], *([one["error"]] if "error" in one else [])]
    sentences += [answer["error"] for answer in one["answers"].values() if "error" in answer]
    sentences += [one["rebuilt"]["error"]] if "error" in one["rebuilt"] else []
    found = [f"no word of what to do: {said}" for said in sentences if not TO_DO.search(said) or "Unexpected" in said]
    for name, answer in one["answers"].items():
        if answer != undisturbed["answers"][name] and not sentences:
            found.append(f"another answer of {name}, and nobody says why")
    if "error" not in one:
        if not one["readable"]:
            found.append("a night published what nobody can read")
        elif one["after"] != undisturbed["after"]:
            found.append("a night published other tables")
    if one["at_last"] != undisturbed["after"] or one["events"] != undisturbed["events"]:
        found.append(f"what was said to do did not mend it: {one.get('mended')}")
    return found

"""Scores against labels read from independent sources; they may not fall. Runs where ../shared is present."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from transforms.profile import profile_study

SHARED = Path(__file__).resolve().parents[4] / "shared"
FILES = ("oncology_car_t", "autoimmune_car_t_2026-07-03", "studies")
LINE = re.compile(r"^(.+?) +right +(?:(\d+)/(\d+)|-).*?wrong (\d+)/(\d+)")
# Least share right, of what the record says. The numbers.
RIGHT = {
    "in scope": 0.99, "look-alikes kept out": 1.0, "target antigens, tier A": 0.98,
    "target antigens, tier C": 0.98, "cell source, tier A": 0.97, "cell source, tier C": 0.96,
    "cell type": 0.95,
}  # fmt: skip
WRONG = 0.01
UNLABELLED_IN_SCOPE = 0.005

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="the real records of ../shared are absent")


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the scoring tool prints on a file with the profiles of all supplied records."""
    path = tmp_path_factory.mktemp("scores") / "profiles.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE trials (nct_id VARCHAR, scope VARCHAR)")
        connection.execute("CREATE TABLE car_t_profiles (nct_id VARCHAR, target_antigens VARCHAR[],"
                           " cell_source VARCHAR, cell_type VARCHAR)")  # fmt: skip
        profiles = {nct_id: profile_study(study) for nct_id, study in real_studies().items()}
        connection.executemany("INSERT INTO trials VALUES (?, ?)",
                               [[nct_id, profile.scope] for nct_id, profile in profiles.items()])  # fmt: skip
        connection.executemany("INSERT INTO car_t_profiles VALUES (?, ?, ?, ?)", [
            [nct_id, row["target_antigens"], row["cell_source"], row["cell_type"]]
            for nct_id, profile in profiles.items() for row in profile.rows.get("car_t_profiles", [])
        ])  # fmt: skip
    tool, labels = SHARED / "tools/score_profiles.py", SHARED / "gold/labels.csv"
    command = [sys.executable, str(tool), str(path), str(labels)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def real_studies() -> dict[str, dict[str, object]]:
    found = {}
    for name in FILES:
        with gzip.open(SHARED / f"registry/ctgov/{name}.jsonl.gz", "rt", encoding="utf-8") as file:
            for line in file:
                study = json.loads(line)
                found[study["protocolSection"]["identificationModule"]["nctId"]] = study
    return found


def lines(scores: str) -> dict[str, tuple[float, float]]:
    """Name of a line -> share right, share wrong."""
    found = {}
    for match in map(LINE.match, scores.splitlines()):
        if match:
            name, right, told, wrong, rows = match.groups()
            found[name] = (int(right) / int(told) if told else 1.0, int(wrong) / int(rows))
    return found


def test_what_the_records_say_is_read_right(scores: str) -> None:
    shares = lines(scores)
    assert shares.keys() >= RIGHT.keys(), scores
    assert {name: shares[name][0] for name, least in RIGHT.items() if shares[name][0] < least} == {}, scores


def test_hardly_anything_is_wrong(scores: str) -> None:
    assert {name: wrong for name, (_, wrong) in lines(scores).items() if wrong > WRONG} == {}, scores


def test_cancer_trials_stay_out(scores: str) -> None:
    match = re.search(r"unlabelled trials +(\d+), in scope (\d+)", scores)
    assert match, scores
    assert int(match.group(2)) <= UNLABELLED_IN_SCOPE * int(match.group(1)), scores

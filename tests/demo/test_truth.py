"""The profile of every made-up trial says what the trial was written to say (demo/truth.csv)."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import DEMO
from warehouse.querying.reading import published

LISTS = {
    "target_antigens",
    "constructs",
    "lymphodepletion",
    "concomitant_immunosuppression",
    "prophylaxis",
    "safety_outcomes",
}
VALUES = (
    "cell_type",
    "cell_source",
    "comparator",
    "control_crossover",
    "max_prednisone_mg_per_day",
    "follow_up_months",
)

with (DEMO / "truth.csv").open(encoding="utf-8", newline="") as file:
    TRUTH = list(csv.DictReader(file))


@pytest.fixture(scope="session")
def first_night(demo_home: Path) -> dict[str, dict[str, Any]]:
    """NCT number -> trial and profile as the first night that had it says: later nights edit some."""
    found: dict[str, dict[str, Any]] = {}
    for release in sorted((demo_home / "releases").glob("*.duckdb")):
        with published(release) as connection:
            cursor = connection.execute(
                "SELECT trials.scope, car_t_profiles.*, trials.nct_id "
                "FROM trials LEFT JOIN car_t_profiles USING (nct_id)"
            )
            names = [column[0] for column in cursor.description or ()]
            for row in cursor.fetchall():
                one = dict(zip(names, row, strict=True))
                found.setdefault(row[-1], one | {"nct_id": row[-1]})
    return found


@pytest.mark.parametrize("meant", TRUTH, ids=lambda row: row["nct_id"])
def test_a_trial_is_read_as_it_was_written(meant: dict[str, str], first_night: dict[str, dict[str, Any]]) -> None:
    read = first_night[meant["nct_id"]]
    assert read["scope"] == meant["scope"]
    if meant["scope"] == "in_scope":
        assert {name: said(read[name]) for name in (*sorted(LISTS), *VALUES)} == {
            name: meant[name] for name in (*sorted(LISTS), *VALUES)
        }


def said(value: Any) -> str:
    """A value as truth.csv writes it."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "|".join(sorted(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)

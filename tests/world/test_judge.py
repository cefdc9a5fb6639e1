"""The judge judged: a product that is broken on purpose is found out within two hundred nights."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.world import judge_alerts, people, product
from tests.world.world import Violation, World

NIGHTS = 200
# A broken rename shows only after a fault at a rename: seed 4 meets one on night 29, 5 takes ten times as long.
SEEDS = {"rename": 4}

pytestmark = pytest.mark.timeout(1800)


@pytest.mark.parametrize("broken", product.BROKEN)
def test_what_is_broken_is_found(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    product.BROKEN[broken](monkeypatch)
    world = World(SEEDS.get(broken, 5), tmp_path)
    with pytest.raises(Violation):
        world.live(NIGHTS)
    record_property("says", f"a broken {broken} is found on night {world.night}")


@pytest.mark.parametrize(
    ("last", "waits", "too_soon"),
    [
        ("2027-04-07", False, False),  # seed 212408, night 49: the week was not over
        ("2027-04-05", True, False),
        ("2027-04-01", True, True),  # two messages within seven days
        ("2027-05-20", True, False),  # our clock was ahead
    ],
)
def test_what_a_weekly_reader_waits_for(last: str, waits: bool, too_soon: bool) -> None:
    reader = people.Reader("recruiting", "json", cadence="weekly")
    ledger = judge_alerts.Ledger(days={("recruiting", "json"): [date(2027, 3, 29)]})
    with sqlite3.connect(":memory:") as journal:
        journal.executescript(f"""
            CREATE TABLE alerts (subscriber, channel, state);
            INSERT INTO alerts VALUES ('recruiting', 'json', 'pending');
            CREATE TABLE alert_messages (subscriber, channel, created_at);
            INSERT INTO alert_messages VALUES ('recruiting', 'json', '{last} 01:15:34.002000');
        """)
        assert any(ledger._cadence(journal, [reader])) == too_soon
        assert any(ledger.waiting(journal, [reader], date(2027, 4, 12))) == waits

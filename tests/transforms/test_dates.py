"""Registry dates say how much of them was given, and nothing else is believed."""

from __future__ import annotations

from datetime import date

import pytest

from transforms.dates import registry_date


@pytest.mark.parametrize(
    ("given", "day", "precision"),
    [
        ("2026-05-14", date(2026, 5, 14), "day"),
        ("2026-05", date(2026, 5, 1), "month"),
        ("2026", date(2026, 1, 1), "year"),
        (" 2026-05 ", date(2026, 5, 1), "month"),
        ("2024-02-29", date(2024, 2, 29), "day"),
        ("1999-09-20", date(1999, 9, 20), "day"),
    ],
)
def test_a_date_is_its_first_day_and_how_much_was_given(given: str, day: date, precision: str) -> None:
    assert registry_date(given) == (day, precision)


@pytest.mark.parametrize(
    "given",
    [
        "Spring 2027",
        "2026-13",
        "2025-02-29",
        "2026-5",
        "2026-05-14T10:00",
        "14-05-2026",
        "May 2026",
        "0026-05",
        "3026",
        "",
        "2026-",
        "２０２６",
    ],
)
def test_what_is_no_date_is_never_guessed(given: str) -> None:
    assert registry_date(given) is None

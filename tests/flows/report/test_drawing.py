"""Bars as long as their numbers, dots where the cities are, nothing of a label as markup."""

from __future__ import annotations

import re

import pytest

from flows.report import drawing, figure

BAD = "<img src=x onerror=alert(1)>"


def test_bars_are_as_long_as_their_numbers_and_silence_is_grey() -> None:
    drawn = drawing.bars([{"w": "SLE", "n": 4}, {"w": "not stated", "n": 1}], "w", "n", unit="trials")
    assert re.findall(r'class="(\w+)" width="([\d.]+)%"', drawn) == [("s1", "100.00"), ("silent", "25.00")]


def test_columns_stand_on_one_floor_and_add_up() -> None:
    rows = [
        {"year": "2025", "part": "a", "n": 3},
        {"year": "2025", "part": "b", "n": 1},
        {"year": "2026", "part": "a", "n": 2},
    ]
    drawn = drawing.stacked(rows, "year", "part", "n", ["a", "b"], unit="trials", told="")
    bars = [(float(y), float(h)) for y, h in re.findall(r'y="([\d.]+)" width="[\d.]+%" height="([\d.]+)"', drawn)]
    floor = drawing.HEIGHT - drawing.FOOT
    (y_a, tall_a), (y_b, tall_b), (y_c, tall_c) = bars
    assert y_a + tall_a == pytest.approx(floor, abs=0.2) == y_c + tall_c
    assert y_b + tall_b == pytest.approx(y_a, abs=0.2)
    assert tall_a == pytest.approx(3 * tall_b, abs=0.3)
    assert re.findall(r'class="n"[^>]*>(\d+)<', drawn) == ["4", "2"]


def test_no_label_becomes_markup() -> None:
    place = {"city": BAD, "country": None, "latitude": 1.0, "longitude": 1.0, "n_trials": 1, "n_sites": 1}
    for drawn in (
        drawing.bars([{"w": BAD, "n": 1}], "w", "n", unit=BAD),
        drawing.columns([{"w": BAD, "n": 1}], "w", "n", unit=BAD, told='" onload="x'),
        drawing.grid([{"a": BAD, "b": BAD, "n": 1}], "a", "b", "n", unit=BAD),
        drawing.world([place], told=BAD),
    ):
        assert "<img" not in drawn
        assert 'onload="x' not in drawn


def test_colours_come_in_order_and_grey_is_for_silence() -> None:
    assert drawing.legend(["autologous", "not stated", "in vivo"]) == [
        ("autologous", "s1"), ("not stated", "silent"), ("in vivo", "s2"),
    ]  # fmt: skip


def test_the_map_puts_places_where_they_are() -> None:
    x, y = drawing.projected(drawing.CENTRE, 0)
    assert x == pytest.approx(drawing.MAP_WIDTH / 2)
    boston, berlin, tokyo = (drawing.projected(*at) for at in ((-71.1, 42.4), (13.4, 52.5), (139.7, 35.7)))
    assert boston[0] < berlin[0] < tokyo[0]
    assert berlin[1] < boston[1] < tokyo[1] < y


def test_bars_of_years_that_are_not_over_are_hatched() -> None:
    rows = [{"year": year, "part": "a", "n": 2} for year in ("2025", "2026", "2027")]
    drawn = drawing.stacked(rows, "year", "part", "n", ["a"], unit="trials", told="x", unfinished=("2026", "2027"))
    assert drawn.count("<pattern") == 1
    assert drawn.count('fill="url(#hatch-') == 2
    assert "<pattern" not in drawing.stacked(rows, "year", "part", "n", ["a"], unit="trials", told="x")


@pytest.mark.parametrize(("silent", "is_drawn"), [(17, True), (18, False)])
def test_a_chart_that_is_nine_tenths_not_stated_is_a_sentence(silent: int, is_drawn: bool) -> None:
    rows = [{"phase": "PHASE1", "n_trials": 2}, {"phase": "not stated", "n_trials": silent}]
    made = figure.bars("by_phase", {"by_phase": []}, "phase", "x", rows=rows)
    assert ("<ol" in made.drawing, made.spec is not None) == (is_drawn, is_drawn)
    assert is_drawn or f"{silent} of 20 trials do not state it" in made.drawing

"""Two files of figures as ratios: each number by its path, what moved furthest first."""

from __future__ import annotations

from benchmarks.compare import figures, ratios

BEFORE = {"night": [{"name": "everything", "seconds": 20, "is_well": True}], "report": {"page": 2.0, "gone": 1}}
AFTER = {"night": [{"name": "everything", "seconds": 10, "is_well": True}], "report": {"page": 2.1, "new": 3}}


def test_figures_are_numbers_by_their_path() -> None:
    assert dict(figures(BEFORE)) == {"night / everything / seconds": 20.0, "report / page": 2.0, "report / gone": 1.0}


def test_what_moved_least_is_not_shown() -> None:
    before, after = dict(figures(BEFORE)), dict(figures(AFTER))
    assert ratios(before, after, 1.1) == [("night / everything / seconds", 0.5)]
    assert [name for name, _ in ratios(before, after, 1)] == ["night / everything / seconds", "report / page"]
    assert ratios({"zero": 0.0}, {"zero": 1.0}, 1.1) == []

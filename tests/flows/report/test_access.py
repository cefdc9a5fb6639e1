"""The report can be used by everybody: what `tests.flows.access` looks for; and on paper findings are few pages."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.report.page import PRINTED_NEWS
from tests.flows.access import check, look
from tests.flows.report.conftest import Reader


@pytest.mark.parametrize("dark", [False, True])
def test_the_report_can_be_used_by_everybody(reader: Reader, small_page: Path, dark: bool) -> None:
    reader.open(small_page, width=1280, dark=dark)
    check(look(reader), small_page)


def test_on_paper_charts_stand_four_in_a_row_and_news_are_few(reader: Reader, small_page: Path) -> None:
    reader.open(small_page, width=700)
    reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    try:
        columns = reader.run("return getComputedStyle(document.querySelector('.figures')).gridTemplateColumns")
        assert len(columns.split()) == 4
        news = reader.run(
            "return [...document.querySelectorAll('#news > .news > li')].filter(e => e.checkVisibility()).length"
        )
        assert news <= PRINTED_NEWS
        row = reader.run("return getComputedStyle(document.querySelector('.trials tbody tr:not(.out)')).display")
        assert row == "table-row"  # not the telephone's cards
    finally:
        reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})

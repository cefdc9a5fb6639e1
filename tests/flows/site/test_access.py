"""The site can be used by everybody: what `tests.flows.access` looks for, and the first step of a keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.flows.access import check, look
from tests.flows.report.conftest import Reader
from tests.records import nct

PAGES = ("index.html", "diseases/sle.html", "review.html", "search.html", "methods.html", f"trials/{nct(1)}.html")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_pages_of_the_site_can_be_used_by_everybody(reader: Reader, small_site: Path, width: int, dark: bool) -> None:
    for name in PAGES:
        reader.open(small_site / name, width=width, dark=dark)
        check(look(reader), small_site / name)


def test_the_first_step_of_a_keyboard_is_seen_and_leads_past_the_head(reader: Reader, small_site: Path) -> None:
    reader.open(small_site / "index.html")
    reader.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    first = reader.run(
        "const e = document.activeElement; return [e.className, getComputedStyle(e).outlineStyle,"
        " e.getBoundingClientRect().top >= 0]"
    )
    assert first[0] == "skip" and first[1] != "none" and first[2] is True

"""The report in a real browser: as an analyst at a desk, with a keyboard only, on a phone, in the dark."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from flows.report.contents import Contents
from flows.report.dossier import Dossier
from flows.report.panels import title
from tests.flows.report.conftest import SCRIPT_TITLE, Reader
from tests.records import nct
from transforms.shown import without_effect


def choose(reader: Reader, facet: str, starts_with: str) -> int:
    """Choose a value of a facet by how it starts; the number of trials that its option promises."""
    select = Select(reader.driver.find_element(By.CSS_SELECTOR, f"select[data-facet={facet}]"))
    option = next(one for one in select.options if one.text.startswith(starts_with))
    select.select_by_visible_text(option.text)
    return int(re.findall(r"\((\d+)\)$", option.text)[0])


def listed(reader: Reader) -> int:
    return int(reader.run("return matching.length"))


def quoted_words(dossier: Dossier) -> set[str]:
    """The words of the record that decided about a value."""
    values = [value for part in dossier.profile for attribute in part.attributes for value in attribute.values]
    return {reason.quote.parts[1].strip() for value in values for reason in value.reasons if reason.quote}


def press(reader: Reader, key: str) -> None:
    ActionChains(reader.driver).send_keys(key).perform()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
def test_opens_without_complaint_or_request_and_fits_its_width(
    reader: Reader, small_page: Path, width: int, dark: bool
) -> None:
    reader.open(small_page, width=width, dark=dark)
    reader.run("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert reader.complaints() == []
    assert [url for url in reader.asked() if not url.startswith(("file:", "data:"))] == []
    assert reader.run("return document.documentElement.scrollWidth") <= width
    paper = reader.run("return getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper))) < 200) is dark


def test_nothing_of_a_record_becomes_a_part_of_the_page(
    reader: Reader, small_page: Path, small_contents: Contents, odd_page: Path
) -> None:
    reader.open(odd_page)
    assert not reader.driver.title.startswith("caught")
    assert reader.run("return document.scripts.length") == 2
    assert SCRIPT_TITLE in reader.texts(".trials .title")
    reader.open(small_page)
    assert reader.run("return document.scripts.length") == 2
    titles = reader.run("return [...document.querySelectorAll('.trials .title[dir=auto]')].map(e => e.textContent)")
    assert len(titles) == len(small_contents.dossiers)
    for odd in ("<script>alert('x')</script> cells for lupus", 'cells "quoted", and; more', "cells 🧬 in SLE"):
        assert odd in titles


def test_the_list_is_filtered_by_facets_and_words_and_says_how_many_are_left(reader: Reader, small_page: Path) -> None:
    reader.open(small_page)
    everything = listed(reader)
    promised = choose(reader, "disease", "lupus nephritis (")
    assert listed(reader) == promised < everything
    assert reader.texts("#shown") == [f"{promised} of {everything} trials"]
    assert all("lupus nephritis" in cell for cell in reader.texts('.trials td[data-label="Diseases"]'))
    reader.driver.find_element(By.ID, "find").send_keys("no such words anywhere")
    assert reader.texts("#shown") == [f"0 of {everything} trials"]
    reader.driver.find_element(By.ID, "clear").click()
    assert listed(reader) == everything
    assert reader.texts("#shown") == [f"All {everything} trials"]


def test_two_facets_together_leave_what_has_both(reader: Reader, small_page: Path, small_contents: Contents) -> None:
    reader.open(small_page)
    choose(reader, "country", "Germany (")
    choose(reader, "status", "Recruiting (")
    both = [
        d for d in small_contents.dossiers
        if "Germany" in (d.row["countries"] or []) and d.row["overall_status"] == "RECRUITING"
    ]  # fmt: skip
    assert listed(reader) == len(both) > 0


def test_words_are_found_without_case_or_accents(reader: Reader, small_page: Path) -> None:
    reader.open(small_page)
    reader.driver.find_element(By.ID, "find").send_keys("ALERT('X')")
    assert listed(reader) > 0
    assert all("alert" in title for title in reader.texts(".trials .title"))


def test_the_list_is_sorted_by_a_column_both_ways(reader: Reader, small_page: Path) -> None:
    reader.open(small_page)
    head = reader.driver.find_element(By.XPATH, "//th/button[text()='People']")
    for direction, sign in (("ascending", 1), ("descending", -1)):
        head.click()
        people = [int(text) for text in reader.texts('.trials td[data-label="People"]') if text]
        assert people == sorted(people, key=lambda n: sign * n)
        assert reader.run("return document.querySelector('th[aria-sort]').ariaSort") == direction


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_trial_opens_with_its_evidence_marked_in_its_sentence(
    reader: Reader, odd_page: Path, odd_contents: Contents, number: int
) -> None:
    dossier = next(dossier for dossier in odd_contents.dossiers if dossier.nct_id == nct(number))
    reader.open(odd_page, fragment=f"#{dossier.nct_id}")
    assert len(quoted_words(dossier)) > 3
    assert reader.texts("#trial-title") == [without_effect(title(dossier.row)).strip()]
    marked = reader.texts("#panel mark")
    assert quoted_words(dossier) <= set(marked)
    assert reader.run("return [...document.querySelectorAll('#panel .why li')].every(li => li.textContent.trim())")
    assert reader.complaints() == []


def test_every_trial_opens(reader: Reader, small_page: Path) -> None:
    reader.open(small_page)
    reader.run("for (const id of data.order) open(id)")
    assert reader.complaints() == []


def test_with_the_keyboard_alone(reader: Reader, small_page: Path) -> None:
    reader.open(small_page)
    press(reader, Keys.TAB)
    assert reader.run("return document.activeElement.textContent") == "Skip to the trials"
    first = reader.driver.find_element(By.CSS_SELECTOR, ".trials .title")
    reader.run("arguments[0].focus()", first)
    press(reader, Keys.ENTER)
    reader.until("document.activeElement.id === 'trial-title'")
    press(reader, Keys.ESCAPE)
    reader.until("!document.getElementById('trial').open && location.hash === ''")
    assert reader.run("return document.activeElement === arguments[0]", first)


def test_a_link_to_a_trial_opens_it_and_the_next_follows_the_filtered_list(
    reader: Reader, small_page: Path, small_contents: Contents
) -> None:
    second = small_contents.dossiers[1].nct_id
    reader.open(small_page, fragment=f"#{small_contents.dossiers[0].nct_id}")
    assert reader.texts("#place") == [f"1 of {len(small_contents.dossiers)}"]
    reader.driver.find_element(By.ID, "next").click()
    assert reader.run("return location.hash") == f"#{second}"


def test_the_colours_can_be_turned(reader: Reader, small_page: Path) -> None:
    reader.open(small_page)
    before = reader.run("return getComputedStyle(document.body).color")
    reader.driver.find_element(By.ID, "theme").click()
    assert reader.run("return getComputedStyle(document.body).color") != before
    assert reader.texts("#theme") == ["Light colours"]
    reader.run("localStorage.clear()")


def test_a_table_and_a_specification_can_be_copied(reader: Reader, small_page: Path) -> None:
    reader.open(small_page)
    reader.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    reader.run("document.querySelector('[data-copy-table=by_phase]').click()")
    assert reader.run("return copied").startswith("phase\ttrials")
    reader.run("document.querySelector('[data-copy-spec=by_phase]').click()")
    assert reader.run("return JSON.parse(copied).$schema").endswith("/vega-lite/v6.json")


def test_names_for_a_screen_reader(reader: Reader, small_page: Path) -> None:
    """Every control, picture and region has a name, and ids are given once."""
    reader.open(small_page)
    nameless = reader.run("""
        const named = e => e.ariaLabel || e.textContent.trim() || e.labels?.length;
        const all = [...document.querySelectorAll('button, select, input, [role=img], [role=region], a[href]')];
        return all.filter(e => !named(e) && e.id !== 'more').map(e => e.outerHTML.slice(0, 80));
    """)
    assert nameless == []
    assert (
        reader.run("const i = [...document.querySelectorAll('[id]')].map(e => e.id); return i.length - new Set(i).size")
        == 0
    )
    levels = reader.run(
        "return [...document.querySelectorAll('main h1, main h2, main h3, main h4')].map(e => +e.tagName[1])"
    )
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_an_empty_warehouse_says_so(reader: Reader, empty_page: Path) -> None:
    reader.open(empty_page)
    assert reader.complaints() == []
    assert "Nothing new this week" in reader.texts("h2")
    assert "0 trials" in reader.texts("h2")
    assert set(reader.texts(".nothing")) == {"Nothing to show yet."}


def test_prints_light_and_without_controls(reader: Reader, small_page: Path, small_contents: Contents) -> None:
    reader.open(small_page, dark=True)
    reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    try:
        assert reader.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert reader.texts("nav a") == []
        assert "People" in reader.texts(".trials thead th button")
        assert len(reader.texts(".trials .title")) == len(small_contents.dossiers)
    finally:
        reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})

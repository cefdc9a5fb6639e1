"""The site in a real browser, from the folder: filters that stay in the address, exports, search, hostile records."""

from __future__ import annotations

import csv
import json
import re
from io import StringIO
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from flows.site import correction
from flows.site.contents import Site
from flows.site.files import TRIAL_COLUMNS
from tests.flows.report.conftest import SCRIPT_TITLE, Reader
from tests.records import nct

PAGES = (
    "index.html", "new.html", "trends.html", "diseases/index.html", "diseases/sle.html", "products/index.html",
    "review.html", "methods.html", "feeds.html", "search.html",
)  # fmt: skip
# What a file that is saved holds: the browser is asked for it instead of the disk.
CATCH_SAVED = """
    URL.createObjectURL = (blob) => { blob.text().then((text) => { window.saved = text; }); return "#"; };
    HTMLAnchorElement.prototype.click = () => {};
"""


def choose(reader: Reader, facet: str, value: str) -> None:
    Select(reader.driver.find_element(By.CSS_SELECTOR, f"select[data-facet={facet}]")).select_by_value(value)


def counts(reader: Reader, facet: str) -> dict[str, int]:
    """The numbers beside the values of a facet."""
    told = reader.run(
        "return [...document.querySelector(`select[data-facet=${arguments[0]}]`).options].slice(1)"
        ".map(o => [o.value, +o.textContent.match(/\\((\\d+)\\)$/)[1]])",
        facet,
    )
    return dict(told)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_opens_from_the_folder_without_complaint_or_request_and_fits(
    reader: Reader, odd_site: Path, small_site: Path, width: int, dark: bool
) -> None:
    trials = [*(f"trials/{nct(n)}.html" for n in (1, 2, 4))]
    for page in (*(small_site / name for name in PAGES), *(odd_site / name for name in trials)):
        reader.open(page, width=width, dark=dark)
        reader.run("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert reader.complaints() == [], page
        assert [url for url in reader.asked() if not url.startswith(("file:", "data:"))] == [], page
        assert reader.run("return document.documentElement.scrollWidth") <= width, page
        # Style and scripts of the site's own are not kept out by its policy.
        paper = reader.run("return getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", paper))) < 200) is dark, page
        assert reader.run("return !document.getElementById('theme').hidden"), page


def test_nothing_of_a_record_becomes_a_part_of_a_page(reader: Reader, odd_site: Path) -> None:
    for name in ("index.html", f"trials/{nct(1)}.html", "new.html", "search.html#words=caught", "diseases/sle.html"):
        reader.open(odd_site / name.split("#")[0], fragment="#" + name.partition("#")[2])
        assert not reader.driver.title.startswith("caught"), name
        assert reader.complaints() == []
        assert reader.run("return [...document.scripts].every(s => s.src || s.type === 'application/json')"), name
    assert SCRIPT_TITLE in reader.texts(".title")


def test_what_was_chosen_stays_in_the_address_through_a_reload_and_for_others(
    reader: Reader, small_site: Path, small_read: Site
) -> None:
    reader.open(small_site / "index.html")
    choose(reader, "disease", "lupus nephritis")
    choose(reader, "country", "Germany")
    reader.driver.find_element(By.XPATH, "//th/button[text()='People']").click()
    reader.driver.find_element(By.ID, "find").send_keys("cells")
    wanted = reader.run("return matching.map(t => t.id)")
    both = [
        dossier.nct_id for dossier in small_read.listed
        if "Germany" in (dossier.row["countries"] or ()) and "lupus nephritis" in (dossier.row["diseases"] or ())
    ]  # fmt: skip
    assert set(wanted) <= set(both) and wanted
    fragment = reader.run("return location.hash")
    for key in ("disease=lupus+nephritis", "country=Germany", "sort=people", "words=cells"):
        assert key in fragment
    reader.driver.refresh()
    assert reader.run("return matching.map(t => t.id)") == wanted
    reader.open(small_site / "index.html", fragment=fragment)
    assert reader.run("return matching.map(t => t.id)") == wanted
    assert reader.run("return document.querySelector('[data-facet=country]').value") == "Germany"
    reader.driver.find_element(By.ID, "clear").click()
    assert "disease" not in reader.run("return location.hash")


@pytest.mark.parametrize("said", ["RECRUITING", "recruiting", "ACTIVE_NOT_RECRUITING"])
def test_an_address_may_say_a_status_in_the_registrys_word(reader: Reader, small_site: Path, said: str) -> None:
    reader.open(small_site / "index.html", fragment=f"#status={said}")
    assert re.match(r"[1-9]\d* of \d+", reader.texts("#shown")[0])
    chosen = reader.run("return document.querySelector('[data-facet=status]').value")
    assert chosen.casefold().replace(",", "") == said.casefold().replace("_", " ")


@pytest.mark.parametrize(
    "fragment",
    ["#disease=no+such+disease", "#disease=constructor&country=__proto__", "#sort=nothing", "#%", "#NCT90000001"],
)
def test_an_address_that_says_nonsense_breaks_nothing(reader: Reader, small_site: Path, fragment: str) -> None:
    reader.open(small_site / "index.html", fragment=fragment)
    assert reader.complaints() == []
    assert re.match(r"(All|0 of) \d+", reader.texts("#shown")[0])


def test_counts_follow_the_filters(reader: Reader, small_site: Path, small_read: Site) -> None:
    reader.open(small_site / "index.html")
    choose(reader, "disease", "SLE")
    lupus = [dossier for dossier in small_read.listed if "SLE" in (dossier.row["diseases"] or ())]
    for country, n in counts(reader, "country").items():
        if country != "not stated":
            assert n == sum(country in (dossier.row["countries"] or ()) for dossier in lupus)
    # A facet's own choice leaves its other values countable.
    assert sum(n > 0 for n in counts(reader, "disease").values()) > 1
    reader.run("document.getElementById('counted').open = true")
    bars = dict(
        zip(
            reader.texts("#counts figure:first-child .label"),
            reader.texts("#counts figure:first-child .n"),
            strict=True,
        )
    )
    assert bars["SLE"] == str(len(lupus))
    reader.run("document.querySelectorAll('#counts figure:nth-child(7) .label button')[0].click()")
    assert "country=" in reader.run("return location.hash")


def test_what_is_seen_is_exported(reader: Reader, small_site: Path) -> None:
    reader.open(small_site / "index.html")
    reader.run(CATCH_SAVED)
    choose(reader, "disease", "SLE")
    seen = reader.run("return matching.map(t => t.id)")
    reader.driver.find_element(By.ID, "export-csv").click()
    reader.until("window.saved")
    rows = list(csv.DictReader(StringIO(reader.run("return saved"))))
    assert [row["nct_id"] for row in rows] == seen
    assert tuple(rows[0]) == TRIAL_COLUMNS
    with (small_site / "trials.csv").open(encoding="utf-8", newline="") as file:
        whole = {row["nct_id"]: row for row in csv.DictReader(file)}
    assert rows == [whole[number] for number in seen]
    reader.run("window.saved = null; document.getElementById('export-json').click()")
    reader.until("window.saved")
    told = json.loads(reader.run("return saved"))
    assert [trial["nct_id"] for trial in told["trials"]] == seen and "disease=SLE" in told["address"]


@pytest.mark.parametrize(("words", "first"), [
    ("lupus", "SLE"), ("MG", "myasthenia gravis"), ("myasth", "myasthenia gravis"), ("germany", "Germany"),
    ("fabulon", "Fabulon Therapeutics"),
])  # fmt: skip
def test_the_search_finds_things_by_what_people_call_them(
    reader: Reader, small_site: Path, words: str, first: str
) -> None:
    reader.open(small_site / "search.html")
    reader.driver.find_element(By.ID, "words").send_keys(words)
    assert reader.texts("#results a")[0] == first
    assert reader.run("return location.hash") == f"#words={words}"
    reader.driver.refresh()
    assert reader.texts("#results a")[0] == first
    reader.driver.find_element(By.CSS_SELECTOR, "#results a").click()
    reader.until("document.querySelector('h1') && !location.pathname.endsWith('search.html')")
    assert reader.complaints() == []


def test_the_search_finds_a_trial_by_its_number(reader: Reader, small_site: Path, small_read: Site) -> None:
    number = small_read.listed[3].nct_id
    reader.open(small_site / "search.html", fragment=f"#words={number}")
    assert reader.run("return [...document.querySelectorAll('#results a')].map(a => a.getAttribute('href'))") == [
        f"trials/{number}.html"
    ]


def test_a_value_that_is_wrong_makes_the_line_that_puts_it_right(reader: Reader, odd_site: Path) -> None:
    reader.open(odd_site / "trials" / f"{nct(1)}.html")
    Select(reader.driver.find_element(By.ID, "wrong-attribute")).select_by_value("cell_source")
    assert reader.run("return document.getElementById('wrong-value').value") == "autologous"
    for field, text in (("wrong-value", 'donor, "x"'), ("wrong-who", "A. Reader"), ("wrong-why", "the protocol, p. 3")):
        reader.driver.find_element(By.ID, field).clear()
        reader.driver.find_element(By.ID, field).send_keys(text)
    (line,) = csv.reader([reader.texts("#line")[0]])
    assert line[:4] == [nct(1), "cell_source", 'donor, "x"', "A. Reader"] and line[5] == "the protocol, p. 3"
    assert len(line) == len(correction.HEAD.split(","))
    assert reader.run("return document.getElementById('line-letter').href").startswith("mailto:?subject=NCT")


def test_names_for_a_screen_reader(reader: Reader, small_site: Path, odd_site: Path) -> None:
    for page in (small_site / "index.html", odd_site / "trials" / f"{nct(1)}.html", small_site / "search.html"):
        reader.open(page)
        nameless = reader.run("""
            const named = e => e.ariaLabel || e.textContent.trim() || e.labels?.length;
            const all = [...document.querySelectorAll('button, select, input, [role=region], a[href], nav, form')];
            return all.filter(e => !named(e) && e.id !== 'more').map(e => e.outerHTML.slice(0, 80));
        """)
        assert nameless == []


def test_prints_light_with_table_heads_and_without_controls(reader: Reader, small_site: Path, small_read: Site) -> None:
    reader.open(small_site / "index.html", dark=True)
    reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    try:
        assert reader.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert reader.texts("nav a") == [] and reader.texts("#exports button") == []
        assert "People" in reader.texts(".trials thead th button")
        assert len(reader.texts(".trials .title")) == len(small_read.listed)
    finally:
        reader.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})

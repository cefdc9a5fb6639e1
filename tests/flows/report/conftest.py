"""Reports of made-up, empty and real warehouses, and a real browser to open them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from flows.config.settings import load
from flows.report import contents
from flows.report.build import build_report
from flows.report.contents import Contents
from flows.runs import nightly
from flows.runs.run import Options
from tests.records import nct, one_leg_watchlist, paper, record_night, study
from tests.warehouse import made_up
from warehouse.querying.reading import published

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def small_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """240 made-up trials with every oddity of tests.warehouse.made_up."""
    return made_up.build(tmp_path_factory.mktemp("small") / "cartrials.duckdb", made_up.rows(240))


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of a night on which the search found nothing."""
    production = {"release": made_up.rows(0)["release"]}
    return made_up.build(tmp_path_factory.mktemp("empty") / "cartrials.duckdb", production)


@pytest.fixture(scope="session")
def small_contents(small_file: Path) -> Contents:
    with published(small_file) as connection:
        return contents.read_contents(connection)


@pytest.fixture(scope="session")
def small_page(small_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_report(small_file, tmp_path_factory.mktemp("page") / "index.html")


@pytest.fixture(scope="session")
def empty_page(empty_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_report(empty_file, tmp_path_factory.mktemp("empty-page") / "index.html")


WATCHLIST = one_leg_watchlist(leg="sle-words")
SCRIPT_TITLE = "</script><script>document.title = 'caught'</script> CD19 CAR-T \"cells\" in lupus"
RTL_TITLE = "\u202eخلايا CD19 CAR-T للذئبة"


@pytest.fixture(scope="session")
def odd_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real work of one night on records that are hard to show: 1 script, 2 right to left and emoji, 3 no date and no
    site, 4 with 400 sites, 5 no title."""
    folder = tmp_path_factory.mktemp("odd")
    sites = [{"city": f"Town {n}", "country": "France", "geoPoint": {"lat": 48.1, "lon": n / 9}} for n in range(400)]
    summary = "🧬🧬 After a line,\n= people get autologous CD19 CAR-T cells 🧬."
    undated = ("startDateStruct", "studyFirstPostDateStruct", "studyFirstSubmitDate")
    studies = [
        study(1, SCRIPT_TITLE),
        study(2, RTL_TITLE, descriptionModule__briefSummary=summary),
        study(3, contactsLocationsModule=None, **{f"statusModule__{name}": None for name in undated}),
        study(4, contactsLocationsModule={"locations": sites}),
        study(5, identificationModule__briefTitle=None),
    ]
    record_night(folder / "recorded", "2026-02-10", studies, [paper(1, databank=nct(1))])
    (folder / "watchlist.toml").write_text(WATCHLIST, "utf-8")
    settings = load(home=folder / "home", watchlist=folder / "watchlist.toml")
    nightly.run(settings, Options(folder / "recorded", announce=False))
    return settings.warehouse_path


@pytest.fixture(scope="session")
def odd_contents(odd_file: Path) -> Contents:
    with published(odd_file) as connection:
        return contents.read_contents(connection)


@pytest.fixture(scope="session")
def odd_page(odd_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_report(odd_file, tmp_path_factory.mktemp("odd-page") / "index.html")


@dataclass
class Reader:
    """A person at a browser."""

    driver: webdriver.Chrome

    def open(self, page: Path, *, width: int = 1280, height: int = 900, dark: bool = False, fragment: str = "") -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        # Without motion a click lands where the element stands.
        features = [scheme, {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.driver.get("about:blank")
        self.asked()
        self.complaints()
        self.driver.get(page.as_uri() + fragment)

    def run(self, script: str, *given: Any) -> Any:
        return self.driver.execute_script(script, *given)  # type: ignore[no-untyped-call]

    def until(self, script: str, *given: Any) -> None:
        """Wait for what follows an event; TimeoutException after ten seconds."""
        WebDriverWait(self.driver, 10, poll_frequency=0.02).until(lambda _: self.run(f"return {script}", *given))

    def complaints(self) -> list[str]:
        """What the console holds since the last time."""
        return [entry["message"] for entry in self.driver.get_log("browser")]  # type: ignore[no-untyped-call]

    def asked(self) -> list[str]:
        """Addresses asked for since the last time."""
        entries = self.driver.get_log("performance")  # type: ignore[no-untyped-call]
        told = [json.loads(entry["message"])["message"] for entry in entries]
        return [m["params"]["request"]["url"] for m in told if m["method"] == "Network.requestWillBeSent"]

    def texts(self, selector: str) -> list[str]:
        """Texts of the elements that can be seen."""
        return list(
            self.run(
                "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility())"
                ".map(e => e.textContent.trim())",
                selector,
            )
        )


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("needs Debian's chromium and chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    yield Reader(browser)
    browser.quit()

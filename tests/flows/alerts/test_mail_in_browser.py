"""The HTML mail on a phone: nothing wider than the screen, readable in light and dark, nothing hostile runs."""

from __future__ import annotations

import shutil

import pytest

from tests.flows.alerts.conftest import one_reader
from tests.flows.alerts.made_up import changed, event, trial
from tests.flows.alerts.test_channels import HOSTILE

PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": True}
# Smallest contrast between a text and what is behind it, by WCAG 2's formula.
CONTRAST = """
const light = c => { const [r, g, b] = c.match(/[0-9.]+/g).slice(0, 3).map(v => {
    v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b };
const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$/.test(c)) return c } return 'rgb(255, 255, 255)' };
let least = 21;
for (const e of document.querySelectorAll('body *')) {
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
  const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
  least = Math.min(least, (a + 0.05) / (b + 0.05));
}
return least;
"""


@pytest.fixture(scope="module")
def browser():
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("needs chromium and chromedriver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in ("headless", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "disable-background-networking"):
        options.add_argument(f"--{flag}")
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture
def page(office, smtp, tmp_path):
    """A mail with everything that a mail can hold."""
    place = office(one_reader(smtp.url()).replace('webhook_secret = "${HOOK_SECRET}"', 'status = ["RECRUITING"]'))
    old, stopped = trial("NCT00000001"), trial("NCT00000009")
    place.publish(1, [old, stopped], [event("NCT00000001", 1), event("NCT00000009", 1)])
    place.announce(1)
    sites = [("Germany", "DE", "x" * 120, "RECRUITING")] * 12
    fresh = trial("NCT00000002", first_night=2, brief_title=HOSTILE + "y" * 200, sites=sites)
    changes = [
        changed("NCT00000001", 2, "trials.enrollment_count", 12, 40, "enrollment_changed",
                summary="Enrolment 12 to 40"),
        changed("NCT00000001", 2, "trial_arms.description[A]", "a" * 200, HOSTILE, "design_changed",
                materiality="medium"),
        changed("NCT00000009", 2, "trials.overall_status", "RECRUITING", "TERMINATED", "status_changed"),
        event("NCT00000001", 2, "published", pmid="90000001", summary="Published: a report"),
    ]  # fmt: skip
    gone = {**stopped, "overall_status": "TERMINATED"}
    events = [event("NCT00000001", 1), event("NCT00000009", 1), event("NCT00000002", 2), *changes]
    place.publish(2, [old, gone, fresh], events)
    place.announce(2)
    path = tmp_path / "mail.html"
    path.write_text(smtp.box.mails[0].get_body(("html",)).get_content())
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone(browser, page, scheme):
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    browser.get(page.as_uri())
    assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE["width"]
    assert browser.execute_script(CONTRAST) >= 4.5
    assert browser.execute_script("return document.querySelectorAll('script, img, iframe, form').length") == 0
    text = browser.execute_script("return document.body.innerText")
    for said in ("New trials (1)", "Changes (2)", "NCT00000002", "Enrolment 12 to 40", "No longer fits your filter",
                 "PubMed 90000001", "and 4 more", "Why you get this"):  # fmt: skip
        assert said.casefold() in text.casefold()
    dark = browser.execute_script("return matchMedia('(prefers-color-scheme: dark)').matches")
    assert dark == (scheme == "dark")

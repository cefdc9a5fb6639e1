"""The pages as files: one for each thing of the warehouse, links that lead somewhere, no other host asked."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import duckdb
import pytest
from lxml import html

from flows.site.contents import Site
from flows.site.files import TRIAL_COLUMNS
from tests.records import nct

SITES = ("small_site", "odd_site", "empty_site")
OWN = {"site.css", "common.js", "list.js", "landscape.js", "search.js", "trial.js"}


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.getfixturevalue(request.param)
    return folder


@cache
def parsed(page: Path) -> Any:
    return html.fromstring(page.read_bytes().decode("utf-8"))


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def data_of(page: Path) -> Any:
    return json.loads(parsed(page).xpath("//script[@id='data']")[0].text)


def answer(file: Path, sql: str) -> Any:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


# ---- a page for each thing ----


def test_every_trial_in_scope_or_following_has_a_page_with_its_data(small_site: Path, small_file: Path) -> None:
    wanted = {n for (n,) in answer(small_file, "SELECT nct_id FROM trials WHERE scope IN ('in_scope', 'follow_up')")}
    assert {path.stem for path in (small_site / "trials").glob("*.html")} == wanted
    assert {path.stem for path in (small_site / "trials").glob("*.json")} == wanted


LISTED = "trials WHERE scope IN ('in_scope', 'follow_up') AND registry_state IN ('present', 'left_search')"


@pytest.mark.parametrize(("folder", "sql"), [
    ("diseases", f"SELECT count(DISTINCT d) FROM (SELECT unnest(diseases) AS d FROM {LISTED})"),
    ("sponsors", f"SELECT count(DISTINCT coalesce(sponsor_canonical, lead_sponsor)) FROM {LISTED}"),
    ("products", "SELECT count(DISTINCT coalesce(product_key, "
     "lower(regexp_replace(product, '[^\\p{L}\\p{N}]', '', 'g')))) "
     f"FROM car_t_products WHERE nct_id IN (SELECT nct_id FROM {LISTED})"),
])  # fmt: skip
def test_every_disease_sponsor_and_product_has_a_page_with_its_trials(
    small_site: Path, small_file: Path, folder: str, sql: str
) -> None:
    ((n,),) = answer(small_file, sql)
    made = [path for path in (small_site / folder).glob("*.html") if path.name != "index.html"]
    assert len(made) == n > 3
    listed = json.loads((small_site / folder / f"{folder}.json").read_text("utf-8"))
    assert {small_site / row["page"] for row in listed} == set(made)
    for row in listed:
        links = parsed(small_site / row["page"]).xpath("//table[contains(@class, 'trials')]//a[@class='title']/@href")
        assert [Path(link).stem for link in links] == row["trials"]


def test_the_trials_of_a_disease_are_those_of_the_warehouse(small_site: Path, small_file: Path) -> None:
    wanted = answer(small_file, f"SELECT nct_id FROM {LISTED} AND list_contains(diseases, 'lupus nephritis')")
    told = json.loads((small_site / "diseases" / "lupus-nephritis.json").read_text("utf-8"))
    assert {row["nct_id"] for row in told["trials"]} == {number for (number,) in wanted}


def test_the_landscape_lists_what_the_report_lists_also_without_a_script(small_site: Path, small_read: Site) -> None:
    links = parsed(small_site / "index.html").xpath("//table[@id='list']//a[@class='title']/@href")
    numbers = [dossier.nct_id for dossier in small_read.report.dossiers]
    assert links == [f"trials/{number}.html" for number in numbers]
    with (small_site / "trials.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["nct_id"] for row in rows] == numbers
    assert tuple(rows[0]) == TRIAL_COLUMNS
    assert [row["nct_id"] for row in json.loads((small_site / "trials.json").read_text("utf-8"))["trials"]] == numbers


def test_suspects_exclusions_and_events_are_all_there(small_site: Path, small_file: Path, small_read: Site) -> None:
    ((n,),) = answer(small_file, "SELECT count(*) FROM trials WHERE scope = 'out_of_scope'")
    assert len(json.loads((small_site / "excluded.json").read_text("utf-8"))) == n > 0
    ((n,),) = answer(small_file, "SELECT count(*) FROM trend_needs_review")
    assert len(json.loads((small_site / "review.json").read_text("utf-8"))) == n > 0
    assert len(parsed(small_site / "new.html").xpath("//section[@id='recent']//li")) == len(small_read.recent)


# ---- links, policy, hosts ----


def links(page: Path) -> Iterator[str]:
    for attribute in ("href", "src"):
        yield from parsed(page).xpath(f"//@{attribute}")


def test_every_link_within_the_site_leads_to_a_file_and_a_place_in_it(site: Path) -> None:
    lost = []
    for page in pages(site):
        ids = set(parsed(page).xpath("//@id"))
        assert len(ids) == len(parsed(page).xpath("//@id")), f"{page}: an id is given twice"
        for link in links(page):
            address = urlsplit(link)
            if address.scheme:
                continue
            target = page if not address.path else page.parent / unquote(address.path)
            # What stands behind index.html# are filters.
            place = address.fragment if not address.path else ""
            if not target.is_file() or (place and place not in ids):
                lost.append((page.name, link))
    assert lost == []


def test_what_the_search_finds_is_there(site: Path) -> None:
    index = json.loads((site / "search.json").read_text("utf-8"))
    assert data_of(site / "search.html")["index"] or not index
    for _, name, _, path, _ in index:
        assert name and (site / path.split("#")[0]).is_file()


def test_no_file_of_the_site_is_linked_from_nowhere(site: Path) -> None:
    named = {(page.parent / unquote(urlsplit(link).path)).resolve() for page in pages(site) for link in links(page)}
    files = {path for path in site.rglob("*") if path.is_file() and path.name not in OWN | {"site.json"}}
    assert sorted(path for path in files if path.resolve() not in named) == []


def test_a_page_loads_its_own_style_and_scripts_and_nothing_else(site: Path) -> None:
    for page in pages(site):
        root = parsed(page)
        (policy,) = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert policy.startswith("default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; ")
        assert policy.endswith("style-src 'self'; script-src 'self'")
        loaded = [*root.xpath("//script/@src"), *root.xpath("//link[@rel='stylesheet']/@href")]
        assert {Path(path).name for path in loaded} <= OWN
        assert [
            script for script in root.xpath("//script[not(@src)]") if script.get("type") != "application/json"
        ] == []
        assert root.xpath("//@style") == []
        assert not [name for name in root.xpath("//@*/..") for name in name.attrib if name.startswith("on")]
        assert root.xpath("//img | //iframe | //object | //embed | //video | //audio | //style") == []
    for script in OWN:
        text = (site / script).read_text("utf-8")
        assert not re.search(r"\bfetch\(|XMLHttpRequest|@import|url\(|eval\(|innerHTML", text), script


def test_every_page_has_a_title_one_first_heading_and_no_step_left_out(site: Path) -> None:
    for page in pages(site):
        root = parsed(page)
        assert root.xpath("string(//title)").strip() and root.get("lang") == "en"
        levels = [int(heading.tag[1]) for heading in root.xpath("//h1 | //h2 | //h3 | //h4")]
        assert levels.count(1) == 1 and levels[0] == 1, page
        assert all(after - before <= 1 for before, after in pairwise(levels)), (page, levels)
        assert len(root.xpath("//main")) == 1
        for control in root.xpath("//input | //select"):
            assert control.getparent().tag == "label", (page, control.attrib)
        for table in root.xpath("//table"):
            assert table.xpath("./caption | ancestor::*[@aria-label] | ancestor::figure"), page


# ---- a trial's page ----


def test_a_trial_says_what_it_is_no_advice_for_and_how_its_state_is_cited(odd_site: Path) -> None:
    page = parsed(odd_site / "trials" / f"{nct(1)}.html")
    (advice,) = page.xpath("//*[@class='advice']")
    assert "no advice for treatment" in advice.text_content() and "contact goes through" in advice.text_content()
    assert advice.xpath(".//a/@href") == [f"https://clinicaltrials.gov/study/{nct(1)}"]
    cited = page.xpath("string(//*[@id='citation'])")
    assert nct(1) in cited and "2026-02-10" in cited and "fingerprint" in cited


def test_the_words_that_decided_are_marked_in_the_sentence_of_the_record(odd_site: Path, odd_file: Path) -> None:
    page = parsed(odd_site / "trials" / f"{nct(2)}.html")
    marked = {mark.text_content() for mark in page.xpath("//section[@id='profile']//mark")}
    quoted = answer(
        odd_file,
        f"""
        SELECT DISTINCT matched_text, substr(text, start_offset + 1, end_offset - start_offset)
        FROM car_t_evidence JOIN trial_texts USING (nct_id, field_path)
        WHERE nct_id = '{nct(2)}' AND kind = 'text' AND item_table IS NULL
            AND attribute NOT IN ('sponsor_canonical', 'sponsor_type', 'industry_involved', 'comparator')
    """,
    )
    assert len(quoted) > 3
    for matched, of_offsets in quoted:
        assert matched == of_offsets
        assert matched in marked


def test_changes_stand_with_what_was_said_before_and_after(demo_site: Path, demo_home: Path) -> None:
    counted = answer(
        demo_home / "cartrials.duckdb",
        f"""
        SELECT nct_id, count(*) FROM trial_changes WHERE nct_id IN (SELECT nct_id FROM {LISTED}) GROUP BY 1 ORDER BY 1
    """,
    )
    assert len(counted) > 3
    for number, n in counted[:20]:
        page = parsed(demo_site / "trials" / f"{number}.html")
        assert len(page.xpath("//dl[@class='changes']/dd/del")) == len(page.xpath("//dl/dd/ins")) == n
        assert len(json.loads((demo_site / "trials" / f"{number}.json").read_text("utf-8"))["changes"]) == n


def test_texts_that_act_on_pages_are_texts(odd_site: Path) -> None:
    for page in pages(odd_site):
        text = page.read_text("utf-8")
        assert "<script>document.title" not in text
        assert "\u202e" not in text


def test_feeds_of_subscribers_are_nobody_elses(small_file: Path, tmp_path: Path) -> None:
    from flows.site.build import build_site

    feeds = tmp_path / "feeds"
    feeds.mkdir()
    for name in ("new-trials.atom", "topic-sle.atom", "subscriber-anna.atom", "readouts.ics"):
        (feeds / name).write_text(name, "utf-8")
    build_site(small_file, tmp_path / "out", feeds)
    assert sorted(path.name for path in (tmp_path / "out" / "feeds").iterdir()) == [
        "new-trials.atom", "readouts.ics", "topic-sle.atom",
    ]  # fmt: skip
    told = parsed(tmp_path / "out" / "feeds.html").xpath("//section[@id='feeds']//a/@href")
    assert sorted(told) == ["feeds/new-trials.atom", "feeds/readouts.ics", "feeds/topic-sle.atom"]

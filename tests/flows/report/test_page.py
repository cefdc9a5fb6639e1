"""The page as a file: whole, small, offline, escaped, and every chart a valid Vega-Lite specification."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import altair
import pytest
from lxml import html

from flows.report import contents, trends
from flows.report.contents import Contents
from flows.report.page import SCRIPTS, TEMPLATES, environment, page, policy
from tests.warehouse import made_up
from warehouse.querying import named
from warehouse.querying.reading import published


@pytest.fixture(scope="module")
def text(small_page: Path) -> str:
    return small_page.read_text("utf-8")


@pytest.fixture(scope="module")
def data(text: str) -> Any:
    return json.loads(re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)[0])


def test_nothing_is_loaded_from_anywhere(text: str) -> None:
    """Only links that a person follows, and names of schemas, hold an address."""
    loading = re.findall(r"<(?:link|script|img|iframe|source|object|embed)\b[^>]*>", text)
    assert [tag for tag in loading if "src=" in tag or ("href=" in tag and 'href="data:,"' not in tag)] == []
    assert "@import" not in text
    assert not re.search(r"url\((?!#hatch-)", text)  # a pattern of the page itself
    assert "fetch(" not in text


def test_the_policy_names_the_style_and_script_that_are_there(text: str) -> None:
    style = re.findall(r"<style>(.*?)</style>", text, re.S)[0]
    script = re.findall(r"<script>(.*?)</script>", text, re.S)[0]
    told = re.findall(r'Content-Security-Policy" content="(.*?)"', text)[0].replace("&#39;", "'")
    assert told == policy(style, script)
    assert told.startswith("default-src 'none';")
    assert all((TEMPLATES / name).read_text("utf-8") in script for name in SCRIPTS)


def test_five_hundred_trials_make_less_than_three_megabytes(tmp_path: Path) -> None:
    file = made_up.build(tmp_path / "cartrials.duckdb", made_up.rows(900))
    with published(file) as connection:
        read = contents.read_contents(connection)
    assert len(read.dossiers) >= 500
    assert len(page(read).encode("utf-8", "replace")) < 3_000_000


def test_the_data_ends_at_no_title(text: str, data: Any) -> None:
    raw = text.split('id="data">')[1].split("</script>")[0]
    assert "<" not in raw
    assert any("<script>alert('x')</script>" in trial["title"] for trial in data["trials"].values())


def test_facets_count_what_the_list_holds(data: Any, small_contents: Contents) -> None:
    listed = small_contents.dossiers
    assert data["order"] == [dossier.nct_id for dossier in listed]
    german = {place for place, d in enumerate(listed) if "Germany" in (d.row["countries"] or [])}
    of = contents.facets(listed)
    assert set(of["country"]["Germany"]) == german
    assert list(of) == list(contents.FACETS)
    assert data["facets"] == of
    for values in of.values():
        assert set().union(*values.values()) == set(range(len(listed)))


def test_every_chart_is_valid_vega_lite(data: Any) -> None:
    assert len(data["specs"]) == len(trends.CHARTED)
    for spec in data["specs"].values():
        altair.Chart.from_dict(spec, validate=True)
        assert "var(--" not in json.dumps(spec)


def test_every_chart_has_its_finding_and_the_whole_answer_behind_it(small_file: Path, small_contents: Contents) -> None:
    figures = [figure for group in small_contents.figures.values() for figure in group]
    assert {figure.table.query for figure in figures} == set(trends.CHARTED)
    assert len({figure.finding for figure in figures}) == len(figures)
    with published(small_file) as connection:
        for figure in figures:
            assert len(figure.table.rows) == named.run(connection, figure.table.query).num_rows
            assert not figure.finding.endswith(".")


def test_every_trend_query_is_in_the_report() -> None:
    sections_of_their_own = {"prisma_flow", "methods", "trials"}
    assert set(named.queries()) == {*trends.CHARTED, *trends.LISTED} | sections_of_their_own


def test_a_demonstration_says_so_and_real_data_do_not(small_contents: Contents) -> None:
    from dataclasses import replace

    made_up_release = replace(small_contents, release={**small_contents.release, "is_demo": True})
    real_release = replace(small_contents, release={**small_contents.release, "is_demo": False})
    assert "is made up. Nothing may be cited." in page(made_up_release)
    assert "is made up. Nothing may be cited." not in page(real_release)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_colours_stand_out_on_their_paper(theme: str) -> None:
    """Text at 4.5 to 1, parts of charts at 3 to 1, as WCAG 2 asks."""
    source = (TEMPLATES / "style.css.j2").read_text("utf-8")
    macro = source.split(f"macro {theme}() %}}")[1].split("{%")[0]
    color = dict(re.findall(r"--([\w-]+): (#\w+);", macro))
    for paper in ("paper", "page"):
        for text in ("ink", "soft", "link", "warn"):
            assert contrast(color[text], color[paper]) >= 4.5, (text, paper)
    assert contrast(color["warn"], color["warn-paper"]) >= 4.5
    assert contrast(color["mark-ink"], color["mark"]) >= 4.5
    for part in ("silent", "dot", *(f"s{n}" for n in range(1, 8))):
        assert contrast(color[part], color["paper"]) >= 3, part


def test_templates_escape() -> None:
    assert environment().autoescape is not False
    assert environment().from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    digits = color.lstrip("#") if len(color) == 7 else "".join(2 * sign for sign in color.lstrip("#"))
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_paragraph_to_paste_and_the_searches_are_whole(text: str, small_contents: Contents) -> None:
    whole = html.fromstring(text)
    assert len(small_contents.methods["paragraph"]) > 300
    assert whole.xpath("string(//*[@id='methods'])") == small_contents.methods["paragraph"]
    assert (small_contents.methods["search_text"] or "") in whole.text_content()

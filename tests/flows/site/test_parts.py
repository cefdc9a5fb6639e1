"""The parts of the site: addresses of things, lines of overrides, values before and after."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from flows.site import correction
from flows.site.contents import Site
from flows.site.things import slugs
from flows.site.timeline import Change, timeline
from transforms.profile.overrides import load_overrides


@given(some.sets(some.text(min_size=1), max_size=12))
def test_every_name_has_an_address_of_its_own_that_any_disk_takes(names: set[str]) -> None:
    made = slugs(names)
    assert set(made) == names
    assert len({slug.lower() for slug in made.values()}) == len(names)
    assert all(
        slug and len(slug) <= 80 and set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for slug in made.values()
    )


@pytest.mark.parametrize(("name", "slug"), [
    ("SLE", "sle"), ("Sjögren's disease", "sjogren-s-disease"),
    ("Children's Hospital (Zhejiang)", "children-s-hospital-zhejiang"),
])  # fmt: skip
def test_a_plain_name_reads_in_its_address(name: str, slug: str) -> None:
    assert slugs([name, "other"])[name] == slug


@pytest.mark.parametrize(
    "names", [["CD19 CAR-T", "CD19 CAR T"], ["上海医院", "北京医院"], ["con", "CON"], ["index", "x" * 300]]
)
def test_names_that_would_share_an_address_or_read_as_none_carry_a_mark(names: list[str]) -> None:
    made = slugs(names)
    assert all(slug[-8:].isalnum() for slug in made.values())
    assert made == {name: slugs([*names, "another"])[name] for name in names}


def test_every_line_that_a_page_offers_is_one_of_overrides_once_it_is_filled_in(
    small_read: Site, tmp_path: Path
) -> None:
    lines = [correction.HEAD]
    for dossier in small_read.listed[:60]:
        # A choice of values must be one of those that may be decided; the page offers what the trial has now.
        for name, value in correction.values(dossier).items():
            if name != "scope_reason":
                lines.append(correction.line(dossier.nct_id, name, value, "2026-05-04"))
    filled = "\n".join(lines).replace(correction.WHO, "A. Reader").replace(correction.WHY, "as published")
    (tmp_path / "overrides.csv").write_text(filled, "utf-8")
    found = load_overrides(tmp_path / "overrides.csv")
    assert len(found) == 60


def test_a_value_with_commas_and_quotes_stays_one_cell() -> None:
    told = correction.line("NCT90000001", "sponsor_canonical", 'A, B "and" C', "2026-05-04")
    assert next(csv.reader([told]))[:3] == ["NCT90000001", "sponsor_canonical", 'A, B "and" C']
    assert correction.letter("NCT90000001", told).startswith("mailto:?subject=NCT90000001")
    assert " " not in correction.letter("NCT90000001", told)


def test_events_stand_with_their_changes_and_the_rest_by_day() -> None:
    day = date(2026, 5, 4)
    event = {"event_id": "e", "event_type": "status_changed", "occurred_on": day, "summary": "Status"}
    change = {"event_id": "e", "registry_date": day, "field_path": "trials.overall_status", "old_value": '"RECRUITING"',
              "new_value": None}  # fmt: skip
    wording = change | {
        "event_id": None,
        "field_path": "trials.countries",
        "old_value": '["A", "B"]',
        "new_value": "[]",
    }
    told, other = timeline([event], [change, wording])
    assert (told.event_type, told.changes) == ("status_changed", (Change("Overall status", "Recruiting", "nothing"),))
    assert (other.event_type, other.changes) == (None, (Change("Countries", "A, B", "nothing"),))

"""What the page says in numbers, held against counts over the tables themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.report import contents, flow
from flows.report.contents import Contents
from tests.records import nct
from warehouse.querying.reading import Connection, published


@pytest.fixture
def connection(small_file: Path) -> Iterator[Connection]:
    with published(small_file) as opened:
        yield opened


def rows_of(connection: Connection, table: str) -> list[dict[str, Any]]:
    return connection.execute(f"SELECT * FROM {table}").to_arrow_table().to_pylist()


def test_the_numbers_at_the_top(connection: Connection, small_contents: Contents) -> None:
    trials = [
        t for t in rows_of(connection, "trials")
        if t["scope"] == "in_scope" and t["registry_state"] in ("present", "left_search")
        and t["study_type"] == "INTERVENTIONAL"
    ]  # fmt: skip
    ids = {t["nct_id"] for t in trials}
    day = small_contents.today
    assert day is not None
    running = [t for t in trials if t["overall_status"] != "WITHDRAWN"]
    told = small_contents.headline
    assert told["n_trials"] == len(trials)
    assert told["n_recruiting"] == sum(t["overall_status"] == "RECRUITING" for t in trials)
    assert told["n_lupus"] == sum("SLE" in (t["diseases"] or []) for t in trials)
    assert told["n_new_90_days"] == sum(
        t["first_posted_date"] is not None and t["first_posted_date"] > day - timedelta(days=90) for t in trials
    )
    for name, kind in (("n_planned", "ESTIMATED"), ("n_enrolled", "ACTUAL")):
        assert told[name] == sum(t["enrollment_count"] or 0 for t in running if t["enrollment_type"] == kind)
    assert told["n_countries"] == len(
        {s["country"] for s in rows_of(connection, "trial_sites") if s["nct_id"] in ids and s["country"]}
    )
    assert told["n_products"] == len(
        {p["product_key"] or p["product"].lower() for p in rows_of(connection, "car_t_products") if p["nct_id"] in ids}
    )
    assert told["n_reported"] == len(
        {
            p["nct_id"]
            for p in rows_of(connection, "trial_publications")
            if p["nct_id"] in ids and p["relation"] == "reports"
        }
    )


def test_every_trial_that_gives_or_follows_is_listed_newest_first(
    connection: Connection, small_contents: Contents
) -> None:
    listed = {
        t["nct_id"]: t["first_posted_date"] for t in rows_of(connection, "trials")
        if t["scope"] in ("in_scope", "follow_up") and t["registry_state"] in ("present", "left_search")
    }  # fmt: skip
    shown = [dossier.nct_id for dossier in small_contents.dossiers]
    assert sorted(shown) == sorted(listed)
    dated = [listed[nct_id] for nct_id in shown if listed[nct_id] is not None]
    assert dated == sorted(dated, reverse=True)
    assert all(listed[nct_id] is None for nct_id in shown[len(dated) :])


def test_news_are_of_the_week_and_told_once(small_contents: Contents) -> None:
    news = small_contents.news
    until = small_contents.release["published_at"]
    assert all(until - timedelta(days=7) < event["observed_at"] <= until for event in news)
    told = [*small_contents.main_news, *small_contents.other_news]
    assert sorted(event["event_id"] for event in told) == sorted(event["event_id"] for event in news)


def test_news_are_counted_in_the_heading(small_contents: Contents) -> None:
    def told(*types: str) -> str:
        news = [{"nct_id": nct(number), "event_type": kind} for number, kind in enumerate(types)]
        return replace(small_contents, news=news).news_counts

    assert told("registered", "status_changed", "published") == "1 trial, 2 changes and papers"
    assert told("registered", "entered_scope") == "2 trials"
    assert told("retracted") == "1 change or paper"


def test_the_first_night_does_not_make_old_registrations_news(odd_contents: Contents) -> None:
    """Of five records seen for the first time on 10 February 2026 none was registered in that week."""
    assert odd_contents.news == []


def test_an_empty_release_has_empty_parts(empty_file: Path) -> None:
    with published(empty_file) as connection:
        read = contents.read_contents(connection)
    assert read.headline["n_trials"] == 0
    assert not read.news and not read.dossiers and not read.quarantine
    assert all(lane.screened == 0 for lane in read.lanes)


def test_the_flow_adds_up(small_contents: Contents) -> None:
    assert [lane.source for lane in small_contents.lanes] == ["ClinicalTrials.gov", "PubMed"]
    for lane in small_contents.lanes:
        assert lane.identified - lane.duplicates == lane.screened
        assert lane.screened - lane.n_excluded == lane.included


def test_reasons_of_the_flow_are_words() -> None:
    assert flow.reason("out_of_scope: car_for_cancer") == "CAR cells are given, followed or named in cancer only"
    assert flow.reason("follow_up: follows_recipients").startswith("Follows recipients: long-term follow-up")
    assert flow.reason("registry: withheld") == "no longer public (withheld)"
    assert flow.reason("out_of_scope") == "Out of scope"
    assert flow.reason("a_code_of_tomorrow") == "a code of tomorrow"


def test_four_hundred_sites_are_told_by_country(odd_contents: Contents) -> None:
    of = {dossier.nct_id: dossier for dossier in odd_contents.dossiers}
    assert [(site["country"], site["n_sites"]) for site in of[nct(4)].sites] == [("France", 400)]
    assert ("Sites", "400 sites") in of[nct(4)].facts
    assert ("Sites", "none listed") in of[nct(3)].facts
    assert ("Start", "not stated") in of[nct(3)].facts

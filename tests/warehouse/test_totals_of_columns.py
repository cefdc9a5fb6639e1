"""The columns beside the main totals: recruiting trials, sites, medians, first and last dates, against pandas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from tests.warehouse.counting import (
    Frames,
    Row,
    absent,
    by,
    counted,
    exploded,
    months_between,
    of,
    reports,
    rounded,
    rows,
    tally,
    trials_of,
    word,
    year,
)
from warehouse.querying.reading import Connection

RECRUITING = "RECRUITING"


def column(found: list[Row], key: str, name: str) -> dict[Any, Any]:
    """key -> value, zeros left out."""
    return {row[key]: row[name] for row in found if row[name]}


def quantile(values: list[Any], part: float) -> Any:
    kept = pd.Series([float(value) for value in values if not absent(value)])
    return None if kept.empty else rounded(kept.quantile(part))


@pytest.mark.parametrize(
    ("name", "key", "of_trial"),
    [
        ("by_cell_source", "cell_source", "cell_source"),
        ("by_cell_type", "cell_type", "cell_type"),
        ("by_sponsor", "sponsor", "sponsor"),
        ("sponsor_portfolios", "sponsor", "sponsor"),
    ],
)
def test_recruiting_trials(filled: Connection, frames: Frames, name: str, key: str, of_trial: str) -> None:
    trials = counted(frames)
    recruiting = trials[trials["overall_status"] == RECRUITING]
    assert column(rows(filled, name), key, "n_recruiting") == tally(map(word, recruiting[of_trial]))


@pytest.mark.parametrize(
    ("name", "key", "table", "of_row"),
    [
        ("by_disease", "disease", "trial_diseases", "disease"),
        ("by_country", "country", "trial_sites", "country"),
        ("site_map", "place_key", "trial_sites", "place_key"),
    ],
)
def test_recruiting_trials_of_lists(
    filled: Connection, frames: Frames, name: str, key: str, table: str, of_row: str
) -> None:
    recruiting = counted(frames).query("overall_status == 'RECRUITING'")["nct_id"]
    entries = of(frames, table)
    entries = entries[entries["nct_id"].isin(list(recruiting)) & entries[of_row].notna()]
    expected = entries.groupby(of_row)["nct_id"].nunique().to_dict()
    found = column(rows(filled, name), key, "n_recruiting")
    assert {place: n for place, n in found.items() if place in expected} == expected


def test_sites_that_recruit(filled: Connection, frames: Frames) -> None:
    sites = of(frames, "trial_sites").dropna(subset=["place_key"])
    expected = tally(sites[sites["site_status"] == RECRUITING]["place_key"])
    found = column(rows(filled, "site_map"), "place_key", "n_sites_recruiting")
    assert {place: n for place, n in found.items() if place in set(sites["place_key"])} == expected


def test_sponsors_first_and_last_registration(filled: Connection, frames: Frames) -> None:
    posted = counted(frames).assign(sponsor=lambda frame: frame["sponsor"].map(word)).dropna(
        subset=["first_posted_date"]
    ).groupby("sponsor")["first_posted_date"]  # fmt: skip
    for name in ("by_sponsor", "sponsor_portfolios"):
        found = rows(filled, name)
        assert column(found, "sponsor", "first_posted") == posted.min().to_dict()
        assert column(found, "sponsor", "last_posted") == posted.max().to_dict()


def test_kinds_of_sponsor(filled: Connection, frames: Frames) -> None:
    trials = counted(frames)
    found = rows(filled, "by_sponsor_type")
    kinds = trials.assign(sponsor_type=trials["sponsor_type"].map(word))
    involved = kinds[kinds["industry_involved"].fillna(False).astype(bool)]
    assert column(found, "sponsor_type", "n_industry_involved") == tally(involved["sponsor_type"])
    sponsors = kinds.groupby("sponsor_type")["sponsor"].nunique().to_dict()
    assert {row["sponsor_type"]: row["n_sponsors"] for row in found} == sponsors


def test_unknown_status_tells_what_was_last_known(filled: Connection, frames: Frames) -> None:
    trials = counted(frames)
    expected = int(((trials["overall_status"] == "UNKNOWN") & (trials["last_known_status"] == RECRUITING)).sum())
    assert sum(row["n_last_known_recruiting"] for row in rows(filled, "by_status")) == expected


def test_products_of_one_target_and_all_of_them(filled: Connection, frames: Frames) -> None:
    products = of(frames, "car_t_products").dropna(subset=["product_no"])
    alone = tally(targets[0] for targets in products["target_antigens"] if len(targets) == 1)
    found = rows(filled, "by_target")
    assert column(found, "target_antigen", "n_products_single") == alone
    for name in ("by_target", "by_construct", "target_by_disease"):
        assert {row["n_products_total"] for row in rows(filled, name)} == {len(products)}, name
    given = of(frames, "car_t_products")
    trials = given.assign(construct=given["construct"].map(word)).groupby("construct")["nct_id"].nunique().to_dict()
    assert {row["construct"]: row["n_trials"] for row in rows(filled, "by_construct")} == trials


def test_trials_of_each_disease_beside_its_targets(filled: Connection, frames: Frames) -> None:
    expected = tally(map(word, of(frames, "trial_diseases")["disease"]))
    assert {row["disease"]: row["n_trials_of_disease"] for row in rows(filled, "target_by_disease")} == expected


@pytest.mark.parametrize(
    "name", ["comparators_over_time", "lymphodepletion_over_time", "immunosuppression_over_time"]
)  # fmt: skip
def test_all_trials_of_a_year(filled: Connection, frames: Frames, name: str) -> None:
    expected = tally(map(year, counted(frames)["first_posted_date"]))
    assert column(rows(filled, name), "year", "n_trials_in_year") == expected


def test_withdrawn_registrations(filled: Connection, frames: Frames) -> None:
    trials = counted(frames)
    expected = tally(map(year, trials[trials["overall_status"] == "WITHDRAWN"]["first_posted_date"]))
    assert column(rows(filled, "registrations_by_year"), "year", "n_withdrawn") == expected


def test_doses_in_their_unit(filled: Connection, frames: Frames) -> None:
    doses = of(frames, "trial_doses").dropna(subset=["dose_no"])
    doses = doses.assign(unit=["unit not told" if absent(unit) else unit for unit in doses["unit"]])
    found = rows(filled, "doses")
    assert {row["n_doses_total"] for row in found} <= {len(doses)}
    for unit, group in doses.groupby("unit"):
        own = [row for row in found if row["unit"] == unit]
        numbers = [float(dose) for dose in group["dose"] if not absent(dose)]
        assert sum(row["n_with_number"] for row in own) == len(numbers)
        lowest = [row["min_dose"] for row in own if row["min_dose"] is not None]
        highest = [row["max_dose"] for row in own if row["max_dose"] is not None]
        assert (min(lowest, default=None), max(highest, default=None)) == (
            min(numbers, default=None), max(numbers, default=None),
        )  # fmt: skip
        if len(own) == 1:
            assert rounded(own[0]["median_dose"]) == quantile(numbers, 0.5)
            assert own[0]["n_trials"] == group["nct_id"].nunique()


def test_median_enrolment_and_participants_of_a_band(filled: Connection, frames: Frames) -> None:
    trials = counted(frames)
    kept = trials[(trials["overall_status"] != "WITHDRAWN") & trials["enrollment_count"].notna()]
    found = rows(filled, "enrolment")
    for kind, group in kept.groupby(kept["enrollment_type"].map(word)):
        own = [row for row in found if row["enrollment_type"] == kind]
        assert {rounded(row["median_of_type"]) for row in own} == {quantile(list(group["enrollment_count"]), 0.5)}
    bands: dict[str, Callable[[int], bool]] = {
        "0": lambda n: n == 0, "1-9": lambda n: 0 < n < 10, "10-19": lambda n: 10 <= n < 20,
        "20-49": lambda n: 20 <= n < 50, "50-99": lambda n: 50 <= n < 100, "100 and more": lambda n: n >= 100,
    }  # fmt: skip
    for size, is_in in bands.items():
        counts = [int(n) for n in kept["enrollment_count"] if is_in(int(n))]
        own = [row for row in found if row["size"] == size]
        assert (sum(row["n_trials"] for row in own), sum(row["participants"] for row in own)) == (
            len(counts), sum(counts),
        )  # fmt: skip


def test_ends_of_a_band_of_follow_up(filled: Connection, frames: Frames) -> None:
    months = [float(m) for m in counted(frames)["follow_up_months"] if not absent(m)]
    found = [row for row in rows(filled, "follow_up") if row["follow_up"] != "not stated"]
    assert min((row["min_months"] for row in found), default=None) == min(months, default=None)
    assert max((row["max_months"] for row in found), default=None) == max(months, default=None)
    for row in found:
        assert row["n_trials"] == sum(row["min_months"] <= m <= row["max_months"] for m in months)


def test_trials_without_any_outcome(filled: Connection, frames: Frames) -> None:
    trials = counted(frames)
    without = trials[~trials["nct_id"].isin(list(frames["trial_outcomes"]["nct_id"]))]
    named = without.assign(harms=[harms or ["none named"] if isinstance(harms, list) else ["not stated"]
                                  for harms in without["safety_outcomes"]])  # fmt: skip
    expected = tally(exploded(named, "harms")["harms"]) if len(named) else {}
    assert column(rows(filled, "safety_outcomes"), "safety_outcome", "n_without_outcomes") == expected


def test_starts_planned_before_registration_and_missing(filled: Connection, frames: Frames) -> None:
    trials = trials_of(counted(frames))
    found = rows(filled, "time_to_start")
    exact = [
        (year(t["first_posted_date"]), months_between(t["first_posted_date"], t["start_date"]), t["start_date_type"])
        for t in trials
        if t["start_date_precision"] in ("day", "month") and not absent(t["first_posted_date"])
    ]
    assert column(found, "year", "n_planned") == tally(y for y, _, kind in exact if kind == "ESTIMATED")
    assert column(found, "year", "n_started_before") == tally(y for y, m, _ in exact if m is not None and m < 0)
    missing = tally(year(t["first_posted_date"]) for t in trials if absent(t["start_date"]))
    assert column(found, "year", "n_no_start_date") == missing
    for row in found:
        assert rounded(row["q1_months"]) == quantile([m for y, m, _ in exact if y == row["year"]], 0.25)


def test_planned_against_actual_completion(filled: Connection, frames: Frames) -> None:
    states = frames["trial_states"].sort_values("state_no")
    planned = states[
        (states["primary_completion_date_type"] == "ESTIMATED") & states["primary_completion_date"].notna()
    ]
    first = planned.groupby("nct_id")["primary_completion_date"].first().to_dict()
    for row in rows(filled, "planned_against_actual"):
        assert row["first_planned_completion"] == first.get(row["nct_id"])
        assert row["months_later"] == months_between(first.get(row["nct_id"]), row["primary_completion_date"])


def test_months_to_the_first_paper_of_a_trial(filled: Connection, frames: Frames) -> None:
    trials = {trial["nct_id"]: trial for trial in trials_of(counted(frames))}
    concern = reports(frames)
    concern = tally(concern[concern["has_expression_of_concern"].astype(bool)]["nct_id"])
    for nct_id, row in by(rows(filled, "papers_reporting"), "nct_id").items():
        assert row["months_from_completion"] == months_between(
            trials[nct_id]["primary_completion_date"], row["first_paper"]
        )
        assert row["n_with_concern"] == concern.get(nct_id, 0)


def test_time_to_first_paper(filled: Connection, frames: Frames) -> None:
    trials = trials_of(counted(frames))
    papers = reports(frames)
    dated = papers.dropna(subset=["publication_date"]).groupby("nct_id")["publication_date"].min().to_dict()
    reported = set(papers["nct_id"])
    found = by(rows(filled, "time_to_first_paper"), "year")
    assert {y: row["n_trials"] for y, row in found.items()} == tally(year(t["first_posted_date"]) for t in trials)
    for y, row in found.items():
        own = [t for t in trials if year(t["first_posted_date"]) == y]
        months = [months_between(t["first_posted_date"], dated.get(t["nct_id"])) for t in own]
        n_reported = sum(t["nct_id"] in reported for t in own)
        assert (row["n_reported"], row["n_measured"]) == (n_reported, sum(m is not None for m in months))
        assert row["percent_reported"] == pytest.approx(100 * n_reported / len(own), abs=0.06)
        for name, part in (("q1_months", 0.25), ("median_months", 0.5), ("q3_months", 0.75)):
            assert rounded(row[name]) == quantile(months, part)
        from_start = [months_between(t["start_date"], dated.get(t["nct_id"])) for t in own]
        assert rounded(row["median_months_from_start"]) == quantile(from_start, 0.5)


def test_trials_and_days_of_a_move_of_status(filled: Connection, frames: Frames) -> None:
    moved: dict[tuple[str, str], list[tuple[str, Any, int | None]]] = {}
    for nct_id, group in of(frames, "trial_states").sort_values(["nct_id", "state_no"]).groupby("nct_id"):
        before, since = None, None
        for state in trials_of(group):
            status = word(state["overall_status"])
            if status != before:
                days = None if since is None else (state["valid_from"].date() - since.date()).days
                moved.setdefault((before or "first known", status), []).append((nct_id, state["valid_from"], days))
                before, since = status, state["valid_from"]
    for row in rows(filled, "status_flow"):
        own = moved[row["from_status"], row["to_status"]]
        assert row["n_trials"] == len({nct_id for nct_id, _, _ in own})
        assert row["last_change"] == max(at for _, at, _ in own).date()
        assert rounded(row["median_days_before"]) == quantile([days for _, _, days in own], 0.5)


def test_portfolios_count_what_stopped_and_what_has_results(filled: Connection, frames: Frames) -> None:
    trials = counted(frames)
    found = rows(filled, "sponsor_portfolios")
    stopped = trials[trials["overall_status"].isin(["TERMINATED", "SUSPENDED", "WITHDRAWN"])]
    assert column(found, "sponsor", "n_stopped") == tally(map(word, stopped["sponsor"]))
    results = trials[trials["has_results"].fillna(False).astype(bool)]
    assert column(found, "sponsor", "n_with_results") == tally(map(word, results["sponsor"]))
    for row in found:
        own = trials[trials["sponsor"].map(word) == row["sponsor"]]["target_antigens"]
        assert row["target_antigens"] == sorted({a for targets in own if isinstance(targets, list) for a in targets})


def test_pipeline_counts_recruiting_withdrawn_and_reported(filled: Connection, frames: Frames) -> None:
    given = counted(frames).merge(frames["car_t_products"], on="nct_id", suffixes=("", "_given"))
    reported = set(reports(frames)["nct_id"])
    for row in rows(filled, "product_pipeline"):
        if row["product_key"] is None:
            continue
        own = given[given["product_key"] == row["product_key"]].drop_duplicates("nct_id")
        assert row["n_recruiting"] == int((own["overall_status"] == RECRUITING).sum())
        assert row["n_withdrawn"] == int((own["overall_status"] == "WITHDRAWN").sum())
        assert row["n_reported"] == len(set(own["nct_id"]) & reported)
        assert row["first_posted"] == min((d for d in own["first_posted_date"] if not absent(d)), default=None)
        assert row["first_start"] == min((d for d in own["start_date"] if not absent(d)), default=None)
        assert row["diseases"] == sorted({d for ds in own["diseases"] if isinstance(ds, list) for d in ds})
        assert row["sponsors"] == sorted(set(map(word, own["sponsor"])))

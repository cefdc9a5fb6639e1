"""Every total of the facet queries and of those over time, against pandas."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.warehouse.counting import (
    Frames,
    absent,
    counted,
    entries,
    exploded,
    months_between,
    of,
    rounded,
    tally,
    word,
    year,
)
from warehouse.querying import named
from warehouse.querying.reading import Connection


def answered(connection: Connection, name: str, keys: list[str], value: str = "n_trials") -> dict[Any, Any]:
    """key (or keys) -> value; each key once."""
    rows = named.run(connection, name).to_pylist()
    found = {row[keys[0]] if len(keys) == 1 else tuple(row[key] for key in keys): row[value] for row in rows}
    assert len(found) == len(rows), "a key stands twice"
    return found


def without_zeros(found: dict[Any, int]) -> dict[Any, int]:
    return {key: number for key, number in found.items() if number}


def test_every_total_of_trials_is_that_of_the_counted(filled: Connection, frames: Frames) -> None:
    trials = len(counted(frames))
    for name, asked in named.queries().items():
        if "n_trials_total" in asked.columns:
            assert set(named.run(filled, name)["n_trials_total"].to_pylist()) <= {trials}, name


@pytest.mark.parametrize(
    ("name", "key", "frequency"),
    [
        ("registrations_by_month", "month", "M"),
        ("registrations_by_quarter", "quarter_begins", "Q"),
        ("registrations_by_year", "year", "Y"),
    ],
)
def test_registrations(filled: Connection, frames: Frames, name: str, key: str, frequency: str) -> None:
    posted = [pd.Timestamp(day) for day in counted(frames)["first_posted_date"] if not absent(day)]
    periods = pd.period_range(min(posted), max(posted), freq=frequency)
    expected = dict.fromkeys(periods, 0) | tally(day.to_period(frequency) for day in posted)
    undated = len(counted(frames)) - len(posted)
    numbers = [*expected.values(), *([undated] if undated else [])]
    rows = named.run(filled, name).to_pylist()
    assert [row["n_trials"] for row in rows] == numbers
    assert [row["n_cumulative"] for row in rows] == list(pd.Series(numbers).cumsum())
    begins = [row[key] if frequency != "Y" else pd.Timestamp(row[key], 1, 1) for row in rows[: len(periods)]]
    assert [pd.Timestamp(day).to_period(frequency) for day in begins] == list(periods)
    assert all(row[key] is None for row in rows[len(periods) :])


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("by_cell_source", "cell_source"),
        ("by_cell_type", "cell_type"),
        ("by_status", "overall_status"),
        ("by_sponsor", "sponsor"),
        ("by_sponsor_type", "sponsor_type"),
    ],
)
def test_facets_of_one_value(filled: Connection, frames: Frames, name: str, column: str) -> None:
    key = named.run(filled, name).schema.names[0]
    assert answered(filled, name, [key]) == tally(map(word, counted(frames)[column]))


def test_recruiting_trials_are_told_apart(filled: Connection, frames: Frames) -> None:
    trials = counted(frames)
    recruiting = trials[trials["overall_status"] == "RECRUITING"]
    found = answered(filled, "by_cell_source", ["cell_source"], "n_recruiting")
    assert without_zeros(found) == tally(map(word, recruiting["cell_source"]))


def test_diseases_count_once_each(filled: Connection, frames: Frames) -> None:
    assert answered(filled, "by_disease", ["disease"]) == tally(map(word, of(frames, "trial_diseases")["disease"]))


def test_phases_count_once_each(filled: Connection, frames: Frames) -> None:
    assert answered(filled, "by_phase", ["phase"]) == tally(exploded(counted(frames), "phases")["phases"])
    alone = tally(entries(phases)[0] for phases in counted(frames)["phases"] if len(entries(phases)) == 1)
    assert without_zeros(answered(filled, "by_phase", ["phase"], "n_trials_alone")) == alone


def test_countries_count_once_each(filled: Connection, frames: Frames) -> None:
    sites = of(frames, "trial_sites")
    expected = sites.assign(country=sites["country"].map(word)).groupby("country")
    assert answered(filled, "by_country", ["country"]) == expected["nct_id"].nunique().to_dict()
    assert answered(filled, "by_country", ["country"], "n_sites") == expected["site_no"].count().to_dict()


def test_targets_count_products(filled: Connection, frames: Frames) -> None:
    given = exploded(of(frames, "car_t_products"), "target_antigens").groupby("target_antigens")
    assert answered(filled, "by_target", ["target_antigen"], "n_products") == given["product_no"].count().to_dict()
    assert answered(filled, "by_target", ["target_antigen"]) == given["nct_id"].nunique().to_dict()


def test_constructs_count_products(filled: Connection, frames: Frames) -> None:
    given = of(frames, "car_t_products")
    expected = given.assign(construct=given["construct"].map(word)).groupby("construct")["product_no"].count().to_dict()
    assert answered(filled, "by_construct", ["construct"], "n_products") == expected
    rows = named.run(filled, "by_construct").to_pylist()
    assert sum(row["n_products"] for row in rows) == rows[0]["n_products_total"]


def test_targets_in_diseases(filled: Connection, frames: Frames) -> None:
    given = exploded(of(frames, "car_t_products"), "target_antigens")
    diseases = of(frames, "trial_diseases")[["nct_id", "disease"]]
    pairs = given.merge(diseases.assign(disease=diseases["disease"].map(word)), on="nct_id").groupby(
        ["disease", "target_antigens"]
    )
    keys = ["disease", "target_antigen"]
    assert answered(filled, "target_by_disease", keys, "n_products") == pairs["product_no"].count().to_dict()
    assert answered(filled, "target_by_disease", keys) == pairs["nct_id"].nunique().to_dict()


def test_cell_source_by_start_year(filled: Connection, frames: Frames) -> None:
    trials = counted(frames)
    pairs = tally(zip(map(year, trials["start_date"]), map(word, trials["cell_source"]), strict=True))
    found = answered(filled, "cell_source_by_start_year", ["start_year", "cell_source"])
    assert without_zeros(found) == pairs
    years = [key for key, _ in found if key is not None]
    assert set(range(min(years), max(years) + 1)) == set(years), "a year without a start is a row too"
    of_year = answered(filled, "cell_source_by_start_year", ["start_year", "cell_source"], "n_trials_in_year")
    assert {key[0]: number for key, number in of_year.items() if number} == tally(map(year, trials["start_date"]))


@pytest.mark.parametrize(
    ("name", "column", "key"),
    [
        ("comparators_over_time", "comparators", "comparator"),
        ("lymphodepletion_over_time", "lymphodepletion", "regimen"),
        ("immunosuppression_over_time", "concomitant_immunosuppression", "immunosuppression"),
    ],
)
def test_design_over_time(filled: Connection, frames: Frames, name: str, column: str, key: str) -> None:
    trials = exploded(counted(frames), column)
    pairs = tally(zip(map(year, trials["first_posted_date"]), trials[column], strict=True))
    assert without_zeros(answered(filled, name, ["year", key])) == pairs


def test_time_to_start(filled: Connection, frames: Frames) -> None:
    trials = counted(frames)
    exact = [precision in ("day", "month") for precision in trials["start_date_precision"]]
    months = [
        months_between(posted, start) if is_exact else None
        for posted, start, is_exact in zip(trials["first_posted_date"], trials["start_date"], exact, strict=True)
    ]
    of_year = pd.DataFrame({"year": list(map(year, trials["first_posted_date"])), "months": months}).astype(float)
    expected = of_year.groupby("year", dropna=False)["months"]
    key = lambda made: {None if pd.isna(k) else int(k): rounded(v) for k, v in made.to_dict().items()}  # noqa: E731
    assert answered(filled, "time_to_start", ["year"], "n_measured") == key(expected.count())
    assert answered(filled, "time_to_start", ["year"], "median_months") == key(expected.median())
    assert answered(filled, "time_to_start", ["year"], "q3_months") == pytest.approx(key(expected.quantile(0.75)))


def test_enrolment_leaves_withdrawn_trials_out_of_sums(filled: Connection, frames: Frames) -> None:
    trials = counted(frames)
    kept = trials[trials["overall_status"] != "WITHDRAWN"]
    sums = {
        kind: int(group["enrollment_count"].dropna().sum())
        for kind, group in kept.groupby(kept["enrollment_type"].map(word))
    }
    rows = named.run(filled, "enrolment").to_pylist()
    assert {row["enrollment_type"]: row["participants_of_type"] or 0 for row in rows} == sums
    assert {
        kind: sum(row["participants"] or 0 for row in rows if row["enrollment_type"] == kind) for kind in sums
    } == sums
    assert sum(row["n_trials"] for row in rows) == len(trials)
    withdrawn = [row for row in rows if row["size"] == "withdrawn"]
    assert sum(row["n_trials"] for row in withdrawn) == len(trials) - len(kept)
    assert {row["participants"] for row in withdrawn} == {None}
    assert sum(row["n_trials"] for row in rows if row["size"] == "0") == int((kept["enrollment_count"] == 0).sum())


def test_safety_outcomes(filled: Connection, frames: Frames) -> None:
    trials = counted(frames)
    words = [
        harm
        for harms in trials["safety_outcomes"]
        for harm in (["not stated"] if not isinstance(harms, list) else harms or ["none named"])
    ]
    assert answered(filled, "safety_outcomes", ["safety_outcome"]) == tally(words)


def test_follow_up(filled: Connection, frames: Frames) -> None:
    bands = [
        (0, "none"),
        (3, "up to 3 months"),
        (6, "over 3 to 6 months"),
        (12, "over 6 to 12 months"),
        (24, "over 12 to 24 months"),
        (60, "over 2 to 5 years"),
        (179.99, "over 5, below 15 years"),
    ]
    expected = tally(
        "not stated" if absent(months) else next((name for most, name in bands if months <= most), "15 years and more")
        for months in counted(frames)["follow_up_months"]
    )
    assert answered(filled, "follow_up", ["follow_up"]) == expected


def test_doses_count_doses(filled: Connection, frames: Frames) -> None:
    doses = of(frames, "trial_doses")
    stated = doses[doses["dose_no"].notna()]
    rows = named.run(filled, "doses").to_pylist()
    by_unit: dict[str, int] = {}
    for row in rows:
        by_unit[row["unit"]] = by_unit.get(row["unit"], 0) + row["n_doses"]
    units = tally("unit not told" if unit == "not stated" else unit for unit in map(word, stated["unit"]))
    assert {unit: number for unit, number in by_unit.items() if number} == units
    unstated = [row["n_trials"] for row in rows if row["unit"] == "no dose stated"]
    assert sum(unstated) == int(doses["dose_no"].isna().sum())

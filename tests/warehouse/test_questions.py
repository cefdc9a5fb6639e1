"""What people ask of the field, each answered by one query: the answers hold against the tables."""

from __future__ import annotations

from tests.warehouse.counting import Frames, absent, counted, of, rows
from transforms.synonyms import synonyms
from warehouse.querying import named
from warehouse.querying.cross import cross
from warehouse.querying.named import Filters
from warehouse.querying.reading import Connection


def asked(connection: Connection, name: str, **words: list[str]) -> list[dict[str, object]]:
    return named.run(connection, name, Filters(words, synonyms=synonyms())).to_pylist()


def test_who_may_enter_is_told_trial_by_trial(filled: Connection, frames: Frames) -> None:
    criteria = of(frames, "trial_criteria")
    found = {row["nct_id"]: row for row in rows(filled, "entry_by_trial")}
    assert set(found) == set(counted(frames)["nct_id"])
    for kind, column in (("disease_activity", "activity"), ("washout", "washouts")):
        with_any = set(criteria[criteria["kind"] == kind]["nct_id"])
        assert {nct for nct, row in found.items() if row[column]} == with_any
    failed = criteria[criteria["kind"] == "failed_therapies"]
    for nct, group in failed.groupby("nct_id"):
        most = group["value"].max()
        assert found[nct]["n_failed"] == (None if absent(most) else most)


def test_one_product_with_its_names_trials_phases_countries_and_papers(small: Connection, small_frames: Frames) -> None:
    products = of(small_frames, "car_t_products")
    key = products["product_key"].dropna().iloc[0]
    (row,) = [row for row in asked(small, "product_pipeline", product=[key]) if row["product_key"] == key]
    trials = set(products[products["product_key"] == key]["nct_id"])
    assert set(row["nct_ids"]) == trials
    links = small_frames["trial_publications"]
    reports = links[links["nct_id"].isin(trials) & (links["relation"] == "reports")]
    assert set(row["pmids"]) == set(reports["pmid"])
    assert row["product"] not in row["also_called"]


def test_randomised_trials_with_what_they_compare(small: Connection, small_frames: Frames) -> None:
    trials = counted(small_frames)
    expected = set(trials[trials["allocation"] == "RANDOMIZED"]["nct_id"])
    found = asked(small, "trials", allocation=["randomised"])
    assert {row["nct_id"] for row in found} == expected
    assert {row["allocation"] for row in found} <= {"RANDOMIZED"}


def test_lupus_by_any_word_and_cells_by_registration_year(small: Connection) -> None:
    numbers = {sum(row["n_trials"] for row in asked(small, "by_status", disease=[word]))
               for word in ("lupus", "systemic lupus erythematosus", "SLE")}  # fmt: skip
    assert len(numbers) == 1
    answer = named.answered(small, cross("registration_year", "cell_source"), Filters({"disease": ["SLE"]}))
    assert answer.num_rows


def test_conditioning_tells_doses_and_days(filled: Connection, frames: Frames) -> None:
    agents = of(frames, "trial_conditioning")
    dosed = agents[(agents["agent"] == "fludarabine") & agents["dose_min"].notna()]
    told = {row["fludarabine"] for row in rows(filled, "conditioning") if row["fludarabine"]}
    assert bool(told) == bool(len(dosed))

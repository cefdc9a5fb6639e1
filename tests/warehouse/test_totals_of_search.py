"""Every total of portfolios, places, the search and what is to be reviewed, against pandas."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import pytest

from tests.warehouse import counting
from tests.warehouse.counting import (
    Frames,
    Row,
    absent,
    by,
    counted,
    furthest,
    of,
    reports,
    rows,
    tally,
    tracked,
    trials_of,
    word,
)
from tests.warehouse.made_up import TODAY
from warehouse.querying.reading import Connection


def test_sponsor_portfolios(filled: Connection, frames: Frames) -> None:
    trials = counted(frames).assign(sponsor=lambda frame: frame["sponsor"].map(word))
    products = of(frames, "car_t_products")
    reported = set(reports(frames)["nct_id"]) | set(
        frames["trial_publications"].query("relation == 'reports'")["nct_id"]
    )
    found = by(rows(filled, "sponsor_portfolios"), "sponsor")
    assert set(found) == set(trials["sponsor"])
    for sponsor, group in trials.groupby("sponsor"):
        row, own = found[sponsor], trials_of(group)
        kept = [
            trial for trial in own if trial["overall_status"] != "WITHDRAWN" and not absent(trial["enrollment_count"])
        ]
        given = products[products["nct_id"].isin(list(group["nct_id"])) & products["product"].notna()]
        assert row["n_trials"] == len(own)
        for column, kind in (("actual_participants", "ACTUAL"), ("planned_participants", "ESTIMATED")):
            assert (row[column] or 0) == sum(t["enrollment_count"] for t in kept if t["enrollment_type"] == kind)
        assert row["furthest_phase"] == furthest(own)
        assert row["n_reported"] == len(set(group["nct_id"]) & reported)
        assert row["products"] == sorted(set(given["product"]))
        assert row["diseases"] == sorted({d for t in own if isinstance(t["diseases"], list) for d in t["diseases"]})
        assert row["countries"] == sorted({c for t in own if isinstance(t["countries"], list) for c in t["countries"]})


def test_product_pipeline(filled: Connection, frames: Frames) -> None:
    given = counted(frames).merge(frames["car_t_products"], on="nct_id", suffixes=("", "_given"))
    listed = {row["product_key"]: row["product"] for row in trials_of(frames["products"])}
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in trials_of(given):
        key = (row["product"].lower(), word(row["sponsor"])) if absent(row["product_key"]) else row["product_key"]
        groups[key].append(row)
    found = rows(filled, "product_pipeline")
    assert {row["n_products_total"] for row in found} == {len(groups)} and len(found) == len(groups)
    for row in found:
        own = groups[row["product_key"] or (row["product"].lower(), row["sponsors"][0])]
        assert row["product"] == listed.get(row["product_key"], row["product"])
        assert row["n_trials"] == len({one["nct_id"] for one in own})
        assert row["furthest_phase"] == furthest(own)
        assert row["target_antigens"] == sorted({a for one in own for a in one["target_antigens_given"]})
        assert row["cell_sources"] == sorted(
            {one["cell_source_given"] for one in own if not absent(one["cell_source_given"])}
        )


def test_site_map(filled: Connection, frames: Frames) -> None:
    sites = of(frames, "trial_sites")
    named = sites["country"].fillna("") + " | " + sites["city"].fillna("")
    places = sites["place_key"].where(sites["place_key"].notna() | sites["site_no"].isna(), named.str.lower())
    expected = sites.assign(place=places.map(word)).groupby("place")
    found = {word(row["place_key"]): row for row in rows(filled, "site_map")}
    assert {place: row["n_trials"] for place, row in found.items()} == expected["nct_id"].nunique().to_dict()
    assert {place: row["n_sites"] for place, row in found.items()} == expected["site_no"].count().to_dict()
    points = sites.assign(place=places).dropna(subset=["place", "latitude"])
    for place, group in points.groupby("place"):
        at = (found[place]["latitude"], found[place]["longitude"])
        assert at in set(zip(group["latitude"], group["longitude"], strict=True)), (
            "a place lies where one of its sites does"
        )


def test_recall_by_leg(filled: Connection, frames: Frames) -> None:
    hits = of(frames, "trial_search_hits")
    every_leg = counting.legs(frames)
    searched = every_leg - counting.NO_SEARCH
    searches = {nct_id: set(group["leg"]) & searched for nct_id, group in hits.groupby("nct_id")}
    times = tally(len(found) for found in searches.values() if found)
    n_found = sum(times.values())
    n_legs, once, twice = len(searched), times.get(1, 0), times.get(2, 0)
    chao = n_found + (n_legs - 1) / n_legs * once * (once - 1) / (2 * (twice + 1))
    rows_of = by(rows(filled, "recall_by_leg"), "leg")
    assert set(rows_of) == every_leg
    for leg in searched:
        row = rows_of[leg]
        own = {nct_id for nct_id, found in searches.items() if leg in found}
        others = {nct_id for nct_id, found in searches.items() if found - {leg}}
        chapman = (len(own) + 1) * (len(others) + 1) / (len(own & others) + 1) - 1
        assert (row["n_trials"], row["n_only_this_leg"]) == (len(own), len(own - others))
        assert row["n_found"] == n_found
        if n_legs < 2:
            assert row["chapman_estimate"] is None and row["chao_estimate"] is None
            continue
        assert row["chapman_estimate"] == pytest.approx(chapman, abs=0.06)
        assert row["chao_estimate"] == pytest.approx(chao, abs=0.06)
        assert row["estimated_recall_percent"] == pytest.approx(100 * n_found / chao, abs=0.06)
    assert {rows_of[leg]["chapman_estimate"] for leg in every_leg - searched} <= {None}


def test_missed_by_search(filled: Connection, frames: Frames) -> None:
    found_by = frames["trial_search_hits"].groupby("nct_id")["leg"].agg(set).to_dict()
    expected = {}
    for trial in trials_of(counted(frames)):
        if not found_by[trial["nct_id"]] - counting.NO_SEARCH:
            expected[trial["nct_id"]] = "never found by a search"
        elif trial["registry_state"] == "left_search":
            expected[trial["nct_id"]] = "no longer found by a search"
    assert {row["nct_id"]: row["why"] for row in rows(filled, "missed_by_search")} == expected


def test_prisma_flow_adds_up(filled: Connection, frames: Frames) -> None:
    found = rows(filled, "prisma_flow")
    for source, records, hits in (
        ("ClinicalTrials.gov", "trials", "trial_search_hits"),
        ("PubMed", "publications", "publication_search_hits"),
    ):
        steps: dict[str, int] = defaultdict(int)
        for row in found:
            if row["source"] == source:
                steps[row["step"]] += row["n_records"]
        assert steps["identified"] == len(frames[hits])
        assert steps["screened"] == len(frames[records]) == steps["identified"] - steps["duplicates removed"]
        assert steps["included"] == steps["screened"] - steps["excluded"]
    included = {row["source"]: row["n_records"] for row in found if row["step"] == "included"}
    assert included["ClinicalTrials.gov"] == len(tracked(frames))
    assert next(row["n_records"] for row in found if row["step"] == "of these") == len(counted(frames))
    out = frames["trials"].query("registry_state in ['present', 'left_search'] and scope == 'out_of_scope'")
    reasons = {
        row["reason"].split(": ")[1]: row["n_records"]
        for row in found
        if (row["reason"] or "").startswith("out_of_scope: ")
    }
    assert reasons == tally(out["scope_reason"])


def test_methods_gives_the_counts_of_the_flow(filled: Connection, frames: Frames) -> None:
    (row,) = rows(filled, "methods")
    assert (row["n_screened"], row["n_included"]) == (len(frames["trials"]), len(tracked(frames)))
    assert row["n_interventional"] == len(counted(frames))
    assert f"Of {len(frames['trials'])} registrations found" in row["paragraph"]


def test_methods_tells_search_date_and_rules(small: Connection) -> None:
    (row,) = rows(small, "methods")
    assert row["data_date"] == TODAY.date()
    assert row["search_text"].splitlines()[0] == "ctgov, autoimmune-words: query autoimmune-words & more"
    assert len(row["search_text"].splitlines()) == 5, "the searches of the last run, not those of every run"
    for said in ("MADE-UP", "by 4 searches of the registry and 1 of PubMed", "2026-09-03", "version 1"):
        assert said in row["paragraph"]


def suspects(frames: Frames) -> set[str]:
    """Out of scope for want of a word of CAR, with an immune-mediated disease and a coded product or cells."""
    trials, names = frames["trials"], frames["trial_interventions"]
    found = set()
    for trial in trials.to_dict("records"):
        given = " | ".join(names[names["nct_id"] == trial["nct_id"]]["name"].dropna())
        is_coded = re.search(r"[A-Za-z]{2}[ -]?[A-Za-z]{0,4}\d\d", given) is not None
        is_cells = trial["scope_reason"] == "no_car" and re.search(r"\bcells?\b", given, re.IGNORECASE) is not None
        waits = trial["scope_reason"] in ("no_car", "cells_without_car") and trial["registry_state"] in (
            "present",
            "left_search",
        )
        if waits and isinstance(trial["diseases"], list) and (is_coded or is_cells):
            found.add(trial["nct_id"])
    return found


def without_a_word_of_what(frames: Frames) -> set[str]:
    """Trials none of whose primary endpoints says what it is about."""
    endpoints = frames["trial_endpoints"]
    primary = endpoints[(endpoints["outcome_type"] == "primary") & (endpoints["role"] == "measured")]
    told = primary[primary["concept"].notna() | primary["domain"].notna()]
    return set(primary["nct_id"]) - set(told["nct_id"])


def test_needs_review(filled: Connection, frames: Frames) -> None:
    trials = tracked(frames)
    given = trials[["nct_id"]].merge(frames["car_t_products"], on="nct_id", how="left")
    expected: dict[tuple[str, str | None], int] = {
        ("missing", "products"): int(given["product_no"].isna().sum()),
        ("missing", "target_antigens"): sum(value == [] for value in given["target_antigens"]),
        ("missing", "cell_source"): int((given["product_no"].notna() & given["cell_source"].isna()).sum()),
        ("missing", "cell_type"): int((given["product_no"].notna() & given["cell_type"].isna()).sum()),
        ("missing", "diseases"): sum(not isinstance(value, list) for value in trials["diseases"]),
        ("missing", "trial_endpoints"): len(without_a_word_of_what(frames) & set(trials["nct_id"])),
        ("stale", None): int(trials["is_stale"].astype(bool).sum()),
    }
    evidence = frames["car_t_evidence"][frames["car_t_evidence"]["nct_id"].isin(list(trials["nct_id"]))]
    decided = set(evidence[evidence["kind"] == "override"][["nct_id", "attribute"]].itertuples(index=False, name=None))
    conflicts: dict[str, int] = defaultdict(int)
    for (nct_id, _, attribute), group in evidence.dropna(subset=["product_no"]).groupby(
        ["nct_id", "product_no", "attribute"]
    ):
        if attribute in ("cell_source", "cell_type", "construct", "gene_delivery"):
            conflicts[attribute] += group["value"].nunique() > 1 and (nct_id, attribute) not in decided
        elif attribute == "target_antigens":
            said = {kind: set(values["value"]) for kind, values in group.groupby("kind")}
            conflicts[attribute] += "product" in said and "text" in said and said["product"] != said["text"]
    expected |= {("conflicting", attribute): number for attribute, number in conflicts.items()}
    expected["suspect", "scope"] = len(
        suspects(frames) - {nct_id for nct_id, attribute in decided if attribute == "scope"}
    )
    found = tally((row["problem"], row["attribute"]) for row in rows(filled, "needs_review"))
    assert found == {key: number for key, number in expected.items() if number}

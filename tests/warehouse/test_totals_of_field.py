"""Endpoints, criteria and conditioning as the queries count them, against pandas."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import pytest

from tests.warehouse.counting import Frames, absent, counted, of, rows
from warehouse.querying import named
from warehouse.querying.reading import Connection


def trials_by(frame: pd.DataFrame, key: str) -> dict[str, int]:
    """Trials by the value of a column, absent as None."""
    named = frame.assign(key=["" if absent(value) else str(value) for value in frame[key]])
    return {key: len(set(group["nct_id"])) for key, group in named.groupby("key")}


@pytest.mark.parametrize(("query", "kind", "column", "number"), [
    ("activity_floors", "disease_activity", "floor", "eligible_min"), ("failed_therapies", "failed_therapies",
        "n_treatments", "value"),
    ("washouts", "washout", "days", "days"), ("contraception", "contraception", "months", "value"),
])  # fmt: skip
def test_criteria_are_counted_by_trial(
    filled: Connection, frames: Frames, query: str, kind: str, column: str, number: str
) -> None:
    asked = frames["trial_criteria"][frames["trial_criteria"]["kind"] == kind]
    trials = counted(frames)[["nct_id", "eligibility_criteria"]]
    theirs = asked[asked["nct_id"].isin(trials["nct_id"])]
    found = rows(filled, query)
    silent = [
        row for row in found if row.get("subject", row.get("says")) in ("not stated", "no eligibility text given")
    ]
    told = [row for row in found if row not in silent]
    with_text = trials[~trials["nct_id"].isin(theirs["nct_id"])]["eligibility_criteria"]
    assert sum(row["n_trials"] for row in silent) == len(with_text)
    given = sum(not absent(text) for text in with_text)
    assert sum(row["n_trials"] for row in silent if "not stated" in row.values()) == given
    columns = [
        number,
        *(name for name in ("days", "relative_to", "is_conditional", "subject", "sex") if name in _grain(query)),
    ]
    keys = {
        tuple("" if absent(value) else value for value in row) for row in theirs[[*columns]].itertuples(index=False)
    }
    assert len(told) == len(keys)
    for value, group in theirs.groupby(number):
        most = max(row["n_trials"] for row in told if row[column] == value)
        assert most <= group["nct_id"].nunique() <= sum(row["n_trials"] for row in told if row[column] == value)


def _grain(query: str) -> tuple[str, ...]:
    return {"activity_floors": ("is_conditional", "subject"), "failed_therapies": ("days", "is_conditional"),
            "washouts": ("days", "relative_to", "subject"), "contraception": ("relative_to", "sex")}[query]  # fmt: skip


def test_primary_endpoints_are_counted_by_trial(filled: Connection, frames: Frames) -> None:
    endpoints = of(frames, "trial_endpoints")
    primary = endpoints[endpoints["outcome_type"] == "primary"]
    found = rows(filled, "primary_endpoints")
    without = set(endpoints["nct_id"]) - set(primary["nct_id"])
    diseases = {
        row["nct_id"]: ([] if absent(row["diseases"]) else list(row["diseases"])) or ["not stated"]
        for row in counted(frames).to_dict("records")
    }
    none_given = sum(row["n_trials"] for row in found if row["domain"] == "no outcomes given")
    assert none_given == sum(len(diseases[nct_id]) for nct_id in without)
    for concept, group in primary.dropna(subset=["concept"]).groupby("concept"):
        keys = {
            (row["nct_id"], disease, str(row["visit_month"]))
            for row in group.to_dict("records")
            for disease in (_of_endpoint(row, frames) or diseases[row["nct_id"]])
        }
        assert sum(row["n_trials"] for row in found if row["concept"] == concept) == len(keys)


def _of_endpoint(row: dict[str, Any], frames: Frames) -> list[str]:
    """The diseases that an endpoint names itself, and those that they are forms of."""
    own = [] if absent(row["diseases"]) else list(row["diseases"])
    known = frames["trial_diseases"]
    told = known[(known["nct_id"] == row["nct_id"]) & known["disease"].isin(own)]
    return [*own, *(parent for parent in told["parent_disease"] if not absent(parent))]


def test_every_row_of_what_the_field_tabulates_names_its_trials(filled: Connection) -> None:
    for query in ("activity_floors", "failed_therapies", "washouts", "contraception", "conditioning",
                  "primary_endpoints", "hospital_stay", "infusions", "long_term_follow_up"):  # fmt: skip
        for row in rows(filled, query):
            assert len(row["nct_ids"]) == row["n_trials"], (query, row)


def test_asked_for_a_disease_endpoints_and_targets_are_those_of_the_disease_and_its_forms(filled: Connection) -> None:
    for query in ("primary_endpoints", "target_by_disease"):
        everywhere = {row["disease"] for row in rows(filled, query)}
        answer = named.run(filled, query, named.Filters({"disease": ["SLE"]}, synonyms={})).to_pylist()
        assert {"SLE"} <= {row["disease"] for row in answer} <= {"SLE", "lupus nephritis"} & everywhere


def test_conditioning_multiplies_doses_by_days(filled: Connection, frames: Frames) -> None:
    agents = of(frames, "trial_conditioning")
    fludarabine = agents[(agents["agent"] == "fludarabine") & (agents["unit"] == "mg/m2/day")]
    found = rows(filled, "conditioning")
    totals = {30.0 * 3} if len(fludarabine) else set()
    assert {row["fludarabine_mg_m2"] for row in found} - {None} == totals
    assert sum(row["n_trials"] for row in found if row["fludarabine_mg_m2"]) == fludarabine["nct_id"].nunique()
    assert sum(row["n_trials"] for row in found) == len(counted(frames))


def _word(value: object) -> str:
    return "not stated" if absent(value) else str(value)


def _planned(trial: dict[str, object]) -> str:
    least, most = trial["n_infusions_min"], trial["n_infusions_max"]
    if absent(least):
        return "not stated"
    return f"{least:.0f}" if least == most else f"{least:.0f}-{most:.0f}"


def test_infusions_stays_and_long_term_follow_up_count_each_trial_once(filled: Connection, frames: Frames) -> None:
    trials = counted(frames).to_dict("records")

    def number(value: object) -> object:
        return None if absent(value) else value

    expected = {
        "infusions": Counter((_planned(t), number(t["is_split_dose"]), _word(t["redosing"])) for t in trials),
        "hospital_stay": Counter((_word(t["hospital_stay_kind"]), number(t["hospital_stay_days"])) for t in trials),
        "long_term_follow_up": Counter((_word(t["ltfu_where"]), number(t["ltfu_months"])) for t in trials),
    }
    for query, tally in expected.items():
        found = rows(filled, query)
        keys = [name for name in found[0] if not name.startswith(("n_trials", "n_followed", "followed", "nct_ids"))]
        assert {tuple(row[key] for key in keys): row["n_trials"] for row in found} == tally


def test_trials_that_another_study_follows_are_named(filled: Connection, frames: Frames) -> None:
    relations = frames["trial_relations"]
    told = relations[relations["relation"].isin(["follow_up_of", "extension_of"])]
    theirs = told[told["related_nct_id"].isin(counted(frames)["nct_id"])]
    found = rows(filled, "long_term_follow_up")
    assert sum(row["n_followed_by"] for row in found) == theirs["related_nct_id"].nunique()
    assert {one for row in found for one in row["followed_by"] or ()} == set(theirs["nct_id"])

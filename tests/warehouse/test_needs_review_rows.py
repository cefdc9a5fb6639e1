"""What of endpoints, criteria and conditioning is to be looked at by a person, and what a decision settles."""

from __future__ import annotations

import pytest

from tests.warehouse.counting import Frames, rows
from warehouse.querying.reading import Connection

NAMED = ("trial_criteria", "trial_conditioning", "trial_endpoints")


def test_rows_told_in_two_ways_are_named_as_a_decision_names_them(filled: Connection, frames: Frames) -> None:
    asked = frames["trial_criteria"]
    plain = asked[(asked["kind"] == "washout") & ~asked["is_conditional"].astype(bool) & asked["days"].notna()
                  & asked["cohorts"].isna() & asked["diseases"].isna() & asked["sex"].isna()]  # fmt: skip
    several = plain.groupby(["nct_id", "subject", plain["relative_to"].fillna("")])["days"].nunique()
    expected = {(nct, f"trial_criteria[washout {subject}]") for (nct, subject, _), n in several.items() if n > 1}
    found = {(row["nct_id"], row["attribute"]) for row in rows(filled, "needs_review")}
    washouts = {one for one in found if str(one[1]).startswith("trial_criteria[washout ")}
    assert washouts <= expected
    in_scope = {row["nct_id"] for row in rows(filled, "trials")}
    assert {one for one in expected if one[0] in in_scope} <= washouts


@pytest.mark.parametrize("table", NAMED)
def test_only_trials_in_scope_are_named(filled: Connection, table: str) -> None:
    in_scope = {nct for (nct,) in filled.execute("SELECT nct_id FROM car_t_trials").fetchall()}
    told = {row["nct_id"] for row in rows(filled, "needs_review") if str(row["attribute"]).startswith(table)}
    assert told <= in_scope

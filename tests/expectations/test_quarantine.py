from __future__ import annotations

from datetime import date, datetime
from typing import Any

from expectations.check import check
from expectations.quarantine import quarantine_from, without_bad_fields


def test_bad_fields_are_named_as_in_quarantine(frames: Any, clock: datetime) -> None:
    site = {"nct_id": "NCT90000001", "site_no": 3, "latitude": 410.0, "longitude": 2.1}
    tables = frames(trials=[{"maximum_age_years": 999.0}], trial_sites=[site], publications=[{"pmcid": "PMCX"}])
    bad = {field.field_path: field for field in quarantine_from(check(tables, clock=clock))}
    assert set(bad) == {"trials.maximum_age_years", "trial_sites.latitude[3]", "publications.pmcid"}
    assert (bad["trial_sites.latitude[3]"].raw, bad["trial_sites.latitude[3]"].record_id) == (
        "410.0",
        "NCT90000001",
    )
    assert {path: field.source for path, field in bad.items()}["publications.pmcid"] == "pubmed"
    assert bad["publications.pmcid"].record_id == "90000001"
    assert bad["trials.maximum_age_years"].reason == "maximum_age_years is above 150"


def test_bad_fields_become_null_and_nothing_else_changes(frames: Any, clock: datetime) -> None:
    whole = {
        "nct_id": "NCT90000002",
        "first_posted_date": date(2026, 5, 1),
        "first_posted_date_precision": "day",
    }
    odd = {
        "nct_id": "NCT90000001",
        "first_posted_date": date(1970, 1, 1),
        "first_posted_date_precision": "day",
    }
    tables = frames(
        trials=[odd, whole], trial_keywords=[{"nct_id": "NCT90000001", "keyword_no": 1, "keyword": "lupus"}]
    )
    cleaned = without_bad_fields(tables, check(tables, clock=clock))
    assert cleaned["trials"]["first_posted_date"].isna().tolist() == [True, False]
    assert cleaned["trials"]["first_posted_date_precision"].isna().tolist() == [True, False]
    assert cleaned["trials"].dtypes.equals(tables["trials"].dtypes)
    assert cleaned["trials"]["brief_title"].equals(tables["trials"]["brief_title"])
    assert cleaned["trial_keywords"] is tables["trial_keywords"]
    assert tables["trials"]["first_posted_date"].notna().all()
    assert quarantine_from(check(cleaned, clock=clock)) == []


def test_a_new_word_of_the_source_is_kept(frames: Any, clock: datetime) -> None:
    tables = frames(trials=[{"overall_status": "PAUSED", "phases": ["PHASE5"]}])
    results = check(tables, clock=clock)
    assert quarantine_from(results) == []
    assert without_bad_fields(tables, results)["trials"] is tables["trials"]


def test_a_field_found_bad_twice_is_one_bad_field(frames: Any, clock: datetime) -> None:
    # Out of bounds, and without its longitude no place.
    tables = frames(trial_sites=[{"nct_id": "NCT90000001", "site_no": 1, "latitude": 410.0}])
    (bad,) = quarantine_from(check(tables, clock=clock))
    assert bad.field_path == "trial_sites.latitude[1]"

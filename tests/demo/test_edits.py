"""Each promised oddity and each promised change from night to night is really there."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from demo.edits import ABSENT, EDITS

Studies = list[dict[str, dict[str, Any]]]


def protocol(studies: Studies, night: int, nct_id: str) -> dict[str, Any]:
    section: dict[str, Any] = studies[night - 1][nct_id]["protocolSection"]
    return section


def content(record: dict[str, Any]) -> dict[str, Any]:
    """A record without what moves every night and without the sponsor's new name."""
    kept = copy.deepcopy(record)
    del kept["derivedSection"]["miscInfoModule"]["versionHolder"]
    del kept["protocolSection"]["sponsorCollaboratorsModule"]["leadSponsor"]["name"]
    del kept["protocolSection"]["identificationModule"]["organization"]
    return kept


@pytest.mark.parametrize("night", [2, 3])
def test_only_the_listed_records_change(studies: Studies, night: int) -> None:
    before, after = studies[night - 2], studies[night - 1]
    changed = {nct_id for nct_id in before.keys() & after.keys() if content(before[nct_id]) != content(after[nct_id])}
    listed = {edit.nct_id for edit in EDITS if edit.night == night}
    assert changed == listed | ({"NCT90400042"} if night == 2 else set())


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: f"{edit.night}-{edit.nct_id}")
def test_update_date_moves_with_dated_edits_only(studies: Studies, edit: Any) -> None:
    before, after = (protocol(studies, night, edit.nct_id)["statusModule"] for night in (edit.night - 1, edit.night))
    moved = before["lastUpdatePostDateStruct"] != after["lastUpdatePostDateStruct"]
    assert moved == edit.dated


def test_arrivals_departures_and_returns(studies: Studies) -> None:
    first, second, third = (set(night) for night in studies)
    assert second - first == {f"NCT9060000{number}" for number in range(1, 7)}
    assert third - second == {"NCT90600007", "NCT90600008", "NCT90100020"}
    assert first - second == {"NCT90100020"}
    assert second - third == {"NCT90400043"}
    assert set(ABSENT) == {"NCT90100020", "NCT90400043"}


def statuses(studies: Studies, nct_id: str) -> list[str]:
    return [night[nct_id]["protocolSection"]["statusModule"]["overallStatus"] for night in studies]


@pytest.mark.parametrize(
    ("nct_id", "expected"),
    [
        ("NCT90100002", ["NOT_YET_RECRUITING", "RECRUITING", "RECRUITING"]),
        ("NCT90400037", ["RECRUITING", "TERMINATED", "TERMINATED"]),
        ("NCT90400046", ["ACTIVE_NOT_RECRUITING", "COMPLETED", "COMPLETED"]),
        ("NCT90100034", ["RECRUITING", "UNKNOWN", "UNKNOWN"]),
        ("NCT90400056", ["RECRUITING", "SUSPENDED", "SUSPENDED"]),
        ("NCT90400044", ["RECRUITING", "ACTIVE_NOT_RECRUITING", "ACTIVE_NOT_RECRUITING"]),
        ("NCT90400061", ["NOT_YET_RECRUITING", "NOT_YET_RECRUITING", "WITHDRAWN"]),
        ("NCT90100042", ["SUSPENDED", "SUSPENDED", "RECRUITING"]),
        ("NCT90500003", ["ENROLLING_SOON"] * 3),
    ],
)
def test_statuses(studies: Studies, nct_id: str, expected: list[str]) -> None:
    assert statuses(studies, nct_id) == expected


def test_stopped_trials_say_why_and_withdrawal_empties_enrolment(studies: Studies) -> None:
    for nct_id in ("NCT90400037", "NCT90400056", "NCT90400061"):
        assert protocol(studies, 3, nct_id)["statusModule"]["whyStopped"]
    assert protocol(studies, 2, "NCT90400061")["designModule"]["enrollmentInfo"]["count"] == 30
    assert protocol(studies, 3, "NCT90400061")["designModule"]["enrollmentInfo"]["count"] == 0
    assert protocol(studies, 3, "NCT90100034")["statusModule"]["lastKnownStatus"] == "RECRUITING"


def test_a_trial_grows(studies: Studies) -> None:
    counts, ends = [], []
    for night in (1, 2):
        record = protocol(studies, night, "NCT90100045")
        counts.append(record["designModule"]["enrollmentInfo"]["count"])
        ends.append(record["statusModule"]["completionDateStruct"]["date"])
    assert counts == [12, 40]
    assert ends == ["2026-05", "2027-11"]


def test_first_site_in_germany(studies: Studies) -> None:
    countries = [
        {site["country"] for site in protocol(studies, night, "NCT90100001")["contactsLocationsModule"]["locations"]}
        for night in (1, 2)
    ]
    assert countries[1] - countries[0] == {"Germany"}


def test_outcome_moves_from_secondary_to_primary(studies: Studies) -> None:
    before, after = (protocol(studies, night, "NCT90100019")["outcomesModule"] for night in (1, 2))
    (moved,) = [outcome for outcome in after["primaryOutcomes"] if outcome not in before["primaryOutcomes"]]
    assert moved in before["secondaryOutcomes"]
    assert moved not in after["secondaryOutcomes"]


def test_product_and_comparator_change_on_the_third_night(studies: Studies) -> None:
    names = [
        protocol(studies, night, "NCT90400006")["armsInterventionsModule"]["interventions"][0]["name"]
        for night in (2, 3)
    ]
    assert names == ["Autologous CD19 CAR-T", "Autologous CD19/BCMA bispecific CAR-T"]
    allocations = [
        protocol(studies, night, "NCT90400053")["designModule"]["designInfo"]["allocation"] for night in (2, 3)
    ]
    assert allocations == ["NA", "RANDOMIZED"]
    assert "Systemic Sclerosis" in protocol(studies, 3, "NCT90100005")["conditionsModule"]["conditions"]


def test_results_are_posted(studies: Studies) -> None:
    assert [night["NCT90100044"]["hasResults"] for night in studies] == [True, True, True]
    assert [night["NCT90400020"]["hasResults"] for night in studies] == [False, False, True]
    assert "outcomeMeasuresModule" in studies[2]["NCT90400020"]["resultsSection"]


def test_a_record_goes_there_and_back(studies: Studies) -> None:
    first, second, third = (content(night["NCT90400049"]) for night in studies)
    assert first == third != second


def test_a_sponsor_is_renamed_on_all_its_records_at_once(studies: Studies) -> None:
    names = [
        {record["protocolSection"]["sponsorCollaboratorsModule"]["leadSponsor"]["name"] for record in night.values()}
        for night in studies
    ]
    old, new = "Fabulon Therapeutics, Inc.", "Fabulon Biosciences, Inc."
    assert [old in night for night in names] == [True, False, False]
    assert [new in night for night in names] == [False, True, True]
    renamed = [
        r
        for r in studies[1].values()
        if r["protocolSection"]["identificationModule"]["organization"]["fullName"] == new
    ]
    assert len(renamed) >= 10


def test_values_the_registry_should_not_have(studies: Studies) -> None:
    starts = [protocol(studies, night, "NCT90500001")["statusModule"]["startDateStruct"]["date"] for night in (1, 2, 3)]
    assert starts == ["Spring 2027", "Spring 2027", "2027-04"]
    assert protocol(studies, 1, "NCT90500002")["designModule"]["enrollmentInfo"]["count"] == "many"
    assert protocol(studies, 1, "NCT90500004")["designModule"]["phases"] == ["PHASE5"]
    assert protocol(studies, 1, "NCT90500005")["designModule"]["moonPhase"] == "waxing"
    assert protocol(studies, 1, "NCT90100046")["statusModule"].get("startDateStruct") is None


def test_follow_up_studies_name_their_parents(studies: Studies) -> None:
    for nct_id, parent in (
        ("NCT90200001", "NCT90100001"),
        ("NCT90200002", "NCT90100044"),
        ("NCT90100039", "NCT90100001"),
    ):
        assert parent in str(protocol(studies, 1, nct_id)["descriptionModule"])
        assert parent in studies[0]

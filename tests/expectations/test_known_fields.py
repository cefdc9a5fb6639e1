from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from expectations.known_fields import known_fields, new_fields

REAL_VERSIONS = Path(__file__).resolve().parents[2] / ".." / "shared" / "registry" / "ctgov" / "versions.jsonl.gz"


def test_fields_are_paths_each_once() -> None:
    assert "protocolSection.identificationModule.nctId" in known_fields()
    assert "protocolSection.contactsLocationsModule.locations.geoPoint.lat" in known_fields()
    assert all("." in path or path == "hasResults" for path in known_fields())


def test_new_fields_are_named_with_the_number_of_records_that_have_them() -> None:
    arms = [{"label": "A", "dose": 1}, {"label": "B", "dose": 2}]
    study = {
        "hasResults": False,
        "protocolSection": {"armsInterventionsModule": {"armGroups": arms}},
        "moodSection": {},
    }
    path = "protocolSection.armsInterventionsModule.armGroups.dose"
    assert new_fields([study, study, {"hasResults": True}]) == {path: 2, "moodSection": 2}


def test_a_value_that_became_a_structure_is_new() -> None:
    study = {"protocolSection": {"statusModule": {"whyStopped": {"text": "funding"}}}}
    assert list(new_fields([study])) == ["protocolSection.statusModule.whyStopped.text"]


def test_no_shape_of_record_breaks_the_look() -> None:
    assert new_fields([None, 3, [], {"protocolSection": None}, {"protocolSection": ["x", {"designModule": 1}]}]) == {}


def test_real_records_have_no_field_that_is_not_known() -> None:
    if not REAL_VERSIONS.exists():
        pytest.skip("the registry's records are not beside this checkout")
    with gzip.open(REAL_VERSIONS, "rt", encoding="utf-8") as lines:
        assert new_fields(json.loads(line)["study"] for line in lines) == {}

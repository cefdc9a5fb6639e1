from __future__ import annotations

import pytest

from tests.transforms.profile.written_study import cases, study
from transforms.profile.reading.texts import fold
from transforms.profile.reading.vocabulary import rows
from transforms.profile.trial.sponsors import TYPES, _kinds, _listed, judge, sponsor


@pytest.mark.parametrize("case", cases("sponsors"), ids=lambda case: case["name"])
def test_a_sponsor_has_one_name_and_a_kind(case: dict[str, str]) -> None:
    found = judge(case["name"], case["class"])
    assert (found.canonical, found.sponsor_type) == (case["sponsor_canonical"], case["sponsor_type"])


@pytest.mark.parametrize("row", rows("sponsors", ("term", "label", "sponsor_type")), ids=lambda row: row["term"])
def test_every_listed_name_gives_its_label(row: dict[str, str]) -> None:
    assert row["sponsor_type"] in TYPES
    assert judge(row["term"], "OTHER")[:2] == (row["label"], row["sponsor_type"])
    assert judge(row["term"].upper() + ", Inc.", "OTHER")[:2] == (row["label"], row["sponsor_type"])


@pytest.mark.parametrize("row", rows("sponsor_words", ("term", "label")), ids=lambda row: row["term"])
def test_every_word_tells_its_kind(row: dict[str, str]) -> None:
    assert row["label"] in _kinds(fold(f"Zzz {row['term'].strip('*')} zzz"))


def test_a_sponsor_investigator_is_a_person() -> None:
    values, findings = sponsor(study("sponsor: Example Person 3 | OTHER | SPONSOR_INVESTIGATOR"))
    assert values == {"sponsor_canonical": "Example Person 3", "sponsor_type": "person",
                      "industry_involved": False}  # fmt: skip
    assert {finding.attribute for finding in findings} == {"sponsor_canonical", "sponsor_type"}


def test_a_company_among_the_collaborators_involves_industry() -> None:
    line = "sponsor: Example University | OTHER // collaborator: Someone // collaborator: Xy Biotech | OTHER"
    values, findings = sponsor(study(line))
    assert values["industry_involved"] is True
    assert findings[-1].field_path == "trial_collaborators.collaborator[2]"


@pytest.mark.parametrize("broken", [{}, {"protocolSection": None}, {"protocolSection": {
    "sponsorCollaboratorsModule": {"leadSponsor": ["x"]}}}])  # fmt: skip
def test_a_record_without_a_sponsor_says_nothing(broken: dict[str, object]) -> None:
    values, findings = sponsor(broken)
    assert set(values.values()) == {None}
    assert findings == []


def test_the_list_holds_no_name_twice() -> None:
    assert len(_listed()) > 150

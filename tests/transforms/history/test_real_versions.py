"""Real versions of the registry: every content change is seen, the nightly date never is."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from tests.transforms.history.rows import seen
from transforms.clinicaltrials.study import shape
from transforms.content import same_content
from transforms.history import changes, events, record_change

CTGOV = Path(__file__).resolve().parents[3] / ".." / "shared" / "registry" / "ctgov"
pytestmark = pytest.mark.skipif(not CTGOV.is_dir(), reason="the folder of real records is not there")

# Parts of a study that no table holds: a change in nothing else is named by record_change.
NOT_MODELLED = {
    "annotationSection.annotationModule.unpostedAnnotation.unpostedEvents",
    "derivedSection.miscInfoModule.submissionTracking.submissionInfos",
    "protocolSection.referencesModule.seeAlsoLinks",
}


def lines(name):
    with gzip.open(CTGOV / name, "rt") as file:
        yield from map(json.loads, file)


def nct(study):
    return study["protocolSection"]["identificationModule"]["nctId"]


@pytest.fixture(scope="module")
def pairs():
    """Consecutive versions of each study whose content differs."""
    by_study = defaultdict(list)
    for line in lines("versions.jsonl.gz"):
        by_study[nct(line["study"])].append(line["study"])
    return [(old, new) for many in by_study.values() for old, new in pairwise(many)]


def test_every_content_change_is_a_change(pairs):
    assert len(pairs) == 51
    unseen = set()
    for old, new in pairs:
        assert not same_content(old, new)
        if not changes(shape(old).rows, shape(new).rows):
            unseen |= set(record_change(old, new).new["parts"])
    assert unseen == NOT_MODELLED


def test_the_nightly_date_is_no_change(pairs):
    for old, _ in pairs:
        tomorrow = json.loads(json.dumps(old))
        tomorrow["derivedSection"]["miscInfoModule"]["versionHolder"] = "2099-01-01"
        assert changes(shape(old).rows, shape(tomorrow).rows) == []


def test_changes_without_a_new_registry_date_are_seen(pairs):
    def posted(study):
        return study["protocolSection"]["statusModule"].get("lastUpdatePostDateStruct")

    silent = [(old, new) for old, new in pairs if posted(old) == posted(new)]
    assert len(silent) >= 8
    for old, new in silent:
        assert changes(shape(old).rows, shape(new).rows) or record_change(old, new).new["parts"]


def test_every_event_of_real_changes_can_be_told(pairs):
    for old, new in pairs:
        before, after = shape(old).rows, shape(new).rows
        for event in events(nct(new), before, after, changes(before, after), seen("2026-04-01")):
            assert event.summary
            assert len(event.summary) <= 300
            assert event.row()["details"]


def test_status_and_enrolment_of_each_day_are_those_of_the_files():
    """Computed straight from the files: who is new, who is gone, whose status and enrolment moved."""
    days = [
        {nct(study): study for study in lines(path.name)} for path in sorted(CTGOV.glob("autoimmune_car_t_*.jsonl.gz"))
    ]

    def said(study):
        protocol = study["protocolSection"]
        return protocol["statusModule"]["overallStatus"], protocol["designModule"].get("enrollmentInfo", {}).get(
            "count"
        )

    for yesterday, today in pairwise(days):
        for nct_id in yesterday.keys() & today.keys():
            (old_status, old_count), (new_status, new_count) = said(yesterday[nct_id]), said(today[nct_id])
            found = {
                c.field_path: (c.old, c.new) for c in changes(shape(yesterday[nct_id]).rows, shape(today[nct_id]).rows)
            }
            assert found.get("trials.overall_status", (old_status,) * 2) == (old_status, new_status)
            assert found.get("trials.enrollment_count", (old_count,) * 2) == (old_count, new_count)
            assert ("trials.overall_status" in found) == (old_status != new_status)

"""What changes from night to night."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from demo.changes import (
    Change,
    another_sponsor,
    arm_reworded,
    completed,
    conditions_reordered,
    control_added,
    counted,
    dates,
    disease_added,
    first_recruiting,
    grows,
    link_added,
    link_gone,
    new_site,
    older_people_too,
    phases,
    product_changed,
    secondary_becomes_primary,
    site_loses_its_name,
    site_recruits,
    spelling_mended,
    start_mended,
    status,
    turns_unknown,
)
from demo.draws import days_later
from demo.results import post_results, results_section
from demo.studies import Study

NIGHTS = ("2026-09-01", "2026-09-02", "2026-09-03")
ABSENT = {"NCT90100020": (2,), "NCT90400043": (3,)}  # nights on which the search does not bring them
RENAMED = ("Fabulon Therapeutics, Inc.", "Fabulon Biosciences, Inc.")


@dataclass(frozen=True, slots=True)
class Edit:
    night: int
    nct_id: str
    what: str
    change: Change  # works on protocolSection
    dated: bool = True  # False: the registry changes it without a new lastUpdatePostDate


EDITS = (
    Edit(2, "NCT90100002", "first recruiting, with a first start date", first_recruiting),
    Edit(
        2,
        "NCT90400037",
        "terminated with a reason; enrolment 7 planned, 3 actual",
        status("RECRUITING", "TERMINATED", "Enrolment was too slow", 3),
    ),
    Edit(2, "NCT90400046", "completed", completed),
    Edit(2, "NCT90100045", "enrolment 12 to 40, completion 2026-05 to 2027-11", grows),
    Edit(2, "NCT90400010", "completion moves by more than a year", dates("2029-09", "2030-03")),
    Edit(2, "NCT90100001", "a site in Berlin: the first one in Germany", new_site("Berlin")),
    Edit(2, "NCT90100016", "an arm reworded", arm_reworded),
    Edit(2, "NCT90100019", "a secondary outcome becomes primary", secondary_becomes_primary),
    Edit(
        2,
        "NCT90100034",
        "status UNKNOWN, last known RECRUITING, without a new update date",
        turns_unknown,
        dated=False,
    ),
    Edit(
        2,
        "NCT90400042",
        "another lead sponsor (a company instead of a hospital)",
        another_sponsor("gingerbread"),
    ),
    Edit(
        2,
        "NCT90400001",
        "a site loses its name ('Local Institution - 0012'): no new site",
        site_loses_its_name,
    ),
    Edit(2, "NCT90400012", "upper age limit from 70 to 75 years", older_people_too),
    Edit(
        2,
        "NCT90400056",
        "suspended with a reason",
        status("RECRUITING", "SUSPENDED", "Review of one serious adverse event"),
    ),
    Edit(2, "NCT90400044", "end of recruiting", status("RECRUITING", "ACTIVE_NOT_RECRUITING")),
    Edit(2, "NCT90100010", "phase 1 becomes phase 1/2", phases("PHASE1", "PHASE2")),
    Edit(2, "NCT90100025", "the same conditions in another order", conditions_reordered),
    Edit(2, "NCT90100033", "the misspelled disease is spelled right", spelling_mended),
    Edit(2, "NCT90400049", "a link appears, without a new update date ...", link_added, dated=False),
    Edit(3, "NCT90400049", "... and is gone again: three versions, two contents", link_gone, dated=False),
    Edit(
        3,
        "NCT90400061",
        "withdrawn: enrolment 30 to 0 is part of the status",
        status("NOT_YET_RECRUITING", "WITHDRAWN", "Budget cut before the first participant", 0),
    ),
    Edit(3, "NCT90400020", "results posted", post_results),
    Edit(3, "NCT90100005", "a disease added: systemic sclerosis", disease_added),
    Edit(3, "NCT90400006", "product and targets change: CD19 to CD19/BCMA", product_changed),
    Edit(3, "NCT90400053", "a randomised standard-of-care arm is added", control_added),
    Edit(3, "NCT90400044", "enrolment from 43 estimated to 41 actual", counted(43, 41)),
    Edit(3, "NCT90100001", "the site in Berlin recruits", site_recruits("Berlin")),
    Edit(3, "NCT90100042", "no longer suspended", status("SUSPENDED", "RECRUITING")),
    Edit(3, "NCT90500001", "the start date is mended: 'Spring 2027' becomes 2027-04", start_mended),
)


def spoil(studies: dict[str, Study]) -> None:
    """The values that the registry should not have."""
    protocol = {nct_id: study["protocolSection"] for nct_id, study in studies.items()}
    protocol["NCT90500001"]["statusModule"]["startDateStruct"]["date"] = "Spring 2027"
    protocol["NCT90500002"]["designModule"]["enrollmentInfo"]["count"] = "many"
    protocol["NCT90500003"]["statusModule"]["overallStatus"] = "ENROLLING_SOON"
    protocol["NCT90500004"]["designModule"]["phases"] = ["PHASE5"]
    protocol["NCT90500005"]["designModule"]["moonPhase"] = "waxing"


def edit_night(night: int, studies: dict[str, Study]) -> None:
    """Change `studies` from the night before to `night` (2 or 3), in place."""
    update = days_later(NIGHTS[night - 1], -1)
    for edit in EDITS:
        if edit.night != night:
            continue
        study = studies[edit.nct_id]
        edit.change(study["protocolSection"])
        if edit.change is post_results:
            study["resultsSection"] = results_section(study["protocolSection"])
            study["hasResults"] = True
        if edit.dated:
            module = study["protocolSection"]["statusModule"]
            module["statusVerifiedDate"] = "2026-08"
            module["lastUpdateSubmitDate"] = days_later(update, -2)
            module["lastUpdatePostDateStruct"] = {"date": update, "type": "ACTUAL"}


def rename(protocol: dict[str, Any]) -> None:
    """A company changes its name on all its records at once, without an update of theirs."""
    old, new = RENAMED
    if protocol["sponsorCollaboratorsModule"]["leadSponsor"]["name"] == old:
        protocol["sponsorCollaboratorsModule"]["leadSponsor"]["name"] = new
        protocol["identificationModule"]["organization"]["fullName"] = new

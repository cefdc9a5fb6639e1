"""A written-out registration as an API v2 study object."""

from __future__ import annotations

from typing import Any

from demo.draws import Draw
from demo.plan import Plan, WrittenOut
from demo.sponsors import SPONSORS
from demo.studies import Study, contacts_module, listed, sponsors_module, status_module


def written_out(plan: WrittenOut) -> Study:
    draw = Draw("written out", plan.nct_id)
    # the modules that do not depend on products are those of a CAR trial
    frame = Plan(
        plan.nct_id,
        (),
        (),
        plan.sponsor,
        plan.posted,
        status=plan.status,
        study_type=plan.study_type,
        phases=plan.phases,
        enrollment=plan.enrollment,
        sites=plan.sites,
        posted_night=2 if plan.posted == "2026-09-01" else 1,
        last_known="RECRUITING" if plan.status == "UNKNOWN" else None,
    )
    label = "Participants"
    interventions: list[dict[str, Any]] = [
        {"type": kind, "name": name, "description": description, "armGroupLabels": [label]}
        for kind, name, description in plan.interventions
    ]
    arm: dict[str, Any] = {
        "label": label,
        "description": "Everyone who takes part",
        "interventionNames": [f"{i['type'].capitalize()}: {i['name']}" for i in interventions],
    }
    design: dict[str, object] = {"studyType": plan.study_type}
    if plan.study_type == "OBSERVATIONAL":
        design |= {
            "patientRegistry": "Registry" in plan.brief_title,
            "designInfo": {"observationalModel": "COHORT", "timePerspective": "PROSPECTIVE"},
        }
    else:
        design |= {
            "phases": list(plan.phases or ()),
            "designInfo": {
                "allocation": "NA",
                "interventionModel": "SINGLE_GROUP",
                "primaryPurpose": "TREATMENT",
                "maskingInfo": {"masking": "NONE"},
            },
        }
        arm["type"] = "EXPERIMENTAL"
    design["enrollmentInfo"] = {"count": plan.enrollment, "type": "ESTIMATED"}
    inclusion = "\n".join(["Inclusion Criteria:", "", *(f"* {line}" for line in plan.inclusion)])
    exclusion = "\n".join(["Exclusion Criteria:", "", *(f"* {line}" for line in plan.exclusion)])
    return {
        "protocolSection": {
            "identificationModule": {
                "nctId": plan.nct_id,
                "orgStudyIdInfo": {"id": f"DEMO-{plan.nct_id[-6:]}"},
                "organization": {
                    "fullName": SPONSORS[plan.sponsor].name,
                    "class": SPONSORS[plan.sponsor].agency_class,
                },
                "briefTitle": plan.brief_title,
                "officialTitle": plan.brief_title,
            },
            "statusModule": status_module(frame, draw),
            "sponsorCollaboratorsModule": sponsors_module(frame),
            "oversightModule": {
                "oversightHasDmc": False,
                "isFdaRegulatedDrug": False,
                "isFdaRegulatedDevice": False,
            },
            "descriptionModule": {"briefSummary": plan.summary},
            "conditionsModule": {"conditions": list(plan.conditions)},
            "designModule": design,
            "armsInterventionsModule": {"armGroups": [arm], "interventions": interventions},
            "outcomesModule": {"primaryOutcomes": [{"measure": plan.outcome[0], "timeFrame": plan.outcome[1]}]},
            "eligibilityModule": {
                "eligibilityCriteria": f"{inclusion}\n\n{exclusion}",
                "healthyVolunteers": False,
                "sex": "ALL",
                "minimumAge": "18 Years",
                "stdAges": ["ADULT", "OLDER_ADULT"],
            },
            "contactsLocationsModule": contacts_module(frame, draw),
            "ipdSharingStatementModule": {"ipdSharing": "UNDECIDED", "description": "A made-up record."},
        },
        "derivedSection": {
            "miscInfoModule": {"versionHolder": "2026-09-01"},
            "conditionBrowseModule": {"meshes": listed(plan.meshes), "ancestors": []},
        },
        "hasResults": False,
    }

"""A plan put into words: a whole API v2 study object, every module in the registry's order."""

from __future__ import annotations

from typing import Any

from demo.arms import arms_module, design_info
from demo.criteria import AGES, criteria
from demo.diseases import DISEASES, Mesh
from demo.draws import Draw, days_later, months_later
from demo.outcomes import outcomes_module
from demo.places import site
from demo.plan import Plan
from demo.products import PRODUCTS
from demo.sponsors import SPONSORS
from demo.wording import detailed_description, slots, summary, titles

Study = dict[str, Any]

LAST_DAY = "2026-08-28"  # nothing was updated later than this before the first night
DRUG_MESH: dict[str, Mesh] = {
    "Cyclophosphamide": ("D003520", "Cyclophosphamide"),
    "Fludarabine": ("C024352", "fludarabine"),
    "Bendamustine": ("D000069461", "Bendamustine Hydrochloride"),
    "Rituximab": ("D000069283", "Rituximab"),
    "Mycophenolate Mofetil": ("D009173", "Mycophenolic Acid"),
    "Tocilizumab": ("C502936", "tocilizumab"),
    "Tacrolimus": ("D016559", "Tacrolimus"),
    "Azathioprine": ("D001379", "Azathioprine"),
}
DRUG_ANCESTORS: tuple[Mesh, ...] = (
    ("D007166", "Immunosuppressive Agents"),
    ("D007155", "Immunologic Factors"),
)
STOPPED = ("COMPLETED", "TERMINATED", "WITHDRAWN")


def identification(plan: Plan, words: dict[str, str], draw: Draw) -> dict[str, Any]:
    sponsor = SPONSORS[plan.sponsor]
    brief, official = titles(plan, words, draw)
    module: dict[str, Any] = {
        "nctId": plan.nct_id,
        "orgStudyIdInfo": {"id": f"DEMO-{plan.nct_id[-6:]}"},
    }
    if plan.secondary_ids:
        module["secondaryIdInfos"] = [secondary_id(given, kind) for given, kind in plan.secondary_ids]
    module["organization"] = {"fullName": sponsor.name, "class": sponsor.agency_class}
    module["briefTitle"] = brief
    module["officialTitle"] = official
    if plan.style == "company" and draw.chance(0.5):
        module["acronym"] = draw.one(("MADE-UP", "LANTERN", "TEAPOT", "MARBLE", "PAPERBOAT")) + f"-{plan.nct_id[-2:]}"
    return module


def secondary_id(given: str, kind: str) -> dict[str, str]:
    info = {"id": given, "type": kind}
    if kind in ("REGISTRY", "OTHER"):
        info["domain"] = "Made-up registry" if kind == "REGISTRY" else "Made-up sponsor"
    return info


def dated(given: str, *, actual: bool | None) -> dict[str, str]:
    if actual is None:  # old records leave the type out
        return {"date": given}
    return {"date": given, "type": "ACTUAL" if actual else "ESTIMATED"}


def start_of(plan: Plan, draw: Draw) -> str | None:
    if plan.start != "from posted":
        return plan.start
    waits = plan.status in ("NOT_YET_RECRUITING", "WITHDRAWN")
    day = days_later(plan.posted, draw.number(20, 120) if waits else draw.number(-40, 45))
    if plan.status == "NOT_YET_RECRUITING" and day < "2026-09-10":
        day = days_later("2026-09-10", draw.number(0, 120))
    if plan.status != "NOT_YET_RECRUITING" and day > LAST_DAY:
        day = LAST_DAY
    return day[:7] if draw.chance(0.3) else day


def updated(plan: Plan, draw: Draw) -> str:
    if plan.posted_night > 1:
        return plan.posted
    if plan.status == "UNKNOWN":
        return draw.day(plan.posted, max("2023-12-15", plan.posted))
    earliest = min(days_later(plan.posted, 400), LAST_DAY) if plan.status in STOPPED else plan.posted
    return draw.day(max(earliest, plan.posted), max(LAST_DAY, plan.posted))


def running_dates(plan: Plan, start: str, update: str, draw: Draw) -> dict[str, Any]:
    """Start, primary completion and completion, in keeping with the status."""
    over = plan.status in STOPPED
    end = months_later(start, plan.months)
    if plan.status == "UNKNOWN":
        end = min(end, "2024-06")
    elif not over:
        end = max(end, "2026-12")
    elif plan.status != "WITHDRAWN":
        end = min(end, update[:7])
    end = plan.end or end
    day = f"{end}-{draw.number(1, 28):02d}" if draw.chance(0.6) and not plan.end else end
    actual = over and plan.status != "WITHDRAWN"
    primary = months_later(end + "-01", -6) if plan.months > 12 and not over else end
    return {
        "startDateStruct": dated(start, actual=start <= LAST_DAY if plan.posted >= "2021" else None),
        "primaryCompletionDateStruct": dated(primary, actual=actual),
        "completionDateStruct": dated(day, actual=actual),
    }


def status_module(plan: Plan, draw: Draw) -> dict[str, Any]:
    update = updated(plan, draw)
    module: dict[str, Any] = {"statusVerifiedDate": update[:7], "overallStatus": plan.status}
    if plan.last_known:
        module["lastKnownStatus"] = plan.last_known
    if plan.why_stopped:
        module["whyStopped"] = plan.why_stopped
    module["expandedAccessInfo"] = {"hasExpandedAccess": False}
    start = start_of(plan, draw)
    if start and plan.study_type != "EXPANDED_ACCESS":
        module |= running_dates(plan, start, update, draw)
    first = days_later(plan.posted, -draw.number(4, 12))
    module |= {
        "studyFirstSubmitDate": first,
        "studyFirstSubmitQcDate": days_later(plan.posted, -draw.number(1, 3)),
        "studyFirstPostDateStruct": dated(plan.posted, actual=True),
        "lastUpdateSubmitDate": max(first, days_later(update, -draw.number(1, 4))),
        "lastUpdatePostDateStruct": dated(update, actual=True),
    }
    return module


def sponsors_module(plan: Plan) -> dict[str, Any]:
    sponsor = SPONSORS[plan.sponsor]
    party: dict[str, str] = {"type": "SPONSOR"}
    if sponsor.person:
        party = {
            "type": "SPONSOR_INVESTIGATOR" if sponsor.person in sponsor.name else "PRINCIPAL_INVESTIGATOR",
            "investigatorFullName": sponsor.person,
            "investigatorTitle": "Placeholder investigator",
            "investigatorAffiliation": sponsor.name,
        }
    module: dict[str, Any] = {
        "responsibleParty": party,
        "leadSponsor": {"name": sponsor.name, "class": sponsor.agency_class},
    }
    if plan.collaborators:
        module["collaborators"] = [
            {"name": SPONSORS[key].name, "class": SPONSORS[key].agency_class} for key in plan.collaborators
        ]
    return module


def design_module(plan: Plan, arms: dict[str, Any], draw: Draw) -> dict[str, Any]:
    module: dict[str, Any] = {"studyType": plan.study_type}
    if plan.study_type == "EXPANDED_ACCESS":
        return module | {"expandedAccessTypes": {"individual": True}}
    if plan.phases is not None:
        module["phases"] = list(plan.phases)
    module["designInfo"] = design_info(plan, arms["armGroups"], draw)
    actual = plan.status in STOPPED or plan.status == "ACTIVE_NOT_RECRUITING"
    module["enrollmentInfo"] = {"count": plan.enrollment, "type": "ACTUAL" if actual else "ESTIMATED"}
    return module


def contacts_module(plan: Plan, draw: Draw) -> dict[str, Any]:
    module: dict[str, Any] = {}
    running = plan.status in ("RECRUITING", "NOT_YET_RECRUITING")
    if running:
        module["centralContacts"] = [
            {"name": "Demo Desk", "role": "CONTACT", "phone": "+00 000 0000", "email": "desk@example.org"}
        ]
    module["overallOfficials"] = [
        {
            "name": SPONSORS[plan.sponsor].person or "Demo Director",
            "affiliation": SPONSORS[plan.sponsor].name,
            "role": "STUDY_CHAIR",
        }
    ]
    locations = []
    for city in plan.sites:
        status = None
        if running:
            waits = plan.status == "NOT_YET_RECRUITING" or draw.chance(0.2)
            status = "NOT_YET_RECRUITING" if waits else "RECRUITING"
        locations.append(site(city, draw, status, hidden=plan.hidden_sites))
    if locations:
        module["locations"] = locations
    return module


def references_module(plan: Plan) -> dict[str, Any] | None:
    if not plan.references:
        return None
    return {
        "references": [
            {
                "pmid": pmid,
                "type": kind,
                "citation": f"Mustermann E, et al. A made-up paper. Demo J. PMID {pmid}.",
            }
            for pmid, kind in plan.references
        ]
    }


def derived(plan: Plan, arms: dict[str, Any]) -> dict[str, Any]:
    meshes = [DISEASES[key].mesh for key in plan.diseases]
    ancestors = {ancestor for key in plan.diseases for ancestor in DISEASES[key].ancestors}
    drugs = [DRUG_MESH[i["name"]] for i in arms["interventions"] if i["name"] in DRUG_MESH]
    section: dict[str, Any] = {
        "miscInfoModule": {"versionHolder": "2026-09-01"},
        "conditionBrowseModule": {
            "meshes": listed(mesh for mesh in meshes if mesh),
            "ancestors": listed(sorted(ancestors - set(meshes))),
        },
    }
    if drugs:
        section["interventionBrowseModule"] = {"meshes": listed(drugs), "ancestors": listed(DRUG_ANCESTORS)}
    return section


def listed(meshes: Any) -> list[dict[str, str]]:
    return [{"id": number, "term": term} for number, term in meshes]


def study(plan: Plan) -> Study:
    """The registration of a plan as it stands on its first night."""
    draw = Draw("study", plan.nct_id)
    words = slots(plan, draw)
    arms = arms_module(plan, draw)
    low, high, groups, _ = AGES[plan.ages]
    labels = plan.conditions or tuple(draw.one(DISEASES[key].labels) for key in plan.diseases)
    keywords = [PRODUCTS[key].name for key in plan.products] + [DISEASES[key].short for key in plan.diseases]
    if not any(PRODUCTS[key].open_facts for key in plan.products) and draw.chance(0.5):
        cell_type = PRODUCTS[plan.products[0]].cell_type
        keywords.append(draw.one((cell_type, "Cell Therapy", "chimeric antigen receptor")))
    protocol: dict[str, Any] = {
        "identificationModule": identification(plan, words, draw),
        "statusModule": status_module(plan, draw),
        "sponsorCollaboratorsModule": sponsors_module(plan),
        "oversightModule": {
            "oversightHasDmc": draw.chance(0.7),
            "isFdaRegulatedDrug": plan.style == "company",
            "isFdaRegulatedDevice": False,
        },
        "descriptionModule": {
            "briefSummary": summary(plan, words, draw),
            "detailedDescription": detailed_description(plan, words, draw),
        },
        "conditionsModule": {"conditions": list(labels), "keywords": keywords},
        "designModule": design_module(plan, arms, draw),
        "armsInterventionsModule": arms,
        "outcomesModule": outcomes_module(plan, draw),
        "eligibilityModule": {
            "eligibilityCriteria": criteria(plan, draw),
            "healthyVolunteers": False,
            "sex": "FEMALE" if draw.chance(0.02) else "ALL",
            "minimumAge": low,
        }
        | ({"maximumAge": high} if high else {})
        | {"stdAges": groups},
        "contactsLocationsModule": contacts_module(plan, draw),
        "referencesModule": references_module(plan),
        "ipdSharingStatementModule": {
            "ipdSharing": "NO",
            "description": "A made-up record: there are no data.",
        },
    }
    if plan.study_type == "EXPANDED_ACCESS":
        del protocol["outcomesModule"]
    if plan.relation:
        link(protocol, plan.relation)
    kept = {name: module for name, module in protocol.items() if module is not None}
    return {"protocolSection": kept, "derivedSection": derived(plan, arms), "hasResults": False}


def link(protocol: dict[str, Any], relation: tuple[str, str]) -> None:
    """Say in the description what this study is to another one."""
    kind, parent = relation
    sentence = {
        "follow_up_of": f"This study follows up participants who were treated in {parent}.",
        "extension_of": f"This is an extension of {parent}; those who finished it may enter.",
        "expanded_access_for": f"Expanded access for patients who cannot join {parent}.",
    }[kind]
    description = protocol["descriptionModule"]
    description["detailedDescription"] = f"{sentence}\n\n{description['detailedDescription']}"

"""ClinicalTrials.gov: one API v2 study object -> rows of the registrations' tables.

Values leave here as the registry gave them ("2026-05" for a date); `transforms.frames` types them
by the schema. What is computed here is computed from one record alone: labels, codes, counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from transforms.clinicaltrials.parts import Study
from transforms.clinicaltrials.places import country_code, place_key
from transforms.nct import NCT_ID, number_of
from transforms.shaped import Rows, Shaped, start_of, unreadable

Row = dict[str, Any]

AGE = re.compile(r"\s*(\d+(?:\.\d+)?)\s+(year|month|week|day|hour|minute)s?\s*", re.IGNORECASE)
YEARS_PER = {"year": 1.0, "month": 1 / 12, "week": 7 / 365.25, "day": 1 / 365.25,
             "hour": 1 / 8766, "minute": 1 / 525960}  # fmt: skip
PHASE_LABELS = {"NA": "Not applicable", "EARLY_PHASE1": "Early Phase 1", "PHASE1": "Phase 1",
                "PHASE2": "Phase 2", "PHASE3": "Phase 3", "PHASE4": "Phase 4"}  # fmt: skip

# Ids of other registries are recognised by their form: the registry's own `type` is often OTHER.
OTHER_REGISTRIES = (
    ("CTIS", re.compile(r"\b20\d{2}-5\d{5}-\d{2}(?:-\d{2})?\b")),
    ("EudraCT", re.compile(r"\b(?:19|20)\d{2}-\d{6}-\d{2}\b")),
    ("ChiCTR", re.compile(r"\bChiCTR[-A-Z0-9]*\d{6,}", re.IGNORECASE)),
    ("China Drug Trials", re.compile(r"\bCTR20\d{6}\b")),
    ("jRCT", re.compile(r"\bjRCTs?\d{8,}", re.IGNORECASE)),
    ("ISRCTN", re.compile(r"\bISRCTN\d{8}\b", re.IGNORECASE)),
    ("CRiS", re.compile(r"\bKCT\d{7}\b")),
    ("ANZCTR", re.compile(r"\bACTRN\d{14}\b", re.IGNORECASE)),
    ("DRKS", re.compile(r"\bDRKS\d{8}\b")),
    ("CTRI", re.compile(r"\bCTRI/\d{4}/\d{2,3}/\d{6}\b")),
    ("UTN", re.compile(r"\bU1111-\d{4}-\d{4}\b")),
)
OTHER_REGISTRY_TYPES = {"EUDRACT_NUMBER": "EudraCT", "CTIS": "CTIS"}


# What the rows of a study's lists are made of: all its tables but trials.
LISTED = (
    ("protocolSection", "identificationModule"), ("protocolSection", "sponsorCollaboratorsModule"),
    ("protocolSection", "conditionsModule"), ("protocolSection", "armsInterventionsModule"),
    ("protocolSection", "outcomesModule"), ("protocolSection", "contactsLocationsModule"),
    ("protocolSection", "referencesModule"), ("derivedSection", "conditionBrowseModule"),
)  # fmt: skip


def lists_say_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the lists of two study objects have the same rows because they are made of the same."""
    mine, others = Study(one), Study(other)
    return all(mine.module(*named) == others.module(*named) for named in LISTED)


def shape(study: object, lists: Rows | None = None) -> Shaped:
    """Rows of one study, by table. Never raises: see `transforms.shaped`.

    `lists` are the rows of its lists, where an earlier version that says the same in them has been shaped.

    The tables are those of `warehouse/tables/registrations.py`, without what the profile derives
    (scope, diseases, roles, sponsor columns) and what only a run knows (first_seen_at, run_id, ...).
    """
    if not isinstance(study, dict):
        return unreadable(None, start_of(study), "The record is not a study object.")
    parts = Study(study)
    identification = parts.module("protocolSection", "identificationModule")
    given_id = identification.get("nctId")
    if not isinstance(given_id, str) or not NCT_ID.fullmatch(given_id):
        return unreadable(None, start_of(given_id), "The record has no valid NCT number.")
    rows = _trial_lists(parts, given_id) if lists is None else dict(lists)
    rows["trials"] = [_trial(parts, given_id, identification, rows["trial_sites"])]
    return Shaped(given_id, rows, tuple(parts.problems))


def _trial(parts: Study, nct_id: str, identification: Mapping[str, Any], sites: list[Row]) -> Row:
    countries = sorted(
        {name for name in {site["country"] for site in sites if isinstance(site["country"], str)} if name.strip()}
    )
    codes = sorted({site["country_code"] for site in sites if site["country_code"]})
    return {
        "nct_id": nct_id,
        "brief_title": identification.get("briefTitle"),
        "official_title": identification.get("officialTitle"),
        "acronym": identification.get("acronym"),
        "org_study_id": parts.part(identification, "orgStudyIdInfo", "trials.org_study_id").get("id"),
        "former_nct_ids": _former_numbers(nct_id, identification),
        **_status(parts),
        **_design(parts),
        **_sponsor(parts),
        **_eligibility(parts),
        **_descriptions(parts),
        "has_results": parts.study.get("hasResults"),
        "countries": countries or None,
        "country_codes": codes or None,
        "site_count": len(sites),
        "url": f"https://clinicaltrials.gov/study/{nct_id}",
    }


def _former_numbers(nct_id: str, identification: Mapping[str, Any]) -> list[str] | None:
    """The registration's earlier numbers as numbers; what is none stands among trial_secondary_ids as given."""
    given = identification.get("nctIdAliases")
    words = [word for word in given if isinstance(word, str)] if isinstance(given, list) else []
    return sorted({number for word in words if (number := number_of(word))} - {nct_id}) or None


def _status(parts: Study) -> Row:
    module = parts.module("protocolSection", "statusModule")
    row: Row = {
        "overall_status": module.get("overallStatus"),
        "last_known_status": module.get("lastKnownStatus"),
        "why_stopped": module.get("whyStopped"),
        "status_verified_date": module.get("statusVerifiedDate"),
        "first_submitted_date": module.get("studyFirstSubmitDate"),
        "has_expanded_access": parts.part(module, "expandedAccessInfo", "trials.has_expanded_access").get(
            "hasExpandedAccess"
        ),
    }
    for column, key in (
        ("start_date", "startDateStruct"),
        ("primary_completion_date", "primaryCompletionDateStruct"),
        ("completion_date", "completionDateStruct"),
        ("first_posted_date", "studyFirstPostDateStruct"),
        ("last_update_posted_date", "lastUpdatePostDateStruct"),
        ("results_first_posted_date", "resultsFirstPostDateStruct"),
    ):
        given = parts.part(module, key, f"trials.{column}")
        row[column] = given.get("date")
        row[f"{column}_type"] = given.get("type")
    return row


def _design(parts: Study) -> Row:
    module = parts.module("protocolSection", "designModule")
    info = parts.part(module, "designInfo", "designModule.designInfo")
    masking = parts.part(info, "maskingInfo", "trials.masking")
    enrollment = parts.part(module, "enrollmentInfo", "trials.enrollment_count")
    phases = parts.word_list(module, "phases", "trials.phases")
    return {
        "study_type": module.get("studyType"),
        "phases": phases,
        "phase_label": "/".join(PHASE_LABELS.get(phase, phase) for phase in phases) if phases else None,
        "allocation": info.get("allocation"),
        "intervention_model": info.get("interventionModel"),
        "intervention_model_description": info.get("interventionModelDescription"),
        "masking": masking.get("masking"),
        "masking_description": masking.get("maskingDescription"),
        "primary_purpose": info.get("primaryPurpose"),
        "enrollment_count": enrollment.get("count"),
        "enrollment_type": enrollment.get("type"),
    }


def _sponsor(parts: Study) -> Row:
    module = parts.module("protocolSection", "sponsorCollaboratorsModule")
    lead = parts.part(module, "leadSponsor", "trials.lead_sponsor")
    responsible = parts.part(module, "responsibleParty", "trials.responsible_party_type")
    return {
        "lead_sponsor": lead.get("name"),
        "lead_sponsor_class": lead.get("class"),
        "responsible_party_type": responsible.get("type"),
    }


def _eligibility(parts: Study) -> Row:
    module = parts.module("protocolSection", "eligibilityModule")
    youngest, oldest = module.get("minimumAge"), module.get("maximumAge")
    return {
        "sex": module.get("sex"),
        "std_ages": parts.word_list(module, "stdAges", "trials.std_ages"),
        "minimum_age": youngest,
        "maximum_age": oldest,
        "minimum_age_years": age_in_years(youngest),
        "maximum_age_years": age_in_years(oldest),
        "healthy_volunteers": module.get("healthyVolunteers"),
        "eligibility_criteria": module.get("eligibilityCriteria"),
    }


def _descriptions(parts: Study) -> Row:
    module = parts.module("protocolSection", "descriptionModule")
    return {"brief_summary": module.get("briefSummary"), "detailed_description": module.get("detailedDescription")}


def age_in_years(age: object) -> float | None:
    """Years of "18 Years", "6 Months", "2 Weeks"; None for "N/A", nothing, or another form."""
    match = AGE.fullmatch(age) if isinstance(age, str) else None
    return round(float(match[1]) * YEARS_PER[match[2].lower()], 4) if match else None


def _trial_lists(parts: Study, nct_id: str) -> Rows:
    conditions = parts.module("protocolSection", "conditionsModule")
    arms_module = parts.module("protocolSection", "armsInterventionsModule")
    arms = _arms(parts, arms_module, nct_id)
    interventions = _interventions(parts, arms_module, nct_id)
    return {
        "trial_conditions": _conditions(parts, conditions, nct_id),
        "trial_keywords": [
            {"nct_id": nct_id, "keyword_no": n, "keyword": word}
            for n, word in parts.words(conditions, "keywords", "trial_keywords.keyword")
        ],
        "trial_arms": arms,
        "trial_interventions": interventions,
        "trial_arm_interventions": _arm_interventions(parts, arms_module, nct_id, arms, interventions),
        "trial_outcomes": _outcomes(parts, nct_id),
        "trial_sites": _sites(parts, nct_id),
        "trial_collaborators": [
            {"nct_id": nct_id, "collaborator_no": n, "name": name, "collaborator_class": item.get("class")}
            for n, item in parts.items(
                parts.module("protocolSection", "sponsorCollaboratorsModule"), "collaborators", "trial_collaborators"
            )
            if (name := parts.text(item, "name", f"trial_collaborators.name[{n}]"))
        ],
        "trial_secondary_ids": _secondary_ids(parts, nct_id),
        "trial_references": [
            {"nct_id": nct_id, "reference_no": n, "pmid": item.get("pmid"),
             "reference_type": item.get("type"), "citation": item.get("citation")}
            for n, item in parts.items(
                parts.module("protocolSection", "referencesModule"), "references", "trial_references"
            )
        ],
    }  # fmt: skip


def _conditions(parts: Study, conditions: Mapping[str, Any], nct_id: str) -> list[Row]:
    browse = parts.module("derivedSection", "conditionBrowseModule")
    mesh_ids = {
        str(mesh.get("term")).casefold(): mesh.get("id")
        for _, mesh in parts.items(browse, "meshes", "trial_conditions.mesh_id")
    }
    return [
        {"nct_id": nct_id, "condition_no": n, "condition": word, "mesh_id": mesh_ids.get(word.casefold())}
        for n, word in parts.words(conditions, "conditions", "trial_conditions.condition")
    ]


def _arms(parts: Study, module: Mapping[str, Any], nct_id: str) -> list[Row]:
    return [
        {"nct_id": nct_id, "arm_no": n, "label": item.get("label"), "arm_type": item.get("type"),
         "description": item.get("description"),
         "intervention_names": parts.word_list(item, "interventionNames", f"trial_arms.intervention_names[{n}]")}
        for n, item in parts.items(module, "armGroups", "trial_arms")
    ]  # fmt: skip


def _interventions(parts: Study, module: Mapping[str, Any], nct_id: str) -> list[Row]:
    return [
        {"nct_id": nct_id, "intervention_no": n, "intervention_type": item.get("type"), "name": item.get("name"),
         "description": item.get("description"),
         "other_names": parts.word_list(item, "otherNames", f"trial_interventions.other_names[{n}]")}
        for n, item in parts.items(module, "interventions", "trial_interventions")
    ]  # fmt: skip


def _arm_interventions(
    parts: Study, module: Mapping[str, Any], nct_id: str, arms: list[Row], interventions: list[Row]
) -> list[Row]:
    """Which intervention belongs to which arm, by either side's list.

    Interventions name arms by label; arms name interventions as "Drug: name". Records are seen with
    only one of the two filled, and with a label that no arm bears.
    """
    arm_of_label = {arm["label"]: arm["arm_no"] for arm in reversed(arms) if isinstance(arm["label"], str)}
    number_of_name = {
        row["name"]: row["intervention_no"] for row in reversed(interventions) if isinstance(row["name"], str)
    }
    pairs = set()
    for number, item in parts.items(module, "interventions", "trial_interventions"):
        for _, label in parts.words(item, "armGroupLabels", "trial_arm_interventions"):
            if label in arm_of_label:
                pairs.add((arm_of_label[label], number))
    for arm in arms:
        for named in arm["intervention_names"] or ():
            name = named.partition(": ")[2]
            if name in number_of_name:
                pairs.add((arm["arm_no"], number_of_name[name]))
    return [{"nct_id": nct_id, "arm_no": arm_no, "intervention_no": number} for arm_no, number in sorted(pairs)]


def _outcomes(parts: Study, nct_id: str) -> list[Row]:
    module = parts.module("protocolSection", "outcomesModule")
    rows: list[Row] = []
    before = 0
    for outcome_type in ("primary", "secondary", "other"):
        for n, item in parts.items(module, f"{outcome_type}Outcomes", f"trial_outcomes.{outcome_type}"):
            rows.append({"nct_id": nct_id, "outcome_no": before + n, "outcome_type": outcome_type,
                         "measure": item.get("measure"), "time_frame": item.get("timeFrame"),
                         "description": item.get("description")})  # fmt: skip
        # All that are listed count, also those that cannot be read: the next kind's numbers must not meet them.
        listed = module.get(f"{outcome_type}Outcomes")
        before += len(listed) if isinstance(listed, list) else 0
    return rows


def _sites(parts: Study, nct_id: str) -> list[Row]:
    """Sites as listed. Contacts of sites are never read: names, phones and e-mails are not kept."""
    module = parts.module("protocolSection", "contactsLocationsModule")
    rows = []
    for n, item in parts.items(module, "locations", "trial_sites"):
        country, city, point = item.get("country"), item.get("city"), item.get("geoPoint")
        if not isinstance(point, dict):
            point = parts.part(item, "geoPoint", f"trial_sites.latitude[{n}]")
        country_text = country if isinstance(country, str) and country.strip() else None
        rows.append({
            "nct_id": nct_id, "site_no": n, "facility": item.get("facility"), "city": city, "state": item.get("state"),
            "country": country, "country_code": country_code(country_text) if country_text else None,
            "latitude": point.get("lat"), "longitude": point.get("lon"),
            "place_key": place_key(country_text, city if isinstance(city, str) else None),
            "site_status": item.get("status"),
        })  # fmt: skip
    return rows


def _secondary_ids(parts: Study, nct_id: str) -> list[Row]:
    module = parts.module("protocolSection", "identificationModule")
    rows: list[Row] = []
    for n, item in parts.items(module, "secondaryIdInfos", "trial_secondary_ids"):
        given, id_type = parts.text(item, "id", f"trial_secondary_ids.secondary_id[{n}]"), item.get("type")
        if given:
            rows.append({"nct_id": nct_id, "id_no": n, "secondary_id": given, "id_type": id_type,
                         "domain": item.get("domain"), "other_registry": other_registry(given, id_type),
                         "link": item.get("link")})  # fmt: skip
    first_alias = 1 + max((row["id_no"] for row in rows), default=0)
    for n, alias in parts.words(module, "nctIdAliases", "trial_secondary_ids.secondary_id"):
        rows.append({"nct_id": nct_id, "id_no": first_alias + n - 1, "secondary_id": alias, "id_type": "NCT_ALIAS"})
    return rows


def other_registry(secondary_id: object, id_type: object = None) -> str | None:
    """The other registry an id belongs to, by its form, else by the registry's type of id."""
    if isinstance(secondary_id, str):
        for registry, form in OTHER_REGISTRIES:
            if form.search(secondary_id):
                return registry
    return OTHER_REGISTRY_TYPES.get(id_type) if isinstance(id_type, str) else None

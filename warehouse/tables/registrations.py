"""Registrations: what ClinicalTrials.gov says of each trial, one table per list in a record.

Sources are paths in an API v2 study object, below `protocolSection` unless they begin with another
section. List items are numbered from 1 by their place in the record (`arm_no`, `site_no`, ...).
"""

from __future__ import annotations

from warehouse.columns import BOOLEAN, FLOAT, INTEGER, TEXT, TEXTS, TIMESTAMP, Column, Reference, Table, registry_date

NCT_PATTERN = r"^NCT[0-9]{8}$"

STATUSES = (
    "RECRUITING", "NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "ENROLLING_BY_INVITATION", "COMPLETED",
    "SUSPENDED", "TERMINATED", "WITHDRAWN", "UNKNOWN", "AVAILABLE", "NO_LONGER_AVAILABLE",
    "TEMPORARILY_NOT_AVAILABLE", "APPROVED_FOR_MARKETING", "WITHHELD",
)  # fmt: skip
SITE_STATUSES = (
    "RECRUITING", "NOT_YET_RECRUITING", "ACTIVE_NOT_RECRUITING", "ENROLLING_BY_INVITATION", "COMPLETED",
    "SUSPENDED", "TERMINATED", "WITHDRAWN", "AVAILABLE",
)  # fmt: skip
PHASES = ("NA", "EARLY_PHASE1", "PHASE1", "PHASE2", "PHASE3", "PHASE4")
AGENCY_CLASSES = ("NIH", "FED", "OTHER_GOV", "INDIV", "INDUSTRY", "NETWORK", "AMBIG", "OTHER", "UNKNOWN")
INTERVENTION_TYPES = (
    "BEHAVIORAL", "BIOLOGICAL", "COMBINATION_PRODUCT", "DEVICE", "DIAGNOSTIC_TEST", "DIETARY_SUPPLEMENT",
    "DRUG", "GENETIC", "PROCEDURE", "RADIATION", "OTHER",
)  # fmt: skip
SCOPES = ("in_scope", "follow_up", "out_of_scope")
SPONSOR_TYPES = ("industry", "academic", "government", "person", "other")
ROLES = ("car product", "lymphodepletion", "comparator", "ancillary", "other")
REVIEWER = "reviewer"  # a disease that no text of the record says and a reviewer decided
DISEASE_SOURCES = ("condition", "title", "arm", "summary", "eligibility", REVIEWER)
REGISTRY_STATES = ("present", "left_search", "alias", "withheld", "removed")
RELATIONS = ("follow_up_of", "extension_of", "expanded_access_for")


def nct_id(comment: str = "The trial's NCT number", *, nullable: bool = False) -> Column:
    return Column("nct_id", TEXT, comment, nullable=nullable, pattern=NCT_PATTERN,
                  source="identificationModule.nctId")  # fmt: skip


OF_TRIAL = (Reference(("nct_id",), "trials", ("nct_id",)),)


def item_no(name: str, of: str) -> Column:
    return Column(name, INTEGER, f"Place of the {of} in the record, from 1", nullable=False, minimum=1)


TRIALS = Table(
    "trials",
    "One row per trial ever seen, as it stands now",
    (
        nct_id(),
        Column("brief_title", TEXT, "Short title", source="identificationModule.briefTitle"),
        Column("official_title", TEXT, "Long title", source="identificationModule.officialTitle"),
        Column("acronym", TEXT, "Acronym", source="identificationModule.acronym"),
        Column("org_study_id", TEXT, "The sponsor's own study number", source="identificationModule.orgStudyIdInfo.id"),
        Column(
            "former_nct_ids",
            TEXTS,
            "Earlier NCT numbers of this trial: papers, searches and commands that name one are led here",
        ),
        Column(
            "overall_status",
            TEXT,
            "Recruitment status, the registry's word; compare whole values",
            registry_words=STATUSES,
            source="statusModule.overallStatus",
        ),
        Column(
            "last_known_status",
            TEXT,
            "Status before the registry turned it UNKNOWN",
            registry_words=STATUSES,
            source="statusModule.lastKnownStatus",
        ),
        Column("why_stopped", TEXT, "Reason given for stopping", source="statusModule.whyStopped"),
        *registry_date(
            "status_verified_date", "When the sponsor last verified the status", "statusModule.statusVerifiedDate"
        ),
        Column(
            "study_type",
            TEXT,
            "Kind of study",
            registry_words=("INTERVENTIONAL", "OBSERVATIONAL", "EXPANDED_ACCESS"),
            source="designModule.studyType",
        ),
        Column(
            "phases",
            TEXTS,
            "Phases as given; absent for observational studies; [NA] is not absent",
            registry_words=PHASES,
            source="designModule.phases",
        ),
        Column("phase_label", TEXT, "Phases as readers write them: Phase 1/Phase 2, Early Phase 1, Not applicable"),
        Column(
            "allocation",
            TEXT,
            "RANDOMIZED, NON_RANDOMIZED or NA",
            registry_words=("RANDOMIZED", "NON_RANDOMIZED", "NA"),
            source="designModule.designInfo.allocation",
        ),
        Column(
            "intervention_model",
            TEXT,
            "How arms relate",
            registry_words=("SINGLE_GROUP", "PARALLEL", "CROSSOVER", "FACTORIAL", "SEQUENTIAL"),
            source="designModule.designInfo.interventionModel",
        ),
        Column(
            "intervention_model_description",
            TEXT,
            "The sponsor's words on the model",
            source="designModule.designInfo.interventionModelDescription",
        ),
        Column(
            "masking",
            TEXT,
            "Who is kept from knowing the arm",
            registry_words=("NONE", "SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE"),
            source="designModule.designInfo.maskingInfo.masking",
        ),
        Column(
            "masking_description",
            TEXT,
            "The sponsor's words on masking",
            source="designModule.designInfo.maskingInfo.maskingDescription",
        ),
        Column(
            "primary_purpose",
            TEXT,
            "Purpose",
            registry_words=(
                "TREATMENT",
                "PREVENTION",
                "DIAGNOSTIC",
                "ECT",
                "SUPPORTIVE_CARE",
                "SCREENING",
                "HEALTH_SERVICES_RESEARCH",
                "BASIC_SCIENCE",
                "DEVICE_FEASIBILITY",
                "OTHER",
            ),
            source="designModule.designInfo.primaryPurpose",
        ),
        Column(
            "enrollment_count",
            INTEGER,
            "Participants, planned or actual (see enrollment_type)",
            minimum=0,
            source="designModule.enrollmentInfo.count",
        ),
        Column(
            "enrollment_type",
            TEXT,
            "Whether enrollment_count is ACTUAL or ESTIMATED",
            registry_words=("ACTUAL", "ESTIMATED"),
            source="designModule.enrollmentInfo.type",
        ),
        *registry_date("start_date", "Start of the study", "statusModule.startDateStruct.date", typed=True),
        *registry_date(
            "primary_completion_date",
            "Last data for the primary outcome",
            "statusModule.primaryCompletionDateStruct.date",
            typed=True,
        ),
        *registry_date(
            "completion_date", "Last data of the study", "statusModule.completionDateStruct.date", typed=True
        ),
        *registry_date(
            "first_submitted_date",
            "When the sponsor first submitted the registration",
            "statusModule.studyFirstSubmitDate",
        ),
        *registry_date(
            "first_posted_date",
            "When the registration became public",
            "statusModule.studyFirstPostDateStruct.date",
            typed=True,
        ),
        *registry_date(
            "last_update_posted_date",
            "When the last update became public; not every change moves it",
            "statusModule.lastUpdatePostDateStruct.date",
            typed=True,
        ),
        *registry_date(
            "results_first_posted_date",
            "When results became public",
            "statusModule.resultsFirstPostDateStruct.date",
            typed=True,
        ),
        Column("has_results", BOOLEAN, "Whether results are posted", source="/hasResults"),
        Column("lead_sponsor", TEXT, "Lead sponsor as given", source="sponsorCollaboratorsModule.leadSponsor.name"),
        Column(
            "lead_sponsor_class",
            TEXT,
            "The registry's class of the lead sponsor",
            registry_words=AGENCY_CLASSES,
            source="sponsorCollaboratorsModule.leadSponsor.class",
        ),
        Column(
            "responsible_party_type",
            TEXT,
            "Who is responsible",
            registry_words=("SPONSOR", "PRINCIPAL_INVESTIGATOR", "SPONSOR_INVESTIGATOR"),
            source="sponsorCollaboratorsModule.responsibleParty.type",
        ),
        Column("sponsor_canonical", TEXT, "One name for a sponsor registered under several spellings"),
        Column("sponsor_type", TEXT, "What the lead sponsor is", words=SPONSOR_TYPES),
        Column("industry_involved", BOOLEAN, "A company is sponsor or collaborator"),
        Column("countries", TEXTS, "Countries of the sites, sorted, as the registry names them"),
        Column("country_codes", TEXTS, "ISO 3166-1 alpha-2 codes of those countries, sorted"),
        Column("site_count", INTEGER, "Sites listed; 0 when none is", minimum=0),
        Column(
            "sex", TEXT, "Sex of participants", registry_words=("ALL", "FEMALE", "MALE"), source="eligibilityModule.sex"
        ),
        Column(
            "std_ages",
            TEXTS,
            "Age groups",
            registry_words=("CHILD", "ADULT", "OLDER_ADULT"),
            source="eligibilityModule.stdAges",
        ),
        Column("minimum_age", TEXT, "Minimum age as given", source="eligibilityModule.minimumAge"),
        Column("maximum_age", TEXT, "Maximum age as given", source="eligibilityModule.maximumAge"),
        Column(
            "minimum_age_years",
            FLOAT,
            "Minimum age in years (months/12, weeks/52.18, days/365.25)",
            minimum=0,
            maximum=150,
        ),
        Column("maximum_age_years", FLOAT, "Maximum age in years", minimum=0, maximum=150),
        Column(
            "healthy_volunteers",
            BOOLEAN,
            "Whether healthy volunteers are accepted",
            source="eligibilityModule.healthyVolunteers",
        ),
        Column(
            "has_expanded_access",
            BOOLEAN,
            "Whether expanded access exists",
            source="statusModule.expandedAccessInfo.hasExpandedAccess",
        ),
        Column("brief_summary", TEXT, "Summary", source="descriptionModule.briefSummary"),
        Column("detailed_description", TEXT, "Description", source="descriptionModule.detailedDescription"),
        Column(
            "eligibility_criteria",
            TEXT,
            "Inclusion and exclusion criteria",
            source="eligibilityModule.eligibilityCriteria",
        ),
        Column("url", TEXT, "The registry's page", nullable=False),
        Column(
            "scope",
            TEXT,
            "in_scope: gives CAR-engineered cells, made outside or inside the body, for an immune-mediated "
            "disease; follow_up: follows or observes their recipients; out_of_scope: everything "
            "else the search brought",
            nullable=False,
            words=SCOPES,
        ),
        Column("scope_reason", TEXT, "Code of the rule that decided scope", nullable=False),
        Column("diseases", TEXTS, "Canonical diseases treated, sorted; lupus nephritis also counts as SLE"),
        Column("is_basket", BOOLEAN, "Enrols a group of diseases, or two or more that are not one and its parent"),
        Column("topics", TEXTS, "Watchlist topics, such as sle"),
        Column(
            "registry_state",
            TEXT,
            "Whether the registry still gives it, and if not what became of it",
            nullable=False,
            words=REGISTRY_STATES,
        ),
        Column(
            "is_stale", BOOLEAN, "Its newest version is in quarantine; these are its last good facts", nullable=False
        ),
        Column("first_seen_at", TIMESTAMP, "When we first saw it", nullable=False),
        Column("last_seen_at", TIMESTAMP, "When the registry last gave it to us", nullable=False),
        Column(
            "content_sha256",
            TEXT,
            "Hash of the record as received, without versionHolder",
            nullable=False,
            pattern="^[0-9a-f]{64}$",
        ),
        Column("run_id", TEXT, "Run that wrote this row", nullable=False, bookkeeping=True),
    ),
    key=("nct_id",),
)

TRIAL_CONDITIONS = Table(
    "trial_conditions",
    "One row per condition a trial names",
    (
        nct_id(),
        item_no("condition_no", "condition"),
        Column("condition", TEXT, "Condition as given", nullable=False, source="conditionsModule.conditions"),
        Column(
            "mesh_id",
            TEXT,
            "MeSH descriptor of the same name, where the registry derived one",
            pattern="^[CD][0-9]+$",
            source="/derivedSection.conditionBrowseModule.meshes",
        ),
    ),
    key=("nct_id", "condition_no"),
    references=OF_TRIAL,
)

TRIAL_DISEASES = Table(
    "trial_diseases",
    "One row per canonical disease that a trial treats, parents included",
    (
        nct_id(),
        Column("disease", TEXT, "Canonical name", nullable=False),
        Column("parent_disease", TEXT, "Disease it is a form of"),
        Column("disease_group", TEXT, "Group, such as rheumatic or neurological"),
        Column("mesh_id", TEXT, "MeSH descriptor", pattern="^[CD][0-9]+$"),
        Column(
            "source",
            TEXT,
            "Where the record says it; exclusion criteria never count",
            nullable=False,
            words=DISEASE_SOURCES,
        ),
    ),
    key=("nct_id", "disease"),
    references=OF_TRIAL,
)

TRIAL_ARMS = Table(
    "trial_arms",
    "One row per arm or group",
    (
        nct_id(),
        item_no("arm_no", "arm"),
        Column("label", TEXT, "Label", source="armsInterventionsModule.armGroups.label"),
        Column(
            "arm_type",
            TEXT,
            "Type",
            source="armsInterventionsModule.armGroups.type",
            registry_words=(
                "EXPERIMENTAL",
                "ACTIVE_COMPARATOR",
                "PLACEBO_COMPARATOR",
                "SHAM_COMPARATOR",
                "NO_INTERVENTION",
                "OTHER",
            ),
        ),
        Column("description", TEXT, "Description", source="armsInterventionsModule.armGroups.description"),
        Column(
            "intervention_names",
            TEXTS,
            "Interventions named by the arm, as given",
            source="armsInterventionsModule.armGroups.interventionNames",
        ),
    ),
    key=("nct_id", "arm_no"),
    references=OF_TRIAL,
)

TRIAL_INTERVENTIONS = Table(
    "trial_interventions",
    "One row per intervention",
    (
        nct_id(),
        item_no("intervention_no", "intervention"),
        Column(
            "intervention_type",
            TEXT,
            "Type",
            registry_words=INTERVENTION_TYPES,
            source="armsInterventionsModule.interventions.type",
        ),
        Column("name", TEXT, "Name", source="armsInterventionsModule.interventions.name"),
        Column("description", TEXT, "Description", source="armsInterventionsModule.interventions.description"),
        Column(
            "other_names", TEXTS, "Other names, as given", source="armsInterventionsModule.interventions.otherNames"
        ),
    ),
    key=("nct_id", "intervention_no"),
    references=OF_TRIAL,
)

TRIAL_ARM_INTERVENTIONS = Table(
    "trial_arm_interventions",
    "One row per intervention in an arm",
    (
        nct_id(),
        item_no("arm_no", "arm"),
        item_no("intervention_no", "intervention"),
        Column("role", TEXT, "What the intervention is in this arm; NULL out of scope", words=ROLES),
    ),
    key=("nct_id", "arm_no", "intervention_no"),
    references=(
        Reference(("nct_id", "arm_no"), "trial_arms", ("nct_id", "arm_no")),
        Reference(("nct_id", "intervention_no"), "trial_interventions", ("nct_id", "intervention_no")),
    ),
)

TRIAL_OUTCOMES = Table(
    "trial_outcomes",
    "One row per outcome: primary, then secondary, then other",
    (
        nct_id(),
        item_no("outcome_no", "outcome"),
        Column(
            "outcome_type", TEXT, "primary, secondary or other", nullable=False, words=("primary", "secondary", "other")
        ),
        Column("measure", TEXT, "What is measured", source="outcomesModule.primaryOutcomes.measure"),
        Column("time_frame", TEXT, "When", source="outcomesModule.primaryOutcomes.timeFrame"),
        Column("description", TEXT, "How", source="outcomesModule.primaryOutcomes.description"),
    ),
    key=("nct_id", "outcome_no"),
    references=OF_TRIAL,
)

TRIAL_SITES = Table(
    "trial_sites",
    "One row per site listed; the same place may be listed twice",
    (
        nct_id(),
        item_no("site_no", "site"),
        Column("facility", TEXT, "Facility as given", source="contactsLocationsModule.locations.facility"),
        Column("city", TEXT, "City", source="contactsLocationsModule.locations.city"),
        Column("state", TEXT, "State or province", source="contactsLocationsModule.locations.state"),
        Column("country", TEXT, "Country as the registry names it", source="contactsLocationsModule.locations.country"),
        Column("country_code", TEXT, "ISO 3166-1 alpha-2", pattern="^[A-Z]{2}$"),
        Column(
            "latitude",
            FLOAT,
            "Degrees north, of the city",
            minimum=-90,
            maximum=90,
            source="contactsLocationsModule.locations.geoPoint.lat",
        ),
        Column(
            "longitude",
            FLOAT,
            "Degrees east, of the city",
            minimum=-180,
            maximum=180,
            source="contactsLocationsModule.locations.geoPoint.lon",
        ),
        Column("place_key", TEXT, "Folded country and city: the same place, whatever the facility is called"),
        Column(
            "site_status",
            TEXT,
            "Recruitment status of the site, as given; NULL when not given",
            registry_words=SITE_STATUSES,
            source="contactsLocationsModule.locations.status",
        ),
    ),
    key=("nct_id", "site_no"),
    references=OF_TRIAL,
)

TRIAL_COLLABORATORS = Table(
    "trial_collaborators",
    "One row per collaborator",
    (
        nct_id(),
        item_no("collaborator_no", "collaborator"),
        Column("name", TEXT, "Name", nullable=False, source="sponsorCollaboratorsModule.collaborators.name"),
        Column(
            "collaborator_class",
            TEXT,
            "The registry's class",
            registry_words=AGENCY_CLASSES,
            source="sponsorCollaboratorsModule.collaborators.class",
        ),
    ),
    key=("nct_id", "collaborator_no"),
    references=OF_TRIAL,
)

TRIAL_KEYWORDS = Table(
    "trial_keywords",
    "One row per keyword",
    (
        nct_id(),
        item_no("keyword_no", "keyword"),
        Column("keyword", TEXT, "Keyword as given", nullable=False, source="conditionsModule.keywords"),
    ),
    key=("nct_id", "keyword_no"),
    references=OF_TRIAL,
)

TRIAL_SECONDARY_IDS = Table(
    "trial_secondary_ids",
    "One row per secondary id or former NCT number",
    (
        nct_id(),
        item_no("id_no", "id"),
        Column("secondary_id", TEXT, "Id as given", nullable=False, source="identificationModule.secondaryIdInfos.id"),
        Column(
            "id_type",
            TEXT,
            "The registry's type of id; NCT_ALIAS for a former number",
            source="identificationModule.secondaryIdInfos.type",
            registry_words=(
                "NIH",
                "FDA",
                "VA",
                "CDC",
                "AHRQ",
                "SAMHSA",
                "OTHER_GRANT",
                "EUDRACT_NUMBER",
                "CTIS",
                "REGISTRY",
                "OTHER",
                "NCT_ALIAS",
            ),
        ),
        Column("domain", TEXT, "Whose id it is, as given", source="identificationModule.secondaryIdInfos.domain"),
        Column(
            "other_registry",
            TEXT,
            "Other registry, when the id's form is recognised: EudraCT, CTIS, ChiCTR, jRCT, ISRCTN, ...",
        ),
        Column("link", TEXT, "Link as given", source="identificationModule.secondaryIdInfos.link"),
    ),
    key=("nct_id", "id_no"),
    references=OF_TRIAL,
)

TRIAL_REFERENCES = Table(
    "trial_references",
    "One row per reference a trial cites",
    (
        nct_id(),
        item_no("reference_no", "reference"),
        Column("pmid", TEXT, "PMID", pattern="^[0-9]{1,9}$", source="referencesModule.references.pmid"),
        Column(
            "reference_type",
            TEXT,
            "RESULT, DERIVED (linked by the registry) or BACKGROUND",
            registry_words=("RESULT", "DERIVED", "BACKGROUND"),
            source="referencesModule.references.type",
        ),
        Column("citation", TEXT, "Citation as given", source="referencesModule.references.citation"),
    ),
    key=("nct_id", "reference_no"),
    references=OF_TRIAL,
)

TRIAL_RELATIONS = Table(
    "trial_relations",
    "One row per tie to another trial that the record states",
    (
        nct_id(),
        item_no("relation_no", "relation"),
        Column(
            "related_nct_id", TEXT, "The other trial; NULL when it is named without its number", pattern=NCT_PATTERN
        ),
        Column("relation", TEXT, "What this trial is to the other", nullable=False, words=RELATIONS),
        Column("matched_text", TEXT, "The words that say so"),
    ),
    key=("nct_id", "relation_no"),
    references=OF_TRIAL,
)

TRIAL_SEARCH_HITS = Table(
    "trial_search_hits",
    "One row per search leg that ever found a trial",
    (
        nct_id(),
        Column(
            "leg",
            TEXT,
            "Search leg of the watchlist; `recorded`; `named in paper`; `whole registry`; `asked by id`",
            nullable=False,
        ),
        Column("first_seen_at", TIMESTAMP, "When this leg first found it", nullable=False),
        Column("last_seen_at", TIMESTAMP, "When this leg last found it", nullable=False),
    ),
    key=("nct_id", "leg"),
    references=OF_TRIAL,
)

TABLES = (
    TRIALS, TRIAL_CONDITIONS, TRIAL_DISEASES, TRIAL_ARMS, TRIAL_INTERVENTIONS, TRIAL_ARM_INTERVENTIONS, TRIAL_OUTCOMES,
    TRIAL_SITES, TRIAL_COLLABORATORS, TRIAL_KEYWORDS, TRIAL_SECONDARY_IDS, TRIAL_REFERENCES, TRIAL_RELATIONS,
    TRIAL_SEARCH_HITS,
)  # fmt: skip

"""What is given: the CAR products of a trial, their doses, the profile of the trial, and the evidence.

Rows exist for trials whose scope is in_scope or follow_up; evidence of scope exists for every trial.
"""

from __future__ import annotations

from warehouse.columns import BOOLEAN, FLOAT, INTEGER, TEXT, TEXTS, Column, Reference, Table
from warehouse.tables.field import DOMAINS
from warehouse.tables.registrations import OF_TRIAL, nct_id

CELL_TYPES = (
    "CAR-T", "CAR-NK", "CAR-Treg", "CAR-Tr1", "CAAR-T", "CAR-γδT", "CAR-iNKT", "CAR-DNT", "CAR-M", "STAR-T",
)  # fmt: skip
CELL_SOURCES = ("autologous", "allogeneic", "in vivo")
CONSTRUCTS = ("single", "dual", "multi", "combination")
GENE_DELIVERIES = (
    "lentiviral", "retroviral", "transposon", "mRNA", "mRNA-LNP", "lentiviral in vivo", "knock-in",
)  # fmt: skip
LYMPHODEPLETIONS = (
    "fludarabine + cyclophosphamide", "cyclophosphamide", "fludarabine", "bendamustine", "other",
    "unspecified", "none",
)  # fmt: skip
# Strongest first: car_t_profiles.comparator is the first of these that the trial has.
COMPARATORS = ("active", "placebo", "standard of care", "no treatment", "dose or regimen", "none")
IMMUNOSUPPRESSIONS = ("washout", "allowed", "combined")
# Where a receptor has two, they are joined: 4-1BB + CD28.
COSTIMULATORY_DOMAINS = ("4-1BB", "CD28", "CD27", "OX40", "ICOS", "DAP10", "DAP12", "2B4")
SAFETY_OUTCOMES = (
    "CRS", "ICANS", "neurotoxicity", "cytopenia", "ICAHT", "infection", "hypogammaglobulinaemia", "second malignancy",
    "T-cell malignancy", "HLH", "IEC-HS", "LICATS", "GVHD", "infusion reaction", "death",
)  # fmt: skip
# What is decided for one product of a trial, as evidence, overrides, changes and pages name it.
PRODUCT_ATTRIBUTES = (
    "target_antigens", "construct", "cell_type", "cell_source", "gene_delivery", "costimulatory_domain",
)  # fmt: skip
REDOSING = ("planned", "possible", "excluded")
HOSPITAL_STAYS = ("at least", "planned", "no time told", "outpatient")
LTFU_PROTOCOLS = ("this protocol", "separate protocol")
ALSO_ENROLS = ("malignancy", "healthy volunteers", "transplant")
EVIDENCE_KINDS = ("text", "structure", "product", "series", "override", "absence")

# `several` where the products of one trial differ.
SEVERAL = "several"


def product_no(*, nullable: bool = False, comment: str = "Product of the trial, from 1") -> Column:
    return Column("product_no", INTEGER, comment, nullable=nullable, minimum=1)


OF_PRODUCT = Reference(("nct_id", "product_no"), "car_t_products", ("nct_id", "product_no"))

CAR_T_PRODUCTS = Table(
    "car_t_products",
    "One row per distinct CAR product, or fixed combination of products, that a participant can receive",
    (
        nct_id(),
        product_no(),
        Column("product_key", TEXT, "Product of the product list; NULL when it is not on it"),
        Column("product", TEXT, "Name to show: the product list's, otherwise the record's own words", nullable=False),
        Column("product_codes", TEXTS, "Codes and names of it that the record uses, as written"),
        Column("arm_labels", TEXTS, "Labels of the arms that receive it"),
        Column("target_antigens", TEXTS, "What its receptor binds, sorted; empty: not stated", nullable=False),
        Column(
            "construct",
            TEXT,
            "single: one target; dual, multi: two, more in one product; combination: given together",
            words=CONSTRUCTS,
        ),
        Column("cell_type", TEXT, "Kind of engineered cell; NULL not stated", words=CELL_TYPES),
        Column(
            "cell_source",
            TEXT,
            "Where the cells come from; in vivo: made inside the body; NULL not stated",
            words=CELL_SOURCES,
        ),
        Column("gene_delivery", TEXT, "How the receptor's gene gets in; NULL not stated", words=GENE_DELIVERIES),
        Column(
            "costimulatory_domain", TEXT, "Costimulatory domain of the receptor, several joined by +; NULL not stated"
        ),
    ),
    key=("nct_id", "product_no"),
    references=(*OF_TRIAL, Reference(("product_key",), "products", ("product_key",))),
)

TRIAL_DOSES = Table(
    "trial_doses",
    "One row per dose of a CAR product that the record states",
    (
        nct_id(),
        Column("dose_no", INTEGER, "Number of the dose in the trial, from 1", nullable=False, minimum=1),
        product_no(nullable=True, comment="Product dosed; NULL when the record does not tell which"),
        Column("arm_label", TEXT, "Label of the arm that the dose belongs to; NULL when not told"),
        Column("dose", FLOAT, "Dose as a number: 1e6 for 1x10^6", minimum=0),
        Column("dose_min", FLOAT, "Lower end of the range that it ends; dose itself where it ends none", minimum=0),
        Column("dose_max", FLOAT, "Upper end of that range", minimum=0),
        Column("unit", TEXT, "Unit of dose: cells/kg, cells, cells/m2, mg, ..."),
        Column("dose_text", TEXT, "The dose in the record's words", nullable=False),
        Column("schedule", TEXT, "How often, in the record's words or as a short phrase"),
    ),
    key=("nct_id", "dose_no"), references=OF_TRIAL,
)  # fmt: skip

CAR_T_PROFILES = Table(
    "car_t_profiles",
    "One row per trial that is in scope or follows recipients",
    (
        nct_id(),
        Column("target_antigens", TEXTS, "Union of its products' targets, sorted; empty: not stated", nullable=False),
        Column(
            "constructs",
            TEXTS,
            "Constructs of its products, sorted; empty: not stated",
            nullable=False,
            words=CONSTRUCTS,
        ),
        Column(
            "cell_type",
            TEXT,
            "Common cell type of its products, or several; NULL not stated",
            words=(*CELL_TYPES, SEVERAL),
        ),
        Column(
            "cell_source",
            TEXT,
            "Common cell source of its products, or several; NULL not stated",
            words=(*CELL_SOURCES, SEVERAL),
        ),
        Column("products", TEXTS, "Names of its products, in order of product_no", nullable=False),
        Column("lymphodepletion", TEXTS, "Regimens, one per alternative; NULL not stated", words=LYMPHODEPLETIONS),
        Column(
            "comparator",
            TEXT,
            "The strongest of comparators; NULL where neither arms nor names and titles tell",
            words=COMPARATORS,
        ),
        Column(
            "comparators",
            TEXTS,
            "What the CAR product is compared with; NULL where neither arms nor names and titles tell",
            words=COMPARATORS,
        ),
        Column("comparator_agents", TEXTS, "Drugs of the comparator; NULL when none is named"),
        Column("control_crossover", BOOLEAN, "Controls may receive the CAR product later; NULL not stated"),
        Column("crossover_after_days", FLOAT, "Days after which they may; NULL not stated", minimum=0),
        Column(
            "concomitant_immunosuppression",
            TEXTS,
            "washout: stopped before; allowed: may go on; combined: given on purpose; NULL not stated",
            words=IMMUNOSUPPRESSIONS,
        ),
        Column(
            "max_prednisone_mg_per_day",
            FLOAT,
            "Highest prednisone-equivalent dose allowed, mg a day; NULL not stated",
            minimum=0,
        ),
        Column("prophylaxis", TEXTS, "What is given to prevent harm; NULL not stated"),
        Column("safety_outcomes", TEXTS, "Harms named in outcomes; empty: none of these", words=SAFETY_OUTCOMES),
        Column(
            "primary_endpoint_domains",
            TEXTS,
            "What primary endpoints are about, sorted; NULL: none that is known",
            words=DOMAINS,
        ),
        Column(
            "n_infusions_min",
            INTEGER,
            "Infusions of cells that each participant is planned to get, at least",
            minimum=1,
        ),
        Column("n_infusions_max", INTEGER, "At most; NULL not stated", minimum=1),
        Column("is_split_dose", BOOLEAN, "One dose is given in parts on several days; NULL not stated"),
        Column("redosing", TEXT, "Whether cells may be given again later; NULL not stated", words=REDOSING),
        Column("hospital_stay_days", FLOAT, "Days in hospital after the cells; NULL not stated", minimum=0),
        Column(
            "hospital_stay_kind",
            TEXT,
            "at least or planned: hospital_stay_days; no time told: a stay without its "
            "length; outpatient: given without a stay; NULL not stated",
            words=HOSPITAL_STAYS,
        ),
        Column("follow_up_months", FLOAT, "Longest follow-up in this protocol, months; NULL not stated", minimum=0),
        Column("ltfu_months", FLOAT, "Long-term follow-up, months after the cells; NULL not stated", minimum=0),
        Column("ltfu_where", TEXT, "Protocol of the long-term follow-up; NULL not stated", words=LTFU_PROTOCOLS),
        Column("also_enrols", TEXTS, "Who else is enrolled; empty: nobody else", words=ALSO_ENROLS),
        Column("rule_version", TEXT, "Version of the rules and vocabulary that made the row", nullable=False),
    ),
    key=("nct_id",),
    references=OF_TRIAL,
)

CAR_T_EVIDENCE = Table(
    "car_t_evidence",
    "One row per reason for a value of a profile; at least one for each value and each scope",
    (
        nct_id(),
        Column("evidence_no", INTEGER, "Number of the row in the trial, from 1", nullable=False, minimum=1),
        product_no(nullable=True, comment="Product that the value belongs to; NULL for the trial as a whole"),
        Column(
            "attribute",
            TEXT,
            "Column that the value stands in: scope, target_antigens, lymphodepletion, ...",
            nullable=False,
        ),
        Column("value", TEXT, "The value; one row per entry of a list", nullable=False),
        Column(
            "kind",
            TEXT,
            "text: words of the record; structure: its fields; product: the product list; "
            "series: the product list, by a sponsor's name for a series of trials; "
            "override: a reviewer; absence: nothing is said",
            nullable=False,
            words=EVIDENCE_KINDS,
        ),
        Column("field_path", TEXT, "Field in view trial_texts (kind text), or field of the record"),
        Column("matched_text", TEXT, "The words that decided; kind text only"),
        Column("start_offset", INTEGER, "Where they begin: 0-based, in Unicode code points; kind text only", minimum=0),
        Column("end_offset", INTEGER, "Where they end, half-open; kind text only", minimum=0),
        Column(
            "stated_in",
            TEXT,
            "Kinds product and series: which public kind of source states it; kind override: who decided, when and why",
        ),
        Column("url", TEXT, "Kinds product and series: public address that states it; NULL where none is confirmed"),
        Column("item_table", TEXT, "Table of the row that it is for, where the value stands in a list of rows"),
        Column("item_no", INTEGER, "Number of that row in the trial", minimum=1),
        Column("rule_id", TEXT, "Rule that gave the value", nullable=False),
        Column("rule_version", TEXT, "Version of the rules and vocabulary", nullable=False),
    ),
    key=("nct_id", "evidence_no"),
    references=OF_TRIAL,
)

PRODUCTS = Table(
    "products",
    "One row per known CAR product: the product list that gives what a record leaves open",
    (
        Column("product_key", TEXT, "Key of the product", nullable=False, pattern="^[a-z0-9][a-z0-9-]*$"),
        Column("product", TEXT, "Name to show", nullable=False),
        Column("names", TEXTS, "Names, the international nonproprietary name first", nullable=False),
        Column("codes", TEXTS, "Development codes", nullable=False),
        Column("target_antigens", TEXTS, "What its receptor binds, sorted; empty: not known", nullable=False),
        Column("construct", TEXT, "single, dual, multi or combination; NULL not known", words=CONSTRUCTS),
        Column("cell_type", TEXT, "Kind of engineered cell; NULL not known", words=CELL_TYPES),
        Column("cell_source", TEXT, "Where the cells come from; NULL not known", words=CELL_SOURCES),
        Column("gene_delivery", TEXT, "How the receptor's gene gets in; NULL not known", words=GENE_DELIVERIES),
        Column("costimulatory_domain", TEXT, "Costimulatory domain of the receptor; NULL not known"),
        Column("target_antigens_stated_in", TEXT, "Kind of public source of target_antigens"),
        Column("cell_source_stated_in", TEXT, "Kind of public source of cell_source"),
        Column("cell_type_stated_in", TEXT, "Kind of public source of cell_type"),
        Column("gene_delivery_stated_in", TEXT, "Kind of public source of gene_delivery"),
        Column("costimulatory_domain_stated_in", TEXT, "Kind of public source of costimulatory_domain"),
        Column("target_antigens_url", TEXT, "Address that states target_antigens; NULL where none is confirmed"),
        Column("cell_source_url", TEXT, "Address that states cell_source; NULL where none is confirmed"),
        Column("cell_type_url", TEXT, "Address that states cell_type; NULL where none is confirmed"),
        Column("gene_delivery_url", TEXT, "Address that states gene_delivery; NULL where none is confirmed"),
        Column("costimulatory_domain_url", TEXT, "Address that states costimulatory_domain; NULL where none"
               " is confirmed"),
    ),
    key=("product_key",),
)  # fmt: skip

TABLES = (PRODUCTS, CAR_T_PRODUCTS, TRIAL_DOSES, CAR_T_PROFILES, CAR_T_EVIDENCE)

"""The profile of one study: scope, products, values, and a reason for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from transforms.profile.criteria.criteria import criteria
from transforms.profile.endpoints.endpoints import endpoints
from transforms.profile.evidence import evidence, rule_version
from transforms.profile.products import car, catalogue, targets
from transforms.profile.products.catalogue import ProductMention
from transforms.profile.products.record import Record
from transforms.profile.products.scope import Mentions, Scope, cancer, decide, without_car
from transforms.profile.products.targets import Target
from transforms.profile.products.trial_products import trial_products
from transforms.profile.reading.findings import Finding, structure
from transforms.profile.reading.given import GivenProduct
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.texts import ELIGIBILITY, OUTCOMES, SECTIONS, Text, criteria_and_outcomes, prose, texts
from transforms.profile.regimen.comparators import comparators
from transforms.profile.regimen.conditioning import conditioning
from transforms.profile.regimen.design import Design, read_design
from transforms.profile.regimen.doses import doses
from transforms.profile.regimen.immunosuppression import immunosuppression
from transforms.profile.regimen.infusions import infusions
from transforms.profile.regimen.lymphodepletion import lymphodepletion
from transforms.profile.regimen.prophylaxis import prophylaxis
from transforms.profile.regimen.roles import roles
from transforms.profile.trial.diseases import DiseaseResult, diseases
from transforms.profile.trial.follow_up import follow_up
from transforms.profile.trial.long_term import long_term_follow_up
from transforms.profile.trial.relations import relations
from transforms.profile.trial.safety import safety_outcomes
from transforms.profile.trial.sponsors import sponsor
from transforms.profile.trial.stay import hospital_stay

Rows = dict[str, list[dict[str, Any]]]

# What is read of every study. Eligibility and outcomes are long, and needed where these tell something.
TELLING = ("intervention_name", "intervention_other_name", "arm_label", "brief_title", "official_title",
           "acronym", "condition", "keyword")  # fmt: skip
REST = tuple(s for s in SECTIONS if s in ELIGIBILITY | OUTCOMES or s.startswith(("masking", "model")))
DESCRIBING = tuple(s for s in SECTIONS if s not in REST and s not in TELLING)
_RANK = {section: place for place, section in enumerate(SECTIONS)}
# "CD19-redirected T cells" without the word CAR: looked for where a trial names what it gives.
REDIRECTED_IN = frozenset(
    {"intervention_name", "intervention_other_name", "arm_label", "brief_title", "official_title"}
)
AIMED = ("directed", "targeted", "specific", "targeting", "cell therapy", "cell injection", "-gdt")
PROSE = ("brief_summary", "intervention_description", "arm_description")
# Where a product of the list may be named; in prose a short code is too often something else.
NAMED_IN = frozenset(
    {"intervention_name", "intervention_other_name", "intervention_description", "arm_label",
     "arm_description", "brief_title", "official_title", "acronym", "condition", "keyword", "brief_summary"}
)  # fmt: skip
SEVERAL = "several"


class StudyProfile(msgspec.Struct, frozen=True):
    """What the rules make of a study.

    `trial` holds columns of table trials; `rows` the rows of the profile tables, without nct_id and
    rule_version where the pipeline fills them.
    """

    scope: str
    scope_reason: str
    trial: dict[str, Any]
    rows: Rows = msgspec.field(default_factory=dict)


def profile_study(study: Mapping[str, Any]) -> StudyProfile:
    """The profile of a study object as API v2 gives it. Takes any shape; pure."""
    telling = texts(study, TELLING)
    disease = diseases(telling, _meshes(study))
    if not may_name_car(study, telling, disease):
        return _out(study, without_car(telling, disease.immune_mediated), disease)
    head = _in_order(telling + texts(study, DESCRIBING))
    if disease.malignant and not disease.immune_mediated:
        return _of_cancer(study, head, disease)
    every = head + texts(study, REST)
    found = find_mentions(every)
    if not found:
        return _out(study, without_car(head, disease.immune_mediated), disease)
    disease = diseases(every, _meshes(study), deep=True)
    design = read_design(study)
    scope = decide(_study_type(study), every, found, disease, design)
    if scope.scope == "out_of_scope":
        return _out(study, scope, disease)
    return _inside(study, every, found, disease, scope, design)


def profile_inside(study: Mapping[str, Any], scope: str, reason: str) -> StudyProfile:
    """The profile of a study whose scope is decided: in_scope or follow_up, though the rules leave it out."""
    every = _in_order(texts(study, SECTIONS))
    disease = diseases(every, _meshes(study), deep=True)
    return _inside(study, every, find_mentions(every), disease, Scope(scope, reason, ()), read_design(study))


def _in_order(read: list[Text]) -> list[Text]:
    """`read`, most telling section first."""
    return sorted(read, key=lambda text: _RANK[text.section])


def _of_cancer(study: Mapping[str, Any], head: Sequence[Text], disease: DiseaseResult) -> StudyProfile:
    """A trial whose titles and conditions name cancer and no immune-mediated disease."""
    named = any(map(car.mentions, head)) or find_mentions(head)
    return _out(study, cancer(disease) if named else without_car(head, immune_mediated=False), disease)


def may_name_car(study: Mapping[str, Any], telling: Sequence[Text], disease: DiseaseResult) -> bool:
    """A cheap look that errs only by saying yes: most studies leave here."""
    together = "\n".join([text.folded for text in telling])
    if car.may_name(together):
        return True
    if any(map(together.__contains__, AIMED)) and any(_redirected(text) for text in telling):
        return True
    if catalogue.may_name(together) and catalogue.mentions(telling):
        return True
    described = prose(study)
    if car.may_name(described):
        return True
    if not disease.immune_mediated:
        return False
    return (car.may_name(criteria_and_outcomes(study))
            or (catalogue.may_name(described) and bool(catalogue.mentions(texts(study, PROSE)))))  # fmt: skip


def find_mentions(read: Sequence[Text]) -> Mentions:
    """Everything in `read` that names CAR cells or a known product."""
    cars: list[car.CarMention] = []
    redirected: list[Target] = []
    named: list[ProductMention] = []
    for text in read:
        here = _mentions_in(text)
        cars += here.cars
        named += here.products
        redirected += here.redirected
    return Mentions(tuple(cars), tuple(named), tuple(redirected))


@cached_rule
def _mentions_in(text: Text) -> Mentions:
    cars = car.mentions(text)
    named = catalogue.in_text(text) if text.section in NAMED_IN else ()
    return Mentions(cars, named, () if cars else _redirected(text))


def _redirected(text: Text) -> tuple[Target, ...]:
    if text.section not in REDIRECTED_IN or not any(word in text.folded for word in AIMED):
        return ()
    return tuple(t for t in targets.attached(text) if t.rule_id == "target.redirected_cells")


# ---- out of scope ----


def _out(study: Mapping[str, Any], scope: Scope, disease: DiseaseResult) -> StudyProfile:
    reasons = evidence([*scope.findings, *disease.findings])
    rows: Rows = {"trial_diseases": disease.rows, "car_t_evidence": reasons}
    sponsored, _ = sponsor(study)
    return StudyProfile(scope.scope, scope.reason, _trial(scope, disease, sponsored), rows)


def _trial(scope: Scope, disease: DiseaseResult, sponsored: Mapping[str, Any]) -> dict[str, Any]:
    return {"scope": scope.scope, "scope_reason": scope.reason, "diseases": disease.diseases,
            "is_basket": disease.is_basket, **sponsored}  # fmt: skip


# ---- in scope ----


def _inside(
    study: Mapping[str, Any], every: Sequence[Text], found: Mentions, disease: DiseaseResult, scope: Scope,
    design: Design,
) -> StudyProfile:  # fmt: skip
    given, reasons = trial_products(Record(every, found, design))
    design = replace(design, products=tuple(given))
    sponsored, sponsor_reasons = sponsor(study)
    profile = {**_of_products(given, reasons), "also_enrols": disease.also_enrols}
    prepared = lymphodepletion(design, every)
    profile |= _of_design(design, every, prepared, reasons)
    profile |= _followed(every, scope.scope == "follow_up", reasons)
    dosed, dose_reasons = doses(design, every)
    related, relation_reasons = relations(study, every)
    measured, endpoint_reasons = endpoints(study, every, disease.diseases)
    profile["primary_endpoint_domains"] = _primary_domains(measured, reasons)
    asked, criteria_reasons = criteria(study)
    doses_before, conditioning_reasons = conditioning(design, every, *prepared)
    rows: Rows = {
        "trial_diseases": disease.rows,
        "trial_relations": related,
        "trial_arm_interventions": roles(design),
        "car_t_products": [_product_row(product, design) for product in given],
        "trial_doses": dosed,
        "trial_endpoints": measured,
        "trial_criteria": asked,
        "trial_conditioning": doses_before,
        "car_t_profiles": [{**profile, "rule_version": rule_version()}],
        "car_t_evidence": evidence([
            *scope.findings, *disease.findings, *disease.also_enrols_findings, *sponsor_reasons, *reasons,
            *dose_reasons, *relation_reasons, *endpoint_reasons, *criteria_reasons,
            *conditioning_reasons,
        ]),
    }  # fmt: skip
    return StudyProfile(scope.scope, scope.reason, _trial(scope, disease, sponsored), rows)


def _of_design(
    design: Design, every: Sequence[Text], prepared: tuple[list[str] | None, list[Finding]], reasons: list[Finding]
) -> dict[str, Any]:
    """The columns of car_t_profiles that say how the cells are given and watched."""
    told: dict[str, Any] = {}
    for column, (value, why) in (
        ("lymphodepletion", prepared),
        ("prophylaxis", prophylaxis(every)),
        ("safety_outcomes", safety_outcomes(every)),
    ):
        told[column] = value
        reasons += why
    for values, why in (
        comparators(design, every), immunosuppression(design, every), infusions(design, every), hospital_stay(every),
    ):  # fmt: skip
        told |= values
        reasons += why
    return told


def _followed(every: Sequence[Text], is_follow_up: bool, reasons: list[Finding]) -> dict[str, Any]:
    """The columns of car_t_profiles that say for how long participants are followed."""
    months, why = follow_up(every)
    long_term, long_term_why = long_term_follow_up(every, months, why, is_follow_up)
    reasons += [*why, *long_term_why]
    return {"follow_up_months": months, **long_term}


def _primary_domains(measured: Sequence[Mapping[str, Any]], reasons: list[Finding]) -> list[str] | None:
    """What the primary endpoints are about; None where none names anything known."""
    domains = {row["domain"] for row in measured if row["outcome_type"] == "primary" and row["role"] == "measured"}
    told = sorted(domains - {None})
    reasons += [
        structure("primary_endpoint_domains", one, "primary_endpoints.domain", "trial_endpoints") for one in told
    ]
    return told or None


def _of_products(given: Sequence[GivenProduct], reasons: list[Finding]) -> dict[str, Any]:
    """The columns of car_t_profiles that sum up the products."""
    return {
        "target_antigens": sorted({antigen for product in given for antigen in product.target_antigens}),
        "constructs": sorted({product.construct for product in given if product.construct}),
        "cell_type": _common("cell_type", [product.cell_type for product in given], reasons),
        "cell_source": _common("cell_source", [product.cell_source for product in given], reasons),
        "products": [product.product for product in given],
    }


def _common(attribute: str, values: list[str | None], reasons: list[Finding]) -> str | None:
    told = {value for value in values if value is not None}
    if len(told) > 1:
        reasons.append(structure(attribute, SEVERAL, f"{attribute}.several", "car_t_products"))
        return SEVERAL
    return told.pop() if told else None


def _product_row(product: GivenProduct, design: Design) -> dict[str, Any]:
    labels = [arm.label for arm in design.arms if arm.number in product.arm_nos and arm.label]
    return {
        "product_no": product.product_no, "product_key": product.product_key, "product": product.product,
        "product_codes": list(product.codes), "arm_labels": labels,
        "target_antigens": list(product.target_antigens), "construct": product.construct,
        "cell_type": product.cell_type, "cell_source": product.cell_source,
        "gene_delivery": product.gene_delivery, "costimulatory_domain": product.costimulatory_domain,
    }  # fmt: skip


# ---- reading ----


def _study_type(study: Mapping[str, Any]) -> str:
    protocol = study.get("protocolSection")
    module = protocol.get("designModule") if isinstance(protocol, dict) else None
    value = module.get("studyType") if isinstance(module, dict) else None
    return value if isinstance(value, str) else ""


def _meshes(study: Mapping[str, Any]) -> list[str]:
    derived = study.get("derivedSection")
    module = derived.get("conditionBrowseModule") if isinstance(derived, dict) else None
    meshes = module.get("meshes") if isinstance(module, dict) else None
    return [m["id"] for m in meshes if isinstance(m, dict) and isinstance(m.get("id"), str)] if isinstance(
        meshes, list) else []  # fmt: skip

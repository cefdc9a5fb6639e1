"""Made-up products, doses, profiles and evidence: what trials of a made-up warehouse give."""

from __future__ import annotations

import random
from typing import Any

ANTIGENS = [["CD19"], ["CD19"], ["CD19"], ["BCMA"], ["BCMA", "CD19"], ["CD19", "CD20", "CD22"], []]
CONSTRUCT = {0: None, 1: "single", 2: "dual", 3: "multi"}
PRODUCTS = [
    ("fab-101", "fabuleucel", ["fabuleucel"], ["FAB-101", "FB101"]),
    ("rio-19", "RIO-19", [], ["RIO-19", "RIO19"]),
    ("nix-7", "nixleucel", ["nixleucel"], ["NIX-7"]),
]


def given(made: dict[str, list[dict[str, Any]]], draw: random.Random, trial: dict[str, Any]) -> None:
    """Products, doses, profile and evidence, of trials in scope and follow-up studies."""
    if trial["scope"] == "out_of_scope":
        return
    nct_id = trial["nct_id"]
    products = []
    for place in range(1, 1 + draw.choice([0, 1, 1, 1, 2])):
        key, name, _, codes = draw.choice([*PRODUCTS, (None, "CD19 CAR-T cells", [], [])])
        antigens = draw.choice(ANTIGENS)
        products.append(
            {
                "nct_id": nct_id,
                "product_no": place,
                "product_key": key,
                "product": name,
                "product_codes": codes[:1],
                "target_antigens": antigens,
                "construct": draw.choice([CONSTRUCT[len(antigens)], CONSTRUCT[len(antigens)], None]),
                "cell_type": draw.choice(["CAR-T", "CAR-T", "CAR-NK", None]),
                "cell_source": draw.choice(["autologous", "allogeneic", "in vivo", None]),
                "gene_delivery": draw.choice(["lentiviral", None]),
            }
        )
    made["car_t_products"] += products
    for place in range(1, 1 + draw.choice([0, 0, 1, 3])):
        made["trial_doses"].append(
            {
                "nct_id": nct_id,
                "dose_no": place,
                "product_no": draw.choice([1, None]) if products else None,
                "dose": draw.choice([1e6, 5e7, None]),
                "unit": draw.choice(["cells/kg", "cells", None]),
                "dose_text": "1 x 10^6 cells/kg",
            }
        )
    made["car_t_profiles"].append(
        {
            "nct_id": nct_id,
            "target_antigens": sorted({a for p in products for a in p["target_antigens"]}),
            "constructs": sorted({p["construct"] for p in products if p["construct"]}),
            "cell_type": _common([p["cell_type"] for p in products]),
            "cell_source": _common([p["cell_source"] for p in products]),
            "products": [p["product"] for p in products],
            "lymphodepletion": draw.choice(
                [["fludarabine + cyclophosphamide"], ["cyclophosphamide", "none"], ["none"], None]
            ),
            "comparator": None,
            "comparators": draw.choice([["none"], ["placebo", "standard of care"], ["active"], None]),
            "concomitant_immunosuppression": draw.choice([["washout"], ["allowed", "washout"], None]),
            "safety_outcomes": draw.choice([["CRS", "ICANS"], ["CRS"], []]),
            "follow_up_months": draw.choice([0.0, 3.0, 12.0, 24.0, 180.0, None]),
            **_given_and_followed(random.Random(nct_id + "p")),
            "also_enrols": [],
            "rule_version": "1",
        }
    )
    _evidence(made, draw, nct_id, products)
    _tabulated(made, random.Random(nct_id), nct_id)


def _given_and_followed(draw: random.Random) -> dict[str, Any]:
    """How often cells are given, the stay in hospital, and long-term follow-up."""
    least, most = draw.choice([(1, 1), (1, 2), (2, 2), (None, None)])
    kind, days = draw.choice([("at least", 14.0), ("planned", 7.0), ("outpatient", None), (None, None)])
    where, months = draw.choice([("this protocol", 180.0), ("separate protocol", None), (None, None)])
    return {
        "n_infusions_min": least, "n_infusions_max": most, "is_split_dose": draw.choice([True, None, None]),
        "redosing": draw.choice(["possible", "excluded", None]), "hospital_stay_kind": kind,
        "hospital_stay_days": days, "ltfu_where": where, "ltfu_months": months,
    }  # fmt: skip


def _tabulated(made: dict[str, list[dict[str, Any]]], draw: random.Random, nct_id: str) -> None:
    """Endpoints, criteria and conditioning of a trial, now and then none."""
    for place in range(1, 1 + draw.choice([0, 1, 3])):
        concept, domain = draw.choice([("DORIS remission", "efficacy"), ("AE", "safety"), (None, None)])
        made["trial_endpoints"].append({
            "nct_id": nct_id, "endpoint_no": place, "outcome_no": 1, "concept": concept, "domain": domain,
            "outcome_type": draw.choice(["primary", "primary", "secondary"]), "role": "measured",
            "times_months": draw.choice([[6.0], [3.0, 12.0], None]), "visit_month": draw.choice([6, 12, None]),
        })  # fmt: skip
    kinds = [("disease_activity", "SLEDAI-2K"), ("failed_therapies", "drugs"), ("washout", "rituximab"),
             ("contraception", "contraception"), ("age", "age")]  # fmt: skip
    for place in range(1, 1 + draw.choice([0, 2, 5])):
        kind, subject = draw.choice(kinds)
        number = draw.choice([6.0, 8.0, None])
        made["trial_criteria"].append({
            "nct_id": nct_id, "criterion_no": place, "item_no": place, "side": "inclusion", "kind": kind,
            "subject": subject, "value": number, "eligible_min": number, "days": draw.choice([84.0, None]),
            "relative_to": draw.choice(["screening", None]), "is_conditional": draw.random() < 0.3,
        })  # fmt: skip
    for place, agent in enumerate(draw.choice([[], ["fludarabine", "cyclophosphamide"]]), 1):
        made["trial_conditioning"].append({
            "nct_id": nct_id, "conditioning_no": place, "regimen_no": 1, "agent": agent, "role": "lymphodepleting",
            "dose_min": 30.0, "dose_max": 30.0, "unit": draw.choice(["mg/m2/day", None]), "n_doses": 3,
            "requirement": draw.choice(["required", "optional"]),
        })  # fmt: skip


def _evidence(
    made: dict[str, list[dict[str, Any]]], draw: random.Random, nct_id: str, products: list[dict[str, Any]]
) -> None:
    """Evidence of each value; now and then of another one, or of the product list's own."""
    said: list[tuple[int | None, str, str, str]] = [(None, "scope", "in_scope", "structure")]
    for product in products:
        place = product["product_no"]
        said += [(place, "target_antigens", antigen, "text") for antigen in product["target_antigens"]]
        if product["target_antigens"] and draw.random() < 0.15:
            said += [
                (place, "target_antigens", antigen, "product")
                for antigen in draw.choice([["CD19"], product["target_antigens"]])
            ]
        if product["cell_source"]:
            said.append((place, "cell_source", product["cell_source"], "text"))
            if draw.random() < 0.1:
                said.append((place, "cell_source", "allogeneic", "product"))
            if draw.random() < 0.05:
                said.append((place, "cell_source", product["cell_source"], "override"))
    made["car_t_evidence"] += [
        {
            "nct_id": nct_id,
            "evidence_no": place,
            "product_no": product_no,
            "attribute": attribute,
            "value": value,
            "kind": kind,
            "rule_id": "made-up",
            "rule_version": "1",
        }
        for place, (product_no, attribute, value, kind) in enumerate(said, start=1)
    ]


def _common(values: list[str | None]) -> str | None:
    stated = {value for value in values if value}
    return None if not stated else stated.pop() if len(stated) == 1 else "several"

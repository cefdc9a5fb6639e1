"""Arms and interventions: who gets what, after which lymphodepletion, against what."""

# ruff: noqa: E501 (tables and sentences: a line each)

from __future__ import annotations

from typing import Any

from demo.diseases import DISEASES
from demo.draws import Draw
from demo.plan import Plan
from demo.products import PRODUCTS
from demo.wording import capital, noun

Drug = tuple[str, str]  # name, description

FLU: Drug = ("Fludarabine", "25 to 30 mg/m2 a day by vein on days -5, -4 and -3")
CY: Drug = ("Cyclophosphamide", "300 to 500 mg/m2 a day by vein on days -5, -4 and -3")
BENDA: Drug = ("Bendamustine", "70 mg/m2 a day by vein on days -4 and -3")

# what the arm says of lymphodepletion, and the drugs listed among the interventions
LYMPHODEPLETION: dict[str | None, tuple[tuple[str, ...], tuple[Drug, ...]]] = {
    "fc": (("After fludarabine and cyclophosphamide (Flu/Cy) for three days,",
            "Lymphodepletion by fludarabine plus cyclophosphamide comes first; then"), (FLU, CY)),
    "cy": (("After lymphodepletion with cyclophosphamide alone,",), (CY,)),
    "flu": (("After lymphodepletion with fludarabine alone,",), (FLU,)),
    "benda": (("After two days of bendamustine as lymphodepletion,",), (BENDA,)),
    "fc_or_benda": (("After lymphodepletion (fludarabine and cyclophosphamide, or bendamustine where kidneys are weak),",),
                    (FLU, CY, BENDA)),
    "unspecified": (("After standard lymphodepletion,", "Following lymphodepleting chemotherapy by local practice,"), ()),
    "none": (("Without any lymphodepleting chemotherapy,", "No lymphodepletion is used;"), ()),
    None: (("In this arm",), ()),
}  # fmt: skip

# dose: what the arm says; several entries are the levels of an escalation
DOSES: dict[str, tuple[str, ...]] = {
    "1e6/kg": ("a single infusion of 1 x 10^6 cells/kg",),
    "1e8": ("one flat dose of 1 × 10^8 viable cells",),
    "3e6/kg": ("0.5-3×10^6 cells/kg in one infusion",),
    "levels/kg": ("0.5 x 10^6 cells/kg", "1 x 10^6 cells/kg", "2 x 10^6 cells/kg"),
    "levels": ("2.5 x 10^7 cells", "5 x 10^7 cells", "1 x 10^8 cells"),
    "repeated": ("three infusions of 1 x 10^9 cells on days 0, 7 and 14",),
    "weekly": ("six infusions of 5 x 10^7 cells/kg, one a week",),
    "mg/kg": ("an injection of 0.1 mg/kg on days 1 and 4",),
    "vector": ("one injection of 1 x 10^11 vector genomes",),
    "silent": ("an infusion, at the level the board has chosen",),
}

STANDARD = "Standard of care chosen by the doctor: mycophenolate mofetil or azathioprine"
# key: arm type, label, description, drugs, allocation
CONTROLS: dict[str, tuple[str, str, str, tuple[Drug, ...]]] = {
    "soc": ("ACTIVE_COMPARATOR", "Standard of Care", STANDARD,
            (("Mycophenolate Mofetil", "Up to 3 g a day by mouth"), ("Azathioprine", "Up to 2 mg/kg a day by mouth"))),
    "crossover": ("ACTIVE_COMPARATOR", "Standard of Care", STANDARD + ". Participants of this arm may cross over to the "
                  "cell infusion at month 6 if their disease stays active",
                  (("Mycophenolate Mofetil", "Up to 3 g a day by mouth"), ("Azathioprine", "Up to 2 mg/kg a day by mouth"))),
    "rituximab": ("ACTIVE_COMPARATOR", "Rituximab", "Two infusions of rituximab two weeks apart",
                  (("Rituximab", "1000 mg by vein on days 1 and 15"),)),
    "placebo": ("PLACEBO_COMPARATOR", "Placebo", "An infusion without cells that looks the same",
                (("Placebo", "Cryopreservation medium without cells"),)),
    "no treatment": ("NO_INTERVENTION", "Observation", "Nothing is given; the same visits take place", ()),
}  # fmt: skip
COMPARATORS = ("none", "cohorts", "escalation", "dose", *CONTROLS)

PROPHYLAXIS: dict[str, Drug] = {
    "tocilizumab": ("Tocilizumab", "8 mg/kg once before the infusion, as prophylaxis of cytokine release syndrome"),
    "levetiracetam": ("Levetiracetam", "500 mg twice a day for a month as seizure prophylaxis"),
    "immunoglobulin": ("Immune globulin", "Given by vein as prophylaxis when IgG falls under 4 g/L"),
    "antimicrobial": ("Aciclovir and co-trimoxazole", "Anti-infective prophylaxis for six months"),
}
ALONGSIDE: Drug = ("Tacrolimus", "Given on purpose together with the cells from day -3 to month 3")


def default_dose(plan: Plan, draw: Draw) -> str:
    product = PRODUCTS[plan.products[0]]
    if plan.comparator in ("escalation", "dose"):
        return draw.one(("levels/kg", "levels"))
    by_kind = {"mRNA": "weekly", "mRNA-LNP": "mg/kg", "lentiviral in vivo": "vector"}
    if product.delivery in by_kind:
        return by_kind[product.delivery]
    if product.cell_type in ("CAR-NK", "CAR-iNKT"):
        return "repeated"
    return draw.one(("1e6/kg", "1e8", "3e6/kg", "silent"))


def arm(label: str, kind: str, description: str, interventions: list[dict[str, Any]]) -> dict[str, Any]:
    given: dict[str, Any] = {"label": label, "type": kind, "description": description}
    if interventions:
        given["interventionNames"] = [f"{i['type'].capitalize()}: {i['name']}" for i in interventions]
    return given


def products_given(plan: Plan, draw: Draw) -> list[dict[str, Any]]:
    given = []
    for key in plan.products:
        product = PRODUCTS[key]
        kind = "GENETIC" if product.source == "in vivo" or draw.chance(0.08) else "BIOLOGICAL"
        item: dict[str, Any] = {"type": kind, "name": product.name}
        if not product.open_facts:
            item["description"] = capital(f"{noun(product, draw)}, given by vein.")
        if product.other_names:
            item["otherNames"] = list(product.other_names)
        given.append(item)
    return given


def drugs(of: tuple[Drug, ...]) -> list[dict[str, Any]]:
    return [{"type": "DRUG", "name": name, "description": description} for name, description in of]


def experimental_arms(
    plan: Plan, first: str, levels: tuple[str, ...], cells: list[dict[str, Any]], others: list[dict[str, Any]],
) -> list[dict[str, Any]]:  # fmt: skip
    """The arms in which cells are given: by level, by disease, by product, or one."""
    names = [item["name"] for item in cells]
    if plan.comparator in ("escalation", "dose"):
        return [
            arm(
                f"{names[0]} level {n}",
                "EXPERIMENTAL",
                f"{first} {names[0]} is given once, at {level}.",
                cells + others,
            )
            for n, level in enumerate(levels, 1)
        ]
    if plan.comparator == "cohorts":
        return [
            arm(f"Cohort {letter}: {DISEASES[key].short}", "EXPERIMENTAL",
                f"{first} {names[0]} is given for {DISEASES[key].name}: {levels[0]}.", cells + others)
            for letter, key in zip("ABCDEFGH", plan.diseases, strict=False)
        ]  # fmt: skip
    if len(cells) > 1 and not plan.together:
        return [
            arm(f"{item['name']} arm", "EXPERIMENTAL", f"{first} {item['name']} is given: {levels[0]}.",
                [item, *others])
            for item in cells
        ]  # fmt: skip
    given = " and, on the same day, ".join(names)
    return [arm(given if len(names) == 1 else " + ".join(names), "EXPERIMENTAL",
                f"{first} {given} is given: {levels[0]}.", cells + others)]  # fmt: skip


def arms_module(plan: Plan, draw: Draw) -> dict[str, Any]:
    """`armsInterventionsModule`"""
    cells = products_given(plan, draw)
    if plan.study_type == "EXPANDED_ACCESS":
        return {"interventions": cells}
    sentences, depleting = LYMPHODEPLETION[plan.lymphodepletion]
    ancillary = tuple(PROPHYLAXIS[key] for key in plan.prophylaxis)
    if "combined" in plan.immunosuppression:
        ancillary += (ALONGSIDE,)
    others = drugs(depleting + ancillary)
    levels = DOSES[plan.dose or default_dose(plan, draw)]
    arms = experimental_arms(plan, draw.one(sentences), levels, cells, others)
    compared: list[dict[str, Any]] = []
    if plan.comparator in CONTROLS:
        kind, label, description, control = CONTROLS[plan.comparator]
        compared = drugs(control)
        arms.append(arm(label, kind, description + ".", compared))
    interventions = cells + others + [item for item in compared if item["name"] not in {o["name"] for o in others}]
    for item in interventions:
        named = f"{item['type'].capitalize()}: {item['name']}"
        item["armGroupLabels"] = [a["label"] for a in arms if named in a.get("interventionNames", [])]
    return {"armGroups": arms, "interventions": interventions}


def design_info(plan: Plan, arms: list[dict[str, Any]], draw: Draw) -> dict[str, Any]:
    """`designModule.designInfo` that fits the arms."""
    randomised = plan.comparator in ("dose", *CONTROLS)
    if randomised:
        allocation, model = "RANDOMIZED", "PARALLEL"
    elif plan.comparator == "escalation":
        allocation, model = "NON_RANDOMIZED", "SEQUENTIAL"
    elif len(arms) > 1:
        allocation, model = "NON_RANDOMIZED", "PARALLEL"
    else:
        allocation, model = "NA", "SINGLE_GROUP"
    info: dict[str, Any] = {"allocation": allocation, "interventionModel": model}
    if plan.comparator == "escalation":
        info["interventionModelDescription"] = "Levels are opened one after another by a 3+3 rule"
    info["primaryPurpose"] = "TREATMENT"
    if plan.comparator == "placebo":
        info["maskingInfo"] = {"masking": "DOUBLE", "whoMasked": ["PARTICIPANT", "OUTCOMES_ASSESSOR"]}
    else:
        info["maskingInfo"] = {"masking": "NONE"}
        if draw.chance(0.1):
            info["maskingInfo"]["maskingDescription"] = "Open label"
    return info

"""Eligibility text: inclusion, exclusion, what is stopped and what may go on."""

from __future__ import annotations

from demo.diseases import DISEASES
from demo.draws import Draw
from demo.plan import Plan
from demo.products import PRODUCTS

AGES = {
    "adults": ("18 Years", "70 Years", ["ADULT", "OLDER_ADULT"], "Aged 18 to 70 years"),
    "children": ("5 Years", "17 Years", ["CHILD"], "Aged 5 to 17 years"),
    "all": ("6 Months", None, ["CHILD", "ADULT", "OLDER_ADULT"], "Aged six months or older"),
}

WASHOUT = (
    "Immune-suppressing drugs are stopped {weeks} weeks or more before apheresis (washout)",
    "Mycophenolate, azathioprine and calcineurin inhibitors are discontinued {weeks} weeks before infusion",
)
ALLOWED = (
    "A stable steroid dose of no more than {mg} mg prednisone a day (or equivalent) may go on",
    "Prednisone up to {mg} mg/day is permitted throughout",
)
ALLOWED_SILENT = "Background hydroxychloroquine and low-dose steroids may go on"
COMBINED = "Agrees to take tacrolimus together with the cells, as the protocol wants it"

INCLUSION = (
    "Kidney, liver, heart and lung function good enough for the treatment, as judged at screening",
    "Neutrophils above 1 x 10^9/L and haemoglobin above 80 g/L in the week before enrolment",
    "Signed consent, and willing to come to all visits",
    "Reliable contraception for a year after the infusion",
    "Veins that allow blood sampling or a central line",
)
EXCLUSION = (
    "Cancer in the last five years, apart from cured skin or cervical tumours",
    "Infection that needs treatment by vein, or positive tests for HIV, hepatitis B or hepatitis C",
    "Any earlier gene-modified cell therapy, CAR-T included",
    "Pregnant, breast-feeding or planning a child",
    "Seizure, stroke or other serious brain disorder within six months",
    "Live vaccine within six weeks before screening",
    "Allergy to a component of the product or to the chemotherapy",
    "Stem cell or organ transplant in the past",
    "Drug-induced lupus, or lupus anticoagulant with a clot within three months",
    "Takes part in another trial with an investigational drug",
)


def written(inclusion: list[str], exclusion: list[str], style: str, draw: Draw) -> str:
    """The criteria as one text, with headings and bullets in one of the registry's manners."""
    if style == "chinese" and draw.chance(0.5):
        lines = ["Inclusion Criteria："]
        lines += [f"{n}、{line}；" for n, line in enumerate(inclusion, 1)]
        lines += ["", "Exclusion Criteria："]
        lines += [f"{n}、{line}；" for n, line in enumerate(exclusion, 1)]
        return "\n".join(lines)
    if draw.chance(0.4):
        listed = [[f"{n}. {line}." for n, line in enumerate(part, 1)] for part in (inclusion, exclusion)]
    else:
        listed = [[f"* {line}" for line in part] for part in (inclusion, exclusion)]
    heading = draw.one(
        (
            ("Inclusion Criteria:", "Exclusion Criteria:"),
            ("Key Inclusion Criteria:", "Key Exclusion Criteria:"),
            ("INCLUSION CRITERIA", "EXCLUSION CRITERIA"),
        )
    )
    return "\n\n".join((heading[0], "\n".join(listed[0]), heading[1], "\n".join(listed[1])))


def criteria(plan: Plan, draw: Draw) -> str:
    low = draw.number(2, 8)
    inclusion = [AGES[plan.ages][3]]
    for key in plan.diseases:
        inclusion.append(DISEASES[key].inclusion.format(low=low))
    inclusion += draw.some(INCLUSION, draw.number(2, 4))
    if "washout" in plan.immunosuppression:
        pattern = WASHOUT[1] if not own_cells(plan) else draw.one(WASHOUT)
        inclusion.append(pattern.format(weeks=draw.number(2, 4)))
    if "allowed" in plan.immunosuppression:
        inclusion.append(draw.one(ALLOWED).format(mg=plan.prednisone) if plan.prednisone else ALLOWED_SILENT)
    if "combined" in plan.immunosuppression:
        inclusion.append(COMBINED)
    exclusion = draw.some(EXCLUSION, draw.number(4, 7))
    if "SLE" not in plan.diseases and "LN" not in plan.diseases:
        exclusion = [line for line in exclusion if "lupus" not in line]
    return written(inclusion, exclusion, plan.style, draw)


def own_cells(plan: Plan) -> bool:
    """Whether the record may speak of apheresis: only where it says that cells are the participant's own."""
    return all(PRODUCTS[key].source == "autologous" and not PRODUCTS[key].open_facts for key in plan.products)

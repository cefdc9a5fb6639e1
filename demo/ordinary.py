"""The trials between the notable ones: drawn by weights that follow the field, from a seed."""

from __future__ import annotations

from demo.draws import Draw
from demo.places import CHINA, EUROPE, EVERYWHERE, UNITED_STATES, several_sites
from demo.plan import Plan
from demo.products import PRODUCTS

COUNT = 62

YEARS = {"2020": 2.0, "2021": 4.0, "2022": 8.0, "2023": 16.0, "2024": 25.0, "2025": 28.0, "2026": 17.0}
DISEASES = {
    ("SLE",): 14.0,
    ("SLE", "LN"): 4.0,
    ("LN",): 3.0,
    ("basket",): 5.0,
    ("SLE", "SSc", "IIM", "AAV"): 4.0,
    ("IIM",): 6.0,
    ("SSc",): 5.0,
    ("MG",): 7.0,
    ("MS",): 5.0,
    ("NMOSD",): 3.0,
    ("RA",): 4.0,
    ("AAV",): 3.0,
    ("ITP",): 2.0,
    ("AIHA",): 3.0,
    ("PV",): 1.0,
    ("IgG4",): 1.0,
    ("SjD",): 2.0,
    ("CIDP",): 2.0,
    ("AIE",): 1.0,
    ("MN",): 2.0,
    ("SLE", "APS"): 1.0,
    ("T1D",): 1.0,
}
COMPANY_PRODUCTS = {
    "FBL-119": 5.0,
    "FBL-120": 1.0,
    "QFB-1920": 3.0,
    "TGW-219": 4.0,
    "MMB-7": 3.0,
    "PPM-U19": 3.0,
    "PPM-U219": 1.0,
    "PLC-9": 3.0,
    "LFT-219": 2.0,
    "LFN-19": 1.0,
    "SGV-301": 2.0,
    "COB-G20": 1.0,
    "UMB-7": 1.0,
    "GGX-70": 0.5,
}
HOSPITAL_PRODUCTS = {
    "CD19": 7.0,
    "CD19a": 6.0,
    "CART19": 1.0,
    "BCMA": 4.0,
    "CD19BCMA": 6.0,
    "cCAR": 1.0,
    "tan1920": 1.0,
    "UCART": 3.0,
    "CART": 1.0,
    "CD19NK": 2.0,
}
MAKERS = {
    "FBL": "fabulon",
    "QFB": "quillfeather",
    "TGW": "tanglethorn",
    "MMB": "marmalade",
    "PPM": "papermoon",
    "PLC": "paperlantern",
    "LFT": "lanternfish",
    "LFN": "lanternfish",
    "SGV": "snowglobe",
    "COB": "clockwork",
    "UMB": "umbrellabird",
    "GGX": "gingerbread",
}
CHINESE_HOSPITALS = ("beijing", "shanghai", "wuhan", "hangzhou", "hefei")
OTHER_HOSPITALS = (
    "erlangen",
    "paris",
    "milan",
    "boston",
    "texas",
    "seoul",
    "institute",
    "ministry",
    "network",
)
WHY = ("Slow recruitment", "Business decision, not for safety", "The investigator moved to another hospital")
SAFETY = ("CRS", "ICANS", "cytopenia", "infection", "hypogammaglobulinaemia", "second malignancy")


def status_of(posted: str, draw: Draw) -> str:
    if posted >= "2026-05":
        return draw.by_weight({"NOT_YET_RECRUITING": 3.0, "RECRUITING": 5.0})
    if posted >= "2024-06":
        return draw.by_weight(
            {
                "RECRUITING": 14.0,
                "NOT_YET_RECRUITING": 2.0,
                "ACTIVE_NOT_RECRUITING": 2.0,
                "TERMINATED": 0.7,
                "WITHDRAWN": 0.7,
                "ENROLLING_BY_INVITATION": 0.7,
            }
        )
    weights = {
        "RECRUITING": 5.0,
        "COMPLETED": 3.0,
        "ACTIVE_NOT_RECRUITING": 3.0,
        "TERMINATED": 1.5,
        "WITHDRAWN": 0.5,
    }
    if posted < "2023":  # the registry says UNKNOWN two years after the last update
        weights["UNKNOWN"] = 5.0
    return draw.by_weight(weights)


def posting(draw: Draw) -> str:
    year = draw.by_weight(YEARS)
    return draw.day(f"{year}-01-06", "2026-08-25" if year == "2026" else f"{year}-12-28")


def maker(draw: Draw) -> tuple[str, str, str, tuple[str, ...]]:
    """(style, product, sponsor, sites)"""
    style = draw.by_weight({"company": 4.5, "chinese": 4.0, "hospital": 1.5})
    if style == "company":
        product = draw.by_weight(COMPANY_PRODUCTS)
        sponsor = MAKERS[product.split("-")[0]]
        if sponsor in ("papermoon", "paperlantern"):
            sites = several_sites(CHINA, draw.number(1, 6), draw)
            return "chinese", product, draw.one((sponsor, *CHINESE_HOSPITALS[:2])), sites
        from_where = draw.one((UNITED_STATES, (*UNITED_STATES, *EUROPE), EVERYWHERE))
        return style, product, sponsor, several_sites(from_where, draw.number(1, 24), draw)
    product = draw.by_weight(HOSPITAL_PRODUCTS)
    if style == "chinese":
        return (
            style,
            product,
            draw.one(CHINESE_HOSPITALS),
            several_sites(CHINA, draw.by_weight({1: 8, 2: 2, 3: 1}), draw),
        )
    return style, product, draw.one(OTHER_HOSPITALS), several_sites(EVERYWHERE, draw.number(1, 3), draw)


def phases_of(style: str, draw: Draw) -> tuple[str, ...]:
    if style == "chinese":
        return draw.by_weight({("EARLY_PHASE1",): 6.0, ("NA",): 2.0, ("PHASE1",): 5.0, ("PHASE1", "PHASE2"): 2.0})
    return draw.by_weight({("PHASE1",): 8.0, ("PHASE1", "PHASE2"): 6.0, ("PHASE2",): 2.0})


def lymphodepletion_of(product: str, draw: Draw) -> str | None:
    if PRODUCTS[product].source == "in vivo":
        return draw.one((None, "none"))
    return draw.by_weight(
        {"fc": 12.0, "cy": 1.5, "benda": 0.5, "unspecified": 2.0, None: 3.0, "fc_or_benda": 0.5, "none": 0.7}
    )


def plan(number: int) -> Plan:
    nct_id = f"NCT904{number:05d}"
    draw = Draw("ordinary", nct_id)
    style, product, sponsor, sites = maker(draw)
    diseases = draw.by_weight(DISEASES)
    posted = posting(draw)
    status = status_of(posted, draw)
    allowed = draw.chance(0.35)
    several = len(diseases) > 1 and draw.chance(0.5)
    stopped = status in ("TERMINATED", "WITHDRAWN")
    return Plan(
        nct_id,
        diseases,
        (product,),
        sponsor,
        posted,
        collaborators=(draw.one(("papermoon", "paperlantern")),) if style == "chinese" and draw.chance(0.4) else (),
        status=status,
        last_known="RECRUITING" if status == "UNKNOWN" else None,
        why_stopped=draw.one(WHY) if stopped else None,
        phases=phases_of(style, draw),
        months=draw.number(18, 72),
        enrollment=0 if status == "WITHDRAWN" else draw.number(6, 60 if style == "company" else 30),
        sites=() if status == "WITHDRAWN" else sites,
        style=style,
        lymphodepletion=lymphodepletion_of(product, draw),
        comparator="cohorts" if several else draw.by_weight({"none": 12.0, "escalation": 3.0, "dose": 0.4, "soc": 0.5}),
        immunosuppression=(("washout",) if draw.chance(0.6) else ()) + (("allowed",) if allowed else ()),
        prednisone=draw.one((5, 10, 15, 20)) if allowed and draw.chance(0.8) else None,
        prophylaxis=(draw.one(("tocilizumab", "levetiracetam", "antimicrobial", "immunoglobulin")),)
        if draw.chance(0.12)
        else (),
        safety=tuple(draw.some(SAFETY[:2], 2 if draw.chance(0.7) else 1))
        + tuple(draw.some(SAFETY[2:], draw.number(0, 2))),
        follow_up=draw.by_weight({12: 6.0, 18: 1.0, 24: 8.0, 36: 2.0, 60: 1.0, 180: 1.5}),
        ages=draw.by_weight({"adults": 12.0, "children": 1.0, "all": 0.7}),
    )


def ordinary() -> tuple[Plan, ...]:
    return tuple(plan(number) for number in range(1, COUNT + 1))

"""demo/README.md and demo/truth.csv, from the same plans as the recordings."""

from __future__ import annotations

import csv
import io

from demo.edits import ABSENT, EDITS, NIGHTS, RENAMED
from demo.lookalikes import WRITTEN_OUT
from demo.nights import nights, plans
from demo.notable import NOTABLE, ODD
from demo.papers import LATER, papers
from demo.papers import NOTABLE as NOTABLE_PAPERS
from demo.plan import Plan
from demo.products import PRODUCTS

COLUMNS = (
    "nct_id",
    "scope",
    "diseases",
    "target_antigens",
    "constructs",
    "cell_type",
    "cell_source",
    "product_facts",
    "lymphodepletion",
    "comparator",
    "control_crossover",
    "concomitant_immunosuppression",
    "max_prednisone_mg_per_day",
    "prophylaxis",
    "safety_outcomes",
    "follow_up_months",
)
REGIMENS = {
    "fc": "fludarabine + cyclophosphamide",
    "cy": "cyclophosphamide",
    "flu": "fludarabine",
    "benda": "bendamustine",
    "fc_or_benda": "bendamustine|fludarabine + cyclophosphamide",
    "unspecified": "unspecified",
    "none": "none",
    None: "",
}
# What the record names may be narrower, dermatomyositis for instance.
CANONICAL = {
    "SLE": "SLE",
    "LN": "SLE|lupus nephritis",
    "IIM": "idiopathic inflammatory myopathy",
    "SSc": "systemic sclerosis",
    "MG": "myasthenia gravis",
    "MS": "multiple sclerosis",
    "NMOSD": "NMOSD",
    "RA": "rheumatoid arthritis",
    "AAV": "ANCA-associated vasculitis",
    "ITP": "ITP",
    "AIHA": "autoimmune haemolytic anaemia",
    "PV": "pemphigus vulgaris",
    "T1D": "type 1 diabetes",
    "IgG4": "IgG4-related disease",
    "SjD": "Sjögren's disease",
    "APS": "antiphospholipid syndrome",
    "CIDP": "CIDP",
    "AIE": "autoimmune encephalitis",
    "MN": "membranous nephropathy",
    "basket": "autoimmune disease",
    "cGVHD": "chronic graft-versus-host disease",
}
COMPARED = {
    "none": "none",
    "cohorts": "none",
    "escalation": "none",
    "dose": "dose or regimen",
    "soc": "standard of care",
    "crossover": "standard of care",
    "rituximab": "active",
    "placebo": "placebo",
    "no treatment": "no treatment",
}


def truth() -> str:
    """What each record was written to say on its first night. `|` between values of a list."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, lineterminator="\n", restval="")
    table.writeheader()
    table.writerows(
        sorted(
            [*map(said, plans()), *({"nct_id": p.nct_id, "scope": p.scope} for p in WRITTEN_OUT)],
            key=lambda row: row["nct_id"],
        )
    )
    return out.getvalue()


# The one line of the record that names two drugs, and what they are given against.
SAYS = {"antimicrobial": ("antimicrobial", "antiviral", "Pneumocystis prophylaxis")}


def canonical(plan: Plan) -> list[str]:
    names = "|".join(CANONICAL[key] for key in plan.diseases if key in CANONICAL)
    return list(dict.fromkeys(names.split("|")))


def said(plan: Plan) -> dict[str, str]:
    products = [PRODUCTS[key] for key in plan.products]
    # Where one product says nothing, the record's sentence on leukapheresis speaks for all.
    sources = {product.source for product in products if product.source}
    with_arms = plan.study_type != "EXPANDED_ACCESS"
    row = {
        "nct_id": plan.nct_id,
        "scope": "in_scope",
        "diseases": "|".join(canonical(plan)),
        "target_antigens": "|".join(sorted({target for product in products for target in product.targets})),
        "constructs": "combination"
        if plan.together
        else "|".join(sorted({p.construct for p in products if p.targets})),
        "cell_type": "|".join(sorted({product.cell_type for product in products})),
        "cell_source": sources.pop() if len(sources) == 1 else "",
        "product_facts": "product list" if any(product.open_facts for product in products) else "text",
        "concomitant_immunosuppression": "|".join(sorted(plan.immunosuppression)),
        "max_prednisone_mg_per_day": f"{plan.prednisone or ''}",
    }
    if with_arms:
        row |= {
            "lymphodepletion": REGIMENS[plan.lymphodepletion],
            "comparator": COMPARED[plan.comparator],
            "control_crossover": "true" if plan.comparator == "crossover" else "",
            "prophylaxis": "|".join(sorted({name for key in plan.prophylaxis for name in SAYS.get(key, (key,))})),
            "safety_outcomes": "|".join(sorted(plan.safety)),
            "follow_up_months": f"{plan.follow_up}",
        }
    return row


INTRODUCTION = """\
# Demo recordings

**Everything here is made up**: trials, sponsors, hospitals, people, products, papers and results. No
text comes from a registry or a paper. NCT numbers begin with NCT9 and PMIDs with 9, far outside the
ranges in use; each record's own study number begins with DEMO-. Cities, drug names, MeSH terms and
antigens are real words. Five real product codes (KYV-101, CABA-201, GC012F, FT819, YTB323) stand in
made-up trials, so that the product list has to answer what the record leaves open; nothing here tells
anything about those products.

`recordings/` holds three nights in the form that `cartrials nightly --source recorded:demo/recordings`
reads: `ctgov.jsonl.gz`, one API v2 study object a line, and `pubmed.xml.gz`, as EFetch serves it. Nearly
every record is the same on all three nights but for `versionHolder`, which moves each night.

- `python -m demo.write_recordings` writes the recordings, this file and `truth.csv` again, to the same
  bytes.
- `truth.csv`: what each record was written to say on its first night, `|` between several values.
  `product_facts` is `product list` where target and source are not in the record. `diseases` are the
  groups meant; a record may name a narrower one.
- `watchlist.toml`: topics, and sentinels among the made-up records.

This file is written by `demo/listing.py`.
"""


def rows(pairs: list[tuple[str, str]]) -> list[str]:
    return [f"| {left} | {right} |" for left, right in pairs]


def readme() -> str:
    recorded = nights()
    lines = [INTRODUCTION, "| night | studies | papers |", "|---|---|---|"]
    lines += [f"| {day} | {len(recorded[n])} | {len(papers(n + 1))} |" for n, day in enumerate(NIGHTS)]
    lines += ["", "## Trials to look at", "", "| trial | shows |", "|---|---|"]
    lines += rows(sorted((plan.nct_id, plan.shows) for plan in NOTABLE if plan not in ODD))
    lines += [
        "",
        "Trials NCT904… are the ordinary ones between them.",
        "",
        "## Follow-up studies and look-alikes",
        "",
        "| trial | is |",
        "|---|---|",
    ]
    lines += rows(sorted((plan.nct_id, plan.shows) for plan in WRITTEN_OUT))
    lines += ["", "## Values the registry should not have", "", "| trial | has |", "|---|---|"]
    lines += rows([(plan.nct_id, plan.shows) for plan in ODD])
    for night in (2, 3):
        lines += [
            "",
            f"## What changes on night {night} ({NIGHTS[night - 1]})",
            "",
            "| trial | change |",
            "|---|---|",
        ]
        lines += rows([(edit.nct_id, edit.what) for edit in EDITS if edit.night == night])
        lines += rows(departures(night))
        if night == 2:
            lines += rows([("all of one sponsor", f"{RENAMED[0]} becomes {RENAMED[1]}, without new update dates")])
        new = [plan.nct_id for plan in NOTABLE if plan.posted_night == night]
        new += [plan.nct_id for plan in WRITTEN_OUT if night == 2 and plan.posted == NIGHTS[0]]
        lines += rows([(", ".join(sorted(new)), "new")])
    lines += ["", "## Papers to look at", "", "| PMID | shows |", "|---|---|"]
    lines += rows([(paper.pmid, paper.shows) for paper in (*NOTABLE_PAPERS, *LATER)])
    return "\n".join(lines) + "\n"


def departures(night: int) -> list[tuple[str, str]]:
    told = []
    for nct_id, absent in ABSENT.items():
        if night in absent:
            told.append((nct_id, "leaves the search"))
        elif night - 1 in absent:
            told.append((nct_id, "is back"))
    return told

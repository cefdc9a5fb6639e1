"""Outcome measures with their time frames."""

from __future__ import annotations

from typing import Any

from demo.diseases import DISEASES
from demo.draws import Draw
from demo.plan import Plan
from demo.wording import length

# attribute of the profile: (measure, description)
SAFETY = {
    "CRS": ("Cytokine release syndrome (CRS)", "Number of participants with CRS, by ASTCT grade"),
    "ICANS": ("ICANS", "Immune effector cell-associated neurotoxicity syndrome of any grade"),
    "cytopenia": ("Cytopenia that lasts", "Neutrophils or platelets of grade 3 or 4 beyond day 28"),
    "infection": ("Serious infections", "Infections that lead to a hospital stay or treatment by vein"),
    "hypogammaglobulinaemia": ("Hypogammaglobulinemia", "IgG under 4 g/L at any visit"),
    "second malignancy": ("Second primary malignancies", "Any new cancer, T-cell cancers named apart"),
}
GENERAL = (
    ("Dose-limiting toxicity", "Toxicities listed in the protocol, as judged by the board"),
    ("Adverse events", "Share of participants with adverse events, by grade and relation"),
    ("Treatment-emergent adverse events", "All events after the infusion, CTCAE version 5.0"),
)
KINETICS = (
    ("Highest transgene level", "Cmax of transgene copies in blood"),
    ("Expansion of the cells", "Area under the curve of the cells in blood to day 28"),
    ("B cells in blood", "Days until they can no longer be counted, and until they return"),
    ("Autoantibody titre", "Titre of the disease's antibodies against the start"),
)


def outcome(pair: tuple[str, str], time_frame: str) -> dict[str, Any]:
    return {"measure": pair[0], "description": pair[1], "timeFrame": time_frame}


def outcomes_module(plan: Plan, draw: Draw) -> dict[str, Any]:
    """`outcomesModule`: safety first in early trials, benefit first in later ones."""
    benefit = [outcome(DISEASES[key].response, draw.one(("Month 6", "24 weeks", "Week 48"))) for key in plan.diseases]
    safety = [outcome(SAFETY[key], draw.one(("28 days", "Up to 3 months", "90 days"))) for key in plan.safety]
    general = outcome(draw.one(GENERAL), "28 days after infusion")
    last = ("Adverse events of special interest over time", "Late events, at every visit")
    long = outcome(last, f"Up to {length(plan.follow_up)} after infusion")
    late = bool(plan.phases and plan.phases[-1] in ("PHASE2", "PHASE3"))
    primary = benefit[:1] if late else [general, *safety[:1]]
    secondary = safety + benefit[1:] if late else safety[1:] + benefit
    secondary += [outcome(pair, "Up to 6 months") for pair in draw.some(KINETICS, 2)] + [long]
    module: dict[str, Any] = {"primaryOutcomes": primary, "secondaryOutcomes": secondary}
    if draw.chance(0.2):
        module["otherOutcomes"] = [outcome(("Quality of life", "SF-36, both component scores"), "Month 12")]
    return module

"""Facets by name, and what a user reads of them. No import here: `cartrials query --help` answers at once."""

from __future__ import annotations

HELP = {
    "disease": "Disease, such as SLE, lupus, MG; forms of it count too",
    "target": "Target antigen, such as CD19, of any of a trial's products",
    "country": "Country of a site, by ISO code or name, such as UK",
    "region": "Region of a site: UN M49 (Eastern Asia), EU, EEA",
    "place": "State, city or facility of a site, by its name or a part of it",
    "phase": "Phase, alone or combined: PHASE1, EARLY_PHASE1, NA",
    "status": "Recruitment status, in the registry's words, or open, ongoing, finished, stopped",
    "sponsor": "Lead sponsor, by any of its spellings or a part of its name",
    "sponsor_type": "Kind of lead sponsor",
    "cell_source": "Whose cells, of any of a trial's products; or several",
    "cell_type": "Kind of cell, of any of a trial's products; or several",
    "construct": "One target or several, of any of a trial's products",
    "gene_delivery": "How the gene gets in, of any of a trial's products",
    "product": "Product by name, code or key, of the product list or of the record",
    "lymphodepletion": "Preparation regimen as a whole: Flu/Cy; fludarabine is without cyclophosphamide",
    "comparator": "What it is compared with",
    "allocation": "How participants are assigned: randomised, not randomised, NA",
    "age_group": "Age group enrolled",
    "topic": "Topic of the watchlist, such as sle",
    "breadth": "basket (two or more diseases, or a group) or single disease",
}

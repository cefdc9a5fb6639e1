"""What people also call things: the vocabulary's terms by the facet that they name a value of.

    synonyms()["disease"]["systemic lupus erythematosus"] == ("SLE",)

Terms that are expressions (`~…`) and those that tell a source of cells only beside other words are for reading records;
nobody says them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from transforms.clinicaltrials.places import REGISTRY_COUNTRY_NAMES, SAID_COUNTRY_NAMES
from transforms.profile.reading.vocabulary import rows

# Facet -> vocabulary file with the columns term, label.
TERMS = {
    "disease": "disease_terms",
    "target": "antigens",
    "sponsor": "sponsors",
    "cell_source": "cell_source_terms",
    "gene_delivery": "gene_delivery_terms",
}
SEVERAL_GROUPS = "several"
ALSO_RENAL = ("lupus nephritis",)  # a form of SLE, which is rheumatic
GROUP_WORDS = {
    "renal": ("kidney", "kidney disease", "nephrology"), "neurological": ("neurology", "neuroimmunology"),
    "dermatological": ("skin", "skin disease", "dermatology"), "rheumatic": ("rheumatology", "rheumatological"),
    "haematological": ("blood", "haematology", "hematology", "hematological"), "endocrine": ("endocrinology",),
    "gastrointestinal": ("gut", "gastroenterology"), "ophthalmic": ("eye", "ophthalmology"),
}  # fmt: skip
GUARDED = ("cell_source_terms",)
COUNTRY = "country"

Synonyms = Mapping[str, Mapping[str, tuple[str, ...]]]

# What people say of closed lists, which no record is read by.
SAID: Synonyms = {
    "sponsor": {"BMS": ("Bristol Myers Squibb",)},
    "sponsor_type": dict.fromkeys(("company", "pharma", "biotech", "commercial"), ("industry",))
    | dict.fromkeys(("university", "hospital", "academia"), ("academic",)),
    "phase": {"0": ("EARLY_PHASE1",), "phase 0": ("EARLY_PHASE1",)}
    | {f"{said}{n}{sign}{n + 1}": (f"PHASE{n}/PHASE{n + 1}",) for n in (1, 2) for sign in ("/", "-")
       for said in ("", "phase ")}
    | {said + roman: (f"PHASE{n}",) for n, roman in enumerate(("I", "II", "III", "IV"), 1) for said in ("", "phase ")},
    "status": {
        "open": ("RECRUITING",),
        "finished": ("COMPLETED",),
        "stopped": ("SUSPENDED", "TERMINATED", "WITHDRAWN"),
        "ongoing": ("ACTIVE_NOT_RECRUITING", "ENROLLING_BY_INVITATION", "RECRUITING"),
    },
    "allocation": {"randomised": ("RANDOMIZED",)}
    | dict.fromkeys(("non-randomised", "not randomised"), ("NON_RANDOMIZED",)),
    "cell_source": dict.fromkeys(("patient", "patient's own", "own cells"), ("autologous",)),
    "cell_type": {"NK": ("CAR-NK",), "NK cells": ("CAR-NK",), "T cells": ("CAR-T",)},
    "construct": {"bispecific": ("dual",), "tandem": ("dual",), "trispecific": ("multi",)},
    "lymphodepletion": dict.fromkeys(("Flu/Cy", "Cy/Flu"), ("fludarabine + cyclophosphamide",)),
}  # fmt: skip


@cache
def synonyms() -> Synonyms:
    """Facet -> term as people write it -> the values that it names. Raises VocabularyError."""
    found = {facet: _of_file(name) for facet, name in TERMS.items()}
    found["disease"] |= {row["disease"]: (row["disease"],) for row in rows("diseases", ("disease",))}
    found["disease"] |= _groups()
    found["target"] |= {f"anti-{row['label']}": (row["label"],) for row in rows("antigens", ("label",))}
    found[COUNTRY] = {name: (code,) for name, code in (REGISTRY_COUNTRY_NAMES | SAID_COUNTRY_NAMES).items()}
    return {facet: {**found.get(facet, {}), **SAID.get(facet, {})} for facet in found.keys() | SAID.keys()}


def _groups() -> dict[str, tuple[str, ...]]:
    """Groups of diseases, and what people call them -> the diseases of each."""
    of: dict[str, list[str]] = {}
    for row in rows("diseases", ("disease", "disease_group")):
        of.setdefault(row["disease_group"], []).append(row["disease"])
    of["renal"] += ALSO_RENAL
    named = {group: tuple(sorted(set(of[group]))) for group in of if group != SEVERAL_GROUPS}
    return named | {said: named[group] for group, words in GROUP_WORDS.items() for said in words}


def _of_file(name: str) -> dict[str, tuple[str, ...]]:
    """The terms of a file that name a value; `(not a disease)` and the like name none."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows(name, ("term", "label", *(("guard",) if name in GUARDED else ()))):
        term, label = row["term"], row["label"]
        is_only_read = term.startswith("~") or (name in GUARDED and row["guard"])
        if not is_only_read and not label.startswith("("):
            found[term.rstrip("*")] = tuple(sorted({*found.get(term.rstrip("*"), ()), label}))
            found.setdefault(label, (label,))
    return found

"""Ways of writing a filter's word that its facet does not list: 1/2 in Roman figures, several in one, countries."""

from __future__ import annotations

import re
import shlex

from warehouse.querying.facets import Facet
from warehouse.querying.words import Known, Meaning, UnknownWord

_JOINT = re.compile(r"\s*(?:[+&,/×]|\band\b)\s*")
_ROMAN = re.compile(r"\bI\s*([/-])\s*II\b|\bII\s*([/-])\s*III\b", re.IGNORECASE)


def in_figures(facet: Facet, word: str) -> str:
    """ "Phase I/II" as 1/2: without its stroke it would be a phase III."""
    return _ROMAN.sub(lambda m: "1/2" if m[1] else "2/3", word) if facet.name == "phase" else word


def iso_country(facet: Facet, word: str) -> Meaning | None:
    """A country of the world that has no site here: a filter for it is right and finds nothing."""
    if facet.name != "country":
        return None
    import pycountry

    try:
        return Meaning(facet.name, word, (pycountry.countries.lookup(word).alpha_2,))
    except LookupError:
        return None


def told_apart(facet: Facet, knows: Known, word: str) -> str:
    """How to ask for several values that were written as one: CD19+BCMA."""
    try:
        values = [value for part in _JOINT.split(word) for value in knows.meaning(part.strip()).values]
    except UnknownWord:
        return ""
    each = " ".join(f"{facet.option} {shlex.quote(value)}" for value in values)
    both = ""
    if facet.in_papers:
        listed = ", ".join(f"'{value}'" for value in values)
        condition = f"list_has_all({facet.in_papers}, [{listed}])"
        both = f'; those of all: cartrials sql "SELECT nct_id, brief_title FROM car_t_trials WHERE {condition}"'
    return f" Written each by itself, {each} finds trials of any{both}."

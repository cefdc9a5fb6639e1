"""Countries and regions: ISO codes, and the regions of `warehouse.querying.regions`."""

from __future__ import annotations

import pycountry

from transforms.clinicaltrials.places import country_said
from warehouse.querying.regions import regions

__all__ = ["code_of_country", "country_name", "regions"]


def code_of_country(name: str) -> str | None:
    """The code of a country given as a code or by a name that people use; None when there is none."""
    if len(name) == 2 and any(name.upper() in codes for codes in regions().values()):
        return name.upper()
    return country_said(name)


def country_name(code: str) -> str:
    """A country as readers call it."""
    found = pycountry.countries.get(alpha_2=code)
    return str(getattr(found, "common_name", found.name)) if found else {"XK": "Kosovo"}.get(code, code)

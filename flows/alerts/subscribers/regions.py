"""Countries and regions: ISO codes, and the UN's M49 regions, EU and EEA from `regions.csv`."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pycountry

from transforms.clinicaltrials.places import country_code

TABLE = Path(__file__).with_name("regions.csv")


@cache
def regions() -> dict[str, frozenset[str]]:
    """Region -> ISO 3166-1 alpha-2 codes of its countries."""
    members: dict[str, set[str]] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for region in row["regions"].split("|"):
                members.setdefault(region, set()).add(row["country_code"])
    return {region: frozenset(codes) for region, codes in sorted(members.items())}


def region_named(name: str) -> str | None:
    """The region of that name, whatever its case; None when there is none."""
    folded = " ".join(name.split()).casefold()
    return next((region for region in regions() if region.casefold() == folded), None)


def code_of_country(name: str) -> str | None:
    """The code of a country given as a code or by name; None when there is none."""
    if len(name) == 2 and any(name.upper() in codes for codes in regions().values()):
        return name.upper()
    return country_code(name)


def country_name(code: str) -> str:
    """A country as readers call it."""
    found = pycountry.countries.get(alpha_2=code)
    return str(getattr(found, "common_name", found.name)) if found else {"XK": "Kosovo"}.get(code, code)

"""Regions of the world: the UN's M49 regions, EU and EEA, from `regions.csv`.

M49 lists Taiwan under China and does not know Kosovo; the file assigns both, and its column `why` says so.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("regions.csv")
UNIONS = ("EU", "EEA")  # of states, not of M49
ASSIGNED = "Taiwan, which M49 lists under China, counts in Eastern Asia; Kosovo, which it lacks, in Southern Europe"


@cache
def regions() -> dict[str, frozenset[str]]:
    """Region -> ISO 3166-1 alpha-2 codes of its countries."""
    members: dict[str, set[str]] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for region in row["regions"].split("|"):
                members.setdefault(region, set()).add(row["country_code"])
    return {region: frozenset(codes) for region, codes in sorted(members.items())}


@cache
def subregions() -> dict[str, str]:
    """Country code -> its finest region of M49, such as Eastern Asia."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [(row["country_code"], row["regions"].split("|")) for row in csv.DictReader(file)]
    return {code: [name for name in names if name not in UNIONS][-1] for code, names in rows}

"""Places: ISO codes of the registry's country names, and one key for a city however it is spelled."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import pycountry

# The registry's own names for countries that ISO 3166 calls otherwise (read from real records).
# Former states have no code of their own: their sites count under no country rather than a guessed one.
REGISTRY_COUNTRY_NAMES = {
    "turkey (türkiye)": "TR",
    "turkey": "TR",
    "south korea": "KR",
    "korea, republic of": "KR",
    "north korea": "KP",
    "russia": "RU",
    "czech republic": "CZ",
    "the democratic republic of the congo": "CD",
    "democratic republic of the congo": "CD",
    "republic of the congo": "CG",
    "congo": "CG",
    "cote d'ivoire": "CI",
    "côte d'ivoire": "CI",
    "ivory coast": "CI",
    "hong kong": "HK",
    "macau": "MO",
    "taiwan": "TW",
    "palestinian territories": "PS",
    "palestinian territories, occupied": "PS",
    "palestinian territory, occupied": "PS",
    "macedonia, the former yugoslav republic of": "MK",
    "north macedonia": "MK",
    "libyan arab jamahiriya": "LY",
    "swaziland": "SZ",
    "cape verde": "CV",
    "east timor": "TL",
    "burma": "MM",
    "brunei": "BN",
    "kosovo": "XK",
    "reunion": "RE",
    "réunion": "RE",
    "saint martin": "MF",
    "vatican city": "VA",
    "united states minor outlying islands": "UM",
    "virgin islands (u.s.)": "VI",
    "u.s. virgin islands": "VI",
}

# What people say, and no registry writes.
SAID_COUNTRY_NAMES = {
    "uk": "GB",
    "great britain": "GB",
    "britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "america": "US",
    "united states of america": "US",
    "holland": "NL",
    "the netherlands": "NL",
    "korea": "KR",
    "prc": "CN",
    "deutschland": "DE",
    "österreich": "AT",
    "schweiz": "CH",
    "suisse": "CH",
    "españa": "ES",
    "italia": "IT",
    "nederland": "NL",
    "belgique": "BE",
    "belgië": "BE",
    "danmark": "DK",
    "sverige": "SE",
    "norge": "NO",
    "polska": "PL",
    "brasil": "BR",
    "mainland china": "CN",
    "people's republic of china": "CN",
    "uae": "AE",
    "türkiye": "TR",
}


@lru_cache(maxsize=4096)
def country_code(country: str) -> str | None:
    """ISO 3166-1 alpha-2 code of a country as the registry names it; None when nothing fits.

    Names are looked up whole: a fuzzy match would put Niger's sites into Nigeria.
    """
    name = " ".join(country.split()).casefold().replace("’", "'")
    if name in REGISTRY_COUNTRY_NAMES:
        return REGISTRY_COUNTRY_NAMES[name]
    try:
        return str(pycountry.countries.lookup(name).alpha_2)
    except LookupError:
        return None


def country_said(name: str) -> str | None:
    """As `country_code`, of a name that a person gives: also as people say it, such as UK or U.S.A."""
    spoken = " ".join(name.replace(".", "").split())
    return SAID_COUNTRY_NAMES.get(spoken.casefold()) or country_code(spoken) or country_code(name)


@lru_cache(maxsize=65536)
def place_key(country: str | None, city: str | None) -> str | None:
    """`country|city` without accents, case and punctuation; None without either."""
    if not country and not city:
        return None
    return f"{_folded(country or '')}|{_folded(city or '')}"


def _folded(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name)
    letters = (c if c.isalnum() else " " for c in plain.casefold() if not unicodedata.combining(c))
    return " ".join("".join(letters).split())

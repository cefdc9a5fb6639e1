"""Countries by their codes, cities by one key."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from transforms.clinicaltrials.places import country_code, place_key

# States that are no more have no code: their sites count under no country.
FORMER = {"Former Serbia and Montenegro", "Former Yugoslavia", "Serbia and Montenegro", "Netherlands Antilles"}


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("United States", "US"),
        ("China", "CN"),
        ("Turkey (Türkiye)", "TR"),
        ("South Korea", "KR"),
        ("Korea, Republic of", "KR"),
        ("Czechia", "CZ"),
        ("Russia", "RU"),
        ("Iran", "IR"),
        ("Vietnam", "VN"),
        ("Taiwan", "TW"),
        ("Hong Kong", "HK"),
        ("Côte d’Ivoire", "CI"),
        ("  united   kingdom ", "GB"),
        ("The Democratic Republic of the Congo", "CD"),
    ],
)
def test_countries_of_the_registry_have_iso_codes(country: str, code: str) -> None:
    assert country_code(country) == code


@pytest.mark.parametrize("country", ["Niger", "Guinea", "Dominica", "Congo"])
def test_a_name_inside_another_is_not_taken_for_it(country: str) -> None:
    assert country_code(country) == {"Niger": "NE", "Guinea": "GN", "Dominica": "DM", "Congo": "CG"}[country]


@pytest.mark.parametrize("country", ["Atlantis", "Former Yugoslavia", "Unit", "-", "Europe"])
def test_what_is_no_country_has_no_code(country: str) -> None:
    assert country_code(country) is None


def test_every_country_of_the_real_records_has_a_code(shared: Path) -> None:
    named: set[str] = set()
    for name in ("autoimmune_car_t_2026-07-03", "studies"):
        with gzip.open(shared / "registry" / "ctgov" / f"{name}.jsonl.gz") as lines:
            for line in lines:
                module = json.loads(line)["protocolSection"].get("contactsLocationsModule", {})
                named |= {site["country"] for site in module.get("locations", ()) if site.get("country")}
    assert len(named) > 50
    assert {country for country in named if country_code(country) is None} <= FORMER


def test_a_city_has_one_key_however_it_is_spelled() -> None:
    assert place_key("Turkey (Türkiye)", "Izmir") == "turkey turkiye|izmir"
    assert place_key("Germany", "Munich") == place_key("germany", " MUNICH ") == "germany|munich"
    assert place_key("France", "Saint-Étienne") == place_key("France", "Saint Etienne") == "france|saint etienne"


def test_two_cities_of_one_name_in_two_countries_are_two_places() -> None:
    assert place_key("United States", "Cambridge") != place_key("United Kingdom", "Cambridge")


def test_a_place_without_a_name_has_no_key() -> None:
    assert place_key(None, None) is None
    assert place_key("France", None) == "france|"

"""Real cities with their coordinates; the hospitals in them are made up."""

from __future__ import annotations

from typing import Any

from demo.draws import Draw

# city: state or province, country as the registry names it, degrees north, degrees east
CITIES: dict[str, tuple[str | None, str, float, float]] = {
    "Berlin": (None, "Germany", 52.52437, 13.41053),
    "Erlangen": ("Bavaria", "Germany", 49.59099, 11.00783),
    "Munich": ("Bavaria", "Germany", 48.13743, 11.57549),
    "Heidelberg": (None, "Germany", 49.40768, 8.69079),
    "Hamburg": (None, "Germany", 53.55073, 9.99302),
    "Paris": (None, "France", 48.85341, 2.3488),
    "Lyon": (None, "France", 45.74846, 4.84671),
    "Lille": (None, "France", 50.63297, 3.05858),
    "London": (None, "United Kingdom", 51.50853, -0.12574),
    "Manchester": (None, "United Kingdom", 53.48095, -2.23743),
    "Madrid": (None, "Spain", 40.4165, -3.70256),
    "Barcelona": (None, "Spain", 41.38879, 2.15899),
    "Rome": (None, "Italy", 41.89193, 12.51133),
    "Milan": (None, "Italy", 45.46427, 9.18951),
    "Leiden": (None, "Netherlands", 52.15833, 4.49306),
    "Leuven": (None, "Belgium", 50.87959, 4.70093),
    "Zurich": (None, "Switzerland", 47.36667, 8.55),
    "Vienna": (None, "Austria", 48.20849, 16.37208),
    "Stockholm": (None, "Sweden", 59.32938, 18.06871),
    "Copenhagen": (None, "Denmark", 55.67594, 12.56553),
    "Oslo": (None, "Norway", 59.91273, 10.74609),
    "Warsaw": (None, "Poland", 52.22977, 21.01178),
    "Prague": (None, "Czechia", 50.08804, 14.42076),
    "Budapest": (None, "Hungary", 47.49801, 19.03991),
    "Sofia": (None, "Bulgaria", 42.69751, 23.32415),
    "Tbilisi": (None, "Georgia", 41.69411, 44.83368),
    "Chisinau": (None, "Moldova", 47.00556, 28.8575),
    "Istanbul": (None, "Turkey (Türkiye)", 41.01384, 28.94966),
    "Tel Aviv": (None, "Israel", 32.08088, 34.78057),
    "Beijing": ("Beijing Municipality", "China", 39.9075, 116.39723),
    "Shanghai": ("Shanghai Municipality", "China", 31.22222, 121.45806),
    "Wuhan": ("Hubei", "China", 30.58333, 114.26667),
    "Hangzhou": ("Zhejiang", "China", 30.29365, 120.16142),
    "Guangzhou": ("Guangdong", "China", 23.11667, 113.25),
    "Chengdu": ("Sichuan", "China", 30.66667, 104.06667),
    "Hefei": ("Anhui", "China", 31.86389, 117.28083),
    "Suzhou": ("Jiangsu", "China", 31.30408, 120.59538),
    "Zhengzhou": ("Henan", "China", 34.75778, 113.64861),
    "Tianjin": ("Tianjin Municipality", "China", 39.14222, 117.17667),
    "Jinan": ("Shandong", "China", 36.66833, 116.99722),
    "Hong Kong": (None, "Hong Kong", 22.27832, 114.17469),
    "Taipei": (None, "Taiwan", 25.05306, 121.52639),
    "Tokyo": ("Tokyo", "Japan", 35.6895, 139.69171),
    "Seoul": (None, "South Korea", 37.566, 126.9784),
    "Singapore": (None, "Singapore", 1.28967, 103.85007),
    "Mumbai": ("Maharashtra", "India", 19.07283, 72.88261),
    "Sydney": ("New South Wales", "Australia", -33.86785, 151.20732),
    "Melbourne": ("Victoria", "Australia", -37.814, 144.96332),
    "São Paulo": ("São Paulo", "Brazil", -23.5475, -46.63611),
    "Buenos Aires": ("Buenos Aires", "Argentina", -34.61315, -58.37723),
    "Toronto": ("Ontario", "Canada", 43.70643, -79.39864),
    "Montreal": ("Quebec", "Canada", 45.50884, -73.58781),
    "Boston": ("Massachusetts", "United States", 42.35843, -71.05977),
    "New York": ("New York", "United States", 40.71427, -74.00597),
    "Philadelphia": ("Pennsylvania", "United States", 39.95233, -75.16379),
    "Houston": ("Texas", "United States", 29.76328, -95.36327),
    "Los Angeles": ("California", "United States", 34.05223, -118.24368),
    "San Francisco": ("California", "United States", 37.77493, -122.41942),
    "Seattle": ("Washington", "United States", 47.60621, -122.33207),
    "Denver": ("Colorado", "United States", 39.73915, -104.9847),
    "Chicago": ("Illinois", "United States", 41.85003, -87.65005),
    "Atlanta": ("Georgia", "United States", 33.749, -84.38798),
    "Cape Town": ("Western Cape", "South Africa", -33.92584, 18.42322),
    "Cairo": (None, "Egypt", 30.06263, 31.24967),
}

CHINA = tuple(city for city, (_, country, _, _) in CITIES.items() if country == "China")
UNITED_STATES = tuple(city for city, (_, country, _, _) in CITIES.items() if country == "United States")
EUROPE = tuple(CITIES)[: tuple(CITIES).index("Chisinau") + 1]
EVERYWHERE = tuple(city for city in CITIES if CITIES[city][1] != "Germany")

FACILITIES = (
    "Example University Hospital {city}",
    "{city} Example Clinic of Rheumatology",
    "Imaginary Medical Center of {city}",
    "Example Institute of Cell Therapy, {city}",
    "The Made-Up Hospital, {city}",
    "{city} Placeholder General Hospital",
)
CHINESE_FACILITIES = (
    "First Example People's Hospital of {city}",
    "The Second Affiliated Hospital of Example Medical University, {city}",
    "{city} Example Union Hospital",
)
ADDRESS_SITE_NO = "Local Institution - {number:04d}"


def site(city: str, draw: Draw, status: str | None, *, hidden: bool = False) -> dict[str, Any]:
    """One entry of `contactsLocationsModule.locations`; `hidden` gives the nameless form sponsors use."""
    state, country, north, east = CITIES[city]
    names = CHINESE_FACILITIES if country == "China" else FACILITIES
    facility = draw.one(names).format(city=city)
    if hidden:
        facility = ADDRESS_SITE_NO.format(number=draw.number(1, 99))
    given: dict[str, Any] = {"facility": facility}
    if status:
        given["status"] = status
    given["city"] = city
    if state:
        given["state"] = state
    given["zip"] = f"{draw.number(10000, 99999)}"
    given["country"] = country
    given["geoPoint"] = {"lat": north, "lon": east}
    return given


def several_sites(cities: tuple[str, ...], count: int, draw: Draw) -> tuple[str, ...]:
    """`count` cities drawn from `cities`; past their number places come twice, as large trials do."""
    chosen = draw.some(cities, count)
    while len(chosen) < count:
        chosen.append(draw.one(cities))
    return tuple(chosen)

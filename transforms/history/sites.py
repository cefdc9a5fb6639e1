"""Sites as a multiset of places: a hospital renamed is no new site.

Two sites are at the same place when their country is the same and their coordinates lie within 25 km
of each other; where either has none, when their cities read the same. Sponsors rename hospitals, and
mask them as "Local Institution - 0012" until they open, then give the name, or the other way round:
such pairs keep their place and are a detail. What is left over was gained or lost, and is counted per
country.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from math import asin, cos, radians, sin, sqrt
from typing import Any

from transforms.history.fields import Row, compared_columns, item_key, value, words
from transforms.history.materiality import Difference

SAME_PLACE_KM = 25.0
# Letters that two spellings of one city share: a site's "Efkapria-Pavlos Melas" became "Pavlos Melas" (0.7).
SAME_CITY_LIKENESS = 0.65
# Pairs of sites held against each other: a trial of 300 sites in one country that all moved stays below.
MOST_COMPARED = 100_000
EARTH_RADIUS_KM = 6371.0

Sites = Sequence[Row]


def site_differences(old: Sites, new: Sites) -> Iterator[Difference]:
    """Details of the sites that stayed; then, per country, the sites gained and lost."""
    columns = compared_columns("trial_sites")
    lost, gained = _without_same(old, new, columns)
    for is_same in (_same_facility, _same_city, _same_place):
        pairs, lost, gained = _paired(lost, gained, is_same)
        for before, after in pairs:
            yield from _details(before, after, columns)
    if lost or gained:
        yield from _per_country(old, new, lost, gained)


def place_name(site: Row) -> str:
    """A site as readers know it: "Beijing: Peking Union Medical College Hospital"."""
    parts = (value(site, "city"), value(site, "facility"))
    return ": ".join(str(part) for part in parts if part) or "unnamed"


def _without_same(old: Sites, new: Sites, columns: tuple[str, ...]) -> tuple[list[Row], list[Row]]:
    """The sites without those that stand in both lists as they were; the order says nothing."""
    kept = Counter(_as_given(site, columns) for site in old)
    gained = []
    for site in new:
        key = _as_given(site, columns)
        if kept[key]:
            kept[key] -= 1
        else:
            gained.append(site)
    lost = []
    for site in reversed(old):
        key = _as_given(site, columns)
        if kept[key]:
            kept[key] -= 1
            lost.append(site)
    return lost[::-1], gained


def _as_given(site: Row, columns: tuple[str, ...]) -> tuple[Any, ...]:
    given = tuple([site.get(column) for column in columns])
    try:
        hash(given)
    except TypeError:  # a record may hold anything: a list where a text was agreed
        return tuple(map(str, given))
    return given


def _paired(
    old: Sites, new: Sites, is_same: Callable[[Row, Row], bool]
) -> tuple[list[tuple[Row, Row]], list[Row], list[Row]]:
    """Each new site with the first old one of its country that is the same and still free.

    Of more pairs than MOST_COMPARED the rest is not looked at: those sites count as lost and gained.
    """
    waiting: dict[str, list[Row]] = {}
    for site in old:
        waiting.setdefault(_country(site), []).append(site)
    pairs, gained = [], []
    compared = 0
    for site in new:
        candidates = waiting.get(_country(site), [])
        looked_at = candidates[: max(0, MOST_COMPARED - compared)]
        place = next((n for n, candidate in enumerate(looked_at) if is_same(candidate, site)), None)
        compared += len(looked_at) if place is None else place + 1
        if place is None:
            gained.append(site)
        else:
            pairs.append((candidates.pop(place), site))
    return pairs, [site for sites in waiting.values() for site in sites], gained


def _country(site: Row) -> str:
    return site.get("country_code") or words(site.get("country"))


def _same_facility(old: Row, new: Row) -> bool:
    """The same facility at the same place, or in a city that was only spelled otherwise (Syndey)."""
    facility = words(old.get("facility"))
    if not facility or facility != words(new.get("facility")):
        return False
    return _same_place(old, new) or (not (_point(old) and _point(new)) and _same_spelling(old, new))


def _same_spelling(old: Row, new: Row) -> bool:
    likeness = SequenceMatcher(None, words(old.get("city")), words(new.get("city")), autojunk=False).ratio()
    return likeness >= SAME_CITY_LIKENESS


def _same_city(old: Row, new: Row) -> bool:
    return words(old.get("city")) == words(new.get("city")) and _same_place(old, new)


def _same_place(old: Row, new: Row) -> bool:
    """Sites of one country: within 25 km of each other, else the same folded city."""
    here, there = _point(old), _point(new)
    if here and there:
        return _kilometres(here, there) <= SAME_PLACE_KM
    return words(old.get("city")) == words(new.get("city"))


def _point(site: Row) -> tuple[float, float] | None:
    latitude, longitude = site.get("latitude"), site.get("longitude")
    if isinstance(latitude, int | float) and isinstance(longitude, int | float):
        return float(latitude), float(longitude)
    return None


def _kilometres(here: tuple[float, float], there: tuple[float, float]) -> float:
    """Great-circle distance (haversine)."""
    lat1, lon1, lat2, lon2 = map(radians, (*here, *there))
    chord = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, chord)))


def _details(old: Row, new: Row, columns: tuple[str, ...]) -> Iterator[Difference]:
    item = item_key(", ".join(str(part) for part in (value(new, "country"), place_name(new)) if part))
    for column in columns:
        before, after = value(old, column), value(new, column)
        if before != after:
            yield Difference("trial_sites", column, item, "changed", before, after)


def _per_country(old: Sites, new: Sites, lost: Sites, gained: Sites) -> Iterator[Difference]:
    before, after = (Counter(map(_country, sites)) for sites in (old, new))
    names = {_country(site): value(site, "country") for site in (*lost, *gained)}
    gone_from, come_to = (_places_by_country(sites) for sites in (lost, gained))
    for country in sorted(names, key=lambda key: (str(names[key] or ""), key)):
        gone, come = sorted(gone_from[country]), sorted(come_to[country])
        kind = "changed" if before[country] and after[country] else "added" if after[country] else "removed"
        yield Difference(
            "trial_sites", "country", item_key(names[country]), kind,
            _count(before[country], "lost", gone), _count(after[country], "gained", come),
        )  # fmt: skip


def _places_by_country(sites: Sites) -> defaultdict[str, list[str]]:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for site in sites:
        places[_country(site)].append(place_name(site))
    return places


def _count(sites: int, word: str, places: list[str]) -> dict[str, Any] | None:
    if not sites:
        return None
    return {"sites": sites, word: places} if places else {"sites": sites}

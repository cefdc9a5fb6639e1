"""Sites are a multiset of places."""

from __future__ import annotations

from tests.transforms.history.rows import found, the_one, version
from transforms.history import changes

BEIJING = ("China", "Beijing", "First Hospital", 39.9075, 116.39723)


def test_a_renamed_hospital_is_a_detail():
    change = the_one(
        version(sites=[BEIJING]),
        version(sites=[("China", "Beijing", "Renamed Hospital", 39.9075, 116.39723)]),
    )
    assert (change.rule, change.event) == ("site_detail", None)
    assert change.field_path == "trial_sites.facility[China, Beijing: Renamed Hospital]"


def test_a_masked_site_is_no_new_site():
    old = version(sites=[("United States", "Boston", "General Hospital"), ("United States", "Denver", "Clinic")])
    new = version(
        sites=[
            ("United States", "Denver", "Local Institution - 0012"),
            ("United States", "Boston", "Local Institution - 0007"),
        ]
    )
    assert {c.rule for c in changes(old, new)} == {"site_detail"}
    assert len(changes(old, new)) == 2


def test_the_order_of_sites_says_nothing():
    sites = [BEIJING, ("China", "Wuhan", "Union"), ("Spain", "Madrid", "La Paz")]
    assert changes(version(sites=sites), version(sites=sites[::-1])) == []


def test_the_same_place_listed_once_more_is_a_site_gained():
    change = the_one(version(sites=[BEIJING]), version(sites=[BEIJING, BEIJING]))
    assert change.field_path == "trial_sites.country[China]"
    assert change.old == {"sites": 1}
    assert change.new == {"sites": 2, "gained": ["Beijing: First Hospital"]}


def test_gains_and_losses_are_counted_per_country():
    old = version(sites=[BEIJING, ("China", "Wuhan", "Union"), ("Spain", "Madrid", "La Paz")])
    new = version(
        sites=[
            BEIJING,
            ("China", "Xi'an", "Xijing"),
            ("China", "Jinan", "Qilu"),
            ("Spain", "Madrid", "La Paz"),
            ("France", "Lyon", "HCL"),
        ]
    )
    by_path = found(old, new)
    assert by_path["trial_sites.country[China]"].old == {"sites": 2, "lost": ["Wuhan: Union"]}
    assert by_path["trial_sites.country[China]"].new == {
        "sites": 3,
        "gained": ["Jinan: Qilu", "Xi'an: Xijing"],
    }
    assert by_path["trial_sites.country[China]"].materiality == "low"
    assert by_path["trial_sites.country[France]"].rule == "sites_new_country"
    assert len(by_path) == 2


def test_the_last_site_of_a_country_leaves_none():
    change = the_one(version(sites=[BEIJING, ("Spain", "Madrid", "x")]), version(sites=[BEIJING]))
    assert (change.field_path, change.new, change.kind) == ("trial_sites.country[Spain]", None, "removed")


def test_within_25_km_is_the_same_place_whatever_the_city_is_called():
    old = version(sites=[("Germany", "Lichtenberg", "Research Site", 52.51395, 13.49975)])
    new = version(sites=[("Germany", "Berlin", "Research Site", 52.52437, 13.41053)])
    assert {c.rule for c in changes(old, new)} == {"site_detail"}


def test_beyond_25_km_is_another_place():
    old = version(sites=[("Germany", "Potsdam", "Research Site", 52.39886, 13.06566)])
    new = version(sites=[("Germany", "Berlin", "Research Site", 52.52437, 13.61053)])
    assert the_one(old, new).field_path == "trial_sites.country[Germany]"


def test_without_coordinates_the_folded_city_decides():
    old = version(sites=[("China", "Xi'an", "Xijing Hospital", 34.25833, 108.92861)])
    new = version(sites=[("China", "XI AN", "Xijing Hospital of X")])
    assert "site_detail" in {c.rule for c in changes(old, new)}
    assert not [c for c in changes(old, new) if c.column == "country"]


def test_a_city_spelled_otherwise_keeps_its_hospital():
    old = version(sites=[("Australia", "Sydney", "Some Repatriation Hospital", -33.86785, 151.20732)])
    new = version(sites=[("Australia", "Syndey", "Some Repatriation Hospital")])
    assert {c.rule for c in changes(old, new)} == {"site_detail"}


def test_the_same_facility_name_in_another_city_is_another_site():
    old = version(sites=[("Japan", "Kyoto", "Research Site")])
    new = version(sites=[("Japan", "Fukuoka", "Research Site")])
    assert the_one(old, new).new == {"sites": 1, "gained": ["Fukuoka: Research Site"]}


def test_a_country_the_registry_renames_is_no_new_country():
    old = version(sites=[("Turkey", "Ankara", "Hacettepe")])
    new = version(sites=[("Turkey (Türkiye)", "Ankara", "Hacettepe")])
    assert the_one(old, new).rule == "site_detail"


def test_first_sites_are_sites_in_a_new_country():
    assert the_one(version(sites=[]), version(sites=[BEIJING])).rule == "sites_new_country"


def test_a_site_that_begins_to_recruit_is_a_detail():
    old, new = (version(sites=[(*BEIJING, status)]) for status in ("NOT_YET_RECRUITING", "RECRUITING"))
    change = the_one(old, new)
    assert (change.field_path, change.rule) == (
        "trial_sites.site_status[China, Beijing: First Hospital]",
        "site_detail",
    )

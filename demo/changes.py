"""Changes that a sponsor or the registry makes to a record; each works on `protocolSection`, in place.

A change asserts what it is about to replace, so that another seed cannot make it say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from demo.draws import Draw
from demo.places import site
from demo.sponsors import SPONSORS

Protocol = dict[str, Any]
Change = Callable[[Protocol], None]


def status(old: str, new: str, why: str | None = None, count: int | None = None) -> Change:
    def change(protocol: Protocol) -> None:
        module = protocol["statusModule"]
        assert module["overallStatus"] == old, (
            protocol["identificationModule"]["nctId"],
            module["overallStatus"],
        )
        module["overallStatus"] = new
        if why:
            module["whyStopped"] = why
        else:
            module.pop("whyStopped", None)
        if count is not None:
            protocol["designModule"]["enrollmentInfo"] = {"count": count, "type": "ACTUAL"}
        for place in protocol["contactsLocationsModule"].get("locations", []):
            place.pop("status", None)
            if new == "RECRUITING":
                place["status"] = new

    return change


def first_recruiting(protocol: Protocol) -> None:
    status("NOT_YET_RECRUITING", "RECRUITING")(protocol)
    protocol["statusModule"]["startDateStruct"] = {"date": "2026-08-26", "type": "ACTUAL"}


def completed(protocol: Protocol) -> None:
    status("ACTIVE_NOT_RECRUITING", "COMPLETED")(protocol)
    for name in ("primaryCompletionDateStruct", "completionDateStruct"):
        protocol["statusModule"][name] = {"date": "2026-08-21", "type": "ACTUAL"}


def dates(primary: str, completion: str) -> Change:
    def change(protocol: Protocol) -> None:
        module = protocol["statusModule"]
        assert module["completionDateStruct"]["date"] < completion
        module["primaryCompletionDateStruct"] = {"date": primary, "type": "ESTIMATED"}
        module["completionDateStruct"] = {"date": completion, "type": "ESTIMATED"}

    return change


def grows(protocol: Protocol) -> None:
    assert protocol["designModule"]["enrollmentInfo"]["count"] == 12
    protocol["designModule"]["enrollmentInfo"]["count"] = 40
    assert protocol["statusModule"]["completionDateStruct"]["date"] == "2026-05"
    dates("2027-05", "2027-11")(protocol)


def new_site(city: str) -> Change:
    def change(protocol: Protocol) -> None:
        locations = protocol["contactsLocationsModule"]["locations"]
        locations.append(site(city, Draw("edit", city), "NOT_YET_RECRUITING"))
        assert locations[-1]["country"] not in {place["country"] for place in locations[:-1]}

    return change


def site_recruits(city: str) -> Change:
    def change(protocol: Protocol) -> None:
        (place,) = (p for p in protocol["contactsLocationsModule"]["locations"] if p["city"] == city)
        place["status"] = "RECRUITING"

    return change


def site_loses_its_name(protocol: Protocol) -> None:
    protocol["contactsLocationsModule"]["locations"][0]["facility"] = "Local Institution - 0012"


def arm_reworded(protocol: Protocol) -> None:
    arm = protocol["armsInterventionsModule"]["armGroups"][0]
    arm["description"] += " Doses may be split over two days where volume asks for it."


def secondary_becomes_primary(protocol: Protocol) -> None:
    outcomes = protocol["outcomesModule"]
    (moved,) = (o for o in outcomes["secondaryOutcomes"] if o["measure"] == "DORIS remission")
    outcomes["secondaryOutcomes"].remove(moved)
    outcomes["primaryOutcomes"].append(moved)


def turns_unknown(protocol: Protocol) -> None:
    status("RECRUITING", "UNKNOWN")(protocol)
    protocol["statusModule"]["lastKnownStatus"] = "RECRUITING"


def another_sponsor(key: str) -> Change:
    def change(protocol: Protocol) -> None:
        lead = {"name": SPONSORS[key].name, "class": SPONSORS[key].agency_class}
        assert protocol["sponsorCollaboratorsModule"]["leadSponsor"] != lead
        protocol["sponsorCollaboratorsModule"] = {
            "responsibleParty": {"type": "SPONSOR"},
            "leadSponsor": lead,
        }

    return change


def older_people_too(protocol: Protocol) -> None:
    module = protocol["eligibilityModule"]
    module["maximumAge"] = "75 Years"
    module["eligibilityCriteria"] = module["eligibilityCriteria"].replace("18 to 70 years", "18 to 75 years")
    assert "75 years" in module["eligibilityCriteria"]


def phases(*given: str) -> Change:
    def change(protocol: Protocol) -> None:
        assert protocol["designModule"]["phases"] != list(given)
        protocol["designModule"]["phases"] = list(given)

    return change


def conditions_reordered(protocol: Protocol) -> None:
    protocol["conditionsModule"]["conditions"].reverse()


def spelling_mended(protocol: Protocol) -> None:
    titles = protocol["identificationModule"]
    assert "Erthematosus" in titles["briefTitle"]
    titles["briefTitle"] = titles["briefTitle"].replace("Erthematosus", "Erythematosus")
    protocol["conditionsModule"]["conditions"] = ["Systemic Lupus Erythematosus"]


def link_added(protocol: Protocol) -> None:
    protocol.setdefault("referencesModule", {})["seeAlsoLinks"] = [
        {"label": "Made-up page of the sponsor", "url": "https://example.org/demo"}
    ]


def link_gone(protocol: Protocol) -> None:
    del protocol["referencesModule"]


def disease_added(protocol: Protocol) -> None:
    protocol["conditionsModule"]["conditions"].append("Systemic Sclerosis")
    text = protocol["eligibilityModule"]["eligibilityCriteria"]
    assert "systemic sclerosis" not in text.lower()


def product_changed(protocol: Protocol) -> None:
    """From CD19 to CD19 and BCMA, wherever the record names the product."""

    def reworded(value: Any) -> Any:
        if isinstance(value, str):
            return value.replace("CD19 CAR-T", "CD19/BCMA bispecific CAR-T")
        if isinstance(value, list):
            return [reworded(item) for item in value]
        if isinstance(value, dict):
            return {key: reworded(item) for key, item in value.items()}
        return value

    for name in ("identificationModule", "descriptionModule", "conditionsModule", "armsInterventionsModule"):
        protocol[name] = reworded(protocol[name])
    assert "bispecific" in protocol["armsInterventionsModule"]["interventions"][0]["name"]


def control_added(protocol: Protocol) -> None:
    """One arm becomes two, randomised against standard of care."""
    label = "Standard of Care"
    protocol["designModule"]["designInfo"] |= {"allocation": "RANDOMIZED", "interventionModel": "PARALLEL"}
    module = protocol["armsInterventionsModule"]
    module["armGroups"].append(
        {
            "label": label,
            "type": "ACTIVE_COMPARATOR",
            "description": "Standard of care with tacrolimus, as the doctor chooses.",
            "interventionNames": ["Drug: Tacrolimus tablets"],
        }
    )
    module["interventions"].append(
        {
            "type": "DRUG",
            "name": "Tacrolimus tablets",
            "description": "By blood level",
            "armGroupLabels": [label],
        }
    )


def counted(old: int, new: int) -> Change:
    def change(protocol: Protocol) -> None:
        assert protocol["designModule"]["enrollmentInfo"] == {"count": old, "type": "ESTIMATED"}
        protocol["designModule"]["enrollmentInfo"] = {"count": new, "type": "ACTUAL"}

    return change


def start_mended(protocol: Protocol) -> None:
    protocol["statusModule"]["startDateStruct"]["date"] = "2027-04"

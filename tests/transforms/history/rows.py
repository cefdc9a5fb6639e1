"""Versions of a made-up trial, written as short as a test can read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from transforms.clinicaltrials.places import country_code
from transforms.history import Change, Context, changes
from transforms.shaped import Rows

NCT = "NCT09990001"

TRIAL: dict[str, Any] = {
    "nct_id": NCT,
    "brief_title": "CD19 CAR-T in lupus",
    "overall_status": "RECRUITING",
    "enrollment_count": 12,
    "enrollment_type": "ESTIMATED",
    "start_date": "2026-01-15",
    "primary_completion_date": "2026-12",
    "completion_date": "2027-06",
    "first_posted_date": "2025-11-03",
    "last_update_posted_date": "2026-02-01",
    "phases": ["PHASE1"],
    "lead_sponsor": "Example Therapeutics",
    "eligibility_criteria": "Inclusion Criteria:\n\n* Active lupus",
    "content_sha256": "a" * 64,
}
LISTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "conditions": ("trial_conditions", "condition_no", ("condition", "mesh_id")),
    "keywords": ("trial_keywords", "keyword_no", ("keyword",)),
    "arms": ("trial_arms", "arm_no", ("label", "arm_type", "description", "intervention_names")),
    "interventions": (
        "trial_interventions",
        "intervention_no",
        ("name", "intervention_type", "description", "other_names"),
    ),
    "outcomes": ("trial_outcomes", "outcome_no", ("outcome_type", "measure", "time_frame", "description")),
    "sites": ("trial_sites", "site_no", ("country", "city", "facility", "latitude", "longitude", "site_status")),
    "collaborators": ("trial_collaborators", "collaborator_no", ("name", "collaborator_class")),
    "secondary_ids": ("trial_secondary_ids", "id_no", ("secondary_id", "id_type")),
    "references": ("trial_references", "reference_no", ("pmid", "reference_type", "citation")),
    "products": ("car_t_products", "product_no", ("product", "target_antigens", "product_key", "cell_source")),
}


def version(**given: Any) -> Rows:
    """Rows of one version: lists by their short names (a word or a tuple an item), the rest columns of trials.

    `given_in` lists (arm_no, intervention_no); `profile` the columns of car_t_profiles.
    """
    rows: Rows = {}
    for short, (table, number, columns) in LISTS.items():
        items = given.pop(short, None)
        if items is not None:
            rows[table] = [_item(number, n, columns, item) for n, item in enumerate(items, start=1)]
    for site in rows.get("trial_sites", []):
        site["country_code"] = country_code(site["country"]) if isinstance(site["country"], str) else None
    if "given_in" in given:
        rows["trial_arm_interventions"] = [
            {"nct_id": NCT, "arm_no": arm, "intervention_no": one} for arm, one in given.pop("given_in")
        ]
    if "profile" in given:
        rows["car_t_profiles"] = [{"nct_id": NCT, "rule_version": "1"} | given.pop("profile")]
    rows["trials"] = [TRIAL | given]
    return rows


def _item(number: str, n: int, columns: tuple[str, ...], item: Any) -> dict[str, Any]:
    values = item if isinstance(item, tuple) else (item,)
    return {"nct_id": NCT, number: n} | dict.fromkeys(columns) | dict(zip(columns, values, strict=False))


def found(old: Rows, new: Rows, **options: Any) -> dict[str, Change]:
    """Changes by field path."""
    return {change.field_path: change for change in changes(old, new, **options)}


def the_one(old: Rows, new: Rows, **options: Any) -> Change:
    """The only change."""
    (change,) = changes(old, new, **options)
    return change


def seen(day: str = "2026-03-10", **given: Any) -> Context:
    """A context on a night at six o'clock."""
    return Context(datetime.fromisoformat(f"{day}T06:00:00"), "run-1", **given)

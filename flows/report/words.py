"""How the report says what the warehouse holds: registry words, field paths, attributes, numbers, dates."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

STATUS = {
    "RECRUITING": "Recruiting",
    "NOT_YET_RECRUITING": "Not yet recruiting",
    "ENROLLING_BY_INVITATION": "Enrolling by invitation",
    "ACTIVE_NOT_RECRUITING": "Active, not recruiting",
    "COMPLETED": "Completed",
    "SUSPENDED": "Suspended",
    "TERMINATED": "Terminated",
    "WITHDRAWN": "Withdrawn",
    "UNKNOWN": "Unknown",
    "AVAILABLE": "Expanded access: available",
    "NO_LONGER_AVAILABLE": "Expanded access: no longer available",
    "TEMPORARILY_NOT_AVAILABLE": "Expanded access: paused",
    "APPROVED_FOR_MARKETING": "Approved for marketing",
    "WITHHELD": "Withheld",
}
PHASE = {
    "EARLY_PHASE1": "Early phase 1",
    "PHASE1": "Phase 1",
    "PHASE2": "Phase 2",
    "PHASE3": "Phase 3",
    "PHASE4": "Phase 4",
    "NA": "No phase (NA)",
}
MASKING = {
    "NONE": "open label",
    "SINGLE": "single-masked",
    "DOUBLE": "double-masked",
    "TRIPLE": "triple-masked",
    "QUADRUPLE": "quadruple-masked",
}
SCOPE = {
    "in_scope": "Gives CAR cells",
    "follow_up": "Follows recipients",
    "out_of_scope": "Out of scope",
}
EVENT = {
    "registered": "New registration",
    "entered_scope": "Entered the scope",
    "left_scope": "Left the scope",
    "status_changed": "Status",
    "enrollment_changed": "Enrolment",
    "dates_changed": "Dates",
    "design_changed": "Design",
    "outcomes_changed": "Outcomes",
    "eligibility_changed": "Eligibility",
    "diseases_changed": "Diseases",
    "product_changed": "Product",
    "sites_changed": "Sites",
    "sponsor_changed": "Sponsor",
    "results_posted": "Results posted",
    "left_search": "Left the search",
    "returned": "Returned",
    "alias": "Merged",
    "withheld": "Withheld",
    "removed": "Removed",
    "published": "Paper",
    "corrected": "Paper corrected",
    "concern_raised": "Concern raised",
    "retracted": "Paper retracted",
}
ATTRIBUTE = {
    "scope": "Scope",
    "dose": "Dose",
    "relation": "Related trial",
    "diseases": "Diseases",
    "product": "Product",
    "target_antigens": "Target antigens",
    "construct": "Construct",
    "cell_type": "Cell type",
    "cell_source": "Cell source",
    "gene_delivery": "Gene delivery",
    "costimulatory_domain": "Costimulatory domain",
    "lymphodepletion": "Lymphodepletion",
    "comparators": "Comparators",
    "comparator": "Comparator",
    "comparator_agents": "Comparator drugs",
    "control_crossover": "Controls may cross over",
    "crossover_after_days": "Crossover after, days",
    "concomitant_immunosuppression": "Other immunosuppression",
    "max_prednisone_mg_per_day": "Prednisone allowed, mg/day",
    "prophylaxis": "Prophylaxis",
    "primary_endpoint_domains": "Primary endpoints are about",
    "safety_outcomes": "Harms measured",
    "n_infusions_min": "Infusions, at least",
    "n_infusions_max": "Infusions, at most",
    "is_split_dose": "Dose given in parts",
    "redosing": "Cells given again later",
    "hospital_stay_kind": "Hospital stay",
    "hospital_stay_days": "Hospital stay, days",
    "ltfu_where": "Long-term follow-up",
    "ltfu_months": "Long-term follow-up, months",
    "follow_up_months": "Follow-up, months",
    "also_enrols": "Also enrols",
}
KIND = {
    "structure": "the record's structure",
    "product": "the product list",
    "series": "the sponsor's name for a series of trials",
    "override": "a reviewer's decision",
    "absence": "nothing is said",
}
NOT_STATED = "not stated"
SEARCHED = ("present", "left_search")  # states of trials that queries count

_PATH = re.compile(r"^(?P<table>\w+)\.(?P<column>\w+)(?P<items>(?:\[[^\]]*\])*)$")
_PLACES = {
    "trials": "",
    "trial_conditions": "condition",
    "trial_keywords": "keyword",
    "trial_arms": "arm",
    "trial_interventions": "intervention",
    "trial_outcomes": "outcome",
    "trial_collaborators": "collaborator",
}


def status(word: str | None) -> str:
    """A recruitment status as readers say it; a word that is not known stays as it is."""
    return STATUS.get(word or "", plain(word) if word else NOT_STATED)


def plain(word: str) -> str:
    """ "ENROLLING_SOON" -> "Enrolling soon"."""
    return word.replace("_", " ").capitalize() if re.fullmatch(r"[A-Z0-9_]+", word) else word


def attribute(name: str) -> str:
    """A profile's column as a heading."""
    return ATTRIBUTE.get(name, name.replace("_", " ").capitalize())


def place(field_path: str | None) -> str:
    """A field path in words: `trial_arms.description[2]` is "arm 2, description"."""
    found = _PATH.match(field_path or "")
    if not found:
        return (field_path or "").replace("_", " ")
    table, column = found["table"], found["column"].replace("_", " ")
    numbers = re.findall(r"\[([^\]]*)\]", found["items"])
    if table == "trials":
        return column
    what = _PLACES.get(table, table.removeprefix("trial_").replace("_", " "))
    numbered = f"{what} {numbers[0]}" if numbers else what
    return numbered if column in (what, "label", "name") and len(numbers) < 2 else f"{numbered}, {column}"


def given_date(day: date | None, precision: str | None) -> str:
    """A registry date no more precise than it was given: 2026, 2026-05 or 2026-05-17."""
    if day is None:
        return ""
    return day.isoformat()[: {"year": 4, "month": 7}.get(precision or "day", 10)]


def long_date(day: date | datetime) -> str:
    """3 September 2026."""
    return f"{day.day} {day:%B %Y}"


def number(value: Any) -> str:
    """12 345; 2.5; nothing for None. Thousands are parted by a narrow space that does not break."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{value:,}".replace(",", "\u202f") if isinstance(value, int) else f"{value:.3g}"


def unbroken(text: str) -> str:
    """With hyphens at which no line breaks: CAR-T and BAFF-R stay whole."""
    return text.replace("-", "\u2011")


def percent(part: float, whole: float) -> str:
    """ "62 %" (with a space that does not break); "under 1 %" for something small; "0 %" of nothing."""
    if not whole or not part:
        return "0\u00a0%"
    share = 100 * part / whole
    if share < 1:
        return "under 1\u00a0%"
    if 99 <= share < 100:
        return "over 99\u00a0%" if share > 99 else "99\u00a0%"
    return f"{share:.0f}\u00a0%"


def counted(n: int, singular: str, plural: str | None = None) -> str:
    """ "1 trial", "2 trials"."""
    return f"{number(n)} {singular if n == 1 else plural or singular + 's'}"


def made_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """What kinds of trials a list holds, those that trends count first: why 106 are listed where a number says 105."""
    giving = [row for row in rows if row["scope"] == "in_scope"]
    counted_ones = [
        row for row in giving if row["study_type"] == "INTERVENTIONAL" and row["registry_state"] in SEARCHED
    ]
    others, following = len(giving) - len(counted_ones), len(rows) - len(giving)
    parts = [
        f"{number(len(counted_ones))} interventional that {'gives' if len(counted_ones) == 1 else 'give'} CAR cells"
    ]
    parts += (
        [f"{number(following)} that {'follows' if following == 1 else 'follow'} their recipients"] if following else []
    )
    parts += [f"{number(others)} of another kind, or not in the registry any more"] if others else []
    joined = " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    return f"{joined[:1].upper()}{joined[1:]}."


def dose(value: str) -> str:
    """ "1e+08 cells" -> "1 × 10⁸ cells"."""
    found = re.match(r"([\d.]+)e\+?(-?\d+)(.*)", value)
    if not found:
        return value
    power = str(int(found[2])).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{found[1]} × 10{power}{found[3]}"


def listed(items: list[str]) -> str:
    """ "A", "A and B", "A, B and C"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""

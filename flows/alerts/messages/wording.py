"""Values of the registry as a reader of a message wants them: one line, nothing but text, not too long."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

from transforms.history.sentences import FIELD_WORDS, status
from transforms.shown import shortened
from warehouse.schema import table

VALUE_LIMIT = 300
TITLE_LIMIT = 300
TABLE_WORDS = {
    "trial_sites.country": "sites", "trial_arms.label": "arm", "trial_arms.description": "arm description",
    "trial_interventions.name": "intervention", "trial_conditions.condition": "condition",
    "trial_outcomes.measure": "outcome", "trial_outcomes.time_frame": "outcome, time frame",
    "trial_outcomes.outcome_type": "outcome", "trial_outcomes.description": "outcome, description",
    "trial_collaborators.name": "collaborator", "trial_arm_interventions.role": "given in arm",
    "trials.enrollment_count": "enrolment", "trials.enrollment_type": "enrolment, planned or actual",
    "trials.overall_status": "status", "trials.has_results": "results posted", "trials.diseases": "disease",
    "trials.results_first_posted_date": "results posted on", "trials.phases": "phase",
    "car_t_products.product": "product",
}  # fmt: skip
EVENT_WORDS = {
    "registered": "registered", "entered_scope": "now tracked", "left_scope": "no longer in scope",
    "status_changed": "status", "enrollment_changed": "enrolment", "dates_changed": "dates", "design_changed": "design",
    "outcomes_changed": "outcomes", "eligibility_changed": "eligibility", "diseases_changed": "diseases",
    "product_changed": "product", "sites_changed": "sites", "sponsor_changed": "sponsor",
    "results_posted": "results", "left_search": "no longer found", "returned": "found again",
    "alias": "merged into another registration", "withheld": "withheld", "removed": "removed", "published": "paper",
    "corrected": "paper corrected", "concern_raised": "concern about a paper", "retracted": "paper retracted",
}  # fmt: skip
_PATH = re.compile(r"(?P<field>[\w.]+)(?:\[(?P<item>.*)\])?(?: #\d+)?\Z", re.DOTALL)
# Characters that turn text around, or that cannot be seen, could make a title read as something else.
_UNSEEN = {"Cf": "", "Cs": "", "Cn": "", "Co": "", "Cc": " ", "Zl": " ", "Zp": " "}


def line(given: object, limit: int = VALUE_LIMIT) -> str:
    """A text as one line without control or invisible characters, at most `limit` characters."""
    text = str(given if given is not None else "")
    if not text.isprintable():  # most are: nothing of `_UNSEEN` is
        text = "".join(_UNSEEN.get(unicodedata.category(c), c) for c in text)
    return shortened(" ".join(text.split()), limit)


def field(path: str) -> str:
    """A field path as readers say it: "sites: Germany"."""
    found = _PATH.match(path)
    if not found:
        return line(path, 90)
    column = found["field"].split(".", 1)[-1]
    words = TABLE_WORDS.get(found["field"]) or FIELD_WORDS.get(column) or column.replace("_", " ")
    return f"{words}: {line(found['item'], 90)}" if found["item"] else words


def shown(given: Any, path: str = "") -> str:
    """A value before or after a change: "not stated" where there was none, the registry's words as readers say
    them where the field of `path` has such words.
    """
    words = _registry_words(path.split("[")[0])
    if isinstance(given, str) and given in words:
        return phase_word(given) if "PHASE" in given or given == "NA" else status(given)
    if isinstance(given, list) and given and all(one in words for one in given):
        return "/".join(shown(one, path) for one in given)
    if given is None or given in ("", [], {}):
        return "not stated"
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, dict):
        return line("; ".join(_entry(name, value) for name, value in given.items() if value not in (None, "", [], {})))
    if isinstance(given, list):
        return line(", ".join(shown(one) for one in given))
    return line(given)


@cache
def _registry_words(path: str) -> frozenset[str]:
    """The closed words of the registry for a field, from the schema."""
    name, _, column = path.partition(".")
    try:
        return frozenset(table(name).column(column).registry_words)
    except KeyError:
        return frozenset()


def _entry(name: str, value: Any) -> str:
    if name == "sites":
        return f"{value} site{'s' if value != 1 else ''}"
    if name in ("gained", "lost"):
        return f"{name} {shown(value)}"
    return shown(value)


def phase_word(word: str) -> str:
    """PHASE1 as Phase 1."""
    return {"NA": "Not applicable", "EARLY_PHASE1": "Early Phase 1"}.get(word, word.replace("PHASE", "Phase "))

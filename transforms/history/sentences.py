"""Events in plain English: one line each, the change itself in it.

A line is made of clauses, joined by commas: "Enrolment 12 → 40, completion moved from 2026-05 to
2027-11". Words of the registry are written as readers say them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from transforms.clinicaltrials.study import PHASE_LABELS
from transforms.history.changes import Change
from transforms.shown import shortened

LINE_LIMIT = 300  # characters: a line of a mail or a feed
MOST_COMPARED = 250_000  # pairs of lines of two texts; the longest criteria have some hundred lines
FEW = 3  # items named one by one; more are counted

STATUS_WORDS = {"ACTIVE_NOT_RECRUITING": "active, not recruiting", "UNKNOWN": "unknown (no update for long)"}
ENDPOINT_WORDS = {"times_months": "months", "threshold": "threshold", "min_grade": "lowest grade",
                  "sustained_days": "days sustained"}  # fmt: skip
CRITERION_WORDS = {"eligible_min": "at least", "eligible_max": "at most", "days": "days", "half_lives": "half-lives",
                   "relative_to": "counted from"}  # fmt: skip
CONDITIONING_WORDS = {"dose_max": "dose", "n_doses": "doses", "requirement": "given as", "first_day": "first day"}
FIELD_WORDS = {
    "why_stopped": "reason given", "start_date": "start", "primary_completion_date": "primary completion",
    "completion_date": "completion", "std_ages": "age groups", "lead_sponsor": "lead sponsor",
    "target_antigens": "targets", "cell_source": "source of cells", "cell_type": "kind of cell",
    "eligibility_criteria": "criteria", "max_prednisone_mg_per_day": "prednisone allowed (mg a day)",
}  # fmt: skip


def summary(event_type: str, changes: Sequence[Change], more: Iterable[str] = ()) -> str:
    """One line for an event of `event_type` that these changes make, and what `more` is to be told with them."""
    clauses = CLAUSES[event_type]
    return line([*clauses(changes), *more])


def line(clauses: Iterable[str]) -> str:
    """Clauses as one line, shortened to what a line holds."""
    text = ", ".join(clause for clause in clauses if clause)
    text = " ".join(text.split())
    return shortened(text[:1].upper() + text[1:], LINE_LIMIT)


def headline(summaries: Sequence[str]) -> str:
    """The lines of several events of one trial as one line."""
    return line(text if n == 0 else _lower_first(text) for n, text in enumerate(summaries))


def status(word: object) -> str:
    """A recruitment status as readers say it."""
    return STATUS_WORDS.get(str(word)) or str(word or "no status").replace("_", " ").lower()


def _lower_first(text: str) -> str:
    # "CD19" and "NCT..." keep their capitals.
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _field(column: str) -> str:
    return FIELD_WORDS.get(column) or column.replace("_", " ")


def _shown(given: Any) -> str:
    if given is None:
        return "not stated"
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, list):
        return shortened(", ".join(map(str, given)))
    if given == "NA":
        return "not applicable"
    if isinstance(given, str) and re.fullmatch(r"[A-Z][A-Z_]+", given):
        return given.replace("_", " ").lower()
    return shortened(str(given))


def _from_to(change: Change) -> str:
    return f"{_field(change.column)} {_shown(change.old)} → {_shown(change.new)}"


def _by_column(changes: Sequence[Change]) -> dict[str, Change]:
    return {change.column: change for change in changes if change.table == "trials"}


def _status_clauses(changes: Sequence[Change]) -> Iterator[str]:
    of = _by_column(changes)
    if change := of.get("overall_status"):
        yield f"status {status(change.old)} → {status(change.new)}"
    if "enrollment_count" in of or "enrollment_type" in of:
        yield from _enrollment_clauses(changes)
    if (reason := of.get("why_stopped")) and reason.new:
        yield f"reason: {shortened(str(reason.new), 160)}"
    elif reason:
        yield "reason for stopping taken back"
    if "overall_status" not in of and (known := of.get("last_known_status")):
        yield f"last known status {status(known.old)} → {status(known.new)}"


def _enrollment_clauses(changes: Sequence[Change]) -> Iterator[str]:
    of = _by_column(changes)
    count, kind = of.get("enrollment_count"), of.get("enrollment_type")
    words = {"ACTUAL": "actual", "ESTIMATED": "planned"}
    if count and kind:
        old, new = (f" {words[w]}" if w in words else "" for w in (kind.old, kind.new))
        yield f"enrolment {_shown(count.old)}{old} → {_shown(count.new)}{new}"
    elif count:
        yield f"enrolment {_shown(count.old)} → {_shown(count.new)}"
    elif kind:
        yield f"enrolment now {words.get(kind.new, _shown(kind.new))}"


def _date_clauses(changes: Sequence[Change]) -> Iterator[str]:
    of = _by_column(changes)
    for column in ("start_date", "primary_completion_date", "completion_date"):
        moved, kind = of.get(column), of.get(f"{column}_type")
        reached = " (actual)" if kind and kind.new == "ACTUAL" else ""
        name = _field(column)
        if moved and moved.old and moved.new:
            yield f"{name} moved from {moved.old} to {moved.new}{reached}"
        elif moved:
            yield f"{name} set to {moved.new}{reached}" if moved.new else f"{name} {moved.old} removed"
        elif kind:
            yield f"{name} now {_shown(kind.new)}"


def _design_clauses(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        if change.column == "phases":
            yield f"{_phases(change.old)} → {_phases(change.new)}"
        elif change.table in ("trials", "car_t_profiles"):
            yield _from_to(change)
    yield from _tabulated([change for change in changes if change.table == "trial_conditioning"], CONDITIONING_WORDS)
    yield from _came_and_went(changes, {"trial_arms": "arm", "trial_interventions": "intervention"})
    for change in changes:
        if change.table == "trial_arms" and change.kind == "changed":
            yield f"{_from_to(change)} in {shortened(change.item or '')}"
        elif change.table == "trial_arm_interventions":
            given = "now given" if change.kind == "added" else "no longer given"
            yield f"{given} in {shortened(change.item or '')}"


def _phases(given: Any) -> str:
    return "/".join(PHASE_LABELS.get(phase, str(phase)) for phase in given) if given else "no phase"


def _outcome_clauses(changes: Sequence[Change]) -> Iterator[str]:
    endpoints = [change for change in changes if change.table == "trial_endpoints"]
    changes = [change for change in changes if change.table != "trial_endpoints"]
    moved = [change for change in changes if change.column == "outcome_type" and change.kind == "changed"]
    for change in moved[:FEW]:
        yield f"outcome moved from {change.old} to {change.new}: {shortened(change.item or '')}"
    if len(moved) > FEW:
        yield f"{len(moved) - FEW} more moved"
    for kind in ("primary", "secondary", "other"):
        of_kind = [change for change in changes if kind in change.types and change not in moved]
        yield from _came_and_went(of_kind, {"trial_outcomes": f"{kind} outcome"})
        reworded = {change.item: change for change in of_kind if change.kind == "changed"}
        if len(reworded) == 1:
            change = next(iter(reworded.values()))
            yield f"{kind} outcome changed ({_field(change.column)}): {shortened(change.item or '')}"
        elif reworded:
            yield f"{len(reworded)} {kind} outcomes changed"
    yield from _endpoint_clauses(endpoints)


def _endpoint_clauses(changes: Sequence[Change]) -> Iterator[str]:
    """What changed of primary endpoints that stayed; those that came or went are told with their outcomes."""
    yield from _tabulated([change for change in changes if "primary" in change.types], ENDPOINT_WORDS)


def _numbers(given: Any) -> str:
    if isinstance(given, list):
        return ", ".join(f"{month:g}" for month in given)
    return f"{given:g}" if isinstance(given, float) else _shown(given)


def _eligibility_clauses(changes: Sequence[Change]) -> Iterator[str]:
    criteria = [change for change in changes if change.table == "trial_criteria" and change.item != "age"]
    yield from _tabulated(criteria, CRITERION_WORDS)
    for change in changes:
        if change.table == "trial_criteria":
            continue
        if change.column != "eligibility_criteria":
            yield _from_to(change)
            continue
        added, removed = changed_lines(change.old, change.new)
        counts = [f"{len(lines)} {word}" for lines, word in ((added, "added"), (removed, "removed")) if lines]
        yield f"eligibility criteria changed (lines: {', '.join(counts)})"


def _tabulated(changes: Sequence[Change], words: dict[str, str]) -> Iterator[str]:
    """What changed of rows that rules read: "SLEDAI-2K: at least 8 → 6"; what came or went the text tells."""
    told = [change for change in changes if change.kind == "changed" and change.column in words]
    for change in told[:FEW]:
        yield f"{change.item}: {words[change.column]} {_numbers(change.old)} → {_numbers(change.new)}"
    if len(told) > FEW:
        yield f"{len(told) - FEW} more"


def changed_lines(old: object, new: object) -> tuple[list[str], list[str]]:
    """Lines added to and removed from a text. A reworded line is both."""
    before, after = (_lines(text) for text in (old, new))
    if len(before) * len(after) > MOST_COMPARED:
        # Finding what moved would compare all lines with all: lines are counted, and those that moved are none.
        return list((Counter(after) - Counter(before)).elements()), list((Counter(before) - Counter(after)).elements())
    added: list[str] = []
    removed: list[str] = []
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for tag, old_from, old_to, new_from, new_to in steps:
        if tag != "equal":
            removed += before[old_from:old_to]
            added += after[new_from:new_to]
    return added, removed


def _lines(text: object) -> list[str]:
    return [part for line in str(text or "").splitlines() if (part := " ".join(line.split()))]


def _disease_clauses(changes: Sequence[Change]) -> Iterator[str]:
    yield from _came_and_went(changes, {"trials": "disease", "trial_conditions": "condition"})


def _product_clauses(changes: Sequence[Change]) -> Iterator[str]:
    yield from _came_and_went(changes, {"car_t_products": "product"})
    for change in changes:
        if change.kind == "changed":
            of = "" if change.column == "product" else f" of {shortened(change.item or '')}"
            yield f"{_field(change.column)}{of} {_shown(change.old)} → {_shown(change.new)}"


def _site_clauses(changes: Sequence[Change]) -> Iterator[str]:
    for word, side in (("gained", "new"), ("lost", "old")):
        counts = {c.item: len((getattr(c, side) or {}).get(word, ())) for c in changes}
        counts = {country: count for country, count in counts.items() if count}
        if total := sum(counts.values()):
            where = ", ".join(f"{count} in {country}" for country, count in counts.items())
            where = f"in {next(iter(counts))}" if len(counts) == 1 else f"({shortened(where, 120)})"
            yield f"{total} site{'s' if total > 1 else ''} {word} {where}"
    first = [change.item for change in changes if change.kind == "added" and change.item]
    if first:
        yield f"new {'country' if len(first) == 1 else 'countries'}: {shortened(', '.join(first))}"
    left = [change.item for change in changes if change.kind == "removed" and change.item]
    if left:
        yield f"no more sites in {shortened(', '.join(left))}"


def _sponsor_clauses(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        if change.table == "trials":
            yield _from_to(change)
    yield from _came_and_went(changes, {"trial_collaborators": "collaborator"})


def _results_clauses(changes: Sequence[Change]) -> Iterator[str]:
    posted = _by_column(changes).get("results_first_posted_date")
    yield f"results posted on {posted.new}" if posted else "results posted"


def _came_and_went(changes: Sequence[Change], nouns: dict[str, str]) -> Iterator[str]:
    """ "arm added: Cohort B"; more than a few are counted."""
    for table, noun in nouns.items():
        for kind in ("added", "removed"):
            names = [shortened(c.item or "") for c in changes if c.table == table and c.kind == kind]
            if len(names) > FEW:
                yield f"{len(names)} {noun}s {kind}"
            elif names:
                yield f"{noun}{'s' if len(names) > 1 else ''} {kind}: {'; '.join(names)}"


CLAUSES: dict[str, Callable[[Sequence[Change]], Iterator[str]]] = {
    "status_changed": _status_clauses,
    "enrollment_changed": _enrollment_clauses,
    "dates_changed": _date_clauses,
    "design_changed": _design_clauses,
    "outcomes_changed": _outcome_clauses,
    "eligibility_changed": _eligibility_clauses,
    "diseases_changed": _disease_clauses,
    "product_changed": _product_clauses,
    "sites_changed": _site_clauses,
    "sponsor_changed": _sponsor_clauses,
    "results_posted": _results_clauses,
}

"""A sponsor renamed across many records in one run: a company's new name, not many changes of sponsor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from transforms.history.changes import Change
from transforms.history.fields import words
from transforms.history.materiality import rule_named

# Two trials may be handed over together; three with the same two names in one run are a new name.
MANY_RECORDS = 3


def sponsor_renames(by_trial: Mapping[str, Sequence[Change]]) -> dict[str, list[Change]]:
    """All changes of one run, by trial, with the renaming of a sponsor judged as what it is.

    Call it between `changes` and `events`: events take their materiality from the changes.
    """
    trials: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for nct_id, changes in by_trial.items():
        for change in changes:
            if _is_lead(change):
                trials[_names(change)].add(nct_id)
    renamed = {names for names, those in trials.items() if len(those) >= MANY_RECORDS}
    rule = rule_named("sponsor_renamed")
    return {
        nct_id: [
            replace(change, materiality=rule.materiality, rule=rule.rule)
            if _is_lead(change) and _names(change) in renamed
            else change
            for change in changes
        ]
        for nct_id, changes in by_trial.items()
    }


def _is_lead(change: Change) -> bool:
    return change.table == "trials" and change.column == "lead_sponsor"


def _names(change: Change) -> tuple[str, str]:
    return words(change.old), words(change.new)

"""Rows of trial_criteria: who may enter, statement by statement of the eligibility text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transforms.profile.criteria.antibodies import antibodies
from transforms.profile.criteria.contraception import contraception
from transforms.profile.criteria.limits import classes, limits, timed_tasks
from transforms.profile.criteria.others import others
from transforms.profile.criteria.row import Criterion
from transforms.profile.criteria.statements import statements
from transforms.profile.criteria.therapies import failed_therapies
from transforms.profile.criteria.washouts import washouts
from transforms.profile.reading.findings import Finding, quote
from transforms.profile.reading.memo import cached_rule
from transforms.profile.reading.texts import Text, eligibility

TABLE = "trial_criteria"
MOST_ROWS = 400
_ONCE = frozenset(
    {
        "malignancy_history",
        "infection",
        "transplant",
        "prior_treatment",
        "cns",
        "pregnancy",
        "biopsy",
        "organ_involvement",
        "biomarker_expression",
    }
)
_TIMED = ("criterion.contraception", "criterion.contraception_to_end")
_READERS = (limits, timed_tasks, classes, failed_therapies, washouts, antibodies, contraception, others)


def criteria(study: Mapping[str, Any]) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Rows for trial_criteria (without nct_id), numbered, and the words of each."""
    text = eligibility(study)
    rows, findings = [], []
    for number, one in enumerate(_criteria(text) if text is not None else (), 1):
        rows.append({"criterion_no": number, **one.values})
        value = str(one.values["subject"] or one.values["kind"])
        reason = quote(one.statement.text, one.start, one.end, one.values["kind"], value, one.rule_id)
        findings.append(reason._replace(item_table=TABLE, item_no=number))
    return rows, findings


@cached_rule
def _criteria(text: Text) -> tuple[Criterion, ...]:
    every = (one for statement in statements(text) for read in _READERS for one in read(statement))
    first: dict[tuple[Any, ...], Criterion] = {}
    for one in every:
        first.setdefault(_says(one), one)
    rows = list(first.values())
    if any(one.rule_id in _TIMED for one in rows):
        rows = [one for one in rows if one.rule_id != "criterion.contraception_untimed"]
    return tuple(rows[:MOST_ROWS])


def _says(one: Criterion) -> tuple[Any, ...]:
    """What a row says, without where: the same said twice is one row; of what has no number the first time counts."""
    told = one.values
    if told["kind"] in _ONCE:
        return told["kind"], told["subject"], told["side"]
    return tuple(tuple(v) if isinstance(v, list) else v for name, v in told.items()
                 if name not in ("item_no", "alternative_no", "exception_text", "is_conditional"))  # fmt: skip

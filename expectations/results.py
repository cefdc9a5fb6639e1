"""What a check says: its result, the rows that fail it, and the verdict over all of them.

Nothing here imports Great Expectations: the gate, the journal and the command line read results too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from transforms.shown import shortened

# Rows named in a result. The rest is complete in `CheckResult.rows`.
EXAMPLES = 20

PASSED = "passed"
FAILED = "failed"
RAISED = "raised"  # the check itself broke: it says nothing about the rows
NOT_AVAILABLE = "not available"  # what it compares with is not there: totals of a recording, a first release

CRITICAL = "critical"  # holds the run
WARNING = "warning"  # is told
INFO = "info"  # is kept

STATUS_ORDER = (RAISED, FAILED, PASSED, NOT_AVAILABLE)


@dataclass(frozen=True, slots=True)
class FailingRow:
    """One row of one table that fails a check.

    `row` is its position in the frame that was checked, `key` its primary key, `column` and `raw`
    the field at fault and its value (None where the row as a whole fails). `is_bad_field`: the value
    makes no sense but the row does, so the row is kept and people are told.
    """

    table: str
    row: int
    key: tuple[Any, ...]
    column: str | None
    raw: str | None
    reason: str
    is_bad_field: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of one run: a row of quality_results, and behind it every failing row.

    `stage` is `gate` (the pull as a whole) or `table` (rows of one table); `subject` is the table or
    the leg; `check_name` says as a sentence what must be true; `observed` what is so instead.
    """

    stage: str
    subject: str
    check_name: str
    severity: str
    status: str
    observed: str | None = None
    failing_rows: int = 0
    examples: tuple[tuple[Any, ...], ...] = ()
    rows: tuple[FailingRow, ...] = ()

    @property
    def holds(self) -> bool:
        """True when the run must be held: a critical check failed, or could not be made."""
        return self.severity == CRITICAL and self.status in (FAILED, RAISED)

    @property
    def warns(self) -> bool:
        return self.severity != CRITICAL and self.status in (FAILED, RAISED)

    @property
    def sentence(self) -> str:
        """What is wrong, for people (`sentence_of`)."""
        return sentence_of(self.stage, self.subject, self.check_name, self.status, self.observed)

    def row(self) -> dict[str, Any]:
        """The columns of quality_results that a result knows; run_id and check_no are the run's."""
        keys = [[_plain(part) for part in key] for key in self.examples]
        return {
            "stage": self.stage,
            "subject": self.subject,
            "check_name": self.check_name,
            "severity": self.severity,
            "status": self.status,
            "observed": self.observed,
            "failing_rows": self.failing_rows,
            "examples": json.dumps(keys, ensure_ascii=False) if keys else None,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the run may be published, and what speaks against it."""

    published: bool
    failures: tuple[CheckResult, ...]
    warnings: tuple[CheckResult, ...]

    @property
    def reason(self) -> str | None:
        """Why the run is held, in one sentence; None when it is not."""
        if self.published:
            return None
        first, *others = self.failures
        more = f" (and {len(others)} more)" if others else ""
        return f"{first.sentence}{more}"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The failures that a person looked at and accepted, exactly as they were told."""

    failures: frozenset[tuple[str, str, str | None]]

    @classmethod
    def of(cls, failures: Iterable[CheckResult]) -> Acceptance:
        return cls(frozenset(_identity(failure) for failure in failures))

    @classmethod
    def from_json(cls, text: str) -> Acceptance:
        """Of the column acceptances.failures. Raises ValueError on text that is no such list."""
        try:
            told = [(each["subject"], each["check_name"], each["observed"]) for each in json.loads(text)]
        except (TypeError, KeyError) as error:
            raise ValueError("An acceptance lists subject, check_name and observed of each failure.") from error
        return cls(frozenset(told))

    def to_json(self) -> str:
        names = ("subject", "check_name", "observed")
        listed = sorted(self.failures, key=lambda told: tuple(part or "" for part in told))
        return json.dumps([dict(zip(names, told, strict=True)) for told in listed], ensure_ascii=False)


def sentence_of(stage: str, subject: str, check_name: str, status: str, observed: str | None) -> str:
    """What is wrong, as people are told it: the fact, never the name of what should be true alone."""
    if status == RAISED:
        return f"The check “{check_name}” of {subject} could not be made: {observed or 'it broke'}"
    if stage == "gate" and observed:
        return observed[0].upper() + observed[1:]
    if observed and not observed[0].isdigit():
        return f"In {subject}, {observed}"
    # From before the upgrade, or of a check that says no more.
    return f"Not so in {subject}: “{check_name}” ({observed or 'it fails'})"


def verdict(results: Iterable[CheckResult]) -> Verdict:
    """Held when any critical check failed or raised; every other failure is a warning."""
    results = tuple(results)
    failures = tuple(result for result in results if result.holds)
    return Verdict(not failures, failures, tuple(result for result in results if result.warns))


def accepted(results: Iterable[CheckResult], acceptance: Acceptance) -> Verdict:
    """The verdict once a person has accepted failures: those, as told then, and no others, hold no more.

    A failure that has grown since (another `observed`) is another failure and holds again.
    """
    given = verdict(results)
    open_failures = tuple(each for each in given.failures if _identity(each) not in acceptance.failures)
    known = tuple(each for each in given.failures if _identity(each) in acceptance.failures)
    return Verdict(not open_failures, open_failures, (*given.warnings, *known))


def combined(chunks: Iterable[Iterable[CheckResult]]) -> list[CheckResult]:
    """One result per check over all chunks of a run, in the order of first appearance."""
    by_check: dict[tuple[str, str, str], list[CheckResult]] = {}
    for results in chunks:
        for result in results:
            by_check.setdefault((result.stage, result.subject, result.check_name), []).append(result)
    return [_one_of(same) for same in by_check.values()]


def _one_of(same: list[CheckResult]) -> CheckResult:
    if len(same) == 1:
        return same[0]
    status = next(status for status in STATUS_ORDER if any(each.status == status for each in same))
    telling = [each for each in same if each.status in (FAILED, RAISED)] or same[:1]
    observed = _together([each.observed for each in telling if each.observed])
    return CheckResult(
        same[0].stage,
        same[0].subject,
        same[0].check_name,
        same[0].severity,
        status,
        "; ".join(observed) or None,
        sum(each.failing_rows for each in same),
        tuple(key for each in same for key in each.examples)[:EXAMPLES],
        tuple(row for each in same for row in each.rows),
    )


_OF_ROWS = re.compile(r"(.*) \((\d+) of (\d+) rows\)", re.DOTALL)


def _together(observed: Iterable[str]) -> list[str]:
    """What was observed, each once, with the rows of all chunks: `a site has no country (3 of 900 rows)`."""
    rows: dict[str, tuple[int, int]] = {}
    for text in observed:
        found = _OF_ROWS.fullmatch(text)
        what, wrong, looked_at = (found[1], int(found[2]), int(found[3])) if found else (text, 0, 0)
        before = rows.get(what, (0, 0))
        rows[what] = before[0] + wrong, before[1] + looked_at
    return [f"{what} ({wrong} of {of} rows)" if of else what for what, (wrong, of) in rows.items()]


NAME_LIMIT = 150  # characters of a name from a record, such as a field that is new to us


def counted(what: Mapping[str, int], limit: int = 12) -> str:
    """`'PHASE5' (3), 'PHASE6' (1)`: most frequent first, the same text for the same counts."""
    ordered = sorted(what.items(), key=lambda item: (-item[1], item[0]))
    more = f", and {len(ordered) - limit} more" if len(ordered) > limit else ""
    return ", ".join(f"{shortened(name, NAME_LIMIT)} ({count})" for name, count in ordered[:limit]) + more


def _identity(result: CheckResult) -> tuple[str, str, str | None]:
    return (result.subject, result.check_name, result.observed)


def _plain(part: Any) -> Any:
    return part.isoformat() if isinstance(part, date | datetime) else part

"""`cartrials status`: last runs, data age, what is held, stale or in quarantine, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from expectations.results import CRITICAL, sentence_of
from flows.cli.commands.printing import print_json, say
from flows.config.outside import REAL
from flows.config.settings import Settings
from flows.storage import soundness
from flows.storage.archive import scan
from flows.storage.journal import Journal
from transforms.shown import NAME_LIMIT, shown, without_effect

Group: TypeAlias = "list[Mapping[str, Any]]"  # runs that ended alike, newest first
LAST_RUNS = 10
LOOKED_BACK = 400  # runs; a failure that goes on for a year of nights is one line
QUARANTINED_SHOWN = 20
EXAMPLES_SHOWN = 3
PACKS_READ = 64 * 1024 * 1024  # bytes
STAMP_TOO_OLD = timedelta(days=4)  # the registry reloads on weekdays; a long weekend is three days


def _packs(settings: Settings) -> str:
    """The newest packs, as far as they are read within a second; `cartrials doctor` reads all."""
    left = PACKS_READ
    for path in sorted((settings.archive_path / "packs").glob("*.zst"), key=lambda one: one.name, reverse=True):
        left -= path.stat().st_size
        if left < 0:
            break
        for _ in scan(path):
            pass
    return "the newest are whole"


LOOKS = {**soundness.QUICK, "packs": _packs, "working database": soundness.working_database}
RUNS = "SELECT * FROM runs ORDER BY started_at DESC, run_id DESC LIMIT ?"


@dataclass(frozen=True)
class Status:
    """What the journal says of the state of things. Ages in hours."""

    runs: list[dict[str, Any]]
    last_published: str | None
    age_hours: float | None
    data_stamp: str | None
    is_stamp_old: bool
    held: list[dict[str, Any]]
    failed_checks: list[dict[str, Any]]
    quarantined: list[dict[str, Any]]
    parked: int
    is_too_old: bool
    last_failed: bool

    @property
    def is_well(self) -> bool:
        return not (self.is_too_old or self.last_failed)


def show_status(settings: Settings, *, as_json: bool) -> int:
    """Print the status; 1 when the last run failed or was held, the data is too old, or a file is damaged."""
    if not settings.journal_path.exists():
        print(f"No run has been made in {settings.home}. Run `cartrials nightly`.")
        return 1
    with Journal(settings.journal_path, read_only=True) as journal:
        status = read_status(journal, settings.max_age_hours, REAL.clock())
        groups = grouped(journal.rows(RUNS, [LOOKED_BACK]))
    damaged = list(soundness.damages(settings, LOOKS))
    is_well = status.is_well and not damaged
    if as_json:
        print_json({**asdict(status), "damaged": damaged, "is_well": is_well})
    else:
        _print(status, settings, groups)
        for sentence in damaged:
            say(f"Damaged: {sentence}")
    return 0 if is_well else 1


def read_status(journal: Journal, max_age_hours: float, moment: datetime) -> Status:
    """The status at `moment` (UTC without zone). Age counts from the last run that completed its checks."""
    runs = journal.rows(RUNS, [LAST_RUNS])
    # Profiles done again are no news from a source: they make nothing younger.
    published = journal.rows(
        "SELECT * FROM runs WHERE status = 'published' AND kind <> 'rebuild' ORDER BY started_at DESC LIMIT 1"
    )
    age = None
    if published:
        # A recorded night is as old as its recording was when it was played: its own clock is the past.
        age = (moment - datetime.fromisoformat(published[0]["started_at"])).total_seconds() / 3600
    stamp = published[0]["data_stamp"] if published else None
    last = runs[0] if runs else None
    return Status(
        runs=runs,
        last_published=published[0]["run_id"] if published else None,
        age_hours=round(age, 2) if age is not None else None,
        data_stamp=stamp,
        is_stamp_old=_is_old(stamp, moment),
        held=journal.rows(
            "SELECT run_id, reason FROM runs WHERE status = 'held' AND started_at > "
            "coalesce((SELECT max(started_at) FROM runs WHERE status = 'published'), '')"
        ),
        failed_checks=_failed_checks(journal, last) if last else [],
        quarantined=journal.rows(
            "SELECT source, record_id, field_path, raw_value, reason FROM quarantined_records "
            "WHERE resolved_run_id IS NULL ORDER BY source, record_id"
        ),
        parked=journal.rows("SELECT count(*) AS n FROM alerts WHERE state = 'parked'")[0]["n"],
        is_too_old=age is None or age > max_age_hours,
        last_failed=last is not None and last["status"] in ("failed", "held", "killed"),
    )


def _failed_checks(journal: Journal, run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What spoke against a run: `told_as` says how it counts, `sentence` what is wrong."""
    rows = journal.rows(
        "SELECT stage, subject, check_name, severity, status, observed, examples FROM quality_results "
        "WHERE run_id = ? AND status IN ('failed', 'raised') ORDER BY severity, check_no",
        [run["run_id"]],
    )
    holding = "Accepted" if run["status"] == "published" else "Holds the run"
    for row in rows:
        row["told_as"] = holding if row["severity"] == CRITICAL else "Note"
        said = sentence_of(row["stage"], row["subject"], row["check_name"], row["status"], row["observed"])
        row["sentence"] = said + _such_as(row["examples"], said)
    return rows


def _such_as(examples: str | None, said: str) -> str:
    """The first few of the records that a check means and its sentence does not name."""
    try:
        keys = json.loads(examples or "[]")
    except ValueError:  # a journal that somebody wrote into
        return ""
    ids = list(dict.fromkeys(shown(str(key[0]), NAME_LIMIT) for key in keys if isinstance(key, list) and key))
    few = [one for one in ids if one not in said][:EXAMPLES_SHOWN]
    return f" Among them: {', '.join(few)}." if few and len(few) == min(len(ids), EXAMPLES_SHOWN) else ""


def _is_old(stamp: str | None, moment: datetime) -> bool:
    if not stamp:
        return False
    try:
        return moment - datetime.fromisoformat(stamp).replace(tzinfo=None) > STAMP_TOO_OLD
    except ValueError:
        return False


def _print(status: Status, settings: Settings, groups: list[Group]) -> None:
    say("Last runs, the newest first:")
    for group in groups[:LAST_RUNS]:
        for line in _lines_of(group):
            say(line)
    if status.age_hours is None:
        say("Nothing has been published yet.")
    else:
        late = f", older than {settings.max_age_hours:g} hours" if status.is_too_old else ""
        say(f"Last release {status.last_published}, {status.age_hours:.1f} hours ago{late}.")
    if status.data_stamp:
        old = ", more than four days old." if status.is_stamp_old else "."
        say(f"The registry's own data stamp: {status.data_stamp}{old}")
    for held in status.held:
        say(f"Held: {held['run_id']}; publish it with `cartrials accept {held['run_id']} --reason …`, or not.")
    for check in status.failed_checks:
        say(f"{check['told_as']}: {check['sentence']}")
    if status.quarantined:
        say(f"In quarantine ({len(status.quarantined)}):")
        for row in status.quarantined[:QUARANTINED_SHOWN]:
            record, field = row["record_id"] or "without a number", row["field_path"] or "whole record"
            given = " ".join(without_effect(row["raw_value"][:80]).split())
            say(f"  {row['source']} {record} {field}: {row['reason']} — {given}")
        if len(status.quarantined) > QUARANTINED_SHOWN:
            say(f"  and {len(status.quarantined) - QUARANTINED_SHOWN} more: `cartrials status --json`.")
    if status.parked:
        say(f"{status.parked} deliveries are parked: `cartrials alerts history`.")


def grouped(runs: Iterable[Mapping[str, Any]]) -> list[Group]:
    """Runs, newest first, those after each other that ended alike together; a published one stands alone."""
    groups: list[list[Mapping[str, Any]]] = []
    for run in runs:
        last = groups[-1][-1] if groups else None
        if last and run["status"] not in ("published", "running") and _ended(run) == _ended(last):
            groups[-1].append(run)
        else:
            groups.append([run])
    return groups


def _ended(run: Mapping[str, Any]) -> tuple[str, str | None]:
    return run["status"], run["reason"]


def _lines_of(group: Group) -> Iterator[str]:
    last, first = group[0], group[-1]
    if len(group) == 1:
        yield f"  {last['run_id']}  {last['status']}"
    else:
        yield f"  {last['status']}, {len(group)} runs alike, from {first['run_id']} to"
        yield f"  {last['run_id']}"
    if last["status"] == "published":
        brought = (
            f"{last['trials_new'] or 0} new trials, {last['trials_changed'] or 0} changed; "
            f"{last['papers_new'] or 0} new papers; {last['records_quarantined'] or 0} in quarantine"
        )
        yield f"    {brought}"
    if last["reason"]:
        yield f"    {last['reason']}"
    if last["accepted_reason"]:
        yield f"    accepted: {last['accepted_reason']}"

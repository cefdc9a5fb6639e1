"""`cartrials status`: last runs, data age, what is held, stale or in quarantine, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table

from flows.cli.commands.printing import print_json
from flows.config.outside import REAL
from flows.config.settings import Settings
from flows.process import terminal
from flows.storage import soundness
from flows.storage.journal import Journal

LAST_RUNS = 10
STAMP_TOO_OLD = timedelta(days=4)  # the registry reloads on weekdays; a long weekend is three days


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
    damaged = list(soundness.damages(settings))
    is_well = status.is_well and not damaged
    if as_json:
        print_json({**asdict(status), "damaged": damaged, "is_well": is_well})
    else:
        _print(status, settings)
        for sentence in damaged:
            print(f"Damaged: {sentence}")
    return 0 if is_well else 1


def read_status(journal: Journal, max_age_hours: float, moment: datetime) -> Status:
    """The status at `moment` (UTC without zone). Age counts from the last run that completed its checks."""
    runs = journal.rows("SELECT * FROM runs ORDER BY started_at DESC, run_id DESC LIMIT ?", [LAST_RUNS])
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
        failed_checks=journal.rows(
            "SELECT subject, check_name, severity, status, observed, examples FROM quality_results WHERE run_id = ? "
            "AND status IN ('failed', 'raised') ORDER BY severity, check_no",
            [last["run_id"] if last else ""],
        ),
        quarantined=journal.rows(
            "SELECT source, record_id, field_path, raw_value, reason FROM quarantined_records "
            "WHERE resolved_run_id IS NULL ORDER BY source, record_id"
        ),
        parked=journal.rows("SELECT count(*) AS n FROM alerts WHERE state = 'parked'")[0]["n"],
        is_too_old=age is None or age > max_age_hours,
        last_failed=last is not None and last["status"] in ("failed", "held", "killed"),
    )


def _is_old(stamp: str | None, moment: datetime) -> bool:
    if not stamp:
        return False
    try:
        return moment - datetime.fromisoformat(stamp).replace(tzinfo=None) > STAMP_TOO_OLD
    except ValueError:
        return False


def _print(status: Status, settings: Settings) -> None:
    console = terminal.console()
    table = Table(title="Last runs", title_justify="left")
    for heading in ("run", "status", "trials new", "changed", "papers new", "quarantined", "why"):
        table.add_column(heading)
    for run in status.runs:
        table.add_row(
            *(
                str(run[name] if run[name] is not None else "")
                for name in (
                    "run_id",
                    "status",
                    "trials_new",
                    "trials_changed",
                    "papers_new",
                    "records_quarantined",
                    "reason",
                )
            )
        )
    console.print(table)
    if status.age_hours is None:
        console.print("Nothing has been published yet.")
    else:
        late = f", older than {settings.max_age_hours:g} hours" if status.is_too_old else ""
        console.print(f"Last release {status.last_published}, {status.age_hours:.1f} hours ago{late}.")
    if status.data_stamp:
        console.print(
            f"The registry's own data stamp: {status.data_stamp}"
            + (", more than four days old." if status.is_stamp_old else ".")
        )
    for held in status.held:
        console.print(f"Held: {held['run_id']}: {held['reason']}")
    for check in status.failed_checks:
        console.print(
            f"{check['severity']} {check['status']}: {check['check_name']} ({check['subject']}: {check['observed']})",
        )
    if status.quarantined:
        console.print(f"In quarantine ({len(status.quarantined)}):")
        for row in status.quarantined[:20]:
            console.print(
                f"  {row['source']} {row['record_id']} {row['field_path'] or 'whole record'}: "
                f"{row['reason']} — {row['raw_value'][:80]!r}",
            )
    if status.parked:
        console.print(f"{status.parked} deliveries are parked: `cartrials alerts history`.")

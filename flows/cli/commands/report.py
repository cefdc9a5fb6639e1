"""`cartrials report`: the report of what is published now, as one HTML file."""

from __future__ import annotations

from pathlib import Path

from flows.config.settings import Settings
from flows.errors import FOLLOW_UP_FAILED
from flows.report.build import build_report
from flows.runs.notify import report_again


def write_report(settings: Settings, out: Path | None = None) -> int:
    """Write the report, by default to report/index.html of the data folder. Raises WarehouseError, OSError."""
    written = build_report(settings.warehouse_path, out or settings.report_path)
    print(f"{written}  ({written.stat().st_size / 1e6:.1f} MB; opens in any browser, also without a network)")
    return 0


def write_report_again(settings: Settings) -> int:
    """After a rebuild or a restore: the report says what is published now; 5 where it could not be written."""
    problems = report_again(settings)
    for problem in problems:
        print(f"problem: {problem}")
    return FOLLOW_UP_FAILED if problems else 0

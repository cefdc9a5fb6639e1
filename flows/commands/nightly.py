"""`cartrials nightly` and `cartrials accept`: a run under Prefect, and what a person sees of it."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from flows.errors import SettingsError
from flows.night import Report
from flows.nights import Options
from flows.settings import Settings

DEMO_MARK = "MADE_UP"  # a file of this name in a folder of recordings says that they are made up

FOLLOW_UP_FAILED = 5  # published, but alerts or report failed


def run_nightly(settings: Settings, source: str | None, *, full: bool, announce: bool, dry_run: bool) -> int:
    """Run the flow and print its summary; the exit code of the contract."""
    recorded = recorded_folder(source)
    options = Options(
        recorded, full=full, announce=announce, dry_run=dry_run,
        is_demo=recorded is not None and (recorded / DEMO_MARK).exists(),
    )  # fmt: skip
    quieten_prefect(settings)
    console = Console(stderr=True)
    with console.status("Working…") if console.is_terminal else _plain(console):
        from flows.nightly import nightly

        reports = nightly(settings, options)
    summarise(settings, reports)
    return exit_code_of(reports)


def accept_held(settings: Settings, run_id: str, reason: str) -> int:
    """Publish a held run for exactly the failures it lists."""
    from flows.accepting import accept

    reports = [accept(settings, run_id, reason)]
    summarise(settings, reports)
    return exit_code_of(reports)


def exit_code_of(reports: list[Report]) -> int:
    """0, or 5 where something that followed a publication went wrong."""
    return FOLLOW_UP_FAILED if any(report.problems for report in reports) else 0


def recorded_folder(source: str | None) -> Path | None:
    """The folder of `recorded:DIR`. Raises SettingsError for another word or no such folder."""
    if source is None or source == "live":
        return None
    kind, _, folder = source.partition(":")
    if kind != "recorded" or not folder:
        raise SettingsError(f"--source is {source!r}; expected recorded:DIR, a folder of recorded nights.")
    if not Path(folder).is_dir():
        raise SettingsError(f"There is no folder {folder} to read recorded nights from.")
    return Path(folder)


def quieten_prefect(settings: Settings) -> None:
    """Before Prefect is imported: no telemetry, no noise, a start-up limit that a busy machine can meet.

    A run that Prefect itself started keeps Prefect's own settings: there the log belongs to its server.
    """
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "240")
    if "PREFECT_API_URL" not in os.environ:
        os.environ.setdefault("PREFECT_HOME", str((settings.home / "prefect").absolute()))
        # Prefect's child server opens its database there and does not make the folder itself.
        Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    logging.getLogger("prefect").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore")


def summarise(settings: Settings, reports: list[Report]) -> None:
    """What each night did, and what to open."""
    if not reports:
        print("Nothing to do: every recorded night is already in.")
        return
    for report in reports:
        print(_line(report))
        for warning in report.warnings:
            print(f"  note: {warning.check_name} ({warning.subject}: {warning.observed})")
        if report.announced is not None and (report.announced.told or report.announced.waiting):
            told = report.announced
            print(f"  alerts: {told.told} noted, {told.sent} messages delivered, {told.waiting} wait")
        for problem in report.problems:
            print(f"  problem: {problem}")
    last = reports[-1]
    if last.status == "published":
        print(f"Published {settings.warehouse_path}")
        print(f"  fingerprint {last.fingerprint}")


def _line(report: Report) -> str:
    return (
        f"{report.clock:%Y-%m-%d} {report.status}: {report.trials_new} new trials, {report.trials_changed} changed; "
        f"{report.papers_new} new papers, {report.papers_changed} changed; {report.events} events; "
        f"{report.quarantined} in quarantine"
    )


class _plain:
    """Plain lines where there is no terminal."""

    def __init__(self, console: Console) -> None:
        self.started = datetime.now(UTC)

    def __enter__(self) -> None:
        print(f"{self.started:%H:%M:%S} nightly run begins", file=sys.stderr)

    def __exit__(self, *_: object) -> None:
        print(f"{datetime.now(UTC):%H:%M:%S} nightly run ends", file=sys.stderr)

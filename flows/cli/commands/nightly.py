"""`cartrials nightly` and `cartrials accept`: a run under Prefect, and what a person sees of it."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flows.config.settings import Settings
from flows.config.watchlist import load as load_watchlist
from flows.errors import FOLLOW_UP_FAILED, SettingsError
from flows.orchestration.server import NoServer, prepare, started
from flows.process import progress, terminal
from flows.runs import nightly as nights
from flows.runs.run import Options, Report
from flows.site.place import START

DEMO_MARK = "MADE_UP"  # a file of this name in a folder of recordings says that they are made up


def run_nightly(settings: Settings, source: str | None, *, full: bool, announce: bool, dry_run: bool) -> int:
    """Run the flow and print its summary; the exit code of the contract."""
    recorded = recorded_folder(source)
    options = Options(
        recorded, full=full, announce=announce, dry_run=dry_run,
        is_demo=recorded is not None and (recorded / DEMO_MARK).exists(),
    )  # fmt: skip
    with watching():
        reports = _under_prefect(settings, options)
    summarise(settings, reports)
    return exit_code_of(reports)


def _under_prefect(settings: Settings, options: Options) -> list[Report]:
    """The nightly flow on Prefect's server; without one the same steps all the same.

    A night that is not made because its bookkeeper is ill would be the worse loss: all that is missing
    then is Prefect's own history of the run.
    """
    load_watchlist(settings.watchlist)  # a mistake in it is told at once, not after a server has started
    try:
        prepare(settings.home)
        server = started(settings.home, with_scheduler=False)
        silence()
        from flows.nightly import nightly

        server.ready(settings.prefect_patience)
    except NoServer as error:
        print(f"{error} The run goes on without Prefect.", file=sys.stderr)
        return nights.run(settings, options)
    return nightly(settings, options)


def accept_held(
    settings: Settings, run_id: str, reason: str, *, tell_removals: bool = False, dry_run: bool = False
) -> int:
    """Publish a held run for exactly the failures it lists; before that, say what it tells whom."""
    from flows.runs.accept import Asked, accept

    reports = [accept(settings, run_id, Asked(reason, tell_removals=tell_removals, dry_run=dry_run, say=print))]
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


def silence() -> None:
    """Nothing of Prefect's on the terminal: what a run has to say, it says itself."""
    logging.getLogger("prefect").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore")


def summarise(settings: Settings, reports: list[Report]) -> None:
    """What each night did, and what to open."""
    for line in summary(settings, reports):
        print(line)


def summary(settings: Settings, reports: list[Report]) -> Iterator[str]:
    """The lines of `summarise`."""
    if not reports:
        yield "Nothing to do: every recorded night is already in."
        return
    for report in reports:
        yield _line(report)
        for warning in report.warnings:
            yield f"  note: {warning.sentence}"
        if report.announced is not None and (
            report.announced.told or report.announced.waiting or report.announced.withheld
        ):
            told = report.announced
            yield f"  alerts: {told.told} noted, {told.sent} messages delivered, {told.waiting} wait"
            if told.withheld:
                yield f"  alerts: {told.withheld} withheld as a mass of removals; told only by"
                yield "          `cartrials alerts deliver --tell-removals`"
        for problem in report.problems:
            yield f"  problem: {problem}"
    last = reports[-1]
    if last.status == "published":
        yield f"Published {settings.warehouse_path}"
        yield f"  fingerprint {last.fingerprint}"
        if settings.report_path.exists():
            yield f"Report    {settings.report_path}"
        if settings.site is not None and (settings.site / START).exists():
            yield f"Site      {settings.site / START}"


def _line(report: Report) -> str:
    return (
        f"{report.clock:%Y-%m-%d} {report.status}: {report.trials_new} new trials, {report.trials_changed} changed; "
        f"{report.papers_new} new papers, {report.papers_changed} changed; {report.events} events; "
        f"{report.quarantined} in quarantine"
    )


@contextmanager
def watching() -> Iterator[None]:
    """Progress on stderr: one line that changes on a terminal, plain lines elsewhere."""
    console = terminal.console(stderr=True)
    if console.is_terminal:
        with console.status("Working…") as status, progress.watched(lambda line: status.update(f"{line}…")):
            yield
    else:
        with progress.watched(lambda line: print(f"{datetime.now(UTC):%H:%M:%S} {line}", file=sys.stderr, flush=True)):
            progress.tell("nightly run begins")
            yield
            progress.tell("nightly run ends")

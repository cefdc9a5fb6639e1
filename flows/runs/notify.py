"""Who hears of a run: subscribers when it is published, the operator however it ended.

Nothing here can undo a publication: what goes wrong while telling is a problem of the report, and the
command ends with 5. What was not taken goes out with the next run.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flows.alerts import operator
from flows.alerts.announce import Announced, announce, subscribers_of
from flows.alerts.operator import RunOutcome
from flows.config.outside import REAL, Outside
from flows.config.settings import Settings
from flows.config.watchlist import Watchlist
from flows.errors import CartrialsError, Held, Locked, sentence_of
from flows.ingest import to_request
from flows.report.build import build_report
from flows.runs.run import Report
from flows.site.build import build_site
from flows.storage.data_folder import DataFolder
from flows.storage.journal import Journal
from flows.storage.owners import refuse_to_write_in
from warehouse.release.publish import published_run

if TYPE_CHECKING:
    from flows.runs.run import Options

After = Callable[[], Sequence[str]]


def check_addresses(settings: Settings, watchlist: Watchlist) -> None:
    """Raises SubscribersError or SettingsError before anything is asked of anyone."""
    refuse_to_write_in(settings.home, settings.site)
    subscribers_of(settings, watchlist)
    operator.operator_outlet(settings)


def follow_up(report: Report, steps: Mapping[str, After]) -> None:
    """Run what follows a publication, each step whatever became of the others; `steps` return their problems."""
    for name, step in steps.items():
        try:
            problems = tuple(step())
        except Exception as error:  # noqa: BLE001  (published is published: whatever fails now is told, not raised)
            problems = (f"The {name} failed: {sentence_of(error)}",)
        report.problems += problems


def tell_subscribers(
    place: DataFolder, report: Report, *, send: bool, announce: Callable[..., Announced] = announce
) -> Sequence[str]:
    """Note what the published run brings, write the feeds, deliver what is due; what went wrong."""
    settings = place.settings
    report.announced = announce(
        settings, place.journal, settings.warehouse_path, report.run_id, report.clock, send=send,
        senders=place.outside.senders,
    )  # fmt: skip
    return report.announced.problems


def write_report(settings: Settings, build: Callable[..., Path] = build_report) -> Sequence[str]:
    """Write the report of what is published now. Where it fails, yesterday's stays and the sentence says why."""
    build(settings.warehouse_path, settings.report_path)
    return ()


def write_site(settings: Settings) -> Sequence[str]:
    """Write the site of what is published now, where the settings name a folder. Where it fails, yesterday's stays."""
    if settings.site is not None:
        refuse_to_write_in(settings.home, settings.site)
        build_site(settings.warehouse_path, settings.site, settings.home / "feeds")
    return ()


def pages(settings: Settings, build: Callable[..., Path] = build_report) -> Mapping[str, After]:
    """The steps that write what people look at, after feeds and alerts."""
    return {"report": partial(write_report, settings, build), "site": partial(write_site, settings)}


def report_again(settings: Settings) -> Sequence[str]:
    """Write report and site after a rebuild, which tells nobody; what went wrong, as sentences."""
    told = Report("", "published", REAL.clock())
    if settings.warehouse_path.exists():
        follow_up(told, pages(settings))
    return told.problems


@contextmanager
def writing_report(settings: Settings, reports: Sequence[Report], build: Callable[..., Path]) -> Iterator[None]:
    """Around nights: report and site of the last that was published are written once, however the nights ended."""
    try:
        yield
    finally:
        published = [report for report in reports if report.status == "published"]
        if published:
            follow_up(published[-1], pages(settings, build))


@contextmanager
def telling_of_altered_rows(place: DataFolder, reports: Sequence[Report]) -> Iterator[None]:
    """Around nights: what of the journal was altered since the run before is named, and the nights go on.

    The archive, not the journal, says what is published; a disk that flips a byte is not to silence everybody.
    """
    altered = place.journal.altered()
    try:
        yield
    except Exception as error:
        _add_notes(error, (altered,) if altered else ())
        raise
    if altered and reports:
        reports[-1].problems += (altered,)


@contextmanager
def delivering_what_waits(place: DataFolder, reports: Sequence[Report], options: Options) -> Iterator[None]:
    """Around nights: where none of them told anybody, what the last release left undelivered goes out all the same."""
    try:
        yield
    except Exception as error:
        _add_notes(error, _deliver_waiting(place, options))
        raise
    if not any(report.announced for report in reports):
        problems = _deliver_waiting(place, options)
        if reports:
            reports[-1].problems += tuple(problems)


def _deliver_waiting(place: DataFolder, options: Options) -> Sequence[str]:
    settings = place.settings
    run_id = published_run(settings.warehouse_path)
    if run_id is None or not options.announce or options.dry_run:
        return ()
    # Recorded nights have a clock of their own; what they left is due by it.
    now = place.outside.clock()
    clock = now if options.recorded is None else to_request.last_clock(place) or now
    try:
        return announce(
            settings, place.journal, settings.warehouse_path, run_id, clock, send=True, senders=place.outside.senders
        ).problems
    except Exception as error:  # noqa: BLE001  (what ended the night is what must be heard of)
        return (f"The alerts failed: {sentence_of(error)}",)


@contextmanager
def operator_hears(settings: Settings, outside: Outside) -> Iterator[list[Report]]:
    """Around a run that adds its reports to the list: however it ends, the operator hears of it.

    Another run that holds the lock is no failure; whether the data grows too old is looked at all the same.
    """
    reports: list[Report] = []
    began = outside.clock()
    try:
        yield reports
    except Locked as error:
        _add_notes(error, tell_operator(settings, None, outside))
        raise
    except Exception as error:
        _add_notes(error, tell_operator(settings, _failure(settings, error, began), outside))
        raise
    if reports:
        last = reports[-1]
        last.problems += tuple(tell_operator(settings, RunOutcome(last.run_id, last.status, last.reason), outside))
    else:
        tell_operator(settings, None, outside)


def tell_of_killed(place: DataFolder) -> None:
    """The run before this one may have been killed, and could not say so itself."""
    last = place.journal.rows("SELECT run_id, status, reason FROM runs ORDER BY started_at DESC, run_id DESC LIMIT 1")
    if last and last[0]["status"] == "killed":
        tell_operator(place.settings, RunOutcome(last[0]["run_id"], "killed", last[0]["reason"]), place.outside)


def tell_operator(settings: Settings, outcome: RunOutcome | None, outside: Outside = REAL) -> Sequence[str]:
    """Tell the operator what they have not been told; what went wrong in telling."""
    try:
        with Journal(settings.journal_path) as journal:
            return operator.notify_operator(settings, journal, outcome, outside=outside).problems
    except Exception as error:  # noqa: BLE001  (how the run ended must not be hidden by how it was told)
        problem = f"The operator could not be told: {sentence_of(error)}"
    if outcome is None or outcome.status in operator.COMPLETE:
        return (problem,)
    # Without a journal nothing remembers what was told; told twice is better than never.
    with suppress(Exception):
        if operator.tell_directly(settings, outcome, outside):
            return ()
    return (problem,)


def _failure(settings: Settings, error: Exception, began: datetime) -> RunOutcome:
    """How a run ended that raised: its id where it had begun."""
    status = "held" if isinstance(error, Held) else "failed"
    try:
        with Journal(settings.journal_path) as journal:
            rows = journal.rows(
                "SELECT run_id FROM runs WHERE finished_at >= ? AND status IN ('held', 'failed') "
                "ORDER BY finished_at DESC LIMIT 1",
                [began],
            )
    except (CartrialsError, sqlite3.Error, OSError):
        rows = []
    return RunOutcome(rows[0]["run_id"] if rows else None, status, sentence_of(error))


def _add_notes(error: Exception, problems: Sequence[str]) -> None:
    for problem in problems:
        error.add_note(problem)

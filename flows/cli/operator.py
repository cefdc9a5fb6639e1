"""Commands of the operator: the nightly run and what keeps it well."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from flows.cli.app import JsonFlag, app, finish, settings

SourceOption = Annotated[Optional[str], typer.Option(help="`recorded:DIR`: recordings instead of the network.")]


@app.command()
def nightly(
    source: SourceOption = None,
    full: Annotated[bool, typer.Option("--full", help="Pull even if the registry's data stamp has not moved.")] = False,
    no_alerts: Annotated[bool, typer.Option("--no-alerts", help="Tell no subscriber; it goes out later.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but publish.")] = False,
) -> None:
    """The main job: pull, normalise, validate, publish, alert, report."""
    from flows.cli.commands.nightly import run_nightly

    finish(run_nightly(settings(), source, full=full, announce=not no_alerts, dry_run=dry_run))


@app.command()
def accept(
    run_id: Annotated[str, typer.Argument(help="The held run, or `last`.")],
    reason: Annotated[str, typer.Option(help="Why it is right to publish it; kept.")],
    tell_removals: Annotated[
        bool, typer.Option("--tell-removals", help="Tell subscribers of each trial even where a mass is gone.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be told to whom, and stop.")] = False,
) -> None:
    """Publish a run that the gate held, for exactly the failures it lists; it first says what it tells whom."""
    from flows.cli.commands.nightly import accept_held

    finish(accept_held(settings(), run_id, reason, tell_removals=tell_removals, dry_run=dry_run))


@app.command()
def status(as_json: JsonFlag = False) -> None:
    """Last runs, data age, what is held, stale, parked, and why."""
    from flows.cli.commands.status import show_status

    finish(show_status(settings(), as_json=as_json))


@app.command()
def rebuild(
    profiles: Annotated[
        bool, typer.Option("--profiles", help="All profiles by today's rules, and what changed.")
    ] = False,
) -> None:
    """The content tables again from the archive, without the network."""
    from flows.cli.commands.rebuild import run_rebuild

    finish(run_rebuild(settings(), only_profiles=profiles))


@app.command()
def backup(directory: Annotated[Path, typer.Argument(metavar="DIR")]) -> None:
    """Copy everything that cannot be had again: archive, journal, settings files."""
    from flows.cli.commands.backup import back_up

    finish(back_up(settings(), directory))


@app.command()
def restore(directory: Annotated[Path, typer.Argument(metavar="DIR")]) -> None:
    """Put a backup back into an empty data folder and rebuild the warehouse."""
    from flows.cli.commands.backup import restore_from

    finish(restore_from(settings(restoring=True), directory))


@app.command()
def serve() -> None:
    """Schedule the nightly run (Prefect), one at a time, until stopped."""
    from flows.cli.commands.serve import serve_nightly

    finish(serve_nightly(settings()))


@app.command()
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the sources.")] = False,
    only_settings: Annotated[bool, typer.Option("--settings", help="Only what can be set, and its meaning.")] = False,
    accept_journal: Annotated[
        bool, typer.Option("--accept-journal", help="Let altered rows of the journal stand as they are.")
    ] = False,
) -> None:
    """Settings, disk, the sources' reachability and their contract, channels."""
    from flows.cli.commands.doctor import accept_journal as accept_rows
    from flows.cli.commands.doctor import examine

    if accept_journal:
        accept_rows(settings())
    finish(examine(settings(), offline=offline, only_settings=only_settings))

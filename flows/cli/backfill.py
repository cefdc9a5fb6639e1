"""Commands that fetch what was there before we looked: `backfill history | registry | pubmed`."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from flows.cli.app import app, finish, settings

backfill = typer.Typer(no_args_is_help=True, help="What was there before we looked; nobody is told of it.")
app.add_typer(backfill, name="backfill")


@backfill.callback()
def common() -> None:
    """What was there before we looked; nobody is told of it."""


RunnerOption = Annotated[
    Optional[str], typer.Option(metavar="KIND", help="What to work on: processes, threads, or here, one by one.")
]
WorkersOption = Annotated[Optional[int], typer.Option(min=1, help="Threads or processes.")]
DaskOption = Annotated[Optional[str], typer.Option(metavar="tcp://…", help="A Dask cluster's scheduler instead.")]
ResultsOption = Annotated[
    Optional[str], typer.Option(metavar="URL", help="Folder or fsspec URL for results; what is done there is skipped.")
]
ReadOnlyOption = Annotated[bool, typer.Option("--only-read", help="Write the results and enter nothing.")]
WithoutParkedOption = Annotated[
    bool, typer.Option("--without-parked", help="Enter what could be read although some inputs could not.")
]


@backfill.command()
def registry(
    location: Annotated[
        Optional[str], typer.Argument(metavar="[FROM]", help="Folder or zip of study JSON; without it the API.")
    ] = None,
    runner: RunnerOption = None,
    workers: WorkersOption = None,
    dask: DaskOption = None,
    results: ResultsOption = None,
    only_read: ReadOnlyOption = False,
    without_parked: WithoutParkedOption = False,
    size: Annotated[int, typer.Option(min=1, help="Studies of a zip or folder in one partition.")] = 1000,
) -> None:
    """Read the whole registry; trials in scope that the search missed enter the tracker."""
    from flows.cli.commands.scan import Asked, scan_registry

    asked = Asked(runner, workers, dask, results, enter=not only_read, without_parked=without_parked)
    finish(scan_registry(settings(), location, asked, size))


@backfill.command()
def pubmed(
    locations: Annotated[
        Optional[list[str]],
        typer.Argument(metavar="[FROM]…", help="Folders or URLs of baseline and update files; without them NLM's."),
    ] = None,
    runner: RunnerOption = None,
    workers: WorkersOption = None,
    dask: DaskOption = None,
    results: ResultsOption = None,
    only_read: ReadOnlyOption = False,
    without_parked: WithoutParkedOption = False,
) -> None:
    """Read the whole of PubMed; papers in scope that the search missed enter the tracker."""
    from flows.cli.commands.scan import Asked, scan_pubmed

    asked = Asked(runner, workers, dask, results, enter=not only_read, without_parked=without_parked)
    finish(scan_pubmed(settings(), locations or [], asked))


@backfill.command()
def history(
    nct_ids: Annotated[Optional[list[str]], typer.Argument(metavar="[NCT…]", help="Only these trials.")] = None,
) -> None:
    """Earlier versions of tracked trials, from the registry's own history: one request a second, resumable."""
    from flows.cli.commands.backfill import run_history

    finish(run_history(settings(), nct_ids or ()))

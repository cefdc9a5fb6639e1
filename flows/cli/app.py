"""The application and what every command shares."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional

import typer

if TYPE_CHECKING:
    from flows.config.settings import Settings

app = typer.Typer(
    name="cartrials",
    help="Tracker of CAR T-cell trial registrations in lupus and other autoimmune disease.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

JsonFlag = Annotated[bool, typer.Option("--json", help="As JSON.")]
Since = Annotated[Optional[str], typer.Option(metavar="DATE", help="From this day on (YYYY, YYYY-MM, YYYY-MM-DD).")]
Until = Annotated[Optional[str], typer.Option(metavar="DATE", help="Until this day, month or year, it included.")]
Limit = Annotated[int, typer.Option(min=1, help="Rows at most.")]
TableFormat = Annotated[str, typer.Option("--format", metavar="FORMAT", help="table, csv, json, parquet or xlsx.")]
Columns = Annotated[
    Optional[list[str]], typer.Option("--columns", metavar="NAME,NAME", help="These columns, in this order.")
]
Wide = Annotated[bool, typer.Option("--wide", help="All columns, wider than the terminal too.")]
Out = Annotated[Optional[Path], typer.Option("--out", metavar="FILE", help="Write to this file instead.")]


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"cartrials {version('cartrials')}")
        raise typer.Exit


@app.callback()
def common(
    debug: Annotated[bool, typer.Option(help="Show tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version and stop.")
    ] = False,
) -> None:
    if debug:
        os.environ["CARTRIALS_DEBUG"] = "1"


def settings(*, restoring: bool = False) -> Settings:
    """The settings in force. Raises HomeError where a restore of their data folder was cut off, but for restoring."""
    from flows.config.settings import load
    from flows.storage.restoring import refuse_unfinished

    found = load()
    if not restoring:
        refuse_unfinished(found.home)
    return found


def finish(exit_code: int | None) -> None:
    """End with a command's exit code."""
    if exit_code:
        raise typer.Exit(exit_code)

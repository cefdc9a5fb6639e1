"""Commands that fetch what was there before we looked: `backfill history | registry | pubmed`."""

from __future__ import annotations

import typer

from flows.cli.app import app

backfill = typer.Typer(no_args_is_help=True, help="What was there before we looked; nobody is told of it.")
app.add_typer(backfill, name="backfill")


@backfill.callback()
def common() -> None:
    """What was there before we looked; nobody is told of it."""

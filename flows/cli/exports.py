"""Commands that hand the warehouse on: the report, the site, exports, other warehouses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from flows.cli.app import Out, app, finish, settings


@app.command()
def report(out: Out = None) -> None:
    """The HTML report of what is published now: one file that opens without a network."""
    from flows.cli.commands.report import write_report

    finish(write_report(settings(), out))


@app.command()
def site(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="An empty folder, or one that this command has written.")
    ],
    release: Annotated[
        Optional[str], typer.Option("--release", metavar="ID", help="A kept release, by its run or its day.")
    ] = None,
) -> None:
    """A site: a page for each trial, product, sponsor and disease, filters, search; for a folder or any server."""
    from flows.cli.commands.site import write_site

    finish(write_site(settings(), folder, release))


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write to; made where it is not there.")],
    as_of: Annotated[
        Optional[str],
        typer.Option("--as-of", metavar="T", help="The registry as it was on this day or at this moment."),
    ] = None,
    known_at: Annotated[
        Optional[str], typer.Option("--known-at", metavar="T", help="With --as-of: as we knew it then, not as now.")
    ] = None,
    release: Annotated[
        Optional[str], typer.Option("--release", metavar="ID", help="A kept release, by its run or its day.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep this release for good, since it will be cited.")] = False,
) -> None:
    """Parquet, CSV, a workbook and a datapackage.json with the dictionary, to cite and hand on."""
    from flows.cli.commands.export import export_to

    finish(export_to(settings(), folder, as_of=as_of, known_at=known_at, release=release, keep=keep))


@app.command()
def publish(
    to: Annotated[
        Optional[str],
        typer.Option("--to", metavar="LAKE", help="ducklake:postgres:dbname=… host=…, or ducklake:FILE."),
    ] = None,
    data: Annotated[
        Optional[str], typer.Option("--data", metavar="URL", help="Where a new lake puts its Parquet files.")
    ] = None,
) -> None:
    """The published warehouse into a DuckLake that many read and write: one snapshot per run."""
    from flows.cli.commands.publish import publish_to

    finish(publish_to(settings(), to, data))

"""Commands of the analyst: questions to the published warehouse. None of them writes anything there."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import typer
from typer.core import TyperCommand, TyperOption

from flows.cli.app import JsonFlag, Limit, Out, Since, TableFormat, app, finish, settings


class FacetCommand(TyperCommand):
    """A command with one option for each facet of `warehouse.facets`, kept in `ctx.meta` under FACETS."""

    def get_params(self, ctx: Any) -> list[Any]:
        from warehouse.facets import FACETS

        own = super().get_params(ctx)
        return [*own, *(_facet_option(facet.name, facet.option, facet.help) for facet in FACETS)]


FACETS = "cartrials.facets"


def _facet_option(name: str, option: str, help_: str) -> TyperOption:
    def keep(ctx: Any, _param: Any, value: Any) -> None:
        ctx.meta.setdefault(FACETS, {})[name] = tuple(value or ())

    return TyperOption(
        param_decls=[option, name],
        multiple=True,
        metavar="WORD",
        help=help_,
        expose_value=False,
        callback=keep,
    )


@app.command()
def show(nct_ids: Annotated[list[str], typer.Argument(metavar="NCT…")], as_json: JsonFlag = False) -> None:
    """One trial: facts, profile with its evidence, history, papers."""
    from flows.commands.show import show_trials

    finish(show_trials(settings(), nct_ids, as_json=as_json))


@app.command(cls=FacetCommand)
def query(
    ctx: typer.Context,
    name: Annotated[Optional[str], typer.Argument(metavar="NAME", help="See `cartrials query --list`.")] = None,
    list_all: Annotated[bool, typer.Option("--list", help="Name every query.")] = False,
    since: Since = None,
    until: Annotated[Optional[str], typer.Option(metavar="DATE", help="Until this day, it included.")] = None,
    table_format: TableFormat = "table",
    out: Out = None,
) -> None:
    """A named trend query, narrowed by any facet; one given twice means either."""
    from flows.commands.query import list_queries, run_query

    if list_all or name is None:
        finish(list_queries(as_json=table_format == "json"))
        return
    words = ctx.meta.get(FACETS, {})
    finish(run_query(settings(), name, words, since=since, until=until, format=table_format, out=out))


@app.command()
def sql(
    statement: Annotated[str, typer.Argument(metavar="SELECT…")], table_format: TableFormat = "table", out: Out = None
) -> None:
    """Read-only SQL on the published warehouse."""
    from flows.commands.query import run_sql

    finish(run_sql(settings(), statement, format=table_format, out=out))


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS")],
    limit: Limit = 20,
    everything: Annotated[bool, typer.Option("--everything", help="Also what is out of scope.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Full-text search over titles, summaries and abstracts."""
    from flows.commands.query import run_search

    finish(run_search(settings(), words, limit=limit, everything=everything, as_json=as_json))


TrialOption = Annotated[Optional[str], typer.Option(metavar="NCT…", help="Of this trial only.")]
MaterialityOption = Annotated[Optional[list[str]], typer.Option(help="high, medium or low; may be given twice.")]


@app.command()
def changes(
    since: Since = None,
    trial: TrialOption = None,
    materiality: MaterialityOption = None,
    limit: Limit = 200,
    table_format: TableFormat = "table",
) -> None:
    """What changed, field by field, the newest first."""
    from flows.commands.changes import show_changes

    finish(
        show_changes(
            settings(), since=since, trial=trial, materiality=materiality or (), limit=limit, format=table_format
        )
    )


@app.command()
def events(
    since: Since = None,
    trial: TrialOption = None,
    event_type: Annotated[Optional[list[str]], typer.Option("--type", help="Event type; may be given twice.")] = None,
    materiality: MaterialityOption = None,
    limit: Limit = 200,
    table_format: TableFormat = "table",
) -> None:
    """What happened to trials, in a line each, the newest first."""
    from flows.commands.changes import show_events

    finish(
        show_events(
            settings(),
            since=since,
            trial=trial,
            event_types=event_type or (),
            materiality=materiality or (),
            limit=limit,
            format=table_format,
        )
    )

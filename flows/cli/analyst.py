"""Commands of the analyst: questions to the published warehouse. None of them writes anything there."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Optional

import typer

from flows.cli.app import Columns, JsonFlag, Limit, Out, Since, TableFormat, Until, Wide, app, finish, settings
from warehouse.querying import facet_names


@app.command()
def show(nct_ids: Annotated[list[str], typer.Argument(metavar="NCT…")], as_json: JsonFlag = False) -> None:
    """One trial: facts, profile with its evidence, history, papers."""
    from flows.cli.commands.show import show_trials

    finish(show_trials(settings(), nct_ids, as_json=as_json))


def query(
    name: Annotated[Optional[str], typer.Argument(metavar="NAME", help="See `cartrials query --list`.")] = None,
    list_all: Annotated[bool, typer.Option("--list", help="Name every query.")] = False,
    by: Annotated[Optional[str], typer.Option(metavar="FACET", help="With `cross`: count by this facet,")] = None,
    against: Annotated[Optional[str], typer.Option(metavar="FACET", help="against this one.")] = None,
    since: Since = None,
    until: Until = None,
    table_format: TableFormat = "table",
    out: Out = None,
    columns: Columns = None,
    wide: Wide = False,
    **words: Optional[list[str]],
) -> None:
    """A named trend query, narrowed by any facet; a facet given twice means either."""
    from flows.cli.commands.columns import Choice
    from flows.cli.commands.query import list_queries, run_query

    if list_all or name is None:
        finish(list_queries(as_json=table_format == "json"))
        return
    choice = Choice(columns or (), wide)
    finish(
        run_query(
            settings(),
            name,
            _given(words),
            since=since,
            until=until,
            format=table_format,
            out=out,
            choice=choice,
            axes=(by, against),
        )
    )


def _with_an_option_for_each_facet(command: Callable[..., None]) -> Callable[..., None]:
    """`command` with `**words` spelled out, so that Typer reads an option for each facet from its signature."""
    given = inspect.signature(command, eval_str=True)
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[Optional[list[str]], typer.Option(metavar="WORD", help=f"{told}.")],
        )
        for name, told in facet_names.HELP.items()
    ]
    kept = [one for one in given.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    command.__signature__ = given.replace(parameters=[*kept, *options])  # type: ignore[attr-defined]
    return command


app.command()(_with_an_option_for_each_facet(query))


# SQL may begin with a comment ("-- which trials …"), which is no option.
@app.command(context_settings={"ignore_unknown_options": True})
def sql(
    statement: Annotated[str, typer.Argument(metavar="SELECT…")],
    table_format: TableFormat = "table",
    out: Out = None,
    columns: Columns = None,
    wide: Wide = False,
    seconds: Annotated[Optional[float], typer.Option(min=0.1, max=86_400, help="At most; SQL_SECONDS.")] = None,
    memory: Annotated[Optional[int], typer.Option(min=64, max=2**24, metavar="MB", help="At most; SQL_MEMORY.")] = None,
) -> None:
    """Read-only SQL on the published warehouse, within limits of time and memory."""
    from flows.cli.commands.columns import Choice
    from flows.cli.commands.query import run_sql
    from warehouse.querying.confined import Limits

    set_so = settings()
    limits = Limits(seconds or set_so.sql_seconds, memory or set_so.sql_memory)
    choice = Choice(columns or (), wide)
    finish(run_sql(set_so, statement, limits, format=table_format, out=out, choice=choice))


@app.command()
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS")],
    limit: Limit = 20,
    everything: Annotated[bool, typer.Option("--everything", help="Also what is out of scope.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Full-text search over titles, summaries and abstracts."""
    from flows.cli.commands.query import run_search

    finish(run_search(settings(), words, limit=limit, everything=everything, as_json=as_json))


TrialOption = Annotated[Optional[str], typer.Option(metavar="NCT…", help="Of this trial only.")]
MaterialityOption = Annotated[Optional[list[str]], typer.Option(help="high, medium or low; may be given twice.")]


def changes(
    since: Since = None,
    until: Until = None,
    trial: TrialOption = None,
    materiality: MaterialityOption = None,
    limit: Limit = 200,
    table_format: TableFormat = "table",
    columns: Columns = None,
    wide: Wide = False,
    **words: Optional[list[str]],
) -> None:
    """What changed, field by field, the newest first; of all trials, or of those that match every facet."""
    from flows.cli.commands.changes import Asked, show_changes
    from flows.cli.commands.columns import Choice

    asked = Asked(_given(words), since, until, trial, materiality or (), limit, Choice(columns or (), wide))
    finish(show_changes(settings(), asked, format=table_format))


def events(
    since: Since = None,
    until: Until = None,
    trial: TrialOption = None,
    event_type: Annotated[Optional[list[str]], typer.Option("--type", help="Event type; may be given twice.")] = None,
    materiality: MaterialityOption = None,
    limit: Limit = 200,
    table_format: TableFormat = "table",
    columns: Columns = None,
    wide: Wide = False,
    **words: Optional[list[str]],
) -> None:
    """What happened to trials, in a line each, the newest first; of all, or of those that match every facet."""
    from flows.cli.commands.changes import Asked, show_events
    from flows.cli.commands.columns import Choice

    asked = Asked(_given(words), since, until, trial, materiality or (), limit, Choice(columns or (), wide))
    finish(show_events(settings(), asked, event_type or (), format=table_format))


def _given(words: Mapping[str, Optional[list[str]]]) -> dict[str, list[str]]:
    return {facet: given for facet, given in words.items() if given}


app.command()(_with_an_option_for_each_facet(changes))
app.command()(_with_an_option_for_each_facet(events))


@app.command()
def mcp() -> None:
    """A Model Context Protocol server for assistants: read-only questions, on standard input and output."""
    from flows.cli.commands.assistant import serve_assistants

    finish(serve_assistants(settings()))


@app.command()
def cohort(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A TOML file: docs/cohorts.md.")],
    autologous: Annotated[
        bool, typer.Option("--not-stated-is-autologous", help="Count a source that is not stated as autologous.")
    ] = False,
    phase_1: Annotated[bool, typer.Option("--na-is-phase-1", help="Count a phase that is NA as phase 1.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """The tables of a defined cohort on a day, held against numbers that somebody published."""
    from flows.cli.commands.cohort import count_cohort

    switches = {"not_stated_is_autologous": autologous, "na_is_phase_1": phase_1}
    finish(count_cohort(settings(), file, switches, as_json=as_json))

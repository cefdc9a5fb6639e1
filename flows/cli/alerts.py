"""Commands of those who send alerts: what would go out, what went out, what is tried again."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from flows.cli.app import Limit, app, finish, settings

alerts = typer.Typer(
    name="alerts",
    help="Who is told what: preview, deliver, history, test, seed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.add_typer(alerts)

SubscriberOption = Annotated[Optional[str], typer.Option(metavar="NAME", help="This subscriber only.")]


@alerts.command()
def preview(
    subscriber: SubscriberOption = None,
    on: Annotated[Optional[str], typer.Option(metavar="DATE", help="What would have gone out on this day.")] = None,
    text_format: Annotated[str, typer.Option("--format", help="text, html or json.")] = "text",
) -> None:
    """What would go out now; nothing is sent."""
    from flows.cli.commands.alerts import show_preview

    finish(show_preview(settings(), subscriber=subscriber, on=on, format=text_format))


@alerts.command()
def deliver(
    subscriber: SubscriberOption = None,
    parked: Annotated[bool, typer.Option("--parked", help="Try parked deliveries again.")] = False,
    now: Annotated[bool, typer.Option("--now", help="Whatever the cadence and the delays.")] = False,
    tell_removals: Annotated[
        bool, typer.Option("--tell-removals", help="Tell of each removal that was withheld as one of a mass.")
    ] = False,
) -> None:
    """Deliver what is pending and due."""
    from flows.cli.commands.alerts import deliver_pending

    finish(deliver_pending(settings(), subscriber=subscriber, parked=parked, now=now, tell_removals=tell_removals))


@alerts.command()
def history(
    subscriber: SubscriberOption = None,
    limit: Limit = 50,
    table_format: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
) -> None:
    """Messages, the newest first: when, to whom, how it went."""
    from flows.cli.commands.alerts import show_history

    finish(show_history(settings(), subscriber=subscriber, limit=limit, format=table_format))


@alerts.command()
def test(subscriber: SubscriberOption = None) -> None:
    """A test message to every channel."""
    from flows.cli.commands.alerts import send_test

    finish(send_test(settings(), subscriber=subscriber))


@alerts.command()
def seed(subscriber: SubscriberOption = None) -> None:
    """Take everything published as known; only what comes from now on is told."""
    from flows.cli.commands.alerts import seed_ledger

    finish(seed_ledger(settings(), subscriber=subscriber))

"""The command line. Each command imports what it needs when it runs: `--help` answers at once."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from flows.errors import CartrialsError

app = typer.Typer(
    name="cartrials",
    help="Tracker of CAR T-cell trial registrations in lupus and other autoimmune disease.",
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip

JsonFlag = Annotated[bool, typer.Option("--json", help="As JSON.")]


@app.callback()
def common(debug: Annotated[bool, typer.Option(help="Show tracebacks.")] = False) -> None:
    if debug:
        os.environ["CARTRIALS_DEBUG"] = "1"


@app.command()
def nightly(
    source: Annotated[Optional[str], typer.Option(help="`recorded:DIR`: recordings instead of the network.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Pull even if the registry's data stamp has not moved.")] = False,
    no_alerts: Annotated[
        bool, typer.Option("--no-alerts", help="Tell nobody; what is due goes out with the next run.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Do everything but publish.")] = False,
) -> None:
    """The main job: pull, normalise, validate, publish, alert, report."""
    from flows.commands.nightly import run_nightly

    finish(run_nightly(settings(), source, full=full, announce=not no_alerts, dry_run=dry_run))


@app.command()
def accept(
    run_id: Annotated[str, typer.Argument(help="The held run, or `last`.")],
    reason: Annotated[str, typer.Option(help="Why it is right to publish it; kept.")],
) -> None:
    """Publish a run that the gate held, for exactly the failures it lists."""
    from flows.commands.nightly import accept_held

    finish(accept_held(settings(), run_id, reason))


@app.command()
def status(as_json: JsonFlag = False) -> None:
    """Last runs, data age, what is held, stale, parked, and why."""
    from flows.commands.status import show_status

    finish(show_status(settings(), as_json=as_json))


@app.command()
def show(nct_ids: Annotated[list[str], typer.Argument(metavar="NCT…")], as_json: JsonFlag = False) -> None:
    """One trial: facts, profile with its evidence, history, papers."""
    from flows.commands.show import show_trials

    finish(show_trials(settings(), nct_ids, as_json=as_json))


@app.command()
def rebuild(
    profiles: Annotated[
        bool, typer.Option("--profiles", help="Only profiles, by today's rules; lists what changed.")
    ] = False,
) -> None:
    """The content tables again from the archive, without the network."""
    from flows.commands.rebuild import run_rebuild

    finish(run_rebuild(settings(), only_profiles=profiles))


@app.command()
def backup(directory: Annotated[Path, typer.Argument(metavar="DIR")]) -> None:
    """Copy everything that cannot be had again: archive, journal, settings files."""
    from flows.commands.backup import back_up

    finish(back_up(settings(), directory))


@app.command()
def restore(directory: Annotated[Path, typer.Argument(metavar="DIR")]) -> None:
    """Put a backup back into an empty data folder and rebuild the warehouse."""
    from flows.commands.backup import restore_from

    finish(restore_from(settings(), directory))


@app.command()
def serve() -> None:
    """Schedule the nightly run (Prefect), one at a time, until stopped."""
    from flows.commands.serve import serve_nightly

    finish(serve_nightly(settings()))


@app.command()
def doctor(
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the sources.")] = False,
) -> None:
    """Settings, disk, the sources' reachability and their contract, channels."""
    from flows.commands.doctor import examine

    finish(examine(settings(), offline=offline))


def settings() -> Any:
    """The settings in force."""
    from flows.settings import load

    return load()


def finish(exit_code: int | None) -> None:
    """End with a command's exit code."""
    if exit_code:
        raise typer.Exit(exit_code)


def main() -> None:
    """Run a command; whatever goes wrong is one sentence on stderr and an exit code of the contract."""
    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        sys.exit("Stopped. Nothing was published; the next run begins again.")
    except Exception as error:
        if os.environ.get("CARTRIALS_DEBUG"):
            raise
        print(sentence(error), file=sys.stderr)
        sys.exit(exit_code(error))


def exit_code(error: Exception) -> int:
    """0 done, 1 failed, 2 usage or settings, 3 held, 4 locked (flows.errors)."""
    if isinstance(error, CartrialsError):
        return error.exit_code
    # ValueErrors of files a person wrote: watchlist, subscribers, overrides, vocabulary.
    return (
        2 if type(error).__name__ in ("WatchlistError", "SubscribersError", "OverridesError", "VocabularyError") else 1
    )


def sentence(error: Exception) -> str:
    """What a user reads: the error's own sentence, or for one that nobody foresaw how to report it."""
    known = ("flows.", "warehouse.", "transforms.", "expectations.")
    text = str(error).strip()
    if isinstance(error, OSError) and not type(error).__module__.startswith(known):
        import errno

        if error.errno == errno.ENOSPC:
            return "There is no disk space left. Make room and run again; the last release stands."
        return f"{error.strerror or text}: {error.filename or ''}. Nothing was published; mend it and run again."
    if type(error).__module__.startswith(known) and text:
        return text
    first = text.splitlines()[0] if text else "no message"
    return f"Unexpected {type(error).__name__}: {first}. Nothing was published; run with --debug for the details."


if __name__ == "__main__":
    main()

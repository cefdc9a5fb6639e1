"""The command line: `cartrials COMMAND`. What each command does is in `flows.commands`.

    app        the application, what every command shares
    running    nightly, accept, status, rebuild, backup, restore, serve, doctor
    backfilling  backfill history | registry | pubmed
    asking     show, query, sql, search, changes, events
    telling    alerts preview | deliver | history | test | seed
    handing    report, export, publish

Each command imports what it needs when it runs: `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from flows import stopping, terminal
from flows.cli import asking, backfilling, handing, running, telling
from flows.cli.app import app
from flows.errors import CartrialsError, is_full, no_room
from flows.stopping import Stopped

# ValueErrors of files that a person wrote.
WRITTEN_BY_A_PERSON = ("WatchlistError", "SubscribersError", "OverridesError", "VocabularyError")

__all__ = ["app", "asking", "backfilling", "handing", "main", "running", "telling"]


def main() -> None:
    """Run a command; whatever goes wrong is one sentence on stderr and an exit code of the contract."""
    stopping.listen()
    with terminal.shown():
        _run()


def _run() -> None:
    try:
        app(standalone_mode=True)
    except Stopped:
        _end_stopped()
    except BrokenPipeError:
        # The reader of a pipe has seen enough, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if stopping.was_asked():  # such as a query of DuckDB's, which a signal breaks off with an error of its own
            _end_stopped()
        if os.environ.get("CARTRIALS_DEBUG"):
            raise
        print(sentence(error), file=sys.stderr)
        for note in getattr(error, "__notes__", ()):  # what else went wrong, such as an operator who was not told
            print(note, file=sys.stderr)
        sys.exit(exit_code(error))


def _end_stopped() -> NoReturn:
    print(stopping.sentence(), file=sys.stderr)
    sys.exit(stopping.exit_code())


def exit_code(error: Exception) -> int:
    """0 done, 1 failed, 2 usage or settings, 3 held, 4 locked (flows.errors)."""
    if isinstance(error, CartrialsError):
        return error.exit_code
    return 2 if type(error).__name__ in WRITTEN_BY_A_PERSON else 1


def sentence(error: Exception) -> str:
    """What a user reads: the error's own sentence, or for one that nobody foresaw how to report it."""
    known = ("flows.", "warehouse.", "transforms.", "expectations.")
    text = str(error).strip()
    if isinstance(error, OSError) and not type(error).__module__.startswith(known):
        if is_full(error):
            return str(no_room(error.filename or "the data folder"))
        return f"{error.strerror or text}: {error.filename or ''}. Nothing was published; mend it and run again."
    if type(error).__module__.startswith(known) and text:
        return text
    first = text.splitlines()[0] if text else "no message"
    return f"Unexpected {type(error).__name__}: {first}. Nothing was published; run with --debug for the details."

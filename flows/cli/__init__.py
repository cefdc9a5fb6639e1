"""The command line: `cartrials COMMAND`. What each command does is in `flows.cli.commands`.

    app        the application, what every command shares
    operator   nightly, accept, status, rebuild, backup, restore, serve, doctor
    backfill   backfill history | registry | pubmed
    analyst    show, query, sql, search, changes, events, mcp
    alerts     alerts preview | deliver | history | test | seed
    exports    report, export, publish

Each command imports what it needs when it runs: `--help` answers at once.
"""

from __future__ import annotations

import os
import re
import sys
from typing import NoReturn

from flows.cli import alerts, analyst, backfill, exports, operator
from flows.cli.app import app
from flows.errors import CartrialsError, is_full, no_room
from flows.process import stopping, terminal
from flows.process.stopping import Stopped
from warehouse.errors import disk_error

# ValueErrors of files that a person wrote.
WRITTEN_BY_A_PERSON = ("WatchlistError", "SubscribersError", "OverridesError", "VocabularyError")

__all__ = ["alerts", "analyst", "app", "backfill", "exports", "main", "operator"]


def main() -> None:
    """Run a command; whatever goes wrong is one sentence on stderr and an exit code of the contract."""
    stopping.begin()
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
    """1 failed, 2 usage or settings, 3 held, 4 locked (flows.errors); 5 for what nobody foresaw after a publication."""
    if isinstance(error, CartrialsError):
        return error.exit_code
    if type(error).__name__ in WRITTEN_BY_A_PERSON or _is_of_a_word(error):
        return 2
    return stopping.exit_code()


def sentence(error: Exception) -> str:
    """What a user reads: the error's own sentence, or for one that nobody foresaw how to report it."""
    known = ("flows.", "warehouse.", "transforms.", "expectations.")
    text = str(error).strip()
    if type(error).__module__.startswith(known) and text:
        return _true_of_release(text)
    if failed := error if isinstance(error, OSError) else disk_error(error):
        return _of_disk(failed)
    if _is_of_a_word(error):
        return "A word of the command is not text in UTF-8: write it so, under a locale such as LC_ALL=C.UTF-8."
    first = text.splitlines()[0] if text else "no message"
    return f"Unexpected {type(error).__name__}: {first}. {_published()} Run with --debug for the details."


def _of_disk(error: OSError) -> str:
    if is_full(error):
        return _true_of_release(str(no_room(error.filename or "a file")))
    where = f": {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{where}. {_published()} Mend it and run again."


def _is_of_a_word(error: Exception) -> bool:
    """Whether a word of the command, whose bytes are no text, could not be used as text."""
    bytes_kept = range(0xDC80, 0xDD00)  # how Python holds bytes that are no text
    return isinstance(error, UnicodeEncodeError) and any(ord(one) in bytes_kept for word in sys.argv for one in word)


def _true_of_release(text: str) -> str:
    """What stops a run says that the last release stands: once a run of this process is published, that one does."""
    run = stopping.published_run()
    return re.sub(r"\b([Tt]he) last release stands", rf"\1 release of run {run} stands", text) if run else text


def _published() -> str:
    """What is known of it, which is all that may be said."""
    run = stopping.published_run()
    return f"Run {run} was published before that; the next run does what is left." if run else "Nothing was published."

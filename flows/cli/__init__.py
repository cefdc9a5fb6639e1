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
import sys
from typing import NoReturn

from flows.cli import alerts, analyst, backfill, exports, operator
from flows.cli.app import app
from flows.errors import CartrialsError, sentence_of
from flows.process import stopping, terminal
from flows.process.stopping import Stopped

__all__ = ["alerts", "analyst", "app", "backfill", "exports", "main", "operator"]


def main() -> None:
    """Run a command; whatever goes wrong is one sentence on stderr and an exit code of the contract."""
    stopping.begin()
    with terminal.shown() as printed:
        try:
            _run()
        except SystemExit as ended:
            if ended.code:
                raise
        printed.flush()
        if printed.lost:
            lost = f"What this command prints was lost: {printed.lost.strerror}. {stopping.of_publication()}"
            print(lost.strip(), file=sys.stderr)
        sys.exit(stopping.exit_code() if printed.lost else 0)


def _run() -> None:
    try:
        app(standalone_mode=True)
    except Stopped:
        _end_stopped()
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
    """What the error declares; 5 in place of 1 where something was published before it."""
    declared = error.exit_code if isinstance(error, CartrialsError) else 2 if _is_of_a_word(error) else 1
    return stopping.exit_code() if declared == 1 else declared


def sentence(error: Exception) -> str:
    """What a user reads: what went wrong, and where a run failed what is known of its release."""
    if _is_of_a_word(error):
        return "A word of the command is not text in UTF-8: write it so, under a locale such as LC_ALL=C.UTF-8."
    known = stopping.of_publication() if exit_code(error) == stopping.exit_code() else ""
    return f"{sentence_of(error)} {known}".strip()


def _is_of_a_word(error: Exception) -> bool:
    """Whether a word of the command, whose bytes are no text, could not be used as text."""
    bytes_kept = range(0xDC80, 0xDD00)  # how Python holds bytes that are no text
    return isinstance(error, UnicodeEncodeError) and any(ord(one) in bytes_kept for word in sys.argv for one in word)

"""`make demo`: three recorded nights of made-up trials, one after the other, and what to open then.

Each night is a run of its own of the nightly flow, all in this process: Prefect's own server takes
longer to start than the nights take to run.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import redirect_stdout
from pathlib import Path

from demo.inbox import Inbox

DEMO = Path(__file__).parent
DATA = DEMO / "data"


def main() -> int:
    """Run the demo anew; the exit code of the nightly run."""
    shutil.rmtree(DATA, ignore_errors=True)
    os.environ["CARTRIALS_HOME"] = str(DATA)
    os.environ["CARTRIALS_WATCHLIST"] = str(DEMO / "watchlist.toml")
    os.environ["CARTRIALS_SUBSCRIBERS"] = str(DEMO / "subscribers.toml")
    print(
        "Three nights of made-up recordings. Prefect's server starts first, which takes 10 to 30 seconds.", flush=True
    )
    with Inbox(DATA / "inbox") as inbox:
        os.environ |= {"DEMO_INBOX_PORT": str(inbox.port), "DEMO_WEBHOOK_SECRET": inbox.secret}
        code = cartrials("nightly", "--source", f"recorded:{DEMO / 'recordings'}")
        if code:
            return code
        write_mail("2026-09-02")
    print_what_to_open()
    return 0


def cartrials(*words: str) -> int:
    """Run a command as the command line would; its exit code."""
    from flows.cli import main as command_line

    sys.argv = ["cartrials", *words]
    try:
        command_line()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(bool(ended.code))
    return 0


def write_mail(day: str) -> None:
    """The mail that a subscriber to lupus in Europe would have got that day, as a page."""
    with (DATA / "mail.html").open("w", encoding="utf-8") as page, redirect_stdout(page):
        cartrials("alerts", "preview", "--subscriber", "lupus-europe", "--on", day, "--format", "html")


def print_what_to_open() -> None:
    """Paths of what the nights made, and commands to try."""
    shown = os.path.relpath(DATA)
    taken = len(list((DATA / "inbox").glob("*.json")))
    print(f"""
What to open:
  {shown}/cartrials.duckdb        the published warehouse (any DuckDB from 1.1 on)
  {shown}/report/index.html       the report, in a browser
  {shown}/mail.html               what a subscriber to lupus in Europe would have been mailed on the second night
  {shown}/feeds/                  Atom feeds: new trials, all events, each topic, each subscriber
  {shown}/inbox/                  {taken} signed webhooks, as a web server of this machine took them

What to try:
  export CARTRIALS_HOME={shown} CARTRIALS_WATCHLIST={os.path.relpath(DEMO)}/watchlist.toml
  .venv/bin/cartrials status
  .venv/bin/cartrials show NCT90100003
  .venv/bin/cartrials events --materiality high
  .venv/bin/cartrials alerts history
  .venv/bin/cartrials query by_target
  .venv/bin/cartrials sql "SELECT nct_id, brief_title, target_antigens FROM car_t_trials LIMIT 5"
Everything in these recordings is made up.""")


if __name__ == "__main__":
    sys.exit(main())

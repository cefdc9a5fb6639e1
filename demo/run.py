"""`make demo`: three recorded nights of made-up trials, one after the other, and what to open then.

Each night is a run of its own of the nightly flow, all in this process: Prefect's own server takes
longer to start than the nights take to run.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

DEMO = Path(__file__).parent
DATA = DEMO / "data"


def main() -> int:
    """Run the demo anew; the exit code of the nightly run."""
    shutil.rmtree(DATA, ignore_errors=True)
    os.environ["CARTRIALS_HOME"] = str(DATA)
    os.environ["CARTRIALS_WATCHLIST"] = str(DEMO / "watchlist.toml")
    from flows.cli import main as cartrials

    print(
        "Three nights of made-up recordings. Prefect's server starts first, which takes 10 to 30 seconds.", flush=True
    )
    sys.argv = ["cartrials", "nightly", "--source", f"recorded:{DEMO / 'recordings'}"]
    try:
        cartrials()
    except SystemExit as ended:
        if ended.code:
            return int(ended.code) if isinstance(ended.code, int) else 1
    print_what_to_open()
    return 0


def print_what_to_open() -> None:
    """Paths of what the nights made, and commands to try."""
    shown = os.path.relpath(DATA)
    print(f"""
What to open:
  {shown}/cartrials.duckdb        the published warehouse (any DuckDB from 1.1 on)
  {shown}/report/index.html       the report, in a browser

What to try:
  export CARTRIALS_HOME={shown} CARTRIALS_WATCHLIST={os.path.relpath(DEMO)}/watchlist.toml
  .venv/bin/cartrials status
  .venv/bin/cartrials show NCT90100003
  .venv/bin/cartrials events --materiality high
  .venv/bin/cartrials query by_target
  .venv/bin/cartrials sql "SELECT nct_id, brief_title, target_antigens FROM car_t_trials LIMIT 5"
Everything in these recordings is made up.""")


if __name__ == "__main__":
    sys.exit(main())

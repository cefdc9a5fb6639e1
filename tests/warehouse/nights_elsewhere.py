"""The demo's nights and a rebuild of them, by the DuckDB that is found first: a program of its own.

    python nights_elsewhere.py DEMO HOME

Prints one JSON line: the version, the fingerprint of each night, and what a rebuild changed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

from flows.config.settings import load
from flows.runs import nightly
from flows.runs.rebuild import rebuild
from flows.runs.run import Options


def main(demo: Path, home: Path) -> None:
    settings = load(home=home, watchlist=demo / "watchlist.toml")
    steps = nightly.Steps(write_report=lambda *_: home)
    reports = nightly.run(settings, Options(recorded=demo / "recordings", is_demo=True), steps)
    rebuilt = rebuild(settings)
    told = {
        "version": duckdb.__version__, "nights": [report.fingerprint for report in reports],
        "changed by the rebuild": rebuilt.differing,
    }  # fmt: skip
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

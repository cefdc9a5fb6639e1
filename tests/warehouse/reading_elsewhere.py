"""What another DuckDB makes of a published file: run as a program by test_versions, with that DuckDB before ours.

python reading_elsewhere.py answers FILE DIRECTLY|ATTACHED   every view, trend and macro, as JSON
python reading_elsewhere.py again FILE READY STOP            open, ask and close until STOP is there
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

MACROS = (
    "trials_as_of(DATE '2026-09-02')",
    "trials_as_of(TIMESTAMP '2026-09-02 12:00:00', known_at := DATE '2026-09-01')",
    "profiles_as_of('2026-09-02')",
    "changes_between(DATE '2026-08-31', DATE '2026-09-02')",
)


def opened(file: str, how: str) -> duckdb.DuckDBPyConnection:
    """The file itself, or attached to a database in memory and used."""
    if how == "directly":
        return duckdb.connect(file, read_only=True)
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{file}' AS cartrials (READ_ONLY)")
    connection.execute("USE cartrials")
    return connection


def answers(file: str, how: str) -> dict[str, object]:
    """Version, and the rows of every table's count, view and macro."""
    connection = opened(file, how)
    names = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY 1"
    ).fetchall()
    told: dict[str, object] = {"version": duckdb.__version__}
    for (name,) in names:
        told[name] = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
        if name.startswith("trend_"):
            told[name] = connection.execute(f'SELECT * FROM "{name}"').fetchall()
    for macro in MACROS:
        told[macro] = sorted(map(str, connection.execute(f"SELECT * FROM {macro}").fetchall()))
    told["comment"] = connection.execute(
        "SELECT comment FROM duckdb_columns() WHERE table_name = 'trials' AND column_name = 'nct_id'"
    ).fetchone()
    return told


def again(file: str, ready: str, stop: str) -> dict[str, object]:
    """How often the file was read, and which releases were in it; any error ends the program."""
    runs: list[str] = []
    count = 0
    while not Path(stop).exists():
        connection = opened(file, "directly")
        (run,) = connection.execute("SELECT run_id FROM release").fetchall()[0]
        connection.execute("SELECT count(*) FROM car_t_trials").fetchall()
        connection.close()
        runs += [run] if run not in runs else []
        count += 1
        Path(ready).touch()
        time.sleep(0.1)  # the night that it reads beside has the same processors
    return {"version": duckdb.__version__, "count": count, "runs": runs}


if __name__ == "__main__":
    print(json.dumps({"answers": answers, "again": again}[sys.argv[1]](*sys.argv[2:]), default=str))

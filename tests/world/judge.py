"""What came out, held against the truth. Each function gives sentences; none means that all is well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from tests.world.memory import Memory, Seen

SHOWN = 4  # of many that differ, so many are told
TRACKED = ("in_scope", "follow_up")
TRIALS = """
    SELECT nct_id, brief_title, overall_status, enrollment_count, lead_sponsor, list_sort(country_codes),
           registry_state, is_stale, last_update_posted_date, primary_completion_date, scope <> 'out_of_scope',
           list_sort(diseases)
    FROM {source}
"""
TARGETS = "SELECT nct_id, target_antigens FROM {source}"

Row = tuple[Any, ...]


def row_of(seen: Seen) -> Row:
    """A row as TRIALS gives it, of what is true."""
    trial = seen.trial
    return (
        trial.title, trial.status, None if trial.enrollment == "many" else trial.enrollment, trial.sponsor,
        sorted(trial.countries), seen.state, False, trial.updated, trial.completion, trial.gives_cells,
        [trial.disease],
    )  # fmt: skip


def tables(connection: duckdb.DuckDBPyConnection, memory: Memory) -> Iterator[str]:
    """Trials and profiles as they stand."""
    yield from _differences("trials", _rows(connection, TRIALS, "trials"), _expected(memory.now()), memory.unsure)
    expected = {n: ([seen.trial.target],) for n, seen in memory.now().items() if seen.trial.gives_cells}
    yield from _differences("profiles", _rows(connection, TARGETS, "car_t_profiles"), expected, memory.unsure)


def as_of(
    connection: duckdb.DuckDBPyConnection, memory: Memory, moments: Iterable[tuple[datetime, datetime]]
) -> Iterator[str]:
    """Past days, in two times: (at, known at)."""
    for at, known_at in moments:
        where = f"(TIMESTAMP '{at}', known_at := TIMESTAMP '{known_at}')"
        then = memory.as_of(at, known_at)
        name = f"as of {at:%Y-%m-%d %H:%M} known {known_at:%Y-%m-%d %H:%M}"
        found = _rows(connection, TRIALS, f"trials_as_of{where}")
        yield from _differences(f"trials {name}", found, _expected(then), memory.unsure)
        expected = {n: ([seen.trial.target],) for n, seen in then.items() if seen.trial.gives_cells}
        found = _rows(connection, TARGETS, f"profiles_as_of{where}")
        yield from _differences(f"profiles {name}", found, expected, memory.unsure)


def events(connection: duckdb.DuckDBPyConnection, memory: Memory) -> Iterator[str]:
    """Every event once: none lost, none invented, each on its day and in its night."""
    found = Counter(
        row for row in connection.execute(
            "SELECT nct_id, event_type, occurred_on, observed_at FROM trial_events"
        ).fetchall()
        if row[0] not in memory.unsure and (row[0], row[1]) not in memory.may_be
    )  # fmt: skip
    expected = Counter(
        (told.nct_id, told.event_type, told.occurred_on, seen.observed_at)
        for told, seen in memory.events.items()
        if told.nct_id not in memory.unsure and (told.nct_id, told.event_type) not in memory.may_be
    )
    yield from (f"an event is missing: {_said(one)}" for one in _first(expected - found))
    yield from (f"an event that never was: {_said(one)}" for one in _first(found - expected))


def releases(home: Path, keep: int, last_run: str, *, were: Sequence[str], is_quiet: bool) -> Iterator[str]:
    """The published file is that of the last run; after a quiet night the newest lie beside it, and no other.

    `were` are all releases that were ever seen, in the order of their runs.
    """
    files = {path.stem for path in (home / "releases").glob("*.duckdb")}
    if is_quiet and files != set(were[-keep:]):
        yield f"releases {sorted(files)} are kept, those of {list(were[-keep:])} should be"
    if not (home / "releases" / f"{last_run}.duckdb").exists():
        yield f"the release of the last run {last_run} is not there"
    elif not (home / "cartrials.duckdb").samefile(home / "releases" / f"{last_run}.duckdb"):
        yield "the published file is not the release of the last run"


OWNED = {
    ".": ("cartrials.duckdb", "work.duckdb", "work.duckdb.wal", "state.sqlite", "state.sqlite-wal", "state.sqlite-shm",
          "run.lock", "alerts.lock"),
    "report": ("index.html",),
    "archive": ("index.sqlite", "index.sqlite-wal", "index.sqlite-shm"),
}  # fmt: skip
OWNED_BY_RUN = {"releases": ".duckdb", "archive/packs": ".zst"}


def files(home: Path, runs: set[str]) -> Iterator[str]:
    """After a quiet night: no file that nobody owns."""
    for path in home.rglob("*"):
        if path.is_dir():
            continue
        folder, name = str(path.parent.relative_to(home)), path.name
        if name in OWNED.get(folder, ()) or (folder == "feeds" and name.endswith((".atom", ".ics"))):
            continue
        is_manifest = folder.startswith("archive/manifests/") and path.parent.name in runs and name.endswith(".json")
        ending = OWNED_BY_RUN.get(folder)
        if is_manifest or (ending and name.endswith(ending) and any(name.startswith(run) for run in runs)):
            continue
        yield f"nobody owns {path.relative_to(home)}"


def _rows(connection: duckdb.DuckDBPyConnection, query: str, source: str) -> dict[str, Row]:
    return {row[0]: row[1:] for row in connection.execute(query.format(source=source)).fetchall()}


def _expected(then: Mapping[str, Seen]) -> dict[str, Row]:
    return {nct_id: row_of(seen) for nct_id, seen in then.items()}


def _differences(name: str, found: Mapping[str, Row], expected: Mapping[str, Row], unsure: set[str]) -> Iterator[str]:
    wrong = [n for n in sorted({*found, *expected} - unsure) if found.get(n) != expected.get(n)]
    for nct_id in wrong[:SHOWN]:
        was, want = found.get(nct_id), expected.get(nct_id)
        if was and want:
            pairs = [f"{a!r}, not {b!r}" for a, b in zip(was, want, strict=True) if a != b]
            yield f"{name}: {nct_id} says {'; '.join(pairs)}"
        else:
            yield f"{name}: {nct_id} is {'there' if was else 'missing'} (true: {want or 'not known'})"


def _first(found: Counter[Row]) -> list[Row]:
    return sorted(found.elements(), key=str)[:SHOWN]


def _said(row: Row) -> str:
    return " ".join(map(str, row))

"""Some records, each through the runs that received it -> typed tables: a worker process's part of a load.

A night is one run, a rebuild all of them; both come through here. A pure function of the records, so that one process
or many, in any order, give the same tables. Tables leave as Arrow: they cross to another process as a few buffers
instead of a million objects.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import Any

import pyarrow as pa

from transforms.follow import Followed, Outcome, Read, Record, Source, broken, follow
from transforms.frames import problems_of, typed
from transforms.reading import Overrides
from transforms.shaped import Problem, Rows, bounded
from warehouse.schema import TABLES, table
from warehouse.tables.sources import SOURCES

MAIN_TABLES = tuple(source.main for source in SOURCES.values())  # one row per record: it holds the hash of the content
# What is told of a new version.
EVENT_TABLES = ("trial_changes", "trial_events")


@dataclass(slots=True)
class Batch:
    """What was made of some records.

    `tables` hold all rows of the newest content of each that was read and could be, and what is told; `earlier` those
    of its other contents in VERSIONED_TABLES, with their hashes in `of_sha256`.
    """

    tables: dict[str, pa.Table] = field(default_factory=dict)
    earlier: dict[str, pa.Table] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    problems: list[tuple[str | None, str, Problem]] = field(default_factory=list)  # record id, sha256, problem


def normalized(source: str, records: Iterable[Record], read: Read, overrides: Overrides) -> Batch:
    """Normalize and profile records of a source, and tell what changed from version to version.

    `read` gives the record of a hash. Each is held only while it is read: `records` may be made one by one.
    """
    return _batch(records, read, resolve_name(SOURCES[source].follower)(overrides))


def _batch(records: Iterable[Record], read: Read, source: Source) -> Batch:
    with gc_paused():
        made = [(record, follow(record, read, source)) for record in records]
        try:
            return _together([one for _, one in made])
        except Exception:  # noqa: BLE001  (rows of some record fit in no table: it waits, the others go on)
            return _together([_fitting(record, one, read, source) for record, one in made])


def _fitting(record: Record, made: Followed, read: Read, source: Source) -> Followed:
    """The record followed once more without the contents whose rows fit in no table."""
    unfit: dict[str, str] = {}
    while error := _misfit(made):
        alone = [sha256 for sha256, rows in made.contents.items() if _misfit(Followed(contents={sha256: rows}))]
        unfit[(alone or list(made.contents))[-1]] = broken(error)
        made = follow(record, read, source, unfit)
    return made


def _misfit(made: Followed) -> Exception | None:
    """Why these rows fit in no table, whatever it is."""
    try:
        _together([made])
    except Exception as error:  # noqa: BLE001
        return error
    return None


def _together(made: Sequence[Followed]) -> Batch:
    """One batch of what was made of each record."""
    batch = Batch(outcomes=[outcome for one in made for outcome in one.outcomes])
    rows: Rows = {}
    current = {one.current[0]: one.current[1] for one in made if one.current}
    problems: dict[tuple[str | None, str], list[Problem]] = {}
    for one in made:
        for sha256, (record_id, found) in one.problems.items():
            problems.setdefault((record_id, sha256), []).extend(found)
        for some in ([_with_hash(one.current[1], one.current[2])] if one.current else []) + one.told:
            for name, listed in some.items():
                rows.setdefault(name, []).extend(listed)
    for declared in TABLES:
        if declared.name in rows:
            result = typed(declared, rows[declared.name])
            batch.tables[declared.name] = result.arrow
            for said_id, problem in problems_of(declared, rows[declared.name], result.bad_values):
                problems.setdefault((said_id, current.get(said_id, "")), []).append(problem)
    batch.earlier = _earlier(made)
    batch.problems = [
        (record_id, sha256, problem)
        for (record_id, sha256), found in problems.items()
        for problem in bounded(found, len(found))
    ]
    return batch


def _earlier(made: Iterable[Followed]) -> dict[str, pa.Table]:
    """Rows of the contents that are not the newest good one, with their hashes."""
    rows: Rows = {}
    hashes: dict[str, list[str]] = {}
    for one in made:
        for sha256, kept in one.contents.items():
            if one.current and one.current[1] == sha256:
                continue
            for name, listed in _with_hash(sha256, kept).items():
                rows.setdefault(name, []).extend(listed)
                hashes.setdefault(name, []).extend([sha256] * len(listed))
    return {
        name: typed(table(name), listed).arrow.append_column("of_sha256", pa.array(hashes[name], pa.string()))
        for name, listed in rows.items()
    }


def _with_hash(sha256: str, rows: Mapping[str, list[dict[str, Any]]]) -> Rows:
    return {
        name: [{**listed[0], "content_sha256": sha256}] if name in MAIN_TABLES else listed
        for name, listed in rows.items()
    }


@contextmanager
def gc_paused() -> Iterator[None]:
    """No garbage collection while thousands of record trees grow: it would walk them again and again.

    Parsing ten thousand records with the collector on takes five times as long.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

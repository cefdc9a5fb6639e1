"""Every version of some trials, in the order in which runs received them -> what a rebuild keeps of them.

Each content is read beside the one before it that could be read (`transforms.reading`), and held against it, as
runs one after the other do it. What this gives must be what keeping run by run gives: `transforms.normalize.studies`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
import pyarrow as pa

from transforms.frames import typed
from transforms.history.event import Context, Event
from transforms.history.version_events import VersionEvents
from transforms.normalize import (
    EVENT_TABLES,
    VERSIONED_TABLES,
    Outcome,
    Row,
    against,
    fits,
    gc_paused,
    named_otherwise,
    outcome_of,
)
from transforms.reading import Overrides, Reading, read_record
from transforms.shaped import Rows, Shaped
from warehouse.schema import TABLES, table

OF_CONTENTS = ("trials", "car_t_profiles")  # kept of every content: what states are made of
OUTCOMES = pa.schema(
    [
        ("run_id", pa.string()), ("nct_id", pa.string()), ("content_sha256", pa.string()), ("is_readable", pa.bool_()),
        ("is_new_version", pa.bool_()), ("protocol_sha256", pa.string()),
    ]
)  # fmt: skip


class Taken(msgspec.Struct, frozen=True):
    """A content that a run gives a trial, or reads again."""

    context: Context
    sha256: str


@dataclass(slots=True)
class Replayed:
    """What became of some trials, run by run.

    `contents` and `references` are of every content that could be read, with its hash in `of_sha256`; `whole` is
    the rest of the newest; `current` says which content each trial has now, and which is the newest readable.
    """

    outcomes: pa.Table
    contents: dict[str, pa.Table]
    references: pa.Table
    whole: dict[str, pa.Table]
    told: dict[str, pa.Table]
    current: list[tuple[str, str, str | None]]
    of_sponsors: list[Event]


@dataclass(slots=True)
class _Collected:
    """Rows on their way into tables. `each_must_fit`: of each record it is asked by itself whether its rows do."""

    each_must_fit: bool = False
    outcomes: list[tuple[str, str, str, bool, bool, str | None]] = field(default_factory=list)
    rows: Rows = field(default_factory=dict)  # of every content
    hashes: dict[str, list[str]] = field(default_factory=dict)  # of the content of each of these rows
    whole: Rows = field(default_factory=dict)
    told: Rows = field(default_factory=dict)
    current: list[tuple[str, str, str | None]] = field(default_factory=list)
    of_sponsors: list[Event] = field(default_factory=list)


def replayed(
    trials: Iterable[tuple[str, Sequence[Taken]]], read: Callable[[str], bytes], overrides: Overrides
) -> Replayed:
    """All runs of these trials; `read` gives the record of a hash."""
    many = list(trials)

    def followed(*, each_must_fit: bool) -> _Collected:
        collected = _Collected(each_must_fit)
        for nct_id, taken in many:
            _follow(nct_id, taken, read, overrides, collected)
        return collected

    with gc_paused():
        collected = followed(each_must_fit=False)
        try:
            return _as_tables(collected)
        except Exception:  # noqa: BLE001  (rows of some record fit in no table: it waits, the others go on)
            return _as_tables(followed(each_must_fit=True))


def _as_tables(collected: _Collected) -> Replayed:
    outcomes = pa.Table.from_arrays(
        list(map(pa.array, zip(*collected.outcomes, strict=True), OUTCOMES.types)), schema=OUTCOMES
    )
    of_every = {name: _of_contents(name, collected) for name in VERSIONED_TABLES}
    return Replayed(
        outcomes,
        {name: of_every[name] for name in OF_CONTENTS},
        of_every["trial_references"],
        {declared.name: typed(declared, collected.whole[declared.name]).arrow
         for declared in TABLES if declared.name in collected.whole},
        {name: typed(table(name), collected.told[name]).arrow for name in EVENT_TABLES if name in collected.told},
        collected.current,
        collected.of_sponsors,
    )  # fmt: skip


def _follow(
    nct_id: str, taken: Sequence[Taken], read: Callable[[str], bytes], overrides: Overrides, collected: _Collected
) -> None:
    """One trial through its runs."""
    good: Reading | None = None  # the newest that could be read
    waiting: str | None = None  # the hash of a newer one that could not
    seen: set[str] = set()
    for one in taken:
        if good is not None and one.sha256 == good.sha256:
            outcome, waiting = Outcome(nct_id, one.sha256, True), None  # read again, or given again after a bad one
        elif one.sha256 == waiting:
            outcome = Outcome(nct_id, one.sha256, False)
        else:
            raw = read(one.sha256)
            reading, telling, outcome = _followed(nct_id, one.sha256, raw, good, overrides, one.context)
            if reading and collected.each_must_fit and not _fits(reading, telling, outcome, one.context):
                reading, telling, outcome = None, None, Outcome(nct_id, one.sha256, False)
            _collect_told(telling, collected)
            good, waiting = (reading, None) if reading else (good, one.sha256)
            if reading and one.sha256 not in seen:
                seen.add(one.sha256)
                _collect_content(reading, collected)
        collected.of_sponsors += outcome.of_sponsors
        became = outcome.is_readable, outcome.is_new_version, outcome.protocol_sha256
        collected.outcomes.append((one.context.run_id, nct_id, one.sha256, *became))
    for name, rows in good.shaped.rows.items() if good else ():
        if name not in VERSIONED_TABLES or name == "car_t_profiles":
            collected.whole.setdefault(name, []).extend(rows)
    collected.current.append((nct_id, taken[-1].sha256, good.sha256 if good else None))


def _followed(
    record_id: str, sha256: str, raw: bytes, before: Reading | None, overrides: Overrides, context: Context
) -> tuple[Reading | None, VersionEvents | None, Outcome]:
    """A record read after the one `before` it: what it reads as, what is told of it, and what became of it."""
    try:
        reading = read_record(sha256, raw, overrides, before)
        if not reading.is_readable or named_otherwise(record_id, reading.shaped):
            return None, None, Outcome(record_id, sha256, is_readable=False)
        telling, outcome = against(before, reading, outcome_of(record_id, reading), context)
        return reading, telling, outcome
    except Exception:  # noqa: BLE001  (no JSON, or it breaks a rule: it waits, as in a batch)
        return None, None, Outcome(record_id, sha256, is_readable=False)


def _fits(reading: Reading, telling: VersionEvents | None, outcome: Outcome, context: Context) -> bool:
    shaped, told = reading.shaped, telling.rows if telling else {}
    return fits(Shaped(shaped.record_id, {**shaped.rows, **told}, shaped.problems), outcome, context.run_id)


def _collect_told(telling: VersionEvents | None, collected: _Collected) -> None:
    for name, rows in telling.rows.items() if telling else ():
        collected.told.setdefault(name, []).extend(rows)


def _collect_content(reading: Reading, collected: _Collected) -> None:
    for name in VERSIONED_TABLES:
        rows = reading.shaped.rows.get(name, [])
        collected.rows.setdefault(name, []).extend(rows)
        collected.hashes.setdefault(name, []).extend([reading.sha256 or ""] * len(rows))


def _of_contents(name: str, collected: _Collected) -> pa.Table:
    rows: list[Row] = collected.rows.get(name, [])
    hashes = pa.array(collected.hashes.get(name, []), pa.string())
    arrow = typed(table(name), rows).arrow
    if "content_sha256" in arrow.column_names:
        arrow = arrow.set_column(arrow.column_names.index("content_sha256"), "content_sha256", hashes)
    return arrow.append_column("of_sha256", hashes)

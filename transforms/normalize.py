"""A batch of records -> typed tables: what a worker process does with a part of a large night.

A pure function of the records, so that one process or many, in any order, give the same tables.
Tables leave as Arrow: they cross to another process as a few buffers instead of a million objects.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec
import pyarrow as pa
from msgspec.structs import replace

from transforms.clinicaltrials import study as clinicaltrials
from transforms.content import parsed, protocol_sha256, read_sections, same_content
from transforms.dates import registry_date
from transforms.frames import problems_of, readable, typed
from transforms.history.changes import changes
from transforms.history.event import Context, Event
from transforms.history.version_events import VersionEvents, first_version_events, version_events
from transforms.history.whole_record import record_change
from transforms.profile.papers import profile_paper
from transforms.profile.reading.bounds import paper_within_bounds
from transforms.pubmed import rows as pubmed
from transforms.reading import Overrides, Reading, read_record
from transforms.shaped import RAW_VALUE_LIMIT, Problem, Rows, Shaped, bounded, start_of
from warehouse.schema import TABLES

# What is kept of a version that another one follows: its states, and which papers it cites.
VERSIONED_TABLES = ("trials", "car_t_profiles", "trial_references")
# What is told of a new version.
EVENT_TABLES = ("trial_changes", "trial_events")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """One record to shape. `previous` is the last version that could be read, for ctgov."""

    record_id: str | None
    sha256: str
    raw: bytes
    previous: bytes | None = None
    previous_sha256: str | None = None
    is_same_version: bool = False  # known content, read again because rules changed
    is_passing: bool = False  # an earlier version, read for its states: only what history reads is kept of it


class Outcome(msgspec.Struct, frozen=True):
    """What became of one record."""

    record_id: str | None
    sha256: str
    is_readable: bool
    says_the_same: bool = False  # other bytes, same content: no version is made of it
    protocol_sha256: str | None = None
    is_new_version: bool = False
    registry_date: date | None = None
    of_sponsors: tuple[Event, ...] = ()  # events that only the whole run can judge


@dataclass(slots=True)
class Batch:
    """Typed tables of the readable records, what became of each, and what could not be read."""

    tables: dict[str, pa.Table] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    problems: list[tuple[str | None, str, Problem]] = field(default_factory=list)  # record id, sha256, problem


def studies(items: Iterable[Item], overrides: Overrides, context: Context) -> Batch:
    """Shape and profile registry records, and tell what changed since their previous versions.

    Each is held only while it is shaped: `items` may be read one by one.
    """
    return _batch(items, {"run_id": context.run_id}, lambda item: _study(item, overrides, context))


def citations(items: Iterable[Item], context: Context) -> Batch:
    """Shape and profile PubMed citations."""
    return _batch(items, {"run_id": context.run_id}, _citation)


def _study(item: Item, overrides: Overrides, context: Context) -> tuple[Shaped, Outcome]:
    try:
        after = read_record(item.sha256, item.raw, overrides)
    except ValueError as error:
        return _waiting(item.record_id, item.sha256, item.raw, f"{error}.")
    shaped = after.shaped
    if not after.is_readable:
        return shaped, Outcome(item.record_id, item.sha256, is_readable=False)
    outcome = outcome_of(item.record_id, after)
    if item.is_same_version:
        return shaped, outcome
    before = None if item.previous is None else read_record(item.previous_sha256, item.previous, overrides, after)
    telling, outcome = against(before, after, outcome, context)
    return Shaped(shaped.record_id, {**shaped.rows, **telling.rows}, shaped.problems) if telling else shaped, outcome


def outcome_of(record_id: str | None, reading: Reading) -> Outcome:
    """What became of a record that could be read, before it is held against another."""
    return Outcome(record_id, reading.sha256 or "", True, protocol_sha256=protocol_sha256(reading.study))


def against(
    before: Reading | None, after: Reading, outcome: Outcome, context: Context
) -> tuple[VersionEvents | None, Outcome]:
    """What a record says that the one before it did not."""
    if before is not None and same_content(before.study, after.study) and same_content(*_whole(before, after)):
        return None, replace(outcome, says_the_same=True)
    nct_id, rows = after.shaped.record_id or "", after.shaped.rows
    if before is None:
        telling = first_version_events(nct_id, readable({"trials": rows["trials"]}), context)
    else:
        old = before.readable_rows()
        new = after.readable_rows(before)
        found = tuple(changes(old, new)) or (record_change(*_whole(before, after)),)
        telling = version_events(
            nct_id, _of_content(old, before.sha256), _of_content(new, after.sha256), found, context
        )
    day = registry_date_of(rows["trials"][0])
    return telling, replace(outcome, is_new_version=True, registry_date=day, of_sponsors=telling.of_sponsors)


def _whole(before: Reading, after: Reading) -> tuple[Any, Any]:
    """The version before and this one with the sections that make no rows.

    Without them where one cannot be read: a number out of any range among the results is not what the record waits for.
    """
    try:
        return parsed(before.raw), parsed(after.raw)
    except ValueError:
        return before.study, after.study


def registry_date_of(trial: Row) -> date | None:
    """The registry's date of a version: its last update posted, else first posted, else first submitted."""
    for column in ("last_update_posted_date", "first_posted_date", "first_submitted_date"):
        given = trial.get(column)
        found = registry_date(given) if isinstance(given, str) else None
        if found:
            return found.day
    return None


def _of_content(rows: Rows, sha256: str | None) -> Rows:
    """The row of trials as it stands in the working database: with the hash of its content."""
    return {"trials": [{**rows["trials"][0], "content_sha256": sha256}]}


def _citation(item: Item) -> tuple[Shaped, Outcome]:
    shaped = pubmed.citation_rows(item.raw)
    if not shaped.is_readable:
        return shaped, Outcome(item.record_id, item.sha256, is_readable=False)
    paper = shaped.rows["publications"][0]
    title, abstract, headings, cut = paper_within_bounds(paper)
    paper |= profile_paper(title, abstract, headings, paper.get("publication_types"))
    shaped = Shaped(shaped.record_id, shaped.rows, (*shaped.problems, *cut)) if cut else shaped
    return shaped, Outcome(item.record_id, item.sha256, is_readable=True)


def unreadable_copy(source: str, record_id: str, raw: bytes) -> Problem | None:
    """Why a copy of a record (of `ctgov` or `pubmed`) cannot be read, by its form alone; None where it can."""
    made = _made(Item(record_id, "", raw), _study_by_form if source == "ctgov" else _citation_by_form)
    return next((problem for problem in made.shaped.problems if problem.field_path is None), None)


def _study_by_form(item: Item) -> tuple[Shaped, Outcome]:
    try:
        shaped = clinicaltrials.shape(read_sections(item.raw).study)
    except ValueError as error:
        return _waiting(item.record_id, item.sha256, item.raw, f"{error}.")
    return shaped, Outcome(item.record_id, item.sha256, shaped.is_readable)


def _citation_by_form(item: Item) -> tuple[Shaped, Outcome]:
    shaped = pubmed.citation_rows(item.raw)
    return shaped, Outcome(item.record_id, item.sha256, shaped.is_readable)


def _batch(items: Iterable[Item], constants: dict[str, Any], shape: Callable[[Item], tuple[Shaped, Outcome]]) -> Batch:
    with gc_paused():
        made = [_made(item, shape) for item in items]
        try:
            batch = _together(made, constants)
        except Exception:  # noqa: BLE001  (rows of some record fit in no table: it waits, the others go on)
            batch = _together([_fitting(one, constants) for one in made], constants)
    return batch


class _Made(msgspec.Struct, frozen=True):
    """What was made of one item, without its bytes: only their beginning."""

    sha256: str
    start: bytes
    is_passing: bool
    shaped: Shaped
    outcome: Outcome


def _made(item: Item, shape: Callable[[Item], tuple[Shaped, Outcome]]) -> _Made:
    try:
        shaped, outcome = shape(item)
        if outcome.is_readable and (reason := named_otherwise(item.record_id, shaped)):
            shaped, outcome = _waiting(item.record_id, item.sha256, item.raw, reason)
    except Exception as error:  # noqa: BLE001  (no record can stop a batch: one that breaks a rule waits)
        shaped, outcome = _waiting(item.record_id, item.sha256, item.raw, _broken(error))
    return _Made(item.sha256, item.raw[:RAW_VALUE_LIMIT], item.is_passing, shaped, outcome)


def named_otherwise(record_id: str | None, shaped: Shaped) -> str | None:
    """Why a record is not the one it came as: a number written twice would put its rows in another's place."""
    if shaped.record_id == record_id:
        return None
    return f"The record came as {record_id or 'one without a valid number'} and calls itself {shaped.record_id}."


def _together(made: Sequence[_Made], constants: dict[str, Any]) -> Batch:
    """One batch of what was made of each record."""
    batch = Batch(outcomes=[one.outcome for one in made])
    collected: Rows = {}
    sha_of: dict[str, str] = {}
    problems: dict[tuple[str | None, str], list[Problem]] = {}
    for one in made:
        shaped, record_id = one.shaped, one.shaped.record_id or one.outcome.record_id
        if shaped.problems:
            problems.setdefault((record_id, one.sha256), []).extend(shaped.problems)
        if one.outcome.is_readable and shaped.record_id:
            sha_of[shaped.record_id] = one.sha256
            for name, rows in shaped.rows.items():
                if not one.is_passing or name in VERSIONED_TABLES or name in EVENT_TABLES:
                    collected.setdefault(name, []).extend(rows)
    for declared in TABLES:
        if declared.name in collected:
            rows = collected[declared.name]
            result = typed(declared, rows, {key: constants[key] for key in constants if key in declared.column_names})
            batch.tables[declared.name] = result.arrow
            for said_id, problem in problems_of(declared, rows, result.bad_values):
                problems.setdefault((said_id, sha_of.get(said_id, "")), []).append(problem)
    batch.problems = [
        (record_id, sha256, problem)
        for (record_id, sha256), found in problems.items()
        for problem in bounded(found, len(found))
    ]
    return batch


def fits(shaped: Shaped, outcome: Outcome, run_id: str) -> bool:
    """Whether the rows of a readable record fit in their tables: one whose rows do not waits."""
    try:
        _together([_Made(outcome.sha256, b"", False, shaped, outcome)], {"run_id": run_id})
    except Exception:  # noqa: BLE001  (whatever it is, it is this record's)
        return False
    return True


def _fitting(one: _Made, constants: dict[str, Any]) -> _Made:
    """What was made of a record, or, where its rows fit in no table, a record that waits."""
    try:
        _together([one], constants)
    except Exception as error:  # noqa: BLE001  (whatever it is, it is this record's)
        waiting = _waiting(one.outcome.record_id, one.sha256, one.start, _broken(error))
        return _Made(one.sha256, one.start, one.is_passing, *waiting)
    return one


def _broken(error: Exception) -> str:
    """Of a record that a rule of ours broke on: it is read again when the rules change."""
    return f"Reading the record broke: {type(error).__name__}: {start_of(str(error))}."


def _waiting(record_id: str | None, sha256: str, raw: bytes, reason: str) -> tuple[Shaped, Outcome]:
    """A record that waits in quarantine as a whole."""
    return Shaped(record_id, {}, (Problem(None, _start(raw), reason),)), Outcome(record_id, sha256, is_readable=False)


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


def _start(raw: bytes) -> str:
    return raw[:RAW_VALUE_LIMIT].decode("utf-8", "replace")

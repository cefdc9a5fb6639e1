"""What some runs take of each record, as their manifests say beforehand: a night is one run, a rebuild all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from flows.load import overrides as decisions
from flows.load import standings
from flows.load.copies import Chosen, Standing, choose
from flows.load.run_state import Kept
from flows.load.workers import Stored
from flows.storage.archive import ASKED_AT_ONCE, Archive
from flows.storage.data_folder import DataFolder
from flows.storage.manifests import Manifest
from flows.storage.seal import Seal
from transforms.follow import Record, Taken
from transforms.history.event import Context
from transforms.profile import rule_version
from transforms.reading import Overrides
from warehouse.tables.sources import CTGOV, SOURCES
from warehouse.work import Connection

ManifestsOf = Callable[[Seal], Sequence[Manifest]]


class Known(NamedTuple):
    """A record before these runs: its newest content, and the newest that could be read."""

    current: str
    good: str | None


@dataclass
class Plan:
    """What runs take: record -> contents in order of the runs, by source; and what stands after them."""

    runs: list[Kept] = field(default_factory=list)
    taken: dict[str, dict[str, list[Taken]]] = field(default_factory=lambda: {source: {} for source in SOURCES})
    nameless: dict[str, dict[str, Taken]] = field(default_factory=lambda: {source: {} for source in SOURCES})
    others: dict[str, dict[str, None]] = field(default_factory=dict)  # trial -> contents of which only rows are made
    known: dict[str, dict[str, Known]] = field(default_factory=dict)
    standings: dict[str, dict[str, Standing]] = field(default_factory=dict)
    moved: dict[str, dict[str, Standing]] = field(default_factory=dict)  # standings that these runs change

    def count(self, source: str) -> int:
        """Contents to normalize."""
        others = sum(map(len, self.others.values())) if source == CTGOV else 0
        return sum(map(len, self.taken[source].values())) + len(self.nameless[source]) + others


def plan_of(place: DataFolder, seals: Sequence[Seal], manifests_of: ManifestsOf) -> Plan:
    """The plan of these runs on top of what the working database holds. Nothing is written."""
    connection = place.connection
    plan = Plan()
    for source in SOURCES:
        plan.known[source] = _known(connection, source)
        plan.standings[source] = standings.of(connection, source)
    before = {source: dict(found) for source, found in plan.standings.items()}
    current = {source: {one: known.current for one, known in plan.known[source].items()} for source in SOURCES}
    night = _last_night(connection)
    for seal in seals:
        manifests = manifests_of(seal)
        run = Kept(seal, _context(seal, night), rules_changed=seal.asks_no_source)
        if not plan.runs:
            _note_what_is_read_again(connection, run, place.overrides, plan)
        for source in SOURCES:
            _take(plan, run, source, choose(source, manifests, plan.standings[source], place.archive.read), current)
            _take_nameless(plan, run, source, manifests)
        for nct_id, _, _, sha256 in (version for manifest in manifests for version in manifest.versions):
            plan.others.setdefault(nct_id, {})[sha256] = None
        plan.runs.append(run)
        if any(manifest.source == CTGOV for manifest in manifests):
            night = seal.clock.date(), seal.watchlist_sha256
    for source, found in plan.standings.items():
        plan.moved[source] = {one: said for one, said in found.items() if before[source].get(one) != said}
    return plan


def _take(plan: Plan, run: Kept, source: str, chosen: Chosen, currents: dict[str, dict[str, str]]) -> None:
    """What one run takes of a source: contents other than the current ones, and what is read again."""
    current = currents[source]
    run.older[source], run.withheld[source] = chosen.older, chosen.withheld
    run.problems += [(source, *spoiled) for spoiled in chosen.spoiled]
    run.brought[source] = chosen.contents
    if plan.runs:
        plan.runs[-1].brought.clear()  # only gate and journal ask, of a single run
    again = {
        record_id: sha256 for record_id, sha256 in current.items()
        if run.rules_changed or (source == CTGOV and record_id in run.decided_anew)
    }  # fmt: skip
    received = {record_id: sha256 for record_id, sha256 in chosen.contents.items() if current.get(record_id) != sha256}
    for record_id, sha256 in (again | received).items():
        plan.taken[source].setdefault(record_id, []).append(Taken(run.context, sha256))
        if record_id not in current:
            run.new[source].append(record_id)
        elif current[record_id] != sha256:
            run.changed[source].append(record_id)
    current |= chosen.contents


def _take_nameless(plan: Plan, run: Kept, source: str, manifests: Sequence[Manifest]) -> None:
    """Records without a number are read, and wait."""
    for manifest in manifests:
        if manifest.source == source:
            for record_id, sha256 in manifest.records:
                if record_id is None:
                    plan.nameless[source].setdefault(sha256, Taken(run.context, sha256))


def _note_what_is_read_again(connection: Connection, run: Kept, overrides: Overrides, plan: Plan) -> None:
    """Where rules or decisions changed since the last run, every content is read again: derived values follow today's.

    Only the first of some runs can find them changed: all are applied by the rules and decisions of today.
    """
    last = connection.execute("SELECT rule_version FROM _kept ORDER BY number DESC LIMIT 1").fetchone()
    run.rules_changed |= last is not None and last[0] != rule_version()
    run.decided_anew = decisions.anew(connection, overrides)
    if not (run.rules_changed or run.decided_anew):
        return
    scopes = connection.execute("SELECT nct_id, scope FROM trials").fetchall()
    run.scopes_before = {nct_id: scope for nct_id, scope in scopes if run.reads_again(nct_id)}
    for nct_id, sha256 in connection.execute("SELECT nct_id, content_sha256 FROM _trial_contents").fetchall():
        if run.reads_again(nct_id):
            plan.others.setdefault(nct_id, {})[sha256] = None


def _context(seal: Seal, night: tuple[date, str] | None) -> Context:
    """What the events of this run must know of the night before it."""
    if night is None:
        return Context(seal.clock, seal.run_id)
    return Context(seal.clock, seal.run_id, night[0], search_changed=night[1] != seal.watchlist_sha256)


def _last_night(connection: Connection) -> tuple[date, str] | None:
    """The day and the watchlist of the last run that asked the registry."""
    last = connection.execute(
        """SELECT clock_at, watchlist_sha256 FROM _kept
           WHERE run_id IN (SELECT run_id FROM registry_nights) ORDER BY number DESC LIMIT 1"""
    ).fetchone()
    return (last[0].date(), last[1]) if last else None


def _known(connection: Connection, source: str) -> dict[str, Known]:
    rows = connection.execute(
        "SELECT record_id, current_sha256, good_sha256 FROM _records WHERE source = ?", [source]
    ).fetchall()
    return {record_id: Known(current, good) for record_id, current, good in rows}


# ---- where the contents stand ----


def records_of(plan: Plan, source: str, archive: Archive) -> Iterator[Stored]:
    """The records of a source that runs take something of, with where each of their contents stands."""
    records = list(_records(plan, source))
    for start in range(0, len(records), ASKED_AT_ONCE):  # one by one, asking takes as long as reading
        some = records[start : start + ASKED_AT_ONCE]
        entries = archive.entries({sha256 for record in some for sha256 in _hashes(record)})
        for record in some:
            yield Stored(record, {sha256: entries[sha256] for sha256 in _hashes(record)})


def _records(plan: Plan, source: str) -> Iterator[Record]:
    others: Mapping[str, Mapping[str, None]] = plan.others if source == CTGOV else {}
    first = plan.runs[0]
    for record_id in dict.fromkeys((*plan.taken[source], *others)):
        taken = plan.taken[source].get(record_id, [])
        known = plan.known[source].get(record_id)
        made = {one.sha256 for one in taken}
        is_again = first.rules_changed or (source == CTGOV and record_id in first.decided_anew)
        good = known.good if known and taken else None
        rest = tuple(sha256 for sha256 in others.get(record_id, ()) if sha256 not in made and sha256 != good)
        yield Record(record_id, tuple(taken), good, rest, is_read_again=bool(is_again and good and good not in made))
    for one in plan.nameless[source].values():
        yield Record(None, (one,))


def _hashes(record: Record) -> set[str]:
    good = {record.good} if record.good else set()
    return {*(one.sha256 for one in record.taken), *record.others, *good}

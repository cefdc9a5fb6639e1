"""Checking a run: each chunk of rows against the expectations, the pull as a whole against the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import pandas as pd

from expectations.check import CheckContext, check
from expectations.gate import Fill, LegPull, PreviousRelease, Pull, Topic, gate, gate_tables
from expectations.known_fields import new_fields
from expectations.results import CheckResult, combined
from flows.config.watchlist import Watchlist
from flows.load.run_state import Frames, Kept
from flows.sources.alternatives import alternatives
from flows.sources.legs import NOT_SEARCHES, RECORDED, Stamps
from flows.storage.archive import Archive
from flows.storage.manifests import Manifest
from transforms.content import parsed, read_sections
from transforms.reading import PROFILED_TABLES
from warehouse.schema import table
from warehouse.tables import results
from warehouse.tables.sources import CTGOV
from warehouse.work import CONTENT_TABLES, Connection

# Records looked at for fields that are new to us: an ordinary night whole, a first load by sample.
LOOKED_AT_FOR_NEW_FIELDS = 500
# Tables that grow or shrink with what happens, not with what is pulled.
NOT_OF_THE_PULL = (
    "trial_states",
    "profile_states",
    "trial_versions",
    "trial_changes",
    "trial_events",
    "registry_nights",
    # One trial may have most of their rows; whether trials lose their results, trial_results tells.
    *(one.name for one in results.TABLES if one is not results.TRIAL_RESULTS),
)

RowCheck = Callable[..., list[CheckResult]]  # of `expectations.check.check`


@dataclass
class Checker:
    """Checks each chunk before it is written, and counts what its columns hold, and held before the first.

    On a night that brings nothing new, nothing is counted. `check` looks at the rows of a chunk.
    """

    clock: datetime
    topics: frozenset[str]
    products: pd.DataFrame
    connection: Connection
    check: RowCheck = check
    chunks: list[list[CheckResult]] = field(default_factory=list)
    fills: dict[tuple[str, str], Fill] = field(default_factory=dict)
    fills_before: Mapping[tuple[str, str], Fill] = field(default_factory=dict)

    def __call__(self, frames: Frames) -> None:
        if not self.chunks:
            self.fills_before = records_with_values(self.connection)
        context = CheckContext(keys={"products": self.products}, topics=self.topics)
        self.chunks.append(self.check(frames, clock=self.clock, context=context))
        for name, frame in frames.items():
            # By record: the rows of one trial are alike, and 54 sites of two completed trials show nothing.
            filled = frame.notna().groupby(frame[table(name).key[0]]).any()
            for column, records in filled.sum().items():
                key = (name, str(column))
                self.fills[key] = self.fills.get(key, Fill(0, 0)) + Fill(len(filled), int(records))

    def results(self) -> list[CheckResult]:
        """One result per check over all chunks."""
        return combined(self.chunks)


@dataclass(frozen=True)
class Before:
    """What stood before the run: what its pull is held against.

    `phrases_told`: source and leg -> phrases not searched for that people were told of.
    """

    tables: Mapping[str, int]
    is_first: bool
    phrases_told: Mapping[str, frozenset[str]] = field(default_factory=dict)


def before(connection: Connection, phrases_told: Mapping[str, frozenset[str]]) -> Before:
    """Rows by table, as the last run left them."""
    tables = _counts(connection, [declared.name for declared in CONTENT_TABLES])
    return Before(
        tables, is_first=connection.execute("SELECT 1 FROM _kept LIMIT 1").fetchone() is None, phrases_told=phrases_told
    )


def records_with_values(connection: Connection) -> dict[tuple[str, str], Fill]:
    """Table and column -> how many records have rows in the table, and how many of them a value in the column."""
    fills = {}
    for declared in CONTENT_TABLES:
        has_value = ", ".join(f"count({name}) > 0 AS {name}" for name in declared.column_names)
        records = ", ".join(f"count_if({name})" for name in declared.column_names)
        row = connection.execute(
            f"SELECT count(*), {records} FROM (SELECT {has_value} FROM {declared.name} GROUP BY {declared.key[0]})"
        ).fetchone()
        assert row is not None
        for name, filled in zip(declared.column_names, row[1:], strict=True):
            fills[declared.name, name] = Fill(row[0], filled)
    return fills


def gate_results(
    connection: Connection, archive: Archive, watchlist: Watchlist, manifests: Sequence[Manifest],
    last: Sequence[Manifest], stood: Before, kept: Kept, checker: Checker, stamps: Stamps | None,
) -> list[CheckResult]:  # fmt: skip
    """The gate's word on a pull: `last` are the manifests of the run before, `stood` what was there then."""
    pull = Pull(
        legs=tuple(_leg(manifest, stamps) for manifest in manifests), distinct=_distinct(manifests),
        topics=tuple(_topics(watchlist, manifests)), new_fields=_new_fields(archive, kept),
        older={source: older for source, older in kept.older.items() if any(m.source == source for m in manifests)},
    )  # fmt: skip
    previous = None
    if not stood.is_first:
        queries = {(m.source, m.leg): m.query for m in manifests}
        same = [m for m in last if queries.get((m.source, m.leg)) == m.query and m.leg not in NOT_SEARCHES]
        tables = {name: rows for name, rows in stood.tables.items() if name not in NOT_OF_THE_PULL}
        fills = checker.fills_before
        if kept.rules_changed:
            # Other rules may well derive fewer rows and values: only what the sources give is held against last time.
            tables = {name: rows for name, rows in tables.items() if name not in PROFILED_TABLES}
            fills = {key: fill for key, fill in fills.items() if table(key[0]).column(key[1]).source}
        previous = PreviousRelease(
            legs={(m.source, m.leg): len(m.records) for m in same}, distinct=_distinct(last),
            tables=tables, fills=fills,
            dropped={(m.source, m.leg): frozenset(m.dropped) for m in same}, told=stood.phrases_told,
        )  # fmt: skip
    left_out = {*NOT_OF_THE_PULL, *(PROFILED_TABLES if kept.rules_changed else ())}
    rows = _counts(connection, [declared.name for declared in CONTENT_TABLES if declared.name not in left_out])
    return [*gate(pull, previous), *gate_tables(rows, checker.fills, previous)]


def _leg(manifest: Manifest, stamps: Stamps | None) -> LegPull:
    got = frozenset(record_id for record_id, _ in manifest.records if record_id)
    is_registry = manifest.source == CTGOV and stamps is not None
    return LegPull(
        manifest.source, manifest.leg, len(manifest.records), manifest.repeats, manifest.total_reported, manifest.pages,
        ids_asked=frozenset(manifest.ids_asked) if manifest.ids_asked or manifest.leg in NOT_SEARCHES else None,
        ids_got=got, ids_absent=frozenset(manifest.ids_absent) | frozenset(manifest.absences),
        stamp_before=stamps.before if stamps and is_registry else None,
        stamp_after=stamps.after if stamps and is_registry else None, is_skipped=manifest.is_skipped,
        is_search=manifest.leg not in NOT_SEARCHES, dropped=manifest.dropped,
        alternatives=alternatives(manifest.query or "", manifest.dropped),
    )  # fmt: skip


def _distinct(manifests: Sequence[Manifest]) -> dict[str, int]:
    found: dict[str, set[str]] = {}
    for manifest in manifests:
        if manifest.leg not in NOT_SEARCHES:
            found.setdefault(manifest.source, set()).update(sha256 for _, sha256 in manifest.records)
    return {source: len(contents) for source, contents in found.items()}


def _topics(watchlist: Watchlist, manifests: Sequence[Manifest]) -> list[Topic]:
    """What each topic's legs must find together. A recording is one leg that must hold every sentinel."""
    recorded = {manifest.source for manifest in manifests if manifest.leg == RECORDED}
    topics = []
    for topic in watchlist.topics:
        for source in sorted({manifest.source for manifest in manifests}):
            legs = (RECORDED,) if source in recorded else tuple(leg.name for leg in topic.legs if leg.source == source)
            topics.append(Topic(topic.name, source, legs, tuple(topic.sentinels_of(source))))
    return topics


def _new_fields(archive: Archive, kept: Kept) -> Mapping[str, int]:
    """Fields that are new to us, in the records that are new or changed."""
    wanted = {*kept.new[CTGOV], *kept.changed[CTGOV]} & kept.readable[CTGOV]
    brought = kept.brought[CTGOV]
    looked_at = islice((sha256 for nct_id, sha256 in brought.items() if nct_id in wanted), LOOKED_AT_FOR_NEW_FIELDS)
    return new_fields(_whole(raw) for _, raw in archive.read_many(looked_at))


def _whole(raw: bytes) -> Any:
    """A study with the sections that make no rows; without them where they cannot be read."""
    try:
        return parsed(raw)
    except ValueError:
        return read_sections(raw).study


def _counts(connection: Connection, names: Sequence[str]) -> dict[str, int]:
    """Rows by table."""
    counts = ", ".join(f"(SELECT count(*) FROM {name})" for name in names)
    row = connection.execute(f"SELECT {counts}").fetchone()
    return dict(zip(names, row or (), strict=True))

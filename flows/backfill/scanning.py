"""One partition: its records through the transforms of every night, into one Parquet file a table.

A pure function of the input, the overrides and the rules. Whoever does it, in whatever order and however
often, writes the same rows; the manifest is written last, so a partition is done whole or not at all.
"""

from __future__ import annotations

import hashlib
import os
import re
import resource
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flows.backfill.inputs import Input
from flows.backfill.partitions import Partition
from flows.backfill.shelf import Done, Shelf
from flows.sources.articles import Deletion
from flows.sources.errors import Refused
from flows.sources.records import Received
from transforms.content import content_sha256
from transforms.follow import Record, Taken
from transforms.history.event import Context
from transforms.normalize import MAIN_TABLES, Batch, normalized
from transforms.profile import rule_version
from transforms.reading import Overrides
from warehouse.schema import table
from warehouse.tables.sources import PUBMED
from warehouse.work import schema_digest

RECORDS_A_BATCH = 250
RECORDS_A_ROW_GROUP = 2_500  # rows of so many wait in memory
FORMAT = 1  # of what a partition writes; raised when that changes
PARTITION, RECORD = "_partition", "_record_no"  # beside each row: which partition and which record of it
IN_SCOPE, PROBLEMS = "_in_scope", "_problems"  # files beside those of the tables
TRACKED_SCOPES = ("in_scope", "follow_up")
# No event is made of a scan: it says what is there, not what happened.
NO_NIGHT = Context(datetime(1970, 1, 1), "")

PROBLEM_COLUMNS = ("record_id", "content_sha256", "field_path", "raw_value", "reason")


@dataclass(frozen=True, slots=True)
class Item:
    """A record of the input and the hash of its content."""

    record_id: str | None
    sha256: str
    raw: bytes


@dataclass(frozen=True)
class Rules:
    """What, beside its input, decides the rows of a partition."""

    overrides: Overrides = field(default_factory=dict)
    overrides_sha256: str | None = None

    @property
    def id(self) -> str:
        """Changes when rules, vocabulary, schema or overrides do: then partitions are done again."""
        parts = (FORMAT, rule_version(), schema_digest(), self.overrides_sha256)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Outcome:
    """What became of a partition: `done`, `skipped` (it was done before) or `parked`, and why."""

    partition: Partition
    status: str
    reason: str | None = None
    worker: str | None = None


def scan(partition: Partition, shelf_url: str, rules: Rules) -> Outcome:
    """Read one partition, unless its manifest says that this content was read before by these rules.

    An input that cannot be read whole is parked: named, with its reason, and nothing of it is kept. Raises
    Unavailable and OSError, which another try may mend.
    """
    shelf = Shelf(shelf_url, partition.source)
    worker = f"{socket.gethostname()}:{os.getpid()}"
    before = shelf.done(partition.name)
    known = before.input_id if before and before.rules == rules.id else None
    with tempfile.TemporaryDirectory(prefix="cartrials-") as folder:
        given = Input(partition, Path(folder))
        try:
            if known and (known == given.announced_id() or known == given.id()):
                return Outcome(partition, "skipped", worker=worker)
            shelf.keep(partition.name, *_read(given, Path(folder), rules))
        except Refused as error:
            shelf.park(partition.name, partition.url, str(error))
            return Outcome(partition, "parked", str(error), worker)
    return Outcome(partition, "done", worker=worker)


def _read(given: Input, folder: Path, rules: Rules) -> tuple[dict[str, Path], Done]:
    """The partition's files by their names on the shelf, and its manifest."""
    started, cpu_started = time.perf_counter(), time.thread_time()
    input_id = given.id()
    partition = given.partition
    with Rows(partition.name, folder) as rows:
        for numbers, items in _batches(given, rows):
            raws = {item.sha256: item.raw for item in items}
            # No comparison with an earlier version: a scan says what is there.
            records = (Record(one.record_id, (Taken(NO_NIGHT, one.sha256),), good=one.sha256) for one in items)
            batch = normalized(partition.source, records, raws.__getitem__, rules.overrides)
            if partition.source == PUBMED:
                _refuse_damaged(given, batch, items)
            rows.add(batch, items, numbers)
    names = {table: f"{table}-{_sha256(path)[:16]}.parquet" for table, path in rows.files.items()}
    manifest = Done(
        partition=partition.name, source=partition.source, url=partition.url, input_id=input_id, rules=rules.id,
        records=rows.records, in_scope=rows.counts.get(IN_SCOPE, 0), unreadable=rows.unreadable, files=names,
        rows=rows.counts, deleted=tuple(rows.deleted), seconds=round(time.perf_counter() - started, 3),
        cpu_seconds=round(time.thread_time() - cpu_started, 3),
        bytes=given.size(), peak_mb=_peak_mb(),
    )  # fmt: skip
    return {names[table]: path for table, path in rows.files.items()}, manifest


def _batches(given: Input, rows: Rows) -> Iterator[tuple[list[int], list[Item]]]:
    """The input's records with their numbers, in batches that hold no record twice. Deletions are noted."""
    some: dict[object, tuple[int, Item]] = {}
    for number, record in enumerate(given.records(), start=1):
        if isinstance(record, Deletion):
            rows.deleted[record.record_id] = None
            continue
        rows.deleted.pop(record.record_id or "", None)  # it came back further down in the file
        sha256 = content_sha256(record.source, record.raw)
        some[record.record_id or number] = (number, Item(record.record_id, sha256, record.raw))
        if len(some) >= RECORDS_A_BATCH:
            yield [number for number, _ in some.values()], [item for _, item in some.values()]
            some = {}
    if some:
        yield [number for number, _ in some.values()], [item for _, item in some.values()]


def _refuse_damaged(given: Input, batch: Batch, items: Sequence[Item]) -> None:
    for outcome, item in zip(batch.outcomes, items, strict=True):
        if not outcome.is_readable:
            given.refuse_damaged(Received(PUBMED, item.record_id, item.raw))


class Rows:
    """The rows of a partition on their way into Parquet files in `folder`; some thousand records wait in memory."""

    def __init__(self, partition: str, folder: Path) -> None:
        self.partition, self.folder = partition, folder
        self.records = self.unreadable = 0
        self.deleted: dict[str, None] = {}
        self.counts: dict[str, int] = {}
        self.files: dict[str, Path] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._waiting: dict[str, list[pa.Table]] = {}
        self._records_waiting = 0

    def __enter__(self) -> Rows:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._write()
        for writer in self._writers.values():
            writer.close()

    def add(self, batch: Batch, items: Sequence[Item], numbers: Sequence[int]) -> None:
        """Take the rows of a batch; `numbers` are the places of its items in the input."""
        self.records += len(items)
        self.unreadable += sum(not outcome.is_readable for outcome in batch.outcomes)
        # Every readable record has one row in its main table, in the order of the items.
        readable = [n for n, outcome in enumerate(batch.outcomes) if outcome.is_readable]
        main = next((batch.tables[name] for name in MAIN_TABLES if name in batch.tables), None)
        ids = main.column(0).to_pylist() if main is not None else []
        place_of = dict(zip(ids, readable, strict=True))
        number_of = {record_id: numbers[place] for record_id, place in place_of.items()}
        item_of = {record_id: items[place] for record_id, place in place_of.items()}
        for name, rows in batch.tables.items():
            if name in MAIN_TABLES:
                hashes = pa.array([item_of[one].sha256 for one in ids], pa.string())
                rows = rows.set_column(rows.schema.get_field_index("content_sha256"), "content_sha256", hashes)
                self._take_in_scope(rows, item_of, number_of)
            self._take(name, rows, [number_of[one] for one in rows.column(table(name).key[0]).to_pylist()])
        problems = [(record_id, sha256, p.field_path, p.raw_value, p.reason) for record_id, sha256, p in batch.problems]
        if problems:
            columns = zip(*problems, strict=True)
            rows = pa.table([pa.array(column, pa.string()) for column in columns], names=PROBLEM_COLUMNS)
            self._take(PROBLEMS, rows, [number_of.get(problem[0], 0) for problem in problems])
        self._records_waiting += len(items)
        if self._records_waiting >= RECORDS_A_ROW_GROUP:
            self._write()

    def _take_in_scope(self, rows: pa.Table, item_of: Mapping[str, Item], number_of: Mapping[str, int]) -> None:
        """Id, hash and bytes of the records in scope: what the tracker may want."""
        found = rows.filter(pc.is_in(rows.column("scope"), pa.array(TRACKED_SCOPES)))
        ids = found.column(0).to_pylist()
        raws = pa.array([item_of[one].raw for one in ids], pa.large_binary())
        columns = {"record_id": found.column(0), "content_sha256": found.column("content_sha256"), "raw": raws}
        self._take(IN_SCOPE, pa.table(columns), [number_of[one] for one in ids])

    def _take(self, name: str, rows: pa.Table, numbers: Sequence[int]) -> None:
        if not len(rows):
            return
        rows = rows.append_column(PARTITION, pa.array([self.partition] * len(rows), pa.string()))
        rows = rows.append_column(RECORD, pa.array(numbers, pa.int64()))
        self._waiting.setdefault(name, []).append(rows)
        self.counts[name] = self.counts.get(name, 0) + len(rows)

    def _write(self) -> None:
        for name, waiting in self._waiting.items():
            rows = pa.concat_tables(waiting)
            if name not in self._writers:
                self.files[name] = self.folder / f"{name}.parquet"
                self._writers[name] = pq.ParquetWriter(self.files[name], rows.schema, compression="zstd")
            self._writers[name].write_table(rows)
        self._waiting, self._records_waiting = {}, 0


def _peak_mb() -> float:
    """The most memory this process has held, in MB. A spawned child's ru_maxrss begins with its parent's peak."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    except OSError:
        found = None
    kilobytes = int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(kilobytes / 1024, 1)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

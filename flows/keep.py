"""Keeping a run: its records, as the manifests list them, become rows of the working database.

Everything here is a function of the archive (records, manifests, seal), the overrides and the rules:
`nightly` and `rebuild` keep runs by the same code. It all happens in one transaction that the caller
holds: the gate may still say no.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa

from flows.archive import Archive
from flows.manifests import Manifest, Seal
from flows.shaping import batches
from transforms.batch import Batch, Item, Outcome, Overrides
from transforms.profile import RULE_VERSION
from transforms.shaped import Problem
from warehouse import work
from warehouse.schema import TABLES, table
from warehouse.work import Connection

CHUNK = 5_000  # records checked and written at a time
Frames = dict[str, pd.DataFrame]
OF_TRIALS = tuple(t for t in TABLES if t.name in (
    "trials", "trial_conditions", "trial_diseases", "trial_arms", "trial_interventions", "trial_arm_interventions",
    "trial_outcomes", "trial_sites", "trial_collaborators", "trial_keywords", "trial_secondary_ids", "trial_references",
    "trial_relations", "car_t_products", "trial_doses", "car_t_profiles", "car_t_evidence",
))  # fmt: skip
OF_PAPERS = tuple(t for t in TABLES if t.name in (
    "publications", "publication_authors", "publication_corrections", "publication_trial_numbers",
))  # fmt: skip
TABLES_OF = {"ctgov": OF_TRIALS, "pubmed": OF_PAPERS}


@dataclass
class Kept:
    """What keeping a run did: for the summary, the journal and the events."""

    seal: Seal
    new: dict[str, list[str]] = field(default_factory=lambda: {"ctgov": [], "pubmed": []})
    changed: dict[str, list[str]] = field(default_factory=lambda: {"ctgov": [], "pubmed": []})
    unchanged: dict[str, int] = field(default_factory=lambda: {"ctgov": 0, "pubmed": 0})
    problems: list[tuple[str, str | None, str, Problem]] = field(default_factory=list)  # source, record, sha, problem
    readable: dict[str, set[str]] = field(default_factory=lambda: {"ctgov": set(), "pubmed": set()})
    outcomes: dict[str, Outcome] = field(default_factory=dict)  # trials with a new version, by NCT number
    stale: dict[str, set[str]] = field(default_factory=lambda: {"ctgov": set(), "pubmed": set()})
    rules_changed: bool = False


@dataclass(frozen=True)
class Received:
    """What the manifests of a run say of one source: current content by record, hits, and the rest."""

    contents: dict[str, str]
    nameless: tuple[str, ...]
    hits: tuple[tuple[str, str], ...]
    absences: dict[str, str]
    deleted: tuple[str, ...]


Check = Callable[[Frames], None]


def keep_run(
    connection: Connection,
    archive: Archive,
    seal: Seal,
    manifests: Sequence[Manifest],
    *,
    overrides: Overrides,
    workers: int = 1,
    check: Check | None = None,
) -> Kept:
    """Apply one run to the working database, inside the caller's transaction.

    `check` is given each chunk of typed frames before it is written. Raises ArchiveError when a
    manifest names a record that is missing or damaged.
    """
    kept = Kept(seal, rules_changed=_rules_changed(connection))
    for source in ("ctgov", "pubmed"):
        received = _received(source, manifests)
        _keep_source(connection, archive, source, received, kept, overrides, workers, check)
        _keep_hits(connection, source, received, kept.seal.clock)
    return kept


def _received(source: str, manifests: Sequence[Manifest]) -> Received:
    contents: dict[str, str] = {}
    nameless: dict[str, None] = {}
    hits: dict[tuple[str, str], None] = {}
    absences: dict[str, str] = {}
    deleted: list[str] = []
    for manifest in manifests:
        if manifest.source != source:
            continue
        absences |= manifest.absences
        deleted += manifest.deleted
        for record_id, sha256 in manifest.records:
            if record_id is None:
                nameless[sha256] = None
            else:
                contents[record_id] = sha256
                hits[record_id, manifest.leg] = None
    return Received(contents, tuple(nameless), tuple(hits), absences, tuple(deleted))


def _keep_source(
    connection: Connection, archive: Archive, source: str, received: Received, kept: Kept,
    overrides: Overrides, workers: int, check: Check | None,
) -> None:  # fmt: skip
    known = _known(connection, source)
    wanted = {
        record_id: sha256 for record_id, sha256 in received.contents.items()
        if record_id not in known or known[record_id][0] != sha256
    }
    kept.unchanged[source] = len(received.contents) - len(wanted)
    if kept.rules_changed:
        # Other rules may read what is known otherwise, and what waits in quarantine after all.
        wanted = {record_id: current for record_id, (current, _) in known.items()} | wanted
    for record_id in wanted:
        if record_id not in known:
            kept.new[source].append(record_id)
        elif known[record_id][0] != wanted[record_id]:
            kept.changed[source].append(record_id)
    items = _items(archive, source, wanted, received.nameless, known)
    count = len(wanted) + len(received.nameless)
    shaped = batches(source, items, count, workers=workers, overrides=overrides, run_id=kept.seal.run_id)
    for chunk in _chunks(shaped):
        _write(connection, source, chunk, kept, check)
    _note_current(connection, source, wanted, known, kept)


def _items(
    archive: Archive, source: str, wanted: dict[str, str], nameless: Sequence[str], known: dict[str, tuple[str, str | None]]
) -> Iterator[Item]:
    for record_id, sha256 in wanted.items():
        good = known.get(record_id, (None, None))[1]
        previous = archive.read(good) if source == "ctgov" and good and good != sha256 else None
        yield Item(record_id, sha256, archive.read(sha256), previous, good)
    for sha256 in nameless:
        yield Item(None, sha256, archive.read(sha256))


def _chunks(shaped: Iterator[Batch]) -> Iterator[Batch]:
    """Batches put together to some thousand records: a check costs the same however few the rows."""
    waiting: list[Batch] = []
    for batch in shaped:
        waiting.append(batch)
        if sum(len(one.outcomes) for one in waiting) >= CHUNK:
            yield _together(waiting)
            waiting = []
    if waiting:
        yield _together(waiting)


def _together(batches_: list[Batch]) -> Batch:
    names = dict.fromkeys(name for batch in batches_ for name in batch.tables)
    return Batch(
        {name: pa.concat_tables([batch.tables[name] for batch in batches_ if name in batch.tables]) for name in names},
        [outcome for batch in batches_ for outcome in batch.outcomes],
        [problem for batch in batches_ for problem in batch.problems],
    )


def _write(connection: Connection, source: str, chunk: Batch, kept: Kept, check: Check | None) -> None:
    readable = [outcome.record_id for outcome in chunk.outcomes if outcome.is_readable and outcome.record_id]
    frames: Frames = {}
    for declared in TABLES_OF[source]:
        if declared.name in chunk.tables:
            frames[declared.name] = chunk.tables[declared.name].to_pandas(types_mapper=pd.ArrowDtype)
    main = "trials" if source == "ctgov" else "publications"
    if main in frames:
        frames[main] = _with_context(connection, frames[main], chunk, kept)
    if check is not None:
        check(frames)
    for declared in TABLES_OF[source]:
        work.delete(connection, declared, readable)
        if declared.name in frames:
            work.append(connection, declared, frames[declared.name])
    kept.problems += [(source, record_id, sha256, problem) for record_id, sha256, problem in chunk.problems]
    kept.readable[source].update(readable)
    for outcome in chunk.outcomes:
        if outcome.record_id and not outcome.is_readable:
            kept.stale[source].add(outcome.record_id)
        elif source == "ctgov" and outcome.record_id:
            kept.outcomes[outcome.record_id] = outcome


def _with_context(connection: Connection, frame: pd.DataFrame, chunk: Batch, kept: Kept) -> pd.DataFrame:
    """The columns that a record alone does not know: topics, since when we know it, what it is called in the archive."""
    main = "trials" if "nct_id" in frame.columns else "publications"
    key = table(main).key[0]
    clock = pd.Timestamp(kept.seal.clock)
    since = dict(connection.execute(f"SELECT {key}, first_seen_at FROM {main}").fetchall())
    sha256 = {outcome.record_id: outcome.sha256 for outcome in chunk.outcomes}
    moment = pd.ArrowDtype(pa.timestamp("us"))
    frame["first_seen_at"] = pd.Series([since.get(i, clock) for i in frame[key]], dtype=moment, index=frame.index)
    frame["last_seen_at"] = pd.Series([clock] * len(frame), dtype=moment, index=frame.index)
    frame["content_sha256"] = pd.Series([sha256[i] for i in frame[key]], dtype=pd.ArrowDtype(pa.string()), index=frame.index)
    frame["is_stale"] = pd.Series([False] * len(frame), dtype=pd.ArrowDtype(pa.bool_()), index=frame.index)
    frame["topics"] = pd.Series(
        [_topics(diseases, kept.seal.topics) for diseases in frame["diseases"]],
        dtype=pd.ArrowDtype(pa.list_(pa.string())), index=frame.index,
    )  # fmt: skip
    if main == "trials":
        frame["registry_state"] = pd.Series(["present"] * len(frame), dtype=pd.ArrowDtype(pa.string()), index=frame.index)
    else:
        frame["is_deleted"] = pd.Series([False] * len(frame), dtype=pd.ArrowDtype(pa.bool_()), index=frame.index)
    return frame


def _topics(diseases: Any, topics: dict[str, list[str]]) -> list[str] | None:
    if diseases is None or diseases is pd.NA:
        return None
    treated = set(diseases)
    return [name for name, members in topics.items() if treated & set(members)] or None


def _note_current(
    connection: Connection, source: str, wanted: dict[str, str], known: dict[str, tuple[str, str | None]], kept: Kept
) -> None:
    """Remember which content of each record is the newest, and which is the newest that could be read."""
    if not wanted:
        return
    good = [
        sha256 if record_id in kept.readable[source] else known.get(record_id, (None, None))[1]
        for record_id, sha256 in wanted.items()
    ]
    rows = pa.table({  # noqa: F841  (DuckDB reads it by name)
        "record_id": pa.array(list(wanted), pa.string()), "current": pa.array(list(wanted.values()), pa.string()),
        "good": pa.array(good, pa.string()),
    })  # fmt: skip
    connection.execute("INSERT OR REPLACE INTO _records SELECT ?, record_id, current, good FROM rows", [source])
    stale = kept.stale[source]
    if stale:
        main = "trials" if source == "ctgov" else "publications"
        ids = pa.table({"id": pa.array(sorted(stale), pa.string())})  # noqa: F841
        connection.execute(f"UPDATE {main} SET is_stale = true WHERE {table(main).key[0]} IN (SELECT id FROM ids)")
        work.touched(connection, main)


def _keep_hits(connection: Connection, source: str, received: Received, clock: datetime) -> None:
    """Which leg found which record, since when and until when; and when each was last seen at all."""
    main, hits = ("trials", "trial_search_hits") if source == "ctgov" else ("publications", "publication_search_hits")
    key = table(main).key[0]
    if not received.hits:
        return
    found = pa.table({  # noqa: F841
        "id": pa.array([record_id for record_id, _ in received.hits], pa.string()),
        "leg": pa.array([leg for _, leg in received.hits], pa.string()),
    })  # fmt: skip
    connection.execute(
        f"UPDATE {hits} SET last_seen_at = ? FROM found WHERE {hits}.{key} = found.id AND {hits}.leg = found.leg", [clock]
    )
    connection.execute(
        f"""INSERT INTO {hits} SELECT found.id, found.leg, ?, ? FROM found
            SEMI JOIN {main} ON {main}.{key} = found.id
            ANTI JOIN {hits} ON {hits}.{key} = found.id AND {hits}.leg = found.leg""",
        [clock, clock],
    )
    connection.execute(f"UPDATE {main} SET last_seen_at = ? WHERE {key} IN (SELECT id FROM found)", [clock])
    for name in (main, hits):
        work.touched(connection, name)


def _known(connection: Connection, source: str) -> dict[str, tuple[str, str | None]]:
    """record id -> (current content, newest content that could be read)."""
    rows = connection.execute("SELECT record_id, current_sha256, good_sha256 FROM _records WHERE source = ?", [source]).fetchall()
    return {record_id: (current, good) for record_id, current, good in rows}


def _rules_changed(connection: Connection) -> bool:
    last = connection.execute("SELECT rule_version FROM _kept ORDER BY number DESC LIMIT 1").fetchone()
    return last is not None and last[0] != RULE_VERSION

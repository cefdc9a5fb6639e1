"""Keeping a run: its records, as the manifests list them, become rows of the working database.

Everything here is a function of the archive (records, manifests, seal), the overrides and the rules:
`nightly` and `rebuild` keep runs by the same code. It all happens in one transaction that the caller
holds: the gate may still say no.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa

from flows import decisions
from flows.archive import Archive
from flows.manifests import Manifest, Seal
from flows.shaping import Stored, batches
from transforms.batch import OF_HISTORY, Batch, Outcome, Overrides
from transforms.frames import typed
from transforms.history.event import Context
from transforms.profile import rule_version
from transforms.profile.products import table_rows
from transforms.shaped import Problem, Rows
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
OF_STATES = ("trials", "car_t_profiles")  # what a state carries
TABLES_OF = {"ctgov": OF_TRIALS, "pubmed": OF_PAPERS}


@dataclass
class Replay:
    """What a rebuild knows before it begins: `last` is the number of the run in which each trial takes the content
    that it keeps. Of the versions before it only what history reads is kept, and their profiles are remembered:
    the next version is compared with them.
    """

    last: Mapping[str, int]
    profiles: dict[str, bytes] = field(default_factory=dict)

    def remember(self, outcome: Outcome) -> None:
        """The profile of the newest version that could be read; none where no version follows."""
        if outcome.record_id and outcome.profile:
            self.profiles[outcome.record_id] = outcome.profile
        elif outcome.record_id:
            self.profiles.pop(outcome.record_id, None)


@dataclass
class Kept:
    """What keeping a run did: for the summary, the journal and the events."""

    seal: Seal
    context: Context
    new: dict[str, list[str]] = field(default_factory=lambda: {"ctgov": [], "pubmed": []})
    changed: dict[str, list[str]] = field(default_factory=lambda: {"ctgov": [], "pubmed": []})
    unchanged: dict[str, int] = field(default_factory=lambda: {"ctgov": 0, "pubmed": 0})
    problems: list[tuple[str, str | None, str, Problem]] = field(default_factory=list)  # source, record, sha, problem
    readable: dict[str, set[str]] = field(default_factory=lambda: {"ctgov": set(), "pubmed": set()})
    outcomes: dict[str, Outcome] = field(default_factory=dict)  # trials with a new version, by NCT number
    stale: dict[str, set[str]] = field(default_factory=lambda: {"ctgov": set(), "pubmed": set()})
    rules_changed: bool = False  # every record is read again
    decided_anew: frozenset[str] = frozenset()  # trials on which reviewers decided otherwise: these are read again
    brought: dict[str, frozenset[str]] = field(default_factory=dict)  # what the manifests of the run list
    scopes_before: dict[str, str] = field(default_factory=dict)  # of trials that are read again
    papers_before: dict[str, Rows] = field(default_factory=dict)  # of papers read anew
    replay: Replay | None = None  # in a rebuild

    def reads_again(self, nct_id: str) -> bool:
        """Whether the trial is read again though its record may say the same."""
        return self.rules_changed or nct_id in self.decided_anew

    def has_new_version(self, nct_id: str) -> bool:
        outcome = self.outcomes.get(nct_id)
        return outcome is not None and outcome.is_new_version


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
    replay: Replay | None = None,
) -> Kept:
    """Apply one run to the working database, inside the caller's transaction.

    `check` is given each chunk of typed frames before it is written. Raises ArchiveError when a
    manifest names a record that is missing or damaged.
    """
    kept = Kept(
        seal,
        _context(connection, seal),
        rules_changed=seal.asks_no_source or _rules_changed(connection),
        decided_anew=decisions.anew(connection, overrides),
        replay=replay,
    )
    scopes = dict(connection.execute("SELECT nct_id, scope FROM trials").fetchall())
    kept.scopes_before = {nct_id: scope for nct_id, scope in scopes.items() if kept.reads_again(nct_id)}
    for source in ("ctgov", "pubmed"):
        received = _received(source, manifests)
        kept.brought[source] = frozenset(received.contents)
        _keep_source(connection, archive, source, received, kept, overrides, workers, check)
        _keep_hits(connection, source, received, kept.seal.clock)
        if received.deleted and source == "pubmed":
            _mark_deleted(connection, received.deleted)
    _keep_products(connection, kept)
    _reread_earlier(connection, archive, kept, overrides, workers)
    decisions.remember(connection, overrides)
    return kept


def _context(connection: Connection, seal: Seal) -> Context:
    """What the events of this run must know of the night before it."""
    last = connection.execute(
        """SELECT clock_at, watchlist_sha256 FROM _kept
           WHERE run_id IN (SELECT run_id FROM registry_nights) ORDER BY number DESC LIMIT 1"""
    ).fetchone()
    if last is None:
        return Context(seal.clock, seal.run_id)
    return Context(seal.clock, seal.run_id, last[0].date(), search_changed=last[1] != seal.watchlist_sha256)


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
        record_id: sha256
        for record_id, sha256 in received.contents.items()
        if record_id not in known or known[record_id][0] != sha256
    }
    kept.unchanged[source] = len(received.contents) - len(wanted)
    # Other rules may read what is known otherwise, and what waits in quarantine after all.
    wanted = {record_id: current for record_id, (current, _) in known.items() if kept.reads_again(record_id)} | wanted
    for record_id in wanted:
        if record_id not in known:
            kept.new[source].append(record_id)
        elif known[record_id][0] != wanted[record_id]:
            kept.changed[source].append(record_id)
    if source == "pubmed":
        kept.papers_before = _papers(connection, [pmid for pmid in wanted if pmid in known])
    records = _stored(archive, source, wanted, received.nameless, known, kept)
    count = len(wanted) + len(received.nameless)
    shaped = batches(
        source, records, count, packs=archive.packs, workers=workers, overrides=overrides, context=kept.context
    )
    for chunk in _chunks(shaped):
        _write(connection, source, chunk, kept, check)
    _note_current(connection, source, wanted, known, kept)


def _stored(
    archive: Archive,
    source: str,
    wanted: dict[str, str],
    nameless: Sequence[str],
    known: dict[str, tuple[str, str | None]],
    kept: Kept,
) -> Iterator[Stored]:
    replay = kept.replay if kept.replay and source == "ctgov" else Replay({})
    for record_id, sha256 in wanted.items():
        good = known.get(record_id, (None, None))[1]
        previous = archive.entry(good) if source == "ctgov" and good and good != sha256 else None
        yield Stored(
            record_id, archive.entry(sha256), previous, good, is_same_version=good == sha256,
            is_passing=replay.last.get(record_id, 0) > kept.seal.number, profile=replay.profiles.get(record_id),
        )  # fmt: skip
    for sha256 in nameless:
        yield Stored(None, archive.entry(sha256))


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
        shas = {outcome.record_id: outcome.sha256 for outcome in chunk.outcomes if outcome.record_id}
        frames[main] = _with_context(connection, frames[main], shas, kept)
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
            if kept.replay is not None:
                kept.replay.remember(outcome)


def _with_context(connection: Connection, frame: pd.DataFrame, shas: Mapping[str, str], kept: Kept) -> pd.DataFrame:
    """The columns that a record alone does not know: topics, since when we know it, its state, its content's hash.

    A record that is read again without having come tonight (other rules) was not seen tonight, and one
    that comes back is present only once its return has been told: both keep what stood.
    """
    main = "trials" if "nct_id" in frame.columns else "publications"
    key = table(main).key[0]
    clock = pd.Timestamp(kept.seal.clock)
    stood = _standing(connection, main, list(frame[key]))
    first = (None, None, None)
    given: dict[str, tuple[list[Any], pa.DataType]] = {
        "first_seen_at": ([stood.get(i, first)[0] or clock for i in frame[key]], pa.timestamp("us")),
        "last_seen_at": ([stood.get(i, first)[1] or clock for i in frame[key]], pa.timestamp("us")),
        "content_sha256": ([shas[i] for i in frame[key]], pa.string()),
        "is_stale": ([False] * len(frame), pa.bool_()),
        "topics": ([_topics(diseases, kept.seal.topics) for diseases in frame["diseases"]], pa.list_(pa.string())),
    }
    if main == "trials":
        given["registry_state"] = ([stood.get(i, first)[2] or "present" for i in frame[key]], pa.string())
    else:
        brought = kept.brought["pubmed"]
        given["is_deleted"] = ([i not in brought and bool(stood.get(i, first)[2]) for i in frame[key]], pa.bool_())
    for name, (values, kind) in given.items():
        frame[name] = pd.Series(values, dtype=pd.ArrowDtype(kind), index=frame.index)
    return frame


def _standing(connection: Connection, main: str, ids: Sequence[str]) -> dict[str, tuple[Any, Any, Any]]:
    """Record id -> when first and last seen, and its registry_state or is_deleted, as the last run left it."""
    key = table(main).key[0]
    state = "registry_state" if main == "trials" else "is_deleted"
    asked = pa.table({"id": pa.array(ids, pa.string())})  # noqa: F841  (DuckDB reads it by name)
    rows = connection.execute(
        f"SELECT {key}, first_seen_at, last_seen_at, {state} FROM {main} WHERE {key} IN (SELECT id FROM asked)"
    ).fetchall()
    return {row[0]: row[1:] for row in rows}


def _topics(diseases: Any, topics: dict[str, list[str]]) -> list[str] | None:
    if diseases is None or diseases is pd.NA:
        return None
    treated = set(diseases)
    return sorted(name for name, members in topics.items() if treated & set(members)) or None


def _papers(connection: Connection, pmids: Sequence[str]) -> dict[str, Rows]:
    """Papers and their corrections as they stood, for what happens to them."""
    if not pmids:
        return {}
    ids = pa.table({"id": pa.array(pmids, pa.string())})  # noqa: F841  (DuckDB reads it by name)
    found: dict[str, Rows] = {pmid: {"publications": [], "publication_corrections": []} for pmid in pmids}
    for name in ("publications", "publication_corrections"):
        cursor = connection.execute(f"SELECT * FROM {name} WHERE pmid IN (SELECT id FROM ids)")
        columns = [column[0] for column in cursor.description or ()]
        for row in cursor.fetchall():
            found[row[0]][name].append(dict(zip(columns, row, strict=True)))
    return found


def _mark_deleted(connection: Connection, pmids: Sequence[str]) -> None:
    """Citations that PubMed has withdrawn stay, and say so."""
    ids = pa.table({"id": pa.array(pmids, pa.string())})  # noqa: F841
    connection.execute("UPDATE publications SET is_deleted = true WHERE pmid IN (SELECT id FROM ids)")
    work.touched(connection, "publications")


def _keep_products(connection: Connection, kept: Kept) -> None:
    """The product list is a table of its own: written at the first run and whenever the rules change."""
    is_empty = connection.execute("SELECT 1 FROM products LIMIT 1").fetchone() is None
    if is_empty or kept.rules_changed:
        connection.execute("DELETE FROM products")
        work.append(connection, table("products"), product_frame())
        work.touched(connection, "products")


def product_frame() -> pd.DataFrame:
    """The product list as rows of table products."""
    return typed(table("products"), table_rows()).frame


def _reread_earlier(connection: Connection, archive: Archive, kept: Kept, overrides: Overrides, workers: int) -> None:
    """Where rules or decisions changed, read every earlier version again: derived values follow today's.

    The rows wait in temporary tables until the states are written again.
    """
    for name in OF_STATES:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE _reread_{name} AS SELECT *, NULL::VARCHAR AS of_sha256 FROM {name} LIMIT 0"
        )
    if not (kept.rules_changed or kept.decided_anew):
        return
    earlier = connection.execute(
        """SELECT DISTINCT nct_id, content_sha256 FROM _sightings
           WHERE (? OR list_contains(?, nct_id))
             AND NOT EXISTS (SELECT 1 FROM trials WHERE trials.nct_id = _sightings.nct_id
                                                    AND trials.content_sha256 = _sightings.content_sha256)
           ORDER BY ALL""",
        [kept.rules_changed, sorted(kept.decided_anew)],
    ).fetchall()
    reread(connection, archive, earlier, kept, overrides, workers)


def complete_replay(connection: Connection, archive: Archive, seal: Seal, overrides: Overrides, workers: int) -> None:
    """After the last run of a rebuild: whole rows for trials whose newest content cannot be read.

    The version before it, which stands for them, was kept as one that another follows.
    """
    rows = connection.execute(
        """SELECT record_id, good_sha256 FROM _records
           WHERE source = 'ctgov' AND good_sha256 IS NOT NULL AND good_sha256 <> current_sha256 ORDER BY record_id"""
    ).fetchall()
    records = (Stored(nct_id, archive.entry(sha256), is_same_version=True) for nct_id, sha256 in rows)
    context = Context(seal.clock, seal.run_id)
    for batch in batches(
        "ctgov", records, len(rows), packs=archive.packs, workers=workers, overrides=overrides, context=context
    ):
        ids = [outcome.record_id for outcome in batch.outcomes if outcome.record_id]
        for declared in OF_TRIALS:
            if declared.name not in OF_HISTORY:
                work.delete(connection, declared, ids)
                if declared.name in batch.tables:
                    work.append(connection, declared, batch.tables[declared.name].to_pandas(types_mapper=pd.ArrowDtype))


def reread(
    connection: Connection, archive: Archive, contents: Iterable[tuple[str, str]], kept: Kept, overrides: Overrides,
    workers: int,
) -> list[Outcome]:  # fmt: skip
    """Put the rows of these contents (NCT number, hash) where the states of their trials are made from.

    Two contents of one trial must not meet in one table, so each round takes one of every trial.
    """
    outcomes: list[Outcome] = []
    for contents_of_round in _rounds(contents):
        records = (Stored(nct_id, archive.entry(sha256), is_same_version=True, is_passing=True)
                   for nct_id, sha256 in contents_of_round.items())  # fmt: skip
        for batch in batches(
            "ctgov", records, len(contents_of_round), packs=archive.packs, workers=workers, overrides=overrides,
            context=kept.context,
        ):  # fmt: skip
            _keep_reread(connection, batch, contents_of_round, kept)
            outcomes += batch.outcomes
    return outcomes


def _rounds(contents: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    rounds: list[dict[str, str]] = []
    seen: Counter[str] = Counter()
    for nct_id, sha256 in contents:
        if seen[nct_id] == len(rounds):
            rounds.append({})
        rounds[seen[nct_id]][nct_id] = sha256
        seen[nct_id] += 1
    return rounds


def _keep_reread(connection: Connection, batch: Batch, shas: Mapping[str, str], kept: Kept) -> None:
    for name in OF_STATES:
        if name in batch.tables:
            frame = batch.tables[name].to_pandas(types_mapper=pd.ArrowDtype)
            frame = _with_context(connection, frame, shas, kept) if name == "trials" else frame
            rows = pa.Table.from_pandas(frame, preserve_index=False)
            of_sha256 = pa.array([shas[i] for i in frame["nct_id"]], pa.string())
            rows = rows.append_column("of_sha256", of_sha256)
            connection.execute(f"INSERT INTO _reread_{name} BY NAME SELECT * FROM rows")


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
        f"UPDATE {hits} SET last_seen_at = ? FROM found WHERE {hits}.{key} = found.id AND {hits}.leg = found.leg",
        [clock],
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
    rows = connection.execute(
        "SELECT record_id, current_sha256, good_sha256 FROM _records WHERE source = ?", [source]
    ).fetchall()
    return {record_id: (current, good) for record_id, current, good in rows}


def _rules_changed(connection: Connection) -> bool:
    last = connection.execute("SELECT rule_version FROM _kept ORDER BY number DESC LIMIT 1").fetchone()
    return last is not None and last[0] != rule_version()

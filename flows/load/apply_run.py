"""Keeping a run: its records, as the manifests list them, become rows of the working database.

Everything here is a function of the archive (records, manifests, seal), the overrides and the rules:
`nightly` and `rebuild` keep runs by the same code, but for registry records: a rebuild has shaped these before
its first run (`flows.load.plan`). It all happens in one transaction that the caller
holds: the gate may still say no.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import pyarrow as pa

from flows.load import contents as replay_tables
from flows.load import overrides as decisions
from flows.load import standings
from flows.load.copies import Chosen, choose
from flows.load.rereading import reread_earlier
from flows.load.run_state import Check, Kept, Replay
from flows.load.workers import Stored, batches
from flows.load.write_rows import chunks, write_rows
from flows.storage import memory
from flows.storage.archive import ASKED_AT_ONCE, Archive
from flows.storage.manifests import Manifest
from flows.storage.seal import Seal
from transforms.frames import Typed, typed
from transforms.history.event import Context
from transforms.profile import rule_version
from transforms.profile.products.catalogue import table_rows
from transforms.reading import Overrides
from transforms.shaped import Rows
from warehouse import work
from warehouse.schema import table
from warehouse.work import Connection


@dataclass(frozen=True)
class Received:
    """What the manifests of a run say of one source: current content by record, hits, and the rest."""

    contents: dict[str, str]
    nameless: tuple[str, ...]
    hits: tuple[tuple[str, str], ...]
    deleted: tuple[str, ...]


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
        received = _received(connection, archive, source, manifests, kept)
        kept.brought[source] = received.contents
        if kept.replay is not None and source == "ctgov":
            _keep_replayed(connection, archive, received, kept)
        else:
            _keep_source(connection, archive, source, received, kept, overrides, workers, check)
        _keep_hits(connection, source, received, kept.seal.clock)
        if received.deleted and source == "pubmed":
            _mark_deleted(connection, received.deleted)
    _keep_products(connection, kept)
    reread_earlier(connection, archive, kept, overrides, workers)
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


def _received(
    connection: Connection, archive: Archive, source: str, manifests: Sequence[Manifest], kept: Kept
) -> Received:
    chosen = _chosen(connection, archive, source, manifests, kept)
    kept.older[source] = chosen.older
    kept.problems += [(source, record_id, sha256, problem) for record_id, sha256, problem in chosen.spoiled]
    if source == "ctgov":
        kept.withheld = chosen.withheld
    nameless: dict[str, None] = {}
    hits: dict[tuple[str, str], None] = {}
    deleted: list[str] = []
    for manifest in manifests:
        if manifest.source != source:
            continue
        deleted += manifest.deleted
        for record_id, sha256 in manifest.records:
            if record_id is None:
                nameless[sha256] = None
            elif record_id not in chosen.withheld:
                hits[record_id, manifest.leg] = None
    return Received(chosen.contents, tuple(nameless), tuple(hits), tuple(deleted))


def _chosen(connection: Connection, archive: Archive, source: str, manifests: Sequence[Manifest], kept: Kept) -> Chosen:
    """Which copies count. What stands is read and written here; in a rebuild it stays in memory until the last run."""
    if kept.replay is not None:
        return choose(source, manifests, kept.replay.standings[source], archive.read)
    before = standings.of(connection, source)
    after = dict(before)
    chosen = choose(source, manifests, after, archive.read)
    standings.write(connection, source, {one: said for one, said in after.items() if before.get(one) != said})
    return chosen


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
    records = _stored(archive, source, wanted, received.nameless, known)
    count = len(wanted) + len(received.nameless)
    shaped = batches(
        source, records, count, packs=archive.packs, workers=workers, overrides=overrides, context=kept.context
    )
    for chunk in chunks(shaped):
        write_rows(connection, source, chunk, kept, check)
        memory.release_memory()
    _note_current(connection, source, wanted, known, kept)


def _keep_replayed(connection: Connection, archive: Archive, received: Received, kept: Kept) -> None:
    """In a rebuild the run's registry records are shaped already; those without a number are read, and wait."""
    if kept.replay is not None:
        replay_tables.keep(connection, kept, kept.replay)
    for sha256 in received.nameless:
        archive.read(sha256)


def _stored(
    archive: Archive,
    source: str,
    wanted: dict[str, str],
    nameless: Sequence[str],
    known: dict[str, tuple[str, str | None]],
) -> Iterator[Stored]:
    for some in _some_hundred(list(wanted.items())):
        good = {record_id: known.get(record_id, (None, None))[1] for record_id, _ in some}
        entries = archive.entries({*(sha256 for _, sha256 in some), *(one for one in good.values() if one)})
        for record_id, sha256 in some:
            before = good[record_id]
            yield Stored(
                record_id, entries[sha256],
                entries[before] if source == "ctgov" and before and before != sha256 else None, before,
                is_same_version=before == sha256,
            )  # fmt: skip
    for sha256 in nameless:
        yield Stored(None, archive.entry(sha256))


def _some_hundred(wanted: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, str]]]:
    """Wanted records as the archive is asked for them: one by one, asking takes as long as reading."""
    for start in range(0, len(wanted), ASKED_AT_ONCE):
        yield wanted[start : start + ASKED_AT_ONCE]


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
    work.touched(connection, "publications", "is_deleted")


def _keep_products(connection: Connection, kept: Kept) -> None:
    """The product list is a table of its own: written at the first run and whenever the rules change."""
    is_empty = connection.execute("SELECT 1 FROM products LIMIT 1").fetchone() is None
    if is_empty or kept.rules_changed:
        connection.execute("DELETE FROM products")
        work.append(connection, table("products"), _products().arrow)
        work.touched(connection, "products")


def product_frame() -> pd.DataFrame:
    """The product list as rows of table products, for the checks."""
    return _products().frame


def _products() -> Typed:
    return typed(table("products"), table_rows())


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
        work.touched(connection, main, "is_stale")


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
    added = connection.execute(
        f"""INSERT INTO {hits} SELECT found.id, found.leg, ?, ? FROM found
            SEMI JOIN {main} ON {main}.{key} = found.id
            ANTI JOIN {hits} ON {hits}.{key} = found.id AND {hits}.leg = found.leg""",
        [clock, clock],
    ).fetchone()
    connection.execute(f"UPDATE {main} SET last_seen_at = ? WHERE {key} IN (SELECT id FROM found)", [clock])
    work.touched(connection, main, "last_seen_at")
    work.touched(connection, hits, None if added and added[0] else "last_seen_at")


def _known(connection: Connection, source: str) -> dict[str, tuple[str, str | None]]:
    """record id -> (current content, newest content that could be read)."""
    rows = connection.execute(
        "SELECT record_id, current_sha256, good_sha256 FROM _records WHERE source = ?", [source]
    ).fetchall()
    return {record_id: (current, good) for record_id, current, good in rows}


def _rules_changed(connection: Connection) -> bool:
    last = connection.execute("SELECT rule_version FROM _kept ORDER BY number DESC LIMIT 1").fetchone()
    return last is not None and last[0] != rule_version()

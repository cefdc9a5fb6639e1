"""Applying a run to the working database: who stands how after it, and what it tells of trials and papers.

What its records say is normalized and written before (`flows.load.load`); a run sees of it only what it knew. It is a
function of the archive (records, manifests, seal), the overrides and the rules.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from flows.load.registry_history import write_registry_history
from flows.load.registry_states import write_registry_states
from flows.load.run_state import Kept
from flows.load.write_rows import CONTENTS, NOW, RECEIVED, main_of
from flows.storage.data_folder import DataFolder
from flows.storage.manifests import Manifest
from transforms.profile import rule_version
from warehouse import narrow, work
from warehouse.tables.sources import CTGOV, PUBMED, SOURCES
from warehouse.work import Connection

# What a record is that stands for the first time.
AT_FIRST = {
    "registry_state": "'present'", "is_deleted": "false", "is_stale": "false", "first_seen_at": "$clock",
    "last_seen_at": "$clock", "run_id": "$run_id",
}  # fmt: skip


def apply_run(place: DataFolder, kept: Kept, manifests: Sequence[Manifest]) -> set[str]:
    """Apply one run; returns the trials whose versions and states must be made again. `kept` says what it did.

    Raises ArchiveError when a record is missing or damaged.
    """
    connection = place.connection
    for source in SOURCES:
        _read_outcomes(connection, source, kept)
    kept.papers_before = _papers(connection, kept.readable[PUBMED])
    for source in SOURCES:
        _move(connection, source, kept)
        _write_hits(connection, source, manifests, kept)
    _mark_deleted(connection, [pmid for manifest in manifests for pmid in manifest.deleted])
    affected = write_registry_states(connection, kept, manifests)
    affected |= write_registry_history(place, kept, manifests)
    counted = connection.execute("SELECT count(*) FROM trial_events WHERE run_id = ?", [kept.seal.run_id]).fetchone()
    kept.events = int(counted[0]) if counted else 0
    connection.execute(
        "INSERT OR REPLACE INTO _kept VALUES (?, ?, ?, ?, ?)",
        [kept.seal.number, kept.seal.run_id, kept.seal.clock, rule_version(), kept.seal.watchlist_sha256],
    )
    return affected


def _read_outcomes(connection: Connection, source: str, kept: Kept) -> None:
    rows = connection.execute(
        """SELECT record_id, is_readable, is_new_version, protocol_sha256 FROM _outcomes
           WHERE source = ? AND run_id = ?""",
        [source, kept.seal.run_id],
    ).fetchall()
    kept.readable[source].update(record_id for record_id, is_readable, _, _ in rows if is_readable)
    kept.stale[source].update(record_id for record_id, is_readable, _, _ in rows if not is_readable)
    if source == CTGOV:
        kept.versions.update((record_id, protocol) for record_id, _, is_new, protocol in rows if is_new)


def _papers(connection: Connection, pmids: set[str]) -> dict[str, dict[str, list[dict[str, object]]]]:
    """Papers and their corrections as they stood, for what happens to them."""
    if not pmids:
        return {}
    ids = pa.table({"id": pa.array(pmids, pa.string())})  # noqa: F841  (DuckDB reads it by name)
    found: dict[str, dict[str, list[dict[str, object]]]] = {}
    for name, columns in (
        ("publications", "pmid, is_retracted, has_expression_of_concern"), ("publication_corrections", "*"),
    ):  # fmt: skip
        cursor = connection.execute(f"SELECT {columns} FROM {name} WHERE pmid IN (SELECT id FROM ids)")
        names = [column[0] for column in cursor.description or ()]
        for row in cursor.fetchall():
            found.setdefault(row[0], {}).setdefault(name, []).append(dict(zip(names, row, strict=True)))
    return found


def _move(connection: Connection, source: str, kept: Kept) -> None:
    """Records stand at the contents that the run took of them; those that could not be read are stale."""
    main, now = main_of(source), NOW[main_of(source)]
    run = {"run_id": kept.seal.run_id, "clock": kept.seal.clock}
    if kept.readable[source]:
        connection.execute(
            """CREATE OR REPLACE TEMP TABLE _taken AS SELECT record_id, content_sha256 FROM _outcomes
               WHERE source = ? AND run_id = ? AND is_readable""",
            [source, kept.seal.run_id],
        )
        key = now.key[0]
        connection.execute(
            f"""UPDATE {now.name} SET content_sha256 = _taken.content_sha256, is_stale = false, run_id = $run_id
                FROM _taken WHERE {key} = record_id""",
            {"run_id": kept.seal.run_id},
        )
        values = [AT_FIRST.get(name, {key: "record_id"}.get(name, name)) for name in now.column_names]
        connection.execute(
            f"""INSERT INTO {now.name} ({", ".join(now.column_names)}) SELECT {", ".join(values)}
                FROM _taken ANTI JOIN {now.name} ON {key} = record_id""",
            run,
        )
        for declared in RECEIVED[source]:
            _move_list(connection, declared.name, ", ".join(declared.column_names), key)
        for view in narrow.VIEWS:
            if view.stands is now:
                work.touched(connection, view.name)
    if kept.stale[source]:
        ids = pa.table({"id": pa.array(kept.stale[source], pa.string())})  # noqa: F841
        connection.execute(f"UPDATE {now.name} SET is_stale = true WHERE {now.key[0]} IN (SELECT id FROM ids)")
        work.touched(connection, main, "is_stale")


def _move_list(connection: Connection, name: str, columns: str, key: str) -> None:
    """A list of which each run must see what it knew: that of the contents which the run took."""
    connection.execute(f"DELETE FROM {name} WHERE {key} IN (SELECT record_id FROM _taken)")
    connection.execute(
        f"""INSERT INTO {name} ({columns}) SELECT {columns} FROM _received_{name}
            SEMI JOIN _taken ON {key} = record_id AND of_sha256 = content_sha256"""
    )
    work.touched(connection, name)


def _write_hits(connection: Connection, source: str, manifests: Sequence[Manifest], kept: Kept) -> None:
    """Which leg found which record, since when and until when; and when each was last seen at all."""
    main, hits, now = main_of(source), SOURCES[source].hits, NOW[main_of(source)]
    key, clock = now.key[0], kept.seal.clock
    withheld = kept.withheld.get(source, frozenset())
    given = list(dict.fromkeys(
        (record_id, manifest.leg) for manifest in manifests if manifest.source == source
        for record_id, _ in manifest.records if record_id is not None and record_id not in withheld
    ))  # fmt: skip
    if not given:
        return
    found = pa.table({  # noqa: F841  (DuckDB reads it by name)
        "id": pa.array([record_id for record_id, _ in given], pa.string()),
        "leg": pa.array([leg for _, leg in given], pa.string()),
    })  # fmt: skip
    connection.execute(
        f"UPDATE {hits} SET last_seen_at = ? FROM found WHERE {hits}.{key} = found.id AND {hits}.leg = found.leg",
        [clock],
    )
    added = connection.execute(
        f"""INSERT INTO {hits} SELECT found.id, found.leg, ?, ? FROM found
            SEMI JOIN {now.name} AS now ON now.{key} = found.id
            ANTI JOIN {hits} ON {hits}.{key} = found.id AND {hits}.leg = found.leg""",
        [clock, clock],
    ).fetchone()
    connection.execute(f"UPDATE {now.name} SET last_seen_at = ? WHERE {key} IN (SELECT id FROM found)", [clock])
    work.touched(connection, main, "last_seen_at")
    work.touched(connection, hits, None if added and added[0] else "last_seen_at")
    if "is_deleted" in now.column_names and kept.readable[source]:  # what is read anew and given is there again
        connection.execute(
            f"""UPDATE {now.name} SET is_deleted = false
                WHERE is_deleted AND {key} IN (SELECT id FROM found) AND {key} IN (SELECT record_id FROM _taken)"""
        )


def _mark_deleted(connection: Connection, pmids: Sequence[str]) -> None:
    """Citations that PubMed has withdrawn stay, and say so."""
    if not pmids:
        return
    ids = pa.table({"id": pa.array(pmids, pa.string())})  # noqa: F841  (DuckDB reads it by name)
    connection.execute("UPDATE _papers_now SET is_deleted = true WHERE pmid IN (SELECT id FROM ids)")
    work.touched(connection, "publications", "is_deleted")


def forget_earlier_papers(connection: Connection) -> None:
    """Only trials have versions: of a paper its newest content is kept."""
    papers = CONTENTS["publications"].name
    connection.execute(
        f"DELETE FROM {papers} WHERE (pmid, content_sha256) NOT IN (SELECT (pmid, content_sha256) FROM _papers_now)"
    )

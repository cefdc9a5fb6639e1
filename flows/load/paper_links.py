"""Ties between trials and papers, who states each, and what papers mean for the trials they are tied to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows.load.run_state import Kept
from transforms.frames import typed
from transforms.history.event import Context, Event
from transforms.history.papers import paper_events
from transforms.profile.paper_links import relation
from warehouse import work
from warehouse.schema import table
from warehouse.tables.sources import CTGOV, PUBMED
from warehouse.work import Connection

Row = dict[str, Any]
STATED = Path(__file__).with_name("paper_links.sql").read_text("utf-8")


def write_paper_links(connection: Connection, kept: Kept, context: Context) -> list[Event]:
    """Make trial_publications again and return the events of papers that are new, changed or newly tied."""
    if not (kept.readable[CTGOV] or kept.readable[PUBMED]):
        return []  # ties follow from what records say, and none was read
    declared = table("trial_publications")
    before = _by_paper(connection)
    rows = [_judged(row) for row in _rows(connection, STATED)]
    after: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        after[row["pmid"]].append(row)
    if before != after:
        connection.execute(f"DELETE FROM {declared.name}")
        work.append(connection, declared, typed(declared, rows).arrow)
        work.touched(connection, declared.name)
    former = _former_numbers(connection)
    known = {pmid: [{**row, "nct_id": former.get(row["nct_id"], row["nct_id"])} for row in ties]
             for pmid, ties in before.items()}  # fmt: skip
    moved = {pmid for pmid in after if after[pmid] != before.get(pmid)} | kept.readable[PUBMED]
    return _events(connection, kept, sorted(moved), known, after, context)


def _judged(stated: Row) -> Row:
    """One stated tie with its relation and the reason for it, by the rule of the contract."""
    found, reason = relation(
        link_source=stated["link_source"], reference_type=stated["reference_type"], named_in=stated["named_in"],
        title=stated["title"], publication_types=stated["publication_types"],
        published=stated["publication_date"], published_precision=stated["publication_date_precision"],
        trial_start=stated["start_date"],
    )  # fmt: skip
    kept = {name: stated[name] for name in ("nct_id", "pmid", "link_source", "reference_type")}
    return {**kept, "relation": found, "relation_reason": reason}


def _events(
    connection: Connection, kept: Kept, pmids: Sequence[str], before: dict[str, list[Row]], after: dict[str, list[Row]],
    context: Context,
) -> list[Event]:  # fmt: skip
    ids = pa.table({"id": pa.array(pmids, pa.string())})
    papers = {
        row["pmid"]: row
        for row in _rows(connection, "SELECT * FROM publications WHERE pmid IN (SELECT id FROM ids)", ids)
    }
    corrections: dict[str, list[Row]] = defaultdict(list)
    for row in _rows(connection, "SELECT * FROM publication_corrections WHERE pmid IN (SELECT id FROM ids)", ids):
        corrections[row["pmid"]].append(row)
    tracked = {
        nct_id
        for (nct_id,) in connection.execute(
            "SELECT nct_id FROM trials WHERE scope IN ('in_scope', 'follow_up')"
        ).fetchall()
    }
    first_seen = set(kept.new[PUBMED])
    found: list[Event] = []
    for pmid in pmids:
        if pmid in papers:
            new = {"publications": [papers[pmid]], "publication_corrections": corrections[pmid]}
            old = {} if pmid in first_seen else kept.papers_before.get(pmid, new)
            found += paper_events(old, new, before.get(pmid, []), after.get(pmid, []), context, tracked)
    return found


def _former_numbers(connection: Connection) -> dict[str, str]:
    """Former numbers of tracked trials that were trials of ours too: what was told of one was told of the other."""
    return dict(connection.execute(
        """SELECT former_nct_id, min(nct_id) FROM (SELECT nct_id, unnest(former_nct_ids) AS former_nct_id FROM trials)
           WHERE former_nct_id IN (SELECT nct_id FROM trials WHERE scope IN ('in_scope', 'follow_up'))
           GROUP BY former_nct_id"""
    ).fetchall())  # fmt: skip


def _by_paper(connection: Connection) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in _rows(connection, "SELECT * FROM trial_publications ORDER BY pmid, nct_id, link_source"):
        found[row["pmid"]].append(row)
    return found


def _rows(connection: Connection, query: str, ids: pa.Table | None = None) -> list[Row]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

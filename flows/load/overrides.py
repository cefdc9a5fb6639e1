"""Reviewers' decisions between runs: on which trials they are other than last time, and every file that counted.

What a decision does to a profile is in `transforms.profile.overrides`.
"""

from __future__ import annotations

import json

import pyarrow as pa

from transforms.reading import Overrides
from warehouse.work import Connection


def anew(connection: Connection, overrides: Overrides) -> frozenset[str]:
    """Trials on which the decisions are other than at the last run: new, changed or withdrawn."""
    before = dict(connection.execute("SELECT nct_id, decided FROM _decisions").fetchall())
    now = _describe_decisions(overrides)
    return frozenset(nct_id for nct_id in {*before, *now} if before.get(nct_id) != now.get(nct_id))


def remember(connection: Connection, overrides: Overrides) -> None:
    """Keep what was decided, for the next run to compare with."""
    told = _describe_decisions(overrides)
    rows = pa.table({  # noqa: F841  (DuckDB reads it by name)
        "nct_id": pa.array(list(told), pa.string()), "decided": pa.array(list(told.values()), pa.string()),
    })  # fmt: skip
    connection.execute("DELETE FROM _decisions")
    connection.execute("INSERT INTO _decisions SELECT nct_id, decided FROM rows")


def _describe_decisions(overrides: Overrides) -> dict[str, str]:
    """Trial -> its decisions in one text; where in the file they stand does not matter."""
    return {
        nct_id: json.dumps(sorted([o.attribute, o.value, o.who, o.when.isoformat(), o.reason] for o in decisions))
        for nct_id, decisions in overrides.items()
    }

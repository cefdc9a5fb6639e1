"""Reviewers' decisions between runs: on which trials they are other than last time, and every file that counted.

What a decision does to a profile is in `transforms.profile.overrides`.
"""

from __future__ import annotations

import json
from hashlib import sha256

import pyarrow as pa

from flows.settings import Settings
from transforms.reading import Overrides
from warehouse import disk
from warehouse.work import Connection


def anew(connection: Connection, overrides: Overrides) -> frozenset[str]:
    """Trials on which the decisions are other than at the last run: new, changed or withdrawn."""
    before = dict(connection.execute("SELECT nct_id, decided FROM _decisions").fetchall())
    now = _told(overrides)
    return frozenset(nct_id for nct_id in {*before, *now} if before.get(nct_id) != now.get(nct_id))


def remember(connection: Connection, overrides: Overrides) -> None:
    """Keep what was decided, for the next run to compare with."""
    told = _told(overrides)
    rows = pa.table({  # noqa: F841  (DuckDB reads it by name)
        "nct_id": pa.array(list(told), pa.string()), "decided": pa.array(list(told.values()), pa.string()),
    })  # fmt: skip
    connection.execute("DELETE FROM _decisions")
    connection.execute("INSERT INTO _decisions SELECT nct_id, decided FROM rows")


def archived(settings: Settings) -> str | None:
    """Keep the file of decisions in the archive, once per content; its SHA-256, None where there is no file."""
    if settings.overrides is None:
        return None
    content = settings.overrides.read_bytes()
    digest = sha256(content).hexdigest()
    kept = settings.archive_path / "overrides" / f"{digest}.csv"
    if not kept.exists():
        disk.write_durably(kept, content)
    return digest


def _told(overrides: Overrides) -> dict[str, str]:
    """Trial -> its decisions in one text; where in the file they stand does not matter."""
    return {
        nct_id: json.dumps(sorted([o.attribute, o.value, o.who, o.when.isoformat(), o.reason] for o in decisions))
        for nct_id, decisions in overrides.items()
    }

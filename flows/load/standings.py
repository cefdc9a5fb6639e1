"""What stands of each record, as the working database keeps it from run to run."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from flows.load.copies import Standing
from warehouse.work import Connection


def of(connection: Connection, source: str) -> dict[str, Standing]:
    """By record. What an earlier version of the program kept has no stamp: whatever comes next is not older."""
    rows = connection.execute(
        """SELECT record_id, current_sha256, coalesce(stamp, ''), coalesce(is_stub, false), waiting_sha256,
                  waiting_since
           FROM _records LEFT JOIN _standings USING (source, record_id) WHERE source = ?""",
        [source],
    ).fetchall()
    return {record_id: Standing(*said) for record_id, *said in rows}


def write(connection: Connection, source: str, moved: Mapping[str, Standing]) -> None:
    """Keep what stands of these records; their contents are kept beside it, in `_records`."""
    if not moved:
        return
    rows = pa.table({  # noqa: F841  (DuckDB reads it by name)
        "record_id": pa.array(list(moved), pa.string()),
        "stamp": pa.array([one.stamp for one in moved.values()], pa.string()),
        "is_stub": pa.array([one.is_stub for one in moved.values()], pa.bool_()),
        "waiting_sha256": pa.array([one.waiting_sha256 for one in moved.values()], pa.string()),
        "waiting_since": pa.array([one.waiting_since for one in moved.values()], pa.string()),
    })  # fmt: skip
    connection.execute(
        """INSERT OR REPLACE INTO _standings
           SELECT ?, record_id, stamp, is_stub, waiting_sha256, waiting_since FROM rows""",
        [source],
    )

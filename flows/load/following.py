"""What a process of a rebuild does: some trials through all their runs, rows of their contents into files.

Imported by processes that only shape: no database here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from flows.storage.archive import Entry, Packs
from transforms.history.arrivals import ASKED_OF_TRIALS
from transforms.history.event import Context
from transforms.reading import Overrides
from transforms.replay import OF_CONTENTS, Replayed, Taken, replayed

# What runs ask for of the contents of trials while they are kept in order.
ASKED_BETWEEN_RUNS = (
    *ASKED_OF_TRIALS, "content_sha256", "first_submitted_date", "last_update_posted_date", "start_date",
    "former_nct_ids",
)  # fmt: skip
ZSTD = pa.ipc.IpcWriteOptions(compression="zstd")

Stored = Sequence[tuple[str, Sequence[tuple[Context, Entry]]]]  # trials, and where the content of each run stands


def follow(packs: Path, trials: Stored, overrides: Overrides, path: Path) -> Replayed:
    """Follow some trials. The rows of their contents go into files; what runs ask for of trials comes back too.

    Raises ArchiveError when a record is damaged.
    """
    entries = {entry.sha256: entry for _, taken in trials for _, entry in taken}
    with Packs(packs) as opened:
        made = replayed(
            ((nct_id, [Taken(context, entry.sha256) for context, entry in taken]) for nct_id, taken in trials),
            lambda sha256: opened.read(entries[sha256]),
            overrides,
        )
    for name in OF_CONTENTS:
        spill_rows(made.contents[name], file_of(path, name), ZSTD)
    made.contents = {"trials": made.contents["trials"].select(list(ASKED_BETWEEN_RUNS))}
    return made


def file_of(path: Path, name: str) -> Path:
    """The file of a table of these trials' contents."""
    return path.with_suffix(f".{name}")


def read_rows(path: Path) -> pa.Table:
    """The rows in one of these files."""
    with pa.OSFile(str(path), "rb") as file:
        return pa.ipc.open_file(file).read_all()


def spill_rows(rows: pa.Table, path: Path, options: pa.ipc.IpcWriteOptions | None = None) -> None:
    """Write rows into a file, for `read`."""
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, rows.schema, options=options) as writer:
        writer.write_table(rows)

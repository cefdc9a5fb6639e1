"""What a process of a rebuild does: some trials through all their runs, rows of their contents into files.

Imported by processes that only shape: no database here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from flows.archive import Entry, Packs
from transforms.history.event import Context
from transforms.reading import Overrides
from transforms.replay import OF_CONTENTS, Replayed, Taken, replayed

LONG_TEXTS = ("brief_summary", "detailed_description", "eligibility_criteria")
ZSTD = pa.ipc.IpcWriteOptions(compression="zstd")

Stored = Sequence[tuple[str, Sequence[tuple[Context, Entry]]]]  # trials, and where the content of each run stands


def follow(packs: Path, trials: Stored, overrides: Overrides, path: Path) -> Replayed:
    """Follow some trials. The rows of their contents go into files; of trials all but the long texts come back too.

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
        _write(made.contents[name], file_of(path, name))
    made.contents = {"trials": made.contents["trials"].drop_columns(list(LONG_TEXTS))}
    return made


def file_of(path: Path, name: str) -> Path:
    """The file of a table of these trials' contents."""
    return path.with_suffix(f".{name}")


def read(path: Path) -> pa.Table:
    """The rows in one of these files."""
    with pa.OSFile(str(path), "rb") as file:
        return pa.ipc.open_file(file).read_all()


def _write(rows: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, rows.schema, options=ZSTD) as writer:
        writer.write_table(rows)

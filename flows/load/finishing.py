"""What a process of a rebuild does after the last run: versions and states of some trials, as rows in files.

Imported by processes that only shape: no database here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from flows.load.following import file_of, read_rows, spill_rows
from flows.load.timelines import COLUMNS, STATE_SPANS, timeline_of
from transforms.frames import typed
from transforms.history.timeline import Sighting
from transforms.replay import OF_CONTENTS
from warehouse.schema import table

FINISHED = ("trials", "trial_versions", "trial_states", "profile_states")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the runs knew of some trials once the last of them was kept.

    `sightings` are in order; `topics` are those of each content; `newest` is what runs say of the newest content of
    each trial; `reread` are rows of contents that only the registry's history has.
    """

    sightings: pa.Table
    topics: pa.Table
    newest: pa.Table
    reread: Mapping[str, pa.Table]


def finish(path: Path, seen: Seen) -> Path:
    """Write what is kept of these trials beside the rows of their contents, which are in files at `path`; gives it."""
    lines = [timeline_of(nct_id, some) for nct_id, some in _by_trial(seen.sightings)]
    said = typed(STATE_SPANS, [row for line in lines for row in line.states]).arrow
    trials, profiles = (_contents(path, name, seen.reread) for name in OF_CONTENTS)
    made = {
        "trials": _joined("trials", seen.newest, trials),
        "trial_versions": typed(table("trial_versions"), [row for line in lines for row in line.versions]).arrow,
        "trial_states": _joined("trial_states", _with_topics(said, seen.topics), trials),
        "profile_states": _joined("profile_states", said, profiles),
    }
    for name, rows in made.items():
        spill_rows(rows, finished(path, name))
    return path


def finished(path: Path, name: str) -> Path:
    """The file of the rows that a table is given of these trials."""
    return file_of(path, f"finished_{name}")


def _by_trial(sightings: pa.Table) -> Iterator[tuple[str, list[Sighting]]]:
    rows = zip(*(sightings[name].to_pylist() for name in ("nct_id", *COLUMNS)), strict=True)
    for nct_id, some in groupby(rows, key=itemgetter(0)):
        yield nct_id, [Sighting(*values) for _, *values in some]


def _contents(path: Path, name: str, reread: Mapping[str, pa.Table]) -> pa.Table:
    """The rows of all contents in a table, whose hashes are in `of_sha256`."""
    rows = read_rows(file_of(path, name))
    if name not in reread:
        return rows
    return pa.concat_tables([rows, reread[name].select(rows.column_names).cast(rows.schema)])


def _with_topics(said: pa.Table, topics: pa.Table) -> pa.Table:
    found = topics["topics"].combine_chunks().take(_places(said, topics, "content_sha256"))
    return said.append_column("topics", found)


def _joined(name: str, said: pa.Table, contents: pa.Table) -> pa.Table:
    """Rows of a table: what is said of a content, and the rest from its row, where it has one."""
    places = _places(said, contents, "of_sha256")
    if places.null_count and name == "trials":  # a trial must never go missing
        raise LookupError(f"{places.null_count} trials stand at a content that was not read. The last release stands.")
    said, rows = said.filter(places.is_valid()), contents.take(places.drop_null())
    names = table(name).column_names
    columns = [said[name] if name in said.column_names else rows[name] for name in names]
    return pa.table(columns, names=list(names))


def _places(said: pa.Table, among: pa.Table, sha256: str) -> pa.Array:
    """Where the content that is said of stands, a null where it does not."""
    known = pc.binary_join_element_wise(among["nct_id"], among[sha256], " ")
    asked = pc.binary_join_element_wise(said["nct_id"], said["content_sha256"], " ")
    return pc.index_in(asked, known).combine_chunks()

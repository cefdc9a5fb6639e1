"""A made-up source, and all that a new one brings: tables, extract, reader of recordings, its line in SOURCES.

Run with a folder, in a process of its own: declarations are read once. Registers it, records a night with it, and
makes that night.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.columns import BOOLEAN, TEXT, TIMESTAMP, Column, Reference, Table
from warehouse.tables import papers
from warehouse.tables.sources import SOURCES, Source

if TYPE_CHECKING:
    from flows.sources.records import Received
    from transforms.shaped import Shaped

NAME = "euregister"
WATCHLIST = """
[[topic]]
name = "lupus"
title = "Lupus"
diseases = ["systemic lupus erythematosus"]
sentinels = ["EU-0001"]
[[topic.leg]]
name = "made-up"
source = "euregister"
text = "lupus"
"""
ENTRY = Column("entry_no", TEXT, "Number of the entry", nullable=False, pattern=r"^EU-\d{4}$")
ENTRIES = Table(
    "register_entries", "One row per entry of the made-up register", (
        ENTRY,
        Column("title", TEXT, "Title as given"),
        Column("is_deleted", BOOLEAN, "Withdrawn", nullable=False),
        Column("is_stale", BOOLEAN, "Its newest version is in quarantine", nullable=False),
        Column("first_seen_at", TIMESTAMP, "When we first saw it", nullable=False),
        Column("last_seen_at", TIMESTAMP, "When it was last given to us", nullable=False),
        Column("content_sha256", TEXT, "Hash of the entry as received", nullable=False, pattern="^[0-9a-f]{64}$"),
        Column("run_id", TEXT, "Run that wrote this row", nullable=False, bookkeeping=True),
    ),
    key=("entry_no",),
)  # fmt: skip
HITS = Table(
    "register_search_hits", "One row per leg that ever found an entry", (
        ENTRY,
        Column("leg", TEXT, "Leg of the watchlist", nullable=False),
        Column("first_seen_at", TIMESTAMP, "When this leg first found it", nullable=False),
        Column("last_seen_at", TIMESTAMP, "When this leg last found it", nullable=False),
    ),
    key=("entry_no", "leg"), references=(Reference(("entry_no",), "register_entries", ("entry_no",)),),
)  # fmt: skip


def register() -> None:
    papers.TABLES += (ENTRIES, HITS)
    SOURCES[NAME] = Source(  # type: ignore[index]
        title="The Made-up Register", records="entries", record_id=r"EU-\d{4}", id_is="its number",
        tables=("register_entries",), hits="register_search_hits", files=(".csv",), parameters=frozenset({"text"}),
        longest_query=60, whole_leg="whole register", newest="row(_partition, _record_no)",
        follower=f"{__name__}:Entries", reader=f"{__name__}:entries",
    )  # fmt: skip


def entries(path: Path) -> Iterator[Received]:
    from flows.sources.records import Received

    for line in path.read_bytes().splitlines():
        yield Received(NAME, line.split(b";")[0].decode(), line)


def extract(raw: bytes) -> Shaped:
    from transforms.shaped import Shaped

    [(number, title)] = csv.reader([raw.decode()], delimiter=";")
    return Shaped(number, {"register_entries": [{"entry_no": number, "title": title}]})


def __getattr__(name: str) -> type:
    """The follower, whose base is imported after the declarations are whole."""
    if name != "Entries":
        raise AttributeError(name)
    from transforms.follow import Plain

    return type("Entries", (Plain,), {"extract": staticmethod(extract)})


def main(folder: Path) -> None:
    register()
    night = folder / "nights" / "2026-05-01"
    night.mkdir(parents=True)
    (night / "euregister.csv").write_text("EU-0001;CAR T cells in lupus\nEU-0002;CAR T cells in myositis\n")
    (folder / "watchlist.toml").write_text(WATCHLIST)

    from flows.config.settings import load
    from flows.runs import nightly
    from flows.runs.rebuild import rebuild
    from flows.runs.run import Options

    settings = load(home=folder / "home", watchlist=folder / "watchlist.toml", workers=1)
    [report] = nightly.run(settings, Options(recorded=folder / "nights"))
    assert report.status == "published", report
    assert not rebuild(settings).differing


if __name__ == "__main__":
    from tests.flows.sources import made_up_source

    made_up_source.main(Path(sys.argv[1]))

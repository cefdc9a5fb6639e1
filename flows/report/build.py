"""Writing the report: read the published file, compose the page, put it in place in one step."""

from __future__ import annotations

import os
from pathlib import Path

from flows.report import contents
from flows.report.page import page
from warehouse import disk
from warehouse.querying.reading import published


def build_report(warehouse: Path, target: Path) -> Path:
    """Write the report of the published file at `warehouse` to `target`, whole or not at all.

    Raises WarehouseError (nothing published, or a file of another schema) and OSError; whatever is
    raised, the report that was there stays.
    """
    with published(warehouse) as connection:
        composed = page(contents.read_contents(connection))
    # A title may hold half of a pair of surrogates, which no file can: it becomes a question mark.
    # A name of its own: `cartrials report` may write while a run does.
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    disk.write_durably(target, composed.encode("utf-8", "replace"), part=part)
    return target

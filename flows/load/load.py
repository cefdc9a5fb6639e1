"""Runs become rows of the working database: a night is one run, a rebuild all of them, by the same three steps.

plan                what each run takes of which record, from the manifests alone
normalize, write    each record through its runs; what a content says is checked and written once
apply               run by run: who stands how, states, ties, events; then versions and states of what moved
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import pandas as pd
import pyarrow as pa

from flows.load import overrides as decisions
from flows.load import sightings, standings
from flows.load.apply_run import apply_run, forget_earlier_papers
from flows.load.plan import ManifestsOf, Plan, plan_of, records_of
from flows.load.run_state import Check, Kept
from flows.load.workers import batches
from flows.load.write_rows import NOW, chunks, create, drop, main_of, write_rows
from flows.storage import memory
from flows.storage.data_folder import DataFolder
from flows.storage.seal import Seal
from transforms.frames import Typed, typed
from transforms.profile.products.catalogue import table_rows
from warehouse import work
from warehouse.schema import table
from warehouse.tables.sources import SOURCES
from warehouse.work import Connection

Step = Callable[[], AbstractContextManager[object]]


def load(
    place: DataFolder, seals: Sequence[Seal], *, manifests_of: ManifestsOf | None = None, check: Check | None = None,
    step: Step = nullcontext, tell: Callable[[str], None] = lambda _line: None,
) -> list[Kept]:  # fmt: skip
    """Apply these runs, in order, to the working database; says what each did.

    `check` is given the rows of each chunk before they are written, of a single run. `step` is entered for each part of
    the work: nothing where the caller holds one transaction, a transaction each where nobody needs what is half done.
    Raises ArchiveError when a manifest names a record that is missing or damaged.
    """
    manifests_of = manifests_of or (lambda seal: place.manifests.of_run(seal.run_id))
    plan = plan_of(place, seals, manifests_of)
    create(place.connection)
    for source in SOURCES:
        _normalize(place, plan, source, check, step)
    affected: set[str] = set()
    for run in plan.runs:
        tell(f"keeping run {run.seal.run_id}")
        with step():
            affected |= apply_run(place, run, manifests_of(run.seal))
    tell("making versions and states")
    with step():
        _finish(place, plan, affected)
    return plan.runs


def _normalize(place: DataFolder, plan: Plan, source: str, check: Check | None, step: Step) -> None:
    """Every content that a run takes of a source, once; its rows are checked and written."""
    by_run = {run.seal.run_id: run for run in plan.runs}
    normalized = batches(
        source, records_of(plan, source, place.archive), plan.count(source), packs=place.archive.packs,
        workers=place.settings.workers, overrides=place.overrides,
    )  # fmt: skip
    for chunk in chunks(normalized):
        with step():
            write_rows(place.connection, source, chunk, plan.runs, check)
        for outcome in chunk.outcomes:
            if outcome.of_sponsors and outcome.run_id:
                by_run[outcome.run_id].of_sponsors += outcome.of_sponsors
        taken = {outcome.sha256 for outcome in chunk.outcomes if outcome.run_id}
        plan.runs[-1].problems += [(source, *problem) for problem in chunk.problems if problem[1] in taken]
        memory.release_memory()


def _finish(place: DataFolder, plan: Plan, affected: set[str]) -> None:
    """What holds for all of these runs, once the last of them is applied."""
    connection = place.connection
    for source in SOURCES:
        _note_current(connection, source, plan)
        standings.write(connection, source, plan.moved[source])
    _write_topics(connection, plan.runs[-1].seal.topics)
    _write_products(connection, plan.runs)
    decisions.remember(connection, place.overrides)
    sightings.write_spans(connection, sorted(affected), place.settings.workers)
    forget_earlier_papers(connection)
    drop(connection)


def _note_current(connection: Connection, source: str, plan: Plan) -> None:
    """Remember which content of each record is the newest, and which is the newest that could be read."""
    taken = plan.taken[source]
    if not taken:
        return
    rows = pa.table({  # noqa: F841  (DuckDB reads it by name)
        "record_id": pa.array(list(taken), pa.string()),
        "current": pa.array([some[-1].sha256 for some in taken.values()], pa.string()),
    })  # fmt: skip
    now = NOW[main_of(source)]
    connection.execute(
        f"""INSERT OR REPLACE INTO _records SELECT ?, record_id, current, content_sha256
            FROM rows LEFT JOIN {now.name} ON {now.key[0]} = record_id""",
        [source],
    )


def _write_topics(connection: Connection, topics: Mapping[str, Sequence[str]]) -> None:
    """Which topics a disease belongs to, by the watchlist of the last run."""
    by_disease: dict[str, list[str]] = {}
    for topic, diseases in topics.items():
        for disease in diseases:
            by_disease.setdefault(disease, []).append(topic)
    rows = pa.table({  # noqa: F841  (DuckDB reads it by name)
        "disease": pa.array(list(by_disease), pa.string()),
        "topics": pa.array(list(by_disease.values()), pa.list_(pa.string())),
    })  # fmt: skip
    before = connection.execute("FROM _topics").fetchone()
    if before is not None and before[0] == by_disease:
        return
    connection.execute("DELETE FROM _topics")
    connection.execute("INSERT INTO _topics SELECT coalesce(map(list(disease), list(topics)), MAP {}) FROM rows")
    for name in ("trials", "trial_states", "publications"):
        work.touched(connection, name, "topics")


def _write_products(connection: Connection, runs: Sequence[Kept]) -> None:
    """The product list is a table of its own: written at the first run and whenever the rules change."""
    is_empty = connection.execute("SELECT 1 FROM products LIMIT 1").fetchone() is None
    if is_empty or any(run.rules_changed for run in runs):
        connection.execute("DELETE FROM products")
        work.append(connection, table("products"), _products().arrow)
        work.touched(connection, "products")


def product_frame() -> pd.DataFrame:
    """The product list as rows of table products, for the checks."""
    return _products().frame


def _products() -> Typed:
    return typed(table("products"), table_rows())

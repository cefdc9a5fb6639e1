"""A rebuild's records: every content of every trial is shaped once, before the first run is kept.

The manifests say beforehand which contents each trial takes in which run. Processes take some trials each, with all
their contents in order (`transforms.replay`); what runs ask for of trials waits in temporary tables until its run is
kept (`flows.load.contents`), and the rows of each content in a folder beside the working database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from flows.load import contents, rereading
from flows.load.copies import Standing, choose
from flows.load.following import Stored, follow
from flows.load.run_state import Replay
from flows.load.workers import spread
from flows.sources.records import CTGOV
from flows.storage.archive import Archive
from flows.storage.data_folder import DataFolder
from flows.storage.seal import Seal
from transforms.history.event import Context
from transforms.replay import Replayed
from warehouse import disk, work

GROUP_SIZE = 1_000  # contents that a process takes at a time; their rows are in memory together
TAKEN_AT_ONCE = 4  # groups; an insertion costs much the same however few the rows
LARGE_REBUILD = 4_000  # contents from which processes of their own are worth their start

Plan = dict[str, list[tuple[int, str]]]  # NCT number -> number of the seal in the list, hash of the content


@contextmanager
def prepared(place: DataFolder, seals: Sequence[Seal], folder: Path) -> Iterator[Replay]:
    """All contents of all runs shaped, with what is made of them waiting in `folder` and in temporary tables.

    Raises ArchiveError where a record is missing or damaged; the connection is of no other use then, since a
    temporary table stands before `trials`.
    """
    remove(folder)
    disk.make_folder(folder)
    try:
        plan, contexts = _plan(place, seals)
        replay = Replay()
        rereading.create(place.connection)
        contents.create(place.connection)
        with work.transaction(place.connection):
            made = _shaped(place, plan, contexts, folder, replay)
            while some := list(islice(made, TAKEN_AT_ONCE)):
                contents.take(place.connection, some)
        yield replay
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """The folder of a rebuild, or of one that was killed."""
    disk.remove_tree(folder)


def _plan(place: DataFolder, seals: Sequence[Seal]) -> tuple[Plan, list[Context]]:
    """What each trial takes in which run, as keeping the runs in order would find it; and what runs know of others."""
    plan: Plan = {}
    contexts: list[Context] = []
    current: dict[str, str] = {}
    standings: dict[str, Standing] = {}
    night: Seal | None = None  # the last that asked the registry
    for number, seal in enumerate(seals):
        manifests = [manifest for manifest in place.manifests.of_run(seal.run_id) if manifest.source == CTGOV]
        received = choose(CTGOV, manifests, standings, place.archive.read).contents
        read_again = dict(current) if seal.asks_no_source else {}
        changed = {nct_id: sha256 for nct_id, sha256 in received.items() if current.get(nct_id) != sha256}
        for nct_id, sha256 in (read_again | changed).items():
            plan.setdefault(nct_id, []).append((number, sha256))
        current |= received
        contexts.append(_context(seal, night))
        night = seal if manifests else night
    return plan, contexts


def _context(seal: Seal, night: Seal | None) -> Context:
    if night is None:
        return Context(seal.clock, seal.run_id)
    search_changed = night.watchlist_sha256 != seal.watchlist_sha256
    return Context(seal.clock, seal.run_id, night.clock.date(), search_changed=search_changed)


def _shaped(
    place: DataFolder, plan: Plan, contexts: Sequence[Context], folder: Path, replay: Replay
) -> Iterator[Replayed]:
    replay.groups = [(some, folder / f"{number}") for number, some in enumerate(_groups(plan))]
    parts = (
        (place.archive.packs, _stored(place.archive, plan, some, contexts), place.overrides, path)
        for some, path in replay.groups
    )
    count = sum(len(taken) for taken in plan.values())
    replay.workers = place.settings.workers if count >= LARGE_REBUILD else 1
    for made in spread(follow, parts, replay.workers):
        for event in made.of_sponsors:
            replay.of_sponsors.setdefault(event.run_id, []).append(event)
        yield made


def _groups(plan: Mapping[str, Sequence[object]]) -> Iterator[list[str]]:
    some: list[str] = []
    size = 0
    for nct_id, taken in plan.items():
        some.append(nct_id)
        size += len(taken)
        if size >= GROUP_SIZE:
            yield some
            some, size = [], 0
    if some:
        yield some


def _stored(archive: Archive, plan: Plan, nct_ids: Sequence[str], contexts: Sequence[Context]) -> Stored:
    entries = archive.entries({sha256 for nct_id in nct_ids for _, sha256 in plan[nct_id]})
    return [(nct_id, [(contexts[number], entries[sha256]) for number, sha256 in plan[nct_id]]) for nct_id in nct_ids]

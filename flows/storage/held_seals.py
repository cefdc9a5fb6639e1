"""The seals of the archive held against what the journal knows of them, and given their chain where they have none."""

from __future__ import annotations

from flows.errors import ArchiveError
from flows.process import progress
from flows.storage.chain import DO
from flows.storage.journal import Journal
from flows.storage.manifests import Manifests
from flows.storage.seal import Seal


def hold_seals(manifests: Manifests, journal: Journal) -> list[Seal]:
    """All seals, in order. Seals from before the chain are chained, and that is told.

    Raises ArchiveError, naming it, where one is missing, was altered, or stands in another place.
    """
    check_seals(manifests, journal)
    if given := manifests.give_chain():
        progress.tell(f"{given} runs were sealed before seals were chained: they are chained from now on")
    seals = manifests.sealed()
    known = journal.seals()
    journal.add_many("seals", [row_of(seal) for seal in seals if seal.run_id not in known])
    return seals


def check_seals(manifests: Manifests, journal: Journal) -> list[Seal]:
    """`hold_seals`, but nothing is written."""
    told = journal.seals()
    for run_id in told:
        if not manifests.is_sealed(run_id):
            raise ArchiveError(
                f"The seal of run {run_id} is missing from the archive though the run was published. Restore "
                f"archive/manifests/{run_id} {DO}"
            )
    seals = manifests.sealed()
    for seal in seals:
        if told.get(seal.run_id, seal.digest) != seal.digest:
            raise ArchiveError(
                f"The seal {seal.run_id}/sealed.json is not the one that the run was published with. Restore "
                f"archive/manifests/{seal.run_id} {DO}"
            )
    return seals


def row_of(seal: Seal) -> dict[str, object]:
    """A seal as the journal knows it."""
    return {"run_id": seal.run_id, "number": seal.number, "digest": seal.digest}

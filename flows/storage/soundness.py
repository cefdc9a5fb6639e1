"""Every file of a data folder held against what it should be: which is damaged, what that costs, what to do.

Nothing is written and no lock is kept: a run may work meanwhile. What it is just writing is not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256

from flows.config.settings import Settings
from flows.errors import ArchiveError, CartrialsError, sentence_of
from flows.storage.archive import scan
from flows.storage.data_folder import is_at_work
from flows.storage.held_seals import check_seals
from flows.storage.journal import Journal
from flows.storage.manifests import HELD, Manifests
from warehouse import whole
from warehouse.errors import WarehouseError

BEING_WRITTEN = "a run is writing it"
Look = Callable[[Settings], str]  # what there is, where it is whole; raises an error that names what is not


def journal(settings: Settings) -> str:
    with Journal(settings.journal_path, read_only=True) as opened:
        opened.examine()
        if altered := opened.altered():
            raise CartrialsError(altered)
        return f"whole, {opened.rows('SELECT count(*) AS n FROM runs')[0]['n']} runs"


def seals(settings: Settings) -> str:
    """Seals, their order, and the manifests that they stand for."""
    manifests = Manifests(settings.archive_path / "manifests")
    with Journal(settings.journal_path, read_only=True) as opened:
        found = check_seals(manifests, opened)
    manifests.check(found)
    for path in manifests.root.glob(f"*/{HELD}"):
        if held := manifests.seal(path.parent.name, HELD):
            manifests.check([held])
    unchained = sum(seal.digest is None for seal in found)
    more = f"; {unchained} are from before the chain, the next run gives them one" if unchained else ""
    return f"{len(found)} in order, with their manifests{more}"


def records(settings: Settings) -> str:
    """Every record of every pack, and every record that a sealed run names."""
    packs = sorted((settings.archive_path / "packs").glob("*.zst"))
    found = {entry.sha256 for path in packs for entry in scan(path)}
    manifests = Manifests(settings.archive_path / "manifests")
    for seal in manifests.sealed():
        for manifest in manifests.of_run(seal.run_id):
            named = [*(one for _, one in manifest.contents), *(one for *_, one in manifest.versions)]
            if missing := [one for one in named if one not in found]:
                raise ArchiveError(
                    f"The archive's packs lack {len(missing)} records that run {seal.run_id} names, the first "
                    f"{missing[0][:12]}…: a pack was altered or is missing. Restore archive/packs/{seal.run_id}-*.zst "
                    "from a backup; those records are lost without one."
                )
    return f"{len(found)} in {len(packs)} packs"


def decisions(settings: Settings) -> str:
    """The files of decisions that counted, by their hashes."""
    files = sorted((settings.archive_path / "overrides").glob("*.csv"))
    for path in files:
        if sha256(path.read_bytes()).hexdigest() != path.stem:
            raise ArchiveError(
                f"{path} was altered: what reviewers had decided then is not in it any more. Restore it from a backup; "
                "nothing that is published depends on it."
            )
    return f"{len(files)} files"


def working_database(settings: Settings) -> str:
    """Not looked at while a run writes it, which may begin or end meanwhile."""
    if is_at_work(settings.home):
        return BEING_WRITTEN
    if not settings.work_path.exists():
        return "none; the next run makes it from the archive"
    if whole.is_whole(settings.work_path):
        return "whole"
    if is_at_work(settings.home):
        return BEING_WRITTEN
    raise WarehouseError(
        f"The working database {settings.work_path} is damaged. Run `cartrials rebuild`: it is made again from the "
        "archive, nothing is lost."
    )


def releases(settings: Settings) -> str:
    found = sorted((settings.home / "releases").glob("*.duckdb"))
    damaged = [path for path in found if not whole.is_whole(path)]
    if damaged:
        raise WarehouseError(
            f"{', '.join(str(path) for path in damaged)}: damaged. Copy it back from a backup where it is marked keep; "
            "another that is not published may be deleted, the published one is made again by `cartrials rebuild`."
        )
    return f"{len(found)} whole"


def published(settings: Settings) -> str:
    from warehouse.querying.reading import published as opened

    path = settings.warehouse_path
    if not path.exists():
        return "nothing published yet"
    if not whole.is_whole(path):
        raise WarehouseError(f"{path} is damaged. Run `cartrials rebuild`: it is made again from the archive.")
    with opened(path) as connection:
        row = connection.execute("SELECT run_id FROM release").fetchone()
    return f"release of run {row[0] if row else 'unknown'}"


QUICK: dict[str, Look] = {"journal": journal, "seals": seals, "published warehouse": published}
ALL: dict[str, Look] = {
    **QUICK, "records": records, "decisions": decisions, "working database": working_database, "releases": releases
}  # fmt: skip


def damages(settings: Settings, looks: dict[str, Look] = QUICK) -> Iterator[str]:
    """A sentence for each file, or kind of file, that is not as it should be."""
    for look in looks.values():
        try:
            look(settings)
        except (CartrialsError, OSError) as error:
            yield sentence_of(error)

"""The chain of seals: what was edited, removed or put in another place is named by whoever reads it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from flows.config.settings import Settings, load
from flows.errors import ArchiveError
from flows.process import progress
from flows.runs.rebuild import rebuild
from flows.storage import soundness
from flows.storage.chain import canonical, digest_of
from flows.storage.data_folder import open_data_folder
from flows.storage.manifests import IN_TURN, Manifest, Manifests
from flows.storage.seal import Seal
from tests import records
from tests.flows.sealed_nights import keep_nights
from tests.once import once

NIGHTS = [(f"2026-09-0{day}T03:00:00", day) for day in (1, 2, 3, 4)]


def four_nights(folder: Path) -> None:
    changing = [(at, [records.study(1, designModule__enrollmentInfo__count=day)]) for at, day in NIGHTS]
    keep_nights(load(home=folder / "data"), changing)


@pytest.fixture
def settings(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Four sealed nights of one trial, published."""
    shutil.copytree(once(tmp_path_factory, "chained", four_nights) / "data", tmp_path / "data")
    return load(home=tmp_path / "data")


def seals_of(settings: Settings) -> list[Path]:
    return sorted(settings.archive_path.glob("manifests/*/sealed.json"))


def rewritten(path: Path, *, again: bool = False, **changes: object) -> None:
    """The seal with other values; `again` with the digest that these have."""
    value = json.loads(path.read_bytes()) | changes
    value = {name: said for name, said in value.items() if said is not None}
    path.write_bytes(canonical(value | {"digest": digest_of(value)} if again else value))


def an_edited_seal(seals: list[Path]) -> None:
    rewritten(seals[1], clock_at="2026-08-02T03:00:00")


def a_seal_made_anew(seals: list[Path]) -> None:
    rewritten(seals[1], again=True, clock_at="2026-08-02T03:00:00")


def the_last_seal_made_anew(seals: list[Path]) -> None:
    rewritten(seals[-1], again=True, clock_at="2026-09-05T03:00:00")


def a_removed_seal(seals: list[Path]) -> None:
    seals[1].unlink()


def the_last_seal_removed(seals: list[Path]) -> None:
    seals[-1].unlink()


def a_removed_run(seals: list[Path]) -> None:
    shutil.rmtree(seals[1].parent)


def two_seals_the_other_way_round(seals: list[Path]) -> None:
    one, other = (json.loads(seals[at].read_bytes())["number"] for at in (1, 2))
    rewritten(seals[1], again=True, number=other)
    rewritten(seals[2], again=True, number=one)


def seals_in_each_others_folders(seals: list[Path]) -> None:
    one, other = (seals[at].read_bytes() for at in (1, 2))
    seals[1].write_bytes(other)
    seals[2].write_bytes(one)


def a_seal_without_its_place(seals: list[Path]) -> None:
    rewritten(seals[1], before=None, digest=None)


def a_manifest(seals: list[Path]) -> None:
    [path] = seals[1].parent.glob("ctgov.*.json")
    path.write_bytes(path.read_bytes().replace(b"NCT90000001", b"NCT90000009"))


def a_manifest_is_gone(seals: list[Path]) -> None:
    [path] = seals[1].parent.glob("ctgov.*.json")
    path.unlink()


DAMAGES = (
    an_edited_seal, a_seal_made_anew, the_last_seal_made_anew, a_removed_seal, the_last_seal_removed, a_removed_run,
    two_seals_the_other_way_round, seals_in_each_others_folders, a_seal_without_its_place, a_manifest,
    a_manifest_is_gone,
)  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("has_journal", [True, False])
def test_what_was_done_to_seals_is_named(
    settings: Settings, damage: Callable[[list[Path]], None], has_journal: bool
) -> None:
    """By rebuild, by the next night, by the doctor; most of it also where the journal is lost."""
    seals = seals_of(settings)
    run_ids = [path.parent.name for path in seals]
    damage(seals)
    if not has_journal:
        if damage in (the_last_seal_made_anew, the_last_seal_removed):
            return  # only the journal and the release know better
        settings.journal_path.unlink()
    before = settings.warehouse_path.read_bytes()
    from flows.runs import recover

    def night() -> None:
        with open_data_folder(settings) as place:
            recover.finish(place)

    looks = [lambda: rebuild(settings), night] + ([lambda: soundness.seals(settings)] if has_journal else [])
    for look in looks:
        with pytest.raises(ArchiveError) as caught:
            look()
        said = str(caught.value)
        assert any(run_id in said for run_id in run_ids[1:]) and "Restore" in said and "\n" not in said, said
    assert settings.warehouse_path.read_bytes() == before


def test_a_home_from_before_the_chain_is_given_one_and_told(settings: Settings) -> None:
    seals = seals_of(settings)
    chained = [path.read_bytes() for path in seals]
    from_before(settings)
    assert "4 are from before the chain" in soundness.seals(settings)
    lines: list[str] = []
    with progress.watched(lines.append), open_data_folder(settings):
        pass
    assert [path.read_bytes() for path in seals] == chained
    assert [line for line in lines if "4 runs were sealed before seals were chained" in line]
    assert soundness.seals(settings) == "4 in order, with their manifests"


def test_a_chain_half_given_is_given_whole_by_the_next(settings: Settings) -> None:
    """The newest first: what a killed run leaves is what an earlier version leaves."""
    seals = seals_of(settings)
    chained = [path.read_bytes() for path in seals]
    from_before(settings)
    for path, content in zip(seals[2:], chained[2:], strict=True):
        path.write_bytes(content)
    with open_data_folder(settings):
        pass
    assert [path.read_bytes() for path in seals] == chained


def test_what_was_edited_before_the_chain_was_given_whole_is_found(settings: Settings) -> None:
    seals = seals_of(settings)
    rewritten(seals[0], before=None, digest=None, clock_at="2026-08-01T03:00:00")
    with pytest.raises(ArchiveError, match="does not follow"), open_data_folder(settings):
        pass


def test_fields_of_a_later_version_are_held_to_and_otherwise_left_alone(settings: Settings) -> None:
    last = seals_of(settings)[-1]
    rewritten(last, again=True, something_later=[1])
    assert Manifests(settings.archive_path / "manifests").sealed()[-1].number == 4
    last.write_bytes(last.read_bytes().replace(b'"something_later":[1]', b'"something_later":[2]'))
    with pytest.raises(ArchiveError, match="altered"):
        Manifests(settings.archive_path / "manifests").sealed()


def from_before(settings: Settings) -> None:
    """The home as an earlier version leaves it: no chain, and no journal of seals or digests."""
    import sqlite3

    for path in seals_of(settings):
        rewritten(path, before=None, digest=None)
    with sqlite3.connect(settings.journal_path) as journal:
        journal.execute("DROP TABLE seals")
        journal.execute("DROP TABLE row_digests")


class Looking(Manifests):
    """Notes which runs are looked at."""

    def check(self, seals: Iterable[Seal]) -> None:
        self.looked_at = [seal.number for seal in seals]
        super().check(seals)


def test_the_manifests_of_many_nights_are_looked_at_in_turn(tmp_path: Path) -> None:
    """No night looks at more than the last ones and a share of the others; within a month it has looked at all."""
    manifests, seen = Looking(tmp_path), set[int]()
    for number in range(1, 4 * IN_TURN):
        run_id = f"202601{number:03d}"
        manifests.write(Manifest(run_id, "ctgov", "lupus", "2026-01-01"))
        manifests.write_seal(Seal(
            run_id, number, "nightly", "live", "2026-01-01T03:00:00", "", {}, manifests.hashes(run_id),
        ))  # fmt: skip
        manifests.check_in_turn()
        assert len(manifests.looked_at) <= IN_TURN + number / IN_TURN
        assert manifests.looked_at[-1] == number
        if number >= 3 * IN_TURN:
            seen.update(manifests.looked_at)
    assert seen >= set(range(1, 4 * IN_TURN))
    next(iter((tmp_path / "202601001").glob("ctgov*"))).write_text("{}")
    with pytest.raises(ArchiveError, match=r"altered after the run was sealed"):
        manifests.check(manifests.sealed())

"""Records as received: kept once, read back byte for byte, and a pack that was altered is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.errors import ArchiveError
from flows.load.workers import Stored, batches
from flows.storage.archive import Archive, Packs
from tests.records import raw, study
from transforms.content import content_sha256
from transforms.follow import Record, Taken
from transforms.history.event import Context


@pytest.fixture
def archive(tmp_path: Path):
    archive = Archive(tmp_path / "archive")
    yield archive
    archive.close()


def landed(archive: Archive, records: list[bytes], source: str = "ctgov", run: str = "run") -> list[str]:
    """Their hashes, in order; they lie in one pack."""
    hashes = [content_sha256(source, record) for record in records]
    with archive.pack(run, source) as pack:
        for some in (records[:2], records[2:]):
            pack.add_all([(content_sha256(source, record), None, record) for record in some])
    return hashes


@pytest.mark.parametrize("source", ["ctgov", "pubmed"])
def test_a_record_is_read_back_as_it_came(archive: Archive, source: str) -> None:
    records = [b'{"a": 1}', "<é/>".encode(), b"no record at all", b"x" * 100_000]
    hashes = landed(archive, records, source)
    assert [archive.read(sha256) for sha256 in hashes] == records
    assert dict(archive.read_many(hashes)) == dict(zip(hashes, records, strict=True))


def test_a_content_is_kept_once(archive: Archive) -> None:
    landed(archive, [b"one", b"two", b"one"])
    size = sum(path.stat().st_size for path in archive.packs.iterdir())
    landed(archive, [b"two", b"one"], run="next")
    assert sum(path.stat().st_size for path in archive.packs.iterdir()) == size


def test_the_index_is_made_again_from_the_packs(archive: Archive, tmp_path: Path) -> None:
    records = [b"one", b"two", b"three"]
    hashes = landed(archive, records)
    archive.close()
    for left in (tmp_path / "archive").glob("index.sqlite*"):
        left.unlink()
    again = Archive(tmp_path / "archive")
    assert [again.read(sha256) for sha256 in hashes] == records
    again.close()


def test_nothing_of_a_pack_counts_whose_run_broke(archive: Archive) -> None:
    sha256 = content_sha256("ctgov", b"one")
    with pytest.raises(RuntimeError), archive.pack("run", "ctgov") as pack:
        pack.add(sha256, None, b"one")
        raise RuntimeError
    assert sha256 not in archive
    assert list(archive.packs.iterdir()) == []


def test_what_could_not_be_written_ends_the_run(archive: Archive) -> None:
    with pytest.raises(FileNotFoundError), archive.pack("no/such/folder", "ctgov") as pack:
        pack.add("a" * 64, None, b"one")
    assert "a" * 64 not in archive


def test_an_altered_pack_is_named_by_whoever_reads_it(archive: Archive) -> None:
    records = [raw(study(number)) for number in range(1, 4)]
    entries = [archive.entry(sha256) for sha256 in landed(archive, records)]
    path = archive.packs / entries[1].pack
    content = bytearray(path.read_bytes())
    content[entries[1].start + 40] ^= 0xFF
    path.write_bytes(content)
    with Packs(archive.packs) as packs:
        assert packs.read(entries[0]) == records[0]
        with pytest.raises(ArchiveError, match=r"run-ctgov\.zst is damaged at record"):
            packs.read(entries[1])


def test_shaped_in_other_processes_records_are_the_same(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """And in the same order, with the same words for a damaged one."""
    from datetime import datetime

    from flows.load import workers as shaping

    monkeypatch.setattr(shaping, "LARGE_NIGHT", 1)
    monkeypatch.setattr(shaping, "BATCH_SIZE", 3)
    records = [raw(study(number)) for number in range(1, 12)]
    context = Context(datetime(2026, 5, 1), "run")
    stored = [
        Stored(Record(f"NCT9{n:07d}", (Taken(context, sha256),)), {sha256: archive.entry(sha256)})
        for n, sha256 in enumerate(landed(archive, records), 1)
    ]

    def shaped(workers: int):
        return list(batches("ctgov", stored, len(stored), packs=archive.packs, workers=workers, overrides={}))

    here, elsewhere = shaped(1), shaped(2)
    assert [batch.outcomes for batch in elsewhere] == [batch.outcomes for batch in here]
    assert [batch.tables for batch in elsewhere] == [batch.tables for batch in here]
    (archive.packs / next(iter(stored[0].entries.values())).pack).unlink()
    with pytest.raises(ArchiveError, match="is damaged at record"):
        shaped(2)

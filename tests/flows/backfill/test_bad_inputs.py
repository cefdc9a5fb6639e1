"""What cannot be read whole is parked whole and named; what another try may mend is tried again."""

from __future__ import annotations

import errno
import gzip
import os
import signal
import zipfile
from pathlib import Path

import pytest

from flows.backfill import partitions, running, scanning
from flows.backfill.partitions import Partition
from flows.backfill.runners import Runner
from flows.backfill.running import ScanBroken
from flows.backfill.scanning import Outcome, Rules, scan
from flows.backfill.shelf import Shelf
from flows.errors import SettingsError
from tests.flows.backfill.made_up import other_study, pubmed_file, registry_zip, write_md5
from tests.records import paper, raw, study


def pubmed(tmp_path: Path, name: str = "pubmed26n0001.xml.gz") -> Path:
    return pubmed_file(tmp_path / "in" / name, [paper(n) for n in range(1, 40)])


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-400])
    write_md5(path)


def another_md5(path: Path) -> None:
    path.with_name(path.name + ".md5").write_text(f"MD5({path.name})= {'0' * 32}\n")


def no_md5(path: Path) -> None:
    path.with_name(path.name + ".md5").write_text("<html>not found</html>")


def broken_in_the_middle(path: Path) -> None:
    whole = gzip.decompress(path.read_bytes())
    middle = whole.index(b"</ArticleTitle>", len(whole) // 2)
    path.write_bytes(gzip.compress(whole[:middle] + b"</Title>" + whole[middle:], mtime=0))
    write_md5(path)


def cut_in_the_middle(path: Path) -> None:
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:-2_000], mtime=0))
    write_md5(path)


def entities(path: Path) -> None:
    whole = gzip.decompress(path.read_bytes())
    path.write_bytes(gzip.compress(b'<!DOCTYPE x [<!ENTITY a "b">]>' + whole, mtime=0))
    write_md5(path)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (cut_short, "cut short"),
        (another_md5, "MD5"),
        (no_md5, "without an MD5"),
        (broken_in_the_middle, "breaks in citation"),
        (cut_in_the_middle, "ends in the middle"),
        (entities, "entities"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_a_broken_file_is_parked_whole_and_named(tmp_path: Path, damage: object, says: str) -> None:
    path = pubmed(tmp_path)
    pubmed(tmp_path, "pubmed26n0002.xml.gz")
    damage(path)  # type: ignore[operator]
    shelf = str(tmp_path / "shelf")
    outcomes = running.run(partitions.of_pubmed([str(path.parent)]), shelf, Rules(), Runner("here"))
    assert [outcome.status for outcome in outcomes] == ["parked", "done"]
    reason = outcomes[0].reason or ""
    assert says in reason and path.name in reason
    assert Shelf(shelf, "pubmed").done("pubmed26n0001") is None, "nothing of it is kept"
    assert list((tmp_path / "shelf" / "pubmed" / "pubmed26n0001").iterdir()) == [
        tmp_path / "shelf" / "pubmed" / "pubmed26n0001" / "parked.json"
    ]
    pubmed(tmp_path)
    again = running.run(partitions.of_pubmed([str(path.parent)]), shelf, Rules(), Runner("here"))
    assert [outcome.status for outcome in again] == ["done", "skipped"]


def test_a_study_altered_within_the_zip_parks_its_partition(tmp_path: Path) -> None:
    path = registry_zip(tmp_path / "all.zip", [other_study(n) for n in range(1, 7)])
    with zipfile.ZipFile(path) as packed:
        start = packed.infolist()[4].header_offset
    content = bytearray(path.read_bytes())
    content[start + 60 : start + 70] = b"x" * 10
    parts = partitions.of_registry(str(path), 2)
    path.write_bytes(bytes(content))
    outcomes = running.run(parts, str(tmp_path / "shelf"), Rules(), Runner("here"))
    assert [outcome.status for outcome in outcomes] == ["done", "done", "parked"]
    assert "NCT90000005.json cut short or altered" in (outcomes[2].reason or "")


def test_a_study_that_is_no_json_waits_and_the_others_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.json").write_bytes(b'{"protocolSection":')
    (folder / "b.json").write_bytes(raw(study(2)))
    [outcome] = running.run(partitions.of_registry(str(folder)), str(tmp_path / "shelf"), Rules(), Runner("here"))
    manifest = Shelf(str(tmp_path / "shelf"), "ctgov").done(outcome.partition.name)
    assert manifest is not None
    assert (manifest.records, manifest.unreadable, manifest.rows["_problems"]) == (2, 1, 1)


def test_a_manifest_that_cannot_be_read_means_not_done(tmp_path: Path) -> None:
    path = pubmed(tmp_path)
    [part] = partitions.of_pubmed([str(path.parent)])
    scan(part, str(tmp_path / "shelf"), Rules())
    manifest = tmp_path / "shelf" / "pubmed" / part.name / "manifest.json"
    for content in ("", "[]", '{"partition": "x"}', manifest.read_text()[:-10]):
        manifest.write_text(content)
        assert scan(part, str(tmp_path / "shelf"), Rules()).status == "done"


@pytest.mark.parametrize(
    ("given", "says"),
    [("nowhere", "cannot be listed"), ("empty", "no PubMed file"), ("twice", "Two inputs are called")],
)
def test_what_is_no_place_of_files_is_a_wrong_setting(tmp_path: Path, given: str, says: str) -> None:
    (tmp_path / "empty").mkdir()
    if given == "twice":
        for place in ("one", "two"):
            pubmed_file(tmp_path / place / "pubmed26n0001.xml.gz", [paper(1)])
    places = [str(tmp_path / "one"), str(tmp_path / "two")] if given == "twice" else [str(tmp_path / given)]
    with pytest.raises(SettingsError, match=says):
        partitions.of_pubmed(places)


def test_a_full_disk_is_tried_again_and_then_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pubmed(tmp_path)
    parts = partitions.of_pubmed([str(path.parent)])
    tries = []

    def full(*_: object) -> Outcome:
        tries.append(1)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/somewhere")

    monkeypatch.setattr(scanning, "scan", full)
    with pytest.raises(ScanBroken, match=r"1 of 1 .* pubmed26n0001 .*No space left on device.*run the same command"):
        running.run(parts, str(tmp_path / "shelf"), Rules(), Runner("here"))
    assert len(tries) == running.ROUNDS


def killing_once(partition: Partition, shelf_url: str, rules: Rules) -> Outcome:
    """In the first process that comes to the second partition: killed, as by the system when memory runs out."""
    mark = Path(shelf_url) / "killed"
    if partition.name.endswith("2") and not mark.exists():
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return scan(partition, shelf_url, rules)


def test_a_killed_process_costs_a_round_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 5):
        pubmed(tmp_path, f"pubmed26n000{number}.xml.gz")
    monkeypatch.setattr(scanning, "scan", killing_once)
    parts = partitions.of_pubmed([str(tmp_path / "in")])
    outcomes = running.run(parts, str(tmp_path / "shelf"), Rules(), Runner("processes", 1))
    assert (tmp_path / "shelf" / "killed").exists()
    assert [outcome.partition.name for outcome in outcomes] == [part.name for part in parts]
    assert {outcome.status for outcome in outcomes} <= {"done", "skipped"}

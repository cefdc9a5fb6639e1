from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows.backfill import partitions, running
from flows.backfill.merging import merged
from flows.backfill.runners import Runner
from flows.backfill.scanning import Outcome, Rules, scan
from flows.backfill.shelf import Shelf
from tests.flows.backfill.made_up import other_study, pubmed_file, registry_zip, versioned
from tests.records import nct, paper, pmid, raw, study
from tests.transforms.one_batch import Item, studies
from transforms.history.event import Context
from warehouse.export import scans
from warehouse.tables.sources import CTGOV, PUBMED

HERE = Runner("here")


def fingerprints(shelf: Path, source: str, outcomes: list[Outcome], folder: Path) -> dict[str, str]:
    names = [outcome.partition.name for outcome in outcomes if outcome.status != "parked"]
    with merged(Shelf(str(shelf), source), source, names, folder) as connection:
        return scans.fingerprints(connection, source)


def titles(shelf: Path, outcomes: list[Outcome], folder: Path) -> dict[str, str]:
    names = [outcome.partition.name for outcome in outcomes]
    with merged(Shelf(str(shelf), PUBMED), PUBMED, names, folder) as connection:
        return dict(connection.execute("SELECT pmid, title FROM publications").fetchall())


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    return registry_zip(tmp_path / "studies.zip", [raw(study(1)), *(other_study(n) for n in range(2, 12))])


def test_a_zip_is_read_as_its_studies_say(tmp_path: Path, registry: Path) -> None:
    outcomes = running.run(partitions.of_registry(str(registry), 4), str(tmp_path / "shelf"), Rules(), HERE)
    assert [outcome.status for outcome in outcomes] == ["done"] * 3
    with merged(Shelf(str(tmp_path / "shelf"), CTGOV), CTGOV, [o.partition.name for o in outcomes], tmp_path) as found:
        assert scans.count(found) == 11
        assert [record_id for record_id, _, _ in scans.in_scope(found)] == [nct(1)]
        [(raw_bytes,)] = found.execute("SELECT raw FROM _in_scope").fetchall()
        arms = found.execute("SELECT nct_id, intervention_no, name FROM trial_interventions ORDER BY ALL").fetchall()
    assert raw_bytes == raw(study(1))
    expected = studies([Item(nct(1), "0", raw(study(1)))], _context()).tables["trial_interventions"]
    assert [name for nct_id, _, name in arms if nct_id == nct(1)] == expected.column("name").to_pylist()


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_the_runner_makes_no_difference(tmp_path: Path, registry: Path, kind: str) -> None:
    parts = partitions.of_registry(str(registry), 4)
    here = running.run(parts, str(tmp_path / "here"), Rules(), HERE)
    there = running.run(parts[::-1], str(tmp_path / "there"), Rules(), Runner(kind, 2))
    assert fingerprints(tmp_path / "here", CTGOV, here, tmp_path) == fingerprints(
        tmp_path / "there", CTGOV, there, tmp_path
    )


def test_what_is_done_is_skipped_until_input_or_rules_change(tmp_path: Path) -> None:
    file = pubmed_file(tmp_path / "in" / "pubmed26n0001.xml.gz", [paper(1)])
    shelf = str(tmp_path / "shelf")
    [part] = partitions.of_pubmed([str(file.parent)])
    assert scan(part, shelf, Rules()).status == "done"
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "shelf").rglob("*") if path.is_file()}
    assert scan(part, shelf, Rules()).status == "skipped"
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "shelf").rglob("*") if path.is_file()} == before
    assert scan(part, shelf, Rules(overrides_sha256="others")).status == "done"
    pubmed_file(file, [paper(1), paper(2)])
    assert scan(part, shelf, Rules(overrides_sha256="others")).status == "done"
    shutil.rmtree(tmp_path / "shelf" / PUBMED / part.name)
    assert scan(part, shelf, Rules()).status == "done"


def test_the_newest_version_of_a_citation_stands_whatever_was_read_last(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    pubmed_file(folder / "pubmed26n0001.xml.gz", [paper(1, "First"), paper(2, "First"), versioned(3, 2, "Second")])
    pubmed_file(folder / "pubmed26n0002.xml.gz", [paper(1, "Again"), paper(2, "Again"), versioned(3, 1, "First")])
    pubmed_file(folder / "pubmed26n0003.xml.gz", [paper(1, "Third"), paper(1, "Third, corrected")])
    parts = partitions.of_pubmed([str(folder)])
    outcomes = running.run(parts[::-1], str(tmp_path / "shelf"), Rules(), HERE)
    expected = {pmid(1): "Third, corrected", pmid(2): "Again", pmid(3): "Second"}
    assert titles(tmp_path / "shelf", outcomes, tmp_path) == expected


def test_a_withdrawn_citation_is_gone_until_a_later_file_brings_it_back(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    pubmed_file(folder / "pubmed26n0001.xml.gz", [paper(1), paper(2), paper(3)])
    pubmed_file(folder / "pubmed26n0002.xml.gz", [paper(4)], deleted=[1, 2, 4])
    pubmed_file(folder / "pubmed26n0003.xml.gz", [paper(2, "Back")])
    outcomes = running.run(partitions.of_pubmed([str(folder)]), str(tmp_path / "shelf"), Rules(), HERE)
    assert set(titles(tmp_path / "shelf", outcomes, tmp_path)) == {pmid(2), pmid(3)}
    names = [outcome.partition.name for outcome in outcomes]
    with merged(Shelf(str(tmp_path / "shelf"), PUBMED), PUBMED, names, tmp_path) as connection:
        assert scans.withdrawn(connection) == {pmid(1), pmid(4)}
        authors = connection.execute("SELECT DISTINCT pmid FROM publication_authors").fetchall()
    assert {one for (one,) in authors} == {pmid(2), pmid(3)}


def test_partitions_equal_one_pass_over_all_records(tmp_path: Path, shared: Path) -> None:
    source = shared / "registry" / "ctgov" / "autoimmune_car_t_2026-07-03.jsonl.gz"
    import gzip

    lines = gzip.decompress(source.read_bytes()).splitlines()[:120]
    cut = tmp_path / "cut"
    cut.mkdir()
    for number in range(4):
        (cut / f"part{number}.jsonl").write_bytes(b"\n".join(lines[number::4]))
    whole = tmp_path / "whole"
    whole.mkdir()
    (whole / "all.jsonl").write_bytes(b"\n".join(lines))
    found = []
    for folder in (cut, whole):
        outcomes = running.run(partitions.of_registry(str(folder)), str(folder / "shelf"), Rules(), HERE)
        found.append(fingerprints(folder / "shelf", CTGOV, outcomes, tmp_path))
    assert found[0] == found[1]


def test_results_on_an_object_store_are_the_same(tmp_path: Path, registry: Path) -> None:
    parts = partitions.of_registry(str(registry), 6)
    here = running.run(parts, str(tmp_path / "here"), Rules(), HERE)
    url = "memory://scan-of-everything"
    there = running.run(parts, url, Rules(), HERE)
    assert [outcome.status for outcome in running.run(parts, url, Rules(), HERE)] == ["skipped"] * 2
    with merged(Shelf(url, CTGOV), CTGOV, [o.partition.name for o in there], tmp_path) as connection:
        assert scans.fingerprints(connection, CTGOV) == fingerprints(tmp_path / "here", CTGOV, here, tmp_path)


def _context() -> Context:
    from flows.backfill.scanning import NO_NIGHT

    return NO_NIGHT

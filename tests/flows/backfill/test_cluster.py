"""A scan on a real Dask cluster under a real Prefect server says what one process says, whatever is killed."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.backfill import partitions, running
from flows.backfill.merging import merged
from flows.backfill.partitions import Partition
from flows.backfill.runners import Runner
from flows.backfill.scanning import Rules
from flows.backfill.shelf import Shelf
from tests.flows.backfill.cluster import Cluster, wait_until
from tests.flows.backfill.made_up import other_study, pubmed_file, registry_zip
from tests.records import paper, raw, study
from warehouse.export import scans

STUDIES_A_PARTITION = 40
pytestmark = pytest.mark.timeout(900)  # three servers start first; seconds on an idle machine


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve partitions of studies and eight files of papers, one of them of withdrawals."""
    folder = tmp_path_factory.mktemp("inputs")
    studies = [raw(study(n)) if n % 9 == 0 else other_study(n) for n in range(1, 12 * STUDIES_A_PARTITION + 1)]
    registry_zip(folder / "all.zip", studies)
    for number in range(1, 8):
        papers = [paper(n) for n in range(number * 20, number * 20 + 40)]
        pubmed_file(folder / "pubmed" / f"pubmed26n000{number}.xml.gz", papers)
    pubmed_file(folder / "pubmed" / "pubmed26n0008.xml.gz", [], deleted=[30, 50])
    return folder


def fingerprints(shelf: str, parts: list[Partition], folder: Path) -> dict[str, str]:
    source = parts[0].source
    with merged(Shelf(shelf, source), source, [part.name for part in parts], folder) as connection:
        return scans.fingerprints(connection, source)


def ended(command: subprocess.Popen[str]) -> tuple[int, str, str]:
    said, complained = command.communicate(timeout=480)
    return command.returncode, said, complained


def test_a_worker_killed_on_the_way_changes_nothing(cluster: Cluster, inputs: Path, tmp_path: Path) -> None:
    workers = [name for name in cluster.processes if name.startswith("worker")]
    if len(workers) < 2:  # after the test in which the scheduler goes
        cluster.start_worker("worker-4")
    shelf = tmp_path / "there"
    words = ("--dask", cluster.address, "--results", str(shelf), "--only-read")
    size = ("--size", str(STUDIES_A_PARTITION))
    command = cluster.command("backfill", "registry", str(inputs / "all.zip"), *words, *size, home=tmp_path / "home")
    wait_until(lambda: len(list(shelf.glob("ctgov/*/manifest.json"))) >= 2)
    cluster.kill(workers[0])
    code, said, complained = ended(command)
    assert code == 0, complained
    assert said.startswith("12 partitions: ")
    parts = partitions.of_registry(str(inputs / "all.zip"), STUDIES_A_PARTITION)
    running.run(parts, str(tmp_path / "here"), Rules(), Runner("here"))
    assert fingerprints(str(shelf), parts, tmp_path) == fingerprints(str(tmp_path / "here"), parts, tmp_path)
    assert tasks_told(cluster) >= 12, "each partition is a task of the server's"


def test_papers_of_two_workers_are_those_of_one_process(cluster: Cluster, inputs: Path, tmp_path: Path) -> None:
    cluster.start_worker("worker-2")
    place = str(inputs / "pubmed")
    words = ("--dask", cluster.address, "--results", str(tmp_path / "there"), "--only-read")
    code, _, complained = ended(cluster.command("backfill", "pubmed", place, *words, home=tmp_path / "home"))
    assert code == 0, complained
    parts = partitions.of_pubmed([place])
    running.run(parts[::-1], str(tmp_path / "here"), Rules(), Runner("here"))
    assert fingerprints(str(tmp_path / "there"), parts, tmp_path) == fingerprints(
        str(tmp_path / "here"), parts, tmp_path
    )


def test_a_scheduler_that_goes_is_one_sentence_and_what_is_done_stays(
    cluster: Cluster, inputs: Path, tmp_path: Path
) -> None:
    shelf = tmp_path / "there"
    words = ("--dask", cluster.address, "--results", str(shelf), "--only-read", "--size", "20")
    command = cluster.command("backfill", "registry", str(inputs / "all.zip"), *words, home=tmp_path / "home")
    wait_until(lambda: len(list(shelf.glob("ctgov/*/manifest.json"))) >= 2)
    cluster.kill("scheduler")
    code, _, complained = ended(command)
    assert code == 1
    assert "run the same command again" in complained.splitlines()[-1]
    assert "Traceback" not in complained, complained
    done = len(list(shelf.glob("ctgov/*/manifest.json")))
    cluster.start_scheduler()
    for name in [name for name in cluster.processes if name.startswith("worker")]:
        cluster.kill(name)
    cluster.start_worker("worker-3")
    code, said, complained = ended(
        cluster.command("backfill", "registry", str(inputs / "all.zip"), *words, home=tmp_path / "home")
    )
    assert code == 0, complained
    assert f"{done} skipped" in said


def tasks_told(cluster: Cluster) -> int:
    """Task runs that the server knows to be completed."""
    request = urllib.request.Request(
        f"{cluster.environment['PREFECT_API_URL']}/task_runs/count",
        data=json.dumps({"task_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return int(reply.read())


def test_without_a_prefect_server_a_cluster_is_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.errors import SettingsError

    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    part = Partition("pubmed", "x", str(tmp_path / "x.xml.gz"))
    with pytest.raises(SettingsError, match="prefect server start"):
        running.run([part], str(tmp_path), Rules(), Runner("dask", 1, "tcp://127.0.0.1:1"))

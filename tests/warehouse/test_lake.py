"""The published warehouse in a DuckLake whose catalogue is a real PostgreSQL."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.servers.postgres import PASSWORD, Postgres
from tests.warehouse import made_up
from warehouse.columns import Table
from warehouse.export import lake
from warehouse.export.lake import LakeError, Snapshot, publish
from warehouse.release.fingerprint import table_fingerprint
from warehouse.schema import TABLES

READER = """
import sys, duckdb
from warehouse.export import lake
connection = duckdb.connect()
lake.attach(connection, sys.argv[1], read_only=True)
print("attached", flush=True)
for _ in sys.stdin:
    print(connection.execute(
        "SELECT (SELECT run_id FROM lake.release), (SELECT count(*) FROM lake.trials)").fetchone(), flush=True)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with Postgres() as started:
        yield started


@pytest.fixture
def postgres(server: Postgres) -> Postgres:
    """The server with an empty lake: a catalogue remembers where its first files were put."""
    server.sql("DROP DATABASE lake WITH (FORCE)")
    server.sql("CREATE DATABASE lake OWNER lake")
    return server


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two releases: the second has other trials, and is of another run."""
    folder = tmp_path_factory.mktemp("releases")
    found = []
    for number, count in enumerate((30, 45), start=1):
        rows = made_up.rows(count)
        rows["release"] = [{**rows["release"][0], "run_id": f"run-{number}"}]
        found.append(made_up.build(folder / f"{number}.duckdb", rows))
    return found[0], found[1]


def reading(catalogue: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    lake.attach(connection, catalogue, read_only=True)
    connection.execute("USE lake")
    return connection


def of_file(path: Path) -> dict[str, str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {declared.name: table_fingerprint(connection, declared) for declared in TABLES if declared.key}


def of_lake(catalogue: str) -> dict[str, str]:
    with reading(catalogue) as connection:
        return {declared.name: table_fingerprint(connection, declared) for declared in TABLES if declared.key}


@pytest.fixture(scope="module")
def published_lake(releases: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first release in a lake, and that folder as it was then."""
    folder = tmp_path_factory.mktemp("lake")
    (folder / "lake").mkdir()
    publish(releases[0], f"ducklake:{folder / 'lake' / 'catalogue.ducklake'}", str(folder / "lake" / "files"))
    shutil.copytree(folder / "lake", folder / "as it was")
    return folder


@pytest.fixture
def file_lake(published_lake: Path) -> str:
    """The first release in a lake whose catalogue is a file: for what needs no PostgreSQL. It knows its own place, so
    it is put back there for each test.
    """
    shutil.rmtree(published_lake / "lake")
    shutil.copytree(published_lake / "as it was", published_lake / "lake")
    return f"ducklake:{published_lake / 'lake' / 'catalogue.ducklake'}"


def test_two_releases_in_postgres_are_two_snapshots_and_both_can_be_read(
    postgres: Postgres, releases: tuple[Path, Path], tmp_path: Path
) -> None:
    first = publish(releases[0], postgres.catalogue, str(tmp_path / "files"))
    assert of_lake(postgres.catalogue) == of_file(releases[0])
    command = [sys.executable, "-c", READER, postgres.catalogue]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin and reader.stdout
        assert reader.stdout.readline() == "attached\n"
        done: list[Snapshot] = []
        writer = threading.Thread(target=lambda: done.append(publish(releases[1], postgres.catalogue)))
        writer.start()
        seen = []
        while not seen or seen[-1] != "('run-2', 45)":
            reader.stdin.write("read\n")
            reader.stdin.flush()
            seen.append(reader.stdout.readline().strip())
            assert len(seen) < 5_000
        writer.join()
        reader.stdin.close()
    assert set(seen) == {"('run-1', 30)", "('run-2', 45)"}, "one release or the other, never half of one"
    assert of_lake(postgres.catalogue) == of_file(releases[1])
    with reading(postgres.catalogue) as connection:
        then = connection.execute(f"SELECT count(*) FROM lake.trials AT (VERSION => {first.number})").fetchone()
        told = connection.execute("SELECT commit_message FROM lake.snapshots() WHERE author = 'cartrials' ORDER BY 1")
        assert (then, told.fetchall()) == ((30,), [("run-1",), ("run-2",)])


def test_a_postgres_that_restarts_during_a_publication_costs_a_few_seconds(
    postgres: Postgres, releases: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring = lake._bring
    restarts = []

    def restarting(connection: duckdb.DuckDBPyConnection, declared: Table) -> int:
        if declared.name == "car_t_products" and not restarts:
            restarts.append(time.monotonic())
            postgres.stop()
            postgres.start()
        return bring(connection, declared)

    monkeypatch.setattr(lake, "_bring", restarting)
    monkeypatch.setattr(lake, "DELAY", 0.1)
    done = publish(releases[0], postgres.catalogue, str(tmp_path / "files"))
    assert (restarts != [], done.is_new, done.run_id) == (True, True, "run-1")
    assert of_lake(postgres.catalogue) == of_file(releases[0])


def test_a_postgres_that_is_away_is_one_sentence_without_the_password(
    postgres: Postgres, releases: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake, "DELAY", 0.01)
    away = postgres.catalogue.replace(f"port={postgres.port}", "port=1")
    with pytest.raises(LakeError, match="The lake could not be written") as raised:
        publish(releases[0], away, "/nowhere")
    assert PASSWORD not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_tables_comments_views_and_macros_are_those_of_the_file(releases: tuple[Path, Path], file_lake: str) -> None:
    comments = (
        "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE database_name = '{}' AND NOT internal"
    )
    with reading(file_lake) as there, duckdb.connect(str(releases[0]), read_only=True) as here:
        of_tables = tuple(declared.name for declared in TABLES)
        found = [row for row in there.execute(comments.format("lake")).fetchall() if row[0] in of_tables]
        expected = [row for row in here.execute(comments.format("1")).fetchall() if row[0] in of_tables]
        assert sorted(found) == sorted(expected)
        assert all(comment for _, _, comment in found)
        views = [name for (name,) in here.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()]
        assert len(views) > 40
        for view in views:
            assert (
                there.execute(f"SELECT count(*) FROM {view}").fetchone()
                == here.execute(f"SELECT count(*) FROM {view}").fetchone()
            ), view
        for call in ("trials_as_of(DATE '2026-09-01')", "profiles_as_of(now(), known_at := DATE '2026-09-01')"):
            assert there.execute(f"FROM {call}").fetchall() == here.execute(f"FROM {call}").fetchall()


def test_publishing_a_run_again_changes_nothing(releases: tuple[Path, Path], file_lake: str) -> None:
    with reading(file_lake) as connection:
        (before,) = connection.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchone() or ()
    again = publish(releases[0], file_lake)
    assert (again.number, again.is_new, again.written) == (before, False, {})


def test_only_rows_that_differ_are_written(releases: tuple[Path, Path], file_lake: str) -> None:
    second = publish(releases[1], file_lake)
    assert second.written["release"] == 1
    assert "products" not in second.written


def test_a_table_of_an_earlier_schema_is_made_anew(releases: tuple[Path, Path], file_lake: str) -> None:
    with duckdb.connect() as connection:
        lake.attach(connection, file_lake)
        connection.execute("ALTER TABLE lake.trials DROP COLUMN acronym")
    publish(releases[1], file_lake)
    assert of_lake(file_lake) == of_file(releases[1])


def test_what_is_no_lake_or_no_release_is_one_sentence(releases: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="is no DuckLake"):
        publish(releases[0], "postgres:dbname=lake", str(tmp_path))
    with pytest.raises(LakeError, match="could not be written"):
        publish(tmp_path / "absent.duckdb", f"ducklake:{tmp_path / 'x.ducklake'}", str(tmp_path))


def test_a_new_lake_whose_place_was_wrong_is_mended_by_the_right_one(
    releases: tuple[Path, Path], tmp_path: Path
) -> None:
    catalogue, wrong, right = f"ducklake:{tmp_path / 'new.ducklake'}", tmp_path / "no folder", tmp_path / "files"
    wrong.write_text("a file", "utf-8")
    with pytest.raises(LakeError, match=r"holds what it held before.* the release here stands.* again"):
        publish(releases[0], catalogue, str(wrong))
    assert publish(releases[0], catalogue, str(right)).is_new
    assert publish(releases[1], catalogue).is_new and of_lake(catalogue) == of_file(releases[1])
    # One that holds rows stays where it is.
    with pytest.raises(LakeError, match=r"keeps its files elsewhere .* leave --data .* Nothing was written"):
        publish(releases[0], catalogue, str(tmp_path / "elsewhere"))
    assert of_lake(catalogue) == of_file(releases[1])


def test_a_publication_that_was_killed_is_made_again_by_the_next(releases: tuple[Path, Path], tmp_path: Path) -> None:
    catalogue, files = f"ducklake:{tmp_path / 'new.ducklake'}", tmp_path / "files"
    program = (
        "import os, sys; from pathlib import Path; from warehouse.export import lake\n"
        "bring, seen = lake._bring, []\n"
        "def killed(connection, declared):\n"
        "    seen.append(declared)\n"
        "    return os.kill(os.getpid(), 9) if len(seen) == 20 else bring(connection, declared)\n"
        "lake._bring = killed\n"
        "lake.publish(Path(sys.argv[1]), sys.argv[2], sys.argv[3])\n"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(releases[0]), catalogue, str(files)], check=False)
    assert ended.returncode == -9
    assert publish(releases[0], catalogue, str(files)).is_new
    assert of_lake(catalogue) == of_file(releases[0])


def test_without_the_extension_it_says_what_to_install(
    releases: tuple[Path, Path], file_lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb_extension_ducklake", None)
    with pytest.raises(LakeError, match=r"has no extension ducklake here: install cartrials with its extra `scale`"):
        publish(releases[0], file_lake)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("dbname=x password=geheim host=y", "dbname=x password=… host=y"),
        ("dbname=x password='ge heim' host=y", "dbname=x password=… host=y"),
        ("postgresql://user:geheim@host/x", "postgresql://user:…@host/x"),
    ],
)
def test_no_password_is_shown(given: str, shown: str) -> None:
    assert lake.without_password(given) == shown

"""The published warehouse as a DuckLake: the same tables, comments, views and macros, one snapshot per run.

A DuckLake keeps its catalogue in PostgreSQL (or in a file) and its rows as Parquet in a folder or bucket:
many read while one writes, and every earlier run can still be read (`AT (VERSION => n)`). A publication is
one transaction: what is in the lake is the release before or this one, never half of it. Only rows that
differ are written.
"""

from __future__ import annotations

import importlib
import re
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from warehouse import ddl
from warehouse.columns import Table
from warehouse.errors import WarehouseError
from warehouse.schema import TABLES

Connection = duckdb.DuckDBPyConnection

PREFIX = "ducklake:"
POSTGRES = "ducklake:postgres:"
TRIES = 4
END_OF_TIME = "TIMESTAMP '9999-12-31 00:00:00'"
DELAY = 2.0  # seconds before the second try; doubles: a PostgreSQL that restarts is back within them
MEND = "Mend that and run `cartrials publish` again."
_OTHER_PLACE = "does not match existing data path"
_SECRET = re.compile(r"(password\s*=\s*)('[^']*'|[^\s'\"]+)|(://[^:/@\s]+:)[^@\s]+(?=@)", re.IGNORECASE)


class LakeError(WarehouseError):
    """The lake cannot be written; the release here stands."""


@dataclass(frozen=True)
class Snapshot:
    """What a publication left: the lake's snapshot of this run, and how many rows it wrote, by table.

    `is_new` is False where the run was there already.
    """

    number: int
    run_id: str
    written: dict[str, int]
    is_new: bool


def publish(release: Path, catalogue: str, data_path: str | None = None) -> Snapshot:
    """Write the published file at `release` into the DuckLake of `catalogue`.

    `catalogue` is what DuckDB attaches: `ducklake:postgres:dbname=cartrials host=…` or `ducklake:FILE`.
    `data_path` is where a new lake puts its files; a lake that is there knows. A connection that breaks is
    made again. Raises LakeError in one sentence, without any password.
    """
    delay = DELAY
    for attempt in range(1, TRIES + 1):
        try:
            return _published(release, catalogue, data_path)
        except duckdb.Error as error:
            if attempt == TRIES or not (POSTGRES in catalogue and _may_pass(error)):
                raise LakeError(
                    f"The lake could not be written ({without_password(_first_line(error))}). It holds what it held "
                    f"before, or all of this release; the release here stands. {MEND}"
                ) from None
        time.sleep(delay)
        delay *= 2
    raise AssertionError("the last try raises or returns")


def attach(
    connection: Connection, catalogue: str, data_path: str | None = None, *, read_only: bool = False,
    override: bool = False,
) -> None:  # fmt: skip
    """Attach a lake as `lake`; `override` has its files at `data_path` whatever it knows. Raises LakeError where an
    extension is missing, duckdb.Error."""
    if not catalogue.startswith(PREFIX):
        raise no_lake(catalogue)
    load_extensions(connection, postgres=catalogue.startswith(POSTGRES))
    options = [f"DATA_PATH {ddl.quoted(data_path)}"] if data_path else []
    options += ["READ_ONLY"] if read_only else []
    options += ["OVERRIDE_DATA_PATH true"] if override else []
    listed = f" ({', '.join(options)})" if options else ""
    connection.execute(f"ATTACH {ddl.quoted(catalogue)} AS lake{listed}")


def no_lake(catalogue: str) -> LakeError:
    """What is said of a name that no lake can have."""
    return LakeError(f"{without_password(catalogue)!r} is no DuckLake; expected ducklake:postgres:… or ducklake:FILE.")


def load_extensions(connection: Connection, *, postgres: bool) -> None:
    """Load DuckDB's extensions from their wheels: no network, nothing written to anyone's home."""
    version = duckdb.__version__
    connection.execute("SET autoinstall_known_extensions = false")
    for name in ("ducklake", "postgres_scanner") if postgres else ("ducklake",):
        try:
            module = importlib.import_module(f"duckdb_extension_{name}")
            file = Path(str(module.__file__)).parent / "extensions" / f"v{version}" / f"{name}.duckdb_extension"
            connection.execute(f"LOAD {ddl.quoted(str(file))}")
        except (ImportError, duckdb.Error) as error:
            raise LakeError(
                f"DuckDB {version} has no extension {name} here: install cartrials with its extra `scale`, which "
                "brings duckdb-extension wheels for DuckDB 1.5.5."
            ) from error


def without_password(text: str) -> str:
    """`text` with the password of a connection string left out."""
    return _SECRET.sub(lambda found: f"{found[1] or found[3]}…", text)


def _published(release: Path, catalogue: str, data_path: str | None) -> Snapshot:
    with duckdb.connect() as connection:
        _open(connection, catalogue, data_path)
        connection.execute(f"ATTACH {ddl.quoted(str(release))} AS published (READ_ONLY)")
        run_id = _run_id(connection, "published")
        if run_id is None:
            raise LakeError(
                f"{release} is no published warehouse: its table release is empty. Run `cartrials nightly`."
            )
        connection.execute("BEGIN TRANSACTION")
        if run_id == _run_id(connection, "lake"):
            connection.execute("ROLLBACK")
            return Snapshot(_last_snapshot(connection), run_id, {}, is_new=False)
        written = {declared.name: _bring(connection, declared) for declared in TABLES}
        connection.execute("USE lake")
        for statement in (*_comments(connection), *_views_and_macros()):
            connection.execute(statement)
        connection.execute("CALL lake.set_commit_message('cartrials', ?)", [run_id])
        connection.execute("COMMIT")
        return Snapshot(_last_snapshot(connection), run_id, {name: n for name, n in written.items() if n}, is_new=True)


def _open(connection: Connection, catalogue: str, data_path: str | None) -> None:
    """Attach the lake to write to it. One that has nothing yet takes another place for its files: where its first
    publication failed for the place, the right one must be possible."""
    try:
        attach(connection, catalogue, data_path)
    except duckdb.Error as error:
        if not data_path or _OTHER_PLACE not in str(error):
            raise
        attach(connection, catalogue, data_path, override=True)
        if _last_snapshot(connection):
            raise LakeError(
                f"This lake keeps its files elsewhere than in {without_password(data_path)}, since it was made: leave "
                "--data (CARTRIALS_LAKE_DATA) out, or name another lake. Nothing was written to it."
            ) from None
        place = data_path.rstrip("/") + "/"
        connection.execute(
            "UPDATE __ducklake_metadata_lake.ducklake_metadata SET value = ? WHERE key = 'data_path'", [place]
        )


def _bring(connection: Connection, declared: Table) -> int:
    """Make one table of the lake say what the release says; how many rows were written."""
    name, columns = declared.name, ", ".join(declared.column_names)
    if _columns(connection, "lake", name) != _columns(connection, "published", name):
        # Another schema: readers of earlier snapshots still have the earlier columns.
        connection.execute(f"DROP TABLE IF EXISTS lake.{name}")
        connection.execute(ddl.create_table(declared, "lake."))
    here, there = f"SELECT {columns} FROM published.{name}", f"SELECT {columns} FROM lake.{name}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE _new AS {here} EXCEPT {there}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE _gone AS {there} EXCEPT {here}")
    key = ", ".join(declared.key)
    if _count(connection, "temp._gone"):
        connection.execute(f"DELETE FROM lake.{name} WHERE ({key}) IN (SELECT ({key}) FROM temp._gone)")
    count = _count(connection, "temp._new")
    if count:
        connection.execute(f"INSERT INTO lake.{name} ({columns}) SELECT {columns} FROM temp._new ORDER BY {key}")
    return count


def _comments(connection: Connection) -> list[str]:
    """The comments that the lake does not have yet."""
    there = {comment for (comment,) in connection.execute(
        """SELECT 'T' || table_name || ' ' || comment FROM duckdb_tables() WHERE database_name = 'lake'
           UNION ALL
           SELECT 'C' || table_name || '.' || column_name || ' ' || comment FROM duckdb_columns()
           WHERE database_name = 'lake'"""
    ).fetchall()}  # fmt: skip
    found = []
    for declared in TABLES:
        of_table, *of_columns = ddl.comments(declared)
        key = ", ".join(declared.key)
        if f"T{declared.name} {declared.grain}. Key: {key}." not in there:
            found.append(of_table)
        for column, statement in zip(declared.columns, of_columns, strict=True):
            if f"C{declared.name}.{column.name} {ddl.description(column)}" not in there:
                found.append(statement)
    return found


def _views_and_macros() -> list[str]:
    """The views and macros of the published file. A DuckLake keeps no NULL as a macro's default: the end of time
    stands for "as known now" there."""
    replaced = (re.sub(r"\ACREATE VIEW", "CREATE OR REPLACE VIEW", one) for one in ddl.views_and_macros())
    return [one.replace("(t, known_at := NULL)", f"(t, known_at := {END_OF_TIME})") for one in replaced]


def _columns(connection: Connection, database: str, name: str) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE database_name = ? AND table_name = ? "
        "AND schema_name = 'main' ORDER BY column_index",
        [database, name],
    ).fetchall()


def _run_id(connection: Connection, database: str) -> str | None:
    if not _columns(connection, database, "release"):
        return None
    row = connection.execute(f"SELECT run_id FROM {database}.release").fetchone()
    return str(row[0]) if row else None


def _last_snapshot(connection: Connection) -> int:
    row = connection.execute("SELECT max(snapshot_id) FROM lake.snapshots()").fetchone()
    return int(row[0]) if row else 0


def _count(connection: Connection, name: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {name}").fetchone()
    return int(row[0]) if row else 0


def _may_pass(error: duckdb.Error) -> bool:
    """A connection that broke, or another publication that was first: the same may succeed the next time."""
    return isinstance(error, (duckdb.IOException, duckdb.TransactionException, duckdb.ConnectionException))


def _first_line(error: Exception) -> str:
    """DuckDB's message in a line: DuckLake gives the cause in the second."""
    lines = str(error).strip().splitlines()[:2]
    return ": ".join(line.split("Error: ", 1)[-1].rstrip(".: ") for line in lines) or type(error).__name__

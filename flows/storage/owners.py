"""Who owns which name in a data folder: what stays there, and what a process that was killed leaves behind.

Leftovers are taken away by the next run, under its lock, before it opens anything: a log that DuckDB left beside a file
that is written anew would be replayed into it. Whatever is neither owned nor a leftover somebody else put there: it is
shown by `cartrials doctor` and left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from flows.errors import SettingsError
from warehouse import disk

OWNERS = {
    "run.lock": "the run that works",
    "restore.unfinished": "the restore that works, or was cut off",
    "alerts.lock": "the process that delivers alerts",
    "backfill-*.lock": "the backfill that reads",
    "cartrials.duckdb": "the release that is published",
    "state.sqlite": "the journal",
    "state.sqlite-*": "SQLite, beside the journal",
    "work.duckdb": "the working database",
    "work.duckdb.wal*": "DuckDB, beside the working database",
    "archive/index.sqlite": "the index of the archive",
    "archive/index.sqlite-*": "SQLite, beside the index",
    "archive/packs/*.zst": "the archive: records as received",
    "archive/manifests/*/*.json": "the archive: what each pull brought, and seals",
    "archive/overrides/*.csv": "the archive: reviewers' decisions",
    "releases/*.duckdb": "releases",
    "releases/*.keep": "the mark of a release that is kept for good",
    "feeds/*.atom": "feeds",
    "feeds/*.ics": "feeds",
    "report/*.html": "the report",
    "logs/**": "logs",
    "prefect/**": "Prefect",
    "scans/**": "scans; a scan takes its own leftovers away",
}
# Names of what is not finished: each is written anew from the start, so nothing in it is of use.
LEFTOVERS = (
    "archive/packs/*.part",
    "archive/manifests/*/*.part",
    "archive/overrides/*.part",
    "releases/*.part",
    "releases/*.part.*",
    "cartrials.duckdb.next",
    "feeds/*.part",
    "state.sqlite.part",
    "state.sqlite.part-*",
    "work.rebuilt.*",
    "work.duckdb.tmp",
    ".doctor",
)


def take_leftovers_away(home: Path) -> list[str]:
    """Remove what a killed process left, and say what; call it under the lock of runs. What cannot go stays."""
    gone = []
    for path in (*leftovers(home), *disk.abandoned(home / "report", ".index.html.")):
        disk.remove_tree(path)
        gone.append(path.relative_to(home).as_posix())
    return gone


def leftovers(home: Path) -> list[Path]:
    """What a killed process left, or one that works now is writing."""
    found = {path for pattern in LEFTOVERS for path in home.glob(pattern)}
    if not (home / "state.sqlite").exists():
        # SQLite's log of a journal that is gone: it would be replayed into one that is restored.
        found |= set(home.glob("state.sqlite-*"))
    return sorted(found)


def unowned_files(home: Path) -> list[Path]:
    """Files in a data folder that nobody owns, leftovers among them."""
    return sorted(path for path in _files(home) if owner_of(PurePosixPath(path.relative_to(home).as_posix())) is None)


def owner_of(name: PurePosixPath) -> str | None:
    """Who owns a file, by its name in the data folder; None for a leftover, or for what is not ours."""
    return next((owner for pattern, owner in OWNERS.items() if _fits(name, pattern)), None)


def _fits(name: PurePosixPath, pattern: str) -> bool:
    """Part by part: a star stands for no slash, a last `**` for anything below."""
    wanted = pattern.split("/")
    if wanted[-1] == "**":
        wanted = wanted[:-1] + ["*"] * max(1, len(name.parts) - len(wanted) + 1)
    if name.suffix == disk.PART and not pattern.endswith("**"):
        return False
    return len(wanted) == len(name.parts) and all(map(fnmatchcase, name.parts, wanted))


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


def refuse_to_write_in(home: Path, target: Path | None) -> None:
    """A person's file never takes the place of one of ours. Raises SettingsError for a target in the data folder."""
    if target is not None and home.resolve() in (target.resolve(), *target.resolve().parents):
        raise SettingsError(
            f"{target} lies in the data folder {home}, where each name is the product's own. Name a place outside it."
        )

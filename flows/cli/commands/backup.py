"""`cartrials backup` and `restore`: everything that cannot be had again, and back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from flows.cli.commands.report import write_report_again
from flows.config.settings import SETTINGS_FILE, Settings
from flows.errors import CartrialsError, HomeError, home_error
from flows.runs.rebuild import rebuild
from flows.storage import restoring
from flows.storage.data_folder import run_lock
from flows.storage.journal import Journal
from flows.storage.manifests import HELD, SEAL
from flows.storage.owners import refuse_to_write_in, take_leftovers_away
from warehouse import disk
from warehouse.release.publish import KEEP_MARK

JOURNAL = "state.sqlite"
ARCHIVE = "archive"
SETTINGS = "settings"
SETTING_FILES = ("watchlist", "subscribers", "overrides")


def back_up(settings: Settings, directory: Path) -> int:
    """Copy archive, journal, feeds, releases marked keep and the files that settings name, also while a run works.

    Repeating it copies only what is new. The working database and the other releases are left out: `restore`
    makes the published one again. A journal that is damaged does not take the place of the one copied before.
    """
    if not settings.journal_path.exists():
        raise CartrialsError(f"There is nothing to back up in {settings.home}: no run has been made there.")
    refuse_to_write_in(settings.home, directory)
    try:
        disk.make_folder(directory)
        copied = _copy_archive(settings.archive_path, directory / ARCHIVE)
        # Last: a ledger that knows of more than the archive tells nobody twice, the other way round it would.
        _hold_journal(settings.journal_path)
        _copy_journal(settings.journal_path, directory / JOURNAL)
        # A run that was published meanwhile: the journal holds the archive to its seal.
        copied += _copy_archive(settings.archive_path, directory / ARCHIVE, _sealed_in(directory / JOURNAL))
        _copy_for_good(settings.home, directory)
        _copy_settings(settings, directory / SETTINGS)
    except OSError as error:
        raise home_error(error.filename or directory, error) or HomeError(
            f"The backup to {directory} failed ({error.strerror}: {error.filename or directory}). "
            "Mend it and try again."
        ) from error
    print(f"Backed up to {directory}: the journal and {copied} new archive files.")
    return 0


def restore_from(settings: Settings, directory: Path) -> int:
    """Put a backup into an empty data folder and make the warehouse again from it."""
    if not (directory / JOURNAL).exists():
        raise CartrialsError(f"{directory} holds no backup: {JOURNAL} is missing.")
    with run_lock(settings.home):
        take_leftovers_away(settings.home)
        begun = restoring.backup_of(settings.home)
        if settings.journal_path.exists() and begun is None:
            raise CartrialsError(
                f"{settings.home} holds data already. Restore into an empty folder: set CARTRIALS_HOME."
            )
        if begun not in (None, str(directory.resolve())):
            raise CartrialsError(f"{restoring.sentence(settings.home)} Another backup needs another, empty folder.")
        try:
            restoring.begin(settings.home, directory.resolve())
            _copy_archive(directory / ARCHIVE, settings.archive_path)
            _copy_for_good(directory, settings.home)
            disk.remove_sqlite(settings.journal_path)
            _copy_journal(directory / JOURNAL, settings.journal_path, untouched=True)
        except OSError as error:
            raise home_error(error.filename or settings.home, error) or HomeError(
                f"The backup could not be restored to {settings.home} ({error.strerror}: "
                f"{error.filename or settings.home}). Mend it and try again."
            ) from error
    result = rebuild(settings, restoring=True)
    restoring.end(settings.home)
    print(f"Restored from {directory} and rebuilt from {result.runs} runs: {settings.warehouse_path}")
    if (directory / SETTINGS).is_dir():
        print(f"  the files that settings named then are in {directory / SETTINGS}")
    return write_report_again(settings)


def _copy_archive(source: Path, target: Path, only: frozenset[str] | None = None) -> int:
    """Copy what is not there yet; how many files. The index is left out: it is made again.

    Packs and manifests never change once written, and a seal is written after all that it stands for. So a run that is
    sealed when the copy begins is copied whole, and one that is sealed later not at all. `only`: seals of these runs.
    """
    seals = sorted(path for name in (SEAL, HELD) for path in source.glob(f"manifests/*/{name}"))
    seals = [path for path in seals if only is None or path.parent.name in only]
    packs = sorted(source.glob("packs/*.zst"))
    manifests = sorted(path for path in source.glob("manifests/*/*.json") if path.name not in (SEAL, HELD))
    overrides = sorted(source.glob("overrides/*.csv"))
    return _copy_new([*overrides, *packs, *manifests, *seals], source, target)


def _copy_for_good(source: Path, target: Path) -> None:
    """Releases that were marked keep, since they are cited, with their marks; and feeds, which others follow."""
    marks = sorted(source.glob(f"releases/*{KEEP_MARK}"))
    _copy_new([path for mark in marks for path in (mark.with_suffix(".duckdb"), mark) if path.exists()], source, target)
    for feed in sorted((*source.glob("feeds/*.atom"), *source.glob("feeds/*.ics"))):
        disk.copy_durably(feed, target / feed.relative_to(source))


def _hold_journal(path: Path) -> None:
    """Raises JournalError, CartrialsError where the journal is damaged or holds what nobody wrote."""
    with Journal(path, read_only=True) as journal:
        journal.examine()
        if altered := journal.altered():
            raise CartrialsError(f"{altered} The journal that was backed up before stands.")


def _sealed_in(path: Path) -> frozenset[str]:
    with Journal(path, read_only=True) as journal:
        return frozenset(journal.seals())


def _copy_new(paths: Iterable[Path], source: Path, target: Path) -> int:
    copied = 0
    for path in paths:
        there = target / path.relative_to(source)
        if not there.exists() or there.stat().st_size != path.stat().st_size:
            disk.copy_durably(path, there)
            copied += 1
    return copied


def _copy_settings(settings: Settings, target: Path) -> None:
    named = {name: getattr(settings, name) for name in SETTING_FILES}
    files = {name: Path(path) for name, path in named.items() if path is not None} | {"cartrials": Path(SETTINGS_FILE)}
    for name, path in files.items():
        if path.is_file():
            disk.copy_durably(path, target / f"{name}{path.suffix}")


def _copy_journal(source: Path, target: Path, *, untouched: bool = False) -> None:
    """A consistent copy of a SQLite file, also while somebody writes it; one `untouched` is only read, as a backup that
    lies on a medium which nobody can write."""
    part = disk.part_of(target)
    # What is immutable needs no file beside it; where somebody worked in it, what is in its log counts.
    has_log = any(Path(f"{source}{ending}").exists() for ending in ("-wal", "-journal"))
    mode = "mode=ro" if has_log else "immutable=1"
    name = f"{source.absolute().as_uri()}?{mode}" if untouched else str(source)
    disk.remove_sqlite(part)
    try:
        with closing(sqlite3.connect(name, uri=untouched)) as journal, closing(sqlite3.connect(part)) as copy:
            journal.backup(copy)
    except sqlite3.Error as error:
        raise home_error(target, error) or HomeError(
            f"The journal {source} cannot be copied ({error}). Look at it with `cartrials doctor`."
        ) from error
    disk.sync_file(part)
    disk.replace(part, target)

"""`backfill history`: earlier versions of tracked trials, from the registry's own history.

The endpoints are undocumented: another shape than the one known, of a list or of several versions in a row, ends the
backfill with a sentence, before anything is sealed. One request a version, at the session's pace. What was read lands
in the archive a few trials at a time, so a backfill that was stopped goes on where it was; the
warehouse changes once, when all is read. A version that cannot be read waits in quarantine, the others are kept; it is
asked for again by each later backfill. The run's kind, `backfill`, keeps its events from being told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from flows.config.outside import REAL, Outside
from flows.config.settings import Settings
from flows.config.watchlist import Watchlist
from flows.config.watchlist import load as load_watchlist
from flows.errors import CartrialsError
from flows.process import stopping
from flows.runs import audit, lifecycle, nightly, recover
from flows.runs.publish import publish
from flows.runs.run import BACKFILL, Run
from flows.sources import clinicaltrials
from flows.sources.errors import Unexpected
from flows.sources.legs import HISTORY
from flows.sources.records import Received
from flows.sources.session import Session
from flows.storage.archive import Pack
from flows.storage.data_folder import DataFolder, open_data_folder
from flows.storage.manifests import Manifest
from transforms.content import content_sha256
from transforms.follow import unreadable_copy
from transforms.shaped import Problem
from warehouse.tables.sources import CTGOV

TRIALS_A_PART = 20  # trials whose versions are written down together
STRANGE_IN_A_ROW = 3  # answers that are no versions: so many are the registry's trouble, fewer are theirs alone
NO_VERSION = "the answer is not a version of this study"

Version = tuple[str, int, str, str]  # NCT number, the registry's number of the version, its day, its hash
Read = dict[tuple[str, int], Version]


@dataclass(frozen=True)
class Backfilled:
    """What a backfill of histories gave. `versions` were not known before; `absent` are listed but not served, and
    `unreadable` wait in quarantine."""

    run_id: str
    trials: int
    versions: int
    absent: int
    unreadable: int
    events: int
    fingerprint: str | None


def backfill_history(
    settings: Settings, nct_ids: Sequence[str] = (), progress: Callable[[str], None] = lambda line: None,
    outside: Outside = REAL,
) -> Backfilled:  # fmt: skip
    """Read earlier versions of `nct_ids`, or of every tracked trial in scope, and publish them.

    Raises SourceError when the registry cannot answer or answers in another shape, with nothing changed;
    CartrialsError for a number that is not tracked.
    """
    stopping.begin_work()
    watchlist = load_watchlist(settings.watchlist)
    with open_data_folder(settings, outside) as place:
        recover.finish(place)
        wanted = _wanted(place, nct_ids)
        # Before the run begins: what a stopped one has read counts only for those after it.
        read = _read_before(place)
        run = lifecycle.begin(place, clock=outside.clock(), source=HISTORY, kind=BACKFILL)
        with lifecycle.noting_failure(place, run), nightly.registry_session_of(settings, outside) as registry:
            reading = _Reading(place, run, registry, read, progress)
            return _finished(reading, watchlist, reading.of(wanted), len(wanted))


def _wanted(place: DataFolder, nct_ids: Sequence[str]) -> list[str]:
    """The trials to ask about: those named, else every trial in scope that the registry still answers for."""
    tracked = dict(
        place.connection.execute(
            "SELECT nct_id, scope <> 'out_of_scope' AND registry_state IN ('present', 'left_search') FROM trials"
        ).fetchall()
    )
    if not tracked:
        raise CartrialsError("No trial is tracked yet, so there is no history to read. Run `cartrials nightly` first.")
    if unknown := [nct_id for nct_id in nct_ids if nct_id not in tracked]:
        raise CartrialsError(f"{unknown[0]} is not a tracked trial. `cartrials search` finds those that are.")
    return sorted(set(nct_ids)) or sorted(nct_id for nct_id, is_asked in tracked.items() if is_asked)


def _read_before(place: DataFolder) -> Read:
    """Versions that are kept already, or that a backfill read which never came to its end."""
    kept = place.connection.execute(
        "SELECT nct_id, registry_version, CAST(registry_date AS VARCHAR), content_sha256 FROM _sightings "
        "WHERE origin = 'registry_history'"
    ).fetchall()
    read: Read = {(row[0], row[1]): row for row in kept}
    for row in place.journal.rows("SELECT run_id FROM runs WHERE source = ? AND status <> 'published'", [HISTORY]):
        for manifest in place.manifests.of_run(row["run_id"]):
            for version in manifest.versions:
                if version[3] in place.archive:
                    read.setdefault(version[:2], version)
    return read


@dataclass(frozen=True)
class _Reading:
    """One run's reading of histories; `read` is what need not be asked for again, `unreadable` came and waits."""

    place: DataFolder
    run: Run
    registry: Session
    read: Read
    progress: Callable[[str], None]
    unreadable: set[tuple[str, int]] = field(default_factory=set)
    strange: list[str] = field(default_factory=list)  # answers in a row that are no versions

    def of(self, nct_ids: Sequence[str]) -> list[Manifest]:
        """Manifests of all parts, each written before the next is begun."""
        remaining = iter(nct_ids)
        manifests: list[Manifest] = []
        while some := list(islice(remaining, TRIALS_A_PART)):
            manifest = self._part(some, len(manifests) + 1)
            self.place.manifests.write(manifest)
            manifests.append(manifest)
            done = min(len(nct_ids), len(manifests) * TRIALS_A_PART)
            count = sum(len(one.versions) for one in manifests)
            self.progress(f"{done} of {len(nct_ids)} trials read, {count} versions")
        return manifests

    def _part(self, nct_ids: Sequence[str], number: int) -> Manifest:
        versions: list[Version] = []
        absent: list[str] = []
        with self.place.archive.pack(f"{self.run.run_id}-history{number}", CTGOV) as pack:
            for nct_id in nct_ids:
                for change in clinicaltrials.history(self.registry, nct_id):
                    if version := self.read.get((nct_id, change.version)) or self._fetched(nct_id, change, pack):
                        versions.append(version)
                    elif (nct_id, change.version) not in self.unreadable:
                        absent.append(f"{nct_id} version {change.version}")
        return Manifest(
            self.run.run_id, HISTORY, f"part {number}", self.run.clock.isoformat(),
            ids_asked=tuple(nct_ids), ids_absent=tuple(absent), versions=tuple(versions),
        )  # fmt: skip

    def _fetched(self, nct_id: str, change: clinicaltrials.HistoryChange, pack: Pack) -> Version | None:
        """The version, landed; None where the registry lists it and has it not, or where it cannot be read."""
        record = clinicaltrials.history_version(self.registry, nct_id, change.version)
        if record is None:
            return None
        self._count_strange(f"version {change.version} of {nct_id}", record)
        sha256 = content_sha256(CTGOV, record.raw)
        pack.add(sha256, nct_id, record.raw)
        form = unreadable_copy(CTGOV, nct_id, record.raw)
        problem = form if record.record_id else Problem(None, form.raw_value if form else "", NO_VERSION)
        audit.note_version(self.place, self.run.run_id, (nct_id, change.version, sha256), problem)
        if problem:
            self.unreadable.add((nct_id, change.version))
            return None
        return nct_id, change.version, change.date, sha256

    def _count_strange(self, version: str, record: Received) -> None:
        if record.record_id:
            self.strange.clear()
            return
        self.strange.append(version)
        if len(self.strange) == STRANGE_IN_A_ROW:
            raise Unexpected(clinicaltrials.NAME, f"gives {', '.join(self.strange)} in another shape than agreed")


def _finished(reading: _Reading, watchlist: Watchlist, found: Sequence[Manifest], trials: int) -> Backfilled:
    """Seal, keep and publish what was read, or note that nothing was new."""
    place, run, unreadable = reading.place, reading.run, len(reading.unreadable)
    kept = _kept_before(place)
    versions = sum(one[:2] not in kept for one in _versions(found))
    absent = sum(len(one.ids_absent) for one in found)
    place.journal.update("runs", {"run_id": run.run_id}, {"records_quarantined": unreadable})
    if not versions:
        place.journal.update(
            "runs", {"run_id": run.run_id},
            {"status": "unchanged", "finished_at": place.outside.clock(), "reason": "No version was new."},
        )  # fmt: skip
        return Backfilled(run.run_id, trials, 0, absent, unreadable, 0, None)
    seal = lifecycle.seal_of(place, run, watchlist, None)
    place.manifests.write_seal(seal)
    [report] = lifecycle.keep_sealed(place, [seal])
    publish(place, seal, report)
    return Backfilled(run.run_id, trials, versions, absent, unreadable, report.events, report.fingerprint)


def _kept_before(place: DataFolder) -> Mapping[tuple[str, int], str]:
    rows = place.connection.execute(
        "SELECT nct_id, registry_version, content_sha256 FROM _sightings WHERE origin = 'registry_history'"
    ).fetchall()
    return {(nct_id, version): sha256 for nct_id, version, sha256 in rows}


def _versions(manifests: Sequence[Manifest]) -> Iterator[Version]:
    for manifest in manifests:
        yield from manifest.versions

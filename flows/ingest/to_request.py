"""What earlier runs know: what need not be pulled again, and what has to be asked for by its number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flows.ingest.pull import LastPull, numbers_named
from flows.sources.legs import NOT_SEARCHES
from flows.storage.data_folder import DataFolder
from flows.storage.manifests import Manifest
from transforms.content import parsed
from transforms.reading import trial_rows
from warehouse.tables.sources import CTGOV, PUBMED, SOURCES

FULL_PULL_EVERY = timedelta(days=7)


def current_contents(place: DataFolder) -> dict[str, dict[str, str]]:
    """Source -> record id -> content hash, as the last run left it."""
    contents: dict[str, dict[str, str]] = {source: {} for source in SOURCES}
    for source, record_id, sha256 in place.connection.execute(
        "SELECT source, record_id, current_sha256 FROM _records"
    ).fetchall():
        contents[source][record_id] = sha256
    return contents


def last_clock(place: DataFolder) -> datetime | None:
    """The moment of the last sealed night."""
    sealed = [seal for seal in place.manifests.sealed() if seal.kind != "backfill"]
    return sealed[-1].clock if sealed else None


def last_pull(place: DataFolder, clock: datetime) -> LastPull | None:
    """The registry's part of the last sealed run, and whether a real pull behind it is less than a week old.

    None where there is none, or where a person accepted it in spite of failures: it may not be complete.
    """
    sealed = [seal for seal in place.manifests.sealed() if seal.kind == "nightly" and seal.source == "live"]
    if not sealed or place.journal.rows("SELECT 1 FROM acceptances WHERE run_id = ?", [sealed[-1].run_id]):
        return None
    last = sealed[-1]
    is_recent = any(
        seal.clock > clock - FULL_PULL_EVERY and any(not m.is_skipped for m in _searches(place, seal.run_id))
        for seal in reversed(sealed)
    )
    return LastPull(last.data_stamp, last.watchlist_sha256, _searches(place, last.run_id), is_recent)


def _searches(place: DataFolder, run_id: str) -> tuple[Manifest, ...]:
    """The registry's search legs of a run: asking for single trials is no pull."""
    return tuple(m for m in place.manifests.of_run(run_id) if m.source == CTGOV and m.leg not in NOT_SEARCHES)


def unknown_papers(place: DataFolder, manifests: Sequence[Manifest]) -> list[str]:
    """PMIDs that trials in scope cite and that neither this pull nor an earlier one brought."""
    cited = {
        pmid for (pmid,) in place.connection.execute(
            """SELECT DISTINCT pmid FROM trial_references JOIN trials USING (nct_id)
               WHERE scope IN ('in_scope', 'follow_up') AND pmid IS NOT NULL"""
        ).fetchall()
    }  # fmt: skip
    for _, sha256 in _new_contents(place, manifests, CTGOV):
        cited |= _cited(place.archive.read(sha256))
    return sorted(cited - _held(place, manifests, PUBMED))


def unknown_trials(place: DataFolder, manifests: Sequence[Manifest]) -> list[str]:
    """NCT numbers that newly received papers name and that neither this pull nor an earlier one brought."""
    named = numbers_named(place.archive.read(sha256) for _, sha256 in _new_contents(place, manifests, PUBMED))
    former = place.connection.execute("SELECT DISTINCT unnest(former_nct_ids) FROM trials").fetchall()
    return sorted(named - {number for (number,) in former} - _held(place, manifests, CTGOV))


def missing_trials(place: DataFolder, manifests: Sequence[Manifest]) -> list[str]:
    """Tracked trials that this pull did not bring, unless the registry was not asked at all."""
    tracked = {
        nct_id for (nct_id,) in place.connection.execute(
            "SELECT nct_id FROM trials WHERE registry_state IN ('present', 'left_search', 'withheld')"
        ).fetchall()
    }  # fmt: skip
    if all(m.is_skipped for m in manifests if m.source == CTGOV and m.leg not in NOT_SEARCHES):
        return []
    return sorted(
        tracked - {record_id for m in manifests if m.source == CTGOV for record_id, _ in m.records if record_id}
    )


def _new_contents(place: DataFolder, manifests: Sequence[Manifest], source: str) -> list[tuple[str, str]]:
    known = current_contents(place)[source]
    new = {
        (record_id, sha256) for m in manifests if m.source == source for record_id, sha256 in m.contents
        if record_id and known.get(record_id) != sha256
    }  # fmt: skip
    return sorted(new)


def _held(place: DataFolder, manifests: Sequence[Manifest], source: str) -> set[str]:
    brought = {record_id for m in manifests if m.source == source for record_id, _ in m.records if record_id}
    return brought | set(current_contents(place)[source])


def _cited(raw: bytes) -> set[str]:
    """PMIDs that a registry record cites, where it is in scope or follows up."""
    try:
        rows = trial_rows(parsed(raw), {}).rows
    except ValueError:
        return set()
    if not rows or rows["trials"][0].get("scope") == "out_of_scope":
        return set()
    return {
        row["pmid"] for row in rows["trial_references"] if isinstance(row.get("pmid"), str) and row["pmid"].isdecimal()
    }

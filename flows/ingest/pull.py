"""Pulling a night: what each source gives, leg by leg, landed and written down.

The registry's `dataTimestamp` is read before and after its legs: a pull during which the data moved
is done once more. What is known and no search brings back is asked for by its number: it has left
the search, become another trial's alias, been withheld or been removed.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from flows.config.watchlist import Leg
from flows.ingest.landing import Landing
from flows.process import progress
from flows.sources import clinicaltrials, pubmed
from flows.sources.legs import ASKED_BY_ID, CITED_BY_TRIAL, NAMED_IN_PAPER, Stamps
from flows.sources.records import Page
from flows.sources.session import Session
from flows.storage.manifests import Manifest
from transforms.nct import numbers_in
from warehouse.tables.sources import CTGOV, PUBMED


@dataclass(frozen=True)
class RegistryPull:
    """The search legs of one pull of the registry, under these stamps."""

    manifests: tuple[Manifest, ...]
    stamps: Stamps


@dataclass(frozen=True)
class LastPull:
    """The last complete pull of the registry: its stamp, its watchlist, its manifests, whether it is recent."""

    data_stamp: str | None
    watchlist_sha256: str
    manifests: tuple[Manifest, ...]
    is_recent: bool


def registry(
    landing: Landing, session: Session, legs: Sequence[Leg], watchlist_sha256: str, last: LastPull | None = None
) -> RegistryPull:
    """Every registry leg of the watchlist, under one data stamp where possible.

    Skipped when nothing can have changed: same stamp and same watchlist as the last complete pull,
    less than seven days ago. Raises SourceError.
    """
    before = clinicaltrials.version(session).data_timestamp
    if last and last.is_recent and before and before == last.data_stamp and watchlist_sha256 == last.watchlist_sha256:
        skipped = tuple(
            replace(manifest, run_id=landing.run_id, started_at=landing.clock.isoformat(), is_skipped=True,
                    repeats=0, pages=0, bytes=0, seconds=0.0, older=(), dropped=())
            for manifest in last.manifests
        )  # fmt: skip
        return RegistryPull(skipped, Stamps(before, before))
    manifests: tuple[Manifest, ...] = ()
    after: str | None = before
    for attempt in ("", "-again"):
        with landing.pack(CTGOV, attempt) as pack:
            manifests = tuple(
                _report_progress(landing.land(
                    clinicaltrials.pages(session, leg),
                    pack,
                    source=CTGOV,
                    leg=leg.name,
                    query=leg.query,
                    data_stamp=before,
                ))
                for leg in legs
            )  # fmt: skip
        after = clinicaltrials.version(session).data_timestamp
        if after == before or attempt:
            break
        before = after
    return RegistryPull(manifests, Stamps(before, after))


def papers(landing: Landing, session: Session, legs: Sequence[Leg]) -> tuple[Manifest, ...]:
    """Every PubMed leg of the watchlist. Raises SourceError."""
    with landing.pack(PUBMED) as pack:
        return tuple(
            _report_progress(
                landing.land(pubmed.pages(session, leg), pack, source=PUBMED, leg=leg.name, query=leg.query)
            )
            for leg in legs
        )


def _report_progress(manifest: Manifest) -> Manifest:
    progress.tell(f"{manifest.source} {manifest.leg}: {len(manifest.records)} records")
    return manifest


def cited_papers(landing: Landing, session: Session, pmids: Sequence[str]) -> Manifest:
    """Papers that tracked trials cite and no search brought."""
    with landing.pack(PUBMED, "-cited") as pack:
        return landing.land(pubmed.by_ids(session, pmids), pack, source=PUBMED, leg=CITED_BY_TRIAL)


def named_trials(landing: Landing, session: Session, nct_ids: Sequence[str]) -> Manifest:
    """Trials that papers name and nothing else brought. A number that the registry does not know is absent."""
    with landing.pack(CTGOV, "-named") as pack:
        return landing.land(clinicaltrials.by_ids(session, nct_ids), pack, source=CTGOV, leg=NAMED_IN_PAPER)


def missing_trials(landing: Landing, session: Session, nct_ids: Sequence[str]) -> Manifest:
    """What became of tracked trials that no search brings back any more: asked for one by one where need be."""
    absences: dict[str, str] = {}
    with landing.pack(CTGOV, "-asked") as pack:
        manifest = landing.land(_standing(session, nct_ids, absences), pack, source=CTGOV, leg=ASKED_BY_ID)
    return replace(manifest, absences=absences)


def _standing(session: Session, nct_ids: Iterable[str], absences: dict[str, str]) -> Iterator[Page]:
    for page in clinicaltrials.by_ids(session, nct_ids):
        yield page
        for nct_id in page.absent:
            standing = clinicaltrials.study(session, nct_id)
            if isinstance(standing, clinicaltrials.Alias):
                absences[nct_id] = f"alias:{standing.canonical}"
            elif isinstance(standing, clinicaltrials.Absent):
                absences[nct_id] = "removed"
            elif isinstance(standing, clinicaltrials.Withheld):
                absences[nct_id] = "withheld"
            else:
                yield Page((standing.record,), page.number)


def numbers_named(raws: Iterable[bytes]) -> set[str]:
    """NCT numbers that stand anywhere in these papers, as received."""
    return {number for raw in raws for number in numbers_in(html.unescape(raw.decode("utf-8", "replace")))}

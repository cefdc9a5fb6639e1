"""Nights straight into the archive, sealed and kept without pull, gate and checks: some milliseconds each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flows.config.settings import Settings
from flows.ingest.landing import Landing
from flows.runs import lifecycle
from flows.runs.publish import publish
from flows.sources.records import Page
from flows.sources.studies import received
from flows.storage.data_folder import DataFolder, open_data_folder
from flows.storage.seal import Seal
from tests.records import raw
from warehouse.tables.sources import CTGOV

Study = dict[str, Any] | bytes


def keep_nights(settings: Settings, nights: Sequence[tuple[str, Iterable[Study]]]) -> None:
    """Seal and keep (moment as ISO text, studies of the search) in this order, then publish."""
    with open_data_folder(settings) as place:
        for moment, studies in nights:
            seal = sealed(place, datetime.fromisoformat(moment), studies)
            [report] = lifecycle.keep_sealed(place, [seal])
        publish(place, seal, report)


def sealed(place: DataFolder, clock: datetime, studies: Iterable[Study]) -> Seal:
    """One night in the archive, as a night that nothing held leaves it."""
    number = len(place.manifests.sealed()) + 1
    run_id = f"{clock:%Y%m%dT%H%M%SZ}-{number}"
    page = Page(tuple(received(study if isinstance(study, bytes) else raw(study)) for study in studies))
    landing = Landing(run_id, clock, place.archive)
    with landing.pack(CTGOV) as pack:
        place.manifests.write(landing.land([page], pack, source=CTGOV, leg="everything"))
    seal = Seal(run_id, number, "nightly", "made up", clock.isoformat(), "none", {}, place.manifests.hashes(run_id))
    place.manifests.write_seal(seal)
    return seal

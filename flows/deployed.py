"""The flows of `prefect.yaml` beside the nightly one: a scan of everything, and a rebuild.

The commands of the same names do the same work; under a deployment the server keeps their schedule, their
runs and their turn.
"""

from __future__ import annotations

from prefect import flow

from flows.cli.commands.rebuild import run_rebuild
from flows.cli.commands.scan import Asked, scan_pubmed, scan_registry
from flows.config.settings import load
from flows.errors import SettingsError


@flow(name="backfill", persist_result=False)
def backfill(source: str = "registry", locations: list[str] | None = None, results: str | None = None) -> None:
    """Read the whole registry or all of PubMed; what the search missed enters the tracker.

    `source` is registry or pubmed. `locations`: folders, a zip or URLs to read instead of the source itself.
    """
    settings, asked = load(), Asked(results=results)
    if source == "registry":
        scan_registry(settings, locations[0] if locations else None, asked)
    elif source == "pubmed":
        scan_pubmed(settings, locations or [], asked)
    else:
        raise SettingsError(f"The source is {source!r}; expected registry or pubmed.")


@flow(name="rebuild", persist_result=False)
def rebuild() -> None:
    """The content tables again from the archive, without the network."""
    run_rebuild(load(), only_profiles=False)

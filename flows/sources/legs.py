"""The legs that the pipeline itself names, and the stamps of a pull."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.tables.sources import SOURCES

ASKED_BY_ID = "asked by id"

NAMED_IN_PAPER = "named in paper"

CITED_BY_TRIAL = "cited by trial"

RECORDED = "recorded"

HISTORY = "ctgov-history"  # the source of manifests that hold versions of the registry's own history
# Legs that are no search: what only they bring was not found by the watchlist.
NOT_SEARCHES = (ASKED_BY_ID, NAMED_IN_PAPER, CITED_BY_TRIAL, *(source.whole_leg for source in SOURCES.values()))


@dataclass(frozen=True)
class Stamps:
    """The registry's data stamp before and after its legs; None where it gives none."""

    before: str | None
    after: str | None

    @property
    def whole(self) -> str | None:
        """The stamp under which all of the pull was made; None where it moved."""
        return self.after if self.before == self.after else None

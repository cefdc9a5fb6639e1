"""What a reader of an answer must know of its filters: what each word was taken for, and what a sum then sums."""

from __future__ import annotations

from collections.abc import Iterator

from warehouse.querying import named
from warehouse.querying.named import Filters, Query
from warehouse.querying.reading import Connection

OF_SITES = ("country", "region", "place")
ENROLMENT = "enrollment_count"


def sentences(connection: Connection, filters: Filters, asked: Query | None = None) -> list[str]:
    """Sentences on the filters of a query, or of trials. Raises QueryError."""
    meant = [one.told for one in named.meanings(connection, filters, asked) if one.told]
    return [*meant, *_of_sites(filters, asked)]


def _of_sites(filters: Filters, asked: Query | None) -> Iterator[str]:
    """Sites choose trials; what is counted then is the trial with all its sites."""
    where = " and ".join(" or ".join(filters.words[name]) for name in OF_SITES if filters.words.get(name))
    if not where:
        return
    if asked is not None and ENROLMENT in asked.sql:
        yield f"Participants are the worldwide enrolment of trials with a site in {where}, not that of its sites."
    if filters.words.get("status"):
        yield f"The status is that of the whole trial, not of its sites in {where}."

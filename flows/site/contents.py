"""Everything that the site shows, read from the published file in one go: the report's contents and what pages add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flows.report import reading
from flows.report.contents import Contents, read_contents
from flows.report.dossier import Dossier, dossiers
from flows.report.reading import Row
from flows.site import things
from flows.site.things import Thing
from warehouse.querying import citing, named
from warehouse.querying.reading import Connection

SQL = Path(__file__).with_name("sql")
OF_TRIAL = ("given", "changes", "states", "relations", "numbers", "places")


@dataclass(frozen=True)
class Site:
    """The site's contents. `listed` are the report's trials; `trials` also those that the registry gives no more."""

    report: Contents
    release: citing.Release
    gone: Sequence[Dossier]
    of_trial: Mapping[str, Mapping[str, Sequence[Row]]]  # name of OF_TRIAL -> trial -> rows
    diseases: Sequence[Thing]
    products: Sequence[Thing]
    sponsors: Sequence[Thing]
    recent: Sequence[Row]
    review: Sequence[Row]
    excluded: Sequence[Row]

    @property
    def listed(self) -> Sequence[Dossier]:
        return self.report.dossiers

    @property
    def trials(self) -> Sequence[Dossier]:
        return [*self.listed, *self.gone]

    @property
    def things(self) -> Sequence[Thing]:
        return [*self.diseases, *self.products, *self.sponsors]

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Trials that have a page."""
        return frozenset(dossier.nct_id for dossier in self.trials)

    @cached_property
    def paths(self) -> Mapping[tuple[str, str], str]:
        """The page of a thing by its kind and key."""
        return {(thing.kind, thing.key): thing.path for thing in self.things}

    def rows(self, name: str, nct_id: str) -> Sequence[Row]:
        """Rows of a trial."""
        return self.of_trial[name].get(nct_id, ())


def read_site(connection: Connection) -> Site:
    """Read the published file."""
    report = read_contents(connection)
    gone = dossiers(connection, [row["nct_id"] for row in _rows(connection, "gone")])
    asked = [dossier.nct_id for dossier in (*report.dossiers, *gone)]
    of_trial = {name: reading.by_trial(_rows(connection, name, nct_ids=asked)) for name in OF_TRIAL}
    return Site(
        report=report,
        release=citing.release(connection),
        gone=gone,
        of_trial=of_trial,
        diseases=things.diseases(report.dossiers, _rows(connection, "diseases", nct_ids=asked)),
        products=things.products(report.dossiers, of_trial["given"], _rows(connection, "known_products")),
        sponsors=things.sponsors(report.dossiers),
        recent=_rows(connection, "recent"),
        review=named.run(connection, "needs_review").to_pylist(),
        excluded=_rows(connection, "excluded"),
    )


def _rows(connection: Connection, name: str, **asked: list[str]) -> list[Row]:
    return reading.answer_to(connection, SQL / f"{name}.sql", asked)

"""The flow diagram: from records identified to trials and papers counted, with the reasons between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flows.report.dossier import scope_reason
from flows.report.reading import Row
from flows.report.words import SCOPE


@dataclass(frozen=True)
class Lane:
    """One source's way through the diagram. `excluded` and `of_these` are (what, records)."""

    source: str
    identified: int
    duplicates: int
    screened: int
    excluded: tuple[tuple[str, int], ...]
    included: int
    of_these: tuple[tuple[str, int], ...]

    @property
    def n_excluded(self) -> int:
        return sum(n for _, n in self.excluded)


def lanes(rows: Sequence[Row]) -> list[Lane]:
    """The rows of the query prisma_flow, a lane for each source."""
    return [
        lane(source, [row for row in rows if row["source"] == source])
        for source in dict.fromkeys(row["source"] for row in rows)
    ]


def lane(source: str, rows: Sequence[Row]) -> Lane:
    of = {row["step"]: row["n_records"] for row in rows if row["reason"] is None}
    return Lane(
        source,
        of.get("identified", 0),
        of.get("duplicates removed", 0),
        of.get("screened", 0),
        tuple((reason(row["reason"]), row["n_records"]) for row in rows if row["step"] == "excluded"),
        of.get("included", 0),
        tuple((row["reason"], row["n_records"]) for row in rows if row["step"] == "of these"),
    )


def reason(code: str) -> str:
    """ "out_of_scope: car_for_cancer" in words."""
    scope, _, why = code.partition(": ")
    if scope == "registry":
        return f"no longer public ({why})"
    told = SCOPE.get(scope, scope.replace("_", " "))
    return f"{told}: {scope_reason(why)}" if why and scope != "out_of_scope" else scope_reason(why) if why else told

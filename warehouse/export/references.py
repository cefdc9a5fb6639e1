"""References for reference managers: papers and registrations as RIS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from warehouse.querying.reading import Connection

PAPERS = """
SELECT pmid, doi, title, journal, language, publication_date, publication_date_precision, url, is_retracted,
    (SELECT list(coalesce(collective_name, concat_ws(', ', last_name, coalesce(fore_name, initials)))
        ORDER BY author_no)
     FROM publication_authors AS a WHERE a.pmid = publications.pmid) AS authors
FROM publications
WHERE scope <> 'out_of_scope' AND NOT is_deleted
ORDER BY pmid
"""
TRIALS = """
SELECT nct_id, coalesce(official_title, brief_title) AS title, coalesce(sponsor_canonical, lead_sponsor) AS sponsor,
    first_posted_date, last_update_posted_date, url
FROM trials
WHERE scope <> 'out_of_scope' AND registry_state IN ('present', 'left_search')
ORDER BY nct_id
"""
LENGTH = {"day": 10, "month": 7, "year": 4}


def ris(connection: Connection) -> str:
    """Papers and registrations in scope, one after the other, by their numbers."""
    papers = connection.execute(PAPERS).to_arrow_table().to_pylist()
    trials = connection.execute(TRIALS).to_arrow_table().to_pylist()
    entries = [*(_paper(row) for row in papers), *(_trial(row) for row in trials)]
    return "".join(f"{line}\r\n" for entry in entries for line in entry)


def _paper(row: Mapping[str, Any]) -> Iterator[str]:
    day, precision = row["publication_date"], row["publication_date_precision"]
    yield "TY  - JOUR"
    for author in row["authors"] or ():
        yield from _field("AU", author)
    retracted = "RETRACTED: " if row["is_retracted"] else ""
    yield from _field("TI", retracted + (row["title"] or row["pmid"]))
    yield from _field("JO", row["journal"])
    yield from _date(day, precision)
    yield from _field("DO", row["doi"])
    yield from _field("LA", row["language"])
    yield from _field("AN", row["pmid"])
    yield from _field("DB", "PubMed")
    yield from _field("UR", row["url"])
    yield "ER  - "


def _trial(row: Mapping[str, Any]) -> Iterator[str]:
    yield "TY  - DATA"
    yield from _field("AU", row["sponsor"])
    yield from _field("TI", row["title"] or row["nct_id"])
    yield from _date(row["first_posted_date"], "day")
    yield from _field("AN", row["nct_id"])
    yield from _field("DB", "ClinicalTrials.gov")
    yield from _field("UR", row["url"])
    yield "ER  - "


def _date(day: Any, precision: str | None) -> Iterator[str]:
    """Year, and the date as far as it was given: `2026/05//`."""
    if day:
        parts = [*day.isoformat()[: LENGTH[precision or "day"]].split("-"), "", ""][:3]
        yield from _field("PY", parts[0])
        yield from _field("DA", f"{'/'.join(parts)}/")


def _field(tag: str, value: str | None) -> Iterator[str]:
    """A field on one line; an empty one is left out."""
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in value or "").split())
    if plain:
        yield f"{tag}  - {plain}"

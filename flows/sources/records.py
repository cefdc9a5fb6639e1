"""What every source gives: records as received, in pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Received:
    """One record, byte for byte as the source gave it.

    `record_id` is the NCT number or the PMID; None where the bytes hold no valid one: such a record
    goes on all the same, to be quarantined with its reason.
    """

    source: str
    record_id: str | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """One answer of a source, or one batch of a recording.

    `total` is how many records the source says the whole leg has; only the first page of a leg carries
    it, and None means that the source did not say. `asked` are the ids that were asked for by name and
    `absent` those of them that did not come; `deleted` are ids the source says it has withdrawn.
    `dropped` are phrases of the query that the source says it did not search for.
    `size` counts the bytes of the answer as decoded, `seconds` the time until it was whole.
    """

    records: tuple[Received, ...]
    number: int = 1
    total: int | None = None
    asked: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    size: int = 0
    seconds: float = 0.0

"""A dossier for programs: the row of facts with the profile's columns, the reasons for each value, and lists."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flows.report.dossier import Dossier, Part, Reason


def plain(dossier: Dossier) -> dict[str, Any]:
    """A dossier as JSON has it."""
    return {
        **dossier.row,
        "doses": list(dossier.doses),
        "endpoints": list(dossier.endpoints),
        "criteria": list(dossier.criteria),
        "conditioning": list(dossier.conditioning),
        "results": asdict(dossier.results) if dossier.results else None,
        "evidence": [_part(part) for part in dossier.profile],
        "sites": list(dossier.sites),
        "history": list(dossier.history),
        "papers": list(dossier.papers),
    }


def _part(part: Part) -> dict[str, Any]:
    return {
        "product_no": part.product_no,
        "title": part.title,
        "reasons": [_reason(reason) for reason in part.reasons],
        "attributes": [
            {
                "attribute": attribute.name,
                "values": [
                    {"value": value.value, "reasons": [_reason(reason) for reason in value.reasons]}
                    for value in attribute.values
                ],
            }
            for attribute in part.attributes
        ],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    """A reason; `quote` is the sentence, and `quote.start`, `quote.end` where the words stand in it."""
    told = asdict(reason)
    told["matched_text"] = reason.quote.text[reason.quote.start : reason.quote.end] if reason.quote else None
    return told

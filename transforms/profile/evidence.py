"""Findings as rows of car_t_evidence, and the version of the rules that made them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from transforms.profile.reading.findings import Finding
from transforms.profile.reading.vocabulary import digest

# Raised by hand when rules change; the vocabulary's digest follows by itself.
RULES = 4


@cache
def rule_version() -> str:
    """Version of rules and vocabulary together, such as 1-3f09c1d2ab44."""
    return f"{RULES}-{digest()}"


def evidence(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Rows of car_t_evidence, numbered from 1, each finding once."""
    version = rule_version()
    return [
        {
            "evidence_no": place, "product_no": f.product_no, "attribute": f.attribute, "value": f.value,
            "kind": f.kind, "field_path": f.field_path, "matched_text": f.matched_text,
            "start_offset": f.start_offset, "end_offset": f.end_offset, "stated_in": f.stated_in, "url": f.url,
            "item_table": f.item_table, "item_no": f.item_no, "rule_id": f.rule_id, "rule_version": version,
        }
        for place, f in enumerate(dict.fromkeys(findings), 1)
    ]  # fmt: skip

"""Studies written in one line, for tables of cases: `condition: SLE // arm: EXPERIMENTAL | Cells | ...`."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from transforms.profile.reading.findings import Finding
from transforms.profile.reading.given import GivenProduct
from transforms.profile.reading.texts import texts

CASES = Path(__file__).parent / "cases"


def cases(name: str) -> list[dict[str, str]]:
    """The lines of cases/`name`.csv."""
    with (CASES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def expected_list(cell: str) -> list[str] | None:
    """`a; b` as a list, `-` as an empty one, an empty cell as None."""
    if not cell:
        return None
    return [] if cell == "-" else [entry.strip() for entry in cell.split(";")]


def study(line: str) -> dict[str, Any]:
    """A study object of API v2 from its line. Fields of one entry are parted by `|`."""
    parts: dict[str, list[list[str]]] = {}
    for entry in line.split(" // "):
        name, _, value = entry.strip().partition(": ")
        parts.setdefault(name, []).append([field.strip() for field in value.split("|")])

    def one(name: str) -> str | None:
        return parts[name][0][0] if name in parts else None

    def field(values: list[str], place: int) -> str:
        return values[place] if place < len(values) else ""

    arms = [{"type": field(a, 0), "label": field(a, 1), "description": field(a, 2)}
            for a in parts.get("arm", [])]  # fmt: skip
    labels = [arm["label"] for arm in arms]
    interventions = [
        {"type": field(i, 0), "name": field(i, 1), "description": field(i, 2),
         "armGroupLabels": [labels[int(n) - 1] for n in field(i, 3).split(",") if n.strip()],
         "otherNames": [n.strip() for n in field(i, 4).split(";") if n.strip()]}
        for i in parts.get("intervention", [])
    ]  # fmt: skip
    outcomes = [{"measure": field(o, 0), "timeFrame": field(o, 1), "description": field(o, 2)}
                for o in parts.get("outcome", [])]  # fmt: skip
    sponsor = parts.get("sponsor", [[]])[0]
    return {"protocolSection": {
        "identificationModule": {"nctId": one("nct"), "briefTitle": one("brief_title"),
                                 "officialTitle": one("official_title"), "acronym": one("acronym")},
        "sponsorCollaboratorsModule": {
            "leadSponsor": {"name": field(sponsor, 0), "class": field(sponsor, 1)},
            "responsibleParty": {"type": field(sponsor, 2)},
            "collaborators": [{"name": c[0], "class": field(c, 1)} for c in parts.get("collaborator", [])]},
        "conditionsModule": {"conditions": [c[0] for c in parts.get("condition", [])],
                             "keywords": [k[0] for k in parts.get("keyword", [])]},
        "descriptionModule": {"briefSummary": one("summary"), "detailedDescription": one("detailed")},
        "designModule": {"studyType": one("study_type") or "INTERVENTIONAL", "designInfo": {
            "allocation": one("allocation"), "interventionModel": one("model"),
            "interventionModelDescription": one("model_description")}},
        "armsInterventionsModule": {"armGroups": arms, "interventions": interventions},
        "outcomesModule": {"primaryOutcomes": outcomes},
        "eligibilityModule": {"eligibilityCriteria": (one("eligibility") or "").replace("\\n", "\n")},
    }}  # fmt: skip


def products(line: str) -> list[GivenProduct]:
    """`product: 1,2 | 1 | in vivo`: the interventions and arms of each product, and its cell source."""
    found = []
    for entry in line.split(" // "):
        if entry.strip().startswith("product: "):
            fields = [field.strip() for field in entry.strip().removeprefix("product: ").split("|")]
            numbers = [tuple(int(n) for n in field.split(",") if n.strip()) for field in (*fields, "")[:2]]
            source = fields[2] if len(fields) > 2 else None
            found.append(GivenProduct(len(found) + 1, None, "cells", (), *numbers, cell_source=source))
    return found


def hold(line: str, findings: Iterable[Finding]) -> bool:
    """Whether every quotation among `findings` stands in the record at its offsets."""
    fields = {text.field_path: text.text for text in texts(study(line))}
    for finding in findings:
        if finding.kind == "text":
            assert finding.field_path and finding.matched_text
            given = fields[finding.field_path][finding.start_offset : finding.end_offset]
            assert given == finding.matched_text, finding
        else:
            assert finding.start_offset is None
            assert finding.matched_text is None
    return True

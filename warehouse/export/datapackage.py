"""datapackage.json: a Frictionless Data Package of an export, with the dictionary in its schemas.

https://specs.frictionlessdata.io (Data Package 1, Table Schema). Each CSV is a tabular resource with a schema;
Parquet files, the workbook and the dictionary are plain resources. Every resource carries its size and SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from warehouse.columns import BIGINT, BOOLEAN, DATE, FLOAT, FLOATS, INTEGER, TEXT, TEXTS, TIMESTAMP, Column
from warehouse.ddl import description
from warehouse.export.parts import Part

FIELD_TYPES = {
    TEXT: "string",
    TEXTS: "array",
    FLOATS: "array",
    INTEGER: "integer",
    BIGINT: "integer",
    FLOAT: "number",
    BOOLEAN: "boolean",
    DATE: "date",
    TIMESTAMP: "datetime",
}
MEDIA_TYPES = {
    ".csv": ("csv", "text/csv"),
    ".parquet": ("parquet", "application/vnd.apache.parquet"),
    ".xlsx": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ".md": ("md", "text/markdown"),
    ".cff": ("cff", "application/yaml"),
    ".ris": ("ris", "application/x-research-info-systems"),
}
SOURCES = [
    {"title": "ClinicalTrials.gov, U.S. National Library of Medicine", "path": "https://clinicaltrials.gov"},
    {"title": "PubMed, U.S. National Library of Medicine", "path": "https://pubmed.ncbi.nlm.nih.gov"},
]
READS = (
    "Moments are UTC without zone. Absent values are empty in CSV. Lists are JSON arrays in CSV. In CSV a text that "
    "would begin a formula (= + - @, tab, return) has an apostrophe before it; Parquet has every text as it is. "
    "Abstracts may belong to their publishers."
)


def descriptor(
    about: Mapping[str, Any], parts: Sequence[Part], rows: Mapping[str, int], folder: Path, files: Sequence[Path]
) -> dict[str, Any]:
    """The package of `files` in `folder`. `about`: what warehouse.export.export.About tells; `rows` by part."""
    by_name = {part.name: part for part in parts}
    package: dict[str, Any] = _plain({
        "profile": "data-package",
        "name": "cartrials-export",
        "id": about["fingerprint"],
        "title": "CAR T-cell trial registrations in lupus and other autoimmune disease",
        "description": f"{about['methods']} {READS}",
        "version": about["run_id"],
        "created": about["published_at"] + "Z",
        "keywords": ["CAR T cells", "autoimmune disease", "clinical trials"],
        "sources": SOURCES,
        "cartrials": dict(about),
        "resources": [_resource(path, folder, by_name, rows) for path in files],
    })  # fmt: skip
    return package


def _plain(value: Any) -> Any:
    """Without control characters and marks of direction, which a run's name or a watchlist might bring."""
    if isinstance(value, str):
        return "".join(c if c.isprintable() or c == "\n" else " " for c in value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def table_schema(part: Part, exported: Mapping[str, Part]) -> dict[str, Any]:
    """Table Schema of a part. Keys of tables that are not in this export are left out."""
    foreign = [
        {
            "fields": list(reference.columns),
            "reference": {"resource": reference.table, "fields": list(reference.to)},
        }
        for reference in part.references
        if reference.table in exported
    ]
    schema: dict[str, Any] = {
        "fields": [_field(column) for column in part.columns],
        "missingValues": [""],
        "primaryKey": list(part.key),
    }
    return schema | ({"foreignKeys": foreign} if foreign else {})


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _resource(path: Path, folder: Path, parts: Mapping[str, Part], rows: Mapping[str, int]) -> dict[str, Any]:
    format_, media_type = MEDIA_TYPES[path.suffix]
    part = parts.get(path.stem)
    is_tabular = format_ == "csv" and part is not None
    told: dict[str, Any] = {
        # CSV is the table; another format of it has its format in the name.
        "name": path.stem.lower() if is_tabular else f"{path.stem.lower()}.{format_}",
        "path": path.relative_to(folder).as_posix(),
        "profile": "tabular-data-resource" if is_tabular else "data-resource",
        "type": "table" if is_tabular else "file",
        "format": format_,
        "mediatype": media_type,
        "bytes": path.stat().st_size,
        "hash": f"sha256:{sha256(path)}",
    }
    if part is not None:
        told["description"] = f"{part.grain}."
    if is_tabular and part is not None:
        told |= {"rows": rows[part.name], "encoding": "utf-8", "dialect": {"lineTerminator": "\n"}}
        told["schema"] = table_schema(part, parts)
    return told


def _field(column: Column) -> dict[str, Any]:
    told: dict[str, Any] = {"name": column.name, "type": FIELD_TYPES[column.type], "description": description(column)}
    if column.type == TIMESTAMP:
        told["format"] = "any"  # ISO without zone; the default would want a Z
    constraints: dict[str, Any] = {}
    if not column.nullable:
        constraints["required"] = True
    if column.words and not column.is_list:
        constraints["enum"] = list(column.words)
    if column.type in (INTEGER, BIGINT, FLOAT):
        whole = int if column.type != FLOAT else float
        constraints |= {"minimum": whole(column.minimum)} if column.minimum is not None else {}
        constraints |= {"maximum": whole(column.maximum)} if column.maximum is not None else {}
    if column.pattern:
        constraints["pattern"] = column.pattern
    return told | ({"constraints": constraints} if constraints else {})

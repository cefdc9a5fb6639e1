"""The shipped recordings, read as a user's tools would read them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

RECORDINGS = Path(__file__).resolve().parents[2] / "demo" / "recordings"
NIGHTS = ("2026-09-01", "2026-09-02", "2026-09-03")

Studies = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def studies() -> list[Studies]:
    """Studies of the three nights, by NCT id, in the order of the file."""
    nights = []
    for night in NIGHTS:
        lines = gzip.decompress((RECORDINGS / night / "ctgov.jsonl.gz").read_bytes()).decode().splitlines()
        records = [json.loads(line) for line in lines]
        nights.append({r["protocolSection"]["identificationModule"]["nctId"]: r for r in records})
        assert len(nights[-1]) == len(records)
    return nights


@pytest.fixture(scope="session")
def articles() -> list[dict[str, Any]]:
    """Elements of the three nights' papers, by PMID."""
    nights = []
    for night in NIGHTS:
        text = gzip.decompress((RECORDINGS / night / "pubmed.xml.gz").read_bytes())
        root = etree.fromstring(text, etree.XMLParser(no_network=True, resolve_entities=False))
        nights.append({element.findtext("*/PMID"): element for element in root})
        assert len(nights[-1]) == len(root)
    return nights

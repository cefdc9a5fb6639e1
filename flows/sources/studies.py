"""Which study some bytes are: the NCT number and little else, read without parsing the whole."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from flows.sources.records import Received
from transforms.nct import NCT_ID
from warehouse.tables.sources import CTGOV

_HEAD = re.compile(
    rb'\s*\{\s*"protocolSection"\s*:\s*\{\s*"identificationModule"\s*:\s*\{\s*"nctId"\s*:\s*"(NCT(?!0{8})\d{8})"'
)


class Identified(msgspec.Struct):
    """As much of a study as says which one it is; a module of the wrong type reads as absent."""

    protocolSection: dict[str, Any]

    @property
    def nct_id(self) -> str | None:
        found = self._of("identificationModule", "nctId")
        return found if isinstance(found, str) and NCT_ID.fullmatch(found) else None

    @property
    def overall_status(self) -> Any:
        return self._of("statusModule", "overallStatus")

    def _of(self, module: str, key: str) -> Any:
        found = self.protocolSection.get(module)
        return found.get(key) if isinstance(found, dict) else None


def received(raw: bytes) -> Received:
    """A study's bytes with the number they carry; None where it is missing or not an NCT number."""
    head = _HEAD.match(raw)
    if head:
        return Received(CTGOV, head[1].decode(), raw)
    # Another order of keys. Never the first "nctId" anywhere: expanded access names another study's.
    try:
        nct_id = msgspec.json.decode(raw, type=Identified).nct_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        nct_id = None
    return Received(CTGOV, nct_id, raw)
